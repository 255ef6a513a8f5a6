"""Configuration lines of seven platforms: exactly these, always ARP < MAC, never a line that blocks, and bad input
named.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible_collections.netops.layer2.plugins.filter.timer_lines import timer_lines as glue
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._ageing import PLATFORMS, platform_of
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._timers import (
    DIALECTS,
    TimerError,
    Wanted,
    timer_lines,
)
from hypothesis import given
from hypothesis import strategies as st

FULL = Wanted(1200, 1800, ("Ethernet1/1",), ("Vlan10",), (10, 20))
TEXTS = {
    "ios": (
        "mac address-table aging-time 1800\nmac address-table learning vlan 10\nmac address-table learning vlan 20\n"
        "interface Vlan10\n arp timeout 1200\n"
    ),
    "nxos": (
        "mac address-table aging-time 1800\ninterface Vlan10\n ip arp timeout 1200\ninterface Ethernet1/1\n no"
        " switchport mac-learn disable\n"
    ),
    "eos": (
        "mac address-table aging-time 1800\narp aging timeout default 1200\ninterface Vlan10\n arp aging timeout 1200\n"
        "interface Ethernet1/1\n switchport mac address learning\n"
    ),
    "junos": (
        "set protocols l2-learning global-mac-table-aging-time 1800\nset system arp aging-timer 20\n"
        "delete switch-options interface Ethernet1/1 no-mac-learning\n"
    ),
    "vrp": (
        "mac-address aging-time 1800\ninterface Vlan10\n arp expire-time 1200\ninterface Ethernet1/1\n undo mac-address"
        " learning disable\n"
    ),
    "comware": (
        "mac-address timer aging 1800\narp timer aging 20\ninterface Ethernet1/1\n mac-address mac-learning enable\n"
    ),
    "cumulus": (
        "nv set bridge domain br_default ageing 1800\nnv set interface Ethernet1/1 bridge domain br_default learning"
        " on\n"
    ),
}


@pytest.mark.parametrize("platform", sorted(DIALECTS))
def test_exactly_these_lines(platform: str) -> None:
    assert timer_lines(platform, FULL)["text"] == TEXTS[platform]


@pytest.mark.parametrize(
    ("name", "platform"),
    [
        ("cisco.ios.ios", "ios"),
        ("IOSXE", "ios"),
        ("arista.eos.eos", "eos"),
        ("community.network.ce", "vrp"),
        ("h3c", "comware"),
        ("linux", "linux"),
        ("", None),
        ("plan9", None),
    ],
)
def test_names_of_platforms(name: str, platform: str | None) -> None:
    assert platform_of(name) == platform


def test_no_platform_at_all_is_linux() -> None:
    assert timer_lines("", FULL)["platform"] == "linux"


@given(st.sampled_from(sorted(DIALECTS)), st.integers(60, 14000), st.integers(120, 60000), st.booleans())
def test_arp_always_ends_before_mac_and_nothing_blocks(platform: str, arp: int, mac: int, named: bool) -> None:
    wanted = Wanted(arp, mac, ("Ethernet1",), ("Vlan10",) if named else ())
    if arp >= mac:
        with pytest.raises(TimerError, match=r"arp: .* is not below mac"):
            timer_lines(platform, wanted)
        return
    made = timer_lines(platform, wanted)
    assert made["arp"] < made["mac"], "what will hold"
    assert not re.search("block|flood|unknown", made["text"])
    # What no line sets has the platform's default, and MACs outlive that as well.
    if "arp" not in made["text"] and platform != "cumulus":
        assert made["arp"] == PLATFORMS[platform].arp and str(made["mac"]) in made["text"]


def test_without_gateways_macs_outlive_the_default_of_arp() -> None:
    made = timer_lines("ios", Wanted(1200, 1800))
    assert (made["arp"], made["mac"], made["text"]) == (14400, 15000, "mac address-table aging-time 15000\n")
    assert "ageing_timers_gateways" in made["notes"][0]


@pytest.mark.parametrize(("platform", "wanted", "says"), [
    ("plan9", FULL, "platform: 'plan9' is not known here: use one of linux, openvswitch, comware"),
    ("vrp", Wanted(1200, 70000), "mac: Huawei VRP takes 60 to 65535 s, not 70000"),
    ("junos", Wanted(30, 1800), "arp: Junos takes 60 to 14400 s, not 30"),
    ("eos", Wanted(1800, 1800), "arp: 1800 s is not below mac"),
    ("ios", Wanted(1200, 1800, vlans=(4095,)), "vlans: 4095 is no VLAN"),
    ("eos", Wanted(1200, 1800, ports=("Ethernet1\nreload",)), "ports: 'Ethernet1\\nreload' is no name of an interface"),
    ("eos", Wanted(1200, 1800, gateways=("",)), "gateways: '' is no name of an interface"),
])
def test_what_cannot_be_said_is_named(platform: str, wanted: Wanted, says: str) -> None:
    with pytest.raises(TimerError, match=re.escape(says)):
        timer_lines(platform, wanted)


def test_the_filter_names_the_module_that_takes_them_and_whether_it_is_there() -> None:
    made = glue("arista.eos.eos", arp="1200", gateways=["Vlan10"])
    assert made["push"] == "arista.eos.eos_config" and isinstance(made["present"], bool)
    assert glue("h3c")["push"] is None and glue("h3c")["present"] is False
    for bad in ({"ports": "Ethernet1"}, {"mac": "long"}):
        with pytest.raises(Exception, match="timer_lines: "):
            glue("eos", **bad)
