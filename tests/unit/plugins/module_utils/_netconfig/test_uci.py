"""OpenWrt's files: read as uci reads them, one value changed and every other byte kept; whom netifd asks, and what is
refused.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import shutil
import subprocess

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _timers
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _mac_plan, _route_plan, _uci_lines
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers import _uci
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._owner import owner_of
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Drafts, Nic
from hypothesis import given, settings
from hypothesis import strategies as st

from .host import NEW, OLD, Host, tree

UCI = os.environ.get("LAYER2_UCI") or shutil.which("uci")
NIC = Nic("eth0", 2, OLD, "", "")
DEVICE = "config device\n\toption name 'eth0'\n"
INTERFACE = "config interface wan\n\toption device 'eth0'\n\toption proto 'dhcp'\n"
PORT = "config device\n\toption name 'br-lan'\n\toption type 'bridge'\n\tlist ports 'eth0'\n"
ADDED = f"\toption macaddr '{NEW}'\n"
NEW_DEVICE = f"\nconfig device\n\toption name 'eth0'\n\toption macaddr '{NEW}'\n"


def host(text, **more):
    """A host that netifd runs with this configuration."""
    return Host(files={_uci.CONFIG: text, "/sbin/netifd": "", **more})


def changed(text, **request):
    """The file after a change of eth0's MAC."""
    plan = _mac_plan.plan(
        host(text), _mac_plan.Request("eth0", NEW, None, "address", True, True, [])._replace(**request)
    )
    (change,) = plan.changes
    assert change.path == _uci.CONFIG
    return change.after


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DEVICE, DEVICE + ADDED),
        (DEVICE + "\toption macaddr '%s'\n" % OLD, DEVICE + ADDED),
        (DEVICE + '\toption macaddr "%s"\n' % OLD.upper(), DEVICE + '\toption macaddr "%s"\n' % NEW.upper()),
        (
            DEVICE + "  option macaddr 52-54-00-0c-1d-f5   # label\n",
            DEVICE + "  option macaddr %s   # label\n" % NEW.replace(":", "-"),
        ),
        (DEVICE + "\toption macaddr 'random'\n", DEVICE + ADDED),
        (DEVICE + "\toption 'macaddr' '52:54:00:0c':1d:f5\n", DEVICE + f"\toption 'macaddr' '{NEW}'\n"),
        (DEVICE + "\to macaddr '%s'\n" % OLD, DEVICE + "\to macaddr '%s'\n" % NEW),
        # Where there is a device section, netifd asks no other, but a stale MAC in one would mislead people.
        (INTERFACE + DEVICE, INTERFACE + DEVICE + ADDED),
        (INTERFACE, INTERFACE + ADDED),
        (INTERFACE.replace("device", "ifname"), INTERFACE.replace("device", "ifname") + ADDED),
        (
            INTERFACE + "config interface wan6\n\toption device '@wan'\n",
            INTERFACE + ADDED + "config interface wan6\n\toption device '@wan'\n",
        ),
        (INTERFACE.rstrip("\n"), INTERFACE + ADDED),
        (INTERFACE.replace("\n", "\r\n"), (INTERFACE + ADDED).replace("\n", "\r\n")),
        (
            INTERFACE.replace("\t", "        ") + "\n# end",
            INTERFACE.replace("\t", "        ") + ADDED.replace("\t", "        ") + "\n# end",
        ),
        (PORT, PORT + NEW_DEVICE),
        (
            "config interface lan\n\toption type 'bridge'\n\toption ifname 'eth1 eth0'\n",
            "config interface lan\n\toption type 'bridge'\n\toption ifname 'eth1 eth0'\n" + NEW_DEVICE,
        ),
        (
            "config interface off\n\toption device 'eth0'\n\toption disabled '1'\n" + INTERFACE,
            "config interface off\n\toption device 'eth0'\n\toption disabled '1'\n" + INTERFACE + ADDED,
        ),
    ],
)
def test_one_value_changes_and_all_else_stays(text, expected):
    assert changed(text) == expected
    assert _uci.Uci(host(expected), NIC).read_mac(Drafts(host(expected))) == NEW
    assert _mac_plan.plan(host(expected), _mac_plan.Request("eth0", NEW, None, "address", True, True, [])).changes == []


