"""Proxmox VE's configuration read: real syntax, sections, states from the runtime, other nodes, damage and hostility.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._guests import _proxmox
from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError
from ansible_collections.netops.layer2.plugins.module_utils._runner import Missing, ReadError

from ..sample_runner import SampleRunner, denied

UUID = "b3247ab1-1fe6-428e-965b-08a1b64a8746"
# As Proxmox VE writes it: a description, settings in the order of their names, [PENDING], [special:...], one section a
# snapshot.
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "proxmox-8"
VM, CT = ((GOLDEN / f"{number}.conf").read_text(encoding="utf-8") for number in (100, 101))
UNIX = """Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 26430 @/var/lib/lxc/101/command
0000000000000000: 00000002 00000000 00010000 0001 01 26431 /run/user/0/@/var/lib/lxc/999/command-not
"""
KVM = "/usr/bin/kvm\0-id\000100\0-name\0web,debug-threads=on\0-pidfile\0/var/run/qemu-server/100.pid\0-daemonize\0"
NODES = "/etc/pve/nodes"
FILES = {
    f"{NODES}/pve1/qemu-server/100.conf": VM,
    f"{NODES}/pve1/lxc/101.conf": CT,
    f"{NODES}/pve2/qemu-server/200.conf": "name: db\nnet0: virtio=BC:24:11:00:02:00,bridge=vmbr0\n",
    f"{NODES}/pve2/lxc/.keep": "",
    "/etc/pve/local": "nodes/pve1",
    "/etc/pve/pve-root-ca.pem": "-----BEGIN CERTIFICATE-----",
    "/etc/pve/corosync.conf": "totem {\n  cluster_name: prod\n}\n",
    "/run/qemu-server/100.pid": "4711\n",
    "/proc/4711/cmdline": KVM,
    "/proc/net/unix": UNIX,
    "/sys/class/net/tap100i0/master": "../fwbr100i0",
    "/sys/class/net/fwpr100p0/master": "../vmbr0v20",
    "/sys/class/net/vmbr0/bridge/vlan_filtering": "0",
    "/sys/class/net/vmbr0v20/bridge/vlan_filtering": "0",
    "/sys/class/net/veth101i0/master": "../fwbr101i0",
    "/sys/class/net/fwpr101p0/master": "../vmbr0",
}


def read(files=None, **more):
    found = _proxmox.read_guests(SampleRunner(files={**(FILES if files is None else files), **more}))
    return {guest["id"]: guest for guest in found.guests}, found.gaps


def conf(text, number=100, node="pve1", kind="qemu-server"):
    """One guest's configuration alone, and what was wrong with it."""
    return read({f"{NODES}/{node}/{kind}/{number}.conf": text, "/etc/pve/local": "nodes/pve1"})


def test_a_host_that_is_no_node_costs_nothing_and_has_no_gap():
    assert _proxmox.read_guests(SampleRunner(files={"/proc/net/unix": UNIX})) == ([], [], [])


def test_the_whole_cluster_is_read_at_one_node():
    guests, gaps = read()
    assert (sorted(guests), gaps) == (["100", "101", "200"], [])
    web = guests["100"]
    assert {key: web[key] for key in web if key != "nics"} == {
        "name": "web",
        "hypervisor": "proxmox",
        "id": "100",
        "manager": web["manager"],
        "kind": "vm",
        "persistent": True,
        "autostart": True,
        "snapshots": 1,
        "snapshot_macs": ["bc:24:11:00:00:01"],
        "state": "running",
        "product_uuid": UUID,
    }
    assert web["manager"].startswith("prod ") and {guest["manager"] for guest in guests.values()} == {web["manager"]}


def test_a_running_vm_has_what_holds_now_and_what_waits_for_its_next_start():
    first, second = read()[0]["100"]["nics"]
    assert first == {
        "alias": "net0",
        "type": "bridge",
        "link": "up",
        "mac": "bc:24:11:2c:69:ec",
        "live_mac": "bc:24:11:2c:69:ec",
        "model": "virtio",
        "persistent_mac": "bc:24:11:2c:69:ec",
        "bridge": "vmbr0v20",
        "source": "vmbr0",
        "tap": "tap100i0",
        "definition": "virtio=BC:24:11:2C:69:EC,bridge=vmbr0,firewall=1,tag=20",
    }
    assert (second["mac"], second["live_mac"], second["persistent_mac"], second["link"]) == (
        "bc:24:11:2c:69:ed", "bc:24:11:2c:69:ed", "bc:24:11:00:00:99", "down")


def test_a_container_is_a_guest_on_the_bridge_behind_its_firewall():
    dns = read()[0]["101"]
    assert (dns["name"], dns["kind"], dns["state"], "product_uuid" in dns) == ("dns", "container", "running", False)
    (nic,) = dns["nics"]
    assert (nic["mac"], nic["tap"], nic["bridge"], nic["alias"]) == ("bc:24:11:0a:0b:0c", "veth101i0", "vmbr0", "net0")
    assert "model" not in nic


