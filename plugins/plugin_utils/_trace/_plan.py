"""A plan of points laid over what was captured: which branch the packets really take, and which points lie beside it.
Pure.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.module_utils._capture._packet import OUTGOING
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import type_name
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import Capture, TraceError

Row = Mapping[str, t.Any]
Branch = tuple[t.Any, t.Any]    # (end, name)


@dataclass(frozen=True, slots=True)
class Rival:
    """Two machines that the snapshots give one MAC, the first being the one that the path leads to, and as whom each
    was seen to send with it.
    """

    mac: str
    one: str
    other: str
    one_sends: tuple[str, ...]
    other_sends: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """Captures in the order of the path, the names of those beside it, what people call the points, and what is
    missing.
    """

    captures: list[Capture]
    beside: list[str]
    labels: dict[str, str]
    gaps: list[dict[str, str]]
    rivals: list[Rival]


def applied(captures: Sequence[Capture], points: object, reasons: Mapping[str, t.Any]) -> Applied:
    """Sort CAPTURES as POINTS stand: rows with ``point`` and, if wanted, ``label`` and ``beside``, or what ``plan``
    gave them.

    Of several branches of one end, the path takes the one whose machine sends most packets with the end's address; the
    others lie beside it. REASONS: why hosts, or points, sent no capture. TraceError for a row that cannot be read.
    """
    rows = _rows(points)
    by_name = {capture.point: capture for capture in captures}
    names = {str(row["point"]) for row in rows}
    known = [row for row in rows if row["point"] in by_name]
    others, rivals = _others(known, by_name)
    ordered = [by_name[str(row["point"])] for row in known] + [
        capture for capture in captures if capture.point not in names
    ]
    gaps = [_missing(row, reasons) for row in rows if row["point"] not in by_name]
    labels = {str(row["point"]): str(row["label"]) for row in rows if row.get("label")}
    return Applied(ordered, _beside(known, others), labels, gaps, rivals)


def _beside(rows: Sequence[Row], others: Collection[Branch]) -> list[str]:
    """The points beside the path: those that somebody said to be there, and those of the OTHERS of several branches."""
    return [
        str(row["point"]) for row in rows if row.get("beside") is True or (row.get("end"), row.get("branch")) in others
    ]


def _rows(points: object) -> list[Row]:
    if not isinstance(points, (list, tuple)):
        raise TraceError(f"points: {type_name(points)} is no list; give what plan_trace returned")
    return [_row(row, number) for number, row in enumerate(points)]


def _row(row: object, number: int) -> Row:
    if not isinstance(row, Mapping) or not isinstance(row.get("point"), str):
        raise TraceError(f"points[{number}]: no mapping with the name of a point; give what plan_trace returned")
    return row


def _missing(row: Row, reasons: Mapping[str, t.Any]) -> dict[str, str]:
    reason = (
        reasons.get(str(row["point"])) or reasons.get(str(row.get("host"))) or "its host was not reached, or not asked"
    )
    hint = "trace again when that is put right; the hops beside it are judged as one"
    return {
        "point": str(row["point"]),
        "subset": "captures",
        "reason": f"no capture came back: {str(reason).strip()}",
        "hint": hint,
    }


def _others(rows: Sequence[Row], captures: Mapping[str, Capture]) -> tuple[set[Branch], list[Rival]]:
    """The branches that the path does not take, and whose they are."""
    sent: dict[Branch, int] = {}
    for row in rows:
        if row.get("branch"):
            branch = (row.get("end"), row["branch"])
            sent[branch] = max(sent.get(branch, 0), _sent(captures[str(row["point"])], row))
    chosen: dict[t.Any, Branch] = {}
    for branch, count in sent.items():
        held = chosen.setdefault(branch[0], branch)
        if count > sent[held]:
            chosen[branch[0]] = branch
    others = sent.keys() - set(chosen.values())
    macs = {(row.get("end"), row.get("branch")): str(row.get("mac") or "") for row in rows}
    rivals = [(macs[branch], chosen[branch[0]], branch) for branch in sorted(others, key=str) if macs[branch]]
    return others, [
        Rival(
            mac,
            str(one[1]),
            str(other[1]),
            _addresses(rows, captures, one, mac),
            _addresses(rows, captures, other, mac),
        )
        for mac, one, other in rivals
    ]


def _came_from(capture: Capture, mac: str) -> set[str]:
    """The addresses that packets which came in from MAC were sent as."""
    links = {number for number, link in enumerate(capture.links) if link.source == mac}
    every = set(zip(*(capture.columns[name] for name in ("flow", "link", "marks")), strict=True))
    return {capture.flows[flow].source for flow, link, marks in every if link in links and not marks & OUTGOING}


def _addresses(rows: Sequence[Row], captures: Mapping[str, Capture], branch: Branch, mac: str) -> tuple[str, ...]:
    """The addresses, other than link-local ones, that the machine of a branch sends as: what comes out of it with its
    MAC.
    """
    found: set[str] = set()
    for row in rows:
        if (row.get("end"), row.get("branch")) == branch and row.get("sends") == "in":
            found |= _came_from(captures[str(row["point"])], mac)
    return tuple(
        sorted(
            address for address in found if address not in ("-", "0.0.0.0", "::") and not address.startswith("fe80:")
        )
    )


def _sent(capture: Capture, row: Row) -> int:
    """How many packets from the end's address leave its machine at this point: come in at a tap, go out at an uplink or
    a host's own NIC.
    """
    leaving = OUTGOING if row.get("sends") == "out" else 0
    flows = {number for number, flow in enumerate(capture.flows) if flow.source == row.get("address")}
    pairs = zip(capture.columns["flow"], capture.columns["marks"], strict=True)
    return sum(1 for flow, marks in pairs if flow in flows and marks & OUTGOING == leaving)
