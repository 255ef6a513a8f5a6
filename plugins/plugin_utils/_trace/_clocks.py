"""Clocks compared by packets: offset and skew of one host against another with their uncertainty, and steps between
them. Pure.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import compress, pairwise

NS = 1_000_000_000
MOST_SKEW = 1e-3        # seconds a second; kernels slew by 500 ppm (adjtimex(2)), chrony by little more unless told to
MOST_PIECES = 9         # a clock that steps more often is no clock
_BUCKETS = 256
_FEWEST = 4             # packets on both sides of a step
_FEWEST_ONE_WAY = 20    # points of one way only that tell a skew
_SURE = 2e-4            # a skew that is known no better is taken to be as small as it can be
_ROUNDS = 60            # of a search that narrows its range by a third each

Point = tuple[float, float]     # (seconds since the first packet, difference of the clocks in ns)


@dataclass(frozen=True, slots=True)
class Samples:
    """Packets that two clocks saw, in the order of the second one's records.

    ``times`` by the reference clock (ns), ``differences`` second minus first (ns), ``forward`` 1 if the reference saw
    it first.
    """

    times: Sequence[int]
    differences: Sequence[int]
    forward: bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time over which a clock runs straight: ``offset`` ns at ``origin``, ``skew`` seconds gained a
    second.

    ``uncertainty`` is half the fastest way there and back, which no measurement can divide between the two ways; None:
    traffic went one way only, so that ``offset`` contains the fastest packet's delay. ``skew_bounds``: a skew outside
    would need a packet that arrives before it left. ``changes`` are the clock's readings around the step that begins
    this piece.
    """

    begin: int
    end: int
    origin: int
    offset: float
    skew: float
    uncertainty: float | None
    skew_bounds: tuple[float, float] | None
    changes: tuple[int, int] | None = None

    def at(self, moment: int) -> float:
        """How far the clock is ahead, ns, at a moment of the reference clock."""
        return self.offset + self.skew * (moment - self.origin)


@dataclass(frozen=True, slots=True)
class _Bucket:
    begin: int
    end: int
    fastest: Point | None   # forward: the smallest difference
    back: Point | None      # backward: the largest


@dataclass(frozen=True, slots=True)
class _Line:
    """x = offset + skew * t; ``gap`` is the room between forward and backward packets, infinite if one of them is
    missing.
    """

    offset: float
    skew: float
    gap: float


def estimated(samples: Samples, tolerance: float) -> list[Piece]:
    """The pieces of the second clock against the first; none without samples. TOLERANCE: ns that a time stamp can be
    wrong by.

    A packet never arrives before it left: forward differences lie above the clocks' difference, backward ones below. So
    the line between the two clouds is the clock (Moon, Skelly, Towsley, INFOCOM 1999, for one way; both ways bound the
    offset as in RFC 5905), and where no straight line fits between them the clock has stepped.
    """
    if not samples.times:
        return []
    first, base = samples.times[0], samples.differences[0]
    buckets = _bucketed(samples, first, base)
    stretches = _stretches(buckets, tolerance)
    pieces = [_piece(buckets[begin:end], first, base, tolerance) for begin, end in stretches]
    if len(pieces) > MOST_PIECES:
        return [_piece(buckets, first, base, tolerance)]
    return _parted(pieces, samples, tolerance)


def _bucketed(samples: Samples, first: int, base: int) -> list[_Bucket]:
    """The extremes of equally many packets each; nothing else bounds a line."""
    count = len(samples.times)
    size = max(1, math.ceil(count / _BUCKETS))
    return [_bucket(samples, begin, min(begin + size, count), first, base) for begin in range(0, count, size)]


def _bucket(samples: Samples, begin: int, end: int, first: int, base: int) -> _Bucket:
    pairs = list(zip(samples.differences[begin:end], samples.times[begin:end], strict=True))
    ways = samples.forward[begin:end]
    fastest = min(compress(pairs, ways), default=None)
    back = max(compress(pairs, (1 - way for way in ways)), default=None)
    return _Bucket(begin, end, _point(fastest, first, base), _point(back, first, base))


