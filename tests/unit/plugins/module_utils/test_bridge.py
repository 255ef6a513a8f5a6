"""Bridges: forwarding tables of every captured version, seconds out of centiseconds, VLANs as ranges."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _bridge, _iproute
from hypothesis import given, settings
from hypothesis import strategies as st

from .sample_runner import IPROUTE2, SampleRunner


@pytest.mark.parametrize("version", IPROUTE2)
@pytest.mark.parametrize("use_json", [True, False])
def test_every_version_has_the_same_forwarding_table(version, use_json):
    parsed = _bridge.read_fdb(_iproute.Tool(SampleRunner(version), use_json))
    rows = []
    assert parsed.damaged == [] and _bridge.fdb_rows(parsed.records, "", rows) == []
    assert sorted(rows) == [
        "- br0 02:00:00:00:00:02 - br0 - permanent",
        "- tap0 fe:54:00:0c:1d:f5 - br0 - permanent",
        "- v0 02:00:00:00:00:04 - br0 - permanent",
        "- v0 02:00:00:00:00:14 - br0 - -",
        "- v0 52:54:00:0c:1d:f7 - br0 - static",
        "- v1 02:00:00:00:00:08 - - - self,permanent",
        "- vx24 00:00:00:00:00:00 - - 10.0.0.2 self,permanent",
        "- vx24 02:00:00:00:00:07 - br0 - permanent",
        "- vx24 52:54:00:0c:1d:f5 - - 10.0.0.1 self,permanent",
    ]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            {
                "mac": "52:54:00:00:00:01",
                "ifname": "swp1",
                "vlan": 13,
                "master": "br",
                "flags": ["extern_learn", "offload"],
                "state": "static",
            },
            "- swp1 52:54:00:00:00:01 13 br - extern_learn,offload,static",
        ),
        (
            {"mac": "52:54:00:00:00:01", "dev": "swp1", "flags": [], "offload": None, "state": ""},
            "- swp1 52:54:00:00:00:01 - - - offload",
        ),
    ],
)
def test_rows(entry, expected):
    rows = []
    assert _bridge.fdb_rows([entry], "", rows) == [] and rows == [expected]


@pytest.mark.parametrize("version", IPROUTE2)
def test_timers_in_seconds(version):
    links = _iproute.read_links(_iproute.Tool(SampleRunner(version))).records
    bridge = _bridge.linux_bridges(links, _iproute.interfaces(links).records)[0]
    if "ageing" not in bridge:  # iproute2 3.16 tells no timers: sysfs does, in the same hundredths of a second
        _bridge.complete_timers(SampleRunner(files={"/sys/class/net/br0/bridge/ageing_time": "4500\n",
                                                    "/sys/class/net/br0/bridge/forward_delay": "1500\n",
                                                    "/sys/class/net/br0/bridge/stp_state": "0\n"}), bridge)
    assert bridge["name"] == "br0" and bridge["ports"] == ["tap0", "v0", "vx24"]
    assert (bridge["ageing"], bridge["forward_delay"], bridge["stp"]) == (45.0, 15.0, False)


@pytest.mark.parametrize(("data", "expected"), [
    ({"fdb_n_learned": 5, "fdb_max_learned": 8}, {"fdb_learned": 5, "fdb_limit": 8}),
    ({"fdb_n_learned": 0, "fdb_max_learned": 0}, {"fdb_learned": 0}),
    ({"topology_change": 1}, {"topology_change": True}),
    ({"ageing_time": 0}, {"ageing": 0.0}),
])
def test_what_makes_a_bridge_forget(data, expected):
    assert _bridge.timers(data) == expected


# After bridge/vlan.c of 6.1, 4.9 and 4.18, in this order.
VLANS = [
    [
        {
            "ifname": "eth0",
            "vlans": [{"vlan": 1, "flags": ["PVID", "Egress Untagged"]}, {"vlan": 30, "vlanEnd": 40}, {"vlan": 41}],
        }
    ],
    [{"eth0": [{"vlan": 1, "flags": ["PVID", "Egress Untagged"]}, {"vlan": 30, "vlanEnd": 40}, {"vlan": 41}]}],
    [{"eth0": [{"vlan": 1, "pvid": None, "untagged": None}, {"vlan": 30, "vlanEnd": 40}, {"vlan": 41}]}],
]


@pytest.mark.parametrize("answer", VLANS)
def test_port_vlans(answer):
    class Answering(_iproute.Tool):
        def entries(self, argv, options, parse_text, prefix=()):
            return _iproute.Parsed(answer, [])

    bridges = [
        {"name": "br0", "ports": ["eth0"], "vlan_filtering": True},
        {"name": "br1", "ports": ["eth0"], "vlan_filtering": False},
    ]
    _bridge.add_port_vlans(bridges, _bridge.read_port_vlans(Answering(SampleRunner())).records)
    assert bridges[0]["port_vlans"] == {"eth0": [{"id": 1, "pvid": True, "untagged": True}, {"id": 30, "end": 41}]}
    assert "port_vlans" not in bridges[1]


@settings(max_examples=100, deadline=None)
@given(st.sets(st.integers(1, 60)), st.sets(st.integers(1, 60)), st.integers(1, 60))
def test_ranges_hold_exactly_the_vlans_and_their_flags(vids, untagged, pvid):
    flags = {vid: (["PVID"] if vid == pvid else []) + (["Egress Untagged"] if vid in untagged else []) for vid in vids}
    ranges = _bridge.vlan_ranges([{"vlan": vid, "flags": flags[vid]} for vid in sorted(vids)])
    opened = {vid: (["PVID"] if entry.get("pvid") else []) + (["Egress Untagged"] if entry.get("untagged") else [])
              for entry in ranges for vid in range(entry["id"], entry.get("end", entry["id"]) + 1)}
    assert opened == flags
    assert all("end" not in entry for entry in ranges if entry.get("pvid"))


def test_four_thousand_vlans_are_one_range():
    assert _bridge.vlan_ranges([{"vlan": vid} for vid in range(1, 4095)]) == [{"id": 1, "end": 4094}]
