"""Containers of LXD judged: each is one machine, whatever its control group and its cable are called."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ..builders import hypervisor, learned, nic

MAC = "00:16:3e:63:00:aa"


def container(name, tap):
    """A running one, as the daemon tells it."""
    entry = {"alias": "eth0", "definition": "instance", "type": "bridge", "source": "br0", "bridge": "br0", "mac": MAC,
             "persistent_mac": MAC, "live_mac": MAC, "tap": tap}
    return {"name": name, "hypervisor": "lxd", "id": name, "manager": f"vm {tap}", "kind": "container",
            "persistent": True, "state": "Running", "nics": [entry]}


def machine(number, tap, group, *more, name="web", end=None, learnt=()):
    """A host with one of them, called NAME, whose control group is GROUP; the other END of its NIC, if not TAP."""
    ports = [
        nic(tap, "fe:01:02:03:04:05", kind="veth", master="br0", link="eth0", link_netns=group),
        nic("eth0", MAC, "192.168.101.77/23", kind="veth", netns=group, link=end or tap, link_netns=""),
        *more,
    ]
    named = [{"id": group, "runtime": "lxc", "name": group[4:], "netns": "4026532999"}]
    return hypervisor(
        f"lxd{number}", number, more=ports, containers=named, learnt=[learned(tap, MAC, "br0"), *learnt]
    ) | {"guests": [container(name, tap)]}


def finding(*fleet):
    found = [row for row in mac_collisions(list(fleet), list_shared=True)["findings"] if row["mac"] == MAC]
    return found[0] if found else None


@pytest.mark.parametrize("group", ["lxc-web", "lxc-web-4", "lxc-anything"])
def test_a_container_is_the_guest_whose_cable_ends_in_it(group):
    assert finding(machine(1, "veth60811476", group))["status"] == "shared"


def test_a_container_that_is_only_called_alike_is_another():
    other = machine(1, "veth60811476", "lxc-web-4", end="veth99999999")
    assert finding(other)["status"] in ("conflict", "latent", "suspected")


def test_its_own_cable_is_no_second_machine():
    here, there = machine(1, "veth60811476", "lxc-web-4"), machine(2, "veth8998ab4c", "lxc-web", name="copy")
    row = finding(here, there)
    assert not any("its own guest's address" in line for line in row["evidence"]), row["evidence"]
    assert {(owner["guest"], owner["kind"]) for owner in row["owners"]} == {("web", "guest"), ("copy", "guest")}
    assert "container web" not in row["reason"] and "lxc config device set web eth0 hwaddr=00:16:3e:" in row["fix"]
    twin = finding(machine(1, "veth60811476", "lxc-web-4", learnt=[learned("eth0", MAC, "br0")]), there)
    assert any("its own guest's address comes in through eth0" in line for line in twin["evidence"]), twin
