"""The formats of a report: one row each. A new format is a file with a `render` and its row here."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._report import _csv, _html, _json, _prometheus, _table
from ansible_collections.netops.layer2.plugins.plugin_utils._report._fields import ReportError
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import Report, parse


@dataclass(frozen=True, slots=True)
class Format:
    """How a report is drawn, and the name of the file that holds it."""

    render: Callable[[Report], str]
    file_name: str


FORMATS: Mapping[str, Format] = {
    "table": Format(_table.render, "layer2-report.txt"),
    "json": Format(_json.render, "layer2-report.json"),
    "csv": Format(_csv.render, "layer2-report.csv"),
    "prometheus": Format(_prometheus.render, "layer2-report.prom"),
    "html": Format(_html.render, "layer2-report.html"),
}


def render(document: object, name: str) -> str:
    """Return the report DOCUMENT in the format NAME; raise ReportError for an unknown format or a broken document."""
    return _known(name).render(parse(document))


def check(document: object) -> None:
    """Raise ReportError where DOCUMENT is no report that can be drawn."""
    parse(document)


def file_name(name: str) -> str:
    """Return the name of the file for the format NAME."""
    return _known(name).file_name


def _known(name: Any) -> Format:
    if name not in FORMATS:
        raise ReportError(f"unknown report format {str(name)[:40]!r}; choose from {', '.join(FORMATS)}")
    return FORMATS[name]
