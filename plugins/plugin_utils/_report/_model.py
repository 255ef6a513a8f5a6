"""The report document (a verdict and its circumstances), and the typed view of it that every format draws from."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import (
    Fields,
    ReportError,
    check_schema,
    counts,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._common._times import stamp, unstamp
from ansible_collections.netops.layer2.plugins.plugin_utils._report._kinds import USERS, Kind, kind_of
from ansible_collections.netops.layer2.plugins.plugin_utils._report._machines import Machine, parse_machines
from ansible_collections.netops.layer2.plugins.plugin_utils._report._neutral import Aged, Comparison, Remark
from ansible_collections.netops.layer2.plugins.plugin_utils._report._wording import PARTIAL

SCHEMA = "netops.layer2/report"
VERSION = 1
_Past = TypeVar("_Past")


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who uses the MAC or IP address; ``mac`` is told of those who have an IP address."""

    host: str
    guest: str
    interface: str
    addresses: tuple[str, ...]
    state: str
    kind: str
    uuid: str
    bridge: str
    segment: str
    details: str
    mac: str = ""
    hypervisor: str = ""

    @property
    def label(self) -> str:
        """Return ``host/guest``, or the host alone."""
        return f"{self.host}/{self.guest}" if self.guest else self.host


@dataclass(frozen=True, slots=True)
class Finding:
    """What is used twice (``subject``: a MAC, an IP address) and all that is known of it; `status` is `excepted` where
    the operator excepted it.
    """

    id: str
    subject: str
    status: str
    judged_status: str
    reason: str
    rule: str
    cause: str
    cause_text: str
    confidence: str
    segment: str
    segment_proof: tuple[str, ...]
    owners: tuple[Owner, ...]
    evidence: tuple[str, ...]
    seen_with: tuple[str, ...]
    fix: str
    exception_reason: str
    exception_expires: str
    change: str
    status_before: str
    macs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Past:
    """A finding of the earlier report that this one does not have."""

    id: str
    subject: str
    status: str
    segment: str
    owners: tuple[str, ...]
    unchecked_hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report, ready to be drawn."""

    kind: Kind
    created: datetime
    collection: str
    target: str
    limit: str
    summary: Mapping[str, int]
    findings: tuple[Finding, ...]
    judged: tuple[str, ...]
    missing: tuple[Remark, ...]
    gaps: tuple[Remark, ...]
    quarantined: tuple[Remark, ...]
    notes: tuple[Remark, ...]
    not_asked: tuple[str, ...]
    comparison: Comparison[Past] | None
    machines: tuple[Machine, ...] | None
    document: Mapping[str, Any]
    cached: tuple[Aged, ...] = ()
    part: str = ""

    @property
    def listed(self) -> tuple[Finding, ...]:
        """Return the findings that somebody has to look at: all but the legitimate and the excepted ones."""
        return tuple(finding for finding in self.findings if finding.status not in ("shared", "excepted"))


def document(
    verdict: Mapping[str, Any], *, created: datetime, collection: str, target: str = "", limit: str = "",
    not_asked: Sequence[str] = (), notes: Mapping[str, str] | None = None, unreachable: Mapping[str, str] | None = None,
    machines: Mapping[str, Any] | None = None, cached: Mapping[str, tuple[float, str]] | None = None, part: str = "",
) -> dict[str, Any]:
    """Return the report document of VERDICT, without a comparison; raise ReportError for something that is no verdict.

    NOTES and UNREACHABLE are texts by host; a host that was not reached and is judged all the same gets a note of that.
    MACHINES: who answered scans, as of ``machines``. CACHED: host -> (age in seconds, reason) of those judged by older
    snapshots.
    PART: the part of the inventory that the run saw, such as ``slice 1 of 3``; empty where it saw all.
    """
    kind_of(verdict, "verdict")
    remarks = {**_stale(verdict, unreachable or {}), **(notes or {})}
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "created": stamp(created),
        "collection": collection,
        "target": target,
        "limit": limit,
        "not_asked": sorted(not_asked),
        "notes": [{"host": host, "text": text} for host, text in sorted(remarks.items())],
        "comparison": None,
        **({"machines": dict(machines)} if machines else {}),
        **({"part": part} if part else {}),
        **(
            {
                "cached": [
                    {"host": host, "age": round(age), "reason": reason}
                    for host, (age, reason) in sorted(cached.items())
                ]
            }
            if cached
            else {}
        ),
        "verdict": dict(verdict),
    }


def _stale(verdict: Mapping[str, Any], unreachable: Mapping[str, str]) -> dict[str, str]:
    """Return a note for each host that was judged by a snapshot of an earlier run, from the fact cache."""
    judged = Fields.of(verdict, "verdict").nested("coverage").texts("judged")
    return {
        host: f"judged by the snapshot of an earlier run; this time {unreachable[host]}"
        for host in judged
        if host in unreachable
    }


def parse(data: object) -> Report:
    """Return the typed view of a report document on who uses what; raise ReportError where it is not one."""
    fields = Fields.of(data, "report")
    check_schema(fields.data, SCHEMA, VERSION, "report")
    verdict = fields.nested("verdict")
    kind = kind_of(verdict.data, "report.verdict")
    if kind.family != USERS:
        raise ReportError(f"report.verdict.schema: {kind.schema} cannot be used here")
    coverage = verdict.nested("coverage")
    return Report(
        kind=kind,
        created=unstamp(fields.text("created"), "report.created"),
        collection=fields.text("collection"),
        target=fields.text("target"),
        limit=fields.text("limit"),
        summary=counts(verdict.nested("summary"), kind.counts),
        findings=_findings(verdict, kind, changes(fields.nested("comparison"))),
        judged=coverage.texts("judged"),
        missing=tuple(remark(item, "", "reason") for item in coverage.objects("missing")),
        gaps=tuple(remark(item, "subset", "reason") for item in coverage.objects("gaps")),
        quarantined=tuple(remark(item, "field", "problem") for item in coverage.objects("quarantined")),
        notes=noted(fields),
        not_asked=fields.texts("not_asked"),
        comparison=comparison(fields, lambda entry: _past(entry, kind)),
        machines=parse_machines(fields),
        document=fields.data,
        cached=aged(fields),
        part=fields.text("part"),
    )


def noted(fields: Fields) -> tuple[Remark, ...]:
    """Return what a reader has to know besides; first of all that the run saw only a part of the inventory."""
    part = fields.text("part")
    partial = (Remark(part, "", PARTIAL, "read in slices with gather_layer2, judge once with judge_layer2"),)
    return (*(partial if part else ()), *(remark(item, "", "text") for item in fields.objects("notes")))


def _findings(verdict: Fields, kind: Kind, changes: Mapping[str, tuple[str, str]]) -> tuple[Finding, ...]:
    """Return all findings, most serious first, otherwise in the verdict's order."""
    found = [_finding(item, kind, changes) for item in verdict.objects("findings")]
    return tuple(sorted(found, key=lambda finding: kind.statuses.index(finding.status)))


