"""Reports on who uses a MAC or an IP address, in the neutral terms that formats draw."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import counted, cut, named
from ansible_collections.netops.layer2.plugins.plugin_utils._report._drawing import draw
from ansible_collections.netops.layer2.plugins.plugin_utils._report._kinds import MACS, Kind, check_statuses
from ansible_collections.netops.layer2.plugins.plugin_utils._report._machines import section
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import Finding, Owner, Past, Report
from ansible_collections.netops.layer2.plugins.plugin_utils._report._neutral import (
    CODE,
    HINTED,
    NAMES,
    PROSE,
    SEPARATOR,
    Cell,
    Column,
    Ended,
    Entry,
    Grid,
    Lazily,
    Metric,
    Outcome,
    Part,
    Picture,
    Sheet,
    changed,
    ended,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._report._wording import (
    blind,
    by_status,
    excepted,
    failures,
    nobody_judged,
)

SERIES_MOST = 1000  # findings that get a series of their own in metrics; the totals count all of them
# "subject" stands for what the findings are about: mac or address.
RECORD_COLUMNS = (
    "record",
    "status",
    "subject",
    "segment",
    "host",
    "guest",
    "interface",
    "state",
    "addresses",
    "kind",
    "uuid",
    "bridge",
    "owner_segment",
    "reason",
    "confidence",
    "rule",
    "cause",
    "evidence",
    "seen_with",
    "fix",
    "exception",
    "expires",
    "change",
    "id",
    "created",
)
_OWNER_COLUMNS = (
    Column("Host", 28),
    Column("Guest", 28),
    Column("NIC", 18),
    Column("MAC", 17, look=CODE, optional=True),
    Column("State", 10),
    Column("Addresses", 44, names=3),
    Column("Segment", look=HINTED, files=True),
)
_NO_OWNERS = "nobody who was asked"


def sheet(report: Report, fail_on: Sequence[str] = ()) -> Sheet:
    """Return REPORT in neutral terms; findings whose status or rule is in FAIL_ON fail the run. ReportError if it is
    none.
    """
    check_statuses(report.kind, fail_on)
    kind = report.kind
    look, words = headline(report)

    def show(finding: Finding) -> Entry:
        return _entry(finding, kind, fail_on)

    return Sheet(
        title=kind.title,
        stem=kind.stem,
        look=look,
        headline=words,
        nothing="Nothing found among what was judged.",
        search="MAC, host, guest, address",
        coverage=_coverage(report),
        gone_means="In the earlier report, and not found any more though all its hosts were judged.",
        unchecked_means="In the earlier report; some of its hosts were not judged this time, so it may still be there.",
        statuses=kind.statuses,
        outcome=_outcome(report, fail_on),
        covered=report,
        doubts=(),
        listing=(
            Column(kind.noun, look=CODE, key=kind.subject),
            Column("Segment", key="segment", empty="unknown"),
            Column("Owners", names=4, key="owners", empty=_NO_OWNERS),
        ),
        findings=Lazily(report.findings, show),
        listed=Lazily(report.listed, show),
        sections=section(report.machines, kind.subject),
        comparison=ended(report.comparison, _ended),
        record_columns=_record_columns(kind),
        remark_column="rule",
        metrics=_metrics(report),
    )


def _entry(finding: Finding, kind: Kind, fail_on: Sequence[str]) -> Entry:
    proof = (
        "Why this is one segment"
        if finding.segment not in ("not proven", "different")
        else "What is known of the segments"
    )
    return Entry(
        id=finding.id,
        status=finding.status,
        subject=finding.subject,
        headline=_headline(finding),
        line=one_line(finding),
        confidence=finding.confidence,
        change=_change(finding),
        is_new=finding.change == "new",
        cells=((finding.subject,), _cell(finding.segment), tuple(owner.label for owner in finding.owners)),
        reason=finding.reason,
        reason_lines=3,
        excepted=excepted(finding.exception_reason, finding.exception_expires, finding.judged_status),
        grid=Grid("Owners", "owner", _OWNER_COLUMNS, Lazily(finding.owners, _owner_row)),
        parts=(
            Part("cause", _cell(finding.cause_text), 3, PROSE),
            Part("evidence", finding.evidence),
            Part("one segment", finding.segment_proof, files=True, title=proof),
            Part("seen with", finding.seen_with, form=NAMES),
        ),
        fix=finding.fix,
        origin=f"rule {finding.rule}, cause {finding.cause}, id {finding.id}",
        fails=_fails(finding, fail_on),
        records=tuple(
            {**_record(finding, kind), **(_owner_record(owner) if owner else {})} for owner in finding.owners or (None,)
        ),
        draw=lambda: (Picture("buses", draw(finding)),),
    )


def _cell(text: str) -> Cell:
    return (text,) if text else ()


def _headline(finding: Finding) -> str:
    """Return status, MAC and segment."""
    segment = cut(finding.segment, 50)
    place = f"segment {segment}" if segment else "segment unknown"
    return f"{finding.status.upper().replace('_', ' ')}  {cut(finding.subject, 40)}  {place}"


def _change(finding: Finding) -> str:
    """Return the change since the earlier report, in words."""
    if finding.change == "still" and finding.status_before != finding.status:
        return f"was {cut(finding.status_before, 12)}"
    return {"new": "new", "still": "still there"}.get(finding.change, "")


def one_line(finding: Finding) -> str:
    """Return a finding in one line: status, MAC, segment, owners."""
    owners = named([cut(owner.label, 40) for owner in finding.owners], 4)
    segment = cut(finding.segment, 40) or "unknown"
    return f"{finding.status} {cut(finding.subject, 40)} on segment {segment}: {owners or 'no owner known'}"


def _owner_row(owner: Owner) -> tuple[Cell, ...]:
    segment = (owner.segment or "-", owner.details) if owner.details else _cell(owner.segment)
    return (
        _cell(owner.host),
        _cell(owner.guest),
        _cell(owner.interface),
        _cell(owner.mac),
        _cell(owner.state),
        owner.addresses,
        segment,
    )


def _ended(past: Past) -> Ended:
    segment = f"on segment {past.segment or 'unknown'}: {', '.join(past.owners)}"
    owners = named([cut(owner, 30) for owner in past.owners], 4)
    line = f"{cut(past.status, 12)} {cut(past.subject, 40)} on segment {cut(past.segment, 40) or 'unknown'}: {owners}"
    return Ended(past.status, past.subject, segment, line, past.unchecked_hosts)


def _coverage(report: Report) -> str:
    counts = report.summary
    total = counts["hosts_judged"] + counts["hosts_missing"]
    judged = counts[report.kind.judged]
    return (
        f"{counts['hosts_judged']} of {counted(total, 'host')} judged, {counted(counts['guests_judged'], 'guest')}, "
        f"{judged} {report.kind.plural if judged != 1 else report.kind.plural.removesuffix('es')}."
    )


def headline(report: Report) -> tuple[str, str]:
    """Return look and words of the verdict in one sentence, which never call a fleet clean that was not seen."""
    counts = report.summary
    if not counts["hosts_judged"]:
        return "none", "No verdict: no host could be judged."
    if counts["conflict"]:
        return "conflict", f"{counted(counts['conflict'], 'conflict')}: {report.kind.trouble}."
    among = f"the {counts['hosts_judged']} hosts judged" if counts["hosts_judged"] > 1 else "the one host judged"
    doubts = [f"{counts[status]} {status}" for status in ("suspected", "latent") if counts[status]]
    doubts += [f"{counted(counts['hosts_missing'], 'host')} missing"] if counts["hosts_missing"] else []
    doubts += [counted(counts["gaps"], "gap")] if counts["gaps"] else []
    doubts += [f"only {cut(report.part, 40)} was looked at"] if report.part else []
    if doubts:
        return "suspected", f"Not clean: {', '.join(doubts)}. No conflict is proven among {among}."
    return "clear", f"No conflict among {among}."


def summary_line(report: Report) -> str:
    """Return the one line that sums it up: what was found, and among how much."""
    counts = report.summary
    total = counts["hosts_judged"] + counts["hosts_missing"]
    if not counts["hosts_judged"]:
        return nobody_judged(total, _blind(report))
    found = f"{counted(counts['conflict'], 'conflict')}, {counts['latent']} latent, {counts['suspected']} suspected"
    harmless = f"{counts['shared']} legitimately shared"
    harmless += f", {counts['handed_over']} left to the verdict on MACs" if counts.get("handed_over") else ""
    harmless += f", {counts['excepted']} excepted" if counts["excepted"] else ""
    judged = counted(counts["macs_judged"], "MAC") if report.kind is MACS else _addresses(counts)
    things = f"{counted(counts['guests_judged'], 'guest')}, {judged}"
    seen = f"{counts['hosts_judged']} of {counted(total, 'host')} judged ({things})"
    return f"{found} ({harmless}). {seen}{_blind(report)}."


def _addresses(counts: Mapping[str, int]) -> str:
    return f"{counts['addresses_judged']} IP address{'es' if counts['addresses_judged'] != 1 else ''}"


def _blind(report: Report) -> str:
    """Return what was not judged, in numbers."""
    counts = report.summary
    return blind(
        [
            (counts["hosts_missing"], f"{counted(counts['hosts_missing'], 'host')} MISSING"),
            (len(report.cached), f"{len(report.cached)} judged by older snapshots"),
            (counts["gaps"], counted(counts["gaps"], "gap")),
            (counts["quarantined"], f"{counted(counts['quarantined'], 'bad value')} quarantined"),
            (len(report.not_asked), f"{len(report.not_asked)} not asked"),
            (len(report.part), f"PARTIAL ({cut(report.part, 40)})"),
        ]
    )


def _outcome(report: Report, fail_on: Sequence[str]) -> Outcome:
    line = summary_line(report)
    failing = [finding for finding in report.findings if _fails(finding, fail_on)]
    nobody = "" if report.summary["hosts_judged"] else line
    subjects = by_status(report.kind.statuses, ((finding.status, finding.subject) for finding in report.findings))
    return Outcome(dict(report.summary), subjects, line, failures(fail_on, failing, one_line, nobody, report))


def _fails(finding: Finding, fail_on: Sequence[str]) -> bool:
    """Whether FAIL_ON names the status, or the rule of a finding that is not excepted."""
    return finding.status in fail_on or (finding.status != "excepted" and finding.rule in fail_on)


def _record_columns(kind: Kind) -> tuple[str, ...]:
    """Return the columns; who has an IP address has it at a MAC."""
    names = tuple(kind.subject if name == "subject" else name for name in RECORD_COLUMNS)
    return names if kind.subject == "mac" else (*names, "mac", "macs")


def _record(finding: Finding, kind: Kind) -> dict[str, str]:
    return {
        **({} if kind.subject == "mac" else {"macs": SEPARATOR.join(finding.macs)}),
        "record": "finding",
        "status": finding.status,
        kind.subject: finding.subject,
        "segment": finding.segment,
        "reason": finding.reason,
        "confidence": finding.confidence,
        "rule": finding.rule,
        "cause": finding.cause,
        "evidence": SEPARATOR.join(finding.evidence),
        "seen_with": SEPARATOR.join(finding.seen_with),
        "fix": finding.fix,
        "exception": finding.exception_reason,
        "expires": finding.exception_expires,
        "change": finding.change,
        "id": finding.id,
    }


def _owner_record(owner: Owner) -> dict[str, str]:
    return {
        "host": owner.host,
        "guest": owner.guest,
        "interface": owner.interface,
        "state": owner.state,
        "addresses": SEPARATOR.join(owner.addresses),
        "kind": owner.kind,
        "uuid": owner.uuid,
        "bridge": owner.bridge,
        "owner_segment": owner.segment,
        **({"mac": owner.mac} if owner.mac else {}),
    }


def _metrics(report: Report) -> tuple[Metric, ...]:
    counts, kind = report.summary, report.kind
    many, one = kind.plural, kind.plural.removesuffix("es")
    found = (
        Metric(
            "findings",
            f"{many} with more than one user, by status.",
            [({"status": status}, counts[status]) for status in kind.statuses],
        ),
        Metric(
            "finding",
            f"One {one} with more than one user; always 1.",
            [(_labels(finding, kind), 1) for finding in report.listed[:SERIES_MOST]],
        ),
        Metric(
            "hosts",
            "Hosts by what became of them: judged (cached: of them, by an older snapshot), missing, not_asked"
            " (--limit).",
            [
                ({"state": "judged"}, counts["hosts_judged"]),
                ({"state": "missing"}, counts["hosts_missing"]),
                ({"state": "not_asked"}, len(report.not_asked)),
                ({"state": "cached"}, len(report.cached)),
            ],
        ),
        Metric(
            "snapshot_age_seconds",
            "Age of the snapshot that a host was judged by, where it is of an earlier run, by the controller's clock.",
            [({"host": aged.host}, aged.age) for aged in report.cached[:SERIES_MOST]],
        ),
        Metric("guests_judged", "Guests that were judged.", [({}, counts["guests_judged"])]),
        Metric(kind.judged, f"Distinct {many} that were judged.", [({}, counts[kind.judged])]),
        Metric("gaps", "Readers that failed on some host.", [({}, counts["gaps"])]),
        Metric("quarantined", "Values that could not be used.", [({}, counts["quarantined"])]),
        Metric(
            "unknown_machines",
            "Machines that answered a scan and that nobody claims.",
            [({}, len(report.machines))] if report.machines is not None else [],
        ),
        Metric("findings_changed", "Findings against the earlier report, by change.", changed(report.comparison)),
        Metric(
            "report_timestamp_seconds", "When the report was made, Unix time.", [({}, int(report.created.timestamp()))]
        ),
    )
    return tuple(Metric(kind.metrics + each.name, each.text, each.samples) for each in found)


def _labels(finding: Finding, kind: Kind) -> dict[str, str]:
    return {
        "id": finding.id,
        kind.subject: finding.subject,
        "status": finding.status,
        "segment": finding.segment,
        "cause": finding.cause,
        "confidence": finding.confidence,
        "owners": named([owner.label for owner in finding.owners], 8),
    }
