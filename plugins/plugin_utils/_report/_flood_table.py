"""A report on floods on a terminal: one block per flood, then what was not seen, then one line that sums it up."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.netops.layer2.plugins.module_utils._capture._rates import bit_rate
from ansible_collections.netops.layer2.plugins.plugin_utils._report._flood_model import Flood, FloodReport, PastFlood, Receiver
from ansible_collections.netops.layer2.plugins.plugin_utils._report._table import (
    EVIDENCE_MOST,
    blocks,
    command,
    compared_lines,
    coverage_lines,
    first_lines,
    labelled,
    missing,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._report._text import counted, cut, padded, visible, width

RECEIVERS_MOST = 12


def render(report: FloodReport) -> str:
    """Return the whole table, lines of about 100 columns, ending in a newline."""
    lines = [*blocks(report.listed, _block, one_line), *coverage_lines(report), *compared_lines(report.comparison, past_line), summary_line(report)]
    return "\n".join(lines) + "\n"


def _block(flood: Flood) -> Iterator[str]:
    yield _headline(flood)
    yield from labelled("", [flood.reason], 4)
    yield from _receiver_table(flood.receivers)
    yield from labelled("from", [flood.source.label], 2)
    yield from labelled("to", [flood.destination.label], 2)
    yield from labelled("request", [flood.request or "not observed"], 2)
    yield from labelled("reply", [flood.reply or "not observed"], 2)
    yield from labelled("timers", [flood.ageing], 2)
    yield from labelled("besides", list(flood.also), 3)
    more = len(flood.evidence) - EVIDENCE_MOST
    yield from labelled("evidence", [*flood.evidence[:EVIDENCE_MOST], *([f"and {more} more in the report files"] if more > 0 else [])], 2)
    yield from command("fix", flood.fix)


def _headline(flood: Flood) -> str:
    size = f"{bit_rate(flood.bits_per_second)} ({flood.packets_per_second:.0f} frames/s) at {counted(len(flood.receivers), 'interface')}"
    what = size if flood.status == "flooding" else "waits to happen"
    return f"{flood.status.upper()}  {cut(flood.cause, 30)}  {what}  [{', '.join(mark for mark in (cut(flood.confidence, 12), change(flood)) if mark)}]"


def change(flood: Flood) -> str:
    """Return the change since the earlier report, in words."""
    if flood.change == "still" and flood.status_before != flood.status:
        return f"was {cut(flood.status_before, 12)}"
    before = f", {bit_rate(flood.bits_before)} before" if flood.bits_before else ""
    return {"new": "new", "still": f"still there{before}"}.get(flood.change, "")


def past_line(past: PastFlood) -> str:
    """Return a flood of the earlier report in one line."""
    size = f" ({bit_rate(past.bits_per_second)})" if past.bits_per_second else ""
    return f"{cut(past.status, 12)} {cut(past.cause, 30)}{size}: {cut(past.source, 40)} -> {cut(past.destination, 40)}"


def _receiver_table(receivers: Sequence[Receiver]) -> Iterator[str]:
    rows = [["RECEIVER", "NIC", "RATE", "FRAMES/S"]]
    rows += [[cut(each.host, 28), cut(each.interface, 18), bit_rate(each.bits_per_second), f"{each.packets_per_second:.0f}"]
             for each in receivers[:RECEIVERS_MOST]]
    widths = [max(width(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows if receivers else ():
        yield "    " + "  ".join(map(padded, row, widths)).rstrip()
    if len(receivers) > RECEIVERS_MOST:
        yield f"    and {counted(len(receivers) - RECEIVERS_MOST, 'more receiver')} in the report"


def one_line(flood: Flood) -> str:
    """Return a flood in one line: cause, size, who floods whom."""
    size = bit_rate(flood.bits_per_second) if flood.status == "flooding" else "not now"
    return f"{flood.status} {cut(flood.cause, 30)} ({size}): {cut(flood.source.name, 40)} -> {cut(flood.destination.name, 40)}"


def summary_line(report: FloodReport) -> str:
    """Return the one line that sums it up: what was found, and among how much."""
    numbers = report.summary
    total = numbers["hosts_judged"] + numbers["hosts_missing"]
    if not numbers["hosts_judged"]:
        return f"NO VERDICT: none of {counted(total, 'host')} could be judged{_blind(report)}."
    size = f", {bit_rate(report.highest)} at most, {counted(numbers['receivers'], 'receiver')}" if numbers["flooding"] else ""
    excepted = f", {numbers['excepted']} excepted" if numbers["excepted"] else ""
    seen = f"{numbers['hosts_judged']} of {counted(total, 'host')} judged, {numbers['hosts_sampled']} listened"
    return f"{counted(numbers['flooding'], 'flood')}{size}, {numbers['latent']} latent{excepted}. {seen}{_blind(report)}."


def _blind(report: FloodReport) -> str:
    numbers = report.summary
    parts = [
        (numbers["hosts_missing"], f"{counted(numbers['hosts_missing'], 'host')} MISSING"),
        (max(0, numbers["hosts_judged"] - numbers["hosts_sampled"]), f"{numbers['hosts_judged'] - numbers['hosts_sampled']} NOT listened"),
        (numbers["interfaces_cannot_tell"], f"{counted(numbers['interfaces_cannot_tell'], 'interface')} CANNOT TELL"),
        (numbers["gaps"], counted(numbers["gaps"], "gap")),
        (numbers["quarantined"], f"{counted(numbers['quarantined'], 'bad value')} quarantined"),
        (len(report.not_asked), f"{len(report.not_asked)} not asked"),
    ]
    return missing(parts)


def failure_lines(report: FloodReport, fail_on: Sequence[str]) -> list[str]:
    """Return a line for each flood whose status is in FAIL_ON; the first ones whole, the rest counted. Nobody judged fails, too."""
    if fail_on and not report.findings and not report.summary["hosts_judged"]:
        return [visible(summary_line(report))]
    return first_lines([flood for flood in report.findings if flood.status in fail_on], one_line)
