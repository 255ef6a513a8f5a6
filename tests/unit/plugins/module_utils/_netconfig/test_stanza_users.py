"""interfaces(5) files in which NICs share stanzas or are chosen by their MAC; ifupdown's own ifquery is the judge where
it is installed.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import shutil
import subprocess

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _mac_plan, _stanza_users
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError

from .host import NEW, OLD, Host, link

MAIN = "/etc/network/interfaces"
IFQUERY = shutil.which("ifquery") or shutil.which("ifquery", path="/usr/sbin:/sbin")
THIRD = "52:54:00:7e:11:99"


def planned(text, state="eth0=lan", **more):
    """The plan for eth0, which ifup configured as STATE says, out of one interfaces file."""
    request = _mac_plan.Request("eth0", NEW, None, "address", True, True, [])._replace(**more)
    return _mac_plan.plan(Host(files={MAIN: text, "/run/network/ifstate": "lo=lo\n" + state + "\n"}), request)


def rewritten(text, **more):
    """What becomes of that file; the same text where nothing does."""
    return {MAIN: text, **{change.path: change.after for change in planned(text, **more).changes}}[MAIN]


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("auto /eth*=lan\niface lan inet dhcp\n", "/eth*=lan"),
        ("allow-hotplug /eth*=lan\niface lan inet dhcp\n", "/eth*=lan"),
        ("auto lo \\\n  /en*/1=lan\niface lan inet dhcp\n", "/en*/1=lan"),
        ("auto eth0=lan eth1=lan\niface lan inet dhcp\n", "eth1=lan"),
        ("auto mac/52:54:00:*=lan\niface lan inet dhcp\n", "mac/52:54:00:*=lan"),
        (f"auto mac/{OLD}=lan mac/{THIRD}=lan\niface lan inet dhcp\n", f"mac/{THIRD}=lan"),
        ("auto ifindex/2=lan\niface lan inet dhcp\n", "ifindex/2=lan"),
        ("mapping eth*\n  script /bin/where\n  map home lan\niface lan inet dhcp\n", "mapping eth*"),
        ("mapping eth*\n  script /bin/where\niface lan inet dhcp\n", "mapping eth*"),
        (
            f"mapping eth*\n  script /bin/by-mac\n  map {OLD} lan\n  map {THIRD} lan\niface lan inet dhcp\n",
            "mapping eth*",
        ),
        ("auto eth0=lan\niface lan inet dhcp\niface eth1 inet dhcp inherits lan\n", "iface eth1"),
        ("auto eth0=lan\niface lan inet dhcp\niface eth1 inet dhcp\n    inherit lan\n", "iface eth1"),
        (
            (
                f"auto eth0=lan\niface base inet dhcp\n    hwaddress {OLD}\niface lan inet dhcp inherits base\niface"
                " eth1 inet dhcp inherits base\n"
            ),
            "iface eth1",
        ),
        (
            f"auto base eth0=lan\niface base inet dhcp\n    hwaddress {OLD}\niface lan inet dhcp inherits base\n",
            "interface base",
        ),
    ],
)
def test_a_stanza_of_several_nics_gets_no_mac(text, user):
    with pytest.raises(ConfigError, match="not its alone") as refused:
        planned(text)
    assert f"{user}" in str(refused.value) and "iface eth0" in str(refused.value)


def test_a_stanza_that_another_nic_runs_as_now_gets_no_mac():
    with pytest.raises(ConfigError, match="interface eth1 uses it"):
        planned("auto eth0=lan\niface lan inet dhcp\n", state="eth0=lan\neth1=lan")


@pytest.mark.parametrize(
    ("name", "uses"),
    [("eth0", True), ("eth1", True), ("eth2", False), ("eth", False), ("eth01", False), ("xeth1", False)],
)
def test_a_range_stands_for_its_interfaces(name, uses):
    text = "auto eth[0-1]\niface eth[0-1] inet dhcp\n"
    assert _stanza_users.range_of([text], name) == ("eth[0-1]" if uses else None)
    assert _stanza_users.range_of(["iface eth[0-1].7 inet dhcp\n"], name + ".7") == ("eth[0-1].7" if uses else None)


def test_a_range_of_ifupdown2_gets_no_mac():
    files = {MAIN: "auto eth[0-1]\niface eth[0-1] inet dhcp\n", "/usr/share/ifupdown2/__init__.py": ""}
    with pytest.raises(ConfigError, match="not its alone"):
        _mac_plan.plan(Host(files=files), _mac_plan.Request("eth0", NEW, None, "address", True, True, []))


@pytest.mark.parametrize(
    "text",
    [
        "auto eth0=lan\niface lan inet dhcp\n",
        "auto /eth*\nauto eth1=wan\niface wan inet dhcp\niface lan inet dhcp\n",
        "mapping eth0\n  script /bin/where\n  map home lan\n  map work lan\niface lan inet dhcp\n",
        "mapping wl*\n  script /bin/where\niface lan inet dhcp\n",
        (
            "auto eth0=lan\niface base inet dhcp\n    mtu 1400\niface lan inet dhcp inherits base\niface eth1 inet dhcp"
            " inherits base\n"
        ),
        "# auto eth1=lan\nauto eth0=lan\niface lan inet dhcp\n",
    ],
)
def test_a_stanza_of_one_nic_gets_the_mac(text):
    assert f"iface lan inet dhcp\n    hwaddress {NEW}\n" in rewritten(text).replace(" inherits base", "")


def test_an_inherited_mac_is_changed_where_it_stands():
    text = (
        f"auto eth0=lan\niface base inet dhcp\n    hwaddress {OLD}\niface mid inet dhcp inherits base\niface lan inet"
        " dhcp inherits mid\n"
    )
    assert rewritten(text) == text.replace(OLD, NEW)


def test_a_mac_that_is_inherited_and_stated_is_refused():
    with pytest.raises(ConfigError, match="ifup fails with both"):
        planned(f"iface base inet dhcp\n    hwaddress {OLD}\niface lan inet dhcp inherits base\n    hwaddress {OLD}\n")


@pytest.mark.parametrize(
    ("start", "extended"),
    [
        (f"auto mac/{OLD}=lan", f"auto mac/{OLD}=lan mac/{NEW}=lan"),
        (f"auto lo mac/{OLD}=lan eth9", f"auto lo mac/{OLD}=lan mac/{NEW}=lan eth9"),
        (f"auto lo \\\n\tmac/{OLD}/1=lan", f"auto lo \\\n\tmac/{OLD}/1=lan mac/{NEW}/1=lan"),
        (f"allow-hotplug mac/{OLD}=lan", f"allow-hotplug mac/{OLD}=lan mac/{NEW}=lan"),
        (f"auto address/{OLD}=lan", f"auto address/{OLD}=lan address/{NEW}=lan"),
        (
            f"mapping eth*\n  script /bin/by-mac\n  map {OLD} lan",
            f"mapping eth*\n  script /bin/by-mac\n  map {OLD} lan\n  map {NEW} lan",
        ),
        (f"rename mac/{OLD}=eth0\nauto eth0=lan", f"rename mac/{OLD}=eth0\nauto eth0=lan"),
    ],
)
def test_what_chooses_the_nic_by_its_mac_fits_it_at_boot_and_later(start, extended):
    text = start + "\niface lan inet dhcp\n"
    once = rewritten(text)
    assert once == extended + f"\niface lan inet dhcp\n    hwaddress {NEW}\n"
    host = Host(files={MAIN: once, "/run/network/ifstate": "eth0=lan\n"}, links=[link("eth0", NEW, 2)])
    again = _mac_plan.plan(host, _mac_plan.Request("eth0", NEW, OLD, "address", True, True, []))
    assert again.changes == []


def test_the_hypervisors_change_rewrites_what_chooses_the_nic_by_its_mac():
    text = (
        f"rename mac/{OLD}=eth0\nauto mac/{OLD}=lan\nmapping eth*\n  script /bin/by-mac\n  map {OLD} lan\niface lan"
        " inet dhcp\n"
    )
    assert rewritten(text, change="hardware") == text.replace(OLD, NEW)


COMMANDS = [
    "pre-up ip link set $IFACE address {}",
    "pre-up ip link set dev ${{IFACE}} addr {} || true",
    "up /sbin/ip -o l set \\\n  address {} dev \"$IFACE\"",
    "up ifconfig $IFACE hw ether {}",
    "pre-up macchanger --mac={} $IFACE",
    "pre-up ip link set eth9 down; ip link set eth0 address {}",
    "up dev=eth0; ip link set $dev address {}",
]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "stanzas",
    [
        "iface lan inet manual\n  {}\n",
        "iface base inet manual\n  {}\niface lan inet manual inherits base\n",
        "iface base inet manual\n  {}\niface mid inet manual inherits base\niface lan inet manual inherits mid\n",
        "iface base inet manual\n  {}\niface lan inet manual\n  inherit base\n",
        "template base\n  {}\niface lan\n  inherit base\n",
    ],
)
def test_a_command_that_sets_the_mac_follows_where_the_stanza_has_it_from(command, stanzas):
    text = "auto eth0=lan\n" + stanzas.format(command.format(OLD))
    once = rewritten(text)
    assert OLD not in once and command.format(NEW) in once and rewritten(once) == once


@pytest.mark.parametrize("command", COMMANDS[:5])
def test_a_command_that_another_nic_inherits_too_is_a_reason_to_refuse(command):
    text = f"auto eth0=lan\niface base inet manual\n  {command.format(OLD)}\niface lan inet manual inherits base\n"
    shared = text + "iface eth1 inet manual inherits base\n"
    with pytest.raises(ConfigError, match=r"`iface base` is not its alone \(`iface eth1` uses it"):
        planned(shared)
    assert rewritten(shared, change="hardware") == shared
    assert rewritten(text, change="hardware") == text.replace(OLD, NEW)


@pytest.mark.parametrize(
    ("command", "moves"),
    [
        ("up ip link set eth0 address {}", True),
        ("up ip link set address {} dev eth0", True),
        ("up ifconfig eth0 hw ether {}", True),
        ("up macchanger eth0 -m {}", True),
        ("up [ -e /x ] && ( ip link set eth0 address {} )", True),
        ("up ip link set eth1 address {}", False),
        ("up ip link set $IFACE address {}", False),
        ("up ip link set $IFACE.7 address {}", False),
        ("up ip link add link eth0 name mv0 address {} type macvlan", False),
        ("up ip link add link eth0 mv0 address {} type macvlan", False),
        ("up ip link set eth0 vf 3 mac {}", False),
        ("up ip link set eth0 down; ip link set eth1 address {}", False),
    ],
)
def test_a_command_is_about_the_interface_that_it_names(command, moves):
    text = f"auto eth0=lan\niface lan inet manual\niface eth1 inet manual\n  {command.format(OLD)}\n"
    assert (OLD not in rewritten(text)) is moves


@pytest.mark.parametrize("command", ["up ip link set $IFACE.7 address {}", "up ip link set eth1 address {}"])
def test_a_command_of_the_stanza_for_another_interface_stays(command):
    assert command.format(OLD) in rewritten(f"auto eth0=lan\niface lan inet manual\n  {command.format(OLD)}\n")


@pytest.mark.parametrize("path", ["/etc/network/lan.cfg", "/etc/network/d/lan", "/srv/interfaces"])
def test_a_command_in_a_sourced_file_follows_wherever_that_lies(path):
    text = f"iface lan inet manual\n  pre-up ip link set $IFACE address {OLD}\n"
    files = {MAIN: f"source {path}\n", path: text, "/run/network/ifstate": "eth0=lan\n"}
    plan = _mac_plan.plan(Host(files=files), _mac_plan.Request("eth0", NEW, None, "address", True, True, []))
    after = f"iface lan inet manual\n  hwaddress {NEW}\n  pre-up ip link set $IFACE address {NEW}\n"
    assert {each.path: each.after for each in plan.changes} == {path: after}


def test_a_stanza_that_is_made_anew_at_boot_is_refused():
    path = "/run/network/interfaces.d/lan"
    files = {MAIN: "source-directory /run/network/interfaces.d\n", path: "iface lan inet dhcp\n",
             "/run/network/ifstate": "eth0=lan\n"}
    with pytest.raises(ConfigError, match="made anew at every boot"):
        _mac_plan.plan(Host(files=files), _mac_plan.Request("eth0", NEW, None, "address", True, True, []))


def test_a_mac_in_the_file_that_cloud_init_writes_gets_no_quotes():
    path = "/etc/network/interfaces.d/50-cloud-init.cfg"
    text = f"rename mac/{OLD}=lan0\nauto eth0\niface eth0 inet dhcp\n    hwaddress {OLD}\n"
    files = {MAIN: "source interfaces.d/*.cfg\n", path: text, "/run/network/ifstate": "eth0=eth0\n"}
    plan = _mac_plan.plan(Host(files=files), _mac_plan.Request("eth0", NEW, None, "hardware", True, True, []))
    assert {each.path: each.after for each in plan.changes} == {path: text.replace(OLD, NEW)}


UNABLE = ["inet6 auto", "inet loopback", "inet ppp", "inet bootp", "inet tunnel"]


@pytest.mark.parametrize("method", UNABLE)
@pytest.mark.parametrize("stated", ["", f"    hwaddress {OLD}\n"])
def test_a_method_by_which_ifup_sets_no_mac_gets_none(method, stated):
    text = f"auto eth0=lan\niface lan {method}\n{stated}"
    with pytest.raises(ConfigError, match="add one of `inet manual`"):
        planned(text)
    once = rewritten(text + "iface lan inet6 static\n")
    assert once == text.replace(OLD, NEW) + f"iface lan inet6 static\n    hwaddress {NEW}\n"
    assert rewritten(once) == once


def test_statements_go_on_behind_a_backslash_and_comments_do_not():
    text = "# auto a \\\nauto b \\\n  c\n\niface b inet dhcp\n"
    assert [tuple(each) for each in _stanza_users.statements(text)] == [
        (1, 2, ["auto", "b", "c"]), (4, 1, ["iface", "b", "inet", "dhcp"])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("iface lan \\\n  inet dhcp\n", f"iface lan \\\n  inet dhcp\n    hwaddress {NEW}\n"),
        ("# old \\\niface lan inet dhcp\n", f"# old \\\niface lan inet dhcp\n    hwaddress {NEW}\n"),
        (
            f"iface lan inet dhcp\n  hwaddress \\\n    {OLD}\n  mtu 1400\n",
            f"iface lan inet dhcp\n  hwaddress \\\n    {NEW}\n  mtu 1400\n",
        ),
        (
            f"iface lan inet dhcp\n  hwaddress ether \\\n{OLD}\\\n\n  mtu 1400\n",
            f"iface lan inet dhcp\n  hwaddress ether \\\n{NEW}\\\n\n  mtu 1400\n",
        ),
    ],
)
def test_a_statement_in_several_lines_stays_one(text, expected):
    assert rewritten(text) == expected and rewritten(expected) == expected


@pytest.mark.parametrize(
    "line", ["source none lan.cfg", "source \\\n  lan.cfg", "source-dir d", "source-directory d e"]
)
def test_whatever_source_names_is_read(line):
    path = "/etc/network/" + ("d/lan" if "dir" in line else "lan.cfg")
    files = {MAIN: line + "\n", path: "iface lan inet dhcp\n", "/run/network/ifstate": "eth0=lan\n"}
    plan = _mac_plan.plan(Host(files=files), _mac_plan.Request("eth0", NEW, None, "address", True, True, []))
    assert {each.path: each.after for each in plan.changes} == {path: f"iface lan inet dhcp\n    hwaddress {NEW}\n"}


def asked(folder, text, *words):
    """What ifquery makes of an interfaces file."""
    path = folder / "interfaces"
    path.write_text(text)
    return subprocess.run(
        [IFQUERY, "--state-dir", str(folder), "-i", str(path), *words], capture_output=True, text=True, check=True
    ).stdout


judged = pytest.mark.skipif(
    IFQUERY is None or not os.path.exists(IFQUERY), reason="ifupdown is not installed: no ifquery to ask"
)


@judged
def test_ifquery_reads_one_mac_where_it_is_inherited(tmp_path):
    text = f"auto eth0=lan\niface base inet dhcp\n    hwaddress {OLD}\niface lan inet dhcp inherits base\n"
    assert asked(tmp_path, rewritten(text), "lan").splitlines() == [f"hwaddress: {NEW}"]


@judged
@pytest.mark.parametrize("command", COMMANDS[:1])
def test_ifquery_reads_one_mac_in_an_inherited_command(tmp_path, command):
    text = f"auto eth0=lan\niface base inet static\n  {command.format(OLD)}\niface lan inet static inherits base\n"
    said = asked(tmp_path, rewritten(text), "lan").splitlines()
    assert {f"hwaddress: {NEW}", f"pre-up: ip link set $IFACE address {NEW}"}.issubset(said) and OLD not in str(said)


@judged
def test_ifquery_gives_every_heir_the_mac_of_a_shared_stanza(tmp_path):
    text = f"iface lan inet dhcp\n    hwaddress {NEW}\niface eth1 inet dhcp inherits lan\n"
    assert asked(tmp_path, text, "eth1").splitlines() == [f"hwaddress: {NEW}"]


@judged
def test_ifquery_chooses_the_loopback_by_its_mac(tmp_path):
    zeros = ":".join(["00"] * 6)
    text = f"auto mac/{OLD}=lan mac/{NEW}=lan address/{zeros}=found\niface lan inet dhcp\niface found inet manual\n"
    assert "lo" in asked(tmp_path, text, "--list", "-a")
