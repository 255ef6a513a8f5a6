"""The ladder: a few packets around the first loss, or the slowest one, with their time at every point. Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import NS, Flow
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._correlation import Trace, Way
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._sides import THERE

MOST = 40
_BEFORE = 8
_FLAGS = ((2, "SYN"), (1, "FIN"), (4, "RST"), (8, "PSH"), (16, "ACK"))
_ARP = {"1": "request", "2": "reply"}
_ICMP = {
    ("icmp", "8"): "echo request",
    ("icmp", "0"): "echo reply",
    ("icmp6", "128"): "echo request",
    ("icmp6", "129"): "echo reply",
    ("icmp6", "135"): "neighbour solicitation",
    ("icmp6", "136"): "neighbour advertisement",
}

Row = dict[str, t.Any]


def ladder(trace: Trace, begin: int) -> list[Row]:
    """Up to MOST packets in the order in which they were sent."""
    moments = [
        (_first(way, packet), number, packet) for number, way in enumerate(trace.ways) for packet in _candidates(way)
    ]
    moments.sort()
    at = _interesting(trace, moments)
    chosen = moments[max(0, at - _BEFORE):][:MOST]
    return [_row(trace, trace.ways[number], packet, begin) for _moment, number, packet in chosen]


def _candidates(way: Way) -> list[int]:
    """Packets that a point of the path saw; of very many only those around what is interesting."""
    if len(way.tracks) <= 20 * MOST:
        return [packet for packet in range(len(way.tracks)) if _places(way, packet)]
    centre = _centre(way)
    return [
        packet
        for packet in range(max(0, centre - 5 * MOST), min(len(way.tracks), centre + 15 * MOST))
        if _places(way, packet)
    ]


def _centre(way: Way) -> int:
    """The packet that was lost first, or took longest between two points."""
    if way.first_loss is not None:
        return way.first_loss.lost[0]
    return 0


def _places(way: Way, packet: int) -> list[int]:
    return [place for place in range(way.path_length) if way.tracks.where[place][packet] >= 0]


def _first(way: Way, packet: int) -> int:
    place = _places(way, packet)[0]
    return way.tracks.points[place].times[way.tracks.where[place][packet]]


def _interesting(trace: Trace, moments: list[tuple[int, int, int]]) -> int:
    """The position of the first lost packet, else of the slowest, in the list."""
    lost = [{packet for hop in way.hops for packet in hop.lost} for way in trace.ways]
    for at, (_moment, number, packet) in enumerate(moments):
        if packet in lost[number]:
            return at
    delays = [_duration(trace.ways[number], packet) for _moment, number, packet in moments]
    return delays.index(max(delays)) if delays else 0


def _duration(way: Way, packet: int) -> int:
    places = _places(way, packet)
    times = [way.tracks.points[place].times[way.tracks.where[place][packet]] for place in (places[0], places[-1])]
    return times[1] - times[0]


def _row(trace: Trace, way: Way, packet: int, begin: int) -> Row:
    """One packet: what it is, when each point of the path saw it, where it got lost, and who else saw it."""
    places = [place for place in range(len(way.order)) if way.tracks.where[place][packet] >= 0]
    seen = {
        trace.captures[way.order[place]].point: (
            way.tracks.points[place].times[way.tracks.where[place][packet]] - begin
        )
        / NS
        for place in places
    }
    lost = next((hop for hop in way.hops if packet in hop.lost), None)
    point = way.tracks.points[places[0]]
    record = way.tracks.where[places[0]][packet]
    return {
        "direction": "there" if way.side == THERE else "back",
        "what": described(
            trace.index.flows[point.flow[record]],
            {name: column[record] for name, column in point.capture.columns.items()},
            way.tracks.spans.get(packet),
        ),
        "seen": seen,
        "lost_after": None if lost is None else trace.captures[way.order[lost.start]].point,
    }


def described(flow: Flow, numbers: dict[str, int], span: tuple[int, int] | None) -> str:
    """A packet in a few words."""
    if flow.protocol == "arp":
        return f"ARP {_ARP.get(flow.source_port, flow.source_port)} {flow.source} > {flow.destination}"
    if flow.protocol in ("icmp", "icmp6"):
        kind = (flow.protocol, flow.source_port)
        return _ICMP.get(kind, f"{flow.protocol} {flow.source_port}/{flow.destination_port}")
    if flow.protocol != "tcp":
        return f"{flow.protocol} {flow.source_port} > {flow.destination_port}, {numbers['payload']} octets"
    flags = " ".join(name for bit, name in _FLAGS if numbers["flags"] & bit)
    sequence, length = span or (numbers["sequence"], numbers["payload"])
    return f"{flow.source_port} > {flow.destination_port} {flags} seq {sequence}" + (
        f", {length} octets" if length else ""
    )
