"""Whose clock shows what: the times of all points brought to the clock of the first one. Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress

from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import NS, Capture
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._clocks import Piece, Samples, corrected, estimated
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._matching import Index
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._sides import BACK, THERE, Pairing, paired

_FEWEST = 3     # packets that two hosts must have in common for their clocks to be compared, but for
_FEWEST_BOTH = 2    # one there and one back, which bound the clock from both sides (RFC 5905),
_CLOSE = NS // 5    # where they leave no more room than this, ns: others are hardly one packet and its answer
_PLENTY = 100   # with so many no other point is asked


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of one host against that of the reference host: its pieces, none for the reference itself and where
    nothing was to compare.

    ``packets`` is how many it was measured with, ``through`` the point that they were compared with.
    """

    host: str
    pieces: tuple[Piece, ...]
    packets: int
    through: str
    reference: bool = False

    @property
    def known(self) -> bool:
        """Whether times of this host can be compared at all."""
        return self.reference or bool(self.pieces)

    @property
    def uncertainty(self) -> float | None:
        """ns, the worst of all pieces; None where traffic went one way only, or none was seen."""
        found = [piece.uncertainty for piece in self.pieces]
        if self.reference:
            return 0.0
        return max((value for value in found if value is not None), default=None) if None not in found else None


@dataclass(frozen=True, slots=True)
class Times:
    """Clocks by host, and the corrected time of every record, point by point."""

    clocks: dict[str, Clock]
    corrected: list[Sequence[int]]

    def uncertainty(self, one: Capture, other: Capture) -> float | None:
        """How wrong the time between two points can be, ns; None: the fastest packet is taken to have needed none."""
        if one.host == other.host:
            return 0.0
        if not all(self.clocks[capture.host].known for capture in (one, other)):
            return None
        both = [self.clocks[capture.host].uncertainty for capture in (one, other)]
        return None if None in both else sum(value for value in both if value is not None)


def compared(index: Index, order: Sequence[int], beside: frozenset[int], sides: Sequence[int]) -> Times:
    """Compare all clocks, going along ORDER (numbers of points, the path first); points BESIDE the path see only copies
    of what goes there.
    """
    reference = index.points[order[0]].capture.host
    clocks = {reference: Clock(reference, (), 0, "", reference=True)}
    times: list[Sequence[int]] = [point.capture.columns["time"] for point in index.points]
    done: list[int] = []
    for number in order:
        capture = index.points[number].capture
        if capture.host not in clocks:
            clocks[capture.host] = _against(index, number, done, times, clocks, sides, number in beside)
        times[number] = corrected(capture.columns["time"], clocks[capture.host].pieces)
        if number not in beside and clocks[capture.host].known:
            done.append(number)
    return Times(clocks, times)


def _against(
    index: Index,
    number: int,
    done: Sequence[int],
    times: list[Sequence[int]],
    clocks: dict[str, Clock],
    sides: Sequence[int],
    is_beside: bool,
) -> Clock:
    """The clock of a point's host, compared with the nearest point done that has enough packets in common with it, else
    the one with most.
    """
    best, through = Pairing((), ()), -1
    for known in done[:1] if is_beside else reversed(done):
        pairs = paired(index.points[known], index.points[number])
        if len(pairs) > len(best):
            best, through = pairs, known
        if len(best) >= _PLENTY:
            break
    host = index.points[number].capture.host
    if len(best) < _FEWEST_BOTH:
        return Clock(host, (), len(best), "")
    one, other = index.points[through].capture, index.points[number].capture
    samples = _samples(index, number, best, times[through], sides, is_beside)
    if not _suffice(samples):
        return Clock(host, (), len(samples.times), "")
    tolerance = float(one.resolution + other.resolution)
    pieces = [_further(piece, clocks[one.host].uncertainty) for piece in estimated(samples, tolerance)]
    return Clock(host, tuple(pieces), len(samples.times), one.point)


def _suffice(samples: Samples) -> bool:
    """Whether packets tell a clock: enough of them, or fewer that bound it from both sides."""
    if len(samples.times) >= _FEWEST:
        return True
    there = list(compress(samples.differences, samples.forward))
    back = list(compress(samples.differences, (1 - way for way in samples.forward)))
    return bool(there and back) and 0 <= min(there) - max(back) <= _CLOSE


def _further(piece: Piece, uncertainty: float | None) -> Piece:
    """A piece measured against a clock that is uncertain itself."""
    return replace(
        piece, uncertainty=None if piece.uncertainty is None or uncertainty is None else piece.uncertainty + uncertainty
    )


def _samples(
    index: Index, other: int, pairs: Pairing, times: Sequence[int], sides: Sequence[int], is_beside: bool,
) -> Samples:
    """What the two clocks showed of the packets of known direction. To a point beside the path everything goes forward.
    """
    flow, raw = index.points[other].flow, index.points[other].capture.columns["time"]
    wanted = {THERE} if is_beside else {THERE, BACK}
    known = [at for at, record in enumerate(pairs.other) if sides[flow[record]] in wanted]
    moments = [times[pairs.one[at]] for at in known]
    later = [raw[pairs.other[at]] for at in known]
    forward = bytes(sides[flow[pairs.other[at]]] == THERE for at in known)
    return Samples(moments, [after - before for before, after in zip(moments, later, strict=True)], forward)
