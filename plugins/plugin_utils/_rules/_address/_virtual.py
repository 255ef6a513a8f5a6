"""Reasons about virtual addresses: in standby, behind a load balancer, anycast."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import listed
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._address._facts import SILENT, arp_role
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._addresses import AddressContest, Holding
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import Sharing

_STANDBY_KINDS = ("macvlan", "ipvlan", "dummy")


def standby_vip(contest: AddressContest) -> Sharing | None:
    """A virtual IP that several hosts are set up with, on interfaces of its own, only one of which is up."""
    idle = [holding for holding in contest.holdings if not holding.up]
    if len(contest.owners) < 2 or len(contest.wired_up) + len(contest.unwired_up) > 1 or contest.strangers:
        return None
    if not idle or any(holding.dad_failed or not _is_standby(holding) for holding in idle):
        return None
    active = listed([*contest.wired_up, *contest.unwired_up]) or "nobody"
    hosts = listed(holding.claim.host for holding in idle)
    return Sharing("standby_vip", f"a virtual IP in standby on {hosts}; {active.removeprefix('host ')} has it up")


def _is_standby(holding: Holding) -> bool:
    return holding.host_route or holding.claim.kind in _STANDBY_KINDS


def load_balancer_vip(contest: AddressContest) -> Sharing | None:
    """LVS direct routing or tunnel, DSR: real servers have the VIP on lo, dummy or tunl0 and keep silent about it in
    ARP.
    """
    hidden = contest.unwired_up
    if contest.point is None or not hidden or len(contest.wired_up) + len(contest.strangers) > 1:
        return None
    if any(arp_role(contest, holding) != SILENT for holdings in hidden.values() for holding in holdings):
        return None
    where = listed(
        f"{holding.claim.interface} of {holding.claim.host}" for holdings in hidden.values() for holding in holdings
    )
    return Sharing(
        "load_balancer_vip", f"a load balancer's virtual IP: {where} keep silent about it (arp_ignore, arp_announce)"
    )


def anycast(contest: AddressContest) -> Sharing | None:
    """Anycast: on loopbacks and dummies, reached by routing; no neighbour ever asks for it."""
    if contest.point is not None or len(contest.wired_up) > 1:
        return None
    hidden = [holding for holding in contest.holdings if not holding.wired]
    if not hidden or any(not _is_routed(holding) for holding in hidden):
        return None
    where = listed(f"{holding.claim.interface} of {holding.claim.host}" for holding in hidden)
    return Sharing("anycast", f"an anycast address, reached by routing and not by ARP: {where}")


def _is_routed(holding: Holding) -> bool:
    on_loopback = holding.claim.link_type == "loopback" or holding.claim.kind in ("dummy", "vrf")
    return not holding.places and (holding.host_route or on_loopback)
