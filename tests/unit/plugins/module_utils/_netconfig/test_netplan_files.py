"""netplan's own kinds of files: empty definitions, tunnels, NetworkManager's profiles; netplan's generator is the judge
where installed.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import subprocess
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _yaml_lines
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers import _netplan, _networkmanager
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._policy_route import PolicyRoute
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Drafts, Nic

from .host import NEW, OLD, Host

FOLDERS = (os.environ.get("LAYER2_NETPLAN", ""), "/usr/libexec/netplan", "/usr/lib/netplan", "/lib/netplan")
GENERATORS = [folder + "/generate" for folder in FOLDERS if folder and Path(folder, "generate").exists()]
judged = pytest.mark.skipif(not GENERATORS, reason="netplan.io is not installed: no generator to ask")
FILE = "/etc/netplan/10-lab.yaml"
PROFILE = "/run/NetworkManager/system-connections/netplan-%s.nmconnection"
NETWORK = "/run/systemd/network/10-netplan-%s.network"
FOUR = PolicyRoute("192.0.2.9", "eth0", "192.0.2.1", 20001, 20000, False, ())
SIX = PolicyRoute("2001:db8::9", "eth0", "2001:db8::1", 20001, 20000, False, ())
HEAD = "network:\n  version: 2\n"


class Judged(Host):
    """A recorded host on which netplan really generates."""

    def run(self, argv):
        if list(argv[:2]) == ["netplan", "generate"] and GENERATORS:
            return subprocess.run([GENERATORS[0], *argv[2:]], capture_output=True, text=True, check=True).stdout
        return super().run(argv)


def adapter(text, path, generated="", name="eth0", **answers):
    """netplan's adapter of one interface, with the file that was generated for it."""
    return _netplan.Netplan(
        Judged(files={FILE: HEAD + text, path: generated}, answers=answers), Nic(name, 2, OLD, OLD, ""), path
    )


def drafted(made):
    """The files that a new MAC takes."""
    drafts = Drafts(made.runner)
    made.set_mac(drafts, NEW)
    return drafts, {change.path: change.after for change in drafts.changes()}


EMPTY = "  ethernets:\n    enp1s0: {}\n  vlans:\n    lan7: {id: 7, link: enp1s0, addresses: [192.0.2.9/24]}\n"


@pytest.mark.parametrize("value", ["{}", "{ }", " {}  # the VLAN's", "{dhcp4: false, optional: true}", "", "null", "~"])
def test_a_definition_may_be_empty_or_in_flow_style(value):
    made = adapter(EMPTY.replace("{}", value), NETWORK % "enp1s0", "[Match]\nName=enp1s0\n", "enp1s0",
                   **{"netplan_get_ethernets.enp1s0.macaddress": "null\n"})
    _drafts, files = drafted(made)
    assert (
        list(files) == ["/etc/netplan/90-layer2-enp1s0.yaml"]
        and f'    enp1s0:\n      macaddress: "{NEW}"\n' in files[made.overlay]
    )


@judged
def test_netplan_gives_an_empty_definition_the_mac():
    made = adapter(
        EMPTY,
        NETWORK % "enp1s0",
        "[Match]\nName=enp1s0\n",
        "enp1s0",
        **{"netplan_get_ethernets.enp1s0.macaddress": "null\n"},
    )
    drafts, _files = drafted(made)
    made.check(drafts, NEW)


def test_a_definition_that_no_file_has_is_still_named():
    made = adapter("  ethernets:\n    eth7: {}\n", NETWORK % "eth0", "[Match]\nName=eth0\n", netplan_get=HEAD)
    with pytest.raises(ConfigError, match="defines eth0 any more"):
        drafted(made)


TUNNEL = "  tunnels:\n    vx1: {mode: vxlan, id: 5, local: 192.0.2.9, remote: 192.0.2.10}\n"
TUNNEL_ANSWERS = {
    "netplan_get_tunnels.vx1.macaddress": "null\n",
    "netplan_get_tunnels.vx1.mode": "vxlan\n",
    "netplan_get_tunnels.vx1.id": "5\n",
}


