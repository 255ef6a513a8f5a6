"""Bridges of every network manager are told to remember longer: check mode, now, at a second run, and after a reboot.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from . import hosts, lab
from .conftest import Running, running
from .system import wait_until

MANAGERS = {
    "nm": "NetworkManager",
    "networkd": "systemd-networkd",
    "netplan": "netplan",
    "ifupdown": "ifupdown",
    "plain": "",
}
STATE = "cat /sys/class/net/br0/bridge/ageing_time /sys/class/net/br0/bridge/stp_state"


@pytest.fixture(scope="module")
def bridges(able: None) -> Iterator[Running]:
    """One bridge of every network manager; the one that nobody owns gets a port that does not learn."""
    for made in running("bridges"):
        lines = (
            "ip link add p0 type veth peer name p1 && ip link set p0 master br0 && bridge link set dev p0 learning off"
        )
        hosts.inside(made.name, "plain", ["sh", "-c", lines])
        yield made


def run(bridges: Running, arguments: str, *more: str) -> dict[str, dict[str, object]]:
    """The module's result on each host."""
    argv = ["ansible", "all", "-m", "netops.layer2.layer2_timers", "-a", arguments, "-o", *more]
    text = lab.in_controller_run(bridges.name, argv).stdout
    return {
        name: json.loads(result) for name, result in re.findall(r"^(\S+) \| \w+!? => (\{.*\})$", text, re.MULTILINE)
    }


def ageing(bridges: Running) -> dict[str, str]:
    """The kernel's ageing (hundredths of a second) and whether spanning tree runs, on each host."""
    return {name: " ".join(hosts.inside(bridges.name, name, ["sh", "-c", STATE]).split()) for name in MANAGERS}


def test_check_mode_tells_all_and_touches_nothing(bridges: Running) -> None:
    before = ageing(bridges)
    told = run(bridges, "mac=1800 arp=1200", "--check")
    assert {name: result["bridges"][0]["manager"] for name, result in told.items()} == MANAGERS  # type: ignore[index]
    assert all(result["changed"] and result["files"] for result in told.values())
    assert ageing(bridges) == before


def test_every_bridge_remembers_now_and_a_second_run_changes_nothing(bridges: Running) -> None:
    assert all(result["changed"] for result in run(bridges, "mac=1800 arp=1200").values())
    assert set(ageing(bridges).values()) == {"180000 0"}
    assert "learning on" in hosts.inside(bridges.name, "plain", ["bridge", "-d", "link", "show", "dev", "p0"])
    again = run(bridges, "mac=1800 arp=1200")
    assert {name: result["changed"] for name, result in again.items()} == dict.fromkeys(MANAGERS, False)


def test_after_a_reboot_it_is_the_same(bridges: Running) -> None:
    for name in MANAGERS:
        lab.reboot(bridges.name, name)
    assert wait_until(lambda: set(ageing(bridges).values()) == {"180000 0"}, 30, 1), ageing(bridges)
    again = run(bridges, "mac=1800 arp=1200 learning=false")
    assert {name: result["changed"] for name, result in again.items() if name != "plain"} == dict.fromkeys(
        list(MANAGERS)[:-1], False
    )


def test_neighbours_are_believed_in_no_longer_than_asked_for(bridges: Running) -> None:
    assert all(result["changed"] for result in run(bridges, "arp=20", "--limit", "networkd").values())
    shown = hosts.inside(
        bridges.name,
        "networkd",
        ["sysctl", "-n", "net.ipv4.neigh.br0.base_reachable_time_ms", "net.ipv6.neigh.br0.base_reachable_time_ms"],
    )
    assert shown.split() == ["13000", "13000"]
    assert not any(result["changed"] for result in run(bridges, "arp=20", "--limit", "networkd").values())
