"""Why one IP address at several owners or MACs can be right: one small rule a reason, tried in order (docs/rules.md)."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterable

from ansible_collections.netops.layer2.plugins.module_utils._mac import virtual_router
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._proxies import proxy_network
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._addresses import AddressContest, Answer, Holding
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._explain import listed, place
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._managers import is_of_keepalived
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._sharing import (
    PROXY_ADDRESSES,
    Contest,
    Sharing,
    is_gateway_interface,
    legitimate,
)

_CLUSTER_PREFIXES = ("02:bf:", "03:bf:")
_STANDBY_KINDS = ("macvlan", "ipvlan", "dummy")
_UNNUMBERED = "169.254.0.1"  # FRRouting and Cumulus Linux enter it for IPv4 routes with IPv6 next hops (RFC 8950)
ANSWERS, SILENT, ANNOUNCES, UNKNOWN = "answers", "silent", "announces", "unknown"

Rule = Callable[[AddressContest], "Sharing | None"]


def link_local(contest: AddressContest) -> Sharing | None:
    """Link-local addresses mean something on one link only (RFC 3927, RFC 4291 2.5.6): other segments may have them too."""
    if contest.address == _UNNUMBERED and not contest.owners:
        return Sharing("link_local", "the stand-in that routing daemons give to neighbours without an IPv4 address")
    failed = any(holding.dad_failed for holding in contest.holdings)
    if not contest.ip.is_link_local or contest.point is not None or failed:
        return None
    return Sharing("link_local", "a link-local address: each segment has its own")


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

    In standby it takes it off, from a macvlan of VRRP's too (use_vmac). An anycast gateway, which all have at one MAC on
    purpose, is none of keepalived's.
    """
    active = [held for held in contest.wired_up.values() if any(is_of_keepalived(contest.model, one) for one in held)]
    return contest.point is not None and len(active) > 1


def virtual_router_address(contest: AddressContest) -> Sharing | None:
    """VRRP, CARP, HSRP, GLBP, NLB: seen or held at virtual MACs, and by one machine itself at most."""
    macs = {holding.claim.mac for holding in contest.holdings} | {answer.mac for answer in contest.strangers}
    virtual = {mac for mac in macs if _is_virtual(mac)}
    real = {owner for owner, holdings in contest.owners.items() if any(_is_real(holding) for holding in holdings)}
    others = sum(not _is_virtual(answer.mac) for answer in contest.strangers)
    if not virtual or is_active_twice(contest) or len(real) + others > 1:
        return None
    name = virtual_router(min(virtual)) or "cluster"
    return Sharing("virtual_router", f"a virtual address ({name}, {listed(virtual)}), held by one router at a time")


def _is_virtual(mac: str) -> bool:
    return virtual_router(mac) is not None or mac.startswith(_CLUSTER_PREFIXES)


def _is_real(holding: Holding) -> bool:
    return holding.up and not _is_virtual(holding.claim.mac)


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
    """LVS direct routing or tunnel, DSR: real servers have the VIP on lo, dummy or tunl0 and keep silent about it in ARP."""
    hidden = contest.unwired_up
    if contest.point is None or not hidden or len(contest.wired_up) + len(contest.strangers) > 1:
        return None
    if any(arp_role(contest, holding) != SILENT for holdings in hidden.values() for holding in holdings):
        return None
    where = listed(f"{holding.claim.interface} of {holding.claim.host}" for holdings in hidden.values() for holding in holdings)
    return Sharing("load_balancer_vip", f"a load balancer's virtual IP: {where} keep silent about it (arp_ignore, arp_announce)")


def arp_role(contest: AddressContest, holding: Holding) -> str:
    """What the host does about an address of its loopback, dummy or tunnel in the contest's segment.

    ``arp_ignore`` 1, 2 and 8 silence it; below ``arp_announce`` 2 it still names the address as the sender of its own
    requests (kernel's Documentation/networking/ip-sysctl.rst). Containers' settings are not read.
    """
    if holding.wired:
        return ANSWERS
    if holding.claim.owner_kind == "container":
        return UNKNOWN
    roles = {_role_at(contest, holding.claim.host, point) for point in holding.places}
    return next((role for role in (ANSWERS, UNKNOWN, ANNOUNCES) if role in roles), SILENT)


def _role_at(contest: AddressContest, host: str, point: int) -> str:
    segments, topology = contest.model.segments, contest.model.topologies[host]
    if contest.point is not None and not segments.same(point, contest.point):
        return SILENT
    interface = next((key[1] for key in topology.interfaces if topology.point(key) == point), "")
    ignores = contest.fleet.arp.effective(host, interface, "arp_ignore")
    if ignores is None:
        return UNKNOWN
    if ignores not in (1, 2, 8):
        return ANSWERS
    return SILENT if contest.fleet.arp.effective(host, interface, "arp_announce") == 2 else ANNOUNCES


