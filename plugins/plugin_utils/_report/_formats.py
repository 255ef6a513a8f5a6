"""The formats of a report: one row each. A new format is a file with a `render` and its row here."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._report import (
    _csv,
    _flood_csv,
    _flood_html,
    _flood_prometheus,
    _flood_table,
    _html,
    _json,
    _prometheus,
    _table,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._report._fields import ReportError
from ansible_collections.netops.layer2.plugins.plugin_utils._report._flood_model import FloodReport, parse_floods
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import Report, is_of_floods, parse


@dataclass(frozen=True, slots=True)
class Format:
    """How a report is drawn, and the name of the file that holds it."""

    render: Callable[[Any], str]
    file_name: str


FORMATS: Mapping[str, Format] = {
    "table": Format(_table.render, "layer2-report.txt"),
    "json": Format(_json.render, "layer2-report.json"),
    "csv": Format(_csv.render, "layer2-report.csv"),
    "prometheus": Format(_prometheus.render, "layer2-report.prom"),
    "html": Format(_html.render, "layer2-report.html"),
}
# The same formats of a report on floods; other files, so that both fit into one folder.
FLOOD_FORMATS: Mapping[str, Format] = {
    "table": Format(_flood_table.render, "layer2-flooding.txt"),
    "json": Format(_json.render, "layer2-flooding.json"),
    "csv": Format(_flood_csv.render, "layer2-flooding.csv"),
    "prometheus": Format(_flood_prometheus.render, "layer2-flooding.prom"),
    "html": Format(_flood_html.render, "layer2-flooding.html"),
}


def opened(document: object) -> Report | FloodReport:
    """Return the typed view of a report DOCUMENT of either kind; raise ReportError for a broken one."""
    return parse_floods(document) if _is_of_floods(document) else parse(document)


def render(document: object, name: str) -> str:
    """Return the report DOCUMENT in the format NAME; raise ReportError for an unknown format or a broken document."""
    return _known(document, name).render(opened(document))


def check(document: object) -> None:
    """Raise ReportError where DOCUMENT is no report that can be drawn."""
    opened(document)


def file_name(name: str, document: object = None) -> str:
    """Return the name of the file for the format NAME; DOCUMENT says which kind of report it is."""
    return _known(document, name).file_name


def _is_of_floods(document: object) -> bool:
    return isinstance(document, Mapping) and is_of_floods(document.get("verdict"))


def _known(document: object, name: Any) -> Format:
    formats = FLOOD_FORMATS if _is_of_floods(document) else FORMATS
    if name not in formats:
        raise ReportError(f"unknown report format {str(name)[:40]!r}; choose from {', '.join(formats)}")
    return formats[name]
