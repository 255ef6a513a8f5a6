"""Sightings: the walk through the fleet's neighbour tables and FDBs, which joins segments and collects who saw what."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from array import array
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from ansible_collections.netops.layer2.plugins.module_utils._links import is_inward_port
from ansible_collections.netops.layer2.plugins.module_utils._mac import virtual_router
from ansible_collections.netops.layer2.plugins.module_utils._table import natural
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim, Model
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._proxies import proxy_network
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._segments import Link
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._tables import Port
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._topology import HostTopology, name_of

KEPT = 200  # observations kept a MAC; the rest is only counted
UNSEEN, WEAK, NOTHING = (
    -3,
    -2,
    -1,
)  # in place of a point: nobody holds the pair yet, it is weak proof, it proves nothing


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A neighbour entry for a MAC that is of interest."""

    host: str
    interface: str
    address: str
    mac: str
    point: int


@dataclass(frozen=True, slots=True)
class Learned:
    """An FDB entry for a MAC that is of interest: learnt on PORT of BRIDGE, in the namespace of a container or the
    host's own ("").
    """

    host: str
    netns: str
    bridge: str
    port: str
    vlan: str
    mac: str


@dataclass(slots=True)
class Sightings:
    """What hosts saw of MACs that several NICs claim, or that answer for several IPv4 addresses."""

    neighbours: dict[str, list[Neighbour]] = field(default_factory=dict)
    learned: dict[str, list[Learned]] = field(default_factory=dict)
    several: dict[str, dict[str, Neighbour]] = field(default_factory=dict)  # MAC -> IPv4 -> first who saw it
    itself: dict[str, list[Neighbour]] = field(
        default_factory=dict
    )  # MAC of one owner -> where that owner has it as a neighbour
    behind_ports: dict[str, list[Learned]] = field(
        default_factory=dict
    )  # MAC of no known guest -> ports to guests that it was learnt on
    routers: set[str] = field(default_factory=set)  # MACs that neighbour discovery flags as routers
    next_hops: set[str] = field(default_factory=set)  # addresses that any host routes through

    def addresses(self, mac: str) -> list[str]:
        """The addresses that neighbours saw behind MAC, in the order of their numbers."""
        seen = {entry.address for entry in self.neighbours.get(mac, ())} | set(self.several.get(mac, ()))
        return sorted(seen, key=_address_order)


def _address_order(address: str) -> tuple[bool, list[int], str]:
    parts = address.split(".")
    numbers = [number for number in map(natural, parts) if number is not None]
    return (":" in address, numbers if len(parts) == len(numbers) == 4 else [], address)


def walk(model: Model, shared_gateways: Collection[str]) -> Sightings:
    """Read the tables of every host in MODEL: its segments are joined, and what was seen of MACs of interest is
    returned.

    SHARED_GATEWAYS: MACs that several routers share by design, which are no strong proof.
    """
    return _Walk(model, shared_gateways).run()


def holders_of(model: Model, addresses: Collection[str]) -> dict[int, list[Neighbour]]:
    """Pair of one of ADDRESSES -> who has it in his neighbour table, inside of isolated bridges too."""
    found: dict[int, list[Neighbour]] = {}
    watched = bytearray(address in addresses for address, _mac in model.tables.pairs)
    for host, topology in model.topologies.items() if any(watched) else ():
        for key, pairs in model.tables.neighbours.of(host):
            point = topology.point(key)
            for pair in [pair for pair in pairs if watched[pair]]:
                kept = found.setdefault(pair, [])
                if len(kept) < KEPT:
                    kept.append(Neighbour(host, key[1], *model.tables.pairs[pair], -1 if point is None else point))
    return found