def test_what_another_node_has_is_told_with_its_node_and_without_a_state():
    db = read()[0]["200"]
    assert (db["node"], db["state"], db["name"]) == ("pve2", "unknown", "db")
    assert "tap" not in db["nics"][0]


@pytest.mark.parametrize(("files", "state"), [
    ({"/run/qemu-server/100.pid": Missing("gone")}, "stopped"),
    ({"/proc/4711/cmdline": Missing("gone")}, "stopped"),
    ({"/proc/4711/cmdline": "/usr/bin/vi\0/run/qemu-server/100.pid\0"}, "stopped"),
    ({"/proc/4711/cmdline": KVM.replace("100.pid", "1100.pid")}, "stopped"),
    ({"/run/qemu-server/100.pid": "not a number"}, "stopped"),
    ({"/run/qemu-server/100.pid": denied("/run/qemu-server/100.pid")}, "unknown"),
], ids=["no file", "process gone", "another process", "another VM", "damaged", "closed"])
def test_a_vm_runs_where_its_process_does(files, state):
    guests, gaps = read(**files)
    assert guests["100"]["state"] == state
    assert (guests["100"]["nics"][1].get("live_mac"), len(gaps)) == (
        (None, 0) if state == "stopped" else ("bc:24:11:2c:69:ed", 1))


def test_a_vm_that_is_off_has_what_its_next_start_gives_it():
    nics = read(**{"/run/qemu-server/100.pid": Missing("gone")})[0]["100"]["nics"]
    assert [(nic["mac"], nic["persistent_mac"]) for nic in nics] == [
        ("bc:24:11:2c:69:ec",) * 2,
        ("bc:24:11:00:00:99",) * 2,
    ]
    assert nics[0]["bridge"] == "vmbr0v20" and "vlan" not in nics[0]  # the bridge that its start makes


def test_containers_whose_states_nobody_may_read_are_not_called_off():
    guests, gaps = read(**{"/proc/net/unix": denied("/proc/net/unix")})
    assert guests["101"]["state"] == "unknown" and "whether guests of this node run" in gaps[0]["reason"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("virtio=BC:24:11:2C:69:EC,bridge=vmbr0", {"model": "virtio", "mac": "bc:24:11:2c:69:ec", "bridge": "vmbr0"}),
        (
            "model=virtio,macaddr=bc:24:11:2c:69:ec,bridge=vmbr0",
            {"model": "virtio", "mac": "bc:24:11:2c:69:ec", "bridge": "vmbr0"},
        ),
        ("virtio,bridge=vmbr0", {"model": "virtio", "bridge": "vmbr0"}),
        (
            "e1000-82540em=7A:1A:67:FF:13:53,bridge=vmbr0,queues=4,rate=12.5",
            {"model": "e1000-82540em", "mac": "7a:1a:67:ff:13:53", "bridge": "vmbr0"},
        ),
        (
            "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:0A:0B:0C,ip=dhcp,ip6=auto,type=veth,tag=5",
            {"mac": "bc:24:11:0a:0b:0c", "tag": "5"},
        ),
        ("virtio=BC:24:11:2C:69:EC,bridge=vnet0,trunks=5;10-20,mtu=1", {"bridge": "vnet0", "trunks": "5;10-20"}),
    ],
)
def test_lines_of_nics(line, expected):
    assert {key: value for key, value in _proxmox.parse_nic(line).items() if key in expected} == expected


def test_a_mac_that_is_none_is_refused():
    with pytest.raises(MacError):
        _proxmox.parse_nic("virtio=BC:24:11:2C:69,bridge=vmbr0")


def test_what_pending_deletes_is_only_live_and_what_it_adds_only_persistent():
    text = (
        "net0: virtio=BC:24:11:00:00:01,bridge=vmbr0\n[PENDING]\ndelete: !net0,vga\nnet2:"
        " virtio=BC:24:11:00:00:02,bridge=vmbr0\n"
    )
    nics = conf(text, node="pve2")[0]["100"]["nics"]
    assert [(nic["alias"], nic.get("live_mac"), nic.get("persistent_mac")) for nic in nics] == [
        ("net0", "bc:24:11:00:00:01", None), ("net2", None, "bc:24:11:00:00:02")]


def test_templates_are_marked():
    assert conf("template: 1\nnet0: virtio=BC:24:11:00:00:01,bridge=vmbr0\n")[0]["100"]["template"] is True


