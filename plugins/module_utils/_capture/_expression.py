"""Filters in tcpdump's words, compiled to classic BPF here, so that targets need no tcpdump; they look into VLANs and
VXLAN tunnels too.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import List, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._capture import _bpf
from ansible_collections.netops.layer2.plugins.module_utils._capture import _filter_tests as tests
from ansible_collections.netops.layer2.plugins.module_utils._capture._bpf import Program, instruction
from ansible_collections.netops.layer2.plugins.module_utils._capture._filter_program import (
    ExpressionError,
    Node,
    all_of,
    any_of,
    assembled,
)
from ansible_collections.netops.layer2.plugins.module_utils._capture._filter_tests import IPV4, IPV6, Place, place_at
from ansible_collections.netops.layer2.plugins.module_utils._capture._filter_words import read

__all__ = ["ExpressionError", "compiled"]
_PROTOCOL = 0xFFFFF000  # SKF_AD_OFF + SKF_AD_PROTOCOL: the EtherType, where the link has no Ethernet header
_VXLAN_PORTS = (4789, 8472)  # RFC 7348; Linux' default where nobody gave a port
_PPP = {IPV4: 0x0021, IPV6: 0x0057}  # IANA's PPP protocol numbers
_VERSIONS = {IPV4: 0x40000000, IPV6: 0x60000000}


def compiled(text: str, snap_length: int, ethernet: bool = True) -> Program:
    """The program that keeps SNAP_LENGTH octets of the frames that TEXT describes; of all frames if it is empty.
    ExpressionError.

    Understood is what pcap-filter(7) describes, but for names of hosts, comparisons of two values of a packet,
    ``gateway``, ``ip broadcast``, and protocols that no IP network has. A frame is also kept if the packet behind one
    or two VLAN tags or in its VXLAN tunnel fits, and, where TEXT names ``mpls`` or ``pppoes``, the packet behind that
    header.
    """
    if not text.strip():
        return _bpf.everything(snap_length)
    primitive, words = read(text)
    if not ethernet:
        loaded = instruction(_bpf.LOAD_WORD, _PROTOCOL)
        return assembled(primitive(place_at(None, 0, lambda kind: tests.equal(loaded, kind))), snap_length)
    plain = place_at(0, 14)
    one_tag = place_at(0, 18, tag=14)
    stacked = all_of(_of(plain, tests.TAGS), _of(one_tag, tests.TAGS))
    inner = [(_of(plain, tests.TAGS), one_tag), (stacked, place_at(0, 22, tag=14))] + _tunnels(plain)
    if "mpls" in words:
        inner.append(
            (
                all_of(_of(plain, tests.MPLS), tests.word(14, 0x100, 0x100)),
                place_at(0, 18, lambda kind: _version(18, kind), label=14),
            )
        )
    if "pppoes" in words:
        inner.append((_of(plain, (tests.PPPOE_SESSION,)), place_at(0, 22, lambda kind: _ppp(20, kind), session=14)))
    return assembled(
        any_of(primitive(plain), *[all_of(guard, primitive(place)) for guard, place in inner]), snap_length
    )


def _of(place: Place, kinds: Tuple[int, ...]) -> Node:
    return any_of(*[place.kind(kind) for kind in kinds])


def _version(at: int, kind: int) -> Node:
    """An MPLS label tells no EtherType: the first four bits of what is behind the last label do."""
    return tests.word(at, _VERSIONS[kind], 0xF0000000) if kind in _VERSIONS else tests.NEVER


def _ppp(at: int, kind: int) -> Node:
    return tests.half(at, _PPP[kind]) if kind in _PPP else tests.NEVER


def _tunnels(place: Place) -> List[Tuple[Node, Place]]:
    """(what tells a VXLAN frame, where the inner frame begins), over IPv4 without options and over IPv6."""
    found: List[Tuple[Node, Place]] = []
    at = place.network
    outer: List[Tuple[int, int, List[Node]]] = [
        (IPV4, at + 20, [tests.octet(at, 0x45), tests.octet(at + 9, 17), tests.no_fragment(at)]),
        (IPV6, at + 40, [tests.octet(at + 6, 17)]),
    ]
    for kind, udp, lead in outer:
        port = instruction(_bpf.LOAD_HALF, udp + 2)
        tunnel = all_of(
            any_of(*[tests.equal(port, number) for number in _VXLAN_PORTS]), tests.word(udp + 8, 0x08000000)
        )
        found.append((all_of(place.kind(kind), *lead, tunnel), place_at(udp + 16, udp + 30)))
    return found
