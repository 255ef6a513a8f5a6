"""The report as CSV: one row per finding and owner, and one for whatever was not judged."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from ansible_collections.netops.layer2.plugins.plugin_utils._report._kinds import Kind
from ansible_collections.netops.layer2.plugins.plugin_utils._report._machines import Machine
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import Finding, Owner, Remark, Report, stamp
from ansible_collections.netops.layer2.plugins.plugin_utils._report._text import visible

# "subject" stands for what the findings are about: mac or address.
COLUMNS = (
    "record", "status", "subject", "segment", "host", "guest", "interface", "state", "addresses", "kind", "uuid", "bridge",
    "owner_segment", "reason", "confidence", "rule", "cause", "evidence", "seen_with", "fix", "exception", "expires",
    "change", "id", "created",
)
# What spreadsheets take for the start of a formula (OWASP "CSV Injection"), the full-width forms included.
_PASSED_OVER = " \u00a0\"'"  # what spreadsheets skip before a formula
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
SEPARATOR = " | "


def render(report: Report) -> str:
    """Return the rows under their header, every cell quoted, lines ending in CR LF (RFC 4180)."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _columns(report.kind), restval="", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writeheader()
    created = stamp(report.created)
    for row in _rows(report):
        writer.writerow({key: cell(value) for key, value in {**row, "created": created}.items()})
    return text.getvalue()


def cell(text: str) -> str:
    """Return TEXT with control characters shown, and an apostrophe before every part that a spreadsheet would calculate.

    Where a spreadsheet takes the semicolon for the separator, as in half of Europe, each part after one is a cell of its own.
    """
    return ";".join("'" + visible(part) if part.lstrip(_PASSED_OVER).startswith(_FORMULA) else visible(part) for part in text.split(";"))


def _rows(report: Report) -> Iterator[dict[str, str]]:
    for finding in report.findings:
        for owner in finding.owners or (None,):
            yield {**_finding(finding, report.kind), **(_owner(owner) if owner else {})}
    for record, remarks in (
        ("missing", report.missing), ("gap", report.gaps), ("quarantined", report.quarantined), ("note", report.notes),
    ):
        yield from (_remark(record, remark) for remark in remarks)
    for machine in report.machines or ():
        yield _machine(machine, report.kind)
    for aged in report.cached:
        yield {"record": "cached", "host": aged.host, "reason": f"snapshot {aged.age} s old; {aged.reason}"}
    for host in report.not_asked:
        yield {"record": "not_asked", "host": host}


def _columns(kind: Kind) -> list[str]:
    """Return the columns; who has an IP address has it at a MAC."""
    names = [kind.subject if name == "subject" else name for name in COLUMNS]
    return names if kind.subject == "mac" else [*names, "mac", "macs"]


def _finding(finding: Finding, kind: Kind) -> dict[str, str]:
    return {
        **({} if kind.subject == "mac" else {"macs": SEPARATOR.join(finding.macs)}),
        "record": "finding", "status": finding.status, kind.subject: finding.subject, "segment": finding.segment,
        "reason": finding.reason, "confidence": finding.confidence, "rule": finding.rule, "cause": finding.cause,
        "evidence": SEPARATOR.join(finding.evidence), "seen_with": SEPARATOR.join(finding.seen_with), "fix": finding.fix,
        "exception": finding.exception_reason, "expires": finding.exception_expires, "change": finding.change,
        "id": finding.id,
    }


def _owner(owner: Owner) -> dict[str, str]:
    return {
        "host": owner.host, "guest": owner.guest, "interface": owner.interface, "state": owner.state,
        "addresses": SEPARATOR.join(owner.addresses), "kind": owner.kind, "uuid": owner.uuid, "bridge": owner.bridge,
        "owner_segment": owner.segment, **({"mac": owner.mac} if owner.mac else {}),
    }


def _machine(machine: Machine, kind: Kind) -> dict[str, str]:
    """One row a machine that nobody claims; the vendor stands under ``kind``."""
    subject = {"mac": machine.mac} if kind.subject == "mac" else {"macs": machine.mac}
    return {
        **subject, "record": "unknown_machine", "segment": machine.segment, "addresses": SEPARATOR.join(machine.addresses),
        "kind": machine.maker, "evidence": SEPARATOR.join(machine.seen_by), "reason": SEPARATOR.join(machine.remarks),
    }


def _remark(record: str, remark: Remark) -> dict[str, str]:
    return {"record": record, "host": remark.host, "rule": remark.what, "reason": remark.reason, "fix": remark.way_out}
