"""Sightings: the second walk over the fleet, through neighbour tables and FDBs, which joins segments and collects who saw what."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Collection
from dataclasses import dataclass, field

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical, virtual_router
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet import Claim, Model
from ansible_collections.netops.layer2.plugins.plugin_utils._records import FDB_COLUMNS, NEIGHBOR_COLUMNS, Reader
from ansible_collections.netops.layer2.plugins.plugin_utils._segments import Link
from ansible_collections.netops.layer2.plugins.plugin_utils._snapshots import (
    Fleet,
    SnapshotError,
    open_snapshot,
    shortened,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._topology import HostTopology, name_of

KEPT = 200  # observations kept a MAC; the rest is only counted


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A neighbour entry for a MAC that is of interest."""

    host: str
    interface: str
    address: str
    mac: str
    state: str
    point: int


@dataclass(frozen=True, slots=True)
class Learned:
    """An FDB entry for a MAC that is of interest: learnt on PORT of BRIDGE."""

    host: str
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
    routers: set[str] = field(default_factory=set)  # MACs that neighbour discovery flags as routers
    next_hops: set[str] = field(default_factory=set)  # addresses that any host routes through

    def addresses(self, mac: str) -> list[str]:
        """The addresses that neighbours saw behind MAC, in the order of their numbers."""
        seen = {entry.address for entry in self.neighbours.get(mac, ())} | set(self.several.get(mac, ()))
        return sorted(seen, key=_address_order)


def _address_order(address: str) -> tuple[bool, list[int], str]:
    parts = address.split(".")
    return (":" in address, [int(part) for part in parts] if len(parts) == 4 and address.replace(".", "").isdigit() else [], address)


