"""Pins: found in every kind of file and notation, not in comments; their documentation says what the code does."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import re
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _mac_plan, _pin_files, _pins
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import Drafts, restyled

from .host import GOLDEN, NEW, OLD, Host, link, tree

ROOT = Path(__file__).resolve().parents[5]
ETH0 = {"name": "eth0", "mac": OLD}


def found(files, *interfaces):
    """(kind, line) of the pins in these files."""
    return [(pin["kind"], pin["line"]) for pin in _pins.find_pins(Host(files=files), interfaces or (ETH0,))]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("/etc/dnsmasq.conf", "dhcp-host=52-54-00-0C-1D-F5,host\n", [("dhcp_reservation", 1)]),
        ("/etc/ethers", "52:54:0:c:1d:f5 vm30\n", [("dhcp_reservation", 1)]),
        ("/etc/dhcp/dhcpd.conf", "host x {\n  hardware ethernet 52:54:00:0c:1d:f5;\n}\n", [("dhcp_reservation", 2)]),
        ("/etc/kea/kea-dhcp4.conf", '{"hw-address": "52:54:00:0c:1d:f5"}\n', [("dhcp_reservation", 1)]),
        ("/etc/dhcp/dhclient.conf", "send dhcp-client-identifier 01:52:54:00:0c:1d:f5;\n", [("dhcp_client", 1)]),
        ("/etc/nftables.conf", "ether saddr { 52:54:00:0c:1d:f5, 00:11:22:33:44:55 } drop\n", [("firewall", 1)]),
        ("/etc/ipset.conf", "add own 192.0.2.1,52:54:00:0C:1D:F5\n", [("firewall", 1)]),
        ("/etc/firewalld/zones/public.xml", '<source mac="52:54:00:0c:1d:f5"/>\n', [("firewall", 1)]),
        ("/proc/cmdline", "root=/dev/vda ifname=eth0:52:54:00:0c:1d:f5\n", [("kernel_command_line", 1)]),
        ("/proc/cmdline", "root=/dev/vda BOOTIF=01-52-54-00-0c-1d-f5\n", [("kernel_command_line", 1)]),
        ("/etc/rc.local", "ip link set eth0 address 5254000c1df5\n", [("script", 1)]),
        (
            "/etc/NetworkManager/conf.d/x.conf",
            "[keyfile]\nunmanaged-devices=mac:52:54:00:0c:1d:f5;mac:00:11:22:33:44:55\n",
            [("nm_device_match", 2)],
        ),
        (
            "/etc/netplan/x.yaml",
            "network: {ethernets: {eth0: {match: {macaddress: '52:54:00:0c:1d:f5'}}}}\n",
            [("netplan_match", 1)],
        ),
        (
            "/etc/netplan/x.yaml",
            "network: {ethernets: {eth0: {macaddress: '52:54:00:0c:1d:f5'}}}\n",
            [("netplan_macaddress", 1)],
        ),
        (
            "/etc/systemd/network/a.network",
            "[Match]\nName=x\n[Neighbor]\nLinkLayerAddress=52:54:00:0c:1d:f5\n",
            [("networkd_other", 4)],
        ),
        (
            "/etc/systemd/network/a.network.d/b.conf",
            "[Link]\nMACAddress=52:54:00:0c:1d:f5\n",
            [("networkd_address", 2)],
        ),
        ("/etc/network/interfaces", "# hwaddress 52:54:00:0c:1d:f5\niface eth0 inet dhcp # 52:54:00:0c:1d:f5\n", []),
        (
            "/etc/udev/rules.d/70-x.rules",
            'ATTR{address}=="52:54:00:0c:1d:f5:00"\nATTR{address}=="x52:54:00:0c:1d:f5"\n',
            [],
        ),
        ("/etc/elsewhere", "52:54:00:0c:1d:f5\n", []),
    ],
)
def test_a_pin_is_found_where_it_is_one(path, text, expected):
    assert found({path: text}) == expected


def test_both_macs_of_an_interface_are_looked_for_and_those_of_containers_are_not():
    files = {"/etc/ethers": "02:00:00:00:00:01 a\n02:00:00:00:00:02 b\n02:00:00:00:00:03 c\n"}
    interfaces = (
        {"name": "eth0", "mac": "02:00:00:00:00:01", "permanent_mac": "02:00:00:00:00:02"},
        {"name": "eth0", "mac": "02:00:00:00:00:03", "netns": "docker-x"},
        {"name": "lo", "mac": "00:00:00:00:00:00"},
    )
    assert found(files, *interfaces) == [("dhcp_reservation", 1), ("dhcp_reservation", 2)]


def test_what_is_no_text_or_too_large_is_passed_over():
    files = {"/etc/rc.local": b"\xff\xfe" + OLD.encode() + b"\n", "/etc/ethers": OLD + " x\n" + "#" * (1 << 20)}
    assert found(files) == [("script", 1)]


@pytest.mark.parametrize("case", sorted(os.listdir(GOLDEN)))
def test_a_pin_stands_where_it_says(case):
    drafts = Drafts(Host(case))
    for pin in _pins.pins_of(drafts, {OLD}):
        assert pin.kind in _pins.roles()
        line = tree(case, "before")[pin.file].decode().split("\n")[pin.line]
        assert re.sub("[^0-9a-f]", "", line[pin.start:pin.end].lower()) == OLD.replace(":", "")


def test_the_page_on_pins_says_what_the_code_does():
    rows = re.findall(
        r"^\| (`\w+`(?:, `\w+`)*) \| .* \| ([\w: ]+) \| (\w+) \|$",
        (ROOT / "docs" / "pins.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    documented = {
        name: (address.split(":")[0], hardware)
        for names, address, hardware in rows
        for name in re.findall(r"`(\w+)`", names)
    }
    expected = {
        _pin_files.SET: ("rewritten", "rewritten"),
        _pin_files.CURRENT: ("extended", "rewritten"),
        _pin_files.PERMANENT: ("kept", "rewritten"),
        _pin_files.REPORT: ("reported", "reported"),
    }
    assert documented == {kind: expected[role] for kind, role in _pins.roles().items()}


@pytest.mark.parametrize("end", [";", ""])
def test_the_decimal_notation_of_old_keyfiles_is_a_pin_and_is_rewritten_as_it_was(end):
    path = "/etc/NetworkManager/system-connections/old"
    text = f"[connection]\ntype=802-3-ethernet\n\n[802-3-ethernet]\nmac-address=82;84;0;12;29;245{end}\n"
    found = _pins.pins_of(Drafts(Host(files={path: text})), {"52:54:00:0c:1d:f5"})
    assert [(pin.kind, pin.line, text.split("\n")[4][pin.start : pin.end]) for pin in found] == [
        ("nm_mac_address", 4, "82;84;0;12;29;245")
    ]
    assert restyled("82;84;0;12;29;245", "52:54:00:7e:11:02") == "82;84;0;126;17;2"


@pytest.mark.parametrize(
    ("rule", "kinds", "after"),
    [
        ('ATTR{address}=="{old}", RUN+="/sbin/ip link set dev %k address {old}"\n', ["kept", "rewritten"], "{new}"),
        ('ATTR{address}=="{own}", RUN+="/sbin/ip link set dev %k address {old}"\n', ["rewritten"], "{new}"),
        ('KERNEL=="eth0", RUN+="/sbin/ifconfig eth0 hw ether {old}"\n', ["rewritten"], "{new}"),
        ('KERNEL=="e*", RUN+="/usr/bin/macchanger -m {old} %k"\n', ["rewritten"], "{new}"),
        ('KERNEL=="eth1", RUN+="/usr/bin/macchanger --mac={old} %k"\n', ["kept"], "{old}"),
        ('ATTR{address}=="{other}", RUN+="/sbin/ip link set dev %k address {old}"\n', ["kept"], "{old}"),
        ('ATTR{address}=="{old}", NAME="lan", RUN+="/bin/x"\n', ["kept"], ""),
    ],
)
def test_a_rule_of_udev_that_sets_the_mac_follows_where_it_is_about_the_nic(rule, kinds, after):
    macs = {"old": OLD, "own": "52:54:00:aa:00:01", "other": "52:54:00:aa:00:02"}
    for name, mac in macs.items():
        rule = rule.replace("{%s}" % name, mac)
    files = {"/etc/udev/rules.d/80-mac.rules": rule, "/run/udev/control": "",
             "/etc/systemd/network/20-x.link": "[Match]\nOriginalName=eth0\n"}
    answers = {"udevadm_info_--query=property_--path=_sys_class_net_eth0":
               "ID_NET_LINK_FILE=/etc/systemd/network/20-x.link\n"}
    host = Host(files=files, links=[link("eth0", OLD, 2, permaddr=macs["own"])], answers=answers)
    plan = _mac_plan.plan(host, _mac_plan.Request("eth0", NEW, None, "address", True, False, []))
    assert [pin["action"] for pin in plan.pins] == kinds
    text = {change.path: change.after for change in plan.changes}.get("/etc/udev/rules.d/80-mac.rules", rule)
    assert text.rpartition("RUN")[2].count(after.format(new=NEW, **macs)) > 0
