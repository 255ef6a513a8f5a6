"""A trace on a terminal: the verdict, a line a hop, the MAC pairs, the clocks, and what limits all of it. Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import visible, width
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._words import duration, percent

NS = 1_000_000_000
Document = Mapping[str, t.Any]
_HEAD = ("from", "to", "sent", "seen", "lost", "missed", "doubled", "p50", "p99", "slowest")


def render(trace: Document) -> str:
    """The trace as text."""
    return "\n".join(_lines(trace)) + "\n"


def _lines(trace: Document) -> Iterator[str]:
    labels = {point["point"]: str(point["label"]) for point in trace["points"]}
    yield visible(trace["verdict"]["sentence"])
    for sentence in trace["verdict"]["evidence"]:
        yield f"  - {visible(sentence)}"
    for way in trace["ways"]:
        if way["packets"]:
            yield ""
            yield from _way(way, labels)
    yield ""
    yield from _points(trace)
    yield from _clocks(trace)
    for gap in trace["gaps"]:
        where = visible(str(gap.get("point") or gap.get("host") or "all points"))
        yield f"not seen: {where}: {visible(str(gap.get('reason', '')))}; {visible(str(gap.get('hint', '')))}"


def _way(way: Document, labels: Mapping[str, str]) -> Iterator[str]:
    to = ", ".join(map(str, way["destinations"])) or "the other end"
    again = f", {way['retransmitted']} sent again" if way["retransmitted"] else ""
    joined = f", {way['joined']} segments cut or joined on the way" if way["joined"] else ""
    yield visible(f"{way['direction']}: {way['packets']} packets for {to}{again}{joined}")
    yield from columns([_HEAD, *(_hop(hop, labels) for hop in way["hops"])])
    for hop in way["hops"]:
        for point, count in hop["astray"].items():
            yield visible(f"  {count} of the {hop['lost']} lost behind {labels[hop['from']]} arrive at {labels[point]}")
    for stray in way["beside"]:
        if stray["seen"]:
            yield visible(f"  {labels[stray['point']]}, beside the path, sees {stray['seen']} of {stray['of']}")
    for found in way["links"]:
        if found["pairs"]:
            yield visible(f"  MACs at {labels[found['point']]}: {', '.join(_pairs(found))}")


def _pairs(found: Document) -> Iterator[str]:
    """Yield the most used pairs of MACs at a point; further ones are counted."""
    yield from map(_pair, found["pairs"][:3])
    if len(found["pairs"]) > 3:
        yield f"and {len(found['pairs']) - 3 + found['more']} more"


def _hop(hop: Document, labels: Mapping[str, str]) -> tuple[str, ...]:
    delay = hop["delay"] or {}
    times = (duration(delay[name] * NS) if name in delay else "-" for name in ("p50", "p99", "maximum"))
    lost = f"{hop['lost']} ({percent(hop['lost'], hop['sent'])})" if hop["lost"] else "0"
    return (
        labels[hop["from"]],
        labels[hop["to"]],
        str(hop["sent"]),
        str(hop["seen"]),
        lost,
        str(hop["missed"]),
        str(hop["doubled"]),
        *times,
    )


def _pair(pair: Document) -> str:
    tags = "".join(f" {name} {pair[name]}" for name in ("vlan", "tunnel") if name in pair)
    return f"{pair.get('source', '-')} > {pair.get('destination', '-')}{tags} ({pair['packets']})"


def _points(trace: Document) -> Iterator[str]:
    rows = [("point", "host", "interface", "packets", "dropped", "ended by")]
    rows += [
        (
            str(point["label"]),
            str(point["host"]),
            str(point["interface"]),
            str(point["packets"]),
            str(point.get("dropped", "?")),
            str(point["ended"]),
        )
        for point in trace["points"]
    ]
    yield from columns(rows)


def _clocks(trace: Document) -> Iterator[str]:
    for clock in trace["clocks"]:
        if "offset" not in clock:
            continue
        sure = clock["uncertainty"]
        known = "which includes the fastest packet's delay" if sure is None else f"give or take {duration(sure * NS)}"
        yield visible(
            f"clock of {clock['host']}: {duration(abs(clock['offset']) * NS)}"
            f" {'ahead' if clock['offset'] > 0 else 'behind'}, {known}; skew {clock['skew_ppm']:.1f} ppm"
        )
        for step in clock["steps"]:
            yield visible(
                f"  it stepped by {'+' if step['by'] > 0 else '-'}{duration(abs(step['by']) * NS)} after"
                f" {step['at']:.1f} s"
            )


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows with aligned columns, the first one left, numbers right."""
    shown = [[visible(cell) for cell in row] for row in rows]
    widths = [max(width(row[at]) for row in shown) for at in range(len(rows[0]))]
    for row in shown:
        cells = enumerate(zip(row, widths, strict=True))
        yield (
            "  "
            + "  ".join(_cell(cell, wide, at < 3 and not cell[:1].isdigit()) for at, (cell, wide) in cells).rstrip()
        )


def _cell(cell: str, wide: int, left: bool) -> str:
    space = " " * (wide - width(cell))
    return cell + space if left else space + cell
