"""Documents that are handed in: what counts, and what is missing in the report for a reason that it says."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils import _gathered, _reporting
from ansible_collections.netops.layer2.plugins.plugin_utils._given import given
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats

from .builders import TWIN

NOW, DAY = 1_000_000_000.0, 86_400
NIC = {"mac": TWIN, "alias": "ethernet-0", "network": {"id": "net-1"}}
DOCUMENT = {
    "schema": "netops.layer2/snapshot",
    "version": 1,
    "host": "vc1",
    "source": "manager",
    "collected_at": NOW - 60,
    "guests": [
        {"name": name, "id": name, "hypervisor": "vmware", "state": "poweredOn", "nics": [NIC]} for name in ("a", "b")
    ],
}


@pytest.mark.parametrize("way", ["data", "text", "path", "result"])
def test_each_way_to_hand_one_in(way, tmp_path):
    path = tmp_path / "vc1.json"
    path.write_text(json.dumps(DOCUMENT))
    result = {"changed": False, "document": json.dumps(DOCUMENT)}
    found = given(
        [{"data": DOCUMENT, "text": json.dumps(DOCUMENT), "path": str(path), "result": result}[way]], NOW, DAY
    )
    assert (found.documents, found.missing, found.notes) == ([DOCUMENT], {}, {})


@pytest.mark.parametrize(
    "item, says",
    [
        ("/nowhere/x.json", "there is no file /nowhere/x.json"),
        ("{broken", "Expecting property name"),
        ("x\0", "can be no path"),
        (5, "it holds int"),
        (None, "it holds"),
        ({}, "it is no document"),
        ({"failed": True, "msg": "vc1 refuses user x"}, "it was not read: vc1 refuses user x"),
        ({"document": 5}, "it holds int"),
        ([], "it holds list"),
        ("/", "/: "),
        ({**DOCUMENT, "collected_at": NOW - 3 * DAY}, "it is 3 days old, and older than 24 h"),
    ],
)
def test_what_does_not_count_is_missing_with_its_reason(item, says):
    found = given([item], NOW, DAY)
    assert found.documents == [] and len(found.missing) == 1
    assert says in next(iter(found.missing.values()))


@pytest.mark.parametrize("when", [None, "yesterday", float("inf"), NOW + 3600, True])
def test_one_that_does_not_say_when_it_was_made_counts_and_is_noted(when):
    found = given([{**DOCUMENT, "collected_at": when}], NOW, DAY)
    assert len(found.documents) == 1 and list(found.notes) == ["document 1 (vc1)"]


def test_the_report_judges_them_and_names_what_is_missing():
    told = given([DOCUMENT, "/nowhere/x.json"], NOW, DAY)
    reporting = _reporting.Reporting({}, [], _gathered.Now("run", NOW), _reporting.Circumstances(), given=told)
    report = reporting.macs()
    assert [finding["status"] for finding in report["verdict"]["findings"]] == ["conflict"]
    table = _formats.render(report, "table")
    assert "document /nowhere/x.json" in table and "there is no file" in table and "guest a (a) on vc1" in table
    assert report["verdict"]["summary"]["hosts_missing"] == 1
    assert reporting.addresses().document["verdict"]["summary"]["hosts_missing"] == 1


def a_switch(host="sw5", **more):
    nic = {"name": "Gi0/1", "mac": "00:1c:73:00:05:01", "link_type": "ether", "up": True, "addresses": []}
    return {
        **DOCUMENT, "source": "snmp", "host": host, "interfaces": [nic], "identity": {"hostname": host},
        "bridges": [{"name": "switch", "kind": "switch", "ports": ["Gi0/1"]}], "guests": [],
        "fdb": {"rows": [f"- Gi0/1 {TWIN} 10 switch - -"]}, "neighbors": {"rows": []},
        "gaps": [{"subset": subset, "reason": "not observed"} for subset in ("containers", "guests", "lldp")], **more,
    }


def test_a_switch_out_of_the_inventory_is_judged_as_a_host_is():
    told = given([DOCUMENT, a_switch()], NOW, DAY, ["h1"])
    assert (list(told.switches), told.missing) == (["sw5"], {})
    reporting = _reporting.Reporting({}, [], _gathered.Now("run", NOW), _reporting.Circumstances(), given=told)
    report = reporting.macs()
    (finding,) = report["verdict"]["findings"]
    assert "sw5: the FDB of switch has it on port Gi0/1 in VLAN 10" in finding["evidence"]
    assert report["verdict"]["summary"]["hosts_judged"] == 1
    # What only hosts have is no gap of a switch.
    assert [gap["subset"] for gap in report["verdict"]["coverage"]["gaps"] if gap["host"] == "sw5"] == ["lldp"]
    assert reporting.addresses().document["verdict"]["summary"]["hosts_judged"] == 1
    assert reporting.floods()["verdict"]["summary"]["hosts_judged"] == 1


@pytest.mark.parametrize(
    "item, says",
    [
        (a_switch("h1"), "it tells of h1, which is a host of the inventory"),
        (a_switch(None), "it does not say which switch"),
        (a_switch(collected_at=NOW - 3 * DAY), "it is 3 days old"),
    ],
)
def test_a_switch_that_does_not_count(item, says):
    found = given([item], NOW, DAY, ["h1"])
    assert not found.switches and says in " ".join(found.missing.values())


def test_two_documents_of_one_switch_are_not_judged_as_two():
    found = given([a_switch(), a_switch()], NOW, DAY)
    assert list(found.switches) == ["sw5"]
    assert found.missing == {"document 2 (sw5)": "an earlier document tells of the same switch, and was judged"}
