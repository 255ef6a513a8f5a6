"""What a word of a filter asks of a frame, at each place where headers may begin: behind a tag, a label or a tunnel
too.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import ipaddress
import struct
from typing import Callable, List, NamedTuple, Optional, Sequence, Tuple, Union

from ansible_collections.netops.layer2.plugins.module_utils._capture import _bpf
from ansible_collections.netops.layer2.plugins.module_utils._capture._bpf import Instruction, instruction
from ansible_collections.netops.layer2.plugins.module_utils._capture._filter_program import (
    Node,
    Test,
    all_of,
    any_of,
    none_of,
)

# linux/bpf_common.h: loads at X plus an offset, by size; X = 4 * (octet & 15), an IPv4 header's length; A &= k; A >>= k
INDIRECT = {1: 0x50, 2: 0x48, 4: 0x40}
DIRECT = {1: _bpf.LOAD_OCTET, 2: _bpf.LOAD_HALF, 4: _bpf.LOAD_WORD}
LOAD_HEADER_LENGTH = 0xB1
_AND, _SHIFT_RIGHT = 0x54, 0x74
# linux/filter.h, SKF_AD_OFF and: the tag that the NIC took off the frame, and whether it did
_TAG, _TAG_PRESENT = 0xFFFFF02C, 0xFFFFF030
IPV4, IPV6, ARP, RARP = 0x0800, 0x86DD, 0x0806, 0x8035
TAGS = (0x8100, 0x88A8)
MPLS = (0x8847, 0x8848)  # RFC 5332
PPPOE_DISCOVERY, PPPOE_SESSION = 0x8863, 0x8864  # RFC 2516
KINDS = {"ip": IPV4, "ip6": IPV6, "arp": ARP, "rarp": RARP}
# IANA's protocol numbers, and in which families pcap-filter(7) looks for each
PROTOCOLS = {
    "icmp": ((IPV4,), 1), "igmp": ((IPV4,), 2), "igrp": ((IPV4,), 9), "vrrp": ((IPV4,), 112), "icmp6": ((IPV6,), 58),
    "esp": ((IPV4, IPV6), 50), "ah": ((IPV4, IPV6), 51), "pim": ((IPV4, IPV6), 103),
    "tcp": ((IPV4, IPV6), 6), "udp": ((IPV4, IPV6), 17), "sctp": ((IPV4, IPV6), 132),
}
TRANSPORTS = {name: PROTOCOLS[name][1] for name in ("tcp", "udp", "sctp")}  # those that have ports

# Where a frame and what is in it begin. mac: None where the link has no Ethernet header; network: the IP header; kind:
# what tells
# whether a packet of this EtherType begins there; tag, label, session: where the header stands that this place is
# behind, if it is.
Place = NamedTuple("Place", [
    ("mac", Optional[int]), ("network", int), ("kind", Callable[[int], Node]),
    ("tag", Optional[int]), ("label", Optional[int]), ("session", Optional[int])])
Primitive = Callable[[Place], Node]
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
NEVER: Node = any_of()


def place_at(mac: Optional[int], network: int, kind: Optional[Callable[[int], Node]] = None, **behind: int) -> Place:
    """A place whose EtherType stands right before NETWORK, or is told by KIND; BEHIND: tag, label or session."""
    loaded = instruction(_bpf.LOAD_HALF, network - 2)
    return Place(
        mac,
        network,
        kind or (lambda number: equal(loaded, number)),
        behind.get("tag"),
        behind.get("label"),
        behind.get("session"),
    )


# --- comparisons

def equal(load: Instruction, k: int) -> Test:
    """What LOAD gives is K."""
    return Test((load,), _bpf.JUMP_EQUAL, k)


def octet(at: int, k: int) -> Test:
    """The octet at this offset is K."""
    return equal(instruction(_bpf.LOAD_OCTET, at), k)


def half(at: int, k: int, mask: int = 0xFFFF) -> Test:
    """The half word at this offset, of which MASK counts, is K."""
    return _masked(instruction(_bpf.LOAD_HALF, at), k, mask, 0xFFFF)


def word(at: int, k: int, mask: int = 0xFFFFFFFF) -> Test:
    """The word at this offset, of which MASK counts, is K."""
    return _masked(instruction(_bpf.LOAD_WORD, at), k & mask, mask, 0xFFFFFFFF)


def _masked(load: Instruction, k: int, mask: int, whole: int) -> Test:
    return Test((load,) if mask == whole else (load, instruction(_AND, mask)), _bpf.JUMP_EQUAL, k)


def no_fragment(at: int) -> Node:
    """Not the second or a later fragment of an IPv4 packet, which has no ports."""
    return none_of(Test((instruction(_bpf.LOAD_HALF, at + 6),), _bpf.JUMP_SET, 0x1FFF))


def within(loads: Tuple[Instruction, ...], first: int, last: int) -> Node:
    """A number from FIRST to LAST."""
    if first == last:
        return Test(loads, _bpf.JUMP_EQUAL, first)
    return all_of(Test(loads, _bpf.JUMP_AT_LEAST, first), none_of(Test(loads, _bpf.JUMP_GREATER, last)))


# --- words

def protocol(place: Place, name: str) -> Node:
    """A packet of this family or protocol, by the names of KINDS and PROTOCOLS."""
    if name in KINDS:
        return place.kind(KINDS[name])
    families, number = PROTOCOLS[name]
    return numbered(place, families, (number,))


def numbered(place: Place, families: Sequence[int], numbers: Sequence[int]) -> Node:
    """An IP packet of one of these families that carries one of these protocols."""
    return any_of(*[_carrying(place, family, numbers) for family in families])


def _carrying(place: Place, family: int, numbers: Sequence[int]) -> Node:
    at = place.network + (9 if family == IPV4 else 6)
    return all_of(place.kind(family), any_of(*[octet(at, number) for number in numbers]))


def ports(place: Place, family: str, direction: str, first: int, last: int) -> Node:
    """A port from FIRST to LAST; FAMILY: ip, ip6, a transport or nothing; DIRECTION: src, dst, both, or nothing for
    either.
    """
    ways: List[Node] = []
    numbers = (TRANSPORTS[family],) if family in TRANSPORTS else tuple(sorted(TRANSPORTS.values()))
    if family != "ip6":
        length = instruction(LOAD_HEADER_LENGTH, place.network)
        tests = [
            within((length, instruction(INDIRECT[2], place.network + at)), first, last) for at in _ends(direction, 0, 2)
        ]
        ways.append(all_of(_carrying(place, IPV4, numbers), no_fragment(place.network), _joined(direction, tests)))
    if family != "ip":
        tests = [
            within((instruction(_bpf.LOAD_HALF, place.network + 40 + at),), first, last)
            for at in _ends(direction, 0, 2)
        ]
        ways.append(all_of(_carrying(place, IPV6, numbers), _joined(direction, tests)))
    return any_of(*ways)


def _ends(direction: str, source: int, destination: int) -> Tuple[int, ...]:
    return {"src": (source,), "dst": (destination,)}.get(direction, (source, destination))


def _joined(direction: str, tests: Sequence[Node]) -> Node:
    return all_of(*tests) if direction == "both" else any_of(*tests)


def network(place: Place, family: str, direction: str, wanted: Network) -> Node:
    """An address of this network; FAMILY: a name of KINDS, or nothing for all that have such addresses."""
    address, mask = wanted.network_address.packed, wanted.netmask.packed
    families = {IPV6: (8, 24)} if wanted.version == 6 else {IPV4: (12, 16), ARP: (14, 24), RARP: (14, 24)}
    ways: List[Node] = []
    for kind, (source, destination) in sorted(families.items()):
        if not family or KINDS[family] == kind:
            tests = [_covered(place.network + at, address, mask) for at in _ends(direction, source, destination)]
            ways.append(all_of(place.kind(kind), _joined(direction, tests)))
    return any_of(*ways)


def _covered(at: int, address: bytes, mask: bytes) -> Node:
    words = [
        struct.unpack_from("!I", part, offset)[0] for offset in range(0, len(address), 4) for part in (address, mask)
    ]
    return all_of(
        *[
            word(at + 2 * number, words[number], words[number + 1])
            for number in range(0, len(words), 2)
            if words[number + 1]
        ]
    )


def ethernet(place: Place, direction: str, octets: bytes) -> Node:
    """A frame from or for this MAC."""
    if place.mac is None:
        return NEVER
    high, low = struct.unpack("!HI", octets)
    return _joined(
        direction, [all_of(word(place.mac + at + 2, low), half(place.mac + at, high)) for at in _ends(direction, 6, 0)]
    )


def group(place: Place, family: str) -> Node:
    """Multicast: of Ethernet, of IPv4 (224.0.0.0/4 and above, as libpcap has it) or of IPv6."""
    if family == "ip":
        return all_of(
            place.kind(IPV4), Test((instruction(_bpf.LOAD_OCTET, place.network + 16),), _bpf.JUMP_AT_LEAST, 224)
        )
    if family == "ip6":
        return all_of(place.kind(IPV6), octet(place.network + 24, 0xFF))
    if place.mac is None:
        return NEVER
    return Test((instruction(_bpf.LOAD_OCTET, place.mac),), _bpf.JUMP_SET, 1)


def length(jump: int, k: int) -> Node:
    """The frame's length, compared with K."""
    return Test((instruction(_bpf.LOAD_LENGTH),), jump, k)