class _Walk:
    """The walk over the fleet's tables. Pairs of (address, MAC) that two hosts both see put their interfaces into one
    segment.

    A pair proves nothing if several NICs claim it, or if its MAC is made from its address (such pairs repeat on
    isolated networks); a link-local one proves something only where exactly one attachment point of the fleet claims
    it, and no host has it in several segments. Pairs with a virtual MAC (VRRP, anycast gateway) are weak proof: they
    are joined last and said to be weak.
    """

    def __init__(self, model: Model, shared_gateways: Collection[str]) -> None:
        self._model = model
        self._tables = model.tables
        self._join = model.segments.join
        self._gateways = frozenset(shared_gateways)
        self._disputed = model.disputed()
        self._bridged = _bridged_guests(model)
        self._holders = array("i", [UNSEEN]) * len(self._tables.pairs)  # pair -> first point that holds it
        self._weak: dict[int, list[int]] = {}
        self._sole = dict(_sole_points(model))
        self._interest, several = self._interesting()
        self.sightings = Sightings(
            several={mac: {} for mac in several}, routers=self._tables.routers, next_hops=self._tables.next_hops
        )
        self._seed()

    def _interesting(self) -> tuple[bytearray, set[str]]:
        """Which pairs are to be kept with who saw them, and the MACs of those that answer for several IPv4 addresses.
        """
        first: dict[str, str] = {}
        several = set()
        for address, mac in self._tables.pairs:
            if ":" not in address and mac not in self._disputed and first.setdefault(mac, address) != address:
                several.add(mac)
        several.discard("")
        kept = bytearray(
            mac in self._disputed or (mac in several and ":" not in address) for address, mac in self._tables.pairs
        )
        return kept, several

    def _seed(self) -> None:
        """Claims hold their own (address, MAC), if nobody else claims the same pair."""
        local = bytearray(len(self._tables.pairs))
        for mac, claims in self._model.claims.items():
            if proxy_network(mac):
                continue
            for claim in claims:
                for address in claim.addresses if claim.external else ():
                    pair = self._tables.number(address, mac)
                    if pair is None:
                        continue
                    local[pair] = _is_link_local(address)
                    if local[pair] and not self._is_alone(claims, claim, address):
                        self._holders[pair] = NOTHING
                    else:
                        self._hold(pair, claim.point, mac)
        if any(local):
            self._drop_repeated(local)

    def _is_alone(self, claims: list[Claim], claim: Claim, address: str) -> bool:
        """Whether of the CLAIMS of a MAC only this CLAIM can be who has the link-local ADDRESS; one that tells no
        addresses can be, too.
        """
        if claim.mac in self._gateways or virtual_router(claim.mac):
            return False  # others that are not asked have the very pair, on this link and on others
        find = self._model.segments.find
        others = [
            other for other in claims if other.in_use and not _is_port(other) and find(other.point) != find(claim.point)
        ]
        return all(other.addresses and address not in other.addresses for other in others)

    def _drop_repeated(self, local: bytearray) -> None:
        """LOCAL pairs that one host has in several segments prove none of them: one machine has the pair on each of its
        VLANs.
        """
        find = self._model.segments.find
        for host, topology in self._model.topologies.items():
            places = self._tables.neighbours.stretches.get(host, ())
            if len(places) < 2:
                continue
            first: dict[int, int] = {}
            for key, pairs in self._tables.neighbours.of(host):
                point = topology.point(key)
                if point is not None and topology.is_external(point):
                    for pair in [pair for pair in pairs if local[pair]]:
                        if first.setdefault(pair, find(point)) != find(point):
                            self._holders[pair] = NOTHING

    def _hold(self, pair: int, point: int, mac: str) -> None:
        if mac in self._gateways or virtual_router(mac):
            self._weak.setdefault(pair, []).append(point)
            self._holders[pair] = WEAK
            return
        known = self._holders[pair]
        if known == UNSEEN:
            self._holders[pair] = point
        elif known >= 0 and not self._model.segments.same(known, point):
            self._holders[pair] = NOTHING

    def run(self) -> Sightings:
        """Read every host's tables; then join what is only weakly proven."""
        for host, topology in self._model.topologies.items():
            for key, pairs in self._tables.neighbours.of(host):
                point = topology.point(key)
                if point is not None and topology.is_external(point):
                    self._prove(point, pairs)
                else:
                    point = -1
                self._collect(host, key[1], point, pairs)
            for port, macs in self._tables.learned.of(host):
                self._learned(topology, port, macs)
        self._collect_itself()
        self._join_weak()
        return self.sightings

    def _prove(self, point: int, pairs: array[int]) -> None:
        """Join the segments of those who see the same pair; the hot loop of two million rows."""
        holders = self._holders
        known = [holders[pair] for pair in pairs]
        if min(known) < NOTHING:
            for pair in pairs:
                if holders[pair] == UNSEEN:
                    self._new_pair(pair, point)
                elif holders[pair] == WEAK:
                    self._weak[pair].append(point)
            known = [holders[pair] for pair in pairs]
        for index in self._model.segments.apart(point, known):
            self._join(known[index], point, Link(self._why(known[index], point, *self._tables.pairs[pairs[index]])))

    def _new_pair(self, pair: int, point: int) -> None:
        """First sight of a pair: decide once what it can prove."""
        address, mac = self._tables.pairs[pair]
        if not mac or _is_link_local(address) or is_made_of_ipv4(address, mac) or proxy_network(mac):
            self._holders[pair] = NOTHING
        elif mac in self._gateways or virtual_router(mac):
            self._holders[pair] = WEAK
            self._weak[pair] = [point]
        else:
            # Claimed more than once, but not as this pair: copies of one network would look just the same.
            copied = mac in self._model.claims and mac not in self._sole
            self._holders[pair] = NOTHING if copied else point

    def _why(self, known: int, point: int, address: str, mac: str) -> str:
        labels = self._model.segments.label
        for claim in self._model.claims.get(mac, ()):
            if claim.point == known and address in claim.addresses:
                return f"{labels(point)} has {address} at {mac} as neighbour, which is {labels(known)} itself"
        return f"{labels(known)} and {labels(point)} both have {address} at {mac} as neighbour"

    def _collect(self, host: str, interface: str, point: int, pairs: array[int]) -> None:
        """Keep who saw MACs that several owners claim, and the first who saw each address of those that have several.
        """
        interest = self._interest
        for pair in [pair for pair in pairs if interest[pair]]:
            address, mac = self._tables.pairs[pair]
            entry = Neighbour(host, interface, address, mac, point)
            if mac in self._disputed:
                kept = self.sightings.neighbours.setdefault(mac, [])
                if len(kept) < KEPT:
                    kept.append(entry)
                continue
            interest[pair] = False
            seen = self.sightings.several[mac]
            if len(seen) < KEPT:
                seen.setdefault(address, entry)

    def _collect_itself(self) -> None:
        """Keep where an owner has its own MAC as the neighbour of an address that is not its own: rare, and a twin's
        trace.
        """
        for mac, numbers in self._strange().items():
            for claim in self._model.claims[mac]:
                entries = [
                    Neighbour(claim.host, key[1], *self._tables.pairs[number], claim.point)
                    for key, pairs in self._tables.neighbours.of(claim.host)
                    if claim.up and claim.external and self._model.topologies[claim.host].point(key) == claim.point
                    for number in numbers.intersection(pairs)
                ]
                if entries:
                    self.sightings.itself.setdefault(mac, []).extend(entries)

    def _strange(self) -> dict[str, set[int]]:
        """Pairs that have the MAC of one owner at an address which none of its NICs with that MAC has."""
        found: dict[str, set[int]] = {}
        claims = self._model.claims
        for number, (address, mac) in enumerate(self._tables.pairs):
            if (
                mac in claims
                and mac not in self._disputed
                and all(address not in claim.addresses for claim in claims[mac])
            ):
                found.setdefault(mac, set()).add(number)
        return found

    def _learned(self, topology: HostTopology, port: Port, macs: array[int]) -> None:
        leads_to_guest = self._leads_to_guest(topology, port)
        for number in macs:
            mac = self._tables.macs[number]
            if leads_to_guest and mac not in self._disputed:
                self._keep_behind_port(topology, port, mac)
            if mac in self._disputed or (mac in self._bridged and self._is_beyond(topology, port, mac)):
                kept = self.sightings.learned.setdefault(mac, [])
                if len(kept) < KEPT:
                    kept.append(Learned(topology.host, port.netns, port.bridge, port.name, port.vlan, mac))
            if mac in self._disputed:
                continue
            sole = self._sole.get(mac)
            if sole is not None:
                self._join_learned(topology, (port.netns, port.bridge), port.vlan, mac, sole)

    def _leads_to_guest(self, topology: HostTopology, port: Port) -> bool:
        """Whether PORT leads to a guest, or to a container, on a bridge that has a way out as well."""
        at = topology.interfaces.get((port.netns, port.name))
        is_inward = (
            at.kind in ("tun", "macvtap") if at is not None and at.kind else is_inward_port(port.name, port.bridge)
        )
        is_cable = at is not None and at.kind == "veth" and is_inward_port(port.name, port.bridge)
        place = topology.in_vlan((port.netns, port.bridge), natural(port.vlan)) if is_inward or is_cable else None
        return place is not None and topology.is_wired(place)

    def _keep_behind_port(self, topology: HostTopology, port: Port, mac: str) -> None:
        claims = self._model.claims.get(mac, ())
        if any(claim.owner_kind != "host" or claim.host == topology.host for claim in claims) or virtual_router(mac):
            return
        kept = self.sightings.behind_ports.setdefault(mac, [])
        if len(kept) < KEPT:
            kept.append(Learned(topology.host, port.netns, port.bridge, port.name, port.vlan, mac))

    def _is_beyond(self, topology: HostTopology, port: Port, mac: str) -> bool:
        """Whether the host that runs a guest with MAC has learnt it on a port that leads to no guest; what leads to
        guests is no news.
        """
        at = topology.interfaces.get((port.netns, port.name))
        return topology.host in self._bridged[mac] and (at is None or not topology.leads_to_guest(at))

    def _join_learned(self, topology: HostTopology, bridge: tuple[str, str], vlan: str, mac: str, sole: int) -> None:
        place = topology.in_vlan(bridge, natural(vlan))
        segments = self._model.segments
        if place is not None and topology.is_external(place) and segments.find(place) != segments.find(sole):
            why = f"the FDB of {name_of(bridge)} on {topology.host} has learnt {mac}, which is {segments.label(sole)}"
            self._join(place, sole, Link(why))

    def _join_weak(self) -> None:
        labels = self._model.segments.label
        for pair, points in self._weak.items():
            address, mac = self._tables.pairs[pair]
            for point in points[1:]:
                why = (f"{labels(points[0])} and {labels(point)} both know {address} at {mac}, "
                       "a virtual address that another network could use as well")
                self._join(points[0], point, Link(why, weak=True))


