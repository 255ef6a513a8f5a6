"""The proof: what became of each MAC of a plan, from the steps and the report of a fleet that was read again."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from ansible_collections.netops.layer2.plugins.plugin_utils._common._lenient import objects_in
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import cut, named
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan import check_plan
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan_steps import DONE, HELD, WAITS
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._renumbering import Row
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import Finding, Report

CURED, WAITING, STANDS, UNKNOWN = "cured", "waits", "stands", "unknown"
_HARMLESS = ("shared", "excepted")


def outcome(plan: object, steps: Sequence[Row], report: Report, unreachable: Collection[str] = ()) -> Row:
    """What became of PLAN: ``macs`` (one row each), ``new`` findings, ``failures`` (why the cure is not whole),
    ``text``.

    STEPS are those of the fleet that REPORT judged, after the changes. New findings are known if REPORT was compared
    with an earlier one; those count that are conflicts, or name an address of the plan. UNREACHABLE hosts were not read
    again, whatever older snapshot REPORT judged them by.
    """
    checked = check_plan(plan)
    changes, read = checked["changes"], set(report.judged) - set(unreachable)
    rows = [_row(mac, [(change, [step for step in steps if step["change"] == place])
                       for place, change in enumerate(changes) if change["mac"] == mac], report, read)
            for mac in dict.fromkeys(change["mac"] for change in changes)]
    fresh = _new(changes, report)
    failures = list(_failures(rows, fresh, objects_in(checked.get("refused"))))
    if unreachable and not changes:
        failures.append(f"nobody knows whether {named(sorted(unreachable), 4)} need a cure: they could not be read")
    return {
        "macs": rows,
        "new": [one.id for one in fresh],
        "failures": failures,
        "text": "\n".join(_lines(rows, fresh)),
    }


def _failures(rows: Iterable[Row], fresh: Iterable[Finding], refused: Iterable[Row]) -> Iterator[str]:
    """Why the cure is not whole: MACs that are not cured, FRESH findings, and what was REFUSED in the plan."""
    for row in rows:
        if row["outcome"] != CURED:
            yield f"{row['mac']}: {row['says']}"
    for one in fresh:
        yield f"new since the change: {one.status} {one.subject} ({_owners(one)})"
    for entry in refused:
        yield f"{entry.get('mac')}: not planned: {entry.get('reason')}"


def _row(mac: str, parts: list[tuple[Row, list[Row]]], report: Report, read: Collection[str]) -> Row:
    finding = next((one for one in report.findings if one.subject == mac and one.status not in _HARMLESS), None)
    unread = _unread([change for change, _steps in parts], read)
    row = {
        "mac": mac,
        "status": finding.status if finding else None,
        "new_macs": [change.get("new_mac") for change, _steps in parts],
    }
    if unread:
        return {**row, "outcome": UNKNOWN, "says": f"nobody knows: {named(unread, 4)} could not be read"}
    if finding is None:
        now = named([_has_now(change) for change, _steps in parts], 4)
        return {**row, "outcome": CURED, "says": f"no finding any more; {now}"}
    return {**row, **_standing(finding, [step for _change, mine in parts for step in mine])}


def _has_now(change: Row) -> str:
    return f"{change.get('owner')} has {change.get('new_mac') or 'a machine-id of its own'}"


def _unread(changes: Sequence[Row], read: Collection[str]) -> list[str]:
    """Hosts that were not looked at: that nobody contests a MAC counts only if the one who keeps it was, too."""
    return sorted({host for change in changes for host in (change["host"], change.get("kept_on")) if host} - set(read))


def _standing(finding: Finding, steps: Sequence[Row]) -> Row:
    """The outcome of a MAC that is found still, and why: STEPS that wait, or were not taken."""
    waiting = _waiting(steps)
    if waiting:
        return {"outcome": WAITING, "says": f"still a {finding.status}: {waiting[0]['owner']}: {waiting[0]['says']}"}
    if finding.status == "suspected":
        return {"outcome": STANDS, "says": f"suspected still: {finding.reason}"}
    undone = [step for step in steps if step["state"] != DONE and step["kind"] != "interface"]
    why = _undone(undone[0]) if undone else f"shared by {_owners(finding)}"
    return {"outcome": STANDS, "says": f"still a {finding.status}: {why}"}


def _undone(step: Row) -> str:
    """Why STEP, which was to be taken, is no part of the cure."""
    if step.get("is_defined"):
        return f"{step['owner']} has it in its definition only, and runs on without: power it off and on"
    return f"{step['owner']} was not changed"


def _waiting(steps: Sequence[Row]) -> list[Row]:
    """Those of STEPS that wait for a power cycle or for consent; if none does, interfaces that have the old MAC yet."""
    waiting = [step for step in steps if step["state"] in (WAITS, HELD)]
    return waiting or [step for step in steps if step["kind"] == "interface" and not step["is_live"]]


def _owners(finding: Finding) -> str:
    return named([cut(owner.label, 40) for owner in finding.owners], 4) or "unknown owners"


def _new(changes: Sequence[Row], report: Report) -> list[Finding]:
    fresh = set(report.comparison.new) if report.comparison else set()
    ours = {mac for change in changes for mac in (change["mac"], change.get("new_mac")) if mac}
    # What stands of the plan's own addresses has its row already, whatever its owners are now.
    old = {change["mac"] for change in changes}
    return [
        one
        for one in report.listed
        if one.id in fresh and one.subject not in old and (one.status == "conflict" or one.subject in ours)
    ]


def _lines(rows: Sequence[Row], fresh: Sequence[Finding]) -> Iterator[str]:
    for row in rows:
        yield f"{row['outcome'].upper():8} {row['mac']}  {cut(row['says'], 240)}"
    for one in fresh:
        yield f"NEW      {cut(one.subject, 30)}  {one.status}: {_owners(one)}"
