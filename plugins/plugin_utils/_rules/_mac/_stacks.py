"""Reasons about one machine: interfaces on top of each other, bridges without a way out, several addresses of one
owner.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import listed
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim, Model
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import (
    Contest,
    Sharing,
    held_addresses,
    rival_nics,
)

_CARRIED = ("macvlan", "macvtap", "ipvlan", "ipvtap")  # kinds that may have the address of the NIC below


def one_host(contest: Contest) -> Sharing | None:
    """The stack of one host: bond and ports, VLANs, bridge and port, macvlan passthru, VF and synthetic NIC, DSA ports.
    """
    kinds = {claim.owner_kind for claim in contest.claims}
    hosts = {claim.host for claim in contest.claims}
    if len(contest.owners) > 1:
        return _passthru(contest) if len(hosts) == 1 and kinds <= {"host", "container"} else None
    if kinds == {"guest"} or len(contest.claims) < 2 or rival_nics(contest):
        return None
    names = listed(claim.interface for claim in contest.claims)
    return Sharing("one_host", f"one host's own stack: {names} on {listed(hosts)}", one_machine=True)


def _passthru(contest: Contest) -> Sharing | None:
    """macvlan passthru and ipvlan carry the address of the NIC below into a container."""
    inside = [claim for claim in contest.claims if claim.owner_kind == "container"]
    segments = contest.model.segments
    below = [claim for claim in contest.claims if claim.owner_kind == "host"]
    if not inside or not below:
        return None
    if not all(claim.kind in _CARRIED and segments.same(claim.point, below[0].point) for claim in inside):
        return None
    names = listed(claim.guest or "" for claim in inside)
    return Sharing("one_host", f"{names} on {below[0].host} uses the address of {below[0].interface}", one_machine=True)


def isolated_bridge(contest: Contest) -> Sharing | None:
    """docker0, virbr0 and what hangs on them: broadcast domains without a way out of their host."""
    outside = {contest.model.owner_of(claim) for claim in contest.claims if claim.external}
    if (
        any(claim.owner_kind in ("guest", "tap") for claim in contest.claims)
        or len(outside) > 1
        or len(contest.claims) < 2
    ):
        return None
    inside = [claim for claim in contest.claims if not claim.external]
    if not inside or not _are_apart(contest.model, inside):
        return None
    where = {f"{claim.interface} on {claim.host}" for claim in inside}
    return Sharing("isolated_bridge", f"bridges without a way out of their host, each its own segment: {listed(where)}")


def _are_apart(model: Model, claims: list[Claim]) -> bool:
    """Whether CLAIMS are in at least as many segments as they have owners."""
    segments = {model.segments.find(claim.point) for claim in claims}
    return len(segments) >= len({model.owner_of(claim) for claim in claims})


def one_owner_several_addresses(contest: Contest) -> Sharing | None:
    """A host or container with several addresses, VIPs included: one owner holds all that neighbours saw."""
    if len(contest.owners) != 1 or len(contest.seen) < 2 or contest.claims[0].owner_kind not in ("host", "container"):
        return None
    if not set(contest.seen) <= held_addresses(contest):
        return None
    where = contest.claims[0].guest or contest.claims[0].host
    return Sharing("one_owner", f"{where} itself holds all addresses that were seen: {listed(contest.seen)}")
