"""Flows that arrive with other addresses or ports (NAT) recognised by their packets, and given one number wherever they
are seen. Pure.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ansible_collections.netops.layer2.plugins.module_utils._capture._packet import CUT, FRAGMENT, ODD
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import Flow
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._matching import (
    Index,
    Indexed,
    Translation,
    rekeyed,
    renumbered,
)

_FEWEST = 3             # distinct packets that show a translation
_CERTAIN = 20           # bits: less likely than one in a million by accident
_NUMBER, _SHORT = 32, 16    # bits of a TCP number or of a checksum; of an identification, or what is left of a checksum
_SHORTEST = 8           # octets of payload that tell anything
_COVERED = 64           # octets of payload that a checksum covers
_POLYNOMIAL, _ALL = 0xEDB88320, 0xFFFFFFFF
Identity = tuple[int, ...]
_Ends = tuple[str, str, str]    # source, destination, protocol


@dataclass(frozen=True, slots=True)
class _Match:
    """One packet, seen once before and once behind: record numbers there, and how many bits of it agree."""

    before: int
    after: int
    bits: int


def untranslated(index: Index, path: Sequence[int]) -> Index:
    """The index with translated flows under the number that they have at the first point of the PATH which saw them."""
    seen = _flows_at(index, path)
    for at in range(1, len(path)):
        for earlier in path[at - 1::-1]:
            compared = _compared(index, earlier, path[at], seen, path[:at])
            if compared is not index:
                index, seen = compared, _flows_at(compared, path)
    return index


def _flows_at(index: Index, path: Sequence[int]) -> dict[int, set[int]]:
    """Point of the PATH -> the flows seen there; a capture holds millions of packets of few flows."""
    return {number: set(index.points[number].flow) for number in path}


def _compared(index: Index, earlier: int, number: int, seen: Mapping[int, set[int]], passed: Sequence[int]) -> Index:
    """The same after what came translated from one point to another was found; a flow SEEN at a point PASSED before is
    none of it.
    """
    before, after = index.points[earlier], index.points[number]
    gone, new = seen[earlier] - seen[number], seen[number].difference(*(seen[other] for other in passed))
    if not gone or not new:
        return index
    alike = list(_matches(_once(index.flows, before, gone), _once(index.flows, after, new)))
    matches = _sure(index.flows, before, after, alike + _across(index.flows, before, after, gone, new))
    if not matches:
        return index
    shown = Counter((before.flow[match.before], after.flow[match.after]) for match in matches)
    names = {behind: ahead for ahead, behind in shown}
    unchecked = index.unchecked | {names[flow] for flow in index.unchecked & names.keys()}
    points = _renumbered(index, names, unchecked)
    keys = _other_keys(points[earlier], points[number], matches)
    if keys:
        points = [rekeyed(one, keys) for one in points]
    found = [Translation(number, ahead, behind, count) for (ahead, behind), count in shown.items()]
    return replace(index, points=points, unchecked=unchecked, translations=(*index.translations, *found))


def _renumbered(index: Index, names: Mapping[int, int], unchecked: frozenset[int]) -> list[Indexed]:
    """The points of INDEX, flows among NAMES under the numbers that those give."""
    touched = {*names, *names.values()}
    return [renumbered(one, names, index.flows, unchecked) if touched & set(one.flow) else one for one in index.points]


def _other_keys(before: Indexed, after: Indexed, matches: Sequence[_Match]) -> dict[int, int]:
    """Keys behind a translation -> those before it, where they differ: echoes whose identifier was changed have another
    checksum.
    """
    keys = {after.keys[match.after]: before.keys[match.before] for match in matches}
    return {key: other for key, other in keys.items() if key != other}


def _sure(flows: Sequence[Flow], before: Indexed, after: Indexed, matches: Sequence[_Match]) -> list[_Match]:
    """Those of flows that have no part in another match, between addresses of which so many agree that it is no
    accident.
    """
    certain = _certain(flows, before, after, matches)
    exclusive = _exclusive({(before.flow[match.before], after.flow[match.after]) for match in matches})

    def is_sure(match: _Match) -> bool:
        ahead, behind = before.flow[match.before], after.flow[match.after]
        return (ahead, behind) in exclusive and (_ends(flows[ahead]), _ends(flows[behind])) in certain
    return [match for match in matches if is_sure(match)]


def _ends(flow: Flow) -> _Ends:
    return flow.source, flow.destination, flow.protocol


def _exclusive(pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Pairs of flows neither of which shows packets of a third."""
    one, other = Counter(before for before, _after in pairs), Counter(after for _before, after in pairs)
    return {(before, after) for before, after in pairs if one[before] == other[after] == 1}


