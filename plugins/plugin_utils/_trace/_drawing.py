"""The drawings of a trace as numbers: the ladder of packets between points, and loss and delay of a hop over time.
Pure.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import cut
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._words import duration, percent

NS = 1_000_000_000
Document = Mapping[str, t.Any]
# Pixels.
LEFT, WORDS, ROW, TOP, SLOPE = 84, 330, 26, 46, 9
_ROOM, _WIDEST, _NARROWEST = 1180, 190, 130     # of the page; between two points
CHART_WIDTH, CHART_HEIGHT, AXIS = 560, 110, 64
_LETTERS = 24
_PAUSE = 0.2    # seconds between two packets that a line of its own shows


@dataclass(frozen=True, slots=True)
class Leg:
    """A packet between two points: seen at both, lost behind the first, or strayed to a point beside the path."""

    x1: float
    y1: float
    x2: float
    y2: float
    look: str
    label: str


@dataclass(frozen=True, slots=True)
class Step:
    """One packet of the ladder, or a pause before it."""

    y: int
    time: str
    what: str
    legs: tuple[Leg, ...]
    cross: tuple[float, float] | None
    pause: str
    title: str


@dataclass(frozen=True, slots=True)
class Ladder:
    """The whole drawing: a line a point, a row a packet."""

    column: int     # from point to point
    width: int
    height: int
    points: tuple[tuple[int, str, bool], ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """One hop over time: share lost as bars from above, delays as a line (median) and dots (longest) from below."""

    title: str
    summary: str
    bars: tuple[tuple[float, float, float, str], ...]   # x, width, height, title
    dots: tuple[tuple[float, float], ...]
    line: str
    top: str
    begin: str
    end: str


def ladder(trace: Document) -> Ladder:
    """The ladder's geometry."""
    names = [point["point"] for point in trace["points"]]
    beside = {point["point"] for point in trace["points"] if point["beside"]}
    column = max(_NARROWEST, min(_WIDEST, (_ROOM - LEFT - WORDS) // max(1, len(names))))
    places = {name: LEFT + column // 2 + column * at for at, name in enumerate(names)}
    steps: list[Step] = []
    y, before = TOP, None
    for row in trace["ladder"]:
        moment = min(row["seen"].values())
        gap = "" if before is None or moment - before < _PAUSE else f"{duration((moment - before) * NS)} later"
        y += ROW * (2 if gap else 1)
        steps.append(_step(row, y, gap, places, beside, column))
        before = moment
    heads = tuple(
        (places[point["point"]], cut(str(point["label"]), _LETTERS), bool(point["beside"])) for point in trace["points"]
    )
    return Ladder(column, LEFT + column * max(1, len(names)), y + ROW + SLOPE, heads, tuple(steps))


def _step(row: Document, y: int, gap: str, places: dict[str, int], beside: set[str], column: int) -> Step:
    order = _passed(row, places, beside)
    legs = [
        _leg(places[one], y, places[other], column, "seen", duration((row["seen"][other] - row["seen"][one]) * NS))
        for one, other in pairwise(order)
    ]
    last = places[order[-1]] if order else LEFT
    legs += [_leg(last, y, places[name], column, "astray", "") for name in row["seen"] if name in beside]
    cross = None
    if row["lost_after"] is not None:
        at = places[row["lost_after"]]
        side = 1 if row["direction"] == "there" else -1
        legs.append(_leg(at, y, at + side * column * 0.45, column, "lost", ""))
        cross = (at + side * column * 0.45, y + SLOPE * 0.45)
    lost = f", lost behind {row['lost_after']}" if row["lost_after"] else ""
    return Step(
        y,
        f"{min(row['seen'].values()):.4f} s",
        cut(str(row["what"]), 60),
        tuple(legs),
        cross,
        gap,
        f"{row['what']}{lost}",
    )


def _passed(row: Document, places: dict[str, int], beside: set[str]) -> list[str]:
    """The points of the path that saw a packet, in the order in which it goes."""
    seen = row["seen"].keys() - beside
    return [name for name in (places if row["direction"] == "there" else reversed(places)) if name in seen]


def _leg(x1: float, y: float, x2: float, column: int, look: str, label: str) -> Leg:
    return Leg(x1, y, x2, y + SLOPE * min(1.0, abs(x2 - x1) / column), look, label)


def charts(trace: Document) -> list[Chart]:
    """One chart a hop and direction that packets went through, all with one axis of time."""
    labels = {point["point"]: str(point["label"]) for point in trace["points"]}
    hops = [hop for way in trace["ways"] for hop in way["hops"] if hop["series"]["rows"]]
    begin = min((hop["series"]["begin"] for hop in hops), default=0.0)
    end = max(
        (hop["series"]["begin"] + hop["series"]["step"] * len(hop["series"]["rows"]) for hop in hops), default=0.0
    )
    return [_chart(hop, labels, begin, end) for hop in hops]


def _chart(hop: Document, labels: Mapping[str, str], begin: float, end: float) -> Chart:
    rows, step = hop["series"]["rows"], hop["series"]["step"]
    span = max(end - begin, step)  # a nanosecond is nothing beside a time that lies far from zero
    wide = CHART_WIDTH * step / span
    left = AXIS + CHART_WIDTH * (hop["series"]["begin"] - begin) / span
    top = max((row[3] for row in rows if row[3] is not None), default=0.0)
    bars = tuple(
        (
            left + at * wide,
            wide,
            CHART_HEIGHT * lost / sent,
            f"{lost} of {sent} lost at {hop['series']['begin'] + at * step:.1f} s",
        )
        for at, (sent, lost, _middle, _slowest) in enumerate(rows)
        if lost
    )
    dots = tuple((left + (at + 0.5) * wide, _height(row[3], top)) for at, row in enumerate(rows) if row[3] is not None)
    line = " ".join(
        f"{left + (at + 0.5) * wide:.1f},{_height(row[2], top):.1f}"
        for at, row in enumerate(rows)
        if row[2] is not None
    )
    lost = f"{hop['lost']} of {hop['sent']} lost ({percent(hop['lost'], hop['sent'])})"
    delay = (
        f", half within {duration(hop['delay']['p50'] * NS)}, slowest {duration(hop['delay']['maximum'] * NS)}"
        if hop["delay"]
        else ""
    )
    return Chart(
        f"{labels[hop['from']]} \u2192 {labels[hop['to']]}",
        lost + delay,
        bars,
        dots,
        line,
        duration(top * NS),
        f"{begin:.3g} s",
        f"{end:.3g} s",
    )


def _height(delay: float, top: float) -> float:
    return CHART_HEIGHT - CHART_HEIGHT * max(delay, 0.0) / top if top > 0 else float(CHART_HEIGHT)
