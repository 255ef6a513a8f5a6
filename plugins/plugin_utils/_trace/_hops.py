"""What happened between two points: lost, missed, doubled, late; over time, too. Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress, islice
from operator import le, sub

from ansible_collections.netops.layer2.plugins.plugin_utils._trace._tracks import Tracks

NS = 1_000_000_000
_NOWHERE = -1               # instead of a record
STEPS = 120                 # of a series over time
_LATEST = 5 * NS            # what a packet on its way when a capture ends is given to arrive
_PERCENTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))


@dataclass(frozen=True, slots=True)
class Hop:
    """Between two points that follow each other, in one direction. Numbers are packets, delays ns.

    ``missed`` arrived, since a later point saw them, though the capture here did not; ``outside`` were sent when the
    next point was not listening; ``appeared`` were seen here and nowhere before, while the point before was listening.
    """

    start: int
    end: int
    sent: int
    seen: int
    lost: tuple[int, ...]
    missed: int
    outside: int
    appeared: int
    doubled: int
    delays: dict[str, int]
    series: list[tuple[int, int, int | None, int | None]]   # per step: sent, lost, median delay, longest
    begin: int
    step: int
    astray: dict[int, int]      # point beside the path -> lost packets that it saw
    strays: dict[int, int]      # the same of those outside
    is_compared: bool           # whether the clocks tell when the next point listened


def between(
    tracks: Tracks, at: int, path_length: int, windows: Sequence[tuple[int, int]], is_compared: bool = True
) -> Hop:
    """What happened between point AT of the tracks and the next; points from PATH_LENGTH on lie beside the path.
    WINDOWS: when each one listened, by clocks that were compared (IS_COMPARED) or tell nothing of each other.
    """
    here, there = tracks.where[at], tracks.where[at + 1]
    times, later_times = tracks.points[at].times, tracks.points[at + 1].times
    packets = list(compress(range(len(here)), map(_NOWHERE.__lt__, here)))
    packets.sort(key=here.__getitem__)
    seen = list(compress(packets, map(_NOWHERE.__lt__, map(there.__getitem__, packets))))
    moments = list(map(times.__getitem__, map(here.__getitem__, seen)))
    arrived = list(map(later_times.__getitem__, map(there.__getitem__, seen)))
    delays = list(map(sub, arrived, moments))
    ordered = sorted(delays)
    margin = min(max(ordered[-1] if ordered else 0, 0), _LATEST)
    listened = _listened((windows[at + 1][0], windows[at + 1][1] - margin), moments, is_compared)
    lost, missed, outside = _absent(
        tracks, at, [packet for packet in packets if there[packet] < 0], path_length, listened
    )
    begin, step, series = _series(moments, delays, [times[here[packet]] for packet in lost])
    return Hop(
        at,
        at + 1,
        len(seen) + len(lost) + missed,
        len(seen),
        tuple(lost),
        missed,
        len(outside),
        _appeared(tracks, at, _listened(windows[at], arrived, is_compared)),
        _doubled(tracks, at),
        _summary(ordered),
        series,
        begin,
        step,
        _astray(tracks, lost, path_length),
        _astray(tracks, outside, path_length),
        is_compared,
    )


def _listened(window: tuple[int, int], common: Sequence[int], is_compared: bool) -> tuple[int, int]:
    """When a point surely listened, by the clock of another one: in its WINDOW, or, where the clocks were not compared,
    between the packets that both saw (COMMON).
    """
    return window if is_compared or not common else (min(common), max(common))


def _absent(
    tracks: Tracks, at: int, absent: Sequence[int], path_length: int, listened: tuple[int, int],
) -> tuple[list[int], int, list[int]]:
    """Of those not seen at the next point: the lost ones, how many were missed by the capture, and those sent while it
    did not listen.
    """
    here, times = tracks.where[at], tracks.points[at].times
    begin, end = listened
    lost, missed, outside = [], 0, []
    for packet in absent:
        if any(tracks.where[later][packet] >= 0 for later in range(at + 2, path_length)):
            missed += 1
        elif begin <= times[here[packet]] <= end:
            lost.append(packet)
        else:
            outside.append(packet)
    return lost, missed, outside


def _appeared(tracks: Tracks, at: int, window: tuple[int, int]) -> int:
    """How many the next point saw that none before it did, though the one before was listening."""
    times, there = tracks.points[at + 1].times, tracks.where[at + 1]
    new = [packet for packet, (near, far) in enumerate(zip(tracks.where[at], there, strict=True)) if near < 0 <= far]
    return sum(
        1 for packet in new
        if window[0] < times[there[packet]] <= window[1] and all(where[packet] < 0 for where in tracks.where[:at])
    )


def _doubled(tracks: Tracks, at: int) -> int:
    """How many more copies the next point saw than this one."""
    before, after = (
        Counter(tracks.points[number].keys[record] for record in tracks.copies[number]) for number in (at, at + 1)
    )
    return sum((after - before).values())


def _astray(tracks: Tracks, lost: Sequence[int], path_length: int) -> dict[int, int]:
    found = {}
    for number in range(path_length, len(tracks.points)):
        where = tracks.where[number]
        seen = sum(1 for packet in lost if where[packet] >= 0)
        if seen:
            found[number] = seen
    return found


def _summary(ordered: Sequence[int]) -> dict[str, int]:
    """Minimum, maximum and percentiles of sorted values; empty without any."""
    if not ordered:
        return {}
    last = len(ordered) - 1
    return {
        "minimum": ordered[0],
        **{name: ordered[round(part * last)] for name, part in _PERCENTILES},
        "maximum": ordered[-1],
    }


def _series(
    moments: Sequence[int], delays: Sequence[int], gone: Sequence[int],
) -> tuple[int, int, list[tuple[int, int, int | None, int | None]]]:
    """(begin, length of a step, series) of when packets were sent that arrived after DELAYS, and of those GONE."""
    if not moments and not gone:
        return 0, 0, []
    moments, delays = _in_order(moments, delays)
    ends = [*moments[:1], *moments[-1:], *gone]
    begin, end = min(ends), max(ends)
    step = max(1, (end - begin) // STEPS + 1)
    lost = [0] * ((end - begin) // step + 1)
    for moment in gone:
        lost[(moment - begin) // step] += 1
    series: list[tuple[int, int, int | None, int | None]] = []
    first = 0
    for number, absent in enumerate(lost):
        behind = bisect_left(moments, begin + (number + 1) * step, first)
        found = sorted(delays[first:behind])
        first = behind
        series.append(
            (len(found) + absent, absent, found[len(found) // 2] if found else None, found[-1] if found else None)
        )
    return begin, step, series


def _in_order(moments: Sequence[int], delays: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    """Both in the order of MOMENTS, which they mostly are."""
    if all(map(le, moments, islice(moments, 1, None))):
        return moments, delays
    order = sorted(range(len(moments)), key=moments.__getitem__)
    return [moments[at] for at in order], [delays[at] for at in order]
