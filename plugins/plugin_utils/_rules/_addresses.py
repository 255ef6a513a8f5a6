"""IP addresses of the fleet: who holds which, who was seen answering for it, and which of them are to be judged."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arp_settings import ArpSettings
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim, Model, interface_claim
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Address, Interface, Key
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._sightings import Neighbour, holders_of
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._topology import HostTopology
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened

IP = IPv4Address | IPv6Address
_WIRED = ("ether", "infiniband")
_NO_WIRE = ("dummy", "vrf", "nlmon", "ifb")


class Holding(t.NamedTuple):
    """An owner has the address on an interface. ``owner`` is the merged key; ``claim`` tells the interface.

    ``wired`` is False for loopbacks, dummies and tunnels, which no segment hangs on; ``places`` are the attachment
    points at which neighbours would ask for the address: its own, or, for an IPv4 address without a wire, those of the
    host's NICs.
    """

    address: str
    prefix: int | None
    flags: tuple[str, ...]
    owner: str
    claim: Claim
    wired: bool
    places: tuple[int, ...]
    mark: str | None = None

    @property
    def up(self) -> bool:
        """Whether the kernel uses the address now: not while detection of duplicates runs, nor after it failed (RFC
        4862, 5.4).
        """
        return self.claim.state == "up" and not self.dad_failed and "tentative" not in self.flags

    @property
    def dad_failed(self) -> bool:
        """Whether IPv6 duplicate address detection found another user."""
        return "dadfailed" in self.flags

    @property
    def host_route(self) -> bool:
        """Whether the address stands alone (/32, /128), as VIPs and loopback addresses do."""
        return self.prefix in (None, 128 if ":" in self.address else 32)

    @property
    def subnet(self) -> str:
        """Address and prefix, as people write it."""
        return self.address if self.prefix is None else f"{self.address}/{self.prefix}"


class Answer(t.NamedTuple):
    """Neighbours have the address at ``mac``; ``confirmed`` if any has it in a state that is not old, ``answered`` if
    it answered a scan.
    """

    mac: str
    confirmed: bool
    answered: bool
    claims: tuple[Claim, ...]
    owners: frozenset[str]
    seen: tuple[Neighbour, ...]


@dataclass(frozen=True)
class AddressContest:
    """One address and all that speaks about who has it, within one segment (POINT) or, where POINT is None, across
    several.
    """

    address: str
    ip: IP
    holdings: tuple[Holding, ...]
    answers: tuple[Answer, ...]
    fleet: Addresses
    point: int | None

    @property
    def model(self) -> Model:
        """The fleet's model."""
        return self.fleet.model

    @cached_property
    def owners(self) -> dict[str, list[Holding]]:
        """Owner -> its holdings."""
        owners: dict[str, list[Holding]] = {}
        for holding in self.holdings:
            owners.setdefault(holding.owner, []).append(holding)
        return owners

    @cached_property
    def strangers(self) -> tuple[Answer, ...]:
        """Answers at MACs that no holder has."""
        return tuple(answer for answer in self.answers if answer.owners.isdisjoint(self.owners))

    @property
    def dad_failed(self) -> bool:
        """Whether any holder's IPv6 duplicate address detection found another user."""
        return any(holding.dad_failed for holding in self.holdings)

    @cached_property
    def wired_up(self) -> dict[str, list[Holding]]:
        """Owners that have the address up on a NIC."""
        return _by_owner(holding for holding in self.holdings if holding.wired and holding.up)

    @cached_property
    def unwired_up(self) -> dict[str, list[Holding]]:
        """Owners that have it up on a loopback, dummy or tunnel only, in a segment where it is asked for."""
        found = _by_owner(holding for holding in self.holdings if not holding.wired and holding.up)
        return {owner: holdings for owner, holdings in found.items() if owner not in self.wired_up}

    @property
    def is_next_hop(self) -> bool:
        """Whether any host routes through it."""
        return self.address in self.model.tables.next_hops


def _by_owner(holdings: Iterable[Holding]) -> dict[str, list[Holding]]:
    found: dict[str, list[Holding]] = {}
    for holding in holdings:
        found.setdefault(holding.owner, []).append(holding)
    return found