def _bridged_guests(model: Model) -> dict[str, set[str]]:
    """MAC -> hosts on a bridge of which a running guest has it: their FDBs tell whether it comes in from elsewhere,
    too.
    """
    found: dict[str, set[str]] = {}
    for mac, claims in model.claims.items():
        for claim in claims:
            if claim.owner_kind in ("guest", "tap") and claim.up and claim.bridge:
                found.setdefault(mac, set()).add(claim.host)
    return found


def _sole_points(model: Model) -> Iterator[tuple[str, int]]:
    """(MAC, attachment point) of each MAC in the tables that one owner has in one place, stacked interfaces counted as
    one.
    """
    find = model.segments.find
    for mac in {mac for _address, mac in model.tables.pairs}.union(model.tables.macs):
        used = [claim for claim in model.claims.get(mac, ()) if claim.in_use]
        if used and len({find(claim.point) for claim in used}) == 1 and len({claim.owner for claim in used}) == 1:
            yield mac, next((claim.point for claim in used if claim.addresses), used[0].point)


def _is_port(claim: Claim) -> bool:
    """Whether CLAIM is of a NIC that works for another one of its host (bond, bridge), which has the addresses."""
    return claim.owner_kind in ("host", "container") and claim.bridge is not None and not claim.addresses


def _is_link_local(address: str) -> bool:
    return address.startswith(("fe80:", "169.254."))


