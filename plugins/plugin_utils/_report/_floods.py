"""Reports on floods, in the neutral terms that formats draw."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ansible_collections.netops.layer2.plugins.module_utils._capture._rates import bit_rate
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import counted, cut
from ansible_collections.netops.layer2.plugins.plugin_utils._report._flood_drawing import path, plot
from ansible_collections.netops.layer2.plugins.plugin_utils._report._flood_model import (
    Flood,
    FloodReport,
    PastFlood,
    Receiver,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._report._kinds import FLOOD_VERDICTS, check_statuses
from ansible_collections.netops.layer2.plugins.plugin_utils._report._neutral import (
    CODE,
    FACT,
    SEPARATOR,
    Column,
    Ended,
    Entry,
    Grid,
    Lazily,
    Metric,
    Outcome,
    Part,
    Picture,
    Remark,
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

DRAWN_MOST = 200  # floods on a page: each has two pictures
SERIES_MOST = 1000  # floods, and receivers, that get a series of their own in metrics
RECORD_COLUMNS = (
    "record",
    "status",
    "cause",
    "host",
    "interface",
    "bits_per_second",
    "packets_per_second",
    "source_host",
    "source_interface",
    "source_mac",
    "source_ip",
    "service",
    "destination_host",
    "destination_ip",
    "destination_mac",
    "segment",
    "request",
    "reply",
    "timers",
    "reason",
    "confidence",
    "besides",
    "evidence",
    "fix",
    "exception",
    "expires",
    "change",
    "id",
    "created",
)
_RECEIVER_COLUMNS = (Column("Host", 28, terminal="RECEIVER"), Column("NIC", 18), Column("Rate"), Column("Frames/s"))
_LISTING = (
    Column("Cause", look=CODE, key="cause"),
    Column("Rate", key="rate", empty="not now"),
    Column("From", key="from"),
    Column("To", key="to"),
)
_NOT_OBSERVED = "not observed"
_TO_LISTEN = (
    "Listen as root, on NICs that lead out of their hosts (flood_interfaces), on more hosts of the segment; or do "
    "without, and do not fail on it: report_fail_on=[]"
)


def sheet(report: FloodReport, fail_on: Sequence[str] = ()) -> Sheet:
    """Return REPORT in neutral terms; floods whose status is in FAIL_ON fail the run. ReportError if it is none."""
    check_statuses(FLOOD_VERDICTS, fail_on)
    look, words = headline(report)

    def show(flood: Flood) -> Entry:
        return _entry(flood, flood.status in fail_on)

    return Sheet(
        title=FLOOD_VERDICTS.title,
        stem=FLOOD_VERDICTS.stem,
        look=look,
        headline=words,
        nothing="No flood was heard, and none waits, among what was judged.",
        search="cause, host, address",
        coverage=_coverage(report),
        gone_means="In the earlier report, and not any more, though whoever received it listened again, "
        "or the sender's routes were read again.",
        unchecked_means="In the earlier report; some of these hosts could not listen or be read this time, "
        "so it may still be there.",
        statuses=FLOOD_VERDICTS.statuses,
        outcome=_outcome(report, fail_on),
        covered=report,
        doubts=_doubts(report),
        listing=_LISTING,
        findings=Lazily(report.findings, show),
        listed=Lazily(report.listed, show),
        sections=(),
        comparison=ended(report.comparison, _ended),
        record_columns=RECORD_COLUMNS,
        remark_column="cause",
        metrics=_metrics(report),
        drawn_most=DRAWN_MOST,
    )


def _entry(flood: Flood, fails: bool) -> Entry:
    request, reply = flood.request or _NOT_OBSERVED, flood.reply or _NOT_OBSERVED
    rate = (
        (f"{bit_rate(flood.bits_per_second)} at {counted(len(flood.receivers), 'interface')}",)
        if flood.receivers
        else ()
    )
    return Entry(
        id=flood.id,
        status=flood.status,
        subject=flood.cause,
        headline=_headline(flood),
        line=one_line(flood),
        confidence=flood.confidence,
        change=_change(flood),
        is_new=flood.change == "new",
        cells=((flood.cause,), rate, (flood.source.name,), (flood.destination.ip or flood.destination.name,)),
        reason=flood.reason,
        reason_lines=4,
        excepted=excepted(flood.exception_reason, flood.exception_expires),
        grid=Grid("Receivers", "receiver", _RECEIVER_COLUMNS, Lazily(flood.receivers, _receiver_row)),
        parts=(
            Part("from", (flood.source.label,), form=FACT),
            Part("to", (flood.destination.label,), form=FACT),
            Part("request", (request,), form=FACT),
            Part("reply", (reply,), form=FACT),
            Part("timers", (flood.ageing,), form=FACT),
            Part("besides", flood.also, 3),
            Part("evidence", flood.evidence),
        ),
        fix=flood.fix,
        origin=f"cause {flood.cause}, confidence {flood.confidence}, id {flood.id}",
        fails=fails,
        records=tuple(
            {**_record(flood), **(_receiver_record(receiver) if receiver else {})}
            for receiver in flood.receivers or (None,)
        ),
        draw=lambda: _pictures(flood, request, reply),
    )


def _pictures(flood: Flood, request: str, reply: str) -> list[Picture]:
    rates = plot(flood)
    ways = Picture("ways", path(flood), (("request", request), ("reply", reply)))
    return [ways, Picture("curves", rates)] if rates else [ways]


def _headline(flood: Flood) -> str:
    heard = counted(len(flood.receivers), "interface")
    size = f"{bit_rate(flood.bits_per_second)} ({flood.packets_per_second:.0f} frames/s) at {heard}"
    return (
        f"{flood.status.upper()}  {cut(flood.cause, 30)}  {size if flood.status == 'flooding' else 'waits to happen'}"
    )


def _change(flood: Flood) -> str:
    """Return the change since the earlier report, in words."""
    before = f", {bit_rate(flood.bits_before)} before" if flood.bits_before else ""
    if flood.change == "still" and flood.status_before != flood.status:
        return f"was {cut(flood.status_before, 12)}{before}"
    return {"new": "new", "still": f"still there{before}"}.get(flood.change, "")


def one_line(flood: Flood) -> str:
    """Return a flood in one line: cause, size, who floods whom."""
    size = bit_rate(flood.bits_per_second) if flood.status == "flooding" else "not now"
    ends = f"{cut(flood.source.name, 40)} -> {cut(flood.destination.name, 40)}"
    return f"{flood.status} {cut(flood.cause, 30)} ({size}): {ends}"


def _receiver_row(receiver: Receiver) -> tuple[tuple[str, ...], ...]:
    return (
        (receiver.host,),
        (receiver.interface,),
        (bit_rate(receiver.bits_per_second),),
        (f"{receiver.packets_per_second:.0f}",),
    )


def _ended(past: PastFlood) -> Ended:
    size = f" ({bit_rate(past.bits_per_second)})" if past.bits_per_second else ""
    line = f"{cut(past.status, 12)} {cut(past.cause, 30)}{size}: {cut(past.source, 40)} -> {cut(past.destination, 40)}"
    return Ended(
        past.status, past.cause, f"{size.strip()}: {past.source} to {past.destination}", line, past.unchecked_hosts
    )


def _coverage(report: FloodReport) -> str:
    numbers = report.summary
    total = numbers["hosts_judged"] + numbers["hosts_missing"]
    return f"{numbers['hosts_judged']} of {counted(total, 'host')} judged, {numbers['hosts_sampled']} listened."


def _doubts(report: FloodReport) -> tuple[Remark, ...]:
    """Return what was listened for in vain, and might be flooded all the same."""
    numbers = report.summary
    deaf = numbers["hosts_judged"] - numbers["hosts_sampled"]
    found = [f"{counted(deaf, 'host')} judged did not listen"] if deaf > 0 else []
    found += (
        [f"{counted(numbers['interfaces_cannot_tell'], 'interface')} cannot tell: hearing nothing proves nothing there"]
        if numbers["interfaces_cannot_tell"]
        else []
    )
    return tuple(Remark("", "listening", text, "") for text in found)


def headline(report: FloodReport) -> tuple[str, str]:
    """Return look and words of the verdict in one sentence, which never call a network quiet that was not heard."""
    numbers = report.summary
    if not numbers["hosts_judged"]:
        return "none", "No verdict: no host could be judged."
    if numbers["flooding"]:
        heard = counted(numbers["receivers"], "interface")
        return (
            "conflict",
            (
                f"{counted(numbers['flooding'], 'flood')}: {heard} receive up to {bit_rate(report.highest)} of others'"
                " traffic."
            ),
        )
    if report.is_deaf:
        return "none", f"No verdict on floods: nobody could listen where one is heard{_waiting(report)}."
    seen = ", ".join(text for text in _unheard(report) if text)
    look = "suspected" if numbers["latent"] or seen else "clear"
    return look, f"No flood heard by {counted(numbers['hosts_sampled'], 'host')}{_waiting(report)}" + (
        f"; {seen}." if seen else "."
    )


def _waiting(report: FloodReport) -> str:
    number = report.summary["latent"]
    return f", {number} that wait to happen" if number else ""


def _unheard(report: FloodReport) -> list[str]:
    numbers = report.summary
    return [
        f"{counted(numbers['hosts_missing'], 'host')} missing" if numbers["hosts_missing"] else "",
        f"{deaf} not listened" if (deaf := numbers["hosts_judged"] - numbers["hosts_sampled"]) > 0 else "",
        f"{counted(numbers['interfaces_cannot_tell'], 'interface')} cannot tell"
        if numbers["interfaces_cannot_tell"]
        else "",
        counted(numbers["gaps"], "gap") if numbers["gaps"] else "",
        f"only {cut(report.part, 40)} was looked at" if report.part else "",
    ]


def summary_line(report: FloodReport) -> str:
    """Return the one line that sums it up: what was found, and among how much."""
    numbers = report.summary
    total = numbers["hosts_judged"] + numbers["hosts_missing"]
    if not numbers["hosts_judged"]:
        return nobody_judged(total, _blind(report))
    size = (
        f", {bit_rate(report.highest)} at most, {counted(numbers['receivers'], 'receiver')}"
        if numbers["flooding"]
        else ""
    )
    left_out = f", {numbers['excepted']} excepted" if numbers["excepted"] else ""
    seen = f"{numbers['hosts_judged']} of {counted(total, 'host')} judged, {numbers['hosts_sampled']} listened"
    if report.is_deaf:
        waiting = f"{numbers['latent']} latent{left_out}"
        return f"NO VERDICT on floods: nobody could listen where one is heard; {waiting}. {seen}{_blind(report)}."
    return (
        f"{counted(numbers['flooding'], 'flood')}{size}, {numbers['latent']} latent{left_out}. {seen}{_blind(report)}."
    )


def _blind(report: FloodReport) -> str:
    numbers = report.summary
    return blind(
        [
            (numbers["hosts_missing"], f"{counted(numbers['hosts_missing'], 'host')} MISSING"),
            (
                max(0, numbers["hosts_judged"] - numbers["hosts_sampled"]),
                f"{numbers['hosts_judged'] - numbers['hosts_sampled']} NOT listened",
            ),
            (
                numbers["interfaces_cannot_tell"],
                f"{counted(numbers['interfaces_cannot_tell'], 'interface')} CANNOT TELL",
            ),
            (numbers["gaps"], counted(numbers["gaps"], "gap")),
            (numbers["quarantined"], f"{counted(numbers['quarantined'], 'bad value')} quarantined"),
            (len(report.not_asked), f"{len(report.not_asked)} not asked"),
            (len(report.part), f"PARTIAL ({cut(report.part, 40)})"),
        ]
    )


def _outcome(report: FloodReport, fail_on: Sequence[str]) -> Outcome:
    """Return the figures; the subjects are the MACs that are flooded.

    Nobody judged, or nobody who could listen, fails, too.
    """
    line = summary_line(report)
    failing = [flood for flood in report.findings if flood.status in fail_on]
    macs = by_status(FLOOD_VERDICTS.statuses, ((flood.status, flood.destination.mac) for flood in report.findings))
    lines = failures(fail_on, failing, one_line, _unknown(report, line), report)
    return Outcome({**report.summary, "bits_per_second": report.highest}, macs, line, lines)


def _unknown(report: FloodReport, line: str) -> str:
    """LINE where nobody was judged, and with what to do where nobody could listen; empty where somebody did."""
    if not report.findings and not report.summary["hosts_judged"]:
        return line
    return f"{line.rstrip('.')}. {_TO_LISTEN}" if report.is_deaf else ""


def _record(flood: Flood) -> dict[str, str]:
    source, destination = flood.source, flood.destination
    return {
        "record": "finding",
        "status": flood.status,
        "cause": flood.cause,
        "source_host": source.host,
        "source_interface": source.interface,
        "source_mac": source.mac,
        "source_ip": source.ip,
        "service": source.service,
        "destination_host": destination.host,
        "destination_ip": destination.ip,
        "destination_mac": destination.mac,
        "segment": destination.segment,
        "request": flood.request,
        "reply": flood.reply,
        "timers": flood.ageing,
        "reason": flood.reason,
        "confidence": flood.confidence,
        "besides": SEPARATOR.join(flood.also),
        "evidence": SEPARATOR.join(flood.evidence),
        "fix": flood.fix,
        "exception": flood.exception_reason,
        "expires": flood.exception_expires,
        "change": flood.change,
        "id": flood.id,
    }


def _receiver_record(receiver: Receiver) -> dict[str, str]:
    return {
        "host": receiver.host,
        "interface": receiver.interface,
        "bits_per_second": f"{receiver.bits_per_second:.1f}",
        "packets_per_second": f"{receiver.packets_per_second:.1f}",
    }


def _metrics(report: FloodReport) -> tuple[Metric, ...]:
    numbers = report.summary
    causes = Counter((flood.status, flood.cause) for flood in report.findings)
    return (
        Metric(
            "flood_findings",
            "Floods of unicast frames, by status and cause.",
            [({"status": status, "cause": cause}, number) for (status, cause), number in sorted(causes.items())],
        ),
        Metric(
            "flood_bits_per_second",
            "The most that one interface receives of a flood.",
            [(_labels(flood), round(flood.bits_per_second)) for flood in report.listed[:SERIES_MOST]],
        ),
        Metric(
            "flood_received_bits_per_second",
            "What an interface receives of all floods, and is for nobody there.",
            [({"host": host, "interface": name}, round(bits)) for (host, name), bits in _received(report).items()],
        ),
        Metric(
            "flood_hosts",
            "Hosts by what became of them: judged, sampled (listened), missing, not_asked.",
            [
                ({"state": "judged"}, numbers["hosts_judged"]),
                ({"state": "sampled"}, numbers["hosts_sampled"]),
                ({"state": "missing"}, numbers["hosts_missing"]),
                ({"state": "not_asked"}, len(report.not_asked)),
            ],
        ),
        Metric(
            "flood_interfaces_cannot_tell",
            "Interfaces where hearing nothing proves nothing.",
            [({}, numbers["interfaces_cannot_tell"])],
        ),
        Metric("flood_findings_changed", "Findings against the earlier report, by change.", changed(report.comparison)),
        Metric("flood_gaps", "Readers that failed on some host.", [({}, numbers["gaps"])]),
        Metric(
            "flood_report_timestamp_seconds",
            "When the report was made, Unix time.",
            [({}, int(report.created.timestamp()))],
        ),
    )


def _labels(flood: Flood) -> dict[str, str]:
    return {
        "id": flood.id,
        "status": flood.status,
        "cause": flood.cause,
        "source": flood.source.name,
        "source_ip": flood.source.ip,
        "destination": flood.destination.ip or flood.destination.mac,
        "segment": flood.destination.segment,
    }


def _received(report: FloodReport) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    receivers: list[Receiver] = [receiver for flood in report.listed for receiver in flood.receivers]
    for receiver in receivers:
        key = (receiver.host, receiver.interface)
        if key in found or len(found) < SERIES_MOST:
            found[key] = found.get(key, 0.0) + receiver.bits_per_second
    return found
