"""Open vSwitch, as its own tools answered."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from types import SimpleNamespace

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _bridge, _openvswitch
from ansible_collections.netops.layer2.plugins.module_utils._runner import Output, ReadError

from .sample_runner import SampleRunner, sample

HERE = "openvswitch-3.1"


def database():
    return {
        name.capitalize(): _openvswitch.rows(sample(HERE, name + ".json")) for name in ("bridge", "port", "interface")
    }


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


STATS = """Statistics for bridge "ovs0":
  Current/maximum MAC entries in the table: 2/8192
  Total number of evicted MAC entries     : 0
  Total number of port moved MAC entries  : %d
"""
TABLE = (
    " port  VLAN  MAC                Age\n    %d   100  52:54:00:0c:1d:f5    0\n    1     0  52:54:00:0c:1d:f6    9\n"
)


class Fight(SampleRunner):
    """Open vSwitch on which one address moves at every look, and the counter with it; STEP 0: nothing moves."""

    def __init__(self, step, start=5):
        super().__init__(programs=("ovs-appctl",))
        self.step, self.count, self.looks = step, start, 0

    def output(self, argv):
        if argv[1] == "fdb/stats-show":
            self.count += self.step
            return Output(0, STATS % self.count, "")
        self.looks += 1
        return Output(0, TABLE % (3 if self.step and self.looks % 2 else 2), "")


@pytest.fixture
def _no_pause(monkeypatch):
    monkeypatch.setattr(_openvswitch, "time", SimpleNamespace(sleep=lambda seconds: None, time=lambda: 7.0))


@pytest.mark.usefixtures("_no_pause")
def test_two_looks_at_the_counters_and_the_tables_name_what_fights():
    runner = Fight(step=3)
    before = _openvswitch.counters(runner, ["ovs0"])
    moved, rows = _openvswitch.moves(runner, database(), before)
    assert (before, moved) == ({"ovs0": 8}, {"ovs0": 6})
    assert rows == ["ovs0 100 52:54:00:0c:1d:f5 p1 p3 5 7.000", "ovs0 100 52:54:00:0c:1d:f5 p3 p1 4 7.000"]


@pytest.mark.usefixtures("_no_pause")
def test_what_is_still_is_not_looked_at_again():
    for runner in (Fight(step=0), Fight(step=0, start=0)):
        assert _openvswitch.moves(runner, database(), _openvswitch.counters(runner, ["ovs0"])) == ({"ovs0": 0}, [])
        assert runner.looks == 0


def test_a_version_that_does_not_count_tells_nothing():
    assert _openvswitch.counters(SampleRunner(programs=("ovs-appctl",)), ["ovs0"]) == {}
