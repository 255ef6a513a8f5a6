"""What switches prove together: which of their ports lead to each other, which VLANs they share, and MACs in two places
at once.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, product

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical, virtual_router
from ansible_collections.netops.layer2.plugins.module_utils._table import is_station, natural
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Model
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._segments import Link
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._switch import Move, Switch
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._tables import Port

LOOP = 5  # so many addresses that flap between the same two ports are a loop, and no set of twins
_MOST_PLACES = 8  # ports kept of one MAC: two make twins
_OnPort = tuple[int, bool | None]  # a VLAN of a port, and whether untagged; None where only what was learnt tells of it


class Spot(t.NamedTuple):
    """A port of a switch, in a VLAN ("-": not known)."""

    host: str
    port: str
    vlan: str


class Fight(t.NamedTuple):
    """A MAC that went back and forth between ports of one switch, TIMES times while it was watched."""

    spots: tuple[Spot, ...]
    times: int


class Apart(t.NamedTuple):
    """A MAC on two switches at once, on ports that do not lead to each other; AGAIN: in a second reading, too."""

    here: Spot
    there: Spot
    again: bool


class Loop(t.NamedTuple):
    """Many addresses that flap between the same two ports of one switch."""

    spots: tuple[Spot, ...]
    macs: tuple[str, ...]


@dataclass(slots=True)
class Switching:
    """What all switches of a fleet prove of MACs."""

    fights: dict[str, list[Fight]] = field(default_factory=dict)
    apart: dict[str, list[Apart]] = field(default_factory=dict)
    mlag: dict[str, tuple[Spot, Spot]] = field(default_factory=dict)  # MACs behind one link aggregation of two switches
    loops: list[Loop] = field(default_factory=list)
    unclear: dict[tuple[str, str], int] = field(
        default_factory=dict
    )  # two switches -> MACs on link aggregations of both, of which neither tells MLAG

    def noticed(self, mac: str) -> bool:
        """Whether MAC was in two places."""
        return mac in self.fights or mac in self.apart or mac in self.mlag


class Ways:
    """Which ports of each switch lead to which other one: by LLDP of both sides, or by the other's own MAC on both
    sides.

    One side's word is not enough: what a neighbour says of himself is a stranger's word, and a MAC may be learnt late.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self.switches = {host: switch for host, switch in model.switches.items() if switch.is_whole}
        self._called = _called(self.switches)
        self._own = dict(_own_macs(model, self.switches))
        self._lldp: dict[tuple[str, str], set[str]] = {}
        self._macs: dict[tuple[str, str], set[tuple[str, str]]] = {}  # (switch, other) -> (port, VLAN)
        self._leads: dict[str, set[str]] = {}  # switch -> ports to other known ones
        for switch in self.switches.values():
            self._note_cables(switch)
            self._note_own(switch.host)
        self.pairs = sorted(
            pair
            for pair in {*self._lldp, *self._macs}
            if pair[0] < pair[1] and self.ports(*pair) and self.ports(*pair[::-1])
        )
        for one, other in self.pairs:
            self._leads.setdefault(one, set()).update(self.ports(one, other))
            self._leads.setdefault(other, set()).update(self.ports(other, one))

    def ports(self, host: str, other: str) -> set[str]:
        """Ports of switch HOST that lead to switch OTHER."""
        return self._lldp.get((host, other), set()) | {port for port, _vlan in self._macs.get((host, other), ())}

    def leads_on(self, host: str, port: str) -> bool:
        """Whether PORT of switch HOST leads to another switch that was read, known from both sides."""
        return port in self._leads.get(host, ())

    def heard_own(self, host: str, other: str) -> set[tuple[str, str]]:
        """(port, VLAN) in which HOST has learnt own MACs of switch OTHER."""
        return self._macs.get((host, other), set())

    def cabled(self, host: str, other: str) -> set[str]:
        """Ports of HOST at the other end of which OTHER says that it is (LLDP)."""
        return self._lldp.get((host, other), set())

    def device(self, chassis: str, system: str) -> str:
        """The switch that a neighbour by LLDP is, or a name for one that was not read; empty where it tells nothing."""
        found = self._called.get(chassis) or self._own.get(chassis)
        if found is None:
            named = self._called.get(system) or self._called.get(system.partition(".")[0])
            # Many devices are called "switch": one that is known by another address is not meant.
            found = named if named and not (self.switches[named].chassis and _is_mac(chassis)) else None
        return found or (f"chassis {chassis}" if chassis else "")

    def _note_cables(self, switch: Switch) -> None:
        for cable in switch.cables:
            other = self.device(cable.chassis, cable.system)
            if other in self.switches and other != switch.host and cable.port not in switch.blocked:
                self._lldp.setdefault((switch.host, other), set()).add(cable.port)

    def _note_own(self, host: str) -> None:
        macs = self._model.tables.macs
        numbers = {number: self._own[mac] for number, mac in enumerate(macs) if mac in self._own}
        for place, learned in self._model.tables.learned.of(host) if numbers else ():
            for number in learned:
                other = numbers.get(number)
                if other is not None and other != host:
                    self._macs.setdefault((host, other), set()).add((place.name, place.vlan))


