"""The formats of a report: one row each. A new format is a file with a `render` and its row here."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import Fields, ReportError, check_schema
from ansible_collections.netops.layer2.plugins.plugin_utils._report import (
    _csv,
    _floods,
    _html,
    _json,
    _junit,
    _prometheus,
    _table,
    _users,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._report._flood_model import FloodReport, parse_floods
from ansible_collections.netops.layer2.plugins.plugin_utils._report._kinds import FLOODS, MACS, USERS, Kind, kind_of
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import SCHEMA, VERSION, Report, parse
from ansible_collections.netops.layer2.plugins.plugin_utils._report._neutral import Sheet
from ansible_collections.netops.layer2.plugins.plugin_utils._report._summary import summarise


@dataclass(frozen=True, slots=True)
class Format:
    """How the names of its files end, what draws a report of any family, and whether it is written where nobody chose
    formats.
    """

    ending: str
    render: Callable[[Sheet], str]
    by_default: bool = True


FORMATS: dict[str, Format] = {
    "table": Format(".txt", _table.render),
    "json": Format(".json", _json.render),
    "csv": Format(".csv", _csv.render),
    "prometheus": Format(".prom", _prometheus.render),
    "html": Format(".html", _html.render),
    "junit": Format(".junit.xml", _junit.render, by_default=False),
}


@dataclass(frozen=True, slots=True)
class Family:
    """How reports of one family of verdicts are opened, and put into neutral terms, with the statuses that fail the
    run.
    """

    parse: Callable[[object], Any]
    sheet: Callable[[Any, Sequence[str]], Sheet]


FAMILIES: Mapping[str, Family] = {
    USERS: Family(parse, _users.sheet),
    FLOODS: Family(parse_floods, _floods.sheet),
}


def defaults() -> list[str]:
    """Return the formats that are written where nobody chose any."""
    return [name for name, form in FORMATS.items() if form.by_default]


def render(document: object, name: str, fail_on: Sequence[str] = ()) -> str:
    """Return the report DOCUMENT in the format NAME; raise ReportError for an unknown format or a broken document.

    FAIL_ON: statuses that fail the run, for formats that tell which finding does.
    """
    return drawn(_sheet(document, fail_on), name)


def drawn(sheet: Sheet, name: str) -> str:
    """Return SHEET, whoever made it, in the format NAME; raise ReportError for an unknown one."""
    return _known(name).render(sheet)


def on_screen(document: object, columns: int) -> str:
    """Return the table of the report DOCUMENT for a terminal of so many COLUMNS; raise ReportError for a broken
    document.
    """
    return _table.render(_sheet(document, ()), columns)


def summary(document: object, fail_on: Sequence[str] = ()) -> dict[str, Any]:
    """Return the figures of the report DOCUMENT, and a line for each finding whose status is in FAIL_ON."""
    return summarise(_sheet(document, fail_on))


def _sheet(document: object, fail_on: Sequence[str]) -> Sheet:
    family = _family(document)
    return family.sheet(family.parse(document), fail_on)


def opened(document: object) -> Report | FloodReport:
    """Return the typed view of a report DOCUMENT of any kind; raise ReportError where it is none."""
    report: Report | FloodReport = _family(document).parse(document)
    return report


def check(document: object) -> None:
    """Raise ReportError where DOCUMENT is no report that can be drawn."""
    _family(document).parse(document)


def file_name(name: str, document: object = None) -> str:
    """Return the name of the file for the format NAME; DOCUMENT says which kind of report it is."""
    kind = MACS if document is None else _kind(document)
    return kind.stem + _known(name).ending


def _family(document: object) -> Family:
    return FAMILIES[_kind(document).family]


def _kind(document: object) -> Kind:
    fields = Fields.of(document, "report")
    check_schema(fields.data, SCHEMA, VERSION, "report")
    return kind_of(fields.nested("verdict").data, "report.verdict")


def _known(name: Any) -> Format:
    if name not in FORMATS:
        raise ReportError(f"unknown report format {str(name)[:40]!r}; choose from {', '.join(FORMATS)}")
    return FORMATS[name]
