"""The comparison with an earlier report: new, still there, gone, not looked at; and earlier files that cannot be used.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError
from ansible_collections.netops.layer2.plugins.plugin_utils._report._compare import (
    compare,
    not_compared,
    read_earlier,
    same_verdict,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._report._formats import render, summary
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import parse

from .sample_reports import document, finding, owner


def compared(now, earlier):
    text = render(earlier, "json")
    return compare(parse(now), read_earlier(text, "old.json"), "old.json")


def test_new_still_and_gone():
    found = compared(
        document([finding("a"), finding("b", "conflict")]), document([finding("b", "latent"), finding("c")])
    )
    assert found["new"] == ["a"]
    assert found["still"] == [{"id": "b", "status_before": "latent"}]
    assert [(past["id"], past["owners"]) for past in found["gone"]] == [("c", ["hv1/web30", "hv2/web25"])]
    assert found["unchecked"] == []


def test_what_was_not_looked_at_is_not_gone():
    earlier = document([finding("c", owners=[owner("hv1"), owner("hv7")])])
    found = compared(document([], missing=[{"host": "hv7", "reason": "unreachable"}]), earlier)
    assert found["gone"] == []
    assert [(past["id"], past["unchecked_hosts"]) for past in found["unchecked"]] == [("c", ["hv7"])]


def test_legitimate_and_excepted_findings_are_not_compared():
    excepted = finding("b", exception={"reason": "known", "expires": "2027-01-01"})
    found = compared(document([]), document([finding("a", "shared"), excepted]))
    assert found["gone"] == []


@pytest.mark.parametrize(("text", "problem"), [
    ("", "the file is empty"),
    (render(document(), "json")[:-200], "cut off"),
    ('{"schema": "netops.layer2/report", "ver', "cut off"),
    ("hello", "not JSON (line 1, column 1"),
    ("[]", "expected an object, found a list"),
    ('{"schema": "other"}', "expected netops.layer2/report, found 'other'"),
    (json.dumps({**document(), "version": 2}), "2 is newer than 1"),
    (json.dumps({**document(), "version": "1"}), "report.version: expected 1, found '1'"),
    (json.dumps({**document(), "verdict": []}), "report.verdict: expected an object, found a list"),
    (json.dumps({**document(), "created": "yesterday"}), "report.created: expected a time such as"),
    (json.dumps(document()).replace('"status": "conflict"', '"status": "odd"'), "'odd' is none of"),
    ("[" * 100000, "nested too deeply"),
])
def test_an_earlier_file_that_cannot_be_used_is_named_with_the_hint(text, problem):
    with pytest.raises(ReportError) as caught:
        read_earlier(text, "/srv/old.json")
    message = str(caught.value)
    assert message.startswith("cannot compare with /srv/old.json: ")
    assert problem in message
    assert "run without report_compare_with" in message


def test_what_tables_forgot_meanwhile_is_no_other_verdict():
    seen = document(
        [
            finding(
                evidence=["hv1: the FDB of br0 has it on port eth0"], seen_with=[], confidence="high", segment_proof=[]
            )
        ]
    )
    assert same_verdict(document([finding()]), seen)
    assert not same_verdict(document([finding()]), document([finding(status="latent")]))
    assert not same_verdict(document([finding()]), document([finding(owners=[])]))


def test_the_same_verdict_at_another_time_is_the_same():
    assert same_verdict(document(), {**document(), "created": "2027-01-01T00:00:00Z", "comparison": {"path": "x"}})
    assert not same_verdict(document(), document([]))
    assert not same_verdict(document(), document(missing=[{"host": "x", "reason": "y"}]))


def test_a_comparison_that_failed_is_said_in_every_format_and_never_looks_like_no_change():
    made = {**document(), "comparison": not_compared("old.json", "cannot compare with old.json: cut off")}
    assert "NOT compared: cannot compare with old.json: cut off" in render(made, "table")
    assert "Not compared: cannot compare with old.json: cut off" in render(made, "html")
    assert "0 new" not in render(made, "table") + render(made, "html")
    assert "findings_changed" not in render(made, "prometheus")
    assert summary(made)["compare_error"] == "cannot compare with old.json: cut off"
