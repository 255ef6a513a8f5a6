"""Reasons about routers: OpenStack's, anycast gateways, MLAG pairs, whoever answers for many."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import listed
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim, Model
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import (
    PROXY_ADDRESSES,
    Contest,
    Sharing,
    is_gateway_interface,
    namespace_of,
    routed_addresses,
)

_CUMULUS_RESERVED = "44:39:39:ff:"


def neutron_router(contest: Contest) -> Sharing | None:
    """A router of OpenStack on several nodes: one MAC a port on all of them, and addresses where it is active (L3 HA).

    A distributed one (DVR) has its inside ports, qr-, addresses included, on every node; its outside port, qg-, is not
    there.
    """
    used = [claim for claim in contest.claims if claim.in_use]
    name = _virtual_router_of(used)
    if name is None:
        return None
    where = listed(claim.host for claim in used)
    active = {claim.host for claim in used if routed_addresses([claim])}
    if len(active) <= 1:
        return Sharing(
            "neutron_router", f"a port of the virtual router {name} on {where}, with addresses on one of them at most"
        )
    if all(claim.interface.startswith("qr-") and not _is_routed_here(contest.model, claim) for claim in used):
        return Sharing("neutron_router", f"a port of the distributed router {name}, which is the same on {where}", True)
    return None


def _virtual_router_of(claims: list[Claim]) -> str | None:
    """The one router of OpenStack whose namespaces all CLAIMS are in, as its namespaces are called."""
    names = {namespace_of(claim).rpartition(":")[2] for claim in claims}
    name = names.pop() if len(names) == 1 else ""
    return name if name.startswith(("qrouter-", "snat-")) else None


def _is_routed_here(model: Model, claim: Claim) -> bool:
    """Whether the router's outside port or its HA port is in the namespace of CLAIM: then it is no distributed one."""
    inside = namespace_of(claim)
    return any(
        key[0] == inside and key[1].startswith(("qg-", "ha-")) for key in model.topologies[claim.host].interfaces
    )


def anycast_gateway(contest: Contest) -> Sharing | None:
    """EVPN anycast gateway: one MAC and one address on the VLAN interfaces of several routers or switches."""
    in_use = [claim for claim in contest.claims if claim.in_use]
    if not in_use or not all(is_gateway_interface(contest.model, claim) for claim in in_use):
        return None
    per_owner = [routed_addresses(claims) for claims in contest.owners.values()]
    if not per_owner[0] or any(addresses != per_owner[0] for addresses in per_owner):
        return None
    return Sharing(
        "anycast_gateway",
        f"an anycast gateway: {listed(per_owner[0])} is on {listed(claim.host for claim in in_use)}",
        True,
    )


def mlag(contest: Contest) -> Sharing | None:
    """The system MAC of an MLAG pair or a VTEP pair, from the range that Cumulus reserves for it (44:39:39:ff)."""
    if not contest.claims or not contest.mac.startswith(_CUMULUS_RESERVED):
        return None
    if not all(claim.owner_kind == "host" and claim.kind for claim in contest.claims):
        return None
    return Sharing(
        "mlag", f"the system address of an MLAG pair: {listed(claim.host for claim in contest.claims)}", True
    )


def router(contest: Contest) -> Sharing | None:
    """A router or proxy-ARP device answers for many addresses with one MAC."""
    if len(contest.owners) > 1 or len(contest.seen) < 2:
        return None
    # A hypervisor that forwards (libvirt's default network has it do so) makes no router of its guests.
    if contest.is_router or any(
        claim.owner_kind == "host" and claim.host in contest.model.forwarding for claim in contest.claims
    ):
        return Sharing("router", f"a router: it forwards, and answers for {listed(contest.seen)}")
    if len(contest.seen) >= PROXY_ADDRESSES:
        return Sharing("router", f"answers for {len(contest.seen)} addresses, as a router with proxy ARP does")
    return None