class Observer:
    """The second walk. Pairs of (address, MAC) that two hosts both see put their interfaces into one segment.

    A pair proves nothing if several NICs claim it, or if its MAC is made from its address (such pairs repeat on isolated
    networks). Pairs with a virtual MAC (VRRP, anycast gateway) are weak proof: they are joined last and said to be weak.
    """

    def __init__(self, model: Model, shared_gateways: Collection[str]) -> None:
        self._model = model
        self._join = model.segments.join
        self._gateways = frozenset(shared_gateways)
        self._contested = frozenset(model.contested())
        self._holders: dict[str, int] = {}  # address + MAC -> first point that holds it; -1: proves nothing
        self._weak: dict[str, list[int]] = {}
        self._first: dict[str, tuple[str, Neighbour]] = {}
        self._sole: dict[str, int] = {}
        self.sightings = Sightings()
        self._seed()

    def _seed(self) -> None:
        """Claims hold their own (address, MAC), if nobody else claims the same pair."""
        for mac, claims in self._model.claims.items():
            points = {claim.point for claim in claims if claim.in_use}
            alone = len(points) == 1
            if alone:
                self._sole[mac] = points.pop()
            for claim in claims:
                for address in claim.addresses:
                    if claim.external and (alone or not _is_link_local(address)):
                        self._hold(address + mac, claim.point, mac)

    def _hold(self, pair: str, point: int, mac: str) -> None:
        if mac in self._gateways or virtual_router(mac):
            self._weak.setdefault(pair, []).append(point)
            self._holders[pair] = -1
            return
        known = self._holders.setdefault(pair, point)
        if known != point and known != -1 and not self._model.segments.same(known, point):
            self._holders[pair] = -1

    def walk(self, fleet: Fleet) -> Sightings:
        """Read every snapshot's tables; then join what is only weakly proven."""
        walked: set[str] = set()
        for source in fleet:
            try:
                document = open_snapshot(source)
            except SnapshotError:
                continue  # the first walk has said so
            topology = self._model.topologies.get(document["host"])
            if topology is None or document["host"] in walked:
                continue
            walked.add(document["host"])
            reader = Reader(document, self._model.quarantined.append)
            self._neighbours(reader, topology)
            self._fdb(reader, topology)
            self._next_hops(reader)
        self._join_weak()
        return self.sightings

    def _neighbours(self, reader: Reader, topology: HostTopology) -> None:
        places: dict[tuple[str, str], int] = {}
        rows = []
        for netns, interface, address, mac, state, flags in reader.rows("neighbors", NEIGHBOR_COLUMNS):
            point = places.get((netns, interface))
            if point is None:
                point = places[(netns, interface)] = self._place(topology, netns, interface)
            rows.append((point, interface, address, mac, state, flags))
        self._prove(reader, rows)
        self._collect(reader.host, rows)

    def _prove(self, reader: Reader, rows: list[tuple[int, str, str, str, str, str]]) -> None:
        """Join the segments of those who see the same pair; the hot loop of two million rows."""
        holders = self._holders
        for point, _interface, address, mac, _state, _flags in rows:
            if point < 0:
                continue
            pair = address + mac
            known = holders.get(pair)
            if known is None:
                self._new_pair(reader, pair, point, address, mac)
            elif known == -1:
                if pair in self._weak:
                    self._weak[pair].append(point)
            elif known != point:
                self._join_pair(known, point, address, mac)

    def _collect(self, host: str, rows: list[tuple[int, str, str, str, str, str]]) -> None:
        """Keep what was seen of contested MACs, and of those that answer for several IPv4 addresses."""
        contested, first = self._contested, self._first
        for point, interface, address, mac, state, flags in rows:
            if mac in contested:
                self._keep(Neighbour(host, interface, address, mac, state, point))
            elif ":" not in address:
                seen = first.get(mac)
                if seen is None:
                    first[mac] = (address, Neighbour(host, interface, address, mac, state, point))
                elif seen[0] != address:
                    self._several(seen[1], Neighbour(host, interface, address, mac, state, point))
            if "router" in flags:
                self.sightings.routers.add(mac)

    def _place(self, topology: HostTopology, netns: str, interface: str) -> int:
        point = topology.point(("" if netns == "-" else netns, interface))
        return point if point is not None and point in topology.external else -1

    def _new_pair(self, reader: Reader, pair: str, point: int, address: str, mac: str) -> None:
        """First sight of a pair: decide once what it can prove."""
        try:
            good = canonical(mac) == mac
        except MacError:
            good = False
        if not good:
            reader.reject("neighbors.rows", f"not a MAC address: {shortened(mac, 40)}")
        if not good or _is_link_local(address) or _derived(address, mac):
            self._holders[pair] = -1
        elif mac in self._gateways or virtual_router(mac):
            self._holders[pair] = -1
            self._weak[pair] = [point]
        else:
            # Contested and unclaimed as a pair: copies of one network would look just the same.
            self._holders[pair] = -1 if mac in self._contested else point

    def _join_pair(self, known: int, point: int, address: str, mac: str) -> None:
        segments = self._model.segments
        if segments.find(known) != segments.find(point):
            self._join(known, point, Link(self._why(known, point, address, mac)))

    def _why(self, known: int, point: int, address: str, mac: str) -> str:
        labels = self._model.segments.label
        for claim in self._model.claims.get(mac, ()):
            if claim.point == known and address in claim.addresses:
                return f"{labels(point)} has {address} at {mac} as neighbour, which is {labels(known)} itself"
        return f"{labels(known)} and {labels(point)} both have {address} at {mac} as neighbour"

    def _keep(self, entry: Neighbour) -> None:
        kept = self.sightings.neighbours.setdefault(entry.mac, [])
        if len(kept) < KEPT:
            kept.append(entry)

    def _several(self, earlier: Neighbour, entry: Neighbour) -> None:
        seen = self.sightings.several.setdefault(entry.mac, {earlier.address: earlier})
        if len(seen) < KEPT:
            seen.setdefault(entry.address, entry)

    def _fdb(self, reader: Reader, topology: HostTopology) -> None:
        for netns, port, mac, vlan, bridge, _dst, flags in reader.rows("fdb", FDB_COLUMNS):
            if bridge == "-" or "permanent" in flags:
                continue
            if mac in self._contested:
                self._keep_learned(Learned(reader.host, bridge, port, vlan, mac))
                continue
            sole = self._sole.get(mac)
            if sole is not None:
                self._join_learned(topology, ("" if netns == "-" else netns, bridge), vlan, mac, sole)

    def _keep_learned(self, entry: Learned) -> None:
        kept = self.sightings.learned.setdefault(entry.mac, [])
        if len(kept) < KEPT:
            kept.append(entry)

    def _join_learned(self, topology: HostTopology, bridge: tuple[str, str], vlan: str, mac: str, sole: int) -> None:
        place = topology.in_vlan(bridge, int(vlan) if vlan.isdigit() else None)
        segments = self._model.segments
        if place is not None and place in topology.external and segments.find(place) != segments.find(sole):
            why = f"the FDB of {name_of(bridge)} on {topology.host} has learnt {mac}, which is {segments.label(sole)}"
            self._join(place, sole, Link(why))

    def _next_hops(self, reader: Reader) -> None:
        for path, route in reader.objects("routes"):
            via = reader.text(route, "via", path)
            if via:
                self.sightings.next_hops.add(via)

    def _join_weak(self) -> None:
        labels = self._model.segments.label
        for pair, points in self._weak.items():
            mac = pair[-17:]
            for point in points[1:]:
                why = (f"{labels(points[0])} and {labels(point)} both know {pair[:-17]} at {mac}, "
                       "a virtual address that another network could use as well")
                self._join(points[0], point, Link(why, weak=True))


def _is_link_local(address: str) -> bool:
    return address.startswith(("fe80:", "169.254."))


def _derived(address: str, mac: str) -> bool:
    """Whether MAC ends in the four octets of the IPv4 ADDRESS, as container networks make them."""
    parts = address.split(".")
    if len(parts) != 4:
        return False
    try:
        return mac[6:] == ":".join(f"{int(part):02x}" for part in parts)
    except ValueError:
        return False


def twins_seen_by_themselves(claims: list[Claim], entries: list[Neighbour]) -> list[Neighbour]:
    """Neighbour entries in which a claimant has its own MAC as the neighbour of an address that is not its own."""
    own: dict[int, set[str]] = {}
    for claim in claims:
        if claim.up:
            own.setdefault(claim.point, set()).update(claim.addresses)
    return [entry for entry in entries if entry.point in own and entry.address not in own[entry.point]]


def learned_beyond(claims: list[Claim], entries: list[Learned], taps: t.Mapping[tuple[str, str], Collection[str]]) -> list[Learned]:
    """FDB entries that have a local guest's MAC on another port of its bridge: somebody behind that port uses it too."""
    local = {(claim.host, claim.bridge) for claim in claims if claim.owner_kind in ("guest", "tap") and claim.up}
    return [
        entry for entry in entries
        if (entry.host, entry.bridge) in local and entry.port not in taps.get((entry.host, entry.mac), ())
    ]
