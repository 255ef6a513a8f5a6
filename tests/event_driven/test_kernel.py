"""What a real kernel tells of VLANs, of IPv6 and inside a network namespace becomes the events that rulebooks get."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._settings import read_settings
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._watch import Watch

from tests.event_driven.conftest import COLLECTIONS, Network
from tests.lab.system import run, slowness, wait_until

# As an ordinary user: what may be read only as root, Python itself, is loaded before.
AS_NOBODY = """
import asyncio, json, os
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._settings import read_settings
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._watch import Watch
class Printer:
    async def put(self, event):
        print(json.dumps(event), flush=True)
settings = read_settings({"name": "hv1", "heartbeat": 0.3})
os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
print(json.dumps([line.split()[1] for line in open("/proc/self/status") if line.startswith(("CapEff", "CapPrm"))]))
asyncio.run(Watch(settings).run(Printer()))
"""
MACS = ("52:54:00:00:00:0a", "52:54:00:00:00:0b")
PATIENCE = 20


class Kept(list):
    """A rulebook's queue that keeps what it gets."""

    async def put(self, event: dict[str, Any]) -> None:
        self.append(event)

    def fights(self) -> list[dict[str, Any]]:
        """Those for the addresses that are changed here; the network's own twins may fight at any time."""
        return [event for event in self if event["kind"] == "flapping" and event["new_mac"] in MACS]

    async def until(self, number: int) -> None:
        """Wait for so many of them."""
        while len(self.fights()) < number:
            await asyncio.sleep(0.05)


def _vlan(net: Network) -> list[str]:
    """Words of bridge(8) for VLAN 5 on two ports; none where the kernel was built without VLANs of bridges."""
    inside = net.netns("hv1")
    if run(["ip", "-n", inside, "link", "set", "br0", "type", "bridge", "vlan_filtering", "1"], check=False).returncode:
        return []
    for port in ("to-router1", "to-router2"):
        run(["bridge", "-n", inside, "vlan", "add", "vid", "5", "dev", port])
    return ["vlan", "5"]


def _change(net: Network, vlan: list[str]) -> None:
    """An IPv6 neighbour goes back and forth between two MACs, and a MAC between two ports."""
    inside = net.netns("hv1")
    for number in range(4):
        run(
            [
                "ip",
                "-n",
                inside,
                "neigh",
                "replace",
                "2001:db8::7",
                "lladdr",
                MACS[number % 2],
                "dev",
                "br0",
                "nud",
                "reachable",
            ]
        )
        run(
            [
                "bridge",
                "-n",
                inside,
                "fdb",
                "replace",
                MACS[0],
                "dev",
                ("to-router1", "to-router2")[number % 2],
                "master",
                "dynamic",
                *vlan,
            ]
        )


async def _watched(net: Network, vlan: list[str]) -> Kept:
    kept = Kept()
    settings = read_settings({"name": "hv1", "netns": [net.netns("hv1")], "heartbeat": 0.3})
    watch = asyncio.ensure_future(Watch(settings).run(kept))
    try:
        while not any((event["totals"] or {}).get("listening") == 2 for event in kept):
            await asyncio.sleep(0.05)
        _change(net, vlan)
        await kept.until(2)
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
    return kept


def test_ipv6_vlans_and_namespaces_are_told(network: Network) -> None:
    inside = network.netns("hv1")
    vlan = _vlan(network)
    try:
        kept = asyncio.run(asyncio.wait_for(_watched(network, vlan), PATIENCE * slowness()))
    finally:
        run(["ip", "-n", inside, "link", "set", "br0", "type", "bridge", "vlan_filtering", "0"], check=False)
    neighbour, forwarding = sorted(kept.fights(), key=lambda event: event["table"], reverse=True)
    assert neighbour["netns"] == forwarding["netns"] == inside
    assert (neighbour["address"], neighbour["interface"], {neighbour["old_mac"], neighbour["new_mac"]}) == (
        "2001:db8::7",
        "br0",
        set(MACS),
    )
    assert (forwarding["vlan"], forwarding["new_mac"], forwarding["interface"]) == (5 if vlan else None, MACS[0], "br0")
    assert {forwarding["old_port"], forwarding["new_port"]} == {"to-router1", "to-router2"}


def test_a_watch_needs_no_privilege(network: Network, tmp_path: Path) -> None:
    log = tmp_path / "said"

    def said() -> list[Any]:
        return [json.loads(line) for line in log.read_text().split("\n")[:-1]]

    def fights() -> list[str]:
        return sorted(event["table"] for event in Kept(said()[1:]).fights())

    command = ["ip", "netns", "exec", network.netns("hv1"), sys.executable, "-c", AS_NOBODY]
    seen = {"PYTHONPATH": str(COLLECTIONS), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}

    def listens() -> bool:
        return any((event["totals"] or {}).get("listening") == 2 for event in said()[1:])

    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, env=seen) as watch,
    ):
        try:
            assert wait_until(listens, PATIENCE), log.read_text()
            _change(network, [])
            assert wait_until(lambda: len(fights()) >= 2, PATIENCE), log.read_text()
        finally:
            watch.kill()
    assert set(said()[0]) == {"0000000000000000"} and set(fights()) == {"fdb", "neighbor"}
