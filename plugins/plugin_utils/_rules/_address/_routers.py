"""Reasons about routers: a MAC that several share, virtual ones, anycast gateways, proxy ARP."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.module_utils._mac import virtual_router
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import listed
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._address._facts import is_proxy
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._addresses import AddressContest, Holding
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import (
    Contest,
    Sharing,
    is_gateway_interface,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._mac._list import legitimate
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._managers import is_of_keepalived

_CLUSTER_PREFIXES = ("02:bf:", "03:bf:")


def gateway_mac(contest: AddressContest) -> Sharing | None:
    """VRRP, anycast gateway, MLAG: all have the address at one MAC, and that MAC is shared with good reason."""
    macs = {holding.claim.mac for holding in contest.holdings if holding.claim.state != "down"}
    macs |= {answer.mac for answer in contest.answers}
    if len(macs) != 1 or len(contest.owners) < 2 or is_active_twice(contest):
        return None
    mac = macs.pop()
    claims = tuple(contest.model.claims.get(mac, ()))
    reason = legitimate(Contest(mac, claims, contest.model)) if claims else None
    return Sharing(reason.rule, f"all have it at {mac}, {reason.reason}", True) if reason and reason.gateway else None


def is_active_twice(contest: AddressContest) -> bool:
    """Whether keepalived has it up on several routers of one segment.

    In standby it takes it off, from a macvlan of VRRP's too (use_vmac). An anycast gateway, which all have at one MAC
    on purpose, is none of keepalived's.
    """
    active = [held for held in contest.wired_up.values() if any(is_of_keepalived(contest.model, one) for one in held)]
    return contest.point is not None and len(active) > 1


def virtual_router_address(contest: AddressContest) -> Sharing | None:
    """VRRP, CARP, HSRP, GLBP, NLB: seen or held at virtual MACs, and by one machine itself at most."""
    macs = {holding.claim.mac for holding in contest.holdings} | {answer.mac for answer in contest.strangers}
    virtual = {mac for mac in macs if _is_virtual(mac)}
    if not virtual or is_active_twice(contest) or _at_real_macs(contest) > 1 or _is_taken(contest):
        return None
    name = virtual_router(min(virtual)) or "cluster"
    return Sharing("virtual_router", f"a virtual address ({name}, {listed(virtual)}), held by one router at a time")


def _is_taken(contest: AddressContest) -> bool:
    """Whether one owner has it up at a virtual MAC, and another, in the same segment, at a MAC of its own: a router in
    standby has it nowhere up.
    """
    real = [any(_is_real(holding) for holding in held) for held in contest.wired_up.values()]
    return contest.point is not None and any(real) and not all(real)


def _at_real_macs(contest: AddressContest) -> int:
    """How many have the address at a MAC that is no virtual one: owners that have it up, and strangers."""
    owners = sum(any(_is_real(holding) for holding in holdings) for holdings in contest.owners.values())
    return owners + sum(not _is_virtual(answer.mac) for answer in contest.strangers)


def _is_virtual(mac: str) -> bool:
    return virtual_router(mac) is not None or mac.startswith(_CLUSTER_PREFIXES)


def _is_real(holding: Holding) -> bool:
    return holding.up and not _is_virtual(holding.claim.mac)


def anycast_gateway(contest: AddressContest) -> Sharing | None:
    """Switches of one rack have the same gateway addresses on their VLAN interfaces, each with its own MAC (MLAG
    pairs).
    """
    if (
        len(contest.owners) < 2
        or contest.strangers
        or not all(_is_svi(contest, holding) for holding in contest.holdings)
    ):
        return None
    if len({(holding.claim.interface, holding.prefix) for holding in contest.holdings}) > 1:
        return None
    sets = {_gateway_addresses(contest, holding.claim.host) for holding in contest.holdings}
    if len(sets) > 1 or (len(sets.pop()) < 2 and not contest.is_next_hop):
        return None
    hosts = listed(holding.claim.host for holding in contest.holdings)
    return Sharing(
        "anycast_gateway", f"an anycast gateway: {hosts} have the same addresses on the same VLAN interfaces"
    )


def _is_svi(contest: AddressContest, holding: Holding) -> bool:
    return holding.claim.kind in ("vlan", "macvlan") and is_gateway_interface(contest.model, holding.claim)


def _gateway_addresses(contest: AddressContest, host: str) -> frozenset[str]:
    """What a switch has on its VLAN interfaces above bridges."""
    topology = contest.model.topologies[host]
    bridges = {key[1] for key, interface in topology.interfaces.items() if interface.kind == "bridge"} | {
        key[1] for key in topology.bridges}
    return frozenset(
        address.address for key, interface in topology.interfaces.items()
        if not key[0] and interface.kind == "vlan" and interface.link in bridges
        for address in interface.addresses if not address.address.startswith(("fe80:", "169.254."))
    )


def proxy_arp(contest: AddressContest) -> Sharing | None:
    """A router answers for an address that somebody else has (RFC 1027); never for one that hosts route through."""
    proxies = [answer for answer in contest.strangers if is_proxy(contest, answer)]
    others = len(contest.strangers) - len(proxies) + len(contest.owners)
    if not proxies or others > 1 or contest.dad_failed:
        return None
    return Sharing(
        "proxy_arp", f"proxy ARP: a router ({listed(answer.mac for answer in proxies)}) answers in its owner's place"
    )
