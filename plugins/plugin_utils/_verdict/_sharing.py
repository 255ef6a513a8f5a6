"""Why a MAC on several NICs can be right: one small rule a reason, tried in order (the table of docs/rules.md)."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from ansible_collections.netops.layer2.plugins.module_utils._mac import virtual_router
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim, Model
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._proxies import proxy_network

# From here on one MAC that answers for so many addresses is a proxy, not a set of twins.
PROXY_ADDRESSES = 16

_PLACEHOLDERS = {
    "00:00:00:00:00:00": "no address at all",
    "ff:ff:ff:ff:ff:ff": "the broadcast address",
    "00:a0:c9:00:00:00": "a placeholder that BMC USB NICs carry",
    "02:00:00:00:00:00": "a placeholder that some drivers report instead of an address",
}
_CUMULUS_RESERVED = "44:39:39:ff:"


@dataclass(frozen=True, slots=True)
class Sharing:
    """A legitimate reason: RULE is its name, REASON one sentence.

    ``gateway``: several routers answer with this MAC. ``one_machine``: all claims are one machine's, so it does not explain
    what somebody else does with the MAC. ``likely``: nothing proves it, and nothing contradicts it.
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
    return Sharing("virtual_router", f"a virtual router address ({name}), held by one router at a time", True) if name else None


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
    return Sharing("one_domain", f"one guest ({known}) defined on {_names(hosts)}, {where}", one_machine=True)


def inventory_guest(contest: Contest) -> Sharing | None:
    """A guest or container that is an inventory host too: domain UUID = DMI product UUID, or one network namespace and machine-id."""
    inside = [claim for claim in contest.claims if claim.owner_kind in ("guest", "container", "tap")]
    outside = {claim.host for claim in contest.claims if claim.owner_kind == "host"} - {claim.host for claim in inside}
    if len(contest.owners) != 1 or not outside or not inside:
        return None
    nics = {(claim.host, claim.interface) for claim in inside if claim.owner_kind == "guest"}
    if len(nics) > len({host for host, _nic in nics}):
        return None
    one = inside[0]
    who = f"{one.guest} on {one.host}" if one.owner_kind == "tap" else f"{one.owner_kind} {one.guest} on {one.host}"
    if next(iter(contest.owners)) in contest.model.likely:
        why = f"{who} and inventory host {_names(outside)} are taken for one machine: no product UUID was read that would prove it"
        return Sharing("inventory_guest", why, one_machine=True, likely=True)
    return Sharing("inventory_guest", f"{who} and inventory host {_names(outside)} are one machine", one_machine=True)


def failover_pair(contest: Contest) -> Sharing | None:
    """A guest's virtio NIC and its passed-through standby carry one address on purpose (libvirt's <teaming>, net_failover)."""
    if len(contest.owners) != 1 or not all(claim.kind == "teaming" for claim in contest.claims):
        return None
    claim = contest.claims[0]
    why = f"the failover pair of guest {claim.guest} on {claim.host} carries one address on purpose"
    return Sharing("failover_pair", why, one_machine=True)


def one_host(contest: Contest) -> Sharing | None:
    """The stack of one host: bond and ports, VLANs, bridge and port, macvlan passthru, VF and synthetic NIC, DSA ports."""
    kinds = {claim.owner_kind for claim in contest.claims}
    hosts = {claim.host for claim in contest.claims}
    if len(contest.owners) > 1:
        return _passthru(contest) if len(hosts) == 1 and kinds <= {"host", "container"} else None
    if kinds == {"guest"} or len(contest.claims) < 2 or rival_nics(contest):
        return None
    names = sorted({claim.interface for claim in contest.claims})
    return Sharing("one_host", f"one host's own stack: {_names(names)} on {_names(hosts)}", one_machine=True)


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
    interface = model.topologies[claim.host].interfaces.get((_namespace_of(claim), claim.interface))
    return interface is None or not interface.link


def _passthru(contest: Contest) -> Sharing | None:
    """macvlan passthru and ipvlan carry the address of the NIC below into a container."""
    children = {"macvlan", "macvtap", "ipvlan", "ipvtap"}
    inside = [claim for claim in contest.claims if claim.owner_kind == "container"]
    segments = contest.model.segments
    below = [claim for claim in contest.claims if claim.owner_kind == "host"]
    if not inside or not below or any(claim.kind not in children for claim in inside):
        return None
    if not all(segments.same(claim.point, below[0].point) for claim in inside):
        return None
    names = _names(claim.guest or "" for claim in inside)
    return Sharing("one_host", f"{names} on {below[0].host} uses the address of {below[0].interface}", one_machine=True)


def neutron_router(contest: Contest) -> Sharing | None:
    """A router of OpenStack on several nodes: one MAC a port on all of them, and addresses where it is active (L3 HA).

    A distributed one (DVR) has its inside ports, qr-, addresses included, on every node; its outside port, qg-, is not there.
    """
    used = [claim for claim in contest.claims if claim.in_use]
    routers = {_namespace_of(claim).rpartition(":")[2] for claim in used}
    if len(routers) != 1 or not routers.copy().pop().startswith(("qrouter-", "snat-")):
        return None
    active = [claim for claim in used if _routed_addresses([claim])]
    if len({claim.host for claim in active}) <= 1:
        where = _names(claim.host for claim in used)
        return Sharing("neutron_router", f"a port of the virtual router {routers.pop()} on {where}, with addresses on one of them at most")
    if all(claim.interface.startswith("qr-") and not _is_routed_here(contest.model, claim) for claim in used):
        return Sharing("neutron_router", f"a port of the distributed router {routers.pop()}, which is the same on {_names(claim.host for claim in used)}")
    return None


