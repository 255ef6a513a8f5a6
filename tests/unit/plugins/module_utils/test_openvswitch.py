"""Open vSwitch, as its own tools answered."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _bridge, _openvswitch
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError

from .sample_runner import sample

HERE = "openvswitch-3.1"


def database():
    return {name.capitalize(): _openvswitch.rows(sample(HERE, name + ".json")) for name in ("bridge", "port", "interface")}


def test_bridges_ports_vlans_and_ageing():
    found = {bridge["name"]: bridge for bridge in _openvswitch.bridges(database())}
    assert found["ovs0"] == {
        "name": "ovs0", "kind": "openvswitch", "ageing": 600.0, "stp": False, "ports": ["p1", "p2", "p3"],
        "port_vlans": {"p1": [{"id": 100, "pvid": True, "untagged": True}], "p2": [{"id": 100}, {"id": 200}]}}
    assert (found["ovs1"]["ageing"], found["ovs1"]["ports"]) == (300.0, [])


def test_forwarding_table():
    parsed = _openvswitch.fdb(sample(HERE, "fdb-ovs0.txt"), "ovs0", {"1": "p2", "2": "p3", "3": "p1"})
    rows = []
    assert parsed.damaged == [] and _bridge.fdb_rows(parsed.records, "", rows) == []
    found = [row.split() for row in rows]
    assert {(columns[1], columns[3], columns[4]) for columns in found} == {
        ("ovs0", "-", "ovs0"), ("p1", "100", "ovs0"), ("p3", "-", "ovs0")}


def test_native_vlan_of_a_trunk_stays_tagged_where_it_says_so():
    port = {"tag": 10, "trunks": [20], "vlan_mode": "native-tagged"}
    assert _openvswitch._port_vlans(port) == [{"id": 10, "pvid": True}, {"id": 20}]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"headings": 1, "data": 2}', "ovs-vsctl: no database"])
def test_an_answer_that_is_no_table(text):
    with pytest.raises(ReadError):
        _openvswitch.rows(text)