def _is_mac(text: str) -> bool:
    try:
        return canonical(text) == text
    except MacError:
        return False


def _called(switches: dict[str, Switch]) -> dict[str, str]:
    """What LLDP may call a switch -> the switch; what two are called is left out."""
    found: dict[str, str | None] = {}
    for host, switch in switches.items():
        names = {switch.chassis or host, *switch.names, *(name.partition(".")[0] for name in switch.names)}
        for name in names:
            found[name] = host if found.setdefault(name, host) == host else None
    return {name: host for name, host in found.items() if host}


def _own_macs(model: Model, switches: dict[str, Switch]) -> Iterator[tuple[str, str]]:
    """(MAC, switch) of each MAC that one switch alone claims, and that is no virtual one."""
    for mac, claims in model.claims.items() if switches else ():
        hosts = {claim.host for claim in claims}
        is_own = len(hosts) == 1 and hosts <= switches.keys() and is_station(mac) and not virtual_router(mac)
        if is_own and all(claim.owner_kind == "host" and claim.kind != "macvlan" for claim in claims):
            yield mac, hosts.pop()


def join_switches(model: Model) -> Ways:
    """Put the VLANs that two linked switches both carry on the link into one segment, whatever MACs are in dispute."""
    ways = Ways(model)
    for one, other in ways.pairs:
        for first, second in _shared_vlans(model, ways, one, other):
            places = [_place(model, host, vlan) for host, vlan in ((one, first), (other, second))]
            if None not in places:
                by = (
                    "LLDP says so on both"
                    if ways.cabled(one, other) and ways.cabled(other, one)
                    else "each has learnt the other's own address"
                )
                why = (
                    f"VLAN {first} of {one} and VLAN {second} of {other} are one: they are linked ({by}), and the link"
                    " carries it"
                )
                model.segments.join(t.cast(int, places[0]), t.cast(int, places[1]), Link(why))
    return ways


def _shared_vlans(model: Model, ways: Ways, one: str, other: str) -> Iterator[tuple[int, int]]:
    """(VLAN of ONE, VLAN of OTHER) that the link between them carries, of those in which anybody was learnt."""
    heard = {vlan for _port, vlan in ways.heard_own(one, other)} & {vlan for _port, vlan in ways.heard_own(other, one)}
    for vlan in sorted(_numbers(heard)):
        yield vlan, vlan
    if not (ways.cabled(one, other) and ways.cabled(other, one)):
        return
    here, there = (_on_link(model, ways, *pair) for pair in ((one, other), (other, one)))
    for near, far in product(here, there):
        if _is_one_vlan(near, far):
            yield near[0], far[0]


