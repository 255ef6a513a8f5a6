"""Tests of the section on machines that nobody claims: in every format, with hostile names, and only where somebody
scanned.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats, _model
from ansible_collections.netops.layer2.plugins.plugin_utils._scan._unknown import machines

from ..builders import server
from .sample_reports import CREATED, HOSTILE, verdict

SCHEMA = json.loads((Path(__file__).parents[5] / "docs" / "schemas" / "report-v1.json").read_text())
MAC = "00:25:90:12:34:56"


def scanned():
    """What the filter makes of one answer of a stranger."""
    scan = {
        "schema": "netops.layer2/scan",
        "version": 1,
        "host": "vantage",
        "replies": {"rows": [f"eth0 - 192.0.2.9 {MAC} arp 1 0 0"]},
    }
    return machines(
        [server("vantage", "00:25:90:00:aa:05", "192.0.2.5/24"), server("owner", "00:25:90:00:aa:06", "192.0.2.9/24")],
        [scan],
    )


def report(found=None, of=None):
    return _model.document(
        of or verdict(), created=CREATED, collection="0.1.0", machines=scanned() if found is None else found
    )


def test_the_terminal_shows_who_where_and_what_it_took():
    text = _formats.render(report(), "table")
    assert "UNKNOWN  1 machine answered a scan that no host of the inventory claims" in text
    line = next(line for line in text.splitlines() if MAC in line)
    assert "Super Micro Computer, Inc." in line and "192.0.2.9" in line and "vantage on eth0" in line
    assert "has an address of owner" in text


def test_every_other_format_has_them():
    rows = list(csv.DictReader(io.StringIO(_formats.render(report(), "csv"))))
    assert [(row["mac"], row["kind"], row["addresses"]) for row in rows if row["record"] == "unknown_machine"] == [
        (MAC, "Super Micro Computer, Inc.", "192.0.2.9")]
    assert "netops_layer2_unknown_machines 1\n" in _formats.render(report(), "prometheus")
    page = _formats.render(report(), "html")
    assert "Unknown machines" in page and f"<code>{MAC}</code>" in page
    jsonschema.Draft202012Validator(SCHEMA["properties"]["machines"] | {"$defs": SCHEMA["$defs"]}).validate(
        report()["machines"]
    )


def test_where_nobody_scanned_nothing_is_said_and_where_all_are_known_that_is():
    without = _model.document(verdict(), created=CREATED, collection="0.1.0")
    for name in _formats.FORMATS:
        assert "nknown machines" not in _formats.render(without, name) and "unknown_machine" not in _formats.render(
            without, name
        )
    known = report({**scanned(), "unknown": []})
    assert "Everybody who answered the scan is known." in _formats.render(known, "html")
    assert "netops_layer2_unknown_machines 0\n" in _formats.render(known, "prometheus")
    assert "UNKNOWN" not in _formats.render(known, "table")


@pytest.mark.parametrize("text", HOSTILE)
def test_names_from_the_network_are_data(text):
    found = scanned()
    found["unknown"] = [
        {**found["unknown"][0], "vendor": text, "behind": text, "seen_by": [text], "held_by": [text]}
    ] * 50
    page = _formats.render(report(found), "html")
    assert "<script>alert" not in page and "<img src=x" not in page
    table = _formats.render(report(found), "table")
    assert "\x1b" not in table and "\u202e" not in table and "and 10 more in the report files" in table
    assert all(
        not row["kind"].startswith(("=", "@"))
        for row in csv.DictReader(io.StringIO(_formats.render(report(found), "csv")))
    )


def test_what_is_no_list_of_machines_is_refused():
    with pytest.raises(ReportError, match=r"report.machines.schema: expected netops.layer2/machines"):
        _formats.check(report({"schema": "x", "version": 1}))
