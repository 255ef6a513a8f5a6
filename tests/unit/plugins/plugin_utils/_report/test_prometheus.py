"""The Prometheus textfile: the exposition format, parsed strictly by its grammar."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

from ansible_collections.netops.layer2.plugins.plugin_utils._report._compare import compare
from ansible_collections.netops.layer2.plugins.plugin_utils._report._formats import render
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import parse
from hypothesis import given, settings

from .sample_reports import CREATED, document, finding, hostile_documents

# https://prometheus.io/docs/instrumenting/exposition_formats/: in a label value only \\, \" and \n are escapes.
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$)')
SAMPLE = re.compile(r"(netops_layer2_[a-z_]+)(?:\{(.*)\})? (\d+)\Z")


def labels_of(text):
    found, position = {}, 0
    while position < len(text):
        match = LABEL.match(text, position)
        assert match, text[position:]
        value = re.sub(r"\\(.)", lambda escape: {"n": "\n"}.get(escape.group(1), escape.group(1)), match.group(2))
        found[match.group(1)] = value
        position = match.end()
    return found


def samples(text):
    """Return [(name, labels, value)]; fail on whatever breaks the grammar, on samples without TYPE and on doubles."""
    assert text.endswith("\n")
    found, typed = [], set()
    for line in text[:-1].split("\n"):
        if line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert kind == "gauge"
            assert name not in typed
            typed.add(name)
        elif not line.startswith("# HELP "):
            match = SAMPLE.match(line)
            assert match, line
            assert match.group(1) in typed
            found.append((match.group(1), labels_of(match.group(2) or ""), int(match.group(3))))
    series = [(name, tuple(labels.items())) for name, labels, _value in found]
    assert len(series) == len(set(series))
    return found


def values(made):
    return {(name, *labels.values()): value for name, labels, value in samples(render(made, "prometheus"))}


def test_totals_coverage_and_time():
    found = values(document(missing=[{"host": "hv9", "reason": "x"}], about={"not_asked": ["a", "b"]}))
    assert found["netops_layer2_findings", "conflict"] == 1
    assert found["netops_layer2_findings", "latent"] == 0
    assert found["netops_layer2_hosts", "judged"] == 3
    assert found["netops_layer2_hosts", "missing"] == 1
    assert found["netops_layer2_hosts", "not_asked"] == 2
    assert found["netops_layer2_report_timestamp_seconds",] == int(CREATED.timestamp())


def test_every_status_has_its_series_even_at_zero():
    found = values(document([]))
    assert [key[1] for key in found if key[0] == "netops_layer2_findings"] == [
        "conflict",
        "suspected",
        "latent",
        "shared",
        "excepted",
    ]


def test_one_series_for_each_finding_that_matters():
    made = document([finding("mac-1"), finding("mac-2", "latent"), finding("mac-3", "shared")])
    found = [labels for name, labels, _value in samples(render(made, "prometheus")) if name == "netops_layer2_finding"]
    assert [(labels["id"], labels["status"], labels["owners"]) for labels in found] == [
        ("mac-1", "conflict", "hv1/web30, hv2/web25"), ("mac-2", "latent", "hv1/web30, hv2/web25"),
    ]


def test_changes_are_counted_where_there_was_a_comparison():
    now = document([finding("mac-1")])
    made = {**now, "comparison": compare(parse(now), parse(document([finding("mac-2")])), "old.json")}
    found = values(made)
    assert {
        change: found["netops_layer2_findings_changed", change] for change in ("new", "still", "gone", "unchecked")
    } == {"new": 1, "still": 0, "gone": 1, "unchecked": 0}
    assert not any(key[0] == "netops_layer2_findings_changed" for key in values(now))


@settings(max_examples=60, deadline=None)
@given(hostile_documents())
def test_hostile_text_keeps_the_grammar(hostile):
    text = render(hostile, "prometheus")
    samples(text)
    text.encode("utf-8")
