"""A trace in the neutral terms of reports, which any of their formats draws. Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import counted, cut
from ansible_collections.netops.layer2.plugins.plugin_utils._report._neutral import (
    CODE,
    SEPARATOR,
    Aged,
    Cell,
    Column,
    Entry,
    Grid,
    Metric,
    Outcome,
    Part,
    Remark,
    Sample,
    Section,
    Sheet,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._words import duration, percent

NS = 1_000_000_000
Document = Mapping[str, t.Any]
TITLE, STEM = "Trace of packets", "layer2-trace"
TROUBLES = ("astray", "loss", "unanswered", "late")  # what a trace finds, most serious first
UNKNOWN = ("cannot_tell", "nothing_seen")  # verdicts that say nothing of the packets
STATUSES = (*TROUBLES, *UNKNOWN, "clean")
LOOKS = {"clean": "clear", "astray": "conflict", "loss": "conflict", "late": "suspected", "unanswered": "suspected"}
# What a trace tells besides and hides nothing: what is not of the conversation, and what was followed all the same.
_NOTED = frozenset(("passing", "changed", "translated", "copies"))
_COUNTS = ("sent", "seen", "lost", "missed", "doubled")
_DELAYS = {"p50": "0.5", "p99": "0.99", "maximum": "1"}  # as quantiles
_LINE = 200  # columns of the verdict in one line
RECORD_COLUMNS = (
    "record",
    "status",
    "direction",
    "from",
    "to",
    *_COUNTS,
    *(f"delay_{name}" for name in _DELAYS),
    "host",
    "interface",
    "point",
    "packets",
    "dropped",
    "source_mac",
    "destination_mac",
    "vlan",
    "tunnel",
    "subset",
    "reason",
    "evidence",
    "fix",
    "created",
)
_HOP_COLUMNS = (
    Column("Direction", 9),
    Column("From", 24),
    Column("To", 24),
    *(Column(name.capitalize(), 12) for name in _COUNTS),
    Column("Half within", 11),
    Column("99 % within", 11),
    Column("Slowest", 9),
)
_POINT_COLUMNS = (Column("Point", 24), Column("Host", 28), Column("NIC", 18), Column("Packets", 9),
                  Column("Dropped", 9, empty="?"), Column("Ended by", 12))
_LINK_COLUMNS = (Column("Direction", 9), Column("At", 24), Column("From MAC", 17, look=CODE),
                 Column("To MAC", 17, look=CODE), Column("VLAN", 9), Column("Tunnel", 12), Column("Packets", 9))


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whose captures were followed, and what limits that; a trace knows nobody that it was not given."""

    judged: tuple[str, ...]
    gaps: tuple[Remark, ...]
    notes: tuple[Remark, ...]
    created: datetime
    document: Document
    missing: tuple[Remark, ...] = ()
    quarantined: tuple[Remark, ...] = ()
    cached: tuple[Aged, ...] = ()
    not_asked: tuple[str, ...] = ()
    collection: str = ""
    target: str = ""
    limit: str = ""
    part: str = ""


def sheet(trace: Document) -> Sheet:
    """Return a TRACE document in neutral terms: its verdict is the one finding, unless it is clean; hops, points and
    MACs are sections.
    """
    verdict = trace["verdict"]
    labels = {point["point"]: str(point["label"]) for point in trace["points"]}
    covered = _coverage(trace, labels)
    findings = () if verdict["status"] == "clean" else (_finding(trace, labels),)
    unknown = verdict["status"] in UNKNOWN
    return Sheet(
        title=TITLE,
        stem=STEM,
        look=LOOKS.get(verdict["status"], "none"),
        headline=verdict["sentence"],
        nothing="Nothing to complain of between these points.",
        search="point, host, address",
        coverage=_captured(trace, covered),
        gone_means="",
        unchecked_means="",
        statuses=STATUSES,
        outcome=_outcome(trace, covered),
        covered=covered,
        doubts=(Remark("", "verdict", verdict["sentence"], ""),) if unknown else (),
        listing=(Column("Packets", key="packets"),),
        findings=findings,
        listed=findings,
        sections=(_hops(trace, labels), _points(trace), _links(trace, labels)),
        comparison=None,
        record_columns=RECORD_COLUMNS,
        remark_column="subset",
        metrics=_metrics(trace, covered),
    )


