"""One packet taken apart: what identifies it wherever it is seen, and how it was carried there. Pure, no I/O."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import struct
import zlib
from typing import List, NamedTuple, Optional, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._capture import _tunnels

OUTGOING, FRAGMENT, CUT, TUNNELLED, ODD = 1, 2, 4, 8, 16
ETHERNET_HEADER = 14
LLC_BELOW = 0x600  # IEEE 802.3, 3.2.6: smaller numbers are lengths
_TAGS = (0x8100, 0x88A8, 0x9100)
_MOST_TAGS = 4
_SNAP = b"\xaa\xaa\x03\0\0\0"
_IPV4, _IPV6, _ARP = 0x0800, 0x86DD, 0x0806
_TCP, _UDP, _ICMP, _ICMP6, _FRAGMENT6 = 6, 17, 1, 58, 44
_EXTENSIONS = (0, 43, 60, 135)  # RFC 8200, section 4: (length, next header) lead each of them
_MOST_EXTENSIONS = 8
TIMESTAMP = b"\x01\x01\x08\x0a"  # two NOPs, kind 8, length 10 (RFC 7323, appendix A)
_ARP_ETHERNET = b"\x00\x01\x08\x00\x06\x04"

_TWO = struct.Struct("!H")
_IP4 = struct.Struct("!BxHHHxB2x4s4s")
_IP6 = struct.Struct("!4xHB1x16s16s")
_TCP_HEADER = struct.Struct("!HHIIBB")
_PORTS = struct.Struct("!HH")

Flow = NamedTuple(
    "Flow",
    [
        ("version", int),
        ("source", bytes),
        ("destination", bytes),
        ("protocol", int),
        ("source_port", int),
        ("destination_port", int),
    ],
)
Tunnel = NamedTuple("Tunnel", [("name", str), ("macs", bytes), ("source", bytes), ("destination", bytes)])
Link = NamedTuple("Link", [("macs", bytes), ("vlan", str), ("tunnel", Optional[Tunnel])])
Packet = NamedTuple(
    "Packet",
    [
        ("flow", Flow),
        ("link", Link),
        ("id", int),
        ("sequence", int),
        ("acknowledgement", int),
        ("flags", int),
        ("payload", int),
        ("check", int),
        ("marks", int),
    ],
)
# An IP packet's frame of reference: where its payload begins and ends, by its own lengths.
_Network = NamedTuple(
    "_Network",
    [
        ("version", int),
        ("source", bytes),
        ("destination", bytes),
        ("protocol", int),
        ("id", int),
        ("offset", int),
        ("fragment", bool),
        ("start", int),
        ("end", int),
    ],
)
_Inner = NamedTuple(
    "_Inner",
    [
        ("ports", Tuple[int, int]),
        ("sequence", int),
        ("acknowledgement", int),
        ("flags", int),
        ("start", int),
        ("begun", bytes),
        ("cut", bool),
    ],
)


class _Odd(ValueError):
    """The headers are damaged or cut."""


def of_frame(frame: bytes, wire_length: int, vlan: str = "", payload_octets: int = 64) -> Packet:
    """The packet in an Ethernet frame; one that cannot be taken apart is marked odd, never an error.

    VLAN is the tag that the kernel took off before it handed the frame over.
    """
    if len(frame) < ETHERNET_HEADER:
        return _odd(Link(bytes(frame[:12]).ljust(12, b"\0"), vlan, None), 0, wire_length, len(frame))
    return of_packet(
        frame, ETHERNET_HEADER, _TWO.unpack_from(frame, 12)[0], bytes(frame[:12]), wire_length, vlan, payload_octets
    )


def of_packet(
    data: bytes, start: int, ethertype: int, macs: bytes, wire_length: int, vlan: str = "", payload_octets: int = 64
) -> Packet:
    """The packet that begins at START of DATA, which ETHERTYPE says the kind of; MACS are 12 octets, zeros where the
    link has none.
    """
    link = Link(macs, vlan, None)
    try:
        ethertype, start, tags = _untagged(data, start, ethertype)
        if tags:
            link = Link(macs, ".".join([vlan, tags]) if vlan else tags, None)
        return _packet(data, start, ethertype, link, wire_length, payload_octets)
    except (_Odd, struct.error, IndexError):
        return _odd(link, ethertype, wire_length, len(data))


def _odd(link: Link, ethertype: int, wire_length: int, captured: int) -> Packet:
    """A packet with headers that are damaged, or were cut (then marked so, too) where more was on the wire than was
    captured.
    """
    return Packet(
        Flow(0, b"", b"", ethertype, 0, 0),
        link,
        0,
        0,
        0,
        0,
        wire_length,
        0,
        ODD | CUT if captured < wire_length else ODD,
    )


def _untagged(data: bytes, start: int, ethertype: int) -> Tuple[int, int, str]:
    """EtherType and start of what is behind the VLAN tags (and LLC with SNAP, RFC 1042), and the tags' identifiers."""
    tags: List[str] = []
    while ethertype in _TAGS and len(tags) < _MOST_TAGS:
        tci, ethertype = _PORTS.unpack_from(data, start)
        tags.append(str(tci & 0xFFF))
        start += 4
    if ethertype < LLC_BELOW and data[start:start + 6] == _SNAP:
        ethertype, start = _TWO.unpack_from(data, start + 6)[0], start + 8
    return ethertype, start, ".".join(tags)


