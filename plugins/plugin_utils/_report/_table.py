"""The report on a terminal: one block per finding, then what was not seen, then one line that sums it up."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import (
    age_in_words,
    counted,
    cut,
    named,
    padded,
    width,
    wrapped,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._report._groups import Group, grouped
from ansible_collections.netops.layer2.plugins.plugin_utils._report._neutral import (
    NAMES,
    Aged,
    Cell,
    Column,
    Comparison,
    Covered,
    Ended,
    Entry,
    Grid,
    Part,
    Remark,
    Section,
    Sheet,
    filled,
)

COLUMNS = 100
WHOLE_BLOCKS = 20       # findings shown in full; the following ones take a line each
LINES_MOST = 60         # findings that take a line; more are counted, the files hold them all
ROWS_MOST = 12          # owners and the like of one finding
SECTION_ROWS_MOST = 40  # rows of a section beside the findings
TEXTS_MOST = 4          # sentences of one part, such as the evidence
FIX_LINES_MOST = 6      # lines of one fix
NAMES_MOST = 8          # names of one part
REMARKS_MOST = 12
REMARK_LINES_MOST = 6   # room for the names, the reason and the way out, each of which is cut by itself
NAMES_WIDEST = 100      # columns of hosts' names before the remark that is about them
_INDENT = 13            # where the text of a labelled line starts


def render(sheet: Sheet, columns: int = COLUMNS) -> str:
    """Return the whole table, its texts broken into lines of COLUMNS, ending in a newline."""
    lines = [
        *_blocks(sheet.listed, columns),
        *(line for section in sheet.sections for line in _section(section)),
        *_coverage(sheet.covered, columns),
        *_compared(sheet.comparison, columns),
        sheet.outcome.line,
    ]
    return "\n".join(lines) + "\n"


def _blocks(findings: Sequence[Entry], columns: int) -> Iterator[str]:
    """Yield the most serious findings whole, then one line for each further one."""
    for finding in findings[:WHOLE_BLOCKS]:
        yield from block(finding, columns)
        yield ""
    rest = findings[WHOLE_BLOCKS:]
    yield from (finding.line for finding in rest[:LINES_MOST])
    if len(rest) > LINES_MOST:
        yield f"... and {counted(len(rest) - LINES_MOST, 'more finding')}; the report files list them all"
    if rest:
        yield ""


def block(finding: Entry, columns: int = COLUMNS) -> Iterator[str]:
    """Yield all that a terminal shows of a finding, cut and safe."""
    marks = [mark for mark in (cut(finding.confidence, 12), finding.change) if mark]
    yield finding.headline + (f"  [{', '.join(marks)}]" if marks else "")
    yield from _labelled("", [finding.reason], finding.reason_lines, columns)
    yield from _grid(finding.grid)
    for part in finding.parts:
        if not part.files:
            yield from _labelled(part.label, _texts(part), part.lines, columns)
    yield from _command("fix", finding.fix)


def _texts(part: Part) -> Sequence[str]:
    """Return the first texts of a part; further ones are counted."""
    if part.form == NAMES:
        return [named(part.texts, NAMES_MOST)] if part.texts else []
    more = len(part.texts) - TEXTS_MOST
    return [*part.texts[:TEXTS_MOST], *([f"and {more} more in the report files"] if more > 0 else [])]


def _grid(grid: Grid) -> Iterator[str]:
    """Yield the rows as aligned columns, those columns left out that nobody fills."""
    rows = grid.rows[:ROWS_MOST]
    shown = [place for place in filled(grid.columns, rows) if not grid.columns[place].files]
    columns = [grid.columns[place] for place in shown]
    table = [[column.terminal or column.title.upper() for column in columns],
             *([_cell(row[place], column) for place, column in zip(shown, columns, strict=True)] for row in rows)]
    if rows:
        yield from _aligned(table)
    if len(grid.rows) > ROWS_MOST:
        yield f"    and {counted(len(grid.rows) - ROWS_MOST, f'more {grid.noun}')} in the report"


def _aligned(table: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows of TABLE, the head included, each column as wide as its widest cell."""
    widths = [max(map(width, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield "    " + "  ".join(map(padded, row, widths)).rstrip()


def _cell(cell: Cell, column: Column) -> str:
    return cut(named(cell, column.names), column.widest) or "-"


def _section(section: Section) -> Iterator[str]:
    """Yield a section of rows, nothing where it has none."""
    if not section.grid.rows:
        return
    columns = [(place, column) for place, column in enumerate(section.grid.columns) if not column.files]
    yield section.line
    yield "   " + "  ".join(padded(column.title.upper(), column.widest) for _place, column in columns).rstrip()
    for row, remarks in list(zip(section.grid.rows, section.remarks, strict=True))[:SECTION_ROWS_MOST]:
        yield "   " + "  ".join(padded(_cell(row[place], column), column.widest) for place, column in columns).rstrip()
        yield from (f"      {cut(remark, 90)}" for remark in remarks)
    if len(section.grid.rows) > SECTION_ROWS_MOST:
        yield f"   and {len(section.grid.rows) - SECTION_ROWS_MOST} more in the report files"
    yield ""


def _labelled(label: str, texts: Sequence[str], lines: int, columns: int) -> Iterator[str]:
    """Yield TEXTS, each broken into at most LINES lines, with LABEL before the first; several get a dash each."""
    start = _INDENT if label else 2
    lead = padded(f"  {label}", start)
    dash = "- " if len(texts) > 1 else ""
    for text in texts:
        for position, line in enumerate(wrapped(text, columns - start - len(dash), lines)):
            yield lead + (" " * len(dash) if position else dash) + line
            lead = " " * start


def _command(label: str, text: str) -> Iterator[str]:
    """Yield a command: each line of it whole, so that it can be copied; cut only where it is absurdly long."""
    lead = padded(f"  {label}", _INDENT)
    lines = text.splitlines()
    shown = (
        lines if len(lines) <= FIX_LINES_MOST else [*lines[: FIX_LINES_MOST - 1], "and more ways in the report files"]
    )
    for line in shown:
        yield lead + cut(line, 400)
        lead = " " * _INDENT


def _coverage(covered: Covered, columns: int) -> Iterator[str]:
    """Yield who and what was not judged: this never goes unsaid."""
    yield from _remarks("missing", covered.missing, columns)
    yield from _labelled("cached", [_cached(covered.cached)] if covered.cached else [], 4, columns)
    yield from _remarks("not read", covered.gaps, columns)
    yield from _remarks("bad data", covered.quarantined, columns)
    yield from _remarks("note", covered.notes, columns)
    if covered.not_asked:
        yield from _labelled("not asked", [f"{named(covered.not_asked, 20)} (left out by --limit)"], 3, columns)
    if covered.missing or covered.gaps or covered.quarantined or covered.notes or covered.not_asked or covered.cached:
        yield ""


def _cached(aged: Sequence[Aged]) -> str:
    """Return who was judged by older snapshots, what is most important first, since the rest may be cut off."""
    oldest = aged[0]
    newest = f", the newest {age_in_words(aged[-1].age)}" if len(aged) > 1 else ""
    hosts = named([f"{cut(each.host, 40)} ({age_in_words(each.age)})" for each in aged], 8)
    ages = f"the oldest {age_in_words(oldest.age)} old{newest}"
    judged = f"{counted(len(aged), 'host')} judged by a snapshot of an earlier run"
    return f"{judged}, {ages}: {hosts}; {cut(oldest.reason, 120)}"


def _remarks(label: str, remarks: Sequence[Remark], columns: int) -> Iterator[str]:
    """Yield remarks, hosts with the same trouble in one; what is too much is counted and its hosts named."""
    groups = grouped(remarks)
    texts = [_group_text(group) for group in groups[:REMARKS_MOST]]
    rest = list(dict.fromkeys(host for group in groups[REMARKS_MOST:] for host in group.hosts))
    if rest:
        more = counted(len(groups) - REMARKS_MOST, "more reason")
        texts.append(f"and {more} on {counted(len(rest), 'host')}: {named(rest, 40)}")
    yield from _labelled(label, texts, REMARK_LINES_MOST, columns)


def _host_names(hosts: Sequence[str]) -> str:
    """Return as many names as leave room for what is said of them, which must not be cut off behind them."""
    shown = [cut(host, 40) for host in hosts[:10]]
    while len(shown) > 1 and sum(map(width, shown)) > NAMES_WIDEST:
        shown.pop()
    return named([*shown, *hosts[len(shown):]], len(shown))


def _group_text(group: Group) -> str:
    what = f" {cut(group.what, 60)}" if group.what else ""
    # A reason from a task ends with its hint, which must not be cut off with a long reason.
    reason, arrow, hint = group.reason.rpartition(" -> ") if not group.hint else (group.reason, " -> ", group.hint)
    return f"{_host_names(group.hosts)}{what}: {cut(reason or hint, 180)}{cut(arrow + hint if arrow else '', 160)}"


def _compared(compared: Comparison[Ended] | None, columns: int) -> Iterator[str]:
    """Yield the findings of the earlier report that are not in this one, a line each."""
    if compared is None:
        return
    if compared.error:
        yield from _labelled("compared", [f"NOT compared: {compared.error}"], 4, columns)
        return
    for past in compared.gone[:REMARKS_MOST]:
        yield padded("  gone", _INDENT) + past.line
    for past in compared.unchecked[:REMARKS_MOST]:
        hosts = cut(named(past.unchecked_hosts, 5), 60)
        yield f"{padded('  unknown', _INDENT)}{past.line} - not judged this time: {hosts}"
    yield (
        f"Since {cut(compared.created, 30)}: {len(compared.new)} new, {len(compared.still)} still there, "
        f"{len(compared.gone)} gone, {len(compared.unchecked)} not checked again"
    )