@pytest.mark.parametrize(("text", "words"), [
    ("net0: virtio=BC:24:11:00:00,bridge=vmbr0\n", "net0: "), ("net0 virtio\n", "line 1: no setting: net0 virtio"),
    ("name: a\n[what is this]\nnet0: virtio=BC:24:11:00:00:01\n", "section [what is this] is not known"),
    ("\0\1\2\n", "no setting"), ("[snap]\nnet0: virtio=zz\n", "snapshot snap: net0"),
])
def test_damaged_lines_are_gaps_that_name_the_guest(text, words):
    guests, gaps = conf(text)
    assert guests["100"]["name"] and len(gaps) == 1
    assert (
        gaps[0]["reason"].startswith("VM 100 of node pve1: ")
        and words in gaps[0]["reason"]
        and gaps[0]["item"] == "100"
    )
    assert "/etc/pve/nodes/pve1/qemu-server/100.conf" in gaps[0]["hint"]


def test_a_file_full_of_damage_is_shown_in_part():
    _guests, gaps = conf("?\n" * 1000)
    assert len(gaps) == 6 and "and 995 more" in gaps[-1]["reason"]


def test_hostile_names_and_values_are_text():
    name = "{{ lookup('pipe', 'id') }} $(id>x)\u202e"
    guests, _gaps = conf(
        f"name: {name}\nnet0: virtio=BC:24:11:00:00:01,bridge=../../x\ndescription: [PENDING]\nsmbios1: uuid=$(id)\n"
    )
    assert (
        guests["100"]["name"] == name
        and guests["100"]["nics"][0]["bridge"] == "../../x"
        and "product_uuid" not in guests["100"]
    )


def test_files_and_nodes_that_cannot_be_ones_are_left_alone():
    files = {f"{NODES}/pve1/qemu-server/{name}": VM for name in ("0100.conf", "100.conf.tmp.4711", "99.conf", "x.conf")}
    assert read({**files, f"{NODES}/..x/qemu-server/100.conf": VM}) == ({}, [])


def test_who_may_not_read_is_told_to_become():
    with pytest.raises(ReadError) as caught:
        read(**{f"{NODES}/pve1/qemu-server/100.conf": denied("100.conf")})
    assert "become: true" in caught.value.hint


def test_a_cluster_that_is_not_mounted_is_a_gap_and_not_an_empty_node():
    with pytest.raises(ReadError, match="not mounted") as caught:
        read({"/etc/pve": ""})
    assert "pve-cluster" in caught.value.hint


def test_equal_ids_of_two_clusters_are_two_guests():
    other = read(**{"/etc/pve/pve-root-ca.pem": "another one"})[0]["100"]["manager"]
    assert other != read()[0]["100"]["manager"] and other.startswith("prod ")
    alone = read(**{"/etc/pve/corosync.conf": Missing("no cluster")})[0]["100"]["manager"]
    assert alone.startswith("pve1 ")


@pytest.mark.parametrize(("kind", "hotplug", "found"), [
    ("vm", None, True), ("vm", "1", True), ("vm", "0", False), ("vm", "disk,usb", False), ("vm", "disk,network", True),
    ("vm", "network;usb", True), ("vm", "networks", False), ("container", "0", True), ("container", None, True),
])
def test_who_gets_a_nic_anew_at_once(kind, hotplug, found):
    assert _proxmox.hotplugs(kind, {} if hotplug is None else {"hotplug": hotplug}) is found


@pytest.mark.parametrize(
    ("text", "hotplug"), [("name: a\n", None), ("hotplug: disk,usb\n", False), ("hotplug: 0\n", False)])
def test_a_vm_whose_running_nic_cannot_be_changed_says_so(text, hotplug):
    (guest,) = conf(text)[0].values()
    assert guest.get("hotplug") is hotplug


@pytest.mark.parametrize(
    ("options", "prefix", "gaps"),
    [
        ("keyboard: de\n", None, 0),
        ("mac_prefix: 02:AA:BB\n", "02:aa:bb", 0),
        ("# x\nmac_prefix: BC:24:11:\n", "bc:24:11", 0),
        ("mac_prefix: 01:00:5e\n", None, 1),
        ("mac_prefix: $(reboot)\n", None, 1),
        ("mac_prefix: 02:aa:bb:cc\n", None, 1),
    ],
)
def test_the_range_of_new_macs_is_the_clusters(options, prefix, gaps):
    guests, found = read(**{"/etc/pve/datacenter.cfg": options})
    assert {guest.get("mac_prefix") for guest in guests.values()} == {prefix}
    assert len(found) == gaps and all("mac_prefix" in gap["reason"] for gap in found)


def test_a_range_that_cannot_be_read_is_no_default():
    _guests, gaps = read(**{"/etc/pve/datacenter.cfg": denied("/etc/pve/datacenter.cfg")})
    assert ["what new MACs are made of" in gap["reason"] for gap in gaps] == [True]