def _point(pair: tuple[int, int] | None, first: int, base: int) -> Point | None:
    return None if pair is None else ((pair[1] - first) / NS, float(pair[0] - base))


def _line(buckets: Sequence[_Bucket]) -> _Line:
    """The straightest clock between the two clouds: the skew with the most room between them."""
    forward = [bucket.fastest for bucket in buckets if bucket.fastest is not None]
    backward = [bucket.back for bucket in buckets if bucket.back is not None]
    if forward and backward:
        skew = _best(lambda slope: _floor(forward, slope) - _ceiling(backward, slope))
        low, high = _ceiling(backward, skew), _floor(forward, skew)
        return _Line((low + high) / 2, skew, high - low)
    return _edge(forward, _floor, 1) if forward else _edge(backward, _ceiling, -1)


def _edge(points: Sequence[Point], bound: Callable[[Iterable[Point], float], float], sign: int) -> _Line:
    """The clock by packets of one way only: the BOUND of their cloud, SIGN 1 where that lies under it, -1 above it."""
    if len(points) < _FEWEST_ONE_WAY:
        # A line goes through any two points: that is no measurement of a skew.
        return _Line(bound(points, 0.0), 0.0, math.inf)
    middle = (points[0][0] + points[-1][0]) / 2
    shifted = [(moment - middle, value) for moment, value in points]
    # The edge of the hull at the middle of the time: the line under (or above) all points that is nearest to them
    # there.
    skew = _best(lambda slope: sign * bound(shifted, slope))
    return _Line(bound(points, skew), skew, math.inf)


def _floor(points: Iterable[Point], slope: float) -> float:
    return min(value - slope * NS * moment for moment, value in points)


def _ceiling(points: Iterable[Point], slope: float) -> float:
    return max(value - slope * NS * moment for moment, value in points)


def _best(worth: Callable[[float], float]) -> float:
    """The slope with the largest worth, which is a concave function of it."""
    low, high = -MOST_SKEW, MOST_SKEW
    for _round in range(_ROUNDS):
        third = (high - low) / 3
        if worth(low + third) < worth(high - third):
            low += third
        else:
            high -= third
    return (low + high) / 2


def _stretches(buckets: Sequence[_Bucket], tolerance: float) -> list[tuple[int, int]]:
    """The longest runs of buckets through which a straight line goes, from left to right; (begin, end) each.

    A bucket in whose midst the clock steps fits no line and begins no stretch.
    """
    found, begin = [], 0
    while begin < len(buckets):
        low, high = begin, len(buckets)
        if _line(buckets[begin:high]).gap < -tolerance:
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if _line(buckets[begin:middle]).gap < -tolerance else (middle, high)
        else:
            low = high
        if low > begin:
            found.append((begin, low))
        begin = max(low, begin + 1)
    return found or [(0, len(buckets))]


def _piece(buckets: Sequence[_Bucket], first: int, base: int, tolerance: float) -> Piece:
    line = _line(buckets)
    if not math.isfinite(line.gap):
        return Piece(buckets[0].begin, buckets[-1].end, first, base + line.offset, line.skew, None, None)
    bounds = _bounds(buckets, line, tolerance)
    line = _cautious(buckets, line, bounds)
    return Piece(
        buckets[0].begin,
        buckets[-1].end,
        first,
        base + line.offset,
        line.skew,
        max(line.gap, 0.0) / 2 + tolerance,
        bounds,
    )


def _cautious(buckets: Sequence[_Bucket], line: _Line, bounds: tuple[float, float]) -> _Line:
    """LINE if the packets say much about its skew, else the one with the least skew that they allow: few or short
    traces allow any.
    """
    if bounds[1] - bounds[0] <= _SURE:
        return line
    skew = min(max(0.0, bounds[0]), bounds[1])
    low = _ceiling([bucket.back for bucket in buckets if bucket.back is not None], skew)
    high = _floor([bucket.fastest for bucket in buckets if bucket.fastest is not None], skew)
    return _Line((low + high) / 2, skew, high - low)