def tagged_within(place: Place, identifier: Optional[int]) -> Node:
    """In a VLAN, or in one within a VLAN (802.1ad): what a second ``vlan`` of an expression asks for (pcap-filter(7)).
    """
    at = place.network if place.tag is None else place.tag
    if place.tag is None and place.mac is None:
        return NEVER
    outer = all_of() if place.tag is not None else any_of(*[place.kind(kind) for kind in TAGS])
    second = all_of(outer, any_of(*[half(at + 2, kind) for kind in TAGS]), _tag(at + 4, identifier))
    return any_of(second, tagged(place, identifier))


def tagged(place: Place, identifier: Optional[int]) -> Node:
    """In a VLAN, in this one if there is an IDENTIFIER; also where the NIC took the tag off the frame."""
    if place.tag is not None:
        return _tag(place.tag, identifier)
    if place.mac is None:
        return NEVER
    taken_off = all_of(equal(instruction(_bpf.LOAD_WORD, _TAG_PRESENT), 1), all_of() if identifier is None else Test(
        (instruction(_bpf.LOAD_WORD, _TAG), instruction(_AND, 0x0FFF)), _bpf.JUMP_EQUAL, identifier))
    inside = all_of(any_of(*[place.kind(kind) for kind in TAGS]), _tag(place.network, identifier))
    return any_of(inside, taken_off)


def _tag(at: int, identifier: Optional[int]) -> Node:
    return all_of() if identifier is None else half(at, identifier, 0x0FFF)


def labelled(place: Place, number: Optional[int]) -> Node:
    """An MPLS packet, one with this label outermost if there is a NUMBER (RFC 3032)."""
    at = place.network if place.label is None else place.label
    told = (
        all_of()
        if number is None
        else Test((instruction(_bpf.LOAD_WORD, at), instruction(_SHIFT_RIGHT, 12)), _bpf.JUMP_EQUAL, number)
    )
    return told if place.label is not None else all_of(any_of(*[place.kind(kind) for kind in MPLS]), told)


def in_session(place: Place, number: Optional[int]) -> Node:
    """A PPPoE session's packet, one of this session if there is a NUMBER (RFC 2516)."""
    at = place.network if place.session is None else place.session
    told = all_of() if number is None else half(at + 2, number)
    return told if place.session is not None else all_of(place.kind(PPPOE_SESSION), told)
