"""What a captured frame of each link type carries, and where that begins: one small function a type, in one table.
Pure.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

ETHERNET, SLL2 = 1, 276
_IPV4, _IPV6, _MPLS, _PPPOE, _LLC = 0x0800, 0x86DD, 0x8847, 0x8864, 0
_FAMILIES = {
    2: _IPV4,
    10: _IPV6,
    24: _IPV6,
    28: _IPV6,
    30: _IPV6,
}  # AF_INET; AF_INET6 of Linux, NetBSD, FreeBSD, Darwin
_PPP = {0x21: _IPV4, 0x57: _IPV6, 0x281: _MPLS, 0x283: _MPLS}
_NO_MAC = b"\0" * 6
_OUTGOING = 4           # sll_pkttype PACKET_OUTGOING
_ARPHRD_MAC = 6         # octets
_HEADER, _INDEV, _OUTDEV, _ADDRESS, _PAYLOAD = 1, 4, 5, 8, 9   # NFULA_*


class Inside(NamedTuple):
    """What a frame carries: its EtherType (0: LLC), where it begins, MACs as in Ethernet or empty; LEAD and TAIL octets
    were never on the wire.
    """

    ethertype: int
    start: int
    macs: bytes = b""
    outgoing: bool = False
    lead: int = 0
    tail: int = 0


def _raw(data: bytes, _order: str) -> Inside:
    return Inside(_IPV6 if data[0] >> 4 == 6 else _IPV4, 0)


def _null(data: bytes, order: str) -> Inside | None:
    """BSD's loopback: the family of addresses, in the order of octets of whoever captured, which files need not share.
    """
    family = int(struct.unpack_from(order + "I", data)[0])
    if family > 0xFFFF:
        family = int.from_bytes(family.to_bytes(4, "big"), "little")
    return Inside(_FAMILIES[family], 4) if family in _FAMILIES else None


def _loop(data: bytes, _order: str) -> Inside | None:
    return _null(data, ">")


def _sll(data: bytes, _order: str) -> Inside:
    kind, length, sender, ethertype = struct.unpack_from("!H2xH8sH", data)
    return Inside(ethertype, 16, _NO_MAC + (sender[:6] if length == _ARPHRD_MAC else _NO_MAC), kind == _OUTGOING)


def _sll2(data: bytes, _order: str) -> Inside:
    ethertype, kind, length, sender = struct.unpack_from("!H8xBB8s", data)
    return Inside(ethertype, 20, _NO_MAC + (sender[:6] if length == _ARPHRD_MAC else _NO_MAC), kind == _OUTGOING)


def _ppp(data: bytes, _order: str, at: int = 0, outgoing: bool = False) -> Inside | None:
    """RFC 1661 and 1662: address and control may be left out, and the first octet of the protocol where it is zero."""
    if data[at:at + 2] == b"\xff\x03":
        at += 2
    protocol, at = (data[at], at + 1) if data[at] & 1 else (int(struct.unpack_from("!H", data, at)[0]), at + 2)
    return Inside(_PPP[protocol], at, outgoing=outgoing) if protocol in _PPP else None


def _ppp_directed(data: bytes, order: str) -> Inside | None:
    """pppd's form: one octet tells the direction, in place of the address or before it."""
    return _ppp(data, order, 2 if data[1] == 3 else 1, data[0] != 0)


def _pppoe(_data: bytes, _order: str) -> Inside:
    return Inside(_PPPOE, 0)


def _cisco(data: bytes, _order: str) -> Inside:
    return Inside(int(struct.unpack_from("!H", data, 2)[0]), 4)


def _attributes(data: bytes, order: str) -> Iterator[tuple[int, int, int]]:
    """Kind, begin and end of what a message of nfnetlink_log holds."""
    at = 4
    while at + 4 <= len(data):
        length, kind = struct.unpack_from(order + "HH", data, at)
        if length < 4:
            raise ValueError("an attribute without a length")
        yield kind & 0x7FFF, at + 4, at + length
        at += (length + 3) & ~3


def _nflog(data: bytes, order: str) -> Inside | None:
    places = {kind: (begin, end) for kind, begin, end in _attributes(data, order)}
    if _PAYLOAD not in places or data[1]:
        return None
    header, address = (data[begin:end] for begin, end in (places.get(kind, (0, 0)) for kind in (_HEADER, _ADDRESS)))
    ethertype = _FAMILIES.get(data[0]) or (int(struct.unpack_from("!H", header)[0]) if header else 0)
    sender = address[4:10] if address[:2] == b"\0\6" and len(address) >= 10 else _NO_MAC
    return Inside(ethertype, 0, _NO_MAC + sender, _OUTDEV in places and _INDEV not in places, places[_PAYLOAD][0])


def _wireless(data: bytes, _order: str, lead: int = 0, padded: bool = False, tail: int = 0) -> Inside | None:
    """IEEE 802.11: frames of data that are readable, one packet each."""
    kind, flags = data[lead], data[lead + 1]
    if kind & 0x4F != 0x08 or flags & 0x40:     # another type, no data in it, encrypted
        return None
    start = 30 if flags & 3 == 3 else 24
    if kind & 0x80:
        if data[lead + start] & 0x80:           # several packets in one frame
            return None
        start += 6 if flags & 0x80 else 2
    if padded:
        start = (start + 3) & ~3
    one, two, three, four = (data[lead + at:lead + at + 6] for at in (4, 10, 16, 24))
    macs = (one + two, three + two, one + three, three + four)[flags & 3]
    return Inside(_LLC, start, macs, False, lead, tail)


def _radiotap(data: bytes, order: str) -> Inside | None:
    lead, present = struct.unpack_from("<2xHI", data)
    at = 8
    word = present
    while word & 1 << 31:
        word = struct.unpack_from("<I", data, at)[0]
        at += 4
    if present & 1:                             # TSFT, 8 octets at a multiple of 8
        at = ((at + 7) & ~7) + 8
    flags = data[at] if present & 2 else 0
    if flags & 0x40 or lead < 8:                # its FCS is wrong
        return None
    return _wireless(data, order, lead, bool(flags & 0x20), 4 if flags & 0x10 else 0)


# Link type (pcap-linktype(7)) -> how to find what is inside; Ethernet itself is read by whoever knows frames.
LINKS: dict[int, Callable[[bytes, str], Inside | None]] = {
    0: _null,
    9: _ppp,
    12: _raw,
    14: _raw,
    50: _ppp,
    51: _pppoe,
    101: _raw,
    104: _cisco,
    105: _wireless,
    108: _loop,
    113: _sll,
    127: _radiotap,
    166: _ppp_directed,
    204: _ppp_directed,
    228: lambda _data, _order: Inside(_IPV4, 0),
    229: lambda _data, _order: Inside(_IPV6, 0),
    239: _nflog,
    SLL2: _sll2,
}


def inside(linktype: int, data: bytes, order: str) -> Inside | None:
    """What a frame carries; None where that is no packet (beacons, link control, encrypted), or too much was cut."""
    try:
        found = LINKS[linktype](data, order)
    except (struct.error, IndexError, ValueError):
        return None
    return None if found is None or len(found.macs) not in (0, 12) else found