def _namespace_of(claim: Claim) -> str:
    return claim.owner.partition("/")[2] if claim.owner_kind == "container" else ""


def _is_routed_here(model: Model, claim: Claim) -> bool:
    """Whether the router's outside port or its HA port is in the namespace of CLAIM: then it is no distributed one."""
    inside = _namespace_of(claim)
    return any(key[0] == inside and key[1].startswith(("qg-", "ha-")) for key in model.topologies[claim.host].interfaces)


def anycast_gateway(contest: Contest) -> Sharing | None:
    """EVPN anycast gateway: one MAC and one address on the VLAN interfaces of several routers or switches."""
    in_use = [claim for claim in contest.claims if claim.in_use]
    if not in_use or not all(is_gateway_interface(contest.model, claim) for claim in in_use):
        return None
    per_owner = [_routed_addresses(claims) for claims in contest.owners.values()]
    if not per_owner[0] or any(addresses != per_owner[0] for addresses in per_owner):
        return None
    return Sharing(
        "anycast_gateway", f"an anycast gateway: {_names(per_owner[0])} is on {_names(claim.host for claim in in_use)}", True
    )


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


def _routed_addresses(claims: list[Claim]) -> frozenset[str]:
    return frozenset(
        address for claim in claims for address in claim.addresses if not address.startswith(("fe80:", "169.254."))
    )


def mlag(contest: Contest) -> Sharing | None:
    """The system MAC of an MLAG pair or a VTEP pair, from the range that Cumulus reserves for it (44:39:39:ff)."""
    if not contest.claims or not contest.mac.startswith(_CUMULUS_RESERVED):
        return None
    if not all(claim.owner_kind == "host" and claim.kind for claim in contest.claims):
        return None
    return Sharing("mlag", f"the system address of an MLAG pair: {_names(claim.host for claim in contest.claims)}", True)


def isolated_bridge(contest: Contest) -> Sharing | None:
    """docker0, virbr0 and what hangs on them: broadcast domains without a way out of their host."""
    outside = {contest.model.owner_of(claim) for claim in contest.claims if claim.external}
    if any(claim.owner_kind in ("guest", "tap") for claim in contest.claims) or len(outside) > 1 or len(contest.claims) < 2:
        return None
    inside = [claim for claim in contest.claims if not claim.external]
    points = [contest.model.segments.find(claim.point) for claim in inside]
    if not inside or len(set(points)) < len({contest.model.owner_of(claim) for claim in inside}):
        return None
    where = {f"{claim.interface} on {claim.host}" for claim in inside}
    return Sharing("isolated_bridge", f"bridges without a way out of their host, each its own segment: {_names(where)}")


def one_owner_several_addresses(contest: Contest) -> Sharing | None:
    """A host or container with several addresses, VIPs included: one owner holds all that neighbours saw."""
    if len(contest.owners) != 1 or len(contest.seen) < 2 or contest.claims[0].owner_kind not in ("host", "container"):
        return None
    if not set(contest.seen) <= held_addresses(contest):
        return None
    where = contest.claims[0].guest or contest.claims[0].host
    return Sharing("one_owner", f"{where} itself holds all addresses that were seen: {_names(contest.seen)}")


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


def router(contest: Contest) -> Sharing | None:
    """A router or proxy-ARP device answers for many addresses with one MAC."""
    if len(contest.owners) > 1 or len(contest.seen) < 2:
        return None
    # A hypervisor that forwards (libvirt's default network has it do so) makes no router of its guests.
    if contest.is_router or any(claim.owner_kind == "host" and claim.host in contest.model.forwarding for claim in contest.claims):
        return Sharing("router", f"a router: it forwards, and answers for {_names(contest.seen)}")
    if len(contest.seen) >= PROXY_ADDRESSES:
        return Sharing("router", f"answers for {len(contest.seen)} addresses, as a router with proxy ARP does")
    return None


# A new reason is one function above, one line here, one row in tests/unit/plugins/plugin_utils/_verdict/test_sharing.py and in docs/rules.md.
RULES: tuple[Rule, ...] = (
    placeholder,
    multicast,
    virtual_router_address,
    load_balancer,
    xen_vif,
    calico,
    cloud_network,
    not_ethernet,
    inventory_guest,
    one_domain,
    failover_pair,
    one_host,
    neutron_router,
    anycast_gateway,
    mlag,
    isolated_bridge,
    one_owner_several_addresses,
    router,
)


def legitimate(contest: Contest) -> Sharing | None:
    """The first rule's reason that explains CONTEST wholly, None if none does."""
    for rule in RULES:
        reason = rule(contest)
        if reason is not None:
            return reason
    return None


def _names(values: Iterable[object]) -> str:
    """VALUES as a readable list, sorted, cut after six."""
    names = sorted({str(value) for value in values})
    shown = ", ".join(names[:6])
    return shown if len(names) <= 6 else f"{shown} and {len(names) - 6} more"
