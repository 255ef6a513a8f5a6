"""Reasons that the MAC itself tells: placeholders, group addresses, virtual routers, clusters, clouds, what is no
Ethernet.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.module_utils._mac import virtual_router
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._proxies import proxy_network
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import Contest, Sharing

_PLACEHOLDERS = {
    "00:00:00:00:00:00": "no address at all",
    "ff:ff:ff:ff:ff:ff": "the broadcast address",
    "00:a0:c9:00:00:00": "a placeholder that BMC USB NICs carry",
    "02:00:00:00:00:00": "a placeholder that some drivers report instead of an address",
}


def placeholder(contest: Contest) -> Sharing | None:
    """Addresses that stand for none (BMC USB NICs, zero)."""
    meaning = _PLACEHOLDERS.get(contest.mac)
    return Sharing("placeholder", f"{contest.mac} is {meaning}") if meaning else None


def multicast(contest: Contest) -> Sharing | None:
    """Group addresses are shared by definition (IEEE 802-2014, 8.2); NLB in multicast mode uses 03:bf."""
    if not int(contest.mac[:2], 16) & 1:
        return None
    return Sharing("multicast", "a group address, which any number of hosts may listen to")


def virtual_router_address(contest: Contest) -> Sharing | None:
    """VRRP, CARP, HSRP, GLBP: the prefix says so."""
    name = virtual_router(contest.mac)
    return (
        Sharing("virtual_router", f"a virtual router address ({name}), held by one router at a time", True)
        if name
        else None
    )


def load_balancer(contest: Contest) -> Sharing | None:
    """Microsoft NLB in unicast mode: 02:bf + cluster address on every node."""
    if not contest.mac.startswith("02:bf:"):
        return None
    return Sharing("load_balancer", "a network load balancing cluster address (02:bf), the same on every node")


def xen_vif(contest: Contest) -> Sharing | None:
    """The host side of every Xen vif."""
    if contest.mac != "fe:ff:ff:ff:ff:ff":
        return None
    return Sharing("xen_vif", "the host side of Xen guests' NICs always has this address")


def calico(contest: Contest) -> Sharing | None:
    """The host side of every Calico veth."""
    if contest.mac != "ee:ee:ee:ee:ee:ee":
        return None
    return Sharing("calico", "the host side of Calico's container NICs always has this address")


def cloud_network(contest: Contest) -> Sharing | None:
    """A cloud's or a NAT's network answers for every machine with one MAC of its own."""
    network = proxy_network(contest.mac)
    if network is None or any(claim.in_use and claim.owner_kind in ("host", "guest") for claim in contest.claims):
        return None
    return Sharing("cloud_network", f"{network} answers for every machine with this address")


def not_ethernet(contest: Contest) -> Sharing | None:
    """InfiniBand and tunnels: not an Ethernet address."""
    if not contest.claims or any(claim.link_type == "ether" for claim in contest.claims):
        return None
    return Sharing("not_ethernet", f"not Ethernet ({contest.claims[0].link_type}): no switch learns it")
