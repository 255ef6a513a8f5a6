"""A trace in the formats of reports: each holds what the document does, escapes strangers, and calls nothing clean that
is not known.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io
import json
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._trace import _html, _text
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._formats import render
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._sheet import STATUSES, sheet

from .._report.sample_reports import HOSTILE
from .sample_traces import lossy, verdict

UNREAD = {"host": "hv2", "subset": "captures", "reason": "unreachable", "hint": "look at SSH"}
PASSING = {"subset": "passing", "reason": "7 packets belong to no conversation", "hint": "name source and destination"}


def cases(trace: dict[str, Any]) -> list[tuple[str, str]]:
    """(last part of the class name, result) of each case of the JUnit XML; an empty result where it passed."""
    suite = ElementTree.fromstring(render(trace, "junit").encode())[0]
    found = suite.findall("testcase")
    results = [(case.get("classname", "").rpartition(".")[2], case[0].tag if len(case) else "") for case in found]
    for name, result in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(name, "")) == sum(tag == result for _group, tag in results)
    return results


def rows(trace: dict[str, Any]) -> list[dict[str, str]]:
    """The rows of the CSV."""
    return list(csv.DictReader(io.StringIO(render(trace, "csv"))))


def test_text_and_page_are_those_of_traces() -> None:
    trace = lossy()
    assert render(trace, "table") == _text.render(trace) and render(trace, "html") == _html.render(trace)
    assert json.loads(render(trace, "json")) == trace


@pytest.mark.parametrize("name", _formats.FORMATS)
def test_any_format_can_draw_what_a_trace_comes_to(name: str) -> None:
    for status in STATUSES:
        trace = lossy(verdict=verdict(status), gaps=[UNREAD, PASSING])
        text = _formats.drawn(sheet(trace), name)
        if name != "prometheus":
            assert "So it is." in text and "unreachable" in text
        assert status in text.lower() or status == "clean"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("clean", [("verdict", "")]),
        ("loss", [("verdict", ""), ("finding", "failure")]),
        ("astray", [("verdict", ""), ("finding", "failure")]),
        ("unanswered", [("verdict", ""), ("finding", "failure")]),
        ("late", [("verdict", ""), ("finding", "failure")]),
        ("cannot_tell", [("verdict", ""), ("finding", "skipped"), ("unknown", "error")]),
        ("nothing_seen", [("verdict", ""), ("finding", "skipped"), ("unknown", "error")]),
    ],
)
def test_a_ci_server_is_told_nothing_clean_that_is_not(status: str, expected: list[tuple[str, str]]) -> None:
    assert cases(lossy(verdict=verdict(status), gaps=[])) == expected
    limited = [*expected[:2], ("gap", "error"), *expected[2:], ("note", "skipped")]
    assert cases(lossy(verdict=verdict(status), gaps=[PASSING, UNREAD])) == limited


def test_a_row_for_the_verdict_each_hop_point_and_gap() -> None:
    trace = lossy(gaps=[UNREAD, PASSING])
    assert [row["record"] for row in rows(trace)] == [
        "gap", "note", "verdict", "hop", "hop", "point", "point", *["macs"] * 6,
    ]
    gap, _note, said, hop, *_rest = rows(trace)
    assert (gap["host"], gap["subset"], gap["reason"], gap["fix"]) == ("hv2", "captures", "unreachable", "look at SSH")
    assert (said["status"], said["packets"], said["reason"]) == ("loss", "71", trace["verdict"]["sentence"])
    assert (hop["sent"], hop["seen"], hop["lost"], hop["delay_p50"]) == ("42", "34", "8", "0.000026000")


def test_delays_that_nobody_knows_are_left_empty() -> None:
    trace = lossy()
    for way in trace["ways"]:
        for hop in way["hops"]:
            hop["delay"] = None
    assert {row["delay_p50"] for row in rows(trace)} == {""}
    assert "trace_delay_seconds" not in render(trace, "prometheus")


def test_two_points_that_are_called_alike_stay_two_series() -> None:
    trace = lossy()
    for point in trace["points"]:
        point["label"] = "web"
    hops = trace["ways"][0]["hops"]
    hops.append({**hops[0], "from": hops[0]["to"], "to": hops[0]["from"]})
    series = [line.partition("} ")[0] for line in render(trace, "prometheus").splitlines() if not line.startswith("#")]
    assert len(series) == len(set(series))


@pytest.mark.parametrize("name", _formats.FORMATS)
@pytest.mark.parametrize("said", [*HOSTILE, "=1+1", "]]></testcase><x>", 'a"} 1\nx{b="', "\x1b[2J"])
def test_what_strangers_name_is_text(name: str, said: str) -> None:
    trace = lossy(verdict={"status": "loss", "sentence": said, "evidence": [said]})
    trace["gaps"] = [{"point": said, "subset": said, "reason": said, "hint": said}]
    for point in trace["points"]:
        point.update(label=said, host=said, interface=said)
    for text in (render(trace, name), _formats.drawn(sheet(trace), name)):
        assert "\x1b" not in text
        if name == "junit":
            assert {child.tag for child in ElementTree.fromstring(text.encode()).iter()} <= {
                "testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out",
            }
        if name == "csv":
            assert not any(cell.startswith("=") for row in csv.reader(io.StringIO(text)) for cell in row)
        if name == "prometheus":
            assert all(line.startswith(("#", "netops_layer2_trace_")) for line in text.splitlines())
        if name == "html":
            assert not any(element in text for element in ("<x>", "<img", "<script>alert"))