def test_a_vxlan_repeats_what_netplan_wants_in_every_file():
    made = adapter(TUNNEL, NETWORK % "vx1", "[Match]\nName=vx1\n", "vx1", **TUNNEL_ANSWERS)
    assert f'    vx1:\n      mode: vxlan\n      id: 5\n      macaddress: "{NEW}"\n' in drafted(made)[1][made.overlay]


@judged
def test_netplan_accepts_the_file_of_a_vxlan(tmp_path):
    made = adapter(TUNNEL, NETWORK % "vx1", "[Match]\nName=vx1\n", "vx1", **TUNNEL_ANSWERS)
    drafts, _files = drafted(made)
    for path in _netplan.config_files(drafts):
        (tmp_path / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path.lstrip("/")).write_text(drafts.read(path))
    made.runner.run(["netplan", "generate", "--root-dir", str(tmp_path)])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wl0-home", "wl0"),
        ("wl0-a%20b%2Fc", "wl0"),
        ("wl0-5g-home", "wl0-5g"),
        ("eth0", "eth0"),
        ("eth0.7", "eth0.7"),
        ("br%3A1", "br:1"),
        ("unknown-x", "unknown-x"),
    ],
)
def test_the_definition_behind_a_generated_name(name, expected):
    text = (
        "  ethernets:\n    eth0: {}\n    eth0.7: {}\n    br:1: {}\n  wifis:\n    wl0:\n      dhcp4: true\n    wl0-5g:"
        " {dhcp4: true}\n"
    )
    assert adapter(text, PROFILE % name).id == expected


def keyfile(*lines):
    """A profile as netplan generates it."""
    return "\n".join(["[connection]", "id=netplan-eth0", "type=ethernet", *lines]) + "\n"


@pytest.mark.parametrize(("profile", "words"), [
    (keyfile("[match]", "interface-name=en*;"), "interface-name=en[*]"),
    (keyfile("[match]", "interface-name=en1;en2;"), "interface-name=en1;en2"),
    (keyfile("[match]", "interface-name=!lo;"), "interface-name=!lo"),
    (keyfile("[ethernet]", "wake-on-lan=0"), "names no interface"),
])
def test_networkmanagers_profile_that_may_come_to_another_nic_is_refused(profile, words):
    made = adapter(
        "  ethernets:\n    a:\n      match: {name: en*}\n",
        PROFILE % "a",
        profile,
        **{"netplan_get_ethernets.a.macaddress": "null\n"},
    )
    with pytest.raises(ConfigError, match="may fit other interfaces too.*" + words):
        drafted(made)


def test_a_definition_of_its_own_is_offered_where_networkd_would_take_it_first():
    made = adapter("  ethernets:\n    all:\n      match: {name: en*}\n", NETWORK % "all", "[Match]\nName=en*\n", **{
        "netplan_get_ethernets.all.macaddress": "null\n"})
    with pytest.raises(
        ConfigError,
        match=r"sorts before all: what `netplan get ethernets\.all` prints, below `0-eth0:`.*match: \{name: eth0\}",
    ):
        drafted(made)


def test_what_netplan_only_keeps_for_networkmanager_is_changed_in_networkmanager():
    text = "  nm-devices:\n    NM-5d2b:\n      renderer: NetworkManager\n"
    made = adapter(
        text,
        PROFILE % "NM-5d2b",
        keyfile("interface-name=eth0"),
        **{"netplan_get_nm-devices.NM-5d2b.macaddress": "null\n"},
    )
    with pytest.raises(ConfigError, match="nmcli connection modify"):
        drafted(made)


@pytest.mark.parametrize(
    "profile",
    [
        keyfile("interface-name=eth0"),
        keyfile("[match]", "interface-name=eth0;"),
        keyfile("[ethernet]", "mac-address=" + OLD),
    ],
)
def test_networkmanagers_profile_of_one_nic_is_edited(profile):
    made = adapter(
        "  ethernets:\n    a:\n      dhcp4: true\n",
        PROFILE % "a",
        profile,
        **{"netplan_get_ethernets.a.macaddress": "null\n"},
    )
    assert list(drafted(made)[1]) == ["/etc/netplan/90-layer2-a.yaml"]


