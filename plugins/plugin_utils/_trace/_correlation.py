"""All captures of one run correlated: sides, clocks, tracks, hops, put together as a Trace. Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import compress

from ansible_collections.netops.layer2.plugins.plugin_utils._trace._along import along
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import Capture, TraceError
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._evidence import (
    Carried,
    Sender,
    links_of,
    retransmitted,
    senders,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._hops import Hop, between
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._matching import Index, indexed
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._sides import (
    BACK,
    PASSING,
    THERE,
    inferred,
    of_endpoints,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._times import Times, compared
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._tracks import Seen, Tracks, follow
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._translated import untranslated

_ANY_TIME = 1 << 62  # ns; clocks that were never compared order nothing
_SLACK = 1_000_000  # ns; time stamps of several processors of one host differ by less


@dataclass(frozen=True, slots=True)
class Way:
    """One direction: its points in the order in which packets pass them (numbers of captures; those beside the path
    last), tracks and hops.
    """

    side: int
    order: tuple[int, ...]
    path_length: int
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    tracks: Tracks
    hops: list[Hop]
    carried: list[list[Carried]]
    retransmitted: dict[int, int]

    @property
    def first_loss(self) -> Hop | None:
        """The first hop that lost packets."""
        return next((hop for hop in self.hops if hop.lost), None)


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that is known of one run; ``passing``: packets of no known direction, which no hop counts."""

    captures: list[Capture]
    path: tuple[int, ...]
    beside: tuple[int, ...]
    index: Index
    sides: list[int]
    times: Times
    ways: list[Way]
    passing: int
    senders: list[Sender]


def correlated(
    captures: Sequence[Capture],
    beside: Collection[str] = (),
    source: Collection[str] = (),
    destination: Collection[str] = (),
) -> Trace:
    """Correlate CAPTURES, which stand in the order of the path from source to destination.

    BESIDE names points that lie on no path, but may see copies or strays. Without addresses of the ends, sides are
    inferred. TraceError where nothing can be correlated.
    """
    path, aside = _places(captures, beside)
    index = along(untranslated(indexed(captures), path), path)
    sides = of_endpoints(index, source, destination) if source or destination else inferred(index, path)
    sides = [PASSING if number in index.unfollowed else side for number, side in enumerate(sides)]
    times = compared(index, path + aside, frozenset(aside), sides)
    streams = frozenset(
        number
        for number, flow in enumerate(index.flows)
        if flow.protocol == "tcp" and (flow.source_port, flow.destination_port) != ("0", "0")
    )
    ways = [_way(index, times, sides, side, path, aside, streams) for side in (THERE, BACK)]
    passing = sum(sum(1 for flow in point.flow if sides[flow] == PASSING) for point in index.points)
    return Trace(list(captures), path, aside, index, sides, times, ways, passing, senders(index))


def _places(captures: Sequence[Capture], beside: Collection[str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Numbers of the points of the path, in order, and of those beside it."""
    names = [capture.point for capture in captures]
    for name in names:
        if names.count(name) > 1:
            raise TraceError(f"{name}: two captures have this point; give each its own name, or only one of them")
    strangers = [name for name in beside if name not in names]
    if strangers:
        raise TraceError(f"beside: {strangers[0]}: no capture has this point; the points are {', '.join(names)}")
    path = tuple(number for number, name in enumerate(names) if name not in beside)
    if len(path) < 2:
        raise TraceError(f"captures: {len(path)} on the path; at least two points are needed to compare what they saw")
    return path, tuple(number for number, name in enumerate(names) if name in beside)


def _way(
    index: Index,
    times: Times,
    sides: Sequence[int],
    side: int,
    path: tuple[int, ...],
    aside: tuple[int, ...],
    streams: frozenset[int],
) -> Way:
    order = (path if side == THERE else path[::-1]) + aside
    points = [_seen(index, times, sides, side, number) for number in order]
    tracks = follow(points, streams, _slack(times, points), _conversations(index))
    windows = [_window(index.points[number].capture, seen.times) for number, seen in zip(order, points, strict=True)]
    hops = [
        between(tracks, at, len(path), windows, _are_compared(times, points[at], points[at + 1]))
        for at in range(len(path) - 1)
    ]
    flows = [flow for flow, other in zip(index.flows, sides, strict=True) if other == side]
    return Way(
        side,
        order,
        len(path),
        tuple(sorted({flow.source for flow in flows})),
        tuple(sorted({flow.destination for flow in flows})),
        tracks,
        hops,
        [links_of(seen) for seen in points],
        retransmitted(points[0], streams),
    )


def _conversations(index: Index) -> list[int]:
    """A number for every flow, equal where addresses and protocol are."""
    numbers: dict[tuple[str, str, str], int] = {}
    return [numbers.setdefault((flow.source, flow.destination, flow.protocol), len(numbers)) for flow in index.flows]


def _seen(index: Index, times: Times, sides: Sequence[int], side: int, number: int) -> Seen:
    point = index.points[number]
    wanted = [other == side for other in sides]
    records = array("I", compress(range(len(point.capture)), map(wanted.__getitem__, point.flow)))
    copies: list[int] = []
    if point.copies:
        # What a mirror doubles everywhere was not doubled on the way.
        copies = [] if point.mirrored else [record for record in records if record in point.copies]
        records = array("I", [record for record in records if record not in point.copies])
    return Seen(point.capture, records, point.flow, point.keys, times.corrected[number], copies)


def _slack(times: Times, points: Sequence[Seen]) -> int:
    """How wrong a comparison of times may be: by the clocks' uncertainty, at least by what processors differ; without
    limit if unknown.
    """
    if not all(times.clocks[seen.capture.host].known for seen in points):
        return _ANY_TIME
    known = [times.uncertainty(points[0].capture, seen.capture) or 0.0 for seen in points]
    return int(max(known)) + _SLACK


def _are_compared(times: Times, one: Seen, other: Seen) -> bool:
    """Whether the clocks of two points tell of each other."""
    clocks = [times.clocks[seen.capture.host] for seen in (one, other)]
    return clocks[0] is clocks[1] or all(clock.known for clock in clocks)


def _window(capture: Capture, corrected: Sequence[int]) -> tuple[int, int]:
    """When a point listened, by the reference clock: its own window, moved as its first and last packets are."""
    if not len(capture):
        return capture.window
    raw = capture.columns["time"]
    return capture.window[0] - (raw[0] - corrected[0]), capture.window[1] - (raw[-1] - corrected[-1])
