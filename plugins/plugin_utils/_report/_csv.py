"""The report as CSV: one row per finding and owner or receiver, and one for whatever was not judged."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import visible
from ansible_collections.netops.layer2.plugins.plugin_utils._common._times import stamp
from ansible_collections.netops.layer2.plugins.plugin_utils._report._neutral import Sheet

# What spreadsheets take for the start of a formula (OWASP "CSV Injection"), the full-width forms included.
_PASSED_OVER = " \u00a0\"'"  # what spreadsheets skip before a formula
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def render(sheet: Sheet) -> str:
    """Return the rows under their header, every cell quoted, lines ending in CR LF (RFC 4180)."""
    text = io.StringIO()
    writer = csv.DictWriter(text, sheet.record_columns, restval="", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writeheader()
    created = stamp(sheet.covered.created)
    for row in _rows(sheet):
        writer.writerow({key: cell(value) for key, value in {**row, "created": created}.items()})
    return text.getvalue()


def cell(text: str) -> str:
    """Return TEXT with control characters shown, and an apostrophe before every part that a spreadsheet would
    calculate.

    Where a spreadsheet takes the semicolon for the separator, as in half of Europe, each part after one is a cell of
    its own.
    """
    return ";".join(
        "'" + visible(part) if part.lstrip(_PASSED_OVER).startswith(_FORMULA) else visible(part)
        for part in text.split(";")
    )


def _rows(sheet: Sheet) -> Iterator[Mapping[str, str]]:
    covered = sheet.covered
    for finding in sheet.findings:
        yield from finding.records
    for record, remarks in (
        ("missing", covered.missing),
        ("gap", covered.gaps),
        ("quarantined", covered.quarantined),
        ("note", covered.notes),
    ):
        for remark in remarks:
            yield {
                "record": record,
                "host": remark.host,
                sheet.remark_column: remark.what,
                "reason": remark.reason,
                "fix": remark.hint,
            }
    for section in sheet.sections:
        yield from section.records
    for aged in covered.cached:
        yield {"record": "cached", "host": aged.host, "reason": f"snapshot {aged.age} s old; {aged.reason}"}
    for host in covered.not_asked:
        yield {"record": "not_asked", "host": host}