@pytest.mark.parametrize(
    ("route", "section", "method"),
    [
        (SIX, "ipv6", "ignore"),
        (SIX, "ipv6", "link-local"),
        (SIX, "ipv6", "disabled"),
        (FOUR, "ipv4", "link-local"),
        (FOUR, "ipv4", "disabled"),
    ],
)
def test_a_route_that_networkmanager_would_drop_is_refused(route, section, method):
    made = adapter(
        "  ethernets:\n    eth0:\n      dhcp4: true\n",
        PROFILE % "eth0",
        keyfile("interface-name=eth0", f"[{section}]", "method=" + method),
    )
    with pytest.raises(ConfigError, match=f"gives it no IPv{section[-1]} .method {method}"):
        made.set_route(Drafts(made.runner), route)


@judged
def test_a_rule_that_this_netplan_drops_is_refused_beforehand():
    made = adapter("  renderer: NetworkManager\n  ethernets:\n    eth0:\n      dhcp4: true\n", PROFILE % "eth0",
                   keyfile("interface-name=eth0", "[ipv4]", "method=auto"))
    drafts = Drafts(made.runner)
    made.set_route(drafts, FOUR)
    try:
        made.check(drafts, None, [FOUR])
    except ConfigError as error:
        assert "does not hand NetworkManager the rule of 192.0.2.9" in str(error)  # netplan 0.106
    made.check(drafts, None)


@pytest.mark.parametrize(
    ("lines", "section", "expected"),
    [
        ([], "ipv6", "auto"),
        ([], "ipv4", "auto"),
        (["[ipv6]", "method=ignore"], "ipv6", "ignore"),
        (["[ipv6]", "addr-gen-mode=eui64"], "ipv6", ""),
        (["master=br0", "slave-type=bridge"], "ipv6", ""),
        (["controller=br0"], "ipv4", ""),
    ],
)
def test_a_missing_section_is_what_networkmanager_takes_it_for(lines, section, expected):
    assert _networkmanager.method(keyfile(*lines), section) == expected


@pytest.mark.parametrize(
    ("given", "mac"),
    [
        ("82;84;0;0;0;1;", "52:54:00:00:00:01"),
        ("82;84;0;0;0;1", "52:54:00:00:00:01"),
        ("82;84;0;0;0;256;", None),
        ("82;84;0;0;1;", None),
        ("52:54:00:00:00:01", "52:54:00:00:00:01"),
        ("random", None),
    ],
)
def test_the_old_notation_of_a_keyfiles_mac_is_read(given, mac):
    text = f"[connection]\ntype=802-3-ethernet\n\n[802-3-ethernet]\ncloned-mac-address={given}\n"
    assert _networkmanager.keyfile_mac(text) == mac
    assert _networkmanager.with_mac(text, NEW) == text.replace(given, NEW)


def test_keys_are_listed_whatever_their_values_are():
    assert _yaml_lines.paths("a:\n  b: {}\n  c: [1]\n  d: &x\n    e: 1\n") == [
        ("a",),
        ("a", "b"),
        ("a", "c"),
        ("a", "d"),
        ("a", "d", "e"),
    ]


@pytest.mark.parametrize(
    ("lines", "lost"),
    [
        (["route1=0.0.0.0/0,192.0.2.1", "route1_options=table=20001"], "the rule of"),
        (["routing-rule1=priority 20000 from 192.0.2.9/32 table 20001"], "the route of"),
        ([], "the rule and the route of"),
    ],
)
def test_what_netplan_loses_on_the_way_to_networkmanager_is_named(monkeypatch, lines, lost):
    made = adapter("  ethernets:\n    eth0:\n      dhcp4: true\n", PROFILE % "eth0", keyfile("interface-name=eth0"))
    monkeypatch.setattr(made, "_ask", lambda words: "")
    monkeypatch.setattr(
        made, "_generated", lambda root: keyfile("interface-name=eth0", "[ipv4]", "method=auto", *lines)
    )
    with pytest.raises(ConfigError, match=lost):
        made.check(Drafts(made.runner), None, [FOUR])