def anycast_gateway(contest: AddressContest) -> Sharing | None:
    """Switches of one rack have the same gateway addresses on their VLAN interfaces, each with its own MAC (MLAG pairs)."""
    if len(contest.owners) < 2 or contest.strangers or not all(_is_svi(contest, holding) for holding in contest.holdings):
        return None
    if len({(holding.claim.interface, holding.prefix) for holding in contest.holdings}) > 1:
        return None
    sets = {_gateway_addresses(contest, holding.claim.host) for holding in contest.holdings}
    if len(sets) > 1 or (len(sets.pop()) < 2 and not contest.is_next_hop):
        return None
    hosts = listed(holding.claim.host for holding in contest.holdings)
    return Sharing("anycast_gateway", f"an anycast gateway: {hosts} have the same addresses on the same VLAN interfaces")


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


def isolated_bridge(contest: AddressContest) -> Sharing | None:
    """docker0, virbr0 and what hangs on them: each is a segment without a way out, and one holder at most has it outside."""
    outside = {holding.owner for holding in contest.holdings if holding.claim.external or not holding.wired}
    inside = [holding for holding in contest.holdings if holding.wired and not holding.claim.external]
    if contest.point is not None or not inside or len(outside) > 1:
        return None
    where = listed(f"{holding.claim.interface} on {holding.claim.host}" for holding in inside)
    return Sharing("isolated_bridge", f"networks without a way out of their host, each its own segment: {where}")


def one_machine(contest: AddressContest) -> Sharing | None:
    """An address that no interface holds, answered at several MACs of one machine: software answers for it, on each NIC (ARP flux)."""
    answers = [answer for answer in contest.strangers if not is_outdated(answer)]
    owners = {owner for answer in answers for owner in answer.owners}
    if contest.owners or len(answers) < 2 or len(owners) != 1 or not all(answer.owners for answer in answers):
        return None
    who = listed(place(claim) for answer in answers for claim in answer.claims if claim.in_use)
    macs = listed(answer.mac for answer in answers)
    return Sharing("one_machine", f"one machine, {who}, answers for it with several NICs ({macs}): ARP flux, or software that answers for it")


def proxy_arp(contest: AddressContest) -> Sharing | None:
    """A router answers for an address that somebody else has (RFC 1027); never for one that hosts route through."""
    proxies = [answer for answer in contest.strangers if is_proxy(contest, answer)]
    others = len(contest.strangers) - len(proxies) + len(contest.owners)
    if not proxies or others > 1 or any(holding.dad_failed for holding in contest.holdings):
        return None
    return Sharing("proxy_arp", f"proxy ARP: a router ({listed(answer.mac for answer in proxies)}) answers in its owner's place")


def is_proxy(contest: AddressContest, answer: Answer) -> bool:
    """Whether ANSWER's MAC is a router's, which may answer in others' place, or that of a network that answers for everybody."""
    if proxy_network(answer.mac) and not answer.claims:
        return True
    if contest.is_next_hop:
        return False
    fleet = contest.fleet
    if answer.mac in fleet.next_hop_macs or answer.mac in contest.model.tables.routers or fleet.behind[answer.mac] >= PROXY_ADDRESSES:
        return True
    return any(_forwards(contest, claim) for claim in answer.claims if claim.in_use)


def _forwards(contest: AddressContest, claim: Claim) -> bool:
    proxies = contest.fleet.arp.effective(claim.host, claim.interface, "proxy_arp") if claim.owner_kind == "host" else None
    return bool(proxies) or (claim.owner_kind == "host" and claim.host in contest.model.forwarding)


def old_entry(contest: AddressContest) -> Sharing | None:
    """A replaced NIC, a moved VIP, a lease given to another: old entries of caches, and one owner besides."""
    left = [answer for answer in contest.strangers if not is_outdated(answer) and not is_proxy(contest, answer)]
    old = [answer for answer in contest.strangers if is_outdated(answer)]
    if not old or any(holding.dad_failed for holding in contest.holdings) or len(left) + len(contest.owners) != 1:
        return None
    if contest.owners and not (contest.wired_up or contest.unwired_up):
        return None
    return Sharing("old_entry", f"old entries of caches: nobody has it at {listed(answer.mac for answer in old)} now")


def is_outdated(answer: Answer) -> bool:
    """Whether only caches know the MAC: nobody who is up claims it, or its owner was read and has no such address."""
    if answer.answered:
        return False  # it answered a scan, which no cache does
    up = [claim for claim in answer.claims if claim.up]
    if not up:
        return bool(answer.claims) or not answer.confirmed
    return not answer.confirmed and all(claim.owner_kind in ("host", "container") for claim in up)


# A new reason is one function above, one line here, one row in tests/unit/plugins/plugin_utils/_verdict/test_addresses.py and in docs/rules.md.
RULES: tuple[Rule, ...] = (
    link_local,
    gateway_mac,
    virtual_router_address,
    standby_vip,
    load_balancer_vip,
    anycast_gateway,
    anycast,
    isolated_bridge,
    one_machine,
    proxy_arp,
    old_entry,
)


def legitimate_address(contest: AddressContest, rules: Iterable[Rule] = RULES) -> Sharing | None:
    """The first rule's reason that explains CONTEST wholly, None if none does."""
    return next((reason for reason in (rule(contest) for rule in rules) if reason is not None), None)
