"""Tests of choosing vantages: each proven segment once, by as few hosts as reach all."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._scan._vantages import vantages

from ..builders import guest, hypervisor, neighbour, nic, server, snapshot

A, B, C = (f"00:25:90:00:aa:0{number}" for number in (1, 2, 3))
OTHER = "10.0.0.254 00:1b:21:bb:00:01"


def test_one_host_of_a_segment_scans():
    assert vantages([server("b", B, "192.168.100.8/23"), server("a", A, "192.168.100.9/23")]) == {"a": ["eth0"]}


def test_who_reaches_two_segments_scans_both():
    router = snapshot(
        "r",
        nic("eth0", C, "192.168.100.7/23"),
        nic("eth1", "00:25:90:00:ab:03", "10.0.0.7/24"),
        neighbours=[neighbour("eth0", "192.168.100.1 00:1b:21:aa:00:01"), neighbour("eth1", OTHER)],
    )
    assert vantages([server("a", A, "192.168.100.9/23"), server("b", B, "10.0.0.8/24", sees=OTHER), router]) == {
        "r": ["eth0", "eth1"]
    }


def test_equal_networks_that_nothing_joins_are_scanned_both():
    fleet = [
        server("a", A, "192.168.100.9/23"),
        server("b", B, "192.168.100.8/23", sees="192.168.100.1 00:1b:21:aa:00:02"),
    ]
    assert vantages(fleet) == {"a": ["eth0"], "b": ["eth0"]}


def test_guests_inner_bridges_and_hosts_that_are_down_do_not_scan():
    inner = hypervisor(
        "hv1",
        1,
        guest("web25", "52:54:00:0c:1d:f5"),
        more=[nic("virbr0", "52:54:00:00:00:99", "192.168.122.1/24", kind="bridge")],
    )
    down = server("z", A, "10.9.9.9/24", sees="", nic={"up": False})
    assert vantages([inner, down, server("v6", B, "2001:db8::1/64", sees="")]) == {"hv1": ["br0"]}


def test_a_switch_is_no_vantage():
    switch = {
        **server("sw1", A, "192.168.100.9/23"),
        "bridges": [{"name": "switch", "kind": "switch", "vlan_filtering": True, "ports": ["Gi1/0/1"]}],
    }
    assert vantages([switch, server("b", B, "192.168.100.8/23")]) == {"b": ["eth0"]}
    assert vantages([switch]) == {}
