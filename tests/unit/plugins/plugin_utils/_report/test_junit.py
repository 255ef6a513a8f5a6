"""JUnit XML of every kind of report: valid whatever the network says, and nothing unknown passes."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._report._compare import not_compared
from hypothesis import given, settings

from .sample_reports import (
    HOSTILE,
    address_verdict,
    document,
    finding,
    flood,
    flood_verdict,
    hostile_documents,
    verdict,
    words,
    wrapped,
)

RESULTS = ("failure", "error", "skipped")
EMPTY = {
    "macs": verdict([]),
    "addresses": address_verdict([]),
    "floods": flood_verdict([], sampled=["near1", "near2", "server"]),
}


def suite(made, fail_on=()):
    """The one test suite of a report, its counts checked against its cases."""
    root = ElementTree.fromstring(_formats.render(made, "junit", fail_on).encode())
    assert root.tag == "testsuites" and [child.tag for child in root] == ["testsuite"]
    found = root[0]
    for element in (root, found):
        assert int(element.get("tests")) == len(found.findall("testcase"))
        for result, counted in zip(RESULTS, ("failures", "errors", "skipped"), strict=True):
            assert int(element.get(counted)) == len(found.findall(f"testcase/{result}"))
    return found


def results(made, fail_on=()):
    """(last part of the class name, result) of each case; an empty result where it passed."""
    return [
        (case.get("classname").rpartition(".")[2], case[0].tag if len(case) else "")
        for case in suite(made, fail_on).findall("testcase")
    ]


def test_a_conflict_fails_with_all_that_a_terminal_shows():
    found = suite(document([finding()]))
    assert (found.get("name"), found.get("timestamp")) == ("Duplicate MAC addresses", "2026-11-21T03:12:45")
    case = found.findall("testcase")[1]
    assert case.get("classname") == "netops.layer2.layer2-report.finding"
    assert case.get("name") == "conflict 52:54:00:0c:1d:f5 on segment 192.168.100.0/23: hv1/web30, hv2/web25"
    assert case[0].attrib == {"type": "conflict", "message": "Two running guests use this MAC on one segment."}
    assert "hv2   web25  vnet3" in case[0].text and "ansible-playbook netops.layer2.fix_dup_mac" in case[0].text
    assert found.findtext("system-out").startswith("1 conflict, 0 latent")


@pytest.mark.parametrize(
    ("status", "fail_on", "result"),
    [
        ("conflict", [], "failure"),
        ("latent", [], "skipped"),
        ("latent", ["latent"], "failure"),
        ("suspected", ["latent"], "skipped"),
        ("suspected", ["suspected"], "failure"),
        ("shared", [], ""),
        ("shared", ["shared"], "failure"),
    ],
)
def test_what_fails_is_what_fails_the_run_and_every_conflict(status, fail_on, result):
    assert results(document([finding(status=status)]), fail_on) == [("verdict", ""), ("finding", result)]


def test_what_the_operator_excepted_is_skipped_and_a_rule_can_fail():
    excepted = document([finding(exception={"reason": "known", "expires": "2027-01-01"})])
    assert results(excepted, ["conflict"])[1] == ("finding", "skipped")
    assert (
        suite(excepted).find("testcase/skipped").get("message") == "Excepted until 2027-01-01: known (judged conflict)"
    )
    assert results(document([finding(status="latent", rule="probably_one_segment")]), ["probably_one_segment"])[1] == (
        "finding",
        "failure",
    )
    assert results(wrapped(flood_verdict([flood(), flood("f2", "latent")], sampled=["near1", "near2", "server"])))[
        1:
    ] == [("finding", "failure"), ("finding", "skipped")]


@pytest.mark.parametrize("made", EMPTY.values(), ids=EMPTY)
def test_nothing_unknown_passes(made):
    assert results(wrapped(made)) == [("verdict", "")]
    remarks = {
        "missing": [{"host": "hv9", "reason": "unreachable"}],
        "gaps": [{"host": "hv1", "subset": "guests", "reason": "x", "hint": "y"}],
        "quarantined": [{"host": "hv1", "field": "mac", "problem": "x"}],
    }
    dim = {**made, "coverage": {**made["coverage"], **remarks}}
    cached, about = {"hv2": (7200.0, "unreachable")}, {"notes": {"hv3": "read without root"}, "not_asked": ["db1"]}
    assert results(wrapped(dim, cached=cached, **about))[1:] == [
        ("missing", "error"),
        ("gap", "error"),
        ("quarantined", "error"),
        ("note", "skipped"),
        ("cached", "skipped"),
        ("not_asked", "skipped"),
    ]


def test_interfaces_that_cannot_tell_and_hosts_that_did_not_listen_are_errors():
    deaf = flood_verdict([])
    deaf["summary"]["interfaces_cannot_tell"] = 2
    messages = [error.get("message") for error in suite(wrapped(deaf)).findall("testcase/error")]
    assert messages == [
        "1 host judged did not listen",
        "2 interfaces cannot tell: hearing nothing proves nothing there",
    ]


def test_a_verdict_on_nobody_and_a_comparison_that_failed_are_errors():
    assert results(document([], judged=[])) == [("verdict", "error")]
    assert (
        suite({**document([]), "comparison": not_compared("old.json", "cut off")}).find("testcase/error").get("message")
        == "cut off"
    )


@settings(max_examples=60, deadline=None)
@given(hostile_documents())
def test_it_is_xml_whatever_the_network_says(hostile):
    suite(hostile, ["latent"])


@settings(max_examples=60, deadline=None)
@given(text=words)
def test_hostile_floods_are_xml_too(text):
    suite(
        wrapped(
            flood_verdict(
                [flood(reason=text, evidence=[text], fix=text, source={"host": text})],
                missing=[{"host": text, "reason": text}],
            )
        )
    )


@pytest.mark.parametrize("text", [*HOSTILE, "\ufffe", "\uffff", "\x0b", "]]>&<\"'"])
def test_hostile_text_stays_text(text):
    found = suite(document([finding(reason=text)]))
    assert {element.tag for element in found.iter()} == {"testsuite", "testcase", "failure", "system-out"}
    if text.isprintable() and len(text) < 100:
        assert found.find("testcase/failure").get("message") == text
