"""Log lines about duplicate addresses, as the programs write them, in the events of several sources."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import runpy
from pathlib import Path

import ansible_collections.netops.layer2 as collection
import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._log_lines import complaint
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

ROOT = Path(next(iter(collection.__path__)))
FILTER = runpy.run_path(str(ROOT / "extensions" / "eda" / "plugins" / "event_filter" / "duplicate_in_log.py"))["main"]
SCHEMA = Draft202012Validator(json.loads((ROOT / "docs" / "schemas" / "watch-event-v1.json").read_text()))
OWN, OTHER = "52:54:00:0c:1d:f5", "0a:00:27:00:00:11"

# line -> kind, interface, address, old MAC, new MAC, old port, new port, VLAN; "-" for what it does not say
KERNEL = f"IPv6: eth0: IPv6 duplicate address fe80::5054:ff:fe0c:1df5 used by {OWN} detected!"
SWITCH = (
    "661: *Dec 16 00:36:36.024: %SW_MATM-4-MACFLAP_NOTIF: Host 5254.000c.1df5 in vlan 10 is flapping between "
    "port Gi4/0/45 and port Gi4/0/43"
)
BRIDGE = f"br0: received packet on vnet1 with own address as source address (addr:{OWN}, vlan:5)"
LINES = {
    KERNEL: f"duplicate eth0 fe80::5054:ff:fe0c:1df5 - {OWN} - - -",
    "IPv6: eth0.5: IPv6 duplicate address 2001:db8::7 detected!": "duplicate eth0.5 2001:db8::7 - - - - -",
    BRIDGE: f"duplicate br0 - {OWN} {OWN} - vnet1 5",
    "[ 1518.9] br1: received packet on eth4 with  own address as source address": "duplicate br1 - - - - eth4 -",
    "<warn>  [1789171200.1] l3cfg[0x55, ifindex=2]: IPv4 address collision detection sees conflict on interface 2 "
    f"(eth0) for address 192.0.2.5 from host {OTHER.upper()}": f"duplicate eth0 192.0.2.5 - {OTHER} - - -",
    "eth0: Dropping address 192.0.2.20, as an address conflict was detected.": "duplicate eth0 192.0.2.20 - - - - -",
    f"eth0: hardware address {OTHER} claims 192.0.2.5": f"duplicate eth0 192.0.2.5 - {OTHER} - - -",
    f"ERROR : [ifup-eth] Error, some other host ({OTHER.upper()}) already uses address 192.0.2.5.": (
        f"duplicate - 192.0.2.5 - {OTHER} - - -"
    ),
    "arpwatch: flip flop 192.0.2.2 0:50:56:fe:f6:e8 (0:c:29:21:81:97) ens33": (
        "flapping ens33 192.0.2.2 00:0c:29:21:81:97 00:50:56:fe:f6:e8 - - -"
    ),
    SWITCH: f"flapping - - {OWN} {OWN} Gi4/0/45 Gi4/0/43 10",
    "%IP-4-DUPADDR: Duplicate address 192.168.10.1 on FastEthernet0/0, sourced by 0800.27ef.e2a9": (
        "duplicate FastEthernet0/0 192.168.10.1 - 08:00:27:ef:e2:a9 - - -"
    ),
}
NAMES = ("kind", "interface", "address", "old_mac", "new_mac", "old_port", "new_port", "vlan")


@pytest.mark.parametrize("line", LINES, ids=[line[:40] for line in LINES])
def test_a_line_is_understood(line):
    said = complaint(line)
    assert said is not None and " ".join(str(getattr(said, name) or "-") for name in NAMES) == LINES[line]


@pytest.mark.parametrize(
    "line",
    [
        "br0: port 2(eth1) entered blocking state",
        "",
        "IPv6: eth0: IPv6 duplicate address 300.1.1.1 detected!",
        None,
        7,
        "eth0: hardware address 52:54:00:zz claims 192.0.2.5",
        "x" * 3000 + KERNEL,
        "flip flop 10.0.0.0.0.0 1:2:3:4:5:6 (1:2:3:4:5:7) eth0",
    ],
)
def test_any_other_text_is_nothing(line):
    assert complaint(line) is None


@pytest.mark.parametrize(
    ("event", "host"),
    [
        ({"journald": {"message": KERNEL, "_hostname": "hv1", "priority": "6"}}, "hv1"),
        ({"payload": {"message": KERNEL, "host": "hv2"}, "meta": {"endpoint": "log"}}, "hv2"),
        ({"payload": KERNEL}, "unknown"),
        (
            {
                "alert": {
                    "labels": {"instance": "hv3:9100"},
                    "annotations": {"summary": "twins", "description": KERNEL},
                },
                "meta": {"hosts": ["all:!hv3"]},
            },
            "hv3",
        ),
    ],
)
def test_the_events_of_known_sources_become_ours(event, host):
    made = FILTER(event)
    assert (made["host"], made["table"], made["address"], made["new_mac"]) == (
        host,
        "log",
        "fe80::5054:ff:fe0c:1df5",
        OWN,
    )
    assert made["meta"]["hosts"] == ["all"] and made["limit_from"] == "unknown"
    SCHEMA.validate({key: value for key, value in made.items() if key != "meta"})


def test_paths_and_limits_are_the_operators():
    event = {"deep": {"line": SWITCH, "node": "sw1"}, "meta": {"endpoint": "x"}}
    limits = [{"host": "sw*", "vlan": 10, "limit": "rack1"}]
    made = FILTER(event, limits=limits, message_path="deep.line", host_path="deep.node")
    assert (made["limit"], made["kind"]) == ("rack1", "flapping") and made["meta"] == {
        "endpoint": "x",
        "hosts": ["rack1"],
    }


def test_what_is_about_nothing_or_about_a_virtual_router_passes_unchanged():
    virtual = "br1: received packet on vx10 with own address as source address (addr:00:00:5e:00:01:01, vlan:10)"
    for text in ("hello", virtual):
        event = {"journald": {"message": text}}
        assert FILTER(event) is event


def test_a_stranger_s_words_reach_no_event():
    message = f"{{{{ 7*7 }}}} {KERNEL} {{% x %}}\x1b[2J"
    made = FILTER({"payload": {"message": message, "host": "{{ lookup('pipe','id') }}\n@/etc/passwd"}})
    text = json.dumps(made)
    assert made["kind"] == "duplicate" and made["limit"] == "all" and not set("\x1b\n'{") & set(made["host"])
    assert "{{" not in text and "7*7" not in text


WORDS = st.sampled_from([word for line in LINES for word in line.split()])


@given(st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=25).map(" ".join)))
def test_any_text_makes_an_event_or_none(text):
    made = FILTER({"payload": {"message": text, "host": text}})
    if "schema" in made:
        SCHEMA.validate({key: value for key, value in made.items() if key != "meta"})