def _bounds(buckets: Sequence[_Bucket], line: _Line, tolerance: float) -> tuple[float, float]:
    """The smallest and the largest skew for which no packet arrives before it left."""
    forward = [bucket.fastest for bucket in buckets if bucket.fastest is not None]
    backward = [bucket.back for bucket in buckets if bucket.back is not None]

    def edge(outside: float) -> float:
        inside = line.skew
        for _round in range(_ROUNDS // 2):
            middle = (inside + outside) / 2
            fits = _floor(forward, middle) - _ceiling(backward, middle) >= -tolerance
            inside, outside = (middle, outside) if fits else (inside, middle)
        return inside

    return edge(-MOST_SKEW), edge(MOST_SKEW)


def _parted(pieces: Sequence[Piece], samples: Samples, tolerance: float) -> list[Piece]:
    """The pieces with the exact packet at which one gives way to the next; those of a few packets go to their
    neighbours.
    """
    kept: list[Piece] = []
    for piece in pieces:
        if kept and piece.end - piece.begin < _FEWEST:
            continue
        if not kept:
            kept.append(replace(piece, begin=0))
            continue
        before = kept[-1]
        at = _border(before, piece, samples, tolerance)
        changes = (samples.times[at - 1] + samples.differences[at - 1], samples.times[at] + samples.differences[at])
        kept[-1] = replace(before, end=at)
        kept.append(replace(piece, begin=at, changes=changes))
    kept[-1] = replace(kept[-1], end=len(samples.times))
    return kept


def _border(before: Piece, after: Piece, samples: Samples, tolerance: float) -> int:
    """The first packet of the later piece: behind the last that cannot belong to it, and behind those that are nearer
    to the earlier one.
    """
    last = after.end - 1
    misfits = (at for at in range(last, before.begin, -1) if not _fits(after, samples, at, tolerance))
    border = min(next(misfits, before.begin) + 1, last)
    while border < last and abs(_delay(before, samples, border)) < abs(_delay(after, samples, border)):
        border += 1
    return border


def _delay(piece: Piece, samples: Samples, at: int) -> float:
    return samples.differences[at] - piece.at(samples.times[at])


def _fits(piece: Piece, samples: Samples, at: int, tolerance: float) -> bool:
    delay = _delay(piece, samples, at)
    return delay >= -tolerance if samples.forward[at] else delay <= tolerance


def steps(pieces: Sequence[Piece]) -> list[tuple[int, float]]:
    """(moment by the reference clock in ns, ns by which the clock jumped) between pieces."""
    found = []
    for before, after in pairwise(pieces):
        reading = after.changes[1] if after.changes else 0
        moment = int(reading - after.offset)
        found.append((moment, after.at(moment) - before.at(moment)))
    return found


def corrected(times: Sequence[int], pieces: Sequence[Piece]) -> Sequence[int]:
    """A point's time stamps as the reference clock would have read them, ns."""
    if not pieces:
        return times
    borders = [0]
    for _moment, jump, piece in ((*step, piece) for step, piece in zip(steps(pieces), pieces[1:], strict=True)):
        borders.append(max(borders[-1], _switch(times, piece, jump, borders[-1])))
    borders.append(len(times))
    made = array("q")
    for piece, begin, end in zip(pieces, borders, borders[1:], strict=False):
        made.extend(_straightened(times[begin:end], piece))
    return made


def _switch(times: Sequence[int], piece: Piece, jump: float, begin: int) -> int:
    """The first record of a point behind a step: readings jump forward past the middle, or fall back by more than half
    of the step.
    """
    before, after = piece.changes or (0, 0)
    if jump > 0:
        middle = (before + after) // 2
        return next((at for at in range(begin, len(times)) if times[at] >= middle), len(times))
    half = jump / 2
    falls = (at for at in range(max(begin, 1), len(times)) if times[at] - times[at - 1] < half)
    return next(falls, len(times))


def _straightened(times: Sequence[int], piece: Piece) -> array[int]:
    offset, skew = round(piece.offset), piece.skew
    if not times or abs(skew) * max(abs(times[0] - offset - piece.origin), abs(times[-1] - offset - piece.origin)) < 1:
        return array("q", [moment - offset for moment in times])
    shift = offset + piece.origin
    return array("q", [moment - offset - round(skew * (moment - shift)) for moment in times])
