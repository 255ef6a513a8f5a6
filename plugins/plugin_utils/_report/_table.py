"""The report on a terminal: one block per finding, then what was not seen, then one line that sums it up."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from ansible_collections.netops.layer2.plugins.plugin_utils._report._groups import Group, grouped
from ansible_collections.netops.layer2.plugins.plugin_utils._report._kinds import MACS
from ansible_collections.netops.layer2.plugins.plugin_utils._report._machines import machine_lines
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import Aged, Comparison, Covered, Finding, Owner, Past, Remark, Report
from ansible_collections.netops.layer2.plugins.plugin_utils._report._text import (
    age_in_words,
    counted,
    cut,
    named,
    padded,
    visible,
    width,
    wrapped,
)

COLUMNS = 100
WHOLE_BLOCKS = 20       # findings shown in full; the following ones take a line each
LINES_MOST = 60         # findings that take a line; more are counted, the files hold them all
OWNERS_MOST = 12
EVIDENCE_MOST = 4
REMARKS_MOST = 12
NAMES_WIDEST = 100      # columns of hosts' names before the remark that is about them
_INDENT = 13            # where the text of a labelled line starts
# (title, widest it may get) of the owners' columns
_OWNER_COLUMNS = (("HOST", 28), ("GUEST", 28), ("NIC", 18), ("MAC", 17), ("STATE", 10), ("ADDRESSES", 44))

_Finding = TypeVar("_Finding")


class _Checked(Protocol):
    @property
    def unchecked_hosts(self) -> tuple[str, ...]:
        """Hosts without which nobody can say that it is gone."""


_Gone = TypeVar("_Gone", bound=_Checked)


def render(report: Report) -> str:
    """Return the whole table, lines of about 100 columns, ending in a newline."""
    lines = [*blocks(report.listed, _block, one_line), *machine_lines(report.machines), *coverage_lines(report),
             *compared_lines(report.comparison, _past_line), summary_line(report)]
    return "\n".join(lines) + "\n"


def blocks(findings: Sequence[_Finding], whole: Callable[[_Finding], Iterable[str]], one: Callable[[_Finding], str]) -> Iterator[str]:
    """Yield the most serious findings WHOLE, then ONE line for each further one; findings of any kind of verdict."""
    for finding in findings[:WHOLE_BLOCKS]:
        yield from whole(finding)
        yield ""
    rest = findings[WHOLE_BLOCKS:]
    yield from (one(finding) for finding in rest[:LINES_MOST])
    if len(rest) > LINES_MOST:
        yield f"... and {counted(len(rest) - LINES_MOST, 'more finding')}; the report files list them all"
    if rest:
        yield ""


def _block(finding: Finding) -> Iterator[str]:
    yield _headline(finding)
    yield from labelled("", [finding.reason], 3)
    yield from _owner_table(finding.owners)
    yield from labelled("cause", [finding.cause_text], 3)
    yield from labelled("evidence", _evidence(finding.evidence), 2)
    yield from labelled("seen with", [named(finding.seen_with, 8)] if finding.seen_with else [], 2)
    yield from command("fix", finding.fix)


def _evidence(observations: Sequence[str]) -> list[str]:
    """Return the first observations; further ones are counted."""
    more = len(observations) - EVIDENCE_MOST
    return [*observations[:EVIDENCE_MOST], *([f"and {more} more in the report files"] if more > 0 else [])]


def _headline(finding: Finding) -> str:
    """Return status, MAC and segment; then how sure it is and whether it is new."""
    segment = cut(finding.segment, 50)
    place = f"segment {segment}" if segment else "segment unknown"
    marks = [mark for mark in (cut(finding.confidence, 12), _change(finding)) if mark]
    return f"{finding.status.upper().replace('_', ' ')}  {cut(finding.subject, 40)}  {place}" + (f"  [{', '.join(marks)}]" if marks else "")


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


def _owner_table(owners: Sequence[Owner]) -> Iterator[str]:
    """Yield the owners as aligned columns, those columns left out that nobody fills."""
    rows = [_cells(owner) for owner in owners[:OWNERS_MOST]]
    used = [index for index in range(len(_OWNER_COLUMNS)) if any(row[index] for row in rows)]
    table = [[_OWNER_COLUMNS[index][0] for index in used], *([row[index] or "-" for index in used] for row in rows)]
    if rows:
        widths = [max(width(row[column]) for row in table) for column in range(len(used))]
        for row in table:
            yield "    " + "  ".join(map(padded, row, widths)).rstrip()
    if len(owners) > OWNERS_MOST:
        yield f"    and {counted(len(owners) - OWNERS_MOST, 'more owner')} in the report"


def _cells(owner: Owner) -> list[str]:
    texts = (owner.host, owner.guest, owner.interface, owner.mac, owner.state, named(owner.addresses, 3))
    return [cut(text, most) for text, (_title, most) in zip(texts, _OWNER_COLUMNS, strict=True)]


def labelled(label: str, texts: Sequence[str], lines: int) -> Iterator[str]:
    """Yield TEXTS, each broken into at most LINES lines, with LABEL before the first; several get a dash each."""
    start = _INDENT if label else 2
    lead = padded(f"  {label}", start)
    dash = "- " if len(texts) > 1 else ""
    for text in texts:
        for position, line in enumerate(wrapped(text, COLUMNS - start - len(dash), lines)):
            yield lead + (" " * len(dash) if position else dash) + line
            lead = " " * start


def command(label: str, text: str) -> Iterator[str]:
    """Yield a command: each line of it whole, so that it can be copied; cut only where it is absurdly long."""
    lead = padded(f"  {label}", _INDENT)
    for line in text.splitlines()[:6]:
        yield lead + cut(line, 400)
        lead = " " * _INDENT


def coverage_lines(report: Covered) -> Iterator[str]:
    """Yield who and what was not judged: this never goes unsaid."""
    yield from _remarks("missing", report.missing)
    yield from labelled("cached", [_cached(report.cached)] if report.cached else [], 4)
    yield from _remarks("not read", report.gaps)
    yield from _remarks("bad data", report.quarantined)
    yield from _remarks("note", report.notes)
    if report.not_asked:
        yield from labelled("not asked", [f"{named(report.not_asked, 20)} (left out by --limit)"], 3)
    if report.missing or report.gaps or report.quarantined or report.notes or report.not_asked or report.cached:
        yield ""


def _cached(aged: Sequence[Aged]) -> str:
    """Return who was judged by older snapshots, what is most important first, since the rest may be cut off."""
    oldest = aged[0]
    hosts = named([f"{cut(each.host, 40)} ({age_in_words(each.age)})" for each in aged], 8)
    return f"{counted(len(aged), 'host')} judged by a snapshot of an earlier run, the oldest {age_in_words(oldest.age)} old: {hosts}; {cut(oldest.reason, 120)}"


def _remarks(label: str, remarks: Sequence[Remark]) -> Iterator[str]:
    """Yield remarks, hosts with the same trouble in one; what is too much is counted and its hosts named."""
    groups = grouped(remarks)
    texts = [_group_text(group) for group in groups[:REMARKS_MOST]]
    rest = [host for group in groups[REMARKS_MOST:] for host in group.hosts]
    if rest:
        texts.append(f"and on {counted(len(rest), 'more host')}: {named(rest, 40)}")
    yield from labelled(label, texts, 3)


def _host_names(hosts: Sequence[str]) -> str:
    """Return as many names as leave room for what is said of them, which must not be cut off behind them."""
    shown = [cut(host, 40) for host in hosts[:10]]
    while len(shown) > 1 and sum(map(width, shown)) > NAMES_WIDEST:
        shown.pop()
    return named([*shown, *hosts[len(shown):]], len(shown))


def _group_text(group: Group) -> str:
    what = f" {cut(group.what, 60)}" if group.what else ""
    way_out = f" -> {group.way_out}" if group.way_out else ""
    return f"{_host_names(group.hosts)}{what}: {cut(group.reason, 180)}{cut(way_out, 120)}"


def compared_lines(compared: Comparison[_Gone] | None, line: Callable[[_Gone], str]) -> Iterator[str]:
    """Yield the findings of the earlier report that are not in this one, each as a LINE."""
    if compared is None:
        return
    if compared.error:
        yield from labelled("compared", [f"NOT compared: {compared.error}"], 4)
        return
    for past in compared.gone[:REMARKS_MOST]:
        yield padded("  gone", _INDENT) + line(past)
    for past in compared.unchecked[:REMARKS_MOST]:
        hosts = cut(named(past.unchecked_hosts, 5), 60)
        yield f"{padded('  unknown', _INDENT)}{line(past)} - not judged this time: {hosts}"
    yield (
        f"Since {cut(compared.created, 30)}: {len(compared.new)} new, {len(compared.still)} still there, "
        f"{len(compared.gone)} gone, {len(compared.unchecked)} not checked again"
    )


def _past_line(past: Past) -> str:
    owners = named([cut(owner, 30) for owner in past.owners], 4)
    return f"{cut(past.status, 12)} {cut(past.subject, 40)} on segment {cut(past.segment, 40) or 'unknown'}: {owners}"


def summary_line(report: Report) -> str:
    """Return the one line that sums it up: what was found, and among how much."""
    counts = report.summary
    total = counts["hosts_judged"] + counts["hosts_missing"]
    if not counts["hosts_judged"]:
        return f"NO VERDICT: none of {counted(total, 'host')} could be judged{_blind(report)}."
    found = f"{counted(counts['conflict'], 'conflict')}, {counts['latent']} latent, {counts['suspected']} suspected"
    harmless = f"{counts['shared']} legitimately shared"
    harmless += f", {counts['handed_over']} left to the verdict on MACs" if counts.get("handed_over") else ""
    harmless += f", {counts['excepted']} excepted" if counts["excepted"] else ""
    things = f"{counts['guests_judged']} guests, {counts[report.kind.judged]} {'MACs' if report.kind is MACS else report.kind.plural}"
    seen = f"{counts['hosts_judged']} of {counted(total, 'host')} judged ({things})"
    return f"{found} ({harmless}). {seen}{_blind(report)}."


def _blind(report: Report) -> str:
    """Return what was not judged, in numbers."""
    counts = report.summary
    parts = [
        (counts["hosts_missing"], f"{counted(counts['hosts_missing'], 'host')} MISSING"),
        (len(report.cached), f"{len(report.cached)} judged by older snapshots"),
        (counts["gaps"], counted(counts["gaps"], "gap")),
        (counts["quarantined"], f"{counted(counts['quarantined'], 'bad value')} quarantined"),
        (len(report.not_asked), f"{len(report.not_asked)} not asked"),
    ]
    return missing(parts)


def missing(parts: Sequence[tuple[int, str]]) -> str:
    """Return the end of a summary line: the texts of PARTS whose number is not zero."""
    said = [text for number, text in parts if number]
    return "; " + ", ".join(said) if said else "; nothing missing"


def failure_lines(report: Report, fail_on: Sequence[str]) -> list[str]:
    """Return a line for each finding whose status or rule is in FAIL_ON; the first ones whole, the rest counted.

    Nobody judged is nobody found clean: that fails as well, unless FAIL_ON is empty.
    """
    if fail_on and not report.summary["hosts_judged"]:
        return [visible(summary_line(report))]
    return first_lines([finding for finding in report.findings if _fails(finding, fail_on)], one_line)


def _fails(finding: Finding, fail_on: Sequence[str]) -> bool:
    """Whether FAIL_ON names the status, or the rule of a finding that is not excepted."""
    return finding.status in fail_on or (finding.status != "excepted" and finding.rule in fail_on)


def first_lines(findings: Sequence[_Finding], one: Callable[[_Finding], str]) -> list[str]:
    """Return ONE line for each of the first FINDINGS, as a terminal may show it, the rest counted."""
    rest = len(findings) - WHOLE_BLOCKS
    return [visible(one(finding)) for finding in findings[:WHOLE_BLOCKS]] + ([f"and {rest} more"] if rest > 0 else [])
