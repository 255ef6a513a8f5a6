"""Reasons about guests: one that is an inventory host too, one that several hypervisors define, a failover pair."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import listed
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import Contest, Sharing


def one_domain(contest: Contest) -> Sharing | None:
    """One guest defined on several hypervisors (migration, DR replica): one UUID or id in its manager, running at most
    once.
    """
    guests = {claim.owner for claim in contest.claims}
    hosts = {claim.host for claim in contest.claims}
    running = {claim.host for claim in contest.claims if claim.state == "up"}
    if len(guests) != 1 or contest.claims[0].owner_kind != "guest" or len(hosts) < 2 or len(running) > 1:
        return None
    one = contest.claims[0]
    known = f"UUID {one.uuid}" if one.uuid else f"id {one.managed.id if one.managed else ''}"
    where = "running on " + running.pop() if running else "running nowhere"
    return Sharing("one_domain", f"one guest ({known}) defined on {listed(hosts)}, {where}", one_machine=True)


def inventory_guest(contest: Contest) -> Sharing | None:
    """A guest or container that is an inventory host too: domain UUID = DMI product UUID, or one network namespace and
    machine-id.
    """
    inside = [claim for claim in contest.claims if claim.owner_kind in ("guest", "container", "tap")]
    outside = {claim.host for claim in contest.claims if claim.owner_kind == "host"} - {claim.host for claim in inside}
    if len(contest.owners) != 1 or not outside or not inside:
        return None
    if _have_several_nics(inside):
        return None
    one = inside[0]
    who = f"{one.guest} on {one.host}" if one.owner_kind == "tap" else f"{one.owner_kind} {one.guest} on {one.host}"
    if next(iter(contest.owners)) in contest.model.likely:
        why = (
            f"{who} and inventory host {listed(outside)} are taken for one machine: no product UUID was read that would"
            " prove it"
        )
        return Sharing("inventory_guest", why, one_machine=True, likely=True)
    return Sharing("inventory_guest", f"{who} and inventory host {listed(outside)} are one machine", one_machine=True)


def _have_several_nics(claims: list[Claim]) -> bool:
    """Whether guests among CLAIMS have the MAC on several NICs of one host."""
    nics = {(claim.host, claim.interface) for claim in claims if claim.owner_kind == "guest"}
    return len(nics) > len({host for host, _nic in nics})


def failover_pair(contest: Contest) -> Sharing | None:
    """A guest's virtio NIC and its passed-through standby carry one address on purpose (libvirt's <teaming>,
    net_failover).
    """
    if len(contest.owners) != 1 or not all(claim.kind == "teaming" for claim in contest.claims):
        return None
    claim = contest.claims[0]
    why = f"the failover pair of guest {claim.guest} on {claim.host} carries one address on purpose"
    return Sharing("failover_pair", why, one_machine=True)
