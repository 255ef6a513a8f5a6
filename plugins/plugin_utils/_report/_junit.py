"""The report as JUnit XML: one test suite a report, one test case a finding, and one for whatever is not known."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr  # nosec B406: they write XML, nothing is parsed

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import CUT, age_in_words, cut, visible
from ansible_collections.netops.layer2.plugins.plugin_utils._report._neutral import Entry, Remark, Sheet
from ansible_collections.netops.layer2.plugins.plugin_utils._report._table import block

NAME_MOST = 200  # columns of a test case's name
TEXT_MOST = 2000  # letters of one text in it
PASSED, FAILURE, ERROR, SKIPPED = "", "failure", "error", "skipped"
_HARMLESS = "shared"  # a status that nobody has to look at


@dataclass(frozen=True, slots=True)
class Case:
    """One test case. RESULT: what became of it, empty where it passed; KIND and MESSAGE say it in short, TEXT whole."""

    group: str
    name: str
    result: str
    kind: str
    message: str
    text: str


def render(sheet: Sheet) -> str:
    """Return the document. Nothing unknown passes: unread hosts, gaps and a verdict on nobody are errors."""
    cases = list(_cases(sheet))
    found = Counter(case.result for case in cases)
    counts = f'tests="{len(cases)}" failures="{found[FAILURE]}" errors="{found[ERROR]}" skipped="{found[SKIPPED]}"'
    created = sheet.covered.created.strftime("%Y-%m-%dT%H:%M:%S")
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="netops.layer2" {counts}>',
        f'<testsuite name={_attribute(sheet.title)} timestamp="{created}" {counts}>',
        *(_case(case, sheet.stem) for case in cases),
        f"<system-out>{_content(sheet.outcome.line)}</system-out>",
        "</testsuite>",
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _cases(sheet: Sheet) -> Iterator[Case]:
    yield _verdict(sheet)
    for finding in sheet.findings:
        yield _finding(finding, sheet.statuses[0])
    covered = sheet.covered
    for group, remarks in (
        ("missing", covered.missing),
        ("gap", covered.gaps),
        ("quarantined", covered.quarantined),
        ("unknown", sheet.doubts),
    ):
        yield from (_remark(group, remark, ERROR) for remark in remarks)
    yield from (_remark("note", remark, SKIPPED) for remark in covered.notes)
    for aged in covered.cached:
        yield _remark(
            "cached",
            Remark(aged.host, "", f"judged by a snapshot {age_in_words(aged.age)} old; {aged.reason}", ""),
            SKIPPED,
        )
    for host in covered.not_asked:
        yield _remark("not_asked", Remark(host, "", "left out by --limit", ""), SKIPPED)


def _verdict(sheet: Sheet) -> Case:
    """Return the case that stands for the report: an error where nobody was judged, or the comparison failed."""
    broken = sheet.comparison.error if sheet.comparison else ""
    broken = broken or (f"a partial verdict: {sheet.covered.part}" if sheet.covered.part else "")
    why = broken if sheet.outcome.counts["hosts_judged"] else sheet.headline
    return Case("verdict", sheet.title, ERROR if why else PASSED, "unknown", why, sheet.outcome.line)


def _finding(finding: Entry, worst: str) -> Case:
    """Return the case of a finding: the worst status fails always, others if they fail the run; else they are skipped.
    """
    result = FAILURE if finding.fails or finding.status == worst else PASSED if finding.status == _HARMLESS else SKIPPED
    return Case(
        "finding", finding.line, result, finding.status, finding.excepted or finding.reason, "\n".join(block(finding))
    )


def _remark(group: str, remark: Remark, result: str) -> Case:
    about = ": ".join(text for text in (remark.host, remark.what) if text) or group
    hint = f"\nWay out: {visible(remark.hint[:TEXT_MOST])}" if remark.hint else ""
    return Case(
        group,
        f"{group.replace('_', ' ')} {about}",
        result,
        group,
        remark.reason,
        visible(remark.reason[:TEXT_MOST]) + hint,
    )


def _case(case: Case, stem: str) -> str:
    start = f'<testcase classname="netops.layer2.{stem}.{case.group}" name={_attribute(cut(case.name, NAME_MOST))}'
    if case.result == PASSED:
        return start + "/>"
    message = f"message={_attribute(_shortened(case.message))}"
    if case.result == SKIPPED:
        return f"{start}>\n<skipped {message}/>\n</testcase>"
    kind = _attribute(cut(case.kind, NAME_MOST))
    return f"{start}>\n<{case.result} type={kind} {message}>{_content(case.text)}</{case.result}>\n</testcase>"


def _shortened(text: str) -> str:
    return text if len(text) <= TEXT_MOST else text[:TEXT_MOST] + CUT


def _attribute(text: str) -> str:
    """Return TEXT as a quoted attribute. What XML forbids (control characters, half surrogates) is shown as an escape.
    """
    return quoteattr(visible(text))


def _content(text: str) -> str:
    """Return TEXT, lines of it kept, as the content of an element; ]]> ends nothing, since > is escaped, too."""
    return "\n".join(escape(visible(line)) for line in text.split("\n"))
