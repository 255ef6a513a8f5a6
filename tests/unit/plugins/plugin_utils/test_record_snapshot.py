"""Rows of a register or a manager made into a document: what is used, and what is named as left out."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from ansible_collections.netops.layer2.plugins.filter import snapshot_from_records as plugin
from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisors import HYPERVISORS, presence
from ansible_collections.netops.layer2.plugins.plugin_utils._record_snapshot import RecordError, snapshot_from_records

ROOT = Path(__file__).resolve().parents[4]
CHECKER = jsonschema.Draft202012Validator(
    json.loads((ROOT / "docs/schemas/snapshot-v1.json").read_text(encoding="utf-8"))
)
MAC = "52:54:00:0c:1d:f5"
HOSTILE = [
    None,
    5,
    [],
    "a",
    {},
    {"owner": "a"},
    {"owner": [], "mac": MAC},
    {"owner": "a", "mac": "52-54"},
    {"owner": "a", "mac": 7},
    {"owner": "a", "mac": MAC, "addresses": 5, "network": [], "node": {}, "id": True, "nic": {}},
    {"owner": "\x1b[31m\n", "mac": MAC, "network": {"vlan": "9999", "id": 3, "other": 1}},
]


def test_records():
    document = snapshot_from_records(
        [
            {
                "owner": "web25",
                "nic": "eth0",
                "mac": "52-54-00-0C-1D-F5",
                "addresses": "10.0.0.1, 10.0.0.2",
                "network": "LAN",
            },
            {
                "owner": "web25",
                "mac": "5254.000c.1df6",
                "network": {"id": 7, "name": "DMZ", "vlan": "20", "switch": "vs0"},
            },
        ],
        "netbox",
        collected_at=5,
    )
    CHECKER.validate(document)
    assert document["source"] == "records"
    assert document["guests"] == [
        {
            "name": "web25",
            "id": "web25",
            "manager": "netbox",
            "nics": [
                {
                    "mac": MAC,
                    "alias": "eth0",
                    "addresses": ["10.0.0.1", "10.0.0.2"],
                    "network": {"id": "LAN", "name": "LAN"},
                },
                {
                    "mac": "52:54:00:0c:1d:f6",
                    "alias": "nic1",
                    "network": {"id": "7", "name": "DMZ", "vlan": 20, "switch": "vs0"},
                },
            ],
        }
    ]
    assert document["gaps"] == []


@pytest.mark.parametrize("hypervisor", HYPERVISORS, ids=lambda one: one.name)
def test_states_become_the_words_of_the_hypervisor(hypervisor):
    states = ["running", "stopped", "unknown", "", None, *hypervisor.states]
    rows = [{"owner": f"vm{number}", "mac": MAC, "state": state} for number, state in enumerate(states)]
    document = snapshot_from_records(rows, "m1", hypervisor.name)
    CHECKER.validate(document)
    told = [presence(guest) for guest in document["guests"]]
    assert ([one.on_wire for one in told[:2]], [one.known for one in told[:5]]) == (
        [True, False],
        [True, True, False, False, False],
    )
    assert [guest["state"] for guest in document["guests"][5:]] == list(hypervisor.states)
    assert (document["source"], document["gaps"]) == ("manager", [])
    strange = snapshot_from_records([{"owner": "a", "mac": MAC, "state": "nonsense"}], "m1", hypervisor.name)
    assert "state nonsense is no word of" in strange["gaps"][0]["reason"]


def test_rows_that_cannot_be_used_are_named_and_the_others_are():
    document = snapshot_from_records([*HOSTILE, {"owner": "ok", "mac": MAC}], "netbox")
    CHECKER.validate(document)
    assert "ok" in [guest["name"] for guest in document["guests"]]
    reasons = " ".join(gap["reason"] for gap in document["gaps"])
    for words in ("row 0 is", "row 4 has no owner", "row 7:", "1 rows have no MAC"):
        assert words in reasons
    assert len(snapshot_from_records([5] * 1000, "netbox")["gaps"]) == 21


@pytest.mark.parametrize(
    "odd", [["running"], {"a": 1}, 10**5000, 5, True], ids=["list", "mapping", "huge", "number", "bool"]
)
@pytest.mark.parametrize("name", ["owner", "mac", "nic", "id", "node", "state", "network", "addresses"])
def test_one_row_of_odd_kinds_costs_no_other(name, odd):
    rows = [{"owner": "odd", "mac": MAC, name: odd}, {"owner": "ok", "mac": MAC, "state": "running"}]
    document = snapshot_from_records(rows, "vc1", "vmware")
    CHECKER.validate(document)
    assert document["guests"][-1]["name"] == "ok"


@pytest.mark.parametrize(
    "rows, host, more, words",
    [
        ("text", "netbox", {}, "needs a list of rows, not str"),
        ({}, "netbox", {}, "needs a list"),
        (None, "netbox", {}, "needs a list"),
        ([], None, {}, "host must be a name"),
        ([], "", {}, "host must be a name"),
        ([], "n", {"hypervisor": "esx"}, "hypervisor must be one of libvirt"),
        ([], "n", {"collected_at": "yesterday"}, "collected_at must be Unix time"),
    ],
)
def test_what_is_no_list_of_rows_is_refused_with_words(rows, host, more, words):
    with pytest.raises(RecordError, match=words):
        snapshot_from_records(rows, host, **more)


def test_the_documentation_names_the_hypervisors():
    assert yaml.safe_load(plugin.DOCUMENTATION)["options"]["hypervisor"]["choices"] == [one.name for one in HYPERVISORS]