def is_made_of_ipv4(address: str, mac: str) -> bool:
    """Whether MAC ends in the four octets of the IPv4 ADDRESS, as container networks make them."""
    parts = address.split(".")
    if len(parts) != 4:
        return False
    try:
        return mac[6:] == ":".join(f"{int(part):02x}" for part in parts)
    except ValueError:
        return False


def is_of_engine(address: str, mac: str) -> bool:
    """Whether MAC is made of the IPv4 ADDRESS as container engines do it: 02:42 and its octets."""
    return mac.startswith("02:42:") and is_made_of_ipv4(address, mac)


def twins_seen_by_themselves(claims: list[Claim], entries: list[Neighbour]) -> list[Neighbour]:
    """Neighbour entries in which a claimant has its own MAC as the neighbour of an address that is not its own."""
    own: dict[int, set[str]] = {}
    for claim in claims:
        if claim.up:
            own.setdefault(claim.point, set()).update(claim.addresses)
    return [entry for entry in entries if entry.point in own and entry.address not in own[entry.point]]


def learned_beyond(
    claims: list[Claim], entries: list[Learned], taps: t.Mapping[tuple[str, str], Collection[str]]
) -> list[Learned]:
    """FDB entries that have a local guest's MAC on another port of its bridge: somebody behind that port uses it too.
    """
    local = {(claim.host, claim.bridge) for claim in claims if claim.owner_kind in ("guest", "tap") and claim.up}
    return [
        entry
        for entry in entries
        if not entry.netns
        and (entry.host, entry.bridge) in local
        and entry.port not in taps.get((entry.host, entry.mac), ())
    ]
