"""Tunnels in a packet: what is carried inside, and where it begins. Pure, no I/O."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import struct
from typing import NamedTuple, Optional

FRAME = 0x6558  # transparent Ethernet bridging (RFC 1701): an Ethernet frame follows, not a packet
MOST_NESTED = 4
_IPV4, _IPV6, _ARP, _PPPOE, _MPLS = 0x0800, 0x86DD, 0x0806, 0x8864, (0x8847, 0x8848)
_VXLAN_PORTS = (4789, 8472, 4790)  # RFC 7348; Linux' default where nobody gave a port; VXLAN-GPE
_GPE = {1: _IPV4, 2: _IPV6, 3: FRAME}  # next protocols (draft-ietf-nvo3-vxlan-gpe)
_GENEVE_PORT = 6081
_MPLS_PORT = 6635  # RFC 7510
_PORTS = frozenset(struct.pack("!H", number) for number in _VXLAN_PORTS + (_GENEVE_PORT, _MPLS_PORT))
_ERSPAN, _ERSPAN3 = 0x88BE, 0x22EB
_IN_IP = {4: ("ipip", _IPV4), 41: ("ip6ip", _IPV6)}  # RFC 2003, RFC 4213
_GRE, _UDP = 47, 17
_TAGS = (0x8100, 0x88A8)
_PPP = {0x0021: _IPV4, 0x0057: _IPV6}
_ETHERNET_HEADER = 14

# What a tunnel carries: its name as the documents have it, the EtherType of what is inside (or FRAME), and where that
# begins.
Carried = NamedTuple("Carried", [("name", str), ("ethertype", int), ("start", int)])


def in_ip(data: bytes, protocol: int, start: int) -> Optional[Carried]:
    """What an IP packet carries whose payload begins at START; None if that is no tunnel that is known here, or cut."""
    try:
        if protocol in _IN_IP:
            name, ethertype = _IN_IP[protocol]
            return _packet(data, name, ethertype, start)
        if protocol == _GRE:
            return _gre(data, start)
        return _in_udp(data, start) if protocol == _UDP else None
    except (struct.error, IndexError):
        return None


def may_be_tunnel(port: bytes) -> bool:
    """Whether UDP to a port, given as its two octets, may carry frames or packets."""
    return port in _PORTS


def in_frame(data: bytes, ethertype: int, start: int) -> Optional[Carried]:
    """What a frame of PPPoE's session stage (RFC 2516) or MPLS (RFC 3032) carries; None for all others."""
    try:
        if ethertype == _PPPOE:
            lead, session, protocol = struct.unpack_from("!HH2xH", data, start)
            kind = _PPP.get(protocol, 0)
            return _packet(data, "pppoe:%d" % session, kind, start + 8) if lead == 0x1100 and kind else None
        return _mpls(data, start) if ethertype in _MPLS else None
    except (struct.error, IndexError):
        return None


def _packet(data: bytes, name: str, ethertype: int, start: int) -> Optional[Carried]:
    """An IP packet inside, if its version is what the tunnel says."""
    version = {_IPV4: 4, _IPV6: 6}[ethertype]
    return Carried(name, ethertype, start) if data[start] >> 4 == version else None


def _inside(data: bytes, name: str, ethertype: int, start: int) -> Optional[Carried]:
    if ethertype == FRAME:
        return Carried(name, FRAME, start) if len(data) >= start + _ETHERNET_HEADER else None
    if ethertype in _MPLS:  # RFC 4023; what is behind its labels is looked at as if it were in a frame
        return Carried(name, ethertype, start) if _mpls(data, start) else None
    return _packet(data, name, ethertype, start) if ethertype in (_IPV4, _IPV6) else None


def _gre(data: bytes, start: int) -> Optional[Carried]:
    """RFC 2784 and 2890; ERSPAN of type I to III, which puts mirrored frames into GRE. No source routing, no PPTP."""
    flags, ethertype = struct.unpack_from("!HH", data, start)
    if flags & 0x4FFF:
        return None
    at = start + 4 + (4 if flags & 0x8000 else 0)
    name = "gre"
    if flags & 0x2000:
        name = "gre:%d" % struct.unpack_from("!I", data, at)[0]
        at += 4
    if flags & 0x1000:
        at += 4
    if ethertype == _ERSPAN:
        return _inside(data, "erspan", FRAME, at + (8 if flags & 0x1000 else 0))
    if ethertype == _ERSPAN3:  # 12 octets, and 8 more that its last bit announces
        return _inside(data, "erspan", FRAME, at + (20 if data[at + 11] & 1 else 12))
    return _inside(data, name, ethertype, at)


def _in_udp(data: bytes, start: int) -> Optional[Carried]:
    port = struct.unpack_from("!H", data, start + 2)[0]
    if port in _VXLAN_PORTS:
        kind = _in_vxlan(data, start + 8)
        number = struct.unpack_from("!I", data, start + 12)[0] >> 8
        return _inside(data, "vxlan:%d" % number, kind, start + 16) if kind else None
    if port == _GENEVE_PORT and data[start + 8] >> 6 == 0:  # RFC 8926: version 0; the length of options is in words
        ethertype, number = struct.unpack_from("!HI", data, start + 10)
        return _inside(data, "geneve:%d" % (number >> 8), ethertype, start + 16 + (data[start + 8] & 63) * 4)
    return _inside(data, "udp", _MPLS[0], start + 8) if port == _MPLS_PORT else None


def _in_vxlan(data: bytes, start: int) -> int:
    """What a VXLAN header of a valid VNI says that it carries, reserved bits zero (RFC 7348, section 5); 0 for others.

    A frame, with the group policy's flag and identifier too (Linux' ``gbp``); or what VXLAN-GPE names.
    """
    flags, policy, reserved, following = struct.unpack_from("!BBBB", data, start)
    if flags == 0x0C and not policy and not reserved:
        return _GPE.get(following, 0)
    return FRAME if flags == 0x88 or (flags == 0x08 and not (policy or reserved or following)) else 0


def _mpls(data: bytes, start: int) -> Optional[Carried]:
    """An IP packet behind the last label, or a frame, behind a control word of zeros or none (RFC 4448)."""
    labels = []
    at = start
    bottom = False
    while not bottom:
        word = struct.unpack_from("!I", data, at)[0]
        labels.append(str(word >> 12))
        bottom = bool(word & 0x100)
        at += 4
    kind = {4: _IPV4, 6: _IPV6}.get(data[at] >> 4, 0)
    name = "mpls:" + ".".join(labels)
    if not kind:
        at += 4 if data[at:at + 4] == bytes(4) else 0
        return Carried(name, FRAME, at) if _is_frame(data, at) else None
    return _packet(data, name, kind, at) if kind and len(labels) <= MOST_NESTED * 2 else None


def _is_frame(data: bytes, start: int) -> bool:
    """Whether an Ethernet frame begins at START: a tag, ARP, or an IP packet of the version that its type says."""
    ethertype = struct.unpack_from("!H", data, start + 12)[0]
    versions = {_IPV4: 4, _IPV6: 6}
    if ethertype in versions:
        return data[start + 14] >> 4 == versions[ethertype]
    return ethertype in _TAGS or ethertype == _ARP
