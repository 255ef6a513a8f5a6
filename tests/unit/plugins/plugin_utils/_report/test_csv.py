"""The CSV: one row per finding and owner, nothing that a spreadsheet would calculate, everything comes back."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import visible
from ansible_collections.netops.layer2.plugins.plugin_utils._report._csv import cell
from ansible_collections.netops.layer2.plugins.plugin_utils._report._formats import render
from ansible_collections.netops.layer2.plugins.plugin_utils._report._users import RECORD_COLUMNS
from hypothesis import example, given, settings

from .sample_reports import document, finding, hostile_documents, words


def rows(made):
    return list(csv.DictReader(io.StringIO(render(made, "csv"), newline="")))


def test_one_row_for_each_owner():
    found = rows(document())
    assert [(row["record"], row["mac"], row["host"], row["guest"], row["addresses"]) for row in found] == [
        ("finding", "52:54:00:0c:1d:f5", "hv1", "web30", "192.168.100.30"),
        ("finding", "52:54:00:0c:1d:f5", "hv2", "web25", "192.168.100.25"),
    ]
    assert {row["created"] for row in found} == {"2026-11-21T03:12:45Z"}


def test_a_finding_without_owner_keeps_its_row():
    assert [row["mac"] for row in rows(document([finding(owners=[])]))] == ["52:54:00:0c:1d:f5"]


def test_what_was_not_judged_has_rows_too():
    made = document(
        [],
        missing=[{"host": "hv9", "reason": "unreachable"}],
        gaps=[{"host": "hv2", "subset": "guests", "reason": "denied"}],
        quarantined=[{"host": "hv1", "field": "mac", "problem": "bad"}],
        about={"not_asked": ["db1"], "notes": {"hv3": "read without root"}},
    )
    assert [(row["record"], row["host"], row["rule"], row["reason"]) for row in rows(made)] == [
        ("missing", "hv9", "", "unreachable"), ("gap", "hv2", "guests", "denied"), ("quarantined", "hv1", "mac", "bad"),
        ("note", "hv3", "", "read without root"), ("not_asked", "db1", "", ""),
    ]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ('a;=HYPERLINK("http://x")', 'a;\'=HYPERLINK("http://x")'),
        ("a; =1;b;+2", "a;' =1;b;'+2"),
        (";;@x", ";;'@x"),
        ("a;b", "a;b"),
        ("=1;=2", "'=1;'=2"),
    ],
)
def test_no_part_after_a_semicolon_becomes_a_formula(text, safe):
    assert cell(text) == safe


@pytest.mark.parametrize(
    "text",
    ["\u00a0=1", '"=1', "'=1", "=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "  =1", "\uff1dcmd", "|calc", "%0A=1"],
)
def test_a_formula_becomes_text(text):
    assert cell(text) == "'" + visible(text)


@pytest.mark.parametrize("text", ["web30", "192.168.100.30", "52:54:00:0c:1d:f5", "a=b", "x-y", ""])
def test_ordinary_text_stays_as_it_is(text):
    assert cell(text) == text


@given(words)
@example(";%")
def test_a_cell_gives_its_text_back(text):
    made = cell(text)
    for part, own in zip(made.split(";"), visible(text).split(";"), strict=True):
        assert part in (own, "'" + own)
    assert not made.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@settings(max_examples=60, deadline=None)
@given(hostile_documents())
def test_hostile_text_never_makes_another_row_or_column(hostile):
    found = list(csv.reader(io.StringIO(render(hostile, "csv"), newline=""), strict=True))
    assert {len(row) for row in found} == {len(RECORD_COLUMNS)}
    verdict = hostile["verdict"]
    owners = sum(max(1, len(item["owners"])) for item in verdict["findings"])
    remarks = sum(len(verdict["coverage"][key]) for key in ("missing", "gaps", "quarantined"))
    assert len(found) == 1 + owners + remarks + len(hostile["notes"]) + len(hostile["not_asked"])
    render(hostile, "csv").encode("utf-8")