def _finding(trace: Document, labels: Mapping[str, str]) -> Entry:
    status, sentence = trace["verdict"]["status"], trace["verdict"]["sentence"]
    hops = [(way, hop) for way in _followed(trace) for hop in way["hops"]]
    losing = [(way, hop) for way, hop in hops if hop["lost"]]
    return Entry(
        id=status,
        status=status,
        subject=status,
        headline=f"{cut(status, 20).upper()}  {counted(trace['summary']['packets'], 'packet')} followed",
        line=f"{cut(status, 20)}: {cut(sentence, _LINE)}",
        confidence="",
        change="",
        is_new=False,
        cells=((str(trace["summary"]["packets"]),),),
        reason=sentence,
        reason_lines=6,
        excepted="",
        grid=Grid("Hops", "hop", _HOP_COLUMNS, [_hop_row(way, hop, labels) for way, hop in losing or hops]),
        parts=(Part("evidence", tuple(trace["verdict"]["evidence"]), 3),),
        fix="",
        origin="",
        fails=status in TROUBLES,
        records=(),  # the section of the hops has the verdict, which is there without a finding, too
        draw=tuple,
    )


def _followed(trace: Document) -> list[Document]:
    """The directions that packets went in."""
    return [way for way in trace["ways"] if way["packets"]]


def _hop_row(way: Document, hop: Document, labels: Mapping[str, str]) -> tuple[Cell, ...]:
    lost = f"{hop['lost']} ({percent(hop['lost'], hop['sent'])})" if hop["lost"] else "0"
    counts = (lost if name == "lost" else str(hop[name]) for name in _COUNTS)
    delays = (duration(hop["delay"][name] * NS) if hop["delay"] else "" for name in _DELAYS)
    texts = (way["direction"], labels[hop["from"]], labels[hop["to"]], *counts, *delays)
    return tuple((text,) if text else () for text in texts)


def _hops(trace: Document, labels: Mapping[str, str]) -> Section:
    """Every hop, with what lies beside the path; its records begin with the verdict."""
    hops = [(way, hop) for way in _followed(trace) for hop in way["hops"]]
    return Section(
        title="Hop by hop",
        key="hops",
        sentence="What left each point, and what the next one saw of it.",
        line="HOPS",
        grid=Grid("Hops", "hop", _HOP_COLUMNS, [_hop_row(way, hop, labels) for way, hop in hops]),
        remarks=tuple(_astray(hop, labels) for _way, hop in hops),
        records=(_verdict_record(trace), *(_hop_record(way, hop, labels) for way, hop in hops)),
    )


def _astray(hop: Document, labels: Mapping[str, str]) -> Cell:
    return tuple(
        f"{count} of the {hop['lost']} lost behind {labels[hop['from']]} arrive at {labels[point]}"
        for point, count in hop["astray"].items()
    )


def _verdict_record(trace: Document) -> dict[str, str]:
    verdict = trace["verdict"]
    return {
        "record": "verdict",
        "status": verdict["status"],
        "packets": str(trace["summary"]["packets"]),
        "reason": verdict["sentence"],
        "evidence": SEPARATOR.join(verdict["evidence"]),
    }


def _hop_record(way: Document, hop: Document, labels: Mapping[str, str]) -> dict[str, str]:
    delay = hop["delay"] or {}
    return {
        "record": "hop",
        "direction": way["direction"],
        "from": labels[hop["from"]],
        "to": labels[hop["to"]],
        **{name: str(hop[name]) for name in _COUNTS},
        **{f"delay_{name}": f"{delay[name]:.9f}" for name in _DELAYS if name in delay},
        "reason": SEPARATOR.join(_astray(hop, labels)),
    }


def _points(trace: Document) -> Section:
    rows = [
        {
            "record": "point",
            "point": str(point["label"]),
            "host": str(point["host"]),
            "interface": str(point["interface"]),
            "packets": str(point["packets"]),
            "dropped": str(point.get("dropped", "")),
            "reason": f"ended by {point['ended']}",
        }
        for point in trace["points"]
    ]
    shown = [
        (*(_cell(row[name]) for name in ("point", "host", "interface", "packets", "dropped")), _cell(point["ended"]))
        for row, point in zip(rows, trace["points"], strict=True)
    ]
    return Section(
        title="Points",
        key="points",
        sentence="Where packets were captured, and how many the kernel dropped there.",
        line="POINTS",
        grid=Grid("Points", "point", _POINT_COLUMNS, shown),
        remarks=((),) * len(shown),
        records=tuple(rows),
    )


