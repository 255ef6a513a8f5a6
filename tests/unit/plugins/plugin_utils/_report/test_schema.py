"""The JSON Schema in docs/ says what the report document really is."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._report._compare import compare, not_compared
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import parse
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from .sample_reports import document, finding, owner

jsonschema = pytest.importorskip("jsonschema", reason="the jsonschema package is not installed")
SCHEMA = Path(__file__).resolve().parents[5] / "docs" / "schemas" / "report-v1.json"


def errors(made):
    return [error.json_path for error in jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).iter_errors(made)]


def snapshot(host, address):
    return {
        "schema": "netops.layer2/snapshot", "version": 1, "host": host, "collected_at": 1.0, "duration": 0.1, "collector": "0.1.0",
        "source": "live", "identity": {"hostname": host, "machine_id": host * 9}, "observed": ["interfaces", "neighbors"],
        "gaps": [{"subset": "guests", "reason": "no libvirt"}],
        "interfaces": [{
            "name": "eth0", "index": 2, "mac": "52:54:00:0c:1d:f5", "link_type": "ether", "up": True, "carrier": True, "flags": ["UP"],
            "addresses": [{"address": address, "prefix": 23, "scope": "global"}],
        }],
        "neighbors": {"columns": ["netns", "interface", "address", "mac", "state", "flags"], "rows": [
            "- eth0 192.168.100.30 52:54:00:0c:1d:f5 REACHABLE -", "- eth0 192.168.100.25 52:54:00:0c:1d:f5 REACHABLE -",
        ]},
    }


def test_a_verdict_of_the_core_makes_a_valid_report():
    judged = mac_collisions([snapshot("hv1", "192.168.100.30"), snapshot("hv2", "192.168.100.25"), "{broken"])
    assert judged["findings"] and judged["coverage"]["gaps"]
    made = {**document(), "verdict": judged}
    assert errors(made) == []
    assert parse(made).summary["gaps"] == 2


@pytest.mark.parametrize("made", [
    document(), document([]), document([finding(exception={"reason": "known", "expires": "2027-01-01"})]),
    {**document(), "comparison": not_compared("old.json", "cut off")},
    {**document([]), "comparison": compare(parse(document([finding("a")])), parse(document([finding("a"), finding("b")])), "x")},
])
def test_every_kind_of_document_is_valid(made):
    assert errors(made) == []


@pytest.mark.parametrize(("change", "where"), [
    ({"version": 2}, "$.version"), ({"created": "yesterday"}, "$.created"), ({"comparison": {}}, "$.comparison"),
    ({"notes": [{"host": "a"}]}, "$.notes[0]"), ({"verdict": document([finding(owners=[owner(5)])])["verdict"]},
                                                 "$.verdict.findings[0].owners[0].host"),
])
def test_the_schema_refuses_what_is_none(change, where):
    assert errors({**document(), **change}) == [where]