def test_the_bridge_of_an_old_section_is_named_after_it():
    text = "config interface 'lan'\n\toption type 'bridge'\n\toption ifname 'eth0'\n"
    adapter = owner_of(host(text), NIC._replace(name="br-lan", kind="bridge"))
    assert [change.after for change in adapter.plan_mac(NEW)] == [text + ADDED]


@pytest.mark.parametrize(("text", "words"), [
    (DEVICE + "\toption a 'b'; option macaddr '%s'\n" % OLD, "line 3: two commands"),
    (DEVICE + "\toption a 'b\n", "line 3: a quote without its end"),
    (DEVICE + "\toption\n", "line 3: option has 0 arguments"),
    (DEVICE + "\toption a b c\n", "line 3: option has 3 arguments"),
    (DEVICE + "\toption a-b c\n", "line 3: a name has other characters"),
    (DEVICE + "macaddr x\n", "line 3: no command of uci"),
    (DEVICE + "\toption x a\\\nb\n", "line 3: it goes on in the next line"),
    ("\toption name 'eth0'\n", "line 1: option before the first section"),
    (DEVICE + "\tlist macaddr '%s'\n" % OLD, "one `option macaddr`"),
])
def test_what_is_no_plain_configuration_is_refused(text, words):
    with pytest.raises(ConfigError, match=words):
        changed(text)


def test_a_vlan_without_a_device_section_is_refused():
    text = INTERFACE.replace("eth0", "eth0.7")
    with pytest.raises(ConfigError, match="8021q"):
        owner_of(host(text), NIC._replace(name="eth0.7", kind="vlan")).plan_mac(NEW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "config interface lan\n\toption device 'eth1'\n",
        "config rule\n\toption device 'eth0'\n",
        "config interface a\n\toption device '@eth0'\n",
    ],
)
def test_whom_no_section_names_it_does_not_own(text):
    assert owner_of(host(text), NIC) is None


def test_without_netifd_a_file_is_nobodys_word():
    assert owner_of(Host(files={_uci.CONFIG: DEVICE}), NIC) is None


def test_routes_are_refused_in_words():
    rules = {
        "ip_-j_-4_rule_show": (
            '[{"priority":0,"src":"all","table":"local"},{"priority":32766,"src":"all","table":"main"}]'
        )
    }
    there = host(INTERFACE)
    there.answers.update(rules)
    with pytest.raises(ConfigError, match="not written to the files of uci: write `config route`"):
        _route_plan.plan(
            there,
            _route_plan.Request(present=True, vips=["198.51.100.9"], interface="eth0", gateway="192.0.2.1", force=True),
        )


def test_ageing_is_read_and_not_written():
    net = "/sys/class/net"
    files = {
        f"{net}/br-lan/bridge/ageing_time": "400",
        f"{net}/br-lan/ifindex": "9",
        f"{net}/br-lan/address": "02:00:00:00:00:09",
        f"{net}/br-lan/brif/eth0": "",
        f"{net}/eth0/ifindex": "2",
        f"{net}/eth0/address": OLD,
    }
    request = _timers.Request(1800, None, True, [], False, True, True)
    with pytest.raises(ConfigError, match="option ageing_time"):
        _timers.plan(host(PORT, **files), request)
    assert _timers.plan(host(PORT + "\toption ageing_time '1800'\n", **files), request).changes == []
    assert len(_timers.plan(host(PORT, **files), request._replace(persistent=False)).steps) == 1


def test_a_reload_is_waited_for(monkeypatch):
    monkeypatch.setattr(_uci, "_PAUSE", 0)
    _uci.Uci.settle(Host(answers={"ubus_call_network.interface_dump": '{"interface": [{"pending": false}]}'}), 2)
    monkeypatch.setattr(_uci, "_PATIENCE", 0.01)
    _uci.Uci.settle(Host(answers={"ubus_call_network.interface_dump": '{"interface": [{"pending": true}]}'}), 2)
    _uci.Uci.settle(Host(), 2)


