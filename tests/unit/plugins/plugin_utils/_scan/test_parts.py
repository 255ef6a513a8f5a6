"""The parts of a scan as a hostile host would hand them over: each is held to what a scan can say, and all of them end.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._scan import _document
from ansible_collections.netops.layer2.plugins.plugin_utils._scan import _parts
from ansible_collections.netops.layer2.plugins.plugin_utils._scan._parts import Bounds, PartError, opened, progress


def bounds(**arguments):
    return Bounds.of(arguments)


def answer(document=None, **progress_made):
    made = _document.document("v", "scan", 1.0) if document is None else document
    return {
        "ansible_facts": {"layer2_scan": json.dumps(made)},
        "progress": progress_made or {"asked": 64, "total": 256},
        "resume": "[]",
    }


def test_a_part_as_the_module_makes_it_is_taken():
    assert opened(answer(), bounds())["host"] == "v"


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"ansible_facts": None},
        {"ansible_facts": {}},
        {"ansible_facts": {"layer2_scan": {}}},
        {"ansible_facts": {"layer2_scan": "{"}},
        {"ansible_facts": {"layer2_scan": "[]"}},
        {"ansible_facts": {"layer2_scan": "{}"}},
        {"ansible_facts": {"layer2_scan": "[" * 100_000}},
    ],
)
def test_what_is_no_document_is_refused(said):
    with pytest.raises(PartError):
        opened(said, bounds())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("replies", None),
        ("replies", {"rows": ["too short"]}),
        ("replies", {"rows": [5]}),
        ("probes", [{}]),
        ("probes", 5),
        ("gaps", [5]),
        ("gaps", None),
        ("events", None),
        ("machines", None),
        ("machines", {}),
        ("interfaces", None),
        ("collected_at", "never"),
        ("duration", None),
    ],
)
def test_a_field_of_another_kind_is_refused(field, value):
    with pytest.raises(PartError):
        opened(answer({**_document.document("v", "scan", 1.0), field: value}), bounds())


def test_a_scan_comes_closer_to_its_end():
    asked = bounds()
    for done in (0, 64, 64, 128, 255):
        assert progress(answer(asked=done, total=256), asked, asked.began) == (done, 256)


@pytest.mark.parametrize(
    "said",
    [
        {"asked": 10, "total": 256},
        {"asked": 300, "total": 256},
        {"asked": 128, "total": 512},
        {"asked": -5, "total": 256},
        {"asked": "128", "total": 256},
        {"asked": True, "total": 256},
        {"asked": 128},
        {"asked": float("nan"), "total": 256},
        {"asked": 128, "total": 1 << 40},
    ],
)
def test_one_that_does_not_is_ended(said):
    asked = bounds()
    progress(answer(asked=64, total=256), asked, asked.began)
    with pytest.raises(PartError):
        progress(answer(**said), asked, asked.began)


def test_one_that_says_more_for_ever_is_ended():
    asked = bounds()
    with pytest.raises(PartError, match="without coming closer to its end"):
        for _part in range(_parts.MOST_STILL + 2):
            progress(answer(asked=64, total=256), asked, asked.began)


def test_one_that_creeps_is_ended_and_an_honest_one_is_not():
    slow = bounds(rate=100, retries=9)
    assert progress(answer(asked=64, total=65_536), slow, slow.began + 3 * 65_536 * 10 / 100)
    with pytest.raises(PartError, match="no scan of 65536 addresses takes as long"):
        progress(answer(asked=65, total=65_536), slow, slow.began + 5 * 65_536 * 10 / 100 + _parts.PATIENCE)


def test_parts_without_end_are_ended(monkeypatch):
    monkeypatch.setattr(_parts, "MOST_CHARACTERS", 1000)
    asked = bounds()
    with pytest.raises(PartError, match="more than 1000 characters"):
        for _part in range(10):
            opened(answer(), asked)


@pytest.mark.parametrize("given", [{"rate": 0}, {"rate": "x"}, {"retries": []}, {"rate": -1, "retries": 1e9}, {}])
def test_arguments_of_no_use_are_the_modules_to_refuse(given):
    assert bounds(**given).rate > 0 and bounds(**given).longest >= _parts.PATIENCE