def _is_one_vlan(near: _OnPort, far: _OnPort) -> bool:
    """Whether frames of the VLAN NEAR of one end of a link are of FAR at its other end: the tag's number says so, or
    neither has a tag.
    """
    untagged, far_untagged = near[1], far[1]
    if near[0] == far[0] and (untagged == far_untagged or untagged is None or far_untagged is None):
        return True
    return bool(untagged and far_untagged)


def _on_link(model: Model, ways: Ways, host: str, other: str) -> list[_OnPort]:
    """What the ports of HOST to OTHER carry, of the VLANs in which HOST learnt anybody."""
    switch, ports = ways.switches[host], ways.cabled(host, other)
    learnt = [place for place, _numbers in model.tables.learned.of(host)]
    used = _numbers(place.vlan for place in learnt)
    found: set[_OnPort] = set()
    for port in ports:
        told = switch.carried.get(port)
        if told is None:
            found.update((vlan, None) for vlan in _numbers(place.vlan for place in learnt if place.name == port))
        else:
            found.update((vlan, part.untagged) for vlan in used for part in told if part.first <= vlan <= part.last)
    return sorted(found, key=lambda pair: (pair[0], pair[1] is None, bool(pair[1])))


def _numbers(vlans: Iterable[str]) -> set[int]:
    """VLANS as numbers, where they are known."""
    return {number for number in map(natural, vlans) if number is not None}


def _place(model: Model, host: str, vlan: int) -> int | None:
    topology = model.topologies[host]
    for key, bridge in topology.bridges.items():
        if bridge.kind == "switch":
            return topology.in_vlan(key, vlan)
    return None


def switching_of(model: Model, ways: Ways) -> Switching:
    """What the tables and moves of all switches prove, once the segments are joined."""
    found = Switching()
    for switch in model.switches.values():
        _note_fights(found, switch)
    sightings = _Sightings(model, ways)
    for mac, places in sightings.several():
        for here, there in combinations(places, 2):
            sightings.compare(found, mac, here, there)
    for (one, other), number in sorted(found.unclear.items()):
        model.gaps.append(
            {
                "host": one,
                "subset": "interfaces",
                "item": f"MLAG with {other}",
                "hint": "read what both switches say of MLAG (vPC, CLAG, IRF, ...)",
                "reason": (
                    f"{number} addresses are on link aggregations of {one} and {other}, and nobody told whether those"
                    " are one: not judged"
                ),
            }
        )
    return found


def _note_fights(found: Switching, switch: Switch) -> None:
    """Moves of one switch: one is a move, more are a fight, and many fights between the same ports are a loop."""
    fights = [(mac, fight) for mac, fight in _fights(switch) if is_station(mac)]
    between: dict[tuple[str, ...], set[str]] = {}
    for mac, fight in fights:
        between.setdefault(_ports(fight), set()).add(mac)
    loops = {ports for ports, macs in between.items() if len(ports) == 2 and len(macs) >= LOOP}
    for mac, fight in fights:
        if _ports(fight) not in loops:
            found.fights.setdefault(mac, []).append(fight)
    for ports in sorted(loops):
        found.loops.append(Loop(tuple(Spot(switch.host, port, "-") for port in ports), tuple(sorted(between[ports]))))


def _ports(fight: Fight) -> tuple[str, ...]:
    return tuple(spot.port for spot in fight.spots)


def _fights(switch: Switch) -> Iterator[tuple[str, Fight]]:
    """(MAC, fight) of each MAC that moved more than once in one VLAN of one bridge."""
    moved: dict[tuple[str, str, str], list[Move]] = {}
    for move in switch.moves:
        moved.setdefault((move.bridge, move.vlan, move.mac), []).append(move)
    for (_bridge, vlan, mac), moves in moved.items():
        times = sum(move.times for move in moves)
        if times > 1:
            ports = sorted({port for move in moves for port in (move.source, move.target) if port})
            yield mac, Fight(tuple(Spot(switch.host, port, vlan) for port in ports), times)


