"""A MAC in contest: who claims it, what a legitimate reason looks like, and what several rules ask."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim, Model
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened

# From here on one MAC that answers for so many addresses is a proxy, not a set of twins.
PROXY_ADDRESSES = 16


@dataclass(frozen=True, slots=True)
class Sharing:
    """A legitimate reason: RULE is its name, REASON one sentence.

    ``gateway``: several routers answer with this MAC. ``one_machine``: all claims are one machine's, so it does not
    explain what somebody else does with the MAC. ``likely``: nothing proves it, and nothing contradicts it.
    """

    rule: str
    reason: str
    gateway: bool = False
    one_machine: bool = False
    likely: bool = False


@dataclass(frozen=True)
class Contest:
    """One MAC and everything that speaks about who has it."""

    mac: str
    claims: tuple[Claim, ...]
    model: Model
    seen: tuple[str, ...] = ()  # addresses that neighbours saw behind it
    is_router: bool = False

    @cached_property
    def owners(self) -> dict[str, list[Claim]]:
        """Owner key -> its claims."""
        owners: dict[str, list[Claim]] = {}
        for claim in self.claims:
            owners.setdefault(self.model.owner_of(claim), []).append(claim)
        return owners


Rule = Callable[[Contest], "Sharing | None"]


def place(claim: Claim) -> str:
    """Who and where, as people say it."""
    if claim.owner_kind == "guest":
        managed = claim.managed
        number = f" ({managed.id})" if managed and managed.id else ""
        where = f"node {managed.node} (as {claim.host} tells)" if managed and managed.node else claim.host
        if claim.recorded:
            return f"record {shortened(claim.guest, 256)} of {claim.host}"
        return f"guest {shortened(claim.guest, 256)}{number} on {where}"
    if claim.owner_kind == "container":
        return f"container {claim.guest} on {claim.host}"
    return f"{claim.guest} on {claim.host}" if claim.owner_kind == "tap" else claim.host


def seen_from_outside(model: Model, claims: Iterable[Claim]) -> list[Claim]:
    """CLAIMS without the inside view of containers that their manager's view shows already, on the same host."""
    claims = list(claims)
    told = {(model.owner_of(claim), claim.host) for claim in claims if claim.owner_kind == "guest"}
    return [claim for claim in claims
            if claim.owner_kind != "container" or (model.owner_of(claim), claim.host) not in told]


def held_addresses(contest: Contest) -> set[str]:
    """All addresses that those who claim the MAC are known to have; of guests that are no inventory hosts none is."""
    return {address for claim in contest.claims if claim.owner_kind in ("host", "container")
            for address in _addresses_beside(contest.model, claim)}


def _addresses_beside(model: Model, claim: Claim) -> set[str]:
    """All addresses of the host or container that CLAIM is of: a VIP may stand on another interface than the MAC."""
    inside = claim.owner.rpartition("/")[2] if claim.owner_kind == "container" else ""
    return {
        address.address for interface in model.topologies[claim.host].interfaces.values() if interface.netns == inside
        for address in interface.addresses
    }


def rival_nics(contest: Contest) -> list[Claim]:
    """Plain NICs of one machine that have the MAC, are up, and are proven to be in one segment without being stacked.

    Ports of a bond, team, bridge or synthetic NIC have a master, DSA ports and VLANs a lower interface.
    """
    if len(contest.owners) != 1:
        return []
    groups: dict[int, dict[int, Claim]] = {}
    for claim in contest.claims:
        if claim.up and claim.owner_kind in ("host", "container") and _is_plain(contest.model, claim):
            groups.setdefault(contest.model.segments.find(claim.point), {}).setdefault(claim.point, claim)
    group = max(groups.values(), key=len, default={})
    hosts = {claim.host for claim in group.values()}
    return sorted(group.values(), key=lambda claim: claim.interface) if len(group) > 1 and len(hosts) == 1 else []


def _is_plain(model: Model, claim: Claim) -> bool:
    if claim.kind or claim.bridge or claim.link_type != "ether" or not claim.external:
        return False
    interface = model.topologies[claim.host].interfaces.get((namespace_of(claim), claim.interface))
    return interface is None or not interface.link


def is_gateway_interface(model: Model, claim: Claim) -> bool:
    """A VLAN interface of a bridge, a macvlan on one, or a bridge that reaches other machines through a tunnel."""
    if claim.owner_kind != "host":
        return False
    if claim.kind in ("macvlan", "vlan"):
        return claim.lower_kind in ("vlan", "bridge")
    return claim.kind == "bridge" and any(
        interface.kind in ("vxlan", "geneve") and interface.master == claim.interface
        for interface in model.topologies[claim.host].interfaces.values()
    )


def routed_addresses(claims: list[Claim]) -> frozenset[str]:
    return frozenset(
        address for claim in claims for address in claim.addresses if not address.startswith(("fe80:", "169.254."))
    )


def namespace_of(claim: Claim) -> str:
    return claim.owner.partition("/")[2] if claim.owner_kind == "container" else ""
