"""The text editors on made-up files: twice is once, what they set can be read, and no other line changes."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import re

import pytest
import yaml
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ini, _networkd_match, _yaml_lines
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers import (
    _ifcfg,
    _ifupdown,
    _netplan,
    _networkd,
    _networkmanager,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import restyled
from hypothesis import example, given, settings
from hypothesis import strategies as st

from .host import NEW, OLD

MACS = st.integers(0, 2**48 - 1).map(lambda n: ":".join(f"{n:012x}"[at:at + 2] for at in range(0, 12, 2)))
PIECES = (
    "[Match]",
    "[Link]",
    "[NetDev]",
    "[Network]",
    "[ethernet]",
    "[802-3-ethernet]",
    "[connection]",
    "type=ethernet",
    "Name=eth0",
    "Kind=bridge",
    "MACAddress=" + OLD,
    "MACAddress = 52-54-00-0C-1D-F5",
    "cloned-mac-address=random",
    "cloned-mac-address=" + OLD,
    "mac-address=" + OLD,
    "# MACAddress=x",
    "; note",
    "",
    "  ",
    "DHCP=yes",
    "Description=a \\",
    "iface eth0 inet static",
    "iface eth0 inet6 auto",
    "iface eth1 inet dhcp",
    "auto eth0",
    "source more/*",
    "    address 192.0.2.1/24",
    "\thwaddress ether " + OLD,
    "  hwaddress 02:00:00:00:00:01",
    "    up echo hi \\",
    "HWADDR=" + OLD,
    'MACADDR="52:54:00:0C:1D:F5"',
    "MACADDR='52:54:00:0c:1d:f5' # x",
    "NAME='a b'",
    "ONBOOT=yes",
    "\u2028strange\x0bthing",
    "junk",
)
TEXTS = st.builds(lambda lines, end, last: end.join(lines) + (end if last else ""),
                  st.lists(st.sampled_from(PIECES), max_size=14), st.sampled_from(["\n", "\r\n"]), st.booleans())
FEW = settings(max_examples=150, deadline=None)
STATES_MAC = re.compile(r"(?i)macaddr|mac-address|hwaddress|lladdr")


def untouched(before, after):
    """Lines of BEFORE that do not state a MAC must all be in AFTER, in order; what is added states one, or is a section
    for it.
    """
    old = [line.rstrip("\r\n") for line in _ini.split(before) if not STATES_MAC.search(line)]
    new = [line.rstrip("\r\n") for line in _ini.split(after) if not STATES_MAC.search(line)]
    rest = iter(new)
    assert all(line in rest for line in old), (before, after)
    assert len(new) - len(old) <= 2, (before, after)


@FEW
@given(TEXTS, MACS)
def test_networkd_files(text, mac):
    once = _networkd.with_mac(text, mac)
    assert _networkd.with_mac(once, mac) == once
    assert mac in (_networkd.network_mac(once), _networkd.netdev_mac(once))
    untouched(text, once)
    assert _ini.values(once, ["Match"], "MACAddress") == _ini.values(text, ["Match"], "MACAddress")


@FEW
@given(TEXTS, MACS)
def test_keyfiles(text, mac):
    once = _networkmanager.with_mac(text, mac)
    assert _networkmanager.with_mac(once, mac) == once
    assert _networkmanager.keyfile_mac(once) == mac
    untouched(text, once)
    permanent = [entry.value for entry in _ini.entries(text, joins=False) if entry.key == "mac-address"]
    assert [entry.value for entry in _ini.entries(once, joins=False) if entry.key == "mac-address"] == permanent


@FEW
@given(TEXTS, MACS)
def test_interfaces_files(text, mac):
    if not _ifupdown.stanzas(text, "eth0"):
        return
    once = _ifupdown.with_mac(text, "eth0", mac)
    assert _ifupdown.with_mac(once, "eth0", mac) == once
    said = _ifupdown.stated(once, "eth0")
    assert said and all(restyled(each, mac) == each for each in said)
    untouched(text, once)
    assert _ifupdown.stated(once, "eth1") == _ifupdown.stated(text, "eth1")


@FEW
@given(TEXTS, MACS)
def test_ifcfg_files(text, mac):
    once = _ifcfg.with_value(text, "MACADDR", mac)
    assert _ifcfg.with_value(once, "MACADDR", mac) == once
    assert all(restyled(each, mac) == each for each in _ifcfg.values(once, "MACADDR"))
    assert _ifcfg.values(once, "HWADDR") == _ifcfg.values(text, "HWADDR")
    untouched(text, once)


@FEW
@given(st.sampled_from(["ethernets", "bridges"]), st.sampled_from(["eth0", "br0.5", "my-id", "a:b"]), MACS, MACS)
def test_netplan_files(kind, name, old, mac):
    ours = _netplan.overlay_text(kind, name, old)
    assert [each.value for each in _netplan.stated(ours, name)] == [old]
    other = f"    other:\n      match:\n        macaddress: {old}\n      macaddress: {old} # keep\n"
    once = _netplan.with_mac(ours + other, name, mac)
    assert once == ours.replace(old, mac) + other
    assert _netplan.with_mac(once, name, mac) == once


@given(st.text("ab:{}[],'\"#\n -|>%@`&*!?", max_size=60))
def test_any_text_can_be_looked_through_for_yaml_scalars(text):
    lines = _ini.split(text)
    for each in _yaml_lines.scalars(text):
        assert each.path and each.value in lines[each.line]


TREES = st.recursive(
    st.just(""), lambda inside: st.dictionaries(st.sampled_from(["eth0", "match", "a:b", "set-name", "x"]), inside,
                                                min_size=1, max_size=3), max_leaves=8,
).filter(bool)


def numbered(tree, above=()):
    """TREE with a MAC of its own for each leaf, and MAC -> its path."""
    paths = {}

    def leaf(path):
        paths[f"52:54:00:00:00:{len(paths):02x}"] = path
        return f"52:54:00:00:00:{len(paths) - 1:02x}"

    def walked(part, path):
        return {key: walked(value, (*path, key)) for key, value in part.items()} if part else leaf(path)

    return walked(tree, above), paths


@given(TREES, st.sampled_from(["block", "flow", "mixed", "json", "json in lines"]))
def test_every_value_is_at_its_path_in_each_style(tree, style):
    data, paths = numbered({"network": tree})
    text = {
        "block": lambda: yaml.safe_dump(data, default_flow_style=False),
        "flow": lambda: yaml.safe_dump(data, default_flow_style=True, width=60),
        "mixed": lambda: yaml.safe_dump(data, default_flow_style=None),
        "json": lambda: json.dumps(data),
        "json in lines": lambda: json.dumps(data, indent=1),
    }[style]()
    for mac, path in paths.items():
        before = text[:text.index(mac)]
        line, column = before.count("\n"), len(before) - (before.rfind("\n") + 1)
        assert _yaml_lines.path_finder(text)(line, column) == path, text
    assert set(paths.values()) <= set(_yaml_lines.paths(text)), text


@given(st.text("ab:{}[],'\"#\n -|>%@`&*!?", max_size=60), st.integers(0, 9), st.integers(0, 30))
def test_any_text_can_be_looked_through_for_paths(text, line, column):
    assert set(_yaml_lines.paths(text)) | {()} >= {_yaml_lines.path_finder(text)(line, column)}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("blanks", ["", " ", "\t ", "\v", "\r"])
@pytest.mark.parametrize("joins", [True, False])
def test_a_value_goes_where_an_empty_or_another_one_was(ending, blanks, joins):
    for old in ("", "old"):
        # Nothing stands before what may be a part of the line's end.
        before = blanks if old or not blanks.strip(" \t") else ""
        text = f"[a]{ending}k={blanks}{old}{ending}x=1{ending}"
        once = _ini.with_value(text, ["a"], "k", "new", joins)
        assert once.startswith(f"[a]{ending}k={before}new") and _ini.values(once, ["a"], "k", joins) == ["new"]
        assert once.endswith(f"{ending}x=1{ending}") and _ini.values(once, ["a"], "x", joins) == ["1"]


# Much of what a value begins and ends with: blanks of all kinds, and what joins the next line to it.
INI = st.one_of(st.text(max_size=80), st.text("ab=[]#; \t\r\n\v\x1c\x85\xa0\\", max_size=80))


@given(INI)
@example("a=\rb")
@example("a=\v b \\\n c")
def test_any_text_can_be_split_and_joined_and_a_value_stands_where_it_is_said_to(text):
    lines = _ini.split(text)
    assert "".join(lines) == text
    for each in _ini.entries(text, joins=False):
        assert lines[each.line][each.start:each.end] == each.value == each.value.strip()
    for each in _ini.entries(text):
        stands = lines[each.line][each.start:each.end]
        goes_on = _ini._unjoined(stands).strip()
        assert each.value.startswith(goes_on) and (each.more or each.value == goes_on)
        assert stands == stands.strip()


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ("52:54:00:0c:1d:f5", "52:54:00:7e:11:02"),
        ("52:54:00:0C:1D:F5", "52:54:00:7E:11:02"),
        ("52-54-00-0c-1d-f5", "52-54-00-7e-11-02"),
        ("5254.000c.1df5", "5254.007e.1102"),
        ("5254000C1DF5", "5254007E1102"),
        ("00:11:22:33:44:55", "52:54:00:7e:11:02"),
    ],
)
def test_a_new_mac_is_written_as_the_old_one_was(sample, expected):
    assert restyled(sample, NEW) == expected


def test_a_value_that_goes_on_in_the_next_line_is_no_statement():
    text = "[Link]\nDescription=a \\\nMACAddress=" + OLD + "\n[Match]\n"
    assert _networkd.network_mac(text) is None
    assert _networkd.with_mac(text, NEW) == text.replace("[Match]", "MACAddress=" + NEW + "\n[Match]")


def test_a_value_that_would_go_on_is_ended_first():
    text = "[Link]\nDescription=a \\\n# last\n"
    assert _networkd.with_mac(text, NEW) == "[Link]\nDescription=a \\\n\nMACAddress=" + NEW + "\n# last\n"


def test_a_keyfile_value_may_end_with_a_backslash():
    text = "[ethernet]\nx=ends\\\ncloned-mac-address=" + OLD + "\n"
    assert _networkmanager.keyfile_mac(text) == OLD


@pytest.mark.parametrize(
    ("match", "wide"),
    [
        ("Name=eth0", False),
        ("Name=eth*", True),
        ("Name=eth0 eth1", True),
        ("Name=!eth0", True),
        ("Type=ether", True),
        ("Driver=virtio_net", True),
        ("MACAddress=" + OLD, False),
        ("PermanentMACAddress=" + OLD, False),
        ("Name=en*\nMACAddress=" + OLD, False),
    ],
)
def test_a_file_for_many_interfaces_is_recognised(match, wide):
    assert bool(_networkd_match.wide_match("[Match]\n" + match + "\n")) is wide


@pytest.mark.parametrize(("profile", "shared"), [
    ("[connection]\ntype=ethernet\ninterface-name=eth0\nmulti-connect=3\n", False),
    ("[connection]\ntype=ethernet\nmulti-connect=3\n", True),
    ("[connection]\ntype=ethernet\n", False),
    ("[connection]\ntype=ethernet\nmulti-connect=3\n[ethernet]\nmac-address=" + OLD + "\n", False)])
def test_a_profile_for_many_devices_is_recognised(profile, shared):
    assert bool(_networkmanager.shared_profile(profile)) is shared


def test_a_bridges_profile_keeps_to_its_own_key():
    text = "[connection]\ntype=bridge\ninterface-name=br0\n[bridge]\nmac-address=" + OLD.upper() + "\n"
    assert _networkmanager.with_mac(text, NEW) == text.replace(OLD.upper(), NEW.upper())


def test_random_words_of_networkmanager_give_way():
    text = "[connection]\ntype=wifi\n[wifi]\ncloned-mac-address=stable\n"
    assert _networkmanager.keyfile_mac(text) is None
    assert _networkmanager.with_mac(text, NEW) == text.replace("stable", NEW)
