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
from ansible_collections.netops.layer2.plugins.plugin_utils._report._drawing import draw
from ansible_collections.netops.layer2.plugins.plugin_utils._report._groups import grouped
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import Covered, Remark, Report, stamp
from ansible_collections.netops.layer2.plugins.plugin_utils._report._table import summary_line
from ansible_collections.netops.layer2.plugins.plugin_utils._report._text import CUT, age_in_words, counted, visible

FINDINGS_MOST = 1000    # a browser stays quick with these; the page says how many more the other files list
LONGEST = 600           # letters of one text; the JSON in the page has it whole
_TEMPLATES = Path(__file__).resolve().parent / "templates"


def render(report: Report) -> str:
    """Return the page."""
    style, script = asset("report.css"), asset("report.js")
    shown = report.findings[:FINDINGS_MOST]
    return environment().get_template("report.html.j2").render(
        report=report,
        created=stamp(report.created),
        policy=content_policy(style, script),
        style=style,
        script=script,
        data=embedded(report.document),
        headline=headline(report),
        summary=summary_line(report),
        tiles=[(name, report.summary[name]) for name in report.kind.statuses],
        shown=shown,
        present=Counter(finding.status for finding in shown),
        hidden=len(report.findings) - len(shown),
        open_first=sum(finding.status == "conflict" for finding in shown) <= 3,
        troubles=troubles(report),
        draw=draw,
    )


def headline(report: Report) -> tuple[str, str]:
    """Return the class and the words of the verdict in one sentence, which never call a fleet clean that was not seen."""
    counts = report.summary
    if not counts["hosts_judged"]:
        return "none", "No verdict: no host could be judged."
    if counts["conflict"]:
        return "conflict", f"{counted(counts['conflict'], 'conflict')}: {report.kind.trouble}."
    among = f"the {counted(counts['hosts_judged'], 'host')} judged"
    doubts = [f"{counts[status]} {status}" for status in ("suspected", "latent") if counts[status]]
    doubts += [f"{counted(counts['hosts_missing'], 'host')} missing"] if counts["hosts_missing"] else []
    doubts += [counted(counts["gaps"], "gap")] if counts["gaps"] else []
    if doubts:
        return "suspected", f"Not clean: {', '.join(doubts)}. No conflict is proven among {among}."
    return "clear", f"No conflict among {among}."


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


def troubles(report: Covered) -> list[tuple[str, str, list[Any], int]]:
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