def _certain(
    flows: Sequence[Flow], before: Indexed, after: Indexed, matches: Sequence[_Match]
) -> set[tuple[_Ends, _Ends]]:
    """Which addresses became which for sure: had they nothing to do with each other, so many packets would agree once
    in a million times at most.

    Of each packet count the bits in which it agrees, less those by which any two of the packets compared could.
    """
    here, there = (Counter(_ends(flows[flow]) for flow in point.flow) for point in (before, after))
    chances = _CERTAIN + math.log2(len(here) * len(there))
    bits: dict[tuple[_Ends, _Ends], list[float]] = {}
    for match in matches:
        pair = _ends(flows[before.flow[match.before]]), _ends(flows[after.flow[match.after]])
        bits.setdefault(pair, []).append(match.bits - math.log2(here[pair[0]] * there[pair[1]]))
    return {pair for pair, found in bits.items() if len(found) >= _FEWEST and sum(found) >= chances}


def _matches(before: Mapping[Identity, tuple[int, int]], after: Mapping[Identity, tuple[int, int]]) -> Iterator[_Match]:
    for identity, (record, bits) in after.items():
        if identity in before:
            yield _Match(before[identity][0], record, bits)


def _across(
    flows: Sequence[Flow], before: Indexed, after: Indexed, gone: set[int], new: set[int]
) -> list[_Match]:
    """What came out as the other version of IP (NAT64, SIIT: RFC 7915), which has no identification or another one."""
    found: list[_Match] = []
    for version in (4, 6):
        here = {flow for flow in gone if _is_of(flows[flow], version)}
        there = {flow for flow in new if _is_of(flows[flow], 10 - version)}
        if here and there:
            found += _matches(_once(flows, before, here, False), _once(flows, after, there, False))
    return found


def _is_of(flow: Flow, version: int) -> bool:
    """Whether a flow of TCP or UDP goes over a version of IP."""
    return flow.protocol in ("tcp", "udp") and (":" in flow.source) == (version == 6)


def _once(
    flows: Sequence[Flow], point: Indexed, wanted: set[int], numbered: bool = True
) -> dict[Identity, tuple[int, int]]:
    """Identity -> record and bits, of the packets of some flows that no other packet there is like; the identification
    counts where packets are NUMBERED.
    """
    found: dict[Identity, tuple[int, int]] = {}
    doubled: set[Identity] = set()
    marks = point.capture.columns["marks"]
    for record, flow in enumerate(point.flow):
        if flow not in wanted or marks[record] & (CUT | ODD) or record in point.copies:
            continue
        if marks[record] & FRAGMENT:
            identity, bits = _identity_of_part(flows[flow], point, record) if numbered else ((), 0)
        else:
            identity, bits = _identity(flows[flow], point, record, numbered)
        if not bits:
            continue
        if identity in found:
            doubled.add(identity)
        found[identity] = (record, bits)
    return {identity: value for identity, value in found.items() if identity not in doubled}


def _identity(flow: Flow, point: Indexed, record: int, numbered: bool) -> tuple[Identity, int]:
    """What no translation changes of a packet, and how many bits of that are other for other packets; 0 if it tells
    nothing.
    """
    column = point.capture.columns
    payload, check = column["payload"][record], column["check"][record]
    identifier = column["id"][record] if numbered else 0
    bits = _SHORT if identifier else 0
    if flow.protocol == "tcp":
        sequence, acknowledgement = column["sequence"][record], column["acknowledgement"][record]
        bits += (_NUMBER if sequence else 0) + (_NUMBER if acknowledgement else 0)
        return (6, identifier, sequence, acknowledgement, column["flags"][record], payload, check), bits
    if payload < _SHORTEST:
        return (), 0
    if flow.protocol == "udp":
        return (17, identifier, payload, check), bits + _NUMBER
    if flow.protocol in ("icmp", "icmp6") and flow.source_port in ("0", "8", "128", "129"):
        return (
            1,
            int(flow.source_port),
            identifier,
            payload,
            _without_number(check, min(payload, _COVERED)),
        ), bits + _SHORT
    return (), 0


def _identity_of_part(_flow: Flow, point: Indexed, record: int) -> tuple[Identity, int]:
    """The same of a fragment: only the first one holds ports and a checksum that a translation changes."""
    columns = point.capture.columns
    identifier, offset, payload, check = (columns[name][record] for name in ("id", "sequence", "payload", "check"))
    if not identifier or not offset or payload < _SHORTEST:
        return (), 0
    return (44, identifier, offset, payload, check), _SHORT + _NUMBER


def _turned() -> list[int]:
    """What undoes a step of CRC-32, by the highest octet of the remainder."""
    made = []
    for octet in range(256):
        value = octet << 24
        for _bit in range(8):
            value = ((value ^ _POLYNOMIAL) << 1 | 1) & _ALL if value & 1 << 31 else value << 1 & _ALL
        made.append(value)
    return made


_UNDO = _turned()


def _without_number(check: int, octets: int) -> int:
    """What a CRC-32 over OCTETS tells of all but the first two of them, the identifier of an echo that NAT changes.

    CRC-32 is linear: two checks differ by what became of the difference of the octets. Undone octet by octet, a
    difference of the first two is a number of 16 bits, so the upper half is equal if nothing else differs.
    """
    for _octet in range(octets):
        check = (check << 8 & _ALL) ^ _UNDO[check >> 24]
    return check >> 16