# --- uci itself as the judge ------------------------------------------------------------------------------------------


def exported(folder, text):
    """What the real uci reads out of TEXT, as `uci export` writes it; None where it refuses the text."""
    (folder / "network").write_bytes(text.encode())
    done = subprocess.run(
        [UCI, "-c", str(folder), "-p", str(folder / "delta"), "export", "network"], capture_output=True, check=False
    )
    return done.stdout.decode() if done.returncode == 0 else None


def ours(text):
    """The same of our reader."""
    merged = {}
    for number, section in enumerate(_uci_lines.sections(text)):
        _kind, options = merged.setdefault(section.name or number, (section.kind, {}))
        merged[section.name or number] = (section.kind, options)
        for option in section.options:
            _take(options, option)
    return merged


def _take(options, option):
    there = options.get(option.name)
    if option.is_list:
        there = [] if there is None else [there] if isinstance(there, str) else there
        options[option.name] = [*there, option.value.value]
    elif option.value.value:
        options[option.name] = option.value.value
    else:
        options.pop(option.name, None)


def same(folder, text):
    """Whether uci and our reader see the same in TEXT: uci's own canonical export is read by ours, too."""
    there = exported(folder, text)
    return there is not None and list(ours(there).values()) == list(ours(text).values())


needs_uci = pytest.mark.skipif(
    UCI is None, reason="uci is not installed: build it from the sources of OpenWrt, and name it in LAYER2_UCI"
)


@needs_uci
@pytest.mark.parametrize(
    "part", [(case, part) for case in ("uci", "uci-old") for part in ("before", "address", "hardware")], ids="-".join
)
def test_uci_reads_the_recorded_files_as_we_do(tmp_path, part):
    for path, text in tree(*part).items():
        if path == _uci.CONFIG:
            assert same(tmp_path, text.decode())


WORDS = st.sampled_from(
    [
        "config",
        "option",
        "list",
        " device",
        " interface",
        " wan",
        " name",
        " macaddr",
        " 'eth0'",
        ' "eth0"',
        " eth0",
        f" '{OLD}'",
        f" {OLD}",
        f'"{OLD}"',
        " 'two\nlines'",
        " # note",
        "#",
        "'",
        '"',
        "\\",
        "\\\n",
        "\n",
        "\n\t",
        "\n",
        "\r\n",
        " a\\'b",
        '"a\\"b"',
        "''",
    ]
)
LINES = st.sampled_from(
    [
        "config device\n",
        "config interface wan\n",
        "config interface 'wan'\n",
        "\toption name 'eth0'\n",
        "\toption device eth0\n",
        "\n",
        f"\toption macaddr '{OLD}'\n",
        f"\toption macaddr {OLD} # x\n",
        "# note\n",
        "\tlist ports 'a b'\n",
        "\toption x \"y 'z'\"\n",
        "\toption x 'a\nb'\n",
        "\toption x a\\\nb\n",
        "\toption empty\n",
    ]
)


@needs_uci
@settings(deadline=None, max_examples=300)
@given(st.one_of(st.lists(WORDS, max_size=12), st.lists(LINES, max_size=8)).map("".join))
def test_uci_reads_whatever_we_read_as_we_do(tmp_path_factory, text):
    try:
        _uci_lines.sections(text)
    except ConfigError:
        return  # stricter than uci is allowed
    assert same(tmp_path_factory.mktemp("uci"), text)


@needs_uci
@settings(deadline=None, max_examples=200)
@given(st.lists(LINES, max_size=8).map("".join))
def test_uci_sees_no_other_change_than_the_mac(tmp_path_factory, text):
    drafts = Drafts(host(text))
    try:
        adapter = _uci.Uci(drafts.runner, NIC)
        adapter.set_mac(drafts, NEW)
    except ConfigError:
        return
    after = drafts.read(_uci.CONFIG)
    assert same(tmp_path_factory.mktemp("uci"), after) and adapter.read_mac(drafts) == NEW

    def without_mac(text):
        return [
            (kind, {name: value for name, value in options.items() if name != "macaddr"})
            for kind, options in ours(text).values()
        ]

    assert without_mac(after) == without_mac(text)