def _packet(data: bytes, start: int, ethertype: int, link: Link, wire_length: int, payload_octets: int) -> Packet:
    if ethertype == _IPV4:
        return _of_ip(data, _ipv4(data, start, wire_length), link, wire_length, payload_octets)
    if ethertype == _IPV6:
        return _of_ip(data, _ipv6(data, start, wire_length), link, wire_length, payload_octets)
    carried = None if _depth(link) >= _tunnels.MOST_NESTED else _tunnels.in_frame(data, ethertype, start)
    if carried is not None:
        return _inside(data, carried, b"", b"", link, wire_length, payload_octets)
    if ethertype == _ARP and data[start:start + 6] == _ARP_ETHERNET and len(data) >= start + 28:
        flow = Flow(0, bytes(data[start + 14:start + 18]), bytes(data[start + 24:start + 28]), _ARP, data[start + 7], 0)
        return Packet(flow, link, 0, 0, 0, 0, 28, zlib.crc32(data[start:start + 28]), 0)
    if ethertype == _ARP or wire_length < start:
        raise _Odd
    check, cut = _check(data, start, wire_length, b"", payload_octets)
    return Packet(Flow(0, b"", b"", ethertype, 0, 0), link, 0, 0, 0, 0, wire_length - start, check, cut)


def _ipv4(data: bytes, start: int, wire_length: int) -> _Network:
    lead, total, identifier, fragment, protocol, source, destination = _IP4.unpack_from(data, start)
    header = (lead & 15) * 4
    # A super-segment of more than 64 KiB (BIG TCP) has no length of its own.
    end = start + total if total else wire_length
    if lead >> 4 != 4 or header < 20 or end < start + header:
        raise _Odd
    parted = bool(fragment & 0x3FFF)  # more fragments, or an offset (RFC 791)
    return _Network(4, source, destination, protocol, identifier, (fragment & 0x1FFF) * 8, parted, start + header, end)


def _ipv6(data: bytes, start: int, wire_length: int) -> _Network:
    if data[start] >> 4 != 6:
        raise _Odd
    length, following, source, destination = _IP6.unpack_from(data, start)
    at = start + 40
    end = at + length if length else wire_length
    identifier, offset, parted = 0, 0, False
    count = 0
    while following in _EXTENSIONS + (_FRAGMENT6,) and not parted:
        count += 1
        if count > _MOST_EXTENSIONS:
            raise _Odd
        if following == _FRAGMENT6:
            word, identifier = struct.unpack_from("!HI", data, at + 2)
            identifier, offset, parted = identifier & 0xFFFF, word & 0xFFF8, True
            following, at = data[at], at + 8
        else:
            following, at = data[at], at + 8 + data[at + 1] * 8
    if end < at:
        raise _Odd
    return _Network(6, source, destination, following, identifier, offset, parted, at, end)


