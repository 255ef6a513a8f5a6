"""Open vSwitch, as its own tools answered."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from types import SimpleNamespace

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _bridge, _openvswitch
from ansible_collections.netops.layer2.plugins.module_utils._runner import Denied, Output, ReadError

from .sample_runner import SampleRunner, sample

HERE = "openvswitch-3.1"


def database():
    return {
        name.capitalize(): _openvswitch.rows(sample(HERE, name + ".json")) for name in ("bridge", "port", "interface")
    }


@pytest.mark.parametrize(("programs", "files", "expected"), [
    ((), {"/run/openvswitch/db.sock": ""}, False),
    (("ovs-vsctl",), {}, False),  # installed, and no more
    (("ovs-vsctl",), {"/run/openvswitch/ovsdb-server.pid": ""}, False),
    (("ovs-vsctl",), {"/run/openvswitch/db.sock": ""}, True),
    (("ovs-vsctl",), {"/sys/class/net/ovs-system/mtu": ""}, True),  # its kernel part forwards without the daemons
])
def test_whether_it_runs(programs, files, expected):
    assert _openvswitch.is_running(SampleRunner(programs=programs, files=files)) is expected


def test_where_nobody_may_look_it_may_run():
    class Closed(SampleRunner):
        def listdir(self, path):
            raise Denied(path)

    assert _openvswitch.is_running(Closed(programs=("ovs-vsctl",))) is True


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
        if argv[1] == "dpif/dump-flows":
            return Output(0, "", "")
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


FLOW = (
    "recirc_id(0),in_port(%s),packet_type(ns=0,id=0),eth(src=52:54:00:0c:1d:%s,dst=52:54:00:0c:1d:01),%s"
    "ipv4(frag=no), packets:%d, bytes:980, used:0.196s, actions:p9\n"
)
TAGGED, UNTAGGED = "eth_type(0x8100),vlan(vid=%d,pcp=0),encap(eth_type(0x0800),", "eth_type(0x0800),"


class Alternating(Fight):
    """The counter rises, and the same port wins before each look at the table; FLOWS (port, end of the MAC, VLAN of the
    tag or 0, packets before, packets after) show who sends.
    """

    def __init__(self, *flows, step=3):
        super().__init__(step)
        self.flows, self.dumps = flows, 0

    def output(self, argv):
        if argv[1] == "dpif/dump-flows":
            self.dumps += 1
            assert argv[2:] == ["--names", "ovs0"]
            return Output(0, "flow-dump from the main thread:\n" + "".join(map(self.flow, self.flows)), "")
        if argv[1] == "fdb/show":
            return Output(0, TABLE % 2, "")
        return super().output(argv)

    def flow(self, told):
        port, end, vlan, *packets = told
        return FLOW % (port, end, TAGGED % vlan if vlan else UNTAGGED, packets[self.dumps > 1])


@pytest.mark.usefixtures("_no_pause")
@pytest.mark.parametrize(("flows", "expected"), [
    # p1 is an access port of VLAN 100, which p2 carries with a tag.
    ([("p1", "aa", 0, 4, 9), ("p2", "aa", 100, 2, 3)], ["ovs0 100 52:54:00:0c:1d:aa p1 p2 6 7.000"]),
    ([("p2", "aa", 0, 4, 9), ("p3", "aa", 0, 2, 3)], ["ovs0 - 52:54:00:0c:1d:aa p2 p3 6 7.000"]),
    ([("p1", "aa", 0, 4, 9), ("p2", "aa", 200, 2, 3)], []),  # two VLANs
    ([("p2", "aa", 0, 4, 9), ("p3", "aa", 0, 2, 2)], []),  # it moved a while ago: the other port is silent
    ([("p2", "aa", 0, 4, 9), ("p3", "aa", 0, 5, 2)], []),  # nor where its older flows are forgotten
    ([("p2", "aa", 0, 4, 9), ("p3", "ab", 0, 2, 3)], []),
    ([("p2", "aa", 0, 4, 9), ("elsewhere", "aa", 0, 2, 3)], []),  # a port of another bridge
    # The counter is the bridge's: each gets its share of it.
    ([(port, end, 0, 4, 9) for port in ("p2", "p3") for end in ("aa", "ab")],
     ["ovs0 - 52:54:00:0c:1d:aa p2 p3 3 7.000", "ovs0 - 52:54:00:0c:1d:ab p2 p3 3 7.000"]),
])
def test_the_flows_name_what_fights_where_no_look_at_the_table_does(flows, expected):
    runner = Alternating(*flows)
    moved, rows = _openvswitch.moves(runner, database(), _openvswitch.counters(runner, ["ovs0"]))
    assert (moved, rows) == ({"ovs0": 6}, expected)


@pytest.mark.usefixtures("_no_pause")
def test_what_the_looks_missed_of_a_fight_is_told_by_the_flows():
    runner = Alternating(("p1", "f5", 0, 4, 9), ("p3", "f5", 100, 2, 3))
    runner.output = lambda argv: (  # one look of many shows it elsewhere
        Fight.output(runner, argv) if argv[1] == "fdb/show" and runner.looks < 2 else Alternating.output(runner, argv)
    )
    told = database()
    rows = _openvswitch.moves(runner, told, _openvswitch.counters(runner, ["ovs0"]))[1]
    assert sum(int(row.split()[5]) for row in rows) == 6, rows


@pytest.mark.usefixtures("_no_pause")
def test_one_address_by_two_links_of_a_bond_is_no_fight():
    told = database()
    ports = {port["name"]: port for port in told["Port"]}
    ports["p2"]["interfaces"] = [ports["p2"]["interfaces"], ports["p3"]["interfaces"]]
    runner = Alternating(("p2", "aa", 0, 4, 9), ("p3", "aa", 0, 2, 3))
    assert _openvswitch.moves(runner, told, _openvswitch.counters(runner, ["ovs0"]))[1] == []


@pytest.mark.usefixtures("_no_pause")
def test_flows_that_cannot_be_read_name_nothing():
    runner = Alternating()
    runner.flow = None
    runner.output = lambda argv: (
        Output(2, "", "unknown command") if argv[1] == "dpif/dump-flows" else Alternating.output(runner, argv)
    )
    assert _openvswitch.moves(runner, database(), {"ovs0": 5}) == ({"ovs0": 6}, [])


def test_a_version_that_does_not_count_tells_nothing():
    assert _openvswitch.counters(SampleRunner(programs=("ovs-appctl",)), ["ovs0"]) == {}
