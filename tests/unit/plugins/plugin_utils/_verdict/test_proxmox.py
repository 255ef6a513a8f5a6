"""Guests of a Proxmox VE cluster judged: twins with their ids, nodes and commands, restored copies, nodes that were not
read.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._known import macs_of_fleet
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._allocation import Allocator, read_pool
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._renumbering import make_plan, read_facts
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ..builders import BC_TWIN as MAC
from ..builders import SMBIOS as UUID
from ..builders import hypervisor, learned, nic, pve, server, vm


def judged(*fleet, mac=MAC):
    findings = [row for row in mac_collisions(list(fleet), list_shared=True)["findings"] if row["mac"] == mac]
    assert len(findings) <= 1
    return findings[0] if findings else None


def test_two_vms_of_one_node_on_one_bridge_are_a_conflict_with_ids_and_commands():
    finding = judged(pve(1, vm(100), vm(101, name="db", uuid=None)))
    assert (finding["status"], finding["rule"]) == ("conflict", "proven_twins")
    assert {(row["guest"], row["id"], row["host"], row["hypervisor"]) for row in finding["owners"]} == {
        ("web", "100", "pve1", "proxmox"), ("db", "101", "pve1", "proxmox")}
    assert "guest db (101) on pve1" in finding["reason"] and "guest web (100) on pve1" in finding["reason"]
    assert "virsh" not in finding["fix"] and "ansible-playbook netops.layer2.fix_dup_mac\nor by hand" in finding["fix"]
    for number in (100, 101):
        assert f"\nqm set {number} --net0 virtio=BC:24:11:" in finding["fix"]
    assert ",bridge=br0,firewall=1,tag=20\n" in finding["fix"]
    assert "two Proxmox VE definitions carry one address" in finding["cause_text"]


def test_twins_on_two_nodes_of_which_each_tells_of_the_other_are_two_owners():
    one, two = (
        pve(1, vm(100), vm(200, "unknown", node="pve2", name="db")),
        pve(2, vm(100, "unknown", node="pve1"), vm(200, name="db")),
    )
    for fleet in ((one, two), (two, one)):
        finding = judged(*fleet)
        assert (finding["status"], len(finding["owners"])) == ("conflict", 2)
        assert {(row["id"], row["host"], row.get("node")) for row in finding["owners"]} == {
            ("100", "pve1", None),
            ("200", "pve2", None),
        }


def test_a_restored_copy_with_mac_and_uuid_is_a_second_machine():
    finding = judged(pve(1, vm(100), vm(101)))
    assert (finding["status"], len(finding["owners"])) == ("conflict", 2)
    assert "restored or copied with its MAC and its SMBIOS UUID" in finding["cause_text"]
    off = judged(pve(1, vm(100)), pve(2, vm(101, "stopped")))
    assert (off["status"], off["rule"]) == ("latent", "one_is_off")  # and not one guest that is defined twice


def test_one_guest_on_two_nodes_is_one_that_moved():
    assert judged(pve(1, vm(100)), pve(2, vm(100)))["rule"] == "domain_running_twice"
    assert "\nqm status 100\n" in judged(pve(1, vm(100)), pve(2, vm(100)))["fix"]


def test_a_guest_of_a_node_that_was_not_read_is_not_called_off():
    finding = judged(pve(1, vm(100), vm(200, "unknown", node="pve2", name="db")))
    assert (finding["status"], finding["rule"], finding["confidence"]) == ("latent", "state_unknown", "medium")
    assert (
        "guest db (200) on node pve2 (as pve1 tells)" in finding["reason"] and "read pve2 as well" in finding["reason"]
    )
    assert "not on the wire" not in finding["reason"] and "harmless" not in finding["reason"]
    assert next(row for row in finding["owners"] if row["id"] == "200")["node"] == "pve2"
    assert "on node pve2:\nqm set 200 --net0 " in finding["fix"]
    assert "ansible-playbook" not in finding["fix"]  # nobody changes anything on a node that was not read


def test_a_guest_alone_is_no_finding_whoever_tells_of_it():
    other = [vm(100, "unknown", node="pve1")]
    assert judged(pve(1, vm(100)), pve(2, *other), pve(3, *other)) is None
    assert judged(pve(2, *other), pve(3, *other)) is None


@pytest.mark.parametrize("port", ["fwpr100p0", "tap100i0"])
def test_what_its_own_firewall_hands_on_is_no_second_machine(port):
    on = "br0" if port == "tap100i0" else "fwbr100i0"  # without the firewall, and with it
    ports = [
        nic("tap100i0", "7a:00:00:00:00:01", kind="tun", master=on),
        nic("fwbr100i0", "7a:00:00:00:00:02", kind="bridge"),
        nic("fwln100i0", "7a:00:00:00:00:03", kind="veth", master="fwbr100i0", link="fwpr100p0", link_netns=""),
        nic("fwpr100p0", "7a:00:00:00:00:04", kind="veth", master="br0", link="fwln100i0", link_netns=""),
    ]
    assert judged(pve(1, vm(100), ports=ports, learnt=[learned(port, MAC, "br0")])) is None
    idle = judged(pve(1, vm(100), vm(101, "stopped"), ports=ports, learnt=[learned(port, MAC, "br0")]))
    assert (idle["status"], idle["rule"]) == ("latent", "one_is_off")
    twin = judged(pve(1, vm(100), ports=ports, learnt=[learned("eth0", MAC, "br0")]))
    assert twin["rule"] == "unknown_twin"


def test_a_container_that_was_read_inside_is_the_guest_of_its_id():
    inside = nic("eth0", MAC, "192.168.101.77/23", kind="veth", netns="lxc-101")
    containers = [{"id": "lxc-101", "runtime": "lxc", "name": "101", "netns": "4026532999"}]
    one = pve(1, vm(101, kind="container", name="dns", uuid=None), ports=[inside], containers=containers)
    assert judged(one)["status"] == "shared"
    two = judged(
        pve(
            1,
            vm(101, kind="container", name="dns", uuid=None),
            vm(102, name="db"),
            ports=[inside],
            containers=containers,
        )
    )
    assert two["status"] == "conflict"
    assert "pct set 101 --net0 name=eth0,hwaddr=BC:24:11:" in two["fix"] and "qm set 102 --net0 " in two["fix"]
    assert {(owner["guest"], owner["kind"]) for owner in two["owners"]} == {("dns", "guest"), ("db", "guest")}


def test_a_guest_that_is_an_inventory_host_is_one_machine():
    inside = server(
        "web.example",
        MAC,
        "192.168.101.50/23",
        identity={"product_uuid": UUID, "virtualization": "kvm", "hostname": "web"},
    )
    assert judged(pve(1, vm(100)), inside)["rule"] == "inventory_guest"


def test_of_a_guest_and_its_restored_copy_the_host_is_the_one_that_is_called_so():
    inside = server("web-copy", MAC, "192.168.101.50/23", identity={"product_uuid": UUID, "virtualization": "kvm"})
    finding = judged(pve(1, vm(100, name="web"), vm(101, name="web-copy")), inside)
    assert (finding["status"], len(finding["owners"])) == ("conflict", 2)
    both = judged(pve(1, vm(100, name="web"), vm(101, name="web-copy")), inside,
                  server("web", MAC, "192.168.101.51/23", identity={"product_uuid": UUID, "virtualization": "kvm"}))
    assert (both["status"], len(both["owners"])) == ("conflict", 2)


def test_a_hostile_name_is_in_no_command_and_a_hostile_line_is_one_word():
    evil = "$(reboot); 'x"
    twin = vm(101, name=evil)
    twin["nics"][0]["definition"] = f"virtio={MAC},bridge={evil}"
    fix = judged(pve(1, vm(100, "stopped"), twin))["fix"]
    commands = [line for line in fix.splitlines() if line.startswith("qm ")]
    assert commands and all(evil not in line.replace("'\"'\"'", "'").replace(f"bridge={evil}", "") for line in commands)


@pytest.mark.parametrize(
    "bad",
    [{"name": "a\nreboot"}, {"id": "1\nreboot"}, {"node": "n\nreboot", "state": "unknown"}, {"kind": "x\nreboot"}],
)
def test_no_word_of_a_host_is_a_line_of_its_own(bad):
    fix = judged(pve(1, vm(100), {**vm(101), **bad}))["fix"]
    assert not [line for line in fix.splitlines() if line.startswith("reboot")], fix


def test_guests_are_counted_once_whoever_tells_of_them():
    one, two = (
        pve(1, vm(100), vm(200, "unknown", node="pve2")),
        pve(2, vm(200), vm(100, "unknown", node="pve1"), vm(300, "unknown", node="pve3")),
    )
    assert mac_collisions([one, two])["summary"]["guests_judged"] == 3


def test_a_libvirt_guest_keeps_its_hypervisor_in_its_plan():
    from ..builders import TWIN, guest
    fleet = [hypervisor("hv1", 1, guest("a", TWIN)), hypervisor("hv2", 2, guest("b", TWIN))]
    allocator = Allocator(read_pool(), "s", macs_of_fleet(fleet))
    plan = make_plan(mac_collisions(fleet)["findings"], read_facts(fleet), (allocator, allocator), {TWIN: "a"})
    assert [(change["hypervisor"], change["guest"]) for change in plan["changes"]] == [("libvirt", "b")]
