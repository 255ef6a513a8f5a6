"""Which records of two points are surely one packet, and from which side of the path a packet comes. Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import statistics
from array import array
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import itemgetter

from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import TraceError
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._matching import Index, Indexed

THERE, BACK, PASSING = 1, -1, 0
_SAMPLE = 20_000        # packets by which two points are compared
_OF_EACH_FLOW = 20


@dataclass(frozen=True, slots=True)
class Pairing:
    """Packets that two points saw exactly once each: record numbers, in the order of the second point's."""

    one: Sequence[int]
    other: Sequence[int]

    def __len__(self) -> int:
        return len(self.one)


def paired(one: Indexed, other: Indexed) -> Pairing:
    """Packets that both points saw once: the first of every flow, and a sample of all others."""
    sample = _sample(other)
    before, after = _once(one, sample), _once(other, sample)
    both = [(before[key], record) for key, record in after.items() if key in before]
    both.sort(key=itemgetter(1))
    return Pairing(array("i", [at for at, _record in both]), array("i", [record for _at, record in both]))


def _sample(point: Indexed) -> set[int]:
    """Keys of the packets to compare by: enough for a median and for the lowest delay, few enough to be quick."""
    chosen = set(point.keys[::len(point.keys) // _SAMPLE + 1])
    wanted = bytearray([_OF_EACH_FLOW]) * (max(point.flow, default=-1) + 1)
    # compress() looks at each record when its turn comes, and so passes over the flows that have enough.
    for record in compress(range(len(point.keys)), map(wanted.__getitem__, point.flow)):
        wanted[point.flow[record]] -= 1
        chosen.add(point.keys[record])
    return chosen


def _once(point: Indexed, sample: set[int]) -> dict[int, int]:
    """Key -> record, of the keys of a sample that occur exactly once, copies left out."""
    found: dict[int, int] = {}
    doubled: set[int] = set()
    copies = point.copies
    keys = point.keys
    for record in compress(range(len(keys)), map(sample.__contains__, keys)):
        if record not in copies:
            key = keys[record]
            if key in found:
                doubled.add(key)
            found[key] = record
    return {key: record for key, record in found.items() if key not in doubled}


def address(text: object) -> str:
    """An IP address as the documents write it; TraceError otherwise."""
    try:
        return str(ipaddress.ip_address(str(text)))
    except ValueError as error:
        raise TraceError(f"endpoints: {error}; give IP addresses") from error


def of_endpoints(index: Index, source: Collection[str], destination: Collection[str]) -> list[int]:
    """The side of every flow where ends are given: its own, those that it is translated to, or those of a tunnel at any
    point; all else passes by.

    What goes to a group or is announced belongs to no pair of ends: nobody can say at which points of a path it has to
    be seen.
    """
    outer = _outer_ends(index)
    here, there = set(source), set(destination)
    sides = []
    for number, flow in enumerate(index.flows):
        carriers = outer.get(number, set())
        origins = {flow.source, *(pair[0] for pair in carriers)}
        targets = {flow.destination, *(pair[1] for pair in carriers)}
        sides.append(_side(origins, targets, here, there))
    return sides


def _side(origins: set[str], targets: set[str], source: set[str], destination: set[str]) -> int:
    for here, there, side in ((source, destination, THERE), (destination, source, BACK)):
        if (not here or origins & here) and (not there or targets & there):
            return side
    return PASSING


def _outer_ends(index: Index) -> dict[int, set[tuple[str, str]]]:
    """Flow -> the ends that it had otherwise: translated, or of the tunnels that carried it at any point."""
    found: dict[int, set[tuple[str, str]]] = {}
    for made in index.translations:
        behind = index.flows[made.after]
        found.setdefault(made.before, set()).add((behind.source, behind.destination))
    for point in index.points:
        links = point.capture.links
        if all(link.outer_source_ip == "-" for link in links):
            continue
        for flow, link in set(zip(point.flow, point.capture.columns["link"], strict=True)):
            if links[link].outer_source_ip != "-":
                found.setdefault(flow, set()).add((links[link].outer_source_ip, links[link].outer_destination_ip))
    return found


def _is_group(text: str) -> bool:
    return text != "-" and (text == "255.255.255.255" or ipaddress.ip_address(text).is_multicast)


def inferred(index: Index, path: Sequence[int]) -> list[int]:
    """The side of every flow where nobody told: of two hosts that talk, packets of the nearer one are seen later at the
    far point.

    That holds whatever the clocks show, since both differences hold the same offset. Where traffic goes one way only,
    it is taken to go along the path.
    """
    sides: dict[str, int] = {}
    shared: set[int] = set()
    for number in reversed(path[1:]):
        talk = _Talk(index, path[0], number)
        shared |= talk.flows
        for source, side in talk.sides().items():
            sides.setdefault(source, side)
    common = _common(index, path, shared)
    if not any(sides.values()):
        sides = {flow.source: THERE for flow in index.flows if flow.source != "-"}
    return [sides.get(flow.source, PASSING) if number in common else PASSING for number, flow in enumerate(index.flows)]


def _common(index: Index, path: Sequence[int], known: set[int]) -> set[int]:
    """The flows that go along the path: those that two points of it saw, and the other flows of hosts that talk to each
    other in these.

    KNOWN are some of the first. Without any, all of them but ARP and what goes to groups, which reach points that lie
    on no common path.
    """
    shared = _shared(index, path, known)
    pairs = {frozenset((index.flows[number].source, index.flows[number].destination)) for number in shared}
    return shared | {
        number
        for number, flow in enumerate(index.flows)
        if flow.protocol != "arp"
        and not _is_group(flow.destination)
        and (not pairs or frozenset((flow.source, flow.destination)) in pairs)
    }


def _shared(index: Index, path: Sequence[int], known: set[int]) -> set[int]:
    """The flows of which two points saw one packet, KNOWN among them.

    Equal keys are of one flow, so those of flows that are known need not be kept.
    """
    keys: set[int] = set()
    shared = set(known)
    for number in path:
        point = index.points[number]
        unknown = bytearray(flow not in shared for flow in range(len(index.flows)))
        if not any(unknown):
            break
        shared.update(compress(point.flow, map(keys.__contains__, point.keys)))
        keys.update(compress(point.keys, map(unknown.__getitem__, point.flow)))
    return shared


class _Talk:
    """What two points saw of everybody's packets: how much later the far clock showed them."""

    def __init__(self, index: Index, one: int, other: int) -> None:
        self.index = index
        self.differences: dict[str, list[int]] = {}
        self.flows: set[int] = set()    # of which both points saw a packet
        self.votes: dict[tuple[str, str], int] = {}
        last: dict[tuple[str, str], int] = {}
        first, second = index.points[one], index.points[other]
        before, after = first.capture.columns["time"], second.capture.columns["time"]
        pairs = paired(first, second)
        self.flows.update(map(second.flow.__getitem__, pairs.other))
        for at, record in zip(pairs.one, pairs.other, strict=True):
            flow = index.flows[second.flow[record]]
            difference = after[record] - before[at]
            last[flow.source, flow.destination] = difference
            self.differences.setdefault(flow.source, []).append(difference)
            answered = last.get((flow.destination, flow.source))
            if answered is not None:
                # Neighbours in time are compared, so that a clock that steps spoils one vote, not the result.
                self._vote(flow.source, flow.destination, (difference > answered) - (difference < answered))

    def _vote(self, source: str, destination: str, sign: int) -> None:
        self.votes[source, destination] = self.votes.get((source, destination), 0) + sign
        self.votes[destination, source] = self.votes.get((destination, source), 0) - sign

    def sides(self) -> dict[str, int]:
        """The sides of those that talk to each other, and of who only sends to them by whom its differences are like.
        """
        sides: dict[str, int] = {}
        for (source, _destination), count in sorted(self.votes.items(), key=lambda item: -abs(item[1])):
            if count and source != "-":
                sides.setdefault(source, THERE if count > 0 else BACK)
        sides.update(self._of_unanswered(sides))
        return sides

    def _of_unanswered(self, sides: Mapping[str, int]) -> dict[str, int]:
        """The sides of those that only send to the ones whose SIDES are known."""
        middles = {source: statistics.median(values) for source, values in self.differences.items()}
        there = [middles[source] for source, side in sides.items() if side == THERE]
        back = [middles[source] for source, side in sides.items() if side == BACK]
        if not there or not back:
            return {}
        middle = (statistics.median(there) + statistics.median(back)) / 2
        senders = {flow.source for flow in self.index.flows if flow.destination in sides}
        return {
            source: THERE if middles[source] > middle else BACK for source in senders & middles.keys() - sides.keys()
        }
