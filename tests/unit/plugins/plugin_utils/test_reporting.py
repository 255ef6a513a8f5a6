"""What is taken for a report: a document, its JSON text, a verdict; and what an earlier report that is of no use costs.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._reporting import as_report, compared

from ._report.sample_reports import address_verdict, document, verdict

FLOODS = json.loads((Path(__file__).parent / "_report" / "golden" / "flood_verdict.json").read_text())


@pytest.mark.parametrize("made", [verdict(), address_verdict(), FLOODS])
def test_a_verdict_of_any_kind_becomes_a_report_without_circumstances(made: dict[str, Any]) -> None:
    report = as_report(made)
    assert report["verdict"] == made == as_report(json.dumps(made))["verdict"]
    assert (report["target"], report["notes"], report["comparison"]) == ("", [], None)
    assert {name: bool(_formats.render(report, name)) for name in _formats.FORMATS} == dict.fromkeys(
        _formats.FORMATS, True
    )


def test_a_report_stays_what_it_is() -> None:
    made = document(about={"target": "all"})
    assert as_report(made) == made == as_report(_formats.render(made, "json"))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("no json", "this is no JSON"),
        ("[" * 100_000, "this is no JSON"),
        (5, "give a verdict"),
        ([], "give a verdict"),
        ({}, "schema"),
        ({"schema": "x"}, "schema"),
        ({**verdict(), "version": 2}, "version"),
        ({**document(), "version": 2}, "version"),
        ({"a": object()}, "hold a"),
    ],
)
def test_what_is_neither_is_refused(given: object, says: str) -> None:
    with pytest.raises(ReportError, match=says):
        as_report(given)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"status": "burning"}, "status"),
        ({"bits_per_second": "much"}, "bits_per_second"),
        ({"receivers": [{"series": [1]}]}, "series"),
        ({"evidence": "none"}, "evidence"),
    ],
)
def test_a_broken_verdict_is_named_by_its_place(change: dict[str, Any], says: str) -> None:
    broken = copy.deepcopy(FLOODS)
    broken["findings"][0].update(change)
    with pytest.raises(ReportError, match=rf"findings\[0\].*{says}"):
        as_report(broken)


def test_an_earlier_report_that_is_not_there_costs_no_verdict() -> None:
    made = compared(document(), "/nowhere/report.json")
    assert made["verdict"] == document()["verdict"]
    assert (
        made["comparison"]["path"] == "/nowhere/report.json"
        and "/nowhere/report.json" in _formats.summary(made)["compare_error"]
    )
