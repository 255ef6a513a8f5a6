"""Plans of a MAC change on recorded hosts, one per network manager: exactly which files change, and what becomes of
every pin.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import os

import pytest
import yaml
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _mac_plan
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers import _netplan
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError

from .host import GOLDEN, NEW, OLD, Host, link, tree

CASES = sorted(os.listdir(GOLDEN))
MODES = ("address", "hardware")


@pytest.fixture(autouse=True)
def without_netplan(monkeypatch):
    """netplan itself is asked in the lab; a recorded host cannot run it on drafts."""
    monkeypatch.setattr(_netplan.Netplan, "check", lambda self, drafts, new: None)


def request(**changes):
    """An ordinary request, with changes."""
    return _mac_plan.Request("eth0", NEW, None, "address", True, True, [])._replace(**changes)


def planned(case, mode, **more):
    """The plan on a recorded host, and that host."""
    host = Host(case, **more)
    return _mac_plan.plan(host, request(change=mode)), host


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", CASES)
def test_exactly_these_files_change(case, mode):
    plan, _host = planned(case, mode)
    assert {change.path: change.after.encode() for change in plan.changes} == tree(case, mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", CASES)
def test_a_second_run_changes_nothing(case, mode):
    _plan, host = planned(case, mode)
    host.files.update(tree(case, mode))
    host.answers["ip_-j_-d_-s_-s_address_show"] = Host(links=[link("eth0", NEW, 2)]).answers[
        "ip_-j_-d_-s_-s_address_show"
    ]
    for old in (None, OLD):
        again = _mac_plan.plan(host, request(change=mode, old=old))
        assert [change.path for change in again.changes] == []
        assert not again.switch and not again.commands


NETPLAN = "/etc/netplan/50-cloud-init.yaml"


@pytest.mark.parametrize("style", [
    lambda data: yaml.safe_dump(data, default_flow_style=True, width=4000),
    lambda data: yaml.safe_dump(data, default_flow_style=True, width=40),
    json.dumps,
    lambda data: json.dumps(data, indent=2),
], ids=["flow", "flow over lines", "json", "json over lines"])
def test_netplan_in_any_style_says_the_same_after_a_change_of_the_nic(style):
    host = Host("netplan")
    host.files[NETPLAN] = style(yaml.safe_load(tree("netplan", "before")[NETPLAN])).encode()
    plan = _mac_plan.plan(host, request(change="hardware"))
    changed = {change.path: change.after for change in plan.changes}
    assert yaml.safe_load(changed[NETPLAN]) == yaml.safe_load(tree("netplan", "hardware")[NETPLAN])


@pytest.mark.parametrize(
    ("case", "manager"),
    [
        ("networkmanager", "NetworkManager"),
        ("networkd", "systemd-networkd"),
        ("netplan", "netplan"),
        ("ifupdown", "ifupdown"),
        ("ifcfg", "ifcfg"),
        ("wicked", "ifcfg"),
        ("link", ".link file"),
    ],
)
def test_the_manager_is_named(case, manager):
    assert planned(case, "address")[0].manager == manager


@pytest.mark.parametrize(
    ("case", "mode", "kind", "actions"),
    [
        ("networkmanager", "address", "udev_rule", ["kept"]),
        ("networkmanager", "hardware", "udev_rule", ["rewritten"]),
        ("networkmanager", "address", "nm_mac_address", ["kept"]),
        ("networkmanager", "hardware", "nm_mac_address", ["rewritten"]),
        ("networkmanager", "address", "nm_device_match", ["kept"]),
        ("networkmanager", "hardware", "nm_device_match", ["rewritten"]),
        ("networkmanager", "address", "script", ["reported"]),
        ("networkmanager", "hardware", "script", ["reported"]),
        ("networkd", "address", "networkd_match", ["extended"]),
        ("networkd", "hardware", "networkd_match", ["rewritten"]),
        ("networkd", "address", "link_match", ["kept"]),
        ("networkd", "hardware", "link_match", ["rewritten"]),
        ("netplan", "address", "netplan_match", ["kept", "kept"]),
        ("netplan", "hardware", "netplan_match", ["rewritten", "kept"]),
        ("netplan", "hardware", "netplan_macaddress", ["rewritten", "kept"]),
        ("netplan", "address", "cloud_init_match", ["kept"]),
        ("netplan", "hardware", "cloud_init_match", ["rewritten"]),
        ("ifupdown", "address", "ifupdown_command", ["rewritten"]),
        ("ifupdown", "hardware", "ifupdown_hwaddress", ["rewritten"]),
        ("ifupdown", "address", "dhcp_reservation", ["reported"]),
        ("ifupdown", "hardware", "firewall", ["reported"]),
        ("ifupdown", "hardware", "dhcp_client", ["reported"]),
        ("ifcfg", "address", "ifcfg_hwaddr", ["kept"]),
        ("ifcfg", "hardware", "ifcfg_hwaddr", ["rewritten"]),
    ],
)
def test_what_becomes_of_a_pin(case, mode, kind, actions):
    assert [pin["action"] for pin in planned(case, mode)[0].pins if pin["kind"] == kind] == actions


def test_every_pin_comes_with_its_reason():
    pins = [pin for case in CASES for mode in MODES for pin in planned(case, mode)[0].pins]
    assert pins and all(pin["reason"] for pin in pins)


def test_cloud_init_may_undo_it_and_says_so():
    (warning,) = planned("netplan", "address")[0].warnings
    assert "50-cloud-init.yaml" in warning
    assert not planned(
        "netplan", "address", files={"/etc/cloud/cloud.cfg.d/99-off.cfg": "network: {config: disabled}\n"}
    )[0].warnings


@pytest.mark.parametrize(
    ("case", "commands", "words"),
    [
        (
            "networkmanager",
            [["nmcli", "connection", "load", "/etc/NetworkManager/system-connections/office.nmconnection"]],
            "",
        ),
        ("networkd", [], "networkctl reload"),
        ("netplan", [], "netplan apply"),
        ("ifupdown", [], "ifup --force eth0"),
        ("link", [], ""),
    ],
)
def test_a_nic_that_is_still_to_change_is_left_alone(case, commands, words):
    plan, _host = planned(case, "hardware")
    assert plan.commands == commands and not plan.switch
    assert words in " ".join(plan.warnings) and (words or not plan.warnings)


NETWORKD = {"networkctl_--version": "systemd 252 (252.6-1)\n"}


@pytest.mark.parametrize(
    ("case", "commands", "undo", "replug"),
    [
        (
            "networkmanager",
            [["nmcli", "connection", "load", "/etc/NetworkManager/system-connections/office.nmconnection"]],
            [["nmcli", "connection", "load", "/etc/NetworkManager/system-connections/office.nmconnection"]],
            [],
        ),
        ("networkd", [], [["networkctl", "reload"]], [["networkctl", "reload"]]),
        (
            "netplan",
            [["netplan", "generate"]],
            [["netplan", "generate"], ["networkctl", "reload"]],
            [["networkctl", "reload"]],
        ),
        ("ifupdown", [], [], [["ifup", "--force", "eth0"]]),
    ],
)
def test_for_a_nic_that_is_swapped_the_manager_is_told_when_it_is_there(case, commands, undo, replug):
    host = Host(case, answers=NETWORKD if case in ("networkd", "netplan") else None)
    plan = _mac_plan.plan(host, request(change="hardware", swap=60.0))
    assert (plan.commands, plan.undo, plan.replug, plan.hardware) == (commands, undo, replug, True)
    assert not [text for text in plan.warnings if "swap_timeout" in text]
    # Once the NIC is swapped nobody has to wait for it.
    host.answers["ip_-j_-d_-s_-s_address_show"] = Host(links=[link("eth0", NEW, 3)]).answers[
        "ip_-j_-d_-s_-s_address_show"
    ]
    assert _mac_plan.plan(host, request(change="hardware", old=OLD, swap=60.0)).replug == []


def test_a_nic_that_udev_brings_up_needs_nobody_else():
    text = "allow-hotplug eth0\niface eth0 inet dhcp\n"
    files = {"/etc/network/interfaces": text, "/run/network/ifstate": "eth0=eth0\n", "/run/udev/control": ""}
    assert _mac_plan.plan(Host(files=files), request(change="hardware", swap=60.0)).replug == []
    del files["/run/udev/control"]
    assert _mac_plan.plan(Host(files=files), request(change="hardware", swap=60.0)).replug == [
        ["ifup", "--force", "eth0"]
    ]


def test_udev_gets_to_know_its_new_rules():
    plan, _host = planned("networkmanager", "hardware", files={"/run/udev/control": ""})
    assert plan.commands[-1] == ["udevadm", "control", "--reload"]


def test_another_interfaces_pin_stays_where_it_is():
    profile = f"[connection]\ntype=ethernet\ninterface-name=eth1\n[ethernet]\ncloned-mac-address={OLD}\n"
    plan, _host = planned(
        "networkmanager", "address", files={"/etc/NetworkManager/system-connections/eth1.nmconnection": profile}
    )
    (pin,) = [pin for pin in plan.pins if pin["file"].endswith("eth1.nmconnection")]
    assert (pin["action"], pin["reason"]) == ("kept", "it is about eth1, not about this interface")


def test_a_stanza_in_a_file_of_its_own_is_read_there_whatever_that_file_is_called():
    """interfaces.d/eth0.conf is no drop-in of interfaces: the stanza above the line stands in it."""
    path = "/etc/network/interfaces.d/eth0.conf"
    files = {
        "/etc/network/interfaces": "iface lo inet loopback\nsource /etc/network/interfaces.d/*\n",
        path: f"auto eth0\niface eth0 inet dhcp\n  hwaddress {OLD}\n",
        "/run/network/ifstate": "eth0=eth0\n",
    }
    plan = _mac_plan.plan(Host(files=files), request(change="hardware"))
    assert [(pin["file"], pin["action"]) for pin in plan.pins] == [(path, "rewritten")]
    assert {change.path: change.after for change in plan.changes} == {path: files[path].replace(OLD, NEW)}


def test_of_twins_in_one_host_only_the_asked_one_moves():
    plan, _host = planned("networkmanager", "address", links=[link("eth0", OLD, 2), link("eth1", OLD, 3)])
    actions = {
        pin["file"].rpartition("/")[2]: pin["action"] for pin in plan.pins if pin["kind"] == "nm_cloned_mac_address"
    }
    assert actions == {"standby.nmconnection": "kept"}
    assert [change.path.rpartition("/")[2] for change in plan.changes] == ["office.nmconnection"]


def test_a_bridge_pinned_to_its_nics_mac_moves_with_the_hardware():
    netdev = f"[NetDev]\nName=br0\nKind=bridge\nMACAddress={OLD}\n"
    links = [link("eth0", OLD, 2, master="br0"), link("br0", OLD, 3, linkinfo={"info_kind": "bridge"})]
    files = {"/etc/systemd/network/10-br0.netdev": netdev}
    host = Host("networkd", files=files, links=links)
    changes = {change.path: change.after for change in _mac_plan.plan(host, request(change="hardware")).changes}
    assert changes["/etc/systemd/network/10-br0.netdev"] == netdev.replace(OLD, NEW)


def test_an_address_made_of_the_mac_is_reported():
    address = {"family": "inet6", "local": "2001:db8::5054:ff:fe0c:1df5", "prefixlen": 64, "scope": "global"}
    plan, _host = planned("networkd", "address", links=[link("eth0", OLD, 2, addr_info=[address])],
                          files={"/etc/hosts": "127.0.0.1 localhost\n2001:db8::5054:ff:fe0c:1df5 vm30\n"})
    found = [(pin["kind"], pin["action"], pin.get("file")) for pin in plan.pins if pin["kind"].startswith("eui64")]
    assert found == [("eui64_address", "reported", None), ("eui64_in_file", "reported", "/etc/hosts")]


def test_loaded_firewall_sets_are_reported():
    ruleset = "table inet f {\n  set own { type ether_addr; elements = { 52:54:00:0C:1D:F5 } }\n}\n"
    plan, _host = planned("networkd", "address", answers={"nft_list_ruleset": ruleset})
    assert [pin["file"] for pin in plan.pins if pin["kind"] == "running_firewall"] == ["`nft list ruleset`"]


@pytest.mark.parametrize(
    ("links", "interface", "words"),
    [
        ([link("eth0", OLD, 2)], "eth7", "does not exist here: there are eth0"),
        (
            [
                link("eth0", OLD, 2, master="bond0", linkinfo={"info_slave_kind": "bond"}),
                link("bond0", OLD, 3, linkinfo={"info_kind": "bond"}),
            ],
            "eth0",
            "set it on bond0",
        ),
        (
            [
                link("eth0", OLD, 2, master="br0", linkinfo={"info_slave_kind": "bridge"}),
                link("br0", OLD, 3, linkinfo={"info_kind": "bridge"}),
            ],
            "eth0",
            "set it on br0",
        ),
        (
            [link("eth0", OLD, 2), link("iv0", OLD, 3, link="eth0", linkinfo={"info_kind": "ipvlan"})],
            "iv0",
            "that of eth0 below it",
        ),
        (
            [
                link("eth0", OLD, 2),
                link("mv0", OLD, 3, link="eth0", linkinfo={"info_kind": "macvlan", "info_data": {"mode": "passthru"}}),
            ],
            "mv0",
            "shares the MAC of eth0",
        ),
        ([link("vnet0", "fe:54:00:0c:1d:f5", 2, linkinfo={"info_kind": "tun"})], "vnet0", "libvirt_nic_mac"),
        (
            [link("ib0", "80:00:02:08:fe:80:00:00:00:00:00:00:f4:52:14:03:00:7b:cb:a1", 2, link_type="infiniband")],
            "ib0",
            "only Ethernet",
        ),
    ],
)
def test_an_address_that_is_not_its_own_is_refused(links, interface, words):
    with pytest.raises(ConfigError, match=words):
        _mac_plan.plan(Host("networkd", links=links), request(interface=interface))


def test_a_bridge_has_no_hardware():
    links = [link("eth0", OLD, 2, master="br0"), link("br0", OLD, 3, linkinfo={"info_kind": "bridge"})]
    with pytest.raises(ConfigError, match="name the NIC below it"):
        _mac_plan.plan(Host("networkd", links=links), request(change="hardware", interface="br0"))


def test_the_hardware_is_known_by_its_permanent_mac():
    links = [link("eth0", "02:00:00:00:00:05", 2, permaddr=OLD)]
    plan = _mac_plan.plan(Host("networkd", links=links), request(change="hardware"))
    assert plan.old == OLD and {change.path: change.after.encode() for change in plan.changes} == tree(
        "networkd", "hardware"
    )


def test_a_vlan_that_follows_its_parent_is_refused():
    links = [
        link("eth0", OLD, 2),
        link("eth0.10", OLD, 3, link="eth0", linkinfo={"info_kind": "vlan", "info_data": {"id": 10}}),
    ]
    files = {"/sys/class/net/eth0.10/addr_assign_type": "2\n"}
    with pytest.raises(ConfigError, match="a VLAN: its MAC is that of eth0 below it"):
        _mac_plan.plan(Host("networkd", links=links, files=files), request(interface="eth0.10"))


@pytest.mark.parametrize(
    ("changes", "more", "words"),
    [
        ({"new": "01:00:5e:00:00:01"}, {}, "group address"),
        ({"new": "00:00:00:00:00:00"}, {}, "all zeros"),
        ({"old": "52:54:00:00:00:01"}, {}, "has the MAC 52:54:00:0c:1d:f5, not 52:54:00:00:00:01"),
        ({"taken": ["52:54:00:00:00:02", NEW]}, {}, "in the list of taken"),
        ({}, {"links": [link("eth0", OLD, 2), link("eth1", NEW, 3)]}, "is the MAC of eth1 on this same host"),
        (
            {},
            {"neighbours": [{"dst": "192.0.2.9", "dev": "eth0", "lladdr": NEW, "state": ["STALE"]}]},
            "answers for 192.0.2.9 on eth0",
        ),
    ],
)
def test_a_request_that_would_do_harm_is_refused(changes, more, words):
    with pytest.raises(ConfigError, match=words):
        _mac_plan.plan(Host("networkd", **more), request(**changes))


def test_runtime_alone_touches_no_file_and_needs_no_manager():
    plan = _mac_plan.plan(Host(), request(persistent=False))
    assert (plan.changes, plan.switch, plan.manager) == ([], True, "")


def test_files_alone_leave_the_kernel_alone():
    plan = _mac_plan.plan(Host("networkd"), request(runtime=False))
    assert plan.changes and not plan.switch


def test_without_manager_and_udev_a_lasting_change_is_refused():
    with pytest.raises(ConfigError, match="no network manager owns it"):
        _mac_plan.plan(Host(), request())