def _links(trace: Document, labels: Mapping[str, str]) -> Section:
    """The MACs that frames carried at each point."""
    rows = list(_pairs(trace, labels))
    columns = ("direction", "point", "source_mac", "destination_mac", "vlan", "tunnel", "packets")
    return Section(
        title="Who carried the packets",
        key="links",
        sentence="The MACs that the frames carry at each point.",
        line="MACS",
        grid=Grid("MACs", "pair", _LINK_COLUMNS, [tuple(_cell(row[name]) for name in columns) for row in rows]),
        remarks=((),) * len(rows),
        records=tuple(rows),
    )


def _pairs(trace: Document, labels: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for way in _followed(trace):
        for found in way["links"]:
            for pair in found["pairs"]:
                yield {
                    "record": "macs",
                    "direction": way["direction"],
                    "point": labels[found["point"]],
                    "source_mac": str(pair.get("source", "")),
                    "destination_mac": str(pair.get("destination", "")),
                    "vlan": str(pair.get("vlan", "")),
                    "tunnel": str(pair.get("tunnel", "")),
                    "packets": str(pair["packets"]),
                }


def _cell(text: object) -> Cell:
    return (str(text),) if text != "" else ()


def _coverage(trace: Document, labels: Mapping[str, str]) -> Coverage:
    remarks = [(str(gap.get("subset", "")), _remark(gap, labels)) for gap in trace["gaps"]]
    return Coverage(
        judged=tuple(sorted({str(point["host"]) for point in trace["points"]})),
        gaps=tuple(remark for subset, remark in remarks if subset not in _NOTED),
        notes=tuple(remark for subset, remark in remarks if subset in _NOTED),
        created=datetime.fromtimestamp(trace["begin"], timezone.utc),
        document=trace,
    )


def _remark(gap: Document, labels: Mapping[str, str]) -> Remark:
    where = gap.get("point") or gap.get("host") or "all points"
    texts = (str(gap.get(name, "")) for name in ("subset", "reason", "hint"))
    return Remark(labels.get(where, str(where)), *texts)


def _captured(trace: Document, covered: Coverage) -> str:
    points, captured = counted(len(trace["points"]), "point"), counted(trace["summary"]["captured"], "packet")
    return f"{points} on {counted(len(covered.judged), 'host')} captured {captured}."


def _outcome(trace: Document, covered: Coverage) -> Outcome:
    """Return the figures. Whatever is not clean fails: nothing seen, or no packet followed, proves nothing."""
    status, sentence = trace["verdict"]["status"], trace["verdict"]["sentence"]
    counts = {each: int(each == status) for each in STATUSES}
    figures = {"hosts_judged": len(covered.judged), "gaps": len(covered.gaps)}
    blind = f" {counted(len(covered.gaps), 'gap')}." if covered.gaps else ""
    failures = [] if status == "clean" else [cut(sentence, 2 * _LINE)]
    return Outcome({**trace["summary"], **counts, **figures}, {}, f"{cut(sentence, 2 * _LINE)}{blind}", failures)


def _metrics(trace: Document, covered: Coverage) -> Sequence[Metric]:
    # By the points' own names: two points may be called alike, two series may not.
    hops = [
        ({"direction": way["direction"], "from": hop["from"], "to": hop["to"]}, hop)
        for way in _followed(trace)
        for hop in way["hops"]
    ]
    counts: list[Sample] = [({**ends, "state": name}, hop[name]) for ends, hop in hops for name in _COUNTS]
    delays = [
        ({**ends, "quantile": _DELAYS[name]}, hop["delay"][name]) for ends, hop in hops if hop["delay"]
        for name in _DELAYS
    ]
    return (
        Metric("trace_verdict", "The verdict on a trace.", [({"status": str(trace["verdict"]["status"])}, 1)]),
        Metric("trace_packets", "Packets of a trace at each hop, by what became of them.", counts),
        Metric("trace_delay_seconds", "How long packets of a trace took over each hop.", delays),
        Metric("trace_gaps", "What limits a trace.", [({}, len(covered.gaps))]),
        Metric("trace_begin_timestamp_seconds", "When a trace began, Unix time.", [({}, int(trace["begin"]))]),
    )
