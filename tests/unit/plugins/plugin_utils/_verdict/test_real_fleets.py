"""Real fleets that nobody here built: no false conflict as they are, exactly the right one for every planted pair."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import itertools
import re
from functools import lru_cache

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ..field_fleets import FLEETS, READABLE, load, needs_fleets, snapshots

pytestmark = needs_fleets


@lru_cache(maxsize=512)
def _nics(text: str) -> dict[str, tuple[str, set[str]]]:
    """Interface -> (MAC, subnets), by an own, simple reading of the text."""
    found: dict[str, tuple[str, set[str]]] = {}
    for block in re.split(r"^(?=\d+: )", text, flags=re.M):
        name = re.match(r"\d+: ([^:@]+)", block)
        mac = re.search(r"link/ether (\S+)", block)
        if name and mac:
            nets = {
                str(ipaddress.ip_interface(net).network)
                for net in re.findall(r"inet (\S+)", block)
                if not net.endswith("/32")
            }
            found[name.group(1)] = (mac.group(1), nets)
    return found


def _is_proven(fleet, mac: str, owners: set[str]) -> bool:
    """Whether the two OWNERS of MAC have a neighbour in common, or a third host has link-local addresses of both on one
    interface.
    """
    nics = {
        host: [name for name, (held, _nets) in _nics(fleet[host]["ip -d address show"]).items() if held == mac]
        for host in owners
    }
    seen = [set().union(*(_seen_on(fleet[host]["ip neigh show"], name) for name in nics[host])) for host in owners]
    if any(not address.startswith("fe80:") for address, _mac in seen[0] & seen[1]):
        return True
    local = [
        re.findall(r"inet6 (fe80::\S+)/", _block(fleet[host]["ip -d address show"], nics[host])) for host in owners
    ]
    witnesses = [_seen_on(texts.get("ip neigh show", ""), name)
                 for host, texts in fleet.items() if host not in owners for name in _nics(texts["ip -d address show"])]
    return any(
        all(any((address, mac) in seen_there for address in addresses) for addresses in local)
        for seen_there in witnesses
    )


def _block(text: str, names: list[str]) -> str:
    """What TEXT says of the interfaces NAMES."""
    return "".join(
        block
        for block in re.split(r"^(?=\d+: )", text, flags=re.M)
        if any(f": {name}:" in block[:40] for name in names)
    )


@lru_cache(maxsize=512)
def _seen_on(text: str, interface: str) -> set[tuple[str, str]]:
    """(address, MAC) of each neighbour that was learnt on INTERFACE, by an own, simple reading of the text."""
    learnt = [line.split() for line in text.splitlines() if "lladdr" in line and "PERMANENT" not in line]
    return {(words[0], words[words.index("lladdr") + 1]) for words in learnt if words[2] == interface}


def _pairs():
    for path in FLEETS:
        hosts = {host: _nics(texts["ip -d address show"]) for host, texts in load(path, ("linux",)).items()}
        for one, other in itertools.permutations(hosts, 2):
            for (name, (mac, nets)), (target, (old, others)) in itertools.product(
                hosts[one].items(), hosts[other].items()
            ):
                if nets & others:
                    yield pytest.param(
                        path, mac, other, old, {one, other}, id=f"{path.stem}-{one}.{name}-{other}.{target}"
                    )


@pytest.mark.parametrize("path", FLEETS, ids=lambda path: path.stem)
@pytest.mark.parametrize("platforms", [("linux",), READABLE], ids=["servers", "all"])
def test_a_healthy_fleet_has_no_conflict(path, platforms):
    fleet = load(path, platforms)
    if not fleet:
        pytest.skip("no host of these platforms in this fleet")
    verdict = mac_collisions(snapshots(fleet), list_shared=True)
    assert verdict["summary"]["hosts_judged"] == len(fleet)
    assert verdict["coverage"]["quarantined"] == []
    assert [row for row in verdict["findings"] if row["status"] != "shared"] == []


@pytest.mark.parametrize("platforms", [("linux",), READABLE], ids=["servers", "all"])
@pytest.mark.parametrize("everywhere", [False, True], ids=["claimed", "seen"])
@pytest.mark.parametrize(("path", "mac", "victim", "old", "owners"), list(_pairs()))
def test_a_planted_mac_is_exactly_that_conflict(path, mac, victim, old, owners, everywhere, platforms):
    fleet = load(path, platforms)
    for host, texts in fleet.items():
        if everywhere or host == victim:
            fleet[host] = {
                name: text.replace(old, mac) if everywhere or name.startswith("ip -d") else text
                for name, text in texts.items()
            }
    verdict = mac_collisions(snapshots(fleet))
    status = "conflict" if _is_proven(fleet, mac, owners) else "latent"
    found = [row for row in verdict["findings"] if row["status"] == status]
    assert verdict["summary"][status] == 1, verdict["findings"]
    assert found[0]["mac"] == mac
    assert {row["host"] for row in found[0]["owners"]} == owners


def _strangers():
    for path in FLEETS:
        hosts = {host: _nics(texts["ip -d address show"]) for host, texts in load(path, ("linux",)).items()}
        for one, other in itertools.permutations(hosts, 2):
            for (name, (mac, nets)), (target, (old, others)) in itertools.product(
                hosts[one].items(), hosts[other].items()
            ):
                if nets and others and not nets & others:
                    status = (
                        [] if "docker0" in (name, target) else [(mac, "latent")]
                    )  # docker0 is an isolated bridge: shared
                    yield pytest.param(path, mac, other, old, status, id=f"{path.stem}-{one}.{name}-{other}.{target}")


@pytest.mark.parametrize(("path", "mac", "victim", "old", "status"), list(_strangers())[::7])
def test_a_mac_planted_in_another_segment_is_no_conflict(path, mac, victim, old, status):
    fleet = load(path)
    fleet[victim] = {**fleet[victim], "ip -d address show": fleet[victim]["ip -d address show"].replace(old, mac)}
    verdict = mac_collisions(snapshots(fleet))
    assert [(row["mac"], row["status"]) for row in verdict["findings"]] == status


def test_pairs_were_found_in_most_fleets():
    assert len({param.values[0] for param in _pairs()}) >= 0.85 * len(FLEETS)  # some fleets have one server, or none


def test_most_planted_pairs_are_proven():
    fleets = {path: load(path, ("linux",)) for path in FLEETS}
    planted = [param.values for param in _pairs()]
    proven = [
        _is_proven(
            {
                host: {name: text.replace(old, mac) for name, text in texts.items()}
                for host, texts in fleets[path].items()
            },
            mac,
            owners,
        )
        for path, mac, _victim, old, owners in planted
    ]
    assert sum(proven) > 0.95 * len(planted), "the reading above is no excuse for the verdict"