def _of_ip(data: bytes, ip: _Network, link: Link, wire_length: int, payload_octets: int) -> Packet:
    # The first fragment of a tunnel's packet holds the headers inside, and mostly all that tells the packet by.
    is_shut = ip.offset or _depth(link) >= _tunnels.MOST_NESTED
    carried = None if is_shut else _tunnels.in_ip(data, ip.protocol, ip.start)
    if carried is not None:
        return _inside(data, carried, ip.source, ip.destination, link, min(wire_length, ip.end), payload_octets)
    if ip.fragment:
        inner = _Inner((0, 0), ip.offset, 0, 0, ip.start, b"", False)
    elif ip.protocol == _TCP:
        inner = _tcp(data, ip.start)
    elif ip.protocol == _UDP:
        inner = _Inner(_PORTS.unpack_from(data, ip.start), 0, 0, 0, ip.start + 8, b"", False)
    elif ip.protocol in (_ICMP, _ICMP6):
        inner = _Inner((data[ip.start], data[ip.start + 1]), 0, 0, 0, ip.start + 4, b"", False)
    else:
        inner = _Inner((0, 0), 0, 0, 0, ip.start, b"", False)
    payload = ip.end - inner.start
    if payload < 0:
        raise _Odd
    check, cut = _check(data, inner.start, ip.end, inner.begun, payload_octets)
    marks = (FRAGMENT if ip.fragment else 0) | (CUT if inner.cut else cut)
    flow = Flow(ip.version, ip.source, ip.destination, ip.protocol, *inner.ports)
    return Packet(flow, link, ip.id, inner.sequence, inner.acknowledgement, inner.flags, payload, check, marks)


def _tcp(data: bytes, start: int) -> _Inner:
    source, destination, sequence, acknowledgement, offset, flags = _TCP_HEADER.unpack_from(data, start)
    header = (offset >> 4) * 4
    if header < 20:
        raise _Odd
    begun = bytes(data[start + 24:start + 32]) if data[start + 20:start + 24] == TIMESTAMP and header >= 32 else b""
    return _Inner(
        (source, destination), sequence, acknowledgement, flags, start + header, begun, len(data) < start + header
    )


def _check(data: bytes, start: int, end: int, begun: bytes, payload_octets: int) -> Tuple[int, int]:
    """CRC-32 of the timestamp and the first octets of payload, and the mark of one that was cut."""
    wanted = min(start + payload_octets, end)
    return zlib.crc32(data[start:wanted], zlib.crc32(begun)), CUT if len(data) < wanted else 0


def _depth(link: Link) -> int:
    return 0 if link.tunnel is None else link.tunnel.name.count("/") + 1


def _inside(
    data: bytes,
    carried: _tunnels.Carried,
    source: bytes,
    destination: bytes,
    link: Link,
    wire_length: int,
    payload_octets: int,
) -> Packet:
    """The packet in a tunnel between two addresses; the outermost frame becomes a part of how it was carried."""
    tunnel = Tunnel(carried.name, link.macs, source, destination)
    if link.tunnel is not None:
        tunnel = link.tunnel._replace(name=link.tunnel.name + "/" + carried.name)
    inner, ethertype, start = link._replace(tunnel=tunnel), carried.ethertype, carried.start
    if ethertype == _tunnels.FRAME:
        inner = inner._replace(macs=bytes(data[start:start + 12]))
        ethertype, start, tags = _untagged(data, start + ETHERNET_HEADER, _TWO.unpack_from(data, start + 12)[0])
        if tags:
            inner = inner._replace(vlan=".".join([inner.vlan, tags]) if inner.vlan else tags)
    try:
        made = _packet(data, start, ethertype, inner, wire_length, payload_octets)
    except (_Odd, struct.error, IndexError):
        made = _odd(inner, ethertype, wire_length, len(data))
    return made._replace(marks=made.marks | TUNNELLED)
