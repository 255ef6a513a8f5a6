"""The report as one HTML page that needs nothing but itself; the words come from templates/, the looks from its .css
and .js.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._common._pages import content_policy, embedded, environment
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import age_in_words
from ansible_collections.netops.layer2.plugins.plugin_utils._common._times import stamp
from ansible_collections.netops.layer2.plugins.plugin_utils._report._groups import grouped
from ansible_collections.netops.layer2.plugins.plugin_utils._report._neutral import Covered, Grid, Remark, Sheet, filled

FINDINGS_MOST = 1000    # a browser stays quick with these; the page says how many more the other files list
ROWS_MOST = 1000        # rows of one grid that a page may show
_TEMPLATES = Path(__file__).resolve().parent / "templates"


def render(sheet: Sheet) -> str:
    """Return the page."""
    style, script = asset("report.css") + asset("pictures.css"), asset("report.js")
    shown = sheet.findings[:min(FINDINGS_MOST, sheet.drawn_most)]
    present = Counter(finding.status for finding in shown)
    return environment(_TEMPLATES).get_template("report.html.j2").render(
        sheet=sheet,
        created=stamp(sheet.covered.created),
        policy=content_policy(style, script),
        style=style,
        script=script,
        data=embedded(sheet.covered.document),
        tiles=[(status, sheet.outcome.counts[status]) for status in sheet.statuses],
        shown=shown,
        present=present,
        hidden=len(sheet.findings) - len(shown),
        open_first=present[sheet.statuses[0]] <= 3,
        troubles=_troubles(sheet.covered),
        columns_of=_columns,
    )


def _columns(grid: Grid) -> list[int]:
    """Return the places of the columns that a page shows."""
    used = filled(grid.columns, grid.rows[:ROWS_MOST])
    return [place for place, column in enumerate(grid.columns) if place in used or not column.optional]


def _troubles(report: Covered) -> list[tuple[str, str, list[Any], int]]:
    """Return (title, what the second column is, groups of hosts, number of remarks) of all that was not judged."""
    parts = [
        ("Missing hosts", "", report.missing),
        ("Not read", "subset", report.gaps),
        ("Bad data", "field", report.quarantined),
        ("Notes", "", report.notes),
    ]
    old = tuple(
        Remark(aged.host, "", f"judged by a snapshot {age_in_words(aged.age)} old; {aged.reason}", "")
        for aged in report.cached
    )
    parts.insert(1, ("Older snapshots", "", old))
    return [(title, what, grouped(remarks), len(remarks)) for title, what, remarks in parts if remarks]


@cache
def asset(name: str) -> str:
    """Return a file of the page, as it is put into it."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")
