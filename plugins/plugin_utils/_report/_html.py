"""The report as one HTML page that needs nothing but itself; the words come from templates/, the looks from its .css and .js."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from ansible_collections.netops.layer2.plugins.plugin_utils._report._groups import grouped
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import stamp
from ansible_collections.netops.layer2.plugins.plugin_utils._report._neutral import Covered, Grid, Remark, Sheet, filled
from ansible_collections.netops.layer2.plugins.plugin_utils._report._text import CUT, age_in_words, visible

FINDINGS_MOST = 1000    # a browser stays quick with these; the page says how many more the other files list
ROWS_MOST = 1000        # rows of one grid that a page may show
LONGEST = 600           # letters of one text; the JSON in the page has it whole
_TEMPLATES = Path(__file__).resolve().parent / "templates"


def render(sheet: Sheet) -> str:
    """Return the page."""
    style, script = asset("report.css") + asset("pictures.css"), asset("report.js")
    shown = sheet.findings[:FINDINGS_MOST]
    present = Counter(finding.status for finding in shown)
    return environment().get_template("report.html.j2").render(
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


def content_policy(style: str, script: str) -> str:
    """Return a Content-Security-Policy that allows this page's own style and script, and nothing else at all."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def embedded(document: Any) -> str:
    """Return DOCUMENT as JSON that may stand in a script element: none of its characters can end or comment it out."""
    text = json.dumps(document, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _troubles(report: Covered) -> list[tuple[str, str, list[Any], int]]:
    """Return (title, what the second column is, groups of hosts, number of remarks) of all that was not judged."""
    parts = [
        ("Missing hosts", "", report.missing), ("Not read", "subset", report.gaps), ("Bad data", "field", report.quarantined),
        ("Notes", "", report.notes),
    ]
    old = tuple(Remark(aged.host, "", f"judged by a snapshot {age_in_words(aged.age)} old; {aged.reason}", "") for aged in report.cached)
    parts.insert(1, ("Older snapshots", "", old))
    return [(title, what, grouped(remarks), len(remarks)) for title, what, remarks in parts if remarks]


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


@cache
def asset(name: str) -> str:
    """Return a file of the page, as it is put into it."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")


@cache
def environment(folder: Path = _TEMPLATES) -> jinja2.Environment:
    """Return the template engine for a FOLDER of templates: everything escaped, control characters shown, an unknown name an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=_shown,
    )


def _shown(value: object) -> object:
    """Return a plain text made visible and cut; what the template marked as safe is left alone."""
    if type(value) is not str:  # Markup is a subclass of str  # pylint: disable=unidiomatic-typecheck
        return value
    return visible(value) if len(value) <= LONGEST else visible(value[:LONGEST]) + CUT
