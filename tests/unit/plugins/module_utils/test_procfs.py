"""Hosts without iproute2: sysfs, /proc/net and ioctl tell the same as `ip` does, where the test can ask both."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import struct

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _bridge, _iproute, _procfs
from ansible_collections.netops.layer2.plugins.module_utils._runner import Runner
from hypothesis import given, settings
from hypothesis import strategies as st

from .sample_runner import SampleRunner

LIVE = Runner()
KEYS = ("name", "index", "mac", "mtu", "link_type", "up", "carrier", "operstate", "master")


def essence(record):
    """What both ways must agree on; flags of an address and the scope of an IPv4 one are only told by `ip`."""
    addresses = {(address["address"], address["prefix"]) for address in record["addresses"]}
    return {key: record.get(key) for key in KEYS}, addresses


@pytest.mark.skipif(LIVE.find("ip") is None, reason="needs iproute2 to compare with")
def test_this_machine_without_and_with_iproute2():
    with_ip = _iproute.interfaces(_iproute.read_links(_iproute.Tool(LIVE)).records)
    without = _iproute.interfaces(_procfs.links(LIVE).records)
    assert without.damaged == [] and len(without.records) > 0
    told = {record["name"]: essence(record) for record in with_ip.records}
    assert {record["name"]: essence(record) for record in without.records} == told


@pytest.mark.skipif(LIVE.find("ip") is None, reason="needs iproute2 to compare with")
def test_neighbours_of_this_machine():
    told, found = [], []
    _iproute.neighbour_rows(_iproute.read_neighbours(_iproute.Tool(LIVE)).records, "", told)
    _iproute.neighbour_rows(_procfs.neighbours(LIVE).records, "", found)
    pairs = {tuple(row.split()[1:4]) for row in told if ":" not in row.split()[2]}
    assert {tuple(row.split()[1:4]) for row in found} == pairs


SYS = "/sys/class/net/"
HOST = {
    "ipv4 addresses": [("eth0", "192.0.2.2", 24), ("eth0:1", "192.0.2.3", 24), ("bond0.100", "198.51.100.1", 30)],
    "/proc/net/if_inet6": (
        "fe8000000000000000fc00fffe000001 04 40 20 c0     eth0\nfd000000000000000000000000000002 04 40 00 08     eth0\n"
    ),
    "/proc/net/vlan/config": (
        "VLAN Dev name    | VLAN ID\nName-Type: VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD\nbond0.100      | 100  | bond0\n"
    ),
    SYS + "bonding_masters": "bond0",
    SYS + "eth0/ifindex": "2",
    SYS + "eth0/iflink": "2",
    SYS + "eth0/type": "1",
    SYS + "eth0/address": "52:54:00:4d:a6:fd\n",
    SYS + "eth0/flags": "0x1803",
    SYS + "eth0/mtu": "9000",
    SYS + "eth0/operstate": "up",
    SYS + "eth0/carrier": "1",
    SYS + "eth0/master": "../bond0",
    SYS + "eth0/bonding_slave/perm_hwaddr": "52:54:00:a2:dc:12",
    SYS + "eth0/uevent": "INTERFACE=eth0\n",
    SYS + "bond0/ifindex": "3",
    SYS + "bond0/iflink": "3",
    SYS + "bond0/type": "1",
    SYS + "bond0/address": "52:54:00:4d:a6:fd",
    SYS + "bond0/flags": "0x1403",
    SYS + "bond0/uevent": "DEVTYPE=bond\nINTERFACE=bond0\n",
    SYS + "bond0/bonding/mode": "802.3ad 4",
    SYS + "bond0.100/ifindex": "4",
    SYS + "bond0.100/iflink": "3",
    SYS + "bond0.100/type": "1",
    SYS + "bond0.100/flags": "0x1002",
    SYS + "bond0.100/uevent": "DEVTYPE=vlan\nINTERFACE=bond0.100\n",
    SYS + "br0/ifindex": "5",
    SYS + "br0/iflink": "5",
    SYS + "br0/type": "1",
    SYS + "br0/flags": "0x1003",
    SYS + "br0/uevent": "DEVTYPE=bridge\n",
    SYS + "br0/bridge/ageing_time": "30000",
    SYS + "br0/bridge/forward_delay": "1500",
    SYS + "br0/bridge/stp_state": "0",
    SYS + "br0/bridge/vlan_filtering": "1",
    SYS + "vnet0/ifindex": "6",
    SYS + "vnet0/iflink": "6",
    SYS + "vnet0/type": "1",
    SYS + "vnet0/flags": "0x1003",
    SYS + "vnet0/address": "fe:54:00:0c:1d:f5",
    SYS + "vnet0/tun_flags": "0x1002",
    SYS + "vnet0/master": "../br0",
    SYS + "vnet0/brport/state": "3",
    SYS + "vnet0/brport/learning": "1",
    SYS + "vnet0/brport/unicast_flood": "0",
    SYS + "vnet0/brport/port_no": "0x1",
    SYS + "br0/brforward": (
        struct.pack("<6sBBIBBH", bytes.fromhex("5254000c1df5"), 1, 0, 100, 0, 0, 0)
        + struct.pack("<6sBBIBBH", bytes.fromhex("fe54000c1df5"), 1, 1, 0, 0, 0, 0)
        + b"cut off"
    ),
}


def host_interfaces():
    found = _iproute.interfaces(_procfs.links(SampleRunner(files=HOST)).records)
    assert found.damaged == []
    return {record["name"]: record for record in found.records}


def test_kinds_masters_and_addresses_out_of_sysfs():
    found = host_interfaces()
    assert sorted(found) == ["bond0", "bond0.100", "br0", "eth0", "vnet0"]
    assert (found["eth0"]["master"], found["eth0"]["permanent_mac"], found["eth0"]["carrier"]) == (
        "bond0",
        "52:54:00:a2:dc:12",
        True,
    )
    assert (found["bond0"]["kind"], found["bond0"]["mode"]) == ("bond", "802.3ad")
    assert (found["bond0.100"]["kind"], found["bond0.100"]["vlan"], found["bond0.100"]["link_index"]) == (
        "vlan",
        {"id": 100},
        3,
    )
    assert (found["vnet0"]["kind"], found["vnet0"]["mode"]) == ("tun", "tap")
    assert found["vnet0"]["port"] == {"state": "forwarding", "learning": True, "flood": False}
    assert found["eth0"]["addresses"] == [
        {"address": "192.0.2.2", "prefix": 24}, {"address": "192.0.2.3", "prefix": 24},
        {"address": "fe80::fc:ff:fe00:1", "prefix": 64, "scope": "link", "flags": ["tentative"]},
        {"address": "fd00::2", "prefix": 64, "scope": "global", "flags": ["dadfailed"]}]


def test_bridge_timers_and_binary_forwarding_table():
    runner = SampleRunner(files=HOST)
    links = _procfs.links(runner).records
    bridge = _bridge.linux_bridges(links, _iproute.interfaces(links).records)[0]
    assert (bridge["ageing"], bridge["vlan_filtering"], bridge["ports"]) == (300.0, True, ["vnet0"])
    rows = []
    assert _bridge.fdb_rows(_procfs.fdb(runner, [("br0", ["vnet0"])]), "", rows) == []
    assert rows == ["- vnet0 52:54:00:0c:1d:f5 - br0 - -", "- vnet0 fe:54:00:0c:1d:f5 - br0 - permanent"]


def test_driver_bus_and_permanent_address_of_a_nic():
    files = {
        "permanent/eth0": "02:fc:00:00:00:01",
        SYS + "eth0/addr_assign_type": "3\n",
        SYS + "eth0/device/subsystem": "../bus/pci",
        SYS + "eth0/device/driver": "../bus/pci/drivers/mlx5_core",
        SYS + "eth0/device/physfn/net/ens1f0/mtu": "1500",
    }
    record = {"name": "eth0", "mac": "52:54:00:4d:a6:fd"}
    _procfs.complete(SampleRunner(files=files), record)
    assert record == {
        "name": "eth0",
        "mac": "52:54:00:4d:a6:fd",
        "permanent_mac": "02:fc:00:00:00:01",
        "assign_type": 3,
        "bus": "pci",
        "driver": "mlx5_core",
        "vf_of": "ens1f0",
    }


def test_a_driver_without_a_permanent_address_answers_zeros():
    record = {"name": "eth0"}
    _procfs.complete(
        SampleRunner(files={"permanent/eth0": "00:00:00:00:00:00", SYS + "eth0/device/subsystem": "../bus/pci"}), record
    )
    assert record == {"name": "eth0", "bus": "pci"}


ARP = "IP address       HW type     Flags       HW address            Mask     Device\n"


def test_arp_table():
    text = (ARP + "192.0.2.1        0x1         0x2         02:fc:00:00:00:05     *        eth0\n"
            "192.0.2.9        0x1         0x0         00:00:00:00:00:00     *        eth0\n"
            "192.0.2.7        0x1         0x6         02:fc:00:00:00:07     *        eth0\nbroken\n")
    parsed = _procfs.neighbours(SampleRunner(files={"/proc/net/arp": text}))
    rows = []
    assert _iproute.neighbour_rows(parsed.records, "", rows) == [] and len(parsed.damaged) == 1
    assert rows == ["- eth0 192.0.2.1 02:fc:00:00:00:05 - -", "- eth0 192.0.2.7 02:fc:00:00:00:07 PERMANENT -"]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(HOST)), st.text(max_size=30))
def test_no_content_of_a_file_raises(name, text):
    if name != "ipv4 addresses":
        files = dict(HOST)
        files[name] = text
        found = _procfs.links(SampleRunner(files=files))
        _iproute.interfaces(found.records)
        _procfs.fdb(SampleRunner(files=files), [("br0", ["vnet0"])])