@dataclass
class Addresses:
    """The addresses of a fleet that need a verdict; cheap for the many that one owner holds and everybody agrees on."""

    model: Model
    arp: ArpSettings
    watched: set[str] = field(default_factory=set)
    _pairs: dict[str, list[int]] = field(default_factory=dict)  # watched address -> its pairs
    _seen: dict[int, list[Neighbour]] = field(default_factory=dict)  # pair of a watched address -> who has it

    def __post_init__(self) -> None:
        holders, self.watched = self._held()
        self.judged = len(holders)
        self._watch_answers(holders)
        self._seen = holders_of(self.model, self.watched)
        for number, (address, mac) in enumerate(self.model.tables.pairs):
            if mac and address in self.watched:
                self._pairs.setdefault(address, []).append(number)

    def _held(self) -> tuple[dict[str, str], set[str]]:
        """(address -> an owner, addresses that several owners have or whose duplicate address detection failed)."""
        holders: dict[str, str] = {}
        several = set()
        for host, topology in self.model.topologies.items():
            for key, interface in topology.interfaces.items():
                owner = self.model.owner(_owner_key(host, key))
                for address in interface.addresses:
                    if holders.setdefault(address.address, owner) != owner or "dadfailed" in address.flags:
                        several.add(address.address)
        return holders, {address for address in several if not _is_loopback(address)}

    def _watch_answers(self, holders: dict[str, str]) -> None:
        """Watch addresses that neighbours have at several MACs, or at a MAC that is not their holder's."""
        first: dict[str, str] = {}
        for address, mac in self.model.tables.pairs:
            if not mac or address in self.watched:
                continue
            if first.setdefault(address, mac) != mac or (
                address in holders and holders[address] not in self.owners_of(mac)
            ):
                self.watched.add(address)

    def owners_of(self, mac: str) -> frozenset[str]:
        """The owners that claim MAC."""
        return frozenset(self.model.owner_of(claim) for claim in self.model.claims.get(mac, ()))

    @cached_property
    def disputed(self) -> frozenset[str]:
        """MACs that several owners claim."""
        return self.model.disputed()

    @cached_property
    def behind(self) -> Counter[str]:
        """MAC -> how many IPv4 addresses neighbours have at it."""
        return Counter(mac for address, mac in self.model.tables.pairs if ":" not in address)

    @cached_property
    def next_hop_macs(self) -> frozenset[str]:
        """MACs of the addresses that any host routes through."""
        return frozenset(mac for address, mac in self.model.tables.pairs if address in self.model.tables.next_hops)

    @cached_property
    def _container_names(self) -> dict[str, dict[str | None, str | None]]:
        """Host -> id of a container -> its name."""
        names: dict[str, dict[str | None, str | None]] = {}
        for claim in self.model.all_claims():
            if claim.owner_kind == "container":
                names.setdefault(claim.host, {})[claim.owner.partition("/")[2]] = claim.guest
        return names

    def contests(self) -> Iterator[AddressContest]:
        """Every address that more than one owner, or MAC, stands for; once a segment, and once across them."""
        for address, held in self._holdings().items():
            ip = self._parsed(address, held)
            if ip is None or ip.is_multicast or ip.is_unspecified or ip.is_loopback:
                continue
            groups = _Groups(self, address, ip, held, list(self._answers(address)))
            yield from groups.contests()

    def _parsed(self, address: str, held: list[Holding]) -> IP | None:
        try:
            return ip_address(address)
        except ValueError:
            if held:
                self.model.quarantined.append(SnapshotError(
                    held[0].claim.host, f"interfaces.{shortened(held[0].claim.interface, 40)}.addresses",
                    f"not an IP address: {shortened(address, 60)}", "It was left out; look at the host itself",
                ))
            return None

    def _holdings(self) -> dict[str, list[Holding]]:
        found: dict[str, list[Holding]] = {address: [] for address in sorted(self.watched)}
        for topology in self.model.topologies.values():
            for key, interface in topology.interfaces.items():
                if any(address.address in found for address in interface.addresses):
                    for holding in self._on(topology, key, interface):
                        if holding.address in found:
                            found[holding.address].append(holding)
        return found

    def _on(self, topology: HostTopology, key: Key, interface: Interface) -> Iterator[Holding]:
        """The holdings of one interface; a node of Kubernetes has thousands on its dummy."""
        names = self._container_names.get(topology.host, {}) if key[0] else {}
        claim = interface_claim(topology, interface, interface.mac or "", names)
        owner = self.model.owner(_owner_key(topology.host, key))
        wired = interface.link_type in _WIRED and interface.kind not in _NO_WIRE
        subnets = [] if wired else list(_subnets(topology, key[0]))
        for address in interface.addresses:
            places = (claim.point,) if wired else _asked_at(subnets, address.address)
            yield Holding(address.address, address.prefix, address.flags, owner, claim, wired, places, address.mark)

    def _answers(self, address: str) -> Iterator[Answer]:
        for pair in self._pairs.get(address, ()):
            mac = self.model.tables.pairs[pair].mac
            claims = tuple(self.model.claims.get(mac, ()))
            seen = tuple(self._seen.get(pair, ()))
            tables = self.model.tables
            yield Answer(mac, bool(tables.confirmed[pair]), pair in tables.answered, claims, self.owners_of(mac), seen)


