"""TCP data cut and joined on the way (TSO, GRO): which octets of what was sent arrived in which packet. Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass

_HALF, _ALL = 1 << 31, 1 << 32
# Of an honest conversation each segment overlaps some 50 others at most (one of 64 KiB cut into frames). Beyond so many
# in the mean somebody makes work.
_MOST_OVERLAPS, _FREE_OVERLAPS = 200, 1_000_000


@dataclass(frozen=True, slots=True)
class Span:
    """Octets of one flow: TCP sequence number of the first, how many, when they were seen (ns), and the number of what
    carried them.
    """

    sequence: int
    length: int
    time: int
    number: int


@dataclass(frozen=True, slots=True)
class _Placed:
    """A span by its distance from the flow's first octet, which does not wrap."""

    begin: int
    end: int
    span: Span


class Tangled(ValueError):
    """What was sent and what arrived overlap so often that telling them apart would take for ever."""


def spread(sent: list[Span], arrived: list[Span], slack: int) -> dict[int, list[tuple[int, int, int]]]:
    """Sent number -> its parts in order, each (sequence, length, number of what it arrived in, or -1).

    Only what arrived at least in part is in the answer. An octet sent twice belongs to the latest that was sent before
    it arrived. Raises Tangled.
    """
    offers, found = _unwrapped(sent, arrived)
    offers.sort(key=lambda placed: placed.begin)
    begins = [offer.begin for offer in offers]
    longest = max(offer.end - offer.begin for offer in offers)
    ranges = [(bisect_left(begins, record.begin - longest), bisect_left(begins, record.end)) for record in found]
    if sum(last - first for first, last in ranges) > _FREE_OVERLAPS + _MOST_OVERLAPS * (len(offers) + len(found)):
        raise Tangled
    taken: dict[int, list[tuple[int, int, int]]] = {}
    for record, (first, last) in zip(found, ranges, strict=True):
        near = offers[first:last]
        likely = [offer for offer in near if offer.end > record.begin and offer.span.time <= record.span.time + slack]
        likely.sort(key=lambda offer: -offer.span.time)
        _take(record, likely, taken)
    lengths = {offer.span.number: offer for offer in offers}
    return {number: _parts(lengths[number], pieces) for number, pieces in taken.items()}


def _unwrapped(sent: list[Span], arrived: list[Span]) -> tuple[list[_Placed], list[_Placed]]:
    """Both by their distance from the first octet of the flow: sequence numbers start anew after 4 GiB."""
    offers: list[_Placed] = []
    found: list[_Placed] = []
    every = sorted(
        [(span.time, 0, span) for span in sent] + [(span.time, 1, span) for span in arrived], key=lambda item: item[:2]
    )
    before, at = every[0][2].sequence, 0
    for _time, kind, span in every:
        at += (span.sequence - before + _HALF) % _ALL - _HALF
        before = span.sequence
        (found if kind else offers).append(_Placed(at, at + span.length, span))
    return offers, found


def _take(record: _Placed, likely: Iterable[_Placed], taken: dict[int, list[tuple[int, int, int]]]) -> None:
    """Give each octet of a record to the first of the likely ones that has it and that nobody gave it to yet; TAKEN
    stays sorted.
    """
    open_ranges = [(record.begin, record.end)]
    for offer in likely:
        pieces = taken.get(offer.span.number, [])
        left: list[tuple[int, int]] = []
        for begin, end in open_ranges:
            low, high = max(begin, offer.begin), min(end, offer.end)
            if low >= high or _overlap(pieces, low, high):
                left.append((begin, end))
                continue
            insort(taken.setdefault(offer.span.number, []), (low, high, record.span.number))
            left += [(one, other) for one, other in ((begin, low), (high, end)) if one < other]
        open_ranges = left
        if not open_ranges:
            return


def _overlap(pieces: list[tuple[int, int, int]], low: int, high: int) -> bool:
    """Whether any of the sorted PIECES, which do not overlap each other, has an octet from LOW up to HIGH."""
    at = bisect_left(pieces, (high,)) - 1
    return at >= 0 and pieces[at][1] > low


def _parts(offer: _Placed, pieces: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """What a packet consists of, its lost octets (-1) included."""
    parts, at = [], offer.begin
    for begin, end, number in [*pieces, (offer.end, offer.end, -1)]:
        if at < begin:
            parts.append((at, begin, -1))
        if begin < end:
            parts.append((begin, end, number))
        at = end
    first = offer.span.sequence
    return [((first + begin - offer.begin) % _ALL, end - begin, number) for begin, end, number in parts]