class _Sightings:
    """MACs on ports that lead to no other switch that was read, where a VLAN of two switches is proven to be one."""

    def __init__(self, model: Model, ways: Ways) -> None:
        self._model = model
        self._ways = ways
        self._pairs = set(ways.pairs)
        self._beyond: dict[str, dict[str, str]] = {
            host: {cable.port: ways.device(cable.chassis, cable.system) for cable in switch.cables}
            for host, switch in ways.switches.items()
        }

    def several(self) -> Iterator[tuple[str, list[Spot]]]:
        """(MAC, spots) of those that were learnt on such ports of several switches, in one segment."""
        first: dict[tuple[int, int], Spot] = {}
        more: dict[tuple[int, int], list[Spot]] = {}
        for host in self._ways.switches if self._pairs else ():
            for place, root in self._edges(host):
                spot = Spot(host, place.name, place.vlan)
                for number in self._learned[place]:
                    known = first.setdefault((root, number), spot)
                    if known.host != host:
                        kept = more.setdefault((root, number), [known])
                        if len(kept) < _MOST_PLACES:
                            kept.append(spot)
        for (_root, number), spots in more.items():
            mac = self._model.tables.macs[number]
            if is_station(mac) and not virtual_router(mac) and not self._is_switch(mac):
                yield mac, spots

    def _edges(self, host: str) -> Iterator[tuple[Port, int]]:
        """(place, segment) of what HOST has learnt on ports that lead to no switch that was read."""
        topology = self._model.topologies[host]
        self._learned = dict(self._model.tables.learned.of(host))
        for place in self._learned:
            vlan = natural(place.vlan)
            point = topology.in_vlan((place.netns, place.bridge), vlan) if vlan is not None else None
            if point is not None and not self._ways.leads_on(host, place.name):
                yield place, self._model.segments.find(point)

    def _is_switch(self, mac: str) -> bool:
        return any(claim.host in self._ways.switches for claim in self._model.claims.get(mac, ()))

    def compare(self, found: Switching, mac: str, here: Spot, there: Spot) -> None:
        """Note what MAC at HERE and THERE proves: nothing unless both switches are known to be linked."""
        if tuple(sorted((here.host, there.host))) not in self._pairs:
            return
        one, other = self._ways.switches[here.host], self._ways.switches[there.host]
        mlag = one.mlags.get(here.port)
        if mlag is not None and mlag == other.mlags.get(there.port):
            found.mlag[mac] = (here, there)
        elif here.port in one.lags and there.port in other.lags and not (one.mlags and other.mlags):
            found.unclear[(here.host, there.host)] = found.unclear.get((here.host, there.host), 0) + 1
        elif not self._may_be_ring(here, there):
            again = all(
                switch.readings > 1 and (spot.vlan, mac) not in switch.new
                for switch, spot in ((one, here), (other, there))
            )
            found.apart.setdefault(mac, []).append(Apart(here, there, again))

    def _may_be_ring(self, here: Spot, there: Spot) -> bool:
        """Whether the devices behind both ports are one, or linked past the two switches: then it may sit in a ring
        that is open between them.
        """
        start, end = self._beyond[here.host].get(here.port), self._beyond[there.host].get(there.port)
        if not start or not end:
            return False
        if start != end and self._ways.heard_own(here.host, there.host) and self._ways.heard_own(there.host, here.host):
            return False  # their own frames show the way that frames take between them
        return self._is_linked(start, end, {here.host, there.host})

    def _is_linked(self, start: str, end: str, past: set[str]) -> bool:
        """Whether cables lead from device START to END, or they are one, PAST these."""
        seen, queue = {start, *past}, [start]
        while queue:
            device = queue.pop()
            if device == end:
                return True
            for beyond in self._linked_to(device) - seen:
                if beyond:
                    seen.add(beyond)
                    queue.append(beyond)
        return False

    def _linked_to(self, device: str) -> set[str]:
        """Whom DEVICE tells of at its ports, and who tells of it."""
        told = {host for host, cables in self._beyond.items() if device in cables.values()}
        return told.union(self._beyond.get(device, {}).values())