def _finding(item: Fields, kind: Kind, changes: Mapping[str, tuple[str, str]]) -> Finding:
    judged = item.text("status")
    if judged not in kind.statuses:
        raise ReportError(f"{item.where}.status: {judged[:40]!r} is none of {', '.join(kind.statuses)}")
    exception = item.nested("exception")
    identifier = item.text("id")
    change, before = changes.get(identifier, ("", ""))
    return Finding(
        id=identifier,
        subject=item.text(kind.subject),
        judged_status=judged,
        status="excepted" if item.has("exception") else judged,
        reason=item.text("reason"),
        rule=item.text("rule"),
        cause=item.text("cause"),
        cause_text=item.text("cause_text"),
        confidence=item.text("confidence"),
        segment=item.text("segment"),
        segment_proof=item.texts("segment_proof"),
        owners=tuple(_owner(owner) for owner in item.objects("owners")),
        evidence=item.texts("evidence"),
        seen_with=item.texts("seen_with"),
        fix=item.text("fix"),
        exception_reason=exception.text("reason"),
        exception_expires=exception.text("expires"),
        change=change,
        status_before=before,
        macs=item.texts("macs"),
    )


def _owner(item: Fields) -> Owner:
    return Owner(
        host=item.text("host"),
        guest=item.text("guest"),
        interface=item.text("interface"),
        addresses=item.texts("addresses"),
        state=item.text("state", "unknown"),
        kind=item.text("kind"),
        uuid=item.text("uuid"),
        bridge=item.text("bridge"),
        segment=item.text("segment"),
        details=item.text("details"),
        mac=item.text("mac"),
        hypervisor=item.text("hypervisor"),
    )


def remark(item: Fields, what: str, reason: str) -> Remark:
    """Return a remark whose subject and reason stand in the fields called WHAT and REASON."""
    return Remark(
        host=item.text("host"), what=item.text(what) if what else "", reason=item.text(reason), hint=item.text("hint"),
    )


def aged(fields: Fields) -> tuple[Aged, ...]:
    """Return who was judged by a snapshot of an earlier run, the oldest first."""
    found = [Aged(item.text("host"), item.number("age"), item.text("reason")) for item in fields.objects("cached")]
    return tuple(sorted(found, key=lambda each: (-each.age, each.host)))


def comparison(fields: Fields, past: Callable[[Fields], _Past]) -> Comparison[_Past] | None:
    """Return the comparison of a report document, None if it has none; PAST reads a finding of the earlier report."""
    if not fields.has("comparison"):
        return None
    item = fields.nested("comparison")
    return Comparison(
        path=item.text("path"), error=item.text("error"), created=item.text("created"), new=item.texts("new"),
        still=tuple(entry.text("id") for entry in item.objects("still")),
        gone=tuple(past(entry) for entry in item.objects("gone")),
        unchecked=tuple(past(entry) for entry in item.objects("unchecked")),
    )


def _past(item: Fields, kind: Kind) -> Past:
    return Past(
        id=item.text("id"), subject=item.text(kind.subject), status=item.text("status"), segment=item.text("segment"),
        owners=item.texts("owners"), unchecked_hosts=item.texts("unchecked_hosts"),
    )


def changes(compared: Fields) -> dict[str, tuple[str, str]]:
    """Return (change, earlier status) by finding id."""
    found = dict.fromkeys(compared.texts("new"), ("new", ""))
    for entry in compared.objects("still"):
        found[entry.text("id")] = ("still", entry.text("status_before"))
    return found
