"""The report document: what it takes, what it refuses, and the numbers for set_stats."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._common._problems import problem, refusal
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import parse
from ansible_collections.netops.layer2.plugins.plugin_utils._report._version import collection_version

from .sample_reports import document, finding, verdict


def test_json_is_the_document():
    made = document()
    assert json.loads(_formats.render(made, "json")) == made


@pytest.mark.parametrize(("change", "message"), [
    ({"findings": [finding(owners=["hv1"])]}, "report.verdict.findings[0].owners[0]: expected an object, found text"),
    ({"findings": [finding(mac=5)]}, "report.verdict.findings[0].mac: expected text, found a number"),
    ({"findings": [finding(evidence="x")]}, "report.verdict.findings[0].evidence: expected a list, found text"),
    ({"findings": [finding(evidence=[None])]}, "report.verdict.findings[0].evidence[0]: expected text, found null"),
    ({"summary": {"conflict": True}}, "report.verdict.summary.conflict: expected a whole number, found true/false"),
    ({"version": 9}, "report.verdict.version: 9 is newer than 1"),
])
def test_a_broken_document_names_its_field(change, message):
    made = {**document(), "verdict": {**verdict(), **change}}
    with pytest.raises(ReportError) as caught:
        parse(made)
    assert str(caught.value).startswith(message)


def test_an_unknown_format_names_the_known_ones():
    with pytest.raises(ReportError, match=r"unknown report format 'pdf'; choose from table, json, csv"):
        _formats.render(document(), "pdf")


def test_more_keys_than_known_are_kept_in_the_json():
    assert json.loads(_formats.render(document([finding(novelty=1)]), "json"))["verdict"]["findings"][0]["novelty"] == 1


def test_summary_for_set_stats():
    made = document([finding("a"), finding("b", "latent")], missing=[{"host": "hv9", "reason": "x"}])
    found = _formats.summary(made, ["conflict"])
    assert found["macs"] == {"conflict": ["52:54:00:0c:1d:f5"], "latent": ["52:54:00:0c:1d:f5"]}
    assert found["missing_hosts"] == ["hv9"]
    assert found["failures"] == ["conflict 52:54:00:0c:1d:f5 on segment 192.168.100.0/23: hv1/web30, hv2/web25"]
    assert _formats.summary(made, [])["failures"] == []
    assert len(_formats.summary(made, ["latent", "conflict"])["failures"]) == 2


def test_nobody_judged_fails_where_anything_would():
    made = document([], judged=[], missing=[{"host": "hv9", "reason": "unreachable"}])
    (line,) = _formats.summary(made, ["conflict"])["failures"]
    assert line.startswith("NO VERDICT: the one host could not be judged")
    assert _formats.summary(made, [])["failures"] == []


def test_an_excepted_conflict_does_not_fail():
    made = document([finding("a", exception={"reason": "known", "expires": "2027-01-01"})])
    assert _formats.summary(made, ["conflict"])["failures"] == []
    assert len(_formats.summary(made, ["excepted"])["failures"]) == 1


def test_a_misspelt_status_is_an_error_not_a_pass():
    with pytest.raises(ReportError, match="unknown status 'conflicts'; choose from conflict"):
        _formats.summary(document(), ["conflicts"])


class Lazy(Mapping):
    """A mapping that is no dict, as Ansible hands them over."""

    def __init__(self, data):
        self._data = data

    def __getitem__(self, key):
        return self._data[key]

    def __iter__(self):
        return iter(self._data)

    def __len__(self):
        return len(self._data)


def test_look_alikes_become_plain():
    class Text(str):
        pass

    made = plain(Lazy({Text("a"): (Text("b"), Lazy({}), 1, 1.5, None, True)}))
    assert made == {"a": ["b", {}, 1, 1.5, None, True]}
    assert type(made["a"][0]) is str  # pylint: disable=unidiomatic-typecheck
    with pytest.raises(ReportError, match="cannot hold a object"):
        plain(object())


TOLD = {"changed": False, "ansible_facts": {"layer2_snapshot": "{}"}}
REFUSED = {"failed": True, "msg": "Task failed: Missing sudo password"}
DIED = "Traceback (most recent call last):\n  File \"/tmp/ansible-tmp-17/x.py\", line 1\nKeyError: 'mac'\n"
LOST = {"unreachable": True, "msg": "Failed to connect:\n timed out\n"}


@pytest.mark.parametrize(
    ("variables", "why", "note"),
    [
        ({}, "", ""),
        ({"snapshot_result": TOLD}, "", ""),
        ({"snapshot_result": {"changed": False}}, "answered without a snapshot", ""),
        ({"snapshot_result": LOST}, "unreachable: Failed to connect: timed out", ""),
        (
            {"snapshot_result": REFUSED},
            "failed: Missing sudo password -> give the password with -K (make: ARGS=-K)",
            "",
        ),
        (
            {"snapshot_result": REFUSED, "snapshot_retry": {"skipped": True}},
            "failed: Missing sudo password -> give the password with -K (make: ARGS=-K)",
            "",
        ),
        (
            {"snapshot_result": REFUSED, "snapshot_retry": TOLD},
            "",
            "read without root: Missing sudo password -> give the password with -K (make: ARGS=-K)",
        ),
        ({"snapshot_result": REFUSED, "snapshot_retry": LOST}, "unreachable: Failed to connect: timed out", ""),
        (
            {"snapshot_result": {"failed": True, "msg": "bad", "module_stderr": "no\npython"}},
            "failed: bad (no python)",
            "",
        ),
        (
            {"snapshot_result": {"failed": True, "msg": "MODULE FAILURE\nSee stdout", "module_stderr": DIED}},
            "failed: KeyError: 'mac'",
            "",
        ),
        (
            {"snapshot_result": {"failed": True, "msg": "MODULE FAILURE", "module_stdout": DIED}},
            "failed: KeyError: 'mac'",
            "",
        ),
        ({"snapshot_result": {"failed": True, "msg": "x" * 9000}}, "failed: " + "x" * 400 + "...", ""),
    ],
)
def test_why_a_host_gave_nothing(variables, why, note):
    assert (problem(variables), refusal(variables)) == (why, note)


def test_version_of_checkout_and_of_installed_collection(tmp_path):
    assert collection_version(tmp_path) == "unknown"
    (tmp_path / "galaxy.yml").write_text("namespace: a\nversion: 1.2.3\n")
    assert collection_version(tmp_path) == "1.2.3"
    (tmp_path / "MANIFEST.json").write_text('{"collection_info": {"version": "2.0.0"}}')
    assert collection_version(tmp_path) == "2.0.0"
    assert collection_version() != "unknown"


def test_a_host_judged_by_an_older_snapshot_is_said():
    made = document(
        about={"unreachable": {"hv1": "unreachable: timed out", "hv9": "failed"}, "notes": {"hv2": "read without root"}}
    )
    assert made["notes"] == [
        {"host": "hv1", "text": "judged by the snapshot of an earlier run; this time unreachable: timed out"},
        {"host": "hv2", "text": "read without root"},
    ]
