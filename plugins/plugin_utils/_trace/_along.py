"""Fragments and ICMP errors of translated conversations (NAT): they hold no port that tells their flow, and follow the
addresses. Pure.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ansible_collections.netops.layer2.plugins.module_utils._capture._packet import FRAGMENT
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import Flow
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._matching import (
    Index,
    Indexed,
    Translation,
    rekeyed,
    renumbered,
)

# Protocol and type of what tells of another packet: unreachable, time exceeded, parameter problem; too big.
_ERRORS = {("icmp", kind) for kind in ("3", "11", "12")} | {("icmp6", kind) for kind in ("1", "2", "3", "4")}
_Ends = tuple[str, str, str]    # source, destination, protocol
_Names = Mapping[str, set[str]]  # address behind a translation -> what it was before, as flows show


def is_error(flow: Flow) -> bool:
    """Whether packets of a flow tell of other packets, whose headers they hold: NAT changes these as well."""
    return (flow.protocol, flow.source_port) in _ERRORS


def along(index: Index, path: Sequence[int]) -> Index:
    """The index in which fragments and ICMP errors have the addresses that their conversations had before a
    translation, with those that nothing tells apart as ``unfollowed``.
    """
    for at in range(1, len(path)):
        names = _names(index, path[at])
        if names:
            index = _passed(index, path[:at], path[at], names)
    return index


def _names(index: Index, number: int) -> _Names:
    """What the translations before a point show of addresses."""
    found: dict[str, set[str]] = {}
    for made in index.translations:
        if made.point == number:
            before, behind = index.flows[made.before], index.flows[made.after]
            found.setdefault(behind.source, set()).add(before.source)
            found.setdefault(behind.destination, set()).add(before.destination)
    return found


def _passed(index: Index, earlier: Sequence[int], number: int, names: _Names) -> Index:
    """The same after one point: what came there along with a translation has the flow that it had before."""
    room = _Room(index, earlier, number, names)
    numbers = {flow: at for at, flow in enumerate(index.flows)}
    renamed: dict[int, int] = {}
    doubtful: set[int] = set()
    for flow in sorted(set(index.points[number].flow) - room.before):
        ends, told = room.told(flow)
        if len(told) == len(ends) == 1:
            source, destination, _protocol = told[0]
            made = replace(index.flows[flow], source=source, destination=destination)
            renamed[flow] = numbers.setdefault(made, len(numbers))
        elif ends:
            doubtful |= {flow} | room.like(flow, ends)
    index = replace(index, unfollowed=index.unfollowed | doubtful)
    return _same_keys(_with_names(index, number, renamed, list(numbers)), earlier, number, room.parted)


def _with_names(index: Index, number: int, renamed: Mapping[int, int], flows: list[Flow]) -> Index:
    """The index in which some flows that came to a point have the number of another, wherever they are seen."""
    if not renamed:
        return index
    points = [
        renumbered(point, renamed, flows, index.unchecked) if renamed.keys() & set(point.flow) else point
        for point in index.points
    ]
    counts = Counter(index.points[number].flow)
    found = [Translation(number, name, flow, counts[flow]) for flow, name in renamed.items()]
    return replace(index, flows=flows, points=points, translations=(*index.translations, *found))


class _Room:
    """What was seen before a point and at it, to judge its flows by."""

    def __init__(self, index: Index, earlier: Sequence[int], number: int, names: _Names) -> None:
        points = [index.points[other] for other in earlier]
        self._flows, self._names = index.flows, names
        self.before = {flow for point in points for flow in point.flow}
        self.parted = _parted([*points, index.points[number]])
        self._known = _identifiers(index.flows, points)
        self._arrived = _identifiers(index.flows, [index.points[number]])

    def told(self, number: int) -> tuple[list[_Ends], list[_Ends]]:
        """What the addresses of a flow may have been, and those of them that had one of its identifications; none where
        it does not go along.
        """
        flow = self._flows[number]
        ends = _ends_before(flow, self._names)
        arrived = self._arrived[_ends(flow)].keys()
        told = [each for each in ends if self._known.get(each, {}).keys() & arrived]
        was_parted = any(other in self.parted for each in told for other in self._known[each].values())
        return (ends, told) if number in self.parted or is_error(flow) or was_parted else ([], [])

    def like(self, number: int, ends: Sequence[_Ends]) -> set[int]:
        """Flows that were seen before, and may be one that came out of the translation."""
        also = is_error(self._flows[number])
        return {
            other
            for other in self.before
            if _ends(self._flows[other]) in ends and (other in self.parted or (also and is_error(self._flows[other])))
        }


def _ends(flow: Flow) -> _Ends:
    return flow.source, flow.destination, flow.protocol


def _ends_before(flow: Flow, names: _Names) -> list[_Ends]:
    """What the addresses of a flow may have been before the translation, other than they are."""
    made = [
        (source, destination, flow.protocol)
        for source in sorted(names.get(flow.source, {flow.source}))
        for destination in sorted(names.get(flow.destination, {flow.destination}))
    ]
    return [ends for ends in made if ends != _ends(flow)]


def _parted(points: Iterable[Indexed]) -> set[int]:
    """Flows that consist of fragments."""
    return {
        flow
        for point in points
        if point.capture.marked(FRAGMENT)
        for flow, mark in set(zip(point.flow, point.capture.columns["marks"], strict=True))
        if mark & FRAGMENT
    }


def _identifiers(flows: Sequence[Flow], points: Iterable[Indexed]) -> dict[_Ends, dict[int, int]]:
    """Addresses and protocol -> identification -> a flow with it; an identification of 0 tells nothing."""
    found: dict[_Ends, dict[int, int]] = {}
    for point in points:
        for flow, identifier in set(zip(point.flow, point.capture.columns["id"], strict=True)):
            held = found.setdefault(_ends(flows[flow]), {})
            if identifier:
                held[identifier] = flow
    return found


def _same_keys(index: Index, earlier: Sequence[int], number: int, parted: set[int]) -> Index:
    """The index in which fragments (flows PARTED) and errors that came through a translation have the keys that they
    had before: NAT changes their content, the ports of a first fragment and the header in an error.
    """
    names = {made.before for made in index.translations if made.point == number}
    flows = {flow for flow in names if is_error(index.flows[flow]) or flow in parted}
    there = _once(index.points[number], flows)
    keys: dict[int, int] = {}
    for other in earlier if there else ():
        here = _once(index.points[other], flows)
        keys.update((key, here[identity]) for identity, key in there.items() if here.get(identity, key) != key)
    return replace(index, points=[rekeyed(point, keys) for point in index.points]) if keys else index


def _once(point: Indexed, flows: set[int]) -> dict[tuple[int, ...], int]:
    """Flow, identification, offset and length -> key, of packets that no other one there is like."""
    found: dict[tuple[int, ...], int] = {}
    doubled: set[tuple[int, ...]] = set()
    for identity, key in _identities(point, flows):
        if found.setdefault(identity, key) != key:
            doubled.add(identity)
    return {identity: key for identity, key in found.items() if identity not in doubled}


def _identities(point: Indexed, flows: set[int]) -> Iterator[tuple[tuple[int, ...], int]]:
    columns = point.capture.columns
    rows = zip(point.flow, columns["id"], columns["sequence"], columns["payload"], point.keys, strict=True)
    for flow, identifier, offset, payload, key in rows:
        if identifier and flow in flows:
            yield (flow, identifier, offset, payload), key
