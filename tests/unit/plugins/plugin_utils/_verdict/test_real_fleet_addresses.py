"""IP addresses of real fleets that nobody here built: no false conflict as they are, exactly the right one for every
planted pair.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import itertools
import re

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._address_verdicts import ip_conflicts

from ..field_fleets import FLEETS, READABLE, load, needs_fleets, snapshots

_EXPECTED = {"link_local", "anycast", "anycast_gateway", "mlag", "proxy_arp"}

pytestmark = needs_fleets


def _judge(fleet, **options):
    return ip_conflicts(snapshots(fleet), **options)


def _addresses(text: str) -> list[ipaddress.IPv4Interface]:
    """The IPv4 addresses of a server's NICs, by an own, simple reading of the text."""
    blocks = [
        block
        for block in re.split(r"^(?=\d+: )", text, flags=re.M)
        if "link/ether" in block and ": docker0" not in block
    ]
    found = [ipaddress.IPv4Interface(net) for block in blocks for net in re.findall(r"inet (\S+)", block)]
    return [address for address in found if address.network.prefixlen < 32]


def _pairs(together: bool):
    for path in FLEETS:
        hosts = {host: _addresses(texts["ip -d address show"]) for host, texts in load(path, ("linux",)).items()}
        for one, other in itertools.permutations(hosts, 2):
            for kept, lost in itertools.product(hosts[one], hosts[other]):
                if (kept.network == lost.network) is together:
                    ident = f"{path.stem}-{one}.{kept.ip}-{other}.{lost.ip}"
                    yield pytest.param(path, str(kept.ip), other, str(lost.ip), {one, other}, id=ident)


def _planted(fleet, old, new, victim, everywhere):
    """The fleet after VICTIM got NEW instead of OLD; EVERYWHERE: its neighbours' tables tell so, too."""
    pattern = re.compile(rf"(?<![\d.]){re.escape(old)}(?![\d.])")
    return {
        host: {name: pattern.sub(new, text) if everywhere or (host == victim and name.startswith("ip -d")) else text
               for name, text in texts.items()}
        for host, texts in fleet.items()
    }


def _have_a_neighbour_in_common(fleet, owners, address):
    """Whether the two servers with ADDRESS know one neighbour there by an address that no other link repeats, by a
    reading of our own.
    """
    known = []
    for texts in (fleet[host] for host in owners):
        blocks = re.split(r"^(?=\d+: )", texts["ip -d address show"], flags=re.M)
        names = [re.match(r"\d+: ([^:@]+)", block).group(1) for block in blocks if f"inet {address}/" in block]
        pattern = rf"^(?!fe80:|169\.254\.)(\S+) dev (?:{'|'.join(map(re.escape, names))}) lladdr (\S+)"
        known.append(set(re.findall(pattern, texts["ip neigh show"], re.M)))
    return bool(known[0] & known[1])


@pytest.mark.parametrize("path", FLEETS, ids=lambda path: path.stem)
@pytest.mark.parametrize("platforms", [("linux",), READABLE], ids=["servers", "all"])
def test_a_healthy_fleet_has_no_conflict(path, platforms):
    fleet = load(path, platforms)
    if not fleet:
        pytest.skip("no host of these platforms in this fleet")
    verdict = _judge(fleet, list_shared=True)
    told = {
        address for texts in fleet.values() for address in re.findall(r"inet6? ([^/ ]+)", texts["ip -d address show"])
    }
    assert verdict["summary"]["hosts_judged"] == len(fleet) and verdict["summary"]["addresses_judged"] >= len(
        told - {"127.0.0.1", "::1"}
    )
    assert verdict["coverage"]["quarantined"] == []
    assert [row for row in verdict["findings"] if row["status"] != "shared"] == []
    assert {row["rule"] for row in verdict["findings"]} <= _EXPECTED


@pytest.mark.parametrize("platforms", [("linux",), READABLE], ids=["servers", "all"])
@pytest.mark.parametrize("everywhere", [False, True], ids=["claimed", "seen"])
@pytest.mark.parametrize(("path", "address", "victim", "old", "owners"), list(_pairs(True)))
def test_a_planted_address_is_exactly_that_conflict(path, address, victim, old, owners, everywhere, platforms):
    fleet = _planted(load(path, platforms), old, address, victim, everywhere)
    verdict = _judge(fleet)
    # Without the switches, servers that know only their router's link-local address are not proven to share a segment.
    is_proven = len(platforms) > 1 or _have_a_neighbour_in_common(fleet, owners, address)
    assert [(row["address"], row["status"]) for row in verdict["findings"]] == [
        (address, "conflict" if is_proven else "latent")
    ]
    assert {row["host"] for row in verdict["findings"][0]["owners"]} == owners
    assert bool(verdict["findings"][0]["segment_proof"]) is is_proven
    assert not is_proven or verdict["findings"][0]["confidence"] in ("certain", "high", "medium")


@pytest.mark.parametrize(("path", "address", "victim", "old", "owners"), list(_pairs(False))[::7])
def test_an_address_planted_in_another_segment_is_latent(path, address, victim, old, owners):
    verdict = _judge(_planted(load(path), old, address, victim, False))
    expected = [] if address.startswith("169.254.") else [(address, "latent")]  # link-local ones may repeat
    assert [(row["address"], row["status"]) for row in verdict["findings"]] == expected


def test_pairs_were_found_in_every_fleet():
    assert len({param.values[0] for param in _pairs(True)}) >= 0.85 * len(
        FLEETS
    )  # some fleets have one server, or none
