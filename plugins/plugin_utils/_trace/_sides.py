"""Which records of two points are surely one packet, and from which side of the path a packet comes. Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import statistics
from array import array
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import TraceError
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._matching import Index, Indexed, alone

THERE, BACK, PASSING = 1, -1, 0
_ENOUGH = 500   # packets of one source; a median needs no more


@dataclass(frozen=True, slots=True)
class Pairing:
    """Packets that two points saw exactly once each: record numbers, in the order of the second point's."""

    one: Sequence[int]
    other: Sequence[int]

    def __len__(self) -> int:
        return len(self.one)


def paired(once: dict[int, int], other: Indexed) -> Pairing:
    """The packets of OTHER that ONCE (key -> record of another point, of keys without doubles) has, too."""
    found: list[int] = []
    records: list[int] = []
    for record, at in enumerate(map(once.get, other.keys)):
        if at is not None:
            found.append(at)
            records.append(record)
    if len(set(found)) < len(found):
        counts = Counter(found)
        kept = [counts[at] == 1 for at in found]
        found = [at for at, keep in zip(found, kept, strict=True) if keep]
        records = [record for record, keep in zip(records, kept, strict=True) if keep]
    return Pairing(array("i", found), array("i", records))


def address(text: object) -> str:
    """An IP address as the documents write it; TraceError otherwise."""
    try:
        return str(ipaddress.ip_address(str(text)))
    except ValueError as error:
        raise TraceError(f"endpoints: {error}; give IP addresses") from error


def of_endpoints(index: Index, source: Collection[str], destination: Collection[str]) -> list[int]:
    """The side of every flow where both ends are known: by its source, and of what neither sent nothing."""
    sides = {**dict.fromkeys(destination, BACK), **dict.fromkeys(source, THERE)}
    return [sides.get(flow.source, PASSING) for flow in index.flows]


def inferred(index: Index, path: Sequence[int]) -> list[int]:
    """The side of every flow where nobody told: of two hosts that talk, packets of the nearer one are seen later at the far point.

    That holds whatever the clocks show, since both differences hold the same offset. Where traffic goes one way only, it is taken to go along the path.
    """
    sides: dict[str, int] = {}
    once = alone(index.points[path[0]].keys)
    for number in reversed(path[1:]):
        medians = _medians(index, path[0], number, paired(once, index.points[number]))
        for source, side in _two_way(index, medians).items():
            sides.setdefault(source, side)
    if not any(sides.values()):
        sides = dict.fromkeys({flow.source for flow in index.flows} - {"-"}, THERE)
    return [sides.get(flow.source, PASSING) for flow in index.flows]


def _medians(index: Index, one: int, other: int, pairs: Pairing) -> dict[str, float]:
    """Source address -> median of how much later the other point's clock showed its packets."""
    first, second = index.points[one], index.points[other]
    before, after = first.capture.columns["time"], second.capture.columns["time"]
    found: dict[str, list[int]] = {}
    sources = [flow.source for flow in index.flows]
    for at, record in zip(pairs.one, pairs.other, strict=True):
        held = found.setdefault(sources[second.flow[record]], [])
        if len(held) < _ENOUGH:
            held.append(after[record] - before[at])
    return {source: statistics.median(values) for source, values in found.items() if source != "-"}


def _two_way(index: Index, medians: dict[str, float]) -> dict[str, int]:
    """The sides of those that talk to each other, and of the others by whom they are like."""
    sides: dict[str, int] = {}
    for flow in index.flows:
        one, other = medians.get(flow.source), medians.get(flow.destination)
        if one is not None and other is not None and one != other:
            sides[flow.source] = THERE if one > other else BACK
    there = [medians[source] for source, side in sides.items() if side == THERE]
    back = [medians[source] for source, side in sides.items() if side == BACK]
    if there and back:
        middle = (statistics.median(there) + statistics.median(back)) / 2
        for source, value in medians.items():
            sides.setdefault(source, THERE if value > middle else BACK)
    return sides