class _Groups:
    """One address, sorted by segments."""

    def __init__(self, fleet: Addresses, address: str, ip: IP, held: list[Holding], answers: list[Answer]) -> None:
        self._fleet, self._address, self._ip = fleet, address, ip
        self._held, self._answers = held, answers
        self._find = fleet.model.segments.find
        self._expose()

    def _expose(self) -> None:
        """A VIP on a loopback is asked for in every segment that its host shares with one who has it on a NIC (LVS,
        DSR).
        """
        roots = {self._find(holding.claim.point) for holding in self._held if holding.wired and holding.claim.external}
        if self._ip.version == 6 or not roots:
            return
        for number, holding in enumerate(self._held):
            if not holding.wired:
                topology = self._fleet.model.topologies[holding.claim.host]
                shared = {point for point in _wires(topology, _namespace(holding)) if self._find(point) in roots}
                self._held[number] = holding._replace(places=tuple(sorted(shared | set(holding.places))))

    def contests(self) -> Iterator[AddressContest]:
        """Those of each segment, then the one across segments."""
        within = self._by_segment()
        contested = [contest for contest in within if len(contest.owners) + len(contest.strangers) > 1]
        failed = [contest for contest in within if contest.dad_failed]
        yield from contested
        if self._ip.is_link_local and failed:  # who has it in another segment is not the one that detection found
            yield from (contest for contest in failed if contest not in contested)
        elif self._reaches_beyond(contested):
            yield AddressContest(self._address, self._ip, tuple(self._held), (), self._fleet, None)
        elif not contested:
            yield from failed

    def _reaches_beyond(self, contested: list[AddressContest]) -> bool:
        """Whether several owners have it, and none of the segments CONTESTED has them all."""
        owners = {holding.owner for holding in self._held}
        return len(owners) > 1 and not any(owners <= set(contest.owners) for contest in contested)

    def _by_segment(self) -> list[AddressContest]:
        """What each segment has of the address; every observation is sorted once."""
        holdings: dict[int, list[Holding]] = {}
        for holding in self._held:
            for root in sorted({self._find(place) for place in holding.places}):
                holdings.setdefault(root, []).append(holding)
        answers: dict[int, list[Answer]] = {}
        for answer in self._answers:
            seen: dict[int, list[Neighbour]] = {}
            for entry in answer.seen:
                if entry.point >= 0:
                    seen.setdefault(self._find(entry.point), []).append(entry)
            for root, entries in seen.items():
                answers.setdefault(root, []).append(answer._replace(seen=tuple(entries)))
        return [
            AddressContest(
                self._address, self._ip, tuple(holdings.get(root, ())), tuple(answers.get(root, ())), self._fleet, root
            )
            for root in sorted({*holdings, *answers})
        ]


def _owner_key(host: str, key: Key) -> str:
    return f"container {host}/{key[0]}" if key[0] else f"host {host}"


def _namespace(holding: Holding) -> str:
    return holding.claim.owner.partition("/")[2] if holding.claim.owner.startswith("container ") else ""


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address == "::1"


def _wires(topology: HostTopology, netns: str) -> Iterator[int]:
    """Attachment points of a namespace's NICs that have addresses and lead outside."""
    for key, interface in topology.interfaces.items():
        point = topology.point(key)
        if key[0] == netns and point is not None and interface.addresses and topology.is_external(point):
            yield point


def _subnets(topology: HostTopology, netns: str) -> Iterator[tuple[IPv4Network, int]]:
    """(IPv4 subnet, attachment point) of a namespace's NICs that lead outside."""
    for key, interface in topology.interfaces.items():
        point = topology.point(key)
        if key[0] != netns or point is None or not topology.is_external(point):
            continue
        for address in interface.addresses:
            subnet = _subnet(address)
            if subnet is not None:
                yield subnet, point


def _subnet(address: Address) -> IPv4Network | None:
    if address.prefix is None or not 0 < address.prefix < 32 or ":" in address.address:
        return None
    try:
        return IPv4Network(f"{address.address}/{address.prefix}", strict=False)
    except ValueError:
        return None


def _asked_at(subnets: list[tuple[IPv4Network, int]], address: str) -> tuple[int, ...]:
    """Where neighbours would ask for an IPv4 ADDRESS that is on no wire: on NICs whose subnet it is in.

    IPv6 answers only for addresses of the interface that is asked on (kernel's net/ipv6/ndisc.c).
    """
    if not subnets or ":" in address:
        return ()
    try:
        wanted = IPv4Address(address)
    except ValueError:
        return ()
    return tuple(point for subnet, point in subnets if wanted in subnet)
