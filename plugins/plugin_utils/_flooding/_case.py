"""A case: who sends to whom, which way the reply goes and which way the request came, and what bridges and timers lie
between.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_network

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import listed
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim, Model
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._sightings import Sightings
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._tables import Port
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._ageing import Ageing, Segmented
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._facts import DeafPort, Facts, Switch, Vip
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._return_path import (
    IP,
    NO_ROUTE,
    ON_LINK,
    UNKNOWN,
    VIA,
    Decision,
    Flow,
    Net,
    Routing,
    address,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._samples import Flood, Receiver, Samples
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import Judge

GATEWAY, DIRECTOR = "gateway", "director"
TUNNEL, DIRECT_ROUTING = "tunnel", "direct routing"


@dataclass(frozen=True, slots=True)
class Party:
    """The sender or the destination: its MAC, its address in this flood, and the NIC that claims the MAC."""

    mac: str | None
    ip: str | None
    claim: Claim | None
    sampler: str | None = None  # host whose sample says that the MAC is its own, where no snapshot claims it
    router: str | None = None  # what a router is called that nobody read

    @property
    def host(self) -> str | None:
        """The host, or the hypervisor of a guest that was not read itself."""
        return self.claim.host if self.claim else self.sampler

    @property
    def name(self) -> str:
        """Who it is, as people say it."""
        if self.claim is not None and self.claim.owner_kind in ("guest", "container", "tap"):
            return f"{self.claim.guest} on {self.claim.host}"
        return self.host or self.router or self.ip or self.mac or "somebody"


class Request(t.NamedTuple):
    """How the client's request reached the sender. KIND: gateway, director, on-link or unknown; READ: from the client's
    own routes.
    """

    kind: str
    via: str | None = None
    director: Claim | None = None
    mode: str | None = None
    read: bool = False


@dataclass
class Network:
    """Everything that a case is judged against; built once a judgement."""

    model: Model
    facts: Facts
    sightings: Sightings
    segmented: Segmented
    samples: Samples
    judge: Judge
    learned: dict[str, list[tuple[str, Port]]] = field(default_factory=dict)  # MAC of a flood -> who has it in an FDB
    seen_at: dict[str, dict[str, bool]] = field(
        default_factory=dict
    )  # MAC of a flood -> address that neighbours have it for -> confirmed
    known: set[str] = field(default_factory=set)  # addresses of floods and VIPs that neighbours, or hosts, have
    macs_of: dict[str, set[str]] = field(default_factory=dict)  # gateway's address -> MACs that neighbours have for it
    holders: dict[str, list[Claim]] = field(
        default_factory=dict
    )  # address of a flood or VIP -> wired NICs that have it
    routers: dict[str, str] = field(
        default_factory=dict
    )  # MAC of a flood -> what the router is called: named by the operator, or told by its traffic
    gateways: dict[tuple[int, int], dict[Net, str]] = field(
        default_factory=dict
    )  # family, prefix length -> subnet -> router in it

    def party(self, mac: str | None, ip: str | None) -> Party:
        """Who has MAC, the view from inside before that of the hypervisor, an interface that has IP before others."""
        claims = [claim for claim in self.model.claims.get(mac or "", ()) if claim.in_use]
        order = ("host", "container", "guest", "tap")
        claim = min(
            claims,
            default=None,
            key=lambda claim: (
                order.index(claim.owner_kind),
                ip not in claim.addresses,
                not claim.addresses,
                claim.bridge is not None,
                claim.interface,
            ),
        )
        return Party(mac, ip, claim, self.samples.owners.get(mac or ""), self.routers.get(mac or ""))

    def gateway_in(self, subnet: Net) -> str | None:
        """An address in SUBNET that hosts route through; the index is made once for each prefix length that is asked
        for.
        """
        length = (subnet.version, subnet.prefixlen)
        if length not in self.gateways:
            self.gateways[length] = {}
            for hop in sorted(self.sightings.next_hops):
                ip = address(hop)
                if ip is not None and ip.version == subnet.version:
                    self.gateways[length].setdefault(ip_network(f"{ip}/{subnet.prefixlen}", strict=False), hop)
        return self.gateways[length].get(subnet)

    def is_router(self, mac: str) -> bool:
        """Whether hosts route through MAC, its owner forwards for others, the operator names it, or many sources are
        behind it.
        """
        if mac in self.routers:
            return True
        addresses = self.seen_at.get(mac, {})
        claims = self.model.claims.get(mac, ())
        return (mac in self.sightings.routers or not self.sightings.next_hops.isdisjoint(addresses)
                or any(not self.sightings.next_hops.isdisjoint(claim.addresses) for claim in claims))


@dataclass
class Case:
    """One (sender, destination) pair. FLOOD is None for what is not flooded yet; CLIENTS is then the subnet of the
    destination.

    HEARD: interfaces that heard it, too, and cannot tell a flood from a copy.
    """

    network: Network
    source: Party
    destination: Party
    flood: Flood | None = None
    vip: Vip | None = None
    clients: str | None = None
    heard: tuple[Receiver, ...] = ()

    @cached_property
    def routing(self) -> Routing | None:
        """Rules and routes of the sender, None if the sender was not read, or is inside of a namespace or guest that
        was not.
        """
        claim = self.source.claim
        host = self.vip.host if self.vip else claim.host if claim and claim.owner_kind == "host" else None
        return self.network.facts.routing.get(host) if host else None

    @cached_property
    def source_ip(self) -> IP | None:
        """The address that the frames come from: the VIP, or the sender's own."""
        return address(self.source.ip)

    @cached_property
    def client(self) -> IP | None:
        """The address that the frames go to."""
        return address(self.destination.ip)

    @cached_property
    def forwards(self) -> bool:
        """Whether the sender only passes the packets on: their source address is not its own."""
        claim = self.source.claim
        if self.routing is not None:
            foreign = self.source_ip is not None and self.source_ip not in self.routing.own
            return foreign and (self.source.host in self.network.model.forwarding or self.source.router is not None)
        return self.source.mac is not None and self.network.is_router(self.source.mac) and (
            claim is None or self.source.ip not in claim.addresses)

    @cached_property
    def is_unread(self) -> bool:
        """Whether nothing was read of the sender's routes, and nobody here is known to have the address that it sends
        from: it may have a VIP, or be a router.
        """
        claim = self.source.claim
        own = claim is not None and self.source.ip in claim.addresses
        return self.routing is None and not own and self.source.ip not in (None, *self.network.known)

    @cached_property
    def reply(self) -> Decision:
        """The kernel's decision on the sender: the way from the VIP to the client."""
        if (
            self.routing is None
            or self.source_ip is None
            or self.client is None
            or self.source_ip.version != self.client.version
        ):
            return Decision(UNKNOWN)
        return self.routing.decide(self._flow(self.routing, self.source_ip, self.client))

    def _flow(self, routing: Routing, source: IP, destination: IP) -> Flow:
        claim = self.source.claim
        device = self.vip.interface if self.vip else claim.interface if claim else ""
        service = self.flood.service() if self.flood else None
        protocol, *ports = service if service is not None and service[0] != "-" else (None, None, None)
        return Flow(
            source, destination, protocol=protocol, ports=(ports[0], ports[1]), vrf_table=routing.vrf_tables.get(device)
        )

    @cached_property
    def request(self) -> Request:
        """The way from the client to the VIP: by the client's own routes where it was read, else by its subnet; then a
        director, if any.
        """
        path = self._path_of_client()
        director = self._director()
        if director is not None:
            return path._replace(kind=DIRECTOR, director=director, mode=self._mode())
        return path

    def _path_of_client(self) -> Request:
        if self.source_ip is None or self.client is None:
            return Request(UNKNOWN)
        read = self._path_by_routes(self.client, self.source_ip)
        if read is not None:
            return read
        if self.reply.kind != ON_LINK:
            return Request(UNKNOWN)
        # The client's subnet is the one that the sender reaches it in on-link; whoever is outside of it is behind the
        # gateway.
        inside = self.source_ip in self.reply.hops[0].destination
        return Request(ON_LINK if inside else GATEWAY, None if inside else self.gateway)

    def _path_by_routes(self, client: IP, vip: IP) -> Request | None:
        """The way from CLIENT to VIP by the client's own routes; None where they were not read, or leave doubts."""
        claim = self.destination.claim
        routing = self.network.facts.routing.get(claim.host) if claim and claim.owner_kind == "host" else None
        if routing is None or client not in routing.own:
            return None
        decision = routing.decide(Flow(client, vip))
        if decision.kind not in (VIA, ON_LINK) or decision.doubts:
            return None
        return Request(GATEWAY if decision.kind == VIA else ON_LINK, decision.via, read=True)

    def _director(self) -> Claim | None:
        """Who else has the VIP on a NIC and answers for it, while the sender has it where no segment hangs."""
        if not self.own_vips:
            return None
        holders = [
            claim
            for claim in self.network.holders.get(self.source.ip or "", ())
            if claim.host != self.source.host and claim.up
        ]
        return min(holders, key=lambda claim: (claim.host, claim.interface), default=None)

    @property
    def own_vips(self) -> list[Vip]:
        """The sender's VIPs with the source address of the case."""
        host = self.vip.host if self.vip else self.source.host
        return [vip for vip in self.network.facts.vips.get(host or "", ()) if vip.address == self.source.ip]

    def _mode(self) -> str:
        return TUNNEL if any(vip.tunnel for vip in self.own_vips) else DIRECT_ROUTING

    @cached_property
    def gateway(self) -> str | None:
        """The router on the interface that the reply leaves by; a default route's first, else an address that others
        there route through.
        """
        if self.routing is None or self.client is None:
            return None
        found = self.routing.gateways(self.client.version, self.reply.dev)
        if found or not self.reply.hops:
            return found[0] if found else None
        return self.network.gateway_in(self.reply.hops[0].destination)

    # --- the segment ---

    @cached_property
    def point(self) -> int | None:
        """The attachment point of the destination's segment: its own, else the sender's, else a receiver's."""
        for party in (self.destination, self.source):
            if party.claim is not None and party.claim.external:
                return party.claim.point
        return next(self._points_of_receivers(), None)

    def _points_of_receivers(self) -> Iterator[int]:
        for receiver in self.flood.receivers if self.flood else ():
            topology = self.network.model.topologies.get(receiver.sampled.host)
            point = topology.point((receiver.sampled.netns, receiver.sampled.interface)) if topology else None
            if point is not None:
                yield point

    @cached_property
    def ageing(self) -> Ageing | None:
        """The timers of the segment."""
        return self.network.segmented.at(self.point)

    @cached_property
    def bridges(self) -> list[Switch]:
        """The bridges that were read in the segment."""
        return self.network.segmented.bridges_at(self.point)

    @cached_property
    def knowing(self) -> list[tuple[str, Port]]:
        """(host, port) of the bridges whose FDB has the destination."""
        return self.network.learned.get(self.destination.mac or "", [])

    @cached_property
    def not_learning(self) -> list[Switch]:
        """The bridges on the way whose FDB was read and lacks the destination."""
        knowing = {(host, (port.netns, port.bridge)) for host, port in self.knowing}
        unread = self.network.facts.unread
        return [bridge for bridge in self.on_the_way
                if (bridge.host, bridge.key) not in knowing and "fdb" not in unread.get(bridge.host, ())]

    @cached_property
    def on_the_way(self) -> list[Switch]:
        """The bridges that can flood others: those between hosts, and those of the sender, the destination and the
        receivers.

        None where nothing is flooded yet. A hypervisor's bridge with one way out floods nobody but its own guests.
        """
        if self.flood is None:
            return []
        ends = {self.source.host, self.destination.host, *(receiver.sampled.host for receiver in self.flood.receivers)}
        return [bridge for bridge in self.bridges if bridge.outward > 1 or bridge.host in ends]

    @cached_property
    def deaf_ports(self) -> list[DeafPort]:
        """Ports without learning on bridges of the segment that lack the destination."""
        places = {(bridge.host, *bridge.key) for bridge in self.not_learning}
        return [port for port in self.network.facts.deaf if (port.host, port.netns, port.bridge) in places]

    def way_back(self, routing: Routing) -> Decision:
        """What the destination's own ROUTING decides on packets to the source address."""
        if self.source_ip is None or self.client is None or self.source_ip.version != self.client.version:
            return Decision(UNKNOWN)
        return routing.decide(Flow(self.client, self.source_ip))

    @property
    def is_undecided(self) -> bool:
        """Whether the way of the reply is not known."""
        return self.reply.kind in (UNKNOWN, NO_ROUTE)


def counted_sources(remote: tuple[str, ...]) -> str:
    """The remote sources of a flood through a router, as people say it."""
    return f"{len(remote)} addresses ({listed(remote)})" if len(remote) > 1 else f"the address {remote[0]}"
