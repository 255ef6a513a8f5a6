"""Causes at the destination: its MAC is another's too, a cluster's, or nobody hears it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import listed
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._case import Case
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._causes._ruling import NEW_MAC, Ruling
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import Contest

_NLB = "02:bf:"


def duplicate_mac(case: Case) -> Ruling | None:
    """Two owners of the destination's MAC: it moves between ports, and mac_collisions judges that."""
    mac, network = case.destination.mac, case.network
    if mac is None or mac not in network.model.disputed():
        return None
    contest = Contest(mac, tuple(network.model.claims[mac]), network.model, tuple(network.sightings.addresses(mac)))
    ruling, _signs = network.judge.ruling(contest)
    if ruling.status != "conflict":
        return None
    return Ruling(
        "duplicate_mac",
        "moving_mac",
        f"{mac} moves between ports, because {ruling.reason}: mac_collisions judges that; cure the MAC first",
        ruling.confidence,
        NEW_MAC,
    )


def cluster_address(case: Case) -> Ruling | None:
    """Microsoft NLB in unicast mode never sends from the cluster's MAC, so that switches flood it: on purpose."""
    if not (case.destination.mac or "").startswith(_NLB):
        return None
    return Ruling(
        "silent_destination",
        "cluster_address",
        f"{case.destination.mac} is a cluster address of network load balancing, from "
        "which nobody ever sends, so that every switch floods it: give the cluster a VLAN of its own, or multicast"
        " mode",
        "high",
    )


def silent_destination(case: Case) -> Ruling | None:
    """The destination is off, or nothing in the segment heard of it for long: no FDB has it, no neighbour entry is
    fresh.
    """
    claim, mac = case.destination.claim, case.destination.mac
    if mac is None or case.flood is None or case.knowing:
        return None
    if claim is not None and claim.state not in ("up", "unknown"):
        return Ruling(
            "silent_destination",
            "not_up",
            f"{case.destination.name} has {mac} on {claim.interface}, which is {claim.state}: "
            "nobody answers, and whoever has a lasting ARP entry for it goes on sending",
            "high",
        )
    seen = case.network.seen_at.get(mac, {})
    if not case.not_learning or not seen or any(seen.values()):
        return None
    return Ruling(
        "silent_destination",
        "not_heard",
        f"no FDB in the segment has {mac}, and every neighbour entry for it is old ({listed(seen)}): it says nothing",
        "medium",
    )
