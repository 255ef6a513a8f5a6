"""Pictures of one flood: its rate at each receiver over the sampling time, and the ways of request and reply."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.module_utils._capture._rates import bit_rate
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import counted, cut, named
from ansible_collections.netops.layer2.plugins.plugin_utils._report._flood_model import Flood, Receiver

LINES_MOST = 8          # receivers that get a line of their own; dashes tell them apart without colour
# Pixels of the plot, and its margins.
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 220, 96, 20, 10, 28
BOX_WIDTH, BOX_HEIGHT = 168, 56
_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)  # steps that people read at a glance, times a power of ten
_STEPS_MOST = 5
_DASHES = ("", "8 3", "2 3", "10 3 2 3", "4 4", "1 4", "12 4", "6 2 2 2")


@dataclass(frozen=True, slots=True)
class Curve:
    """The rate at one receiver: points as an SVG polyline has them, and how the line is drawn."""

    label: str
    points: str
    dash: str
    look: int


@dataclass(frozen=True, slots=True)
class Plot:
    """Rates over time. TICKS: (position, text) on each axis."""

    width: int
    height: int
    curves: tuple[Curve, ...]
    rate_ticks: tuple[tuple[float, str], ...]
    time_ticks: tuple[tuple[float, str], ...]
    title: str
    more: str


@dataclass(frozen=True, slots=True)
class Station:
    """A box of the path."""

    x: int
    y: int
    lines: tuple[str, str, str]
    look: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way from one box to another; LOOK is request, reply or flood."""

    x1: int
    y1: int
    x2: int
    y2: int
    look: str
    label: str


@dataclass(frozen=True, slots=True)
class Path:
    """The ways of request and reply."""

    width: int
    height: int
    stations: tuple[Station, ...]
    arrows: tuple[Arrow, ...]
    title: str


def plot(flood: Flood) -> Plot | None:
    """Return the plot of a flood, None where nothing was sampled."""
    shown = [receiver for receiver in flood.receivers if len(receiver.series) > 1 and receiver.interval > 0][
        :LINES_MOST
    ]
    if not shown:
        return None
    highest = max(max(receiver.rates, default=0.0) for receiver in shown)
    step = round_step(highest)
    top = step * max(1, math.ceil(highest / step))
    seconds = max(len(receiver.series) * receiver.interval for receiver in shown)
    hidden = len(flood.receivers) - len(shown)
    return Plot(
        WIDTH,
        HEIGHT,
        tuple(_curve(number, receiver, top, seconds) for number, receiver in enumerate(shown)),
        tuple((_y(part * step, top), bit_rate(part * step)) for part in range(round(top / step) + 1)),
        tuple((_x(part * seconds / 5, seconds), f"{part * seconds / 5:g} s") for part in range(6)),
        f"Rate of the flood at {named([cut(receiver.host, 30) for receiver in shown], LINES_MOST)}, up to"
        f" {bit_rate(highest)}",
        f"and {counted(hidden, 'more receiver')}, listed below" if hidden > 0 else "",
    )


def round_step(highest: float) -> float:
    """The step of an axis that reaches HIGHEST in few round steps."""
    least = max(highest, 1.0) / _STEPS_MOST
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in (*_ROUND, 20.0) if step * power >= least)


def _x(seconds: float, total: float) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * seconds / total, 1)


def _y(bits: float, top: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * bits / top, 1)


def _curve(number: int, receiver: Receiver, top: float, seconds: float) -> Curve:
    points = [
        (_x((place + 0.5) * receiver.interval, seconds), _y(bits, top)) for place, bits in enumerate(receiver.rates)
    ]
    return Curve(cut(f"{receiver.host} {receiver.interface}: {bit_rate(receiver.bits_per_second)}", 60),
                 " ".join(f"{x},{y}" for x, y in points), _DASHES[number % len(_DASHES)], number)


def path(flood: Flood) -> Path:
    """Return the ways: the client on the left, the gateway and a director above, the server on the right, who drowns
    below.
    """
    client = _station(10, 92, "client", flood.destination.ip or flood.destination.mac, flood.destination.mac, "client")
    server = _station(462, 92, flood.source.host or "sender", flood.source.ip, flood.source.mac, "server")
    stations, arrows = [client, server], []
    stops = _stops(flood)
    stations += stops
    for one, other in zip([client, *stops], [*stops, server], strict=True):
        arrows.append(_arrow(one, other, "request", ""))
    answer = "reply, " + (flood.reply or "way not observed")
    arrows.append(Arrow(server.x, server.y + 34, client.x + BOX_WIDTH, client.y + 34, "reply", cut(answer, 40)))
    if flood.receivers:
        hosts = list(dict.fromkeys(receiver.host for receiver in flood.receivers))
        drowned = _station(
            236,
            190,
            f"flooded: {counted(len(hosts), 'host')}",
            cut(named(hosts, 2), 22),
            bit_rate(flood.bits_per_second),
            "flooded",
        )
        stations.append(drowned)
        arrows.append(Arrow(320, client.y + 34, 320, drowned.y, "flood", ""))
    title = (
        f"The request of {flood.destination.name} goes {flood.request or 'an unknown way'}, the reply of"
        f" {flood.source.name} {flood.reply}"
    )
    return Path(640, 254 if flood.receivers else 160, tuple(stations), tuple(arrows), cut(title, 300))


def _stops(flood: Flood) -> list[Station]:
    """What requests pass: the gateway, then the director, as far as they are known."""
    found = [("gateway", flood.gateway)] if flood.gateway or not flood.director else []
    found += [("director", flood.director)] if flood.director else []
    places = [236] if len(found) == 1 else [118, 354]
    return [
        _station(x, 6, kind, name or "not observed", "", kind) for x, (kind, name) in zip(places, found, strict=False)
    ]


def _station(x: int, y: int, first: str, second: str, third: str, look: str) -> Station:
    return Station(x, y, (cut(first, 20), cut(second, 22), cut(third, 22)), look)


def _arrow(one: Station, other: Station, look: str, label: str) -> Arrow:
    """Return an arrow between boxes: from the right edge, or up and down at the nearer one."""
    if one.y == other.y:
        return Arrow(one.x + BOX_WIDTH, one.y + 20, other.x, other.y + 20, look, label)
    if one.y > other.y:
        return Arrow(one.x + BOX_WIDTH // 2, one.y, other.x, other.y + 28, look, label)
    return Arrow(one.x + BOX_WIDTH, one.y + 28, other.x + BOX_WIDTH // 2, other.y, look, label)
