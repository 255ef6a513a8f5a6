"""The fleet: every claim of a MAC by a host, guest or container, and which of the claimants are one owner."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisors import presence_in
from ansible_collections.netops.layer2.plugins.module_utils._mac import ZERO, is_made_of
from ansible_collections.netops.layer2.plugins.module_utils._shown_name import HELD, shown
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hosts import Hosts
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._observation import Lease
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import (
    FDB_COLUMNS,
    Address,
    Guest,
    GuestNic,
    Identity,
    Interface,
    Reader,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._segments import Link, Segments
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Missing, SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._switch import (
    NOT_OF_SWITCHES,
    Switch,
    is_switch,
    switch_of,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._tables import Tables
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._texts import intern
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._topology import HostTopology, has_own_address
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._unobserved import unobserved
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import type_name


class Managed(t.NamedTuple):
    """What a guest's NIC is to its hypervisor, all in its words; ``node`` where another node has the guest than the
    host that told.
    """

    hypervisor: str | None
    id: str | None = None
    kind: str | None = None
    node: str | None = None
    product_uuid: str | None = None
    nic: str | None = None
    definition: str | None = None
    network: str | None = None
    recorded: bool = False  # told by a register: never in use because of that


class Claim(t.NamedTuple):
    """An owner says: this NIC is mine and has this MAC.

    ``owner`` is a key, equal for equal owners once ``Model.owner_of`` has merged what is one machine.
    ``in_use`` is False for an address the NIC could go back to (permanent MAC of a bond port, persistent MAC of a
    running guest).
    """

    mac: str
    owner: str
    owner_kind: str  # host, guest, container, tap
    host: str
    guest: str | None
    uuid: str | None
    interface: str
    kind: str | None
    lower_kind: str | None
    state: str
    in_use: bool
    addresses: tuple[str, ...]
    prefixes: tuple[int | None, ...]
    dad_failed: bool
    link_type: str
    assign_type: int | None
    permanent_mac: str | None
    bridge: str | None
    point: int
    external: bool
    managed: Managed | None = None  # of guests

    @property
    def hypervisor(self) -> str | None:
        """What its hypervisor is called in snapshots; None where none was named, or it is no guest."""
        return self.managed.hypervisor if self.managed else None

    @property
    def product_uuid(self) -> str | None:
        """What the machine's own DMI shows, if it is a guest; restored copies share it."""
        return self.managed.product_uuid if self.managed else None

    @property
    def recorded(self) -> bool:
        """Whether only a register tells of it."""
        return self.managed is not None and self.managed.recorded

    @property
    def up(self) -> bool:
        """Whether frames with this MAC can be on the wire now."""
        return self.in_use and self.state == "up"


@dataclass(slots=True)
class Model:
    """The fleet in memory: grows with NICs and distinct MACs, not with observations."""

    segments: Segments = field(default_factory=Segments)
    claims: dict[str, list[Claim]] = field(default_factory=dict)
    identities: dict[str, Identity] = field(default_factory=dict)
    topologies: dict[str, HostTopology] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)
    quarantined: list[SnapshotError] = field(default_factory=list)
    gaps: list[dict[str, str]] = field(default_factory=list)
    guests: int = 0
    told: set[str] = field(default_factory=set)  # keys of guests that their own host told of
    elsewhere: dict[tuple[str, str, str], Claim] = field(default_factory=dict)  # guests of other nodes, and managers'
    records: dict[str, list[Claim]] = field(
        default_factory=dict
    )  # what registers say of MACs that somebody else told of
    recorded: set[str] = field(default_factory=set)  # MACs that a register tells of
    leases: dict[str, list[Lease]] = field(default_factory=dict)  # by MAC
    networks: dict[tuple[str, str], int] = field(default_factory=dict)  # manager, id of a network -> attachment point
    containers: dict[tuple[str, str], list[str]] = field(default_factory=dict)  # namespace, machine-id -> owner keys
    runtimes: dict[tuple[str, str], str] = field(default_factory=dict)  # host, container id -> its runtime
    cabled: dict[str, set[str]] = field(default_factory=dict)  # a guest's key -> containers at the end of its taps
    forwarding: set[str] = field(default_factory=set)  # hosts that route for others
    likely: set[str] = field(default_factory=set)  # owners that are taken for one machine without a UUID that proves it
    collected: dict[str, float] = field(default_factory=dict)  # host -> when it was read, by its own clock
    subnets: dict[int, list[Claim]] = field(
        default_factory=dict
    )  # segment -> claims with addresses, once it is asked for
    tables: Tables = field(default_factory=Tables)
    switches: dict[str, Switch] = field(default_factory=dict)  # by host
    declared: dict[str, int] = field(default_factory=dict)  # the operator's segment names -> attachment point
    _merged: dict[str, str] = field(default_factory=dict)

    def owner_of(self, claim: Claim) -> str:
        """The key of the owner of CLAIM, the same for all definitions of one machine."""
        return self.owner(claim.owner)

    def owner(self, key: str) -> str:
        """The key that stands for all keys merged with KEY."""
        while key in self._merged:
            key = self._merged[key]
        return key

    def merge(self, one: str, other: str) -> None:
        """Note that two owner keys are one machine."""
        one, other = self.owner(one), self.owner(other)
        if one != other:
            self._merged[other] = one

    def contested(self) -> dict[str, list[Claim]]:
        """MACs that more than one NIC claims."""
        return {mac: claims for mac, claims in self.claims.items() if len(claims) > 1}

    def disputed(self) -> frozenset[str]:
        """MACs that more than one owner claims, or one guest on several NICs; a host's own stack is not in dispute."""
        return frozenset(mac for mac, claims in self.contested().items() if self._are_disputed(claims))

    def _are_disputed(self, claims: list[Claim]) -> bool:
        guests = {(claim.host, claim.interface) for claim in claims if claim.owner_kind == "guest"}
        return len(guests) > 1 or len({self.owner_of(claim) for claim in claims}) > 1

    def all_claims(self) -> Iterator[Claim]:
        """Every claim, in no particular order."""
        for claims in self.claims.values():
            yield from claims


def model_of(hosts: Hosts) -> Model:
    """A model without any claim yet, of what HOSTS will have told of themselves."""
    return Model(
        identities=hosts.identities, collected=hosts.collected, missing=hosts.missing, quarantined=hosts.quarantined
    )


def add_host(model: Model, reader: Reader) -> None:
    """Take in one host: its claims, attachment points, next hops and gaps. Its tables are a matter of observations."""
    host, document = reader.host, reader.document
    interfaces, bridges = list(reader.interfaces()), list(reader.bridges())
    guests = list(reader.guests())
    topology = HostTopology(host, interfaces, bridges, model.segments, _taps_of(guests))
    model.topologies[host] = topology
    sysctls = document.get("sysctls")
    if isinstance(sysctls, dict) and str(sysctls.get("net.ipv4.ip_forward")) == "1":
        model.forwarding.add(host)
    containers = dict(_containers(model, reader))
    taps = _enter_interfaces(model, topology, interfaces, containers)
    model.guests += sum(guest.node is None for guest in guests)
    for guest in guests:
        for nic in guest.nics:
            for claim in _guest_claims(topology, guest, nic):
                if guest.node is None:
                    model.claims.setdefault(claim.mac, []).append(claim)
                    model.told.add(claim.owner)
                    if claim.recorded:
                        model.recorded.add(claim.mac)
                else:
                    model.elsewhere.setdefault((claim.owner, claim.interface, claim.mac), claim)
    model.cabled.update(_cabled(host, guests, interfaces))
    for claim in _unfolded(taps, guests, reader):
        model.claims.setdefault(claim.mac, []).append(claim)
    _declare_segment(model, topology, document.get("layer2_segment"))
    topology.forget_plain_nics()
    switch = switch_of(reader)
    if switch is not None:
        model.switches[host] = switch
    model.tables.next_hops.update(_next_hops(reader))
    model.gaps.extend(_of_its_kind(document, [*_gaps(reader), *unobserved(document, reader)]))


def _of_its_kind(document: dict[str, t.Any], gaps: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Those of its GAPS that are any: what only hosts have, a switch lacks by nature."""
    lacking = NOT_OF_SWITCHES if is_switch(document) else ()
    return (gap for gap in gaps if gap.get("subset") not in lacking)


def merge_owners(model: Model) -> None:
    """Find out which claimants are one machine, once all are in MODEL."""
    _enter_elsewhere(model)
    contested = model.contested()  # once: each time all claims of the fleet are walked
    _merge_own_containers(model, contested)
    _merge_guests(model, contested)
    _merge_containers(model)
    _merge_likely(model, contested)
    _settle_records(model)


def _cabled(host: str, guests: Iterable[Guest], interfaces: Iterable[Interface]) -> Iterator[tuple[str, set[str]]]:
    """(key of a guest, keys of the containers in which the cable of one of its NICs ends), of guests that share the
    kernel of HOST: their manager tells the end that the host sees, the namespace that was read has the other one.
    """
    containers = [guest for guest in guests if guest.kind == "container" and guest.node is None]
    ends = _ends_inside(interfaces) if containers else {}
    for guest in containers:
        found = {f"container {host}/{ends[nic.tap]}" for nic in guest.nics if nic.tap and nic.tap in ends}
        if found:
            yield f"guest {guest.key}", found


def _ends_inside(interfaces: Iterable[Interface]) -> dict[str, str]:
    """End of a cable in the host's own namespace -> the namespace of its other end."""
    return {interface.link: interface.netns for interface in interfaces
            if interface.kind == "veth" and interface.link and interface.netns and interface.link_netns == ""}


def _next_hops(reader: Reader) -> Iterator[str]:
    """The addresses that the host routes through."""
    for path, route in reader.objects("routes"):
        via = reader.text(route, "via", path)
        if via:
            yield via


def _enter_interfaces(
    model: Model, topology: HostTopology, interfaces: Iterable[Interface], containers: Mapping[str | None, str | None]
) -> list[Claim]:
    """Enter the claims of one host's INTERFACES; those of taps, which speak for guests, are handed back."""
    taps: list[Claim] = []
    for interface in interfaces:
        for claim in _interface_claims(topology, interface, containers):
            (taps if claim.owner_kind == "tap" else model.claims.setdefault(claim.mac, [])).append(claim)
    return taps


def _containers(model: Model, reader: Reader) -> Iterator[tuple[str | None, str | None]]:
    """(id, name) of each container; what tells one that is an inventory host too is noted in MODEL."""
    for path, item in reader.objects("containers"):
        names = {field: reader.text(item, field, path) for field in ("id", "name", "netns", "machine_id")}
        if names["netns"] and names["machine_id"]:
            key = (names["netns"], names["machine_id"])
            model.containers.setdefault(key, []).append(f"container {reader.host}/{names['id']}")
        runtime = reader.text(item, "runtime", path)
        if runtime and names["id"]:
            model.runtimes[(reader.host, names["id"])] = runtime
        yield names["id"], names["name"]


def _taps_of(guests: Iterable[Guest]) -> Collection[str]:
    """The taps by which GUESTS are known to hang on their host."""
    return {nic.tap for guest in guests for nic in guest.nics if nic.tap} or ()


def _gaps(reader: Reader) -> Iterator[dict[str, str]]:
    for path, gap in reader.objects("gaps"):
        texts = {name: reader.text(gap, name, path) for name in ("subset", "reason", "hint", "netns", "item")}
        yield {"host": reader.host, **{name: text for name, text in texts.items() if text}}


def _interface_claims(
    topology: HostTopology, interface: Interface, containers: Mapping[str | None, str | None]
) -> Iterator[Claim]:
    if interface.mac is None or interface.link_type == "loopback":
        return
    claim = interface_claim(topology, interface, interface.mac, containers)
    if (
        claim.owner_kind == "tap" or interface.kind != "tun" or has_own_address(interface)
    ) and interface.key not in topology.lent:
        yield claim
    permanent = interface.permanent_mac
    if claim.owner_kind != "tap" and permanent and permanent not in (interface.mac, ZERO):
        yield _spare(claim, permanent)


def _spare(claim: Claim, mac: str) -> Claim:
    return claim._replace(mac=mac, in_use=False, addresses=(), prefixes=(), dad_failed=False)


_TAPS = ("macvtap", "tun")
_STATES = {None: "unknown", True: "up", False: "down"}


def _is_of_guest(tap: Interface, mac: str) -> bool:
    """Whether MAC, that of TAP, is the MAC of a guest behind it."""
    # A macvtap carries the very MAC of the guest behind it, a tap all but its first octet.
    # One with an address of its own is a VPN's, and its host's NIC like any other.
    return tap.kind == "macvtap" or (mac.startswith(("fe:", "fa:")) and not has_own_address(tap))


def _kind_below(topology: HostTopology, interface: Interface) -> str | None:
    """The kind of the interface that INTERFACE is stacked on; None if that is a plain NIC, or was not told."""
    lower = topology.interfaces.get((interface.link_netns or interface.netns, interface.link or ""))
    return lower.kind if lower else None


def _has_twin(held: Iterable[Address], mac: str) -> bool:
    """Whether another user was found of an address in HELD that was made of MAC: any other is a matter of addresses
    alone.
    """
    return any("dadfailed" in address.flags and is_made_of(address.address, mac) for address in held)


def _columns(held: Iterable[Address]) -> tuple[tuple[str, ...], tuple[int | None, ...]]:
    """The addresses and the prefixes of what an interface HELD."""
    return tuple([address.address for address in held]), tuple([address.prefix for address in held])


def interface_claim(
    topology: HostTopology, interface: Interface, mac: str, containers: Mapping[str | None, str | None]
) -> Claim:
    """The claim of INTERFACE to MAC; CONTAINERS maps the ids of the host's containers to their names."""
    host = topology.host
    point = t.cast(int, topology.point(interface.key))
    is_tap = interface.kind in _TAPS and _is_of_guest(interface, mac)
    inside, held = interface.netns, interface.addresses
    addresses, prefixes = _columns(held) if held else ((), ())  # most NICs of a fleet hold no address
    return Claim(
        mac=mac,
        owner=intern(f"container {host}/{inside}") if inside else topology.owner,
        owner_kind="tap" if is_tap else "container" if inside else "host",
        host=host,
        guest=shown(containers.get(inside) or inside, HELD) if inside else None,
        uuid=None,
        interface=interface.name,
        kind=interface.kind,
        lower_kind=_kind_below(topology, interface) if interface.link else None,
        state=_STATES[interface.up],
        in_use=True,
        addresses=addresses,
        prefixes=prefixes,
        dad_failed=bool(held) and _has_twin(held, mac),
        link_type=interface.link_type,
        assign_type=interface.assign_type,
        permanent_mac=topology.own_mac(interface),
        bridge=interface.master,
        point=point,
        external=topology.is_external(point),
    )


def _guest_claims(topology: HostTopology, guest: Guest, nic: GuestNic) -> Iterator[Claim]:
    point = topology.of_guest(nic, guest.name) if guest.node is None else topology.abroad(nic, guest.name, guest.node)
    now = presence_in(guest.state, guest.hypervisor)
    state = ("up" if nic.link_up else "down") if now.on_wire else guest.state if now.known else "unknown"
    managed = Managed(
        guest.hypervisor, guest.id, guest.kind, guest.node, guest.product_uuid, nic.name, nic.definition,
        nic.source or nic.bridge, guest.recorded)
    claim = Claim(
        mac=nic.mac,
        owner=f"guest {guest.key}",
        owner_kind="guest",
        host=topology.host,
        guest=guest.name,
        uuid=guest.uuid,
        interface=nic.name,
        kind="teaming" if nic.teaming else nic.type,
        lower_kind=None,
        state=state,
        in_use=True,
        addresses=(),
        prefixes=(),
        dad_failed=False,
        link_type="ether",
        assign_type=None,
        permanent_mac=nic.persistent_mac,
        bridge=nic.bridge or nic.source,
        point=point,
        external=topology.is_external(point),
        managed=managed,
    )
    yield claim
    if now.active and nic.persistent_mac and nic.persistent_mac != nic.mac:
        yield _spare(claim, nic.persistent_mac)


# The first octet that libvirt's tap hides, by the two octets behind it (traps of makers' prefixes: docs/rules.md).
_HIDDEN_OCTET = {"54:00": "52", "16:3e": "fa", "24:11": "bc", "50:56": "00", "15:5d": "00"}


def _unfolded(taps: list[Claim], guests: list[Guest], reader: Reader) -> Iterator[Claim]:
    """Claims of guests that only their tap shows: the tap has the guest's MAC but for the first octet."""
    known = {nic.mac[3:] for guest in guests for nic in guest.nics}
    hidden = [claim for claim in taps if claim.mac[3:] not in known]
    if not hidden:
        return
    learned = {(row[1], row[2][3:]): row[2] for row in reader.rows("fdb", FDB_COLUMNS) if "permanent" not in row[6]}
    for claim in hidden:
        mac = learned.get((claim.interface, claim.mac[3:])) or _behind(claim)
        if mac:
            name = f"the guest behind {claim.interface}"
            yield claim._replace(mac=mac, owner=f"tap {claim.host}/{claim.interface}", guest=name, addresses=())


def _behind(tap: Claim) -> str | None:
    """The MAC of the guest behind TAP, as far as the tap's own tells it."""
    octet = tap.mac[:2] if tap.kind == "macvtap" else _HIDDEN_OCTET.get(tap.mac[3:8])
    return f"{octet}{tap.mac[2:]}" if octet else None


def _declare_segment(model: Model, topology: HostTopology, declared: object) -> None:
    """Join what the operator's ``layer2_segment`` names: a name for all that leads outside, or interface -> name."""
    if declared is None:
        return
    if isinstance(declared, str) and declared:
        wanted: Iterable[tuple[int, str]] = [(point, declared) for point in sorted(_plain(topology))]
    elif isinstance(declared, Mapping):
        wanted = list(_declared_points(model, topology, declared))
    else:
        model.quarantined.append(SnapshotError(
            topology.host, "layer2_segment", f"{type_name(declared)} is neither a name nor interface: name",
            "Write `layer2_segment: NAME` or `layer2_segment: {eth0: NAME}`",
        ))
        return
    for point, name in wanted:
        _join_declared(model, point, name)


def _plain(topology: HostTopology) -> set[int]:
    """Points outside any VLAN that lead outside: what one name for the whole host means."""
    tagged = {topology.point(key) for key, interface in topology.interfaces.items() if interface.kind == "vlan"}
    points = (topology.point(key) for key in topology.interfaces)
    return {point for point in points if point is not None and topology.is_external(point) and point not in tagged}


def _declared_points(
    model: Model, topology: HostTopology, declared: Mapping[t.Any, t.Any]
) -> Iterator[tuple[int, str]]:
    for interface, name in declared.items():
        point = topology.point(("", str(interface)))
        if point is None:
            model.quarantined.append(SnapshotError(
                topology.host, f"layer2_segment.{interface}", "the host has no such interface",
                "Name one of its interfaces, or correct the variable",
            ))
        else:
            yield point, str(name)


def _join_declared(model: Model, point: int, name: str) -> None:
    label = f"segment {name} (layer2_segment)"
    known = model.declared.get(name)
    if known is None:
        known = model.declared[name] = model.segments.point(label)
    model.segments.join(
        point, known, Link(f"the operator says that {model.segments.label(point)} is in segment {name}")
    )


def add_told(model: Model, host: str, guest: Guest) -> None:
    """Take in a GUEST that the manager HOST told of, or a machine that the register HOST records."""
    topology = HostTopology(
        host, (), (), model.segments
    )  # one of its own: a host that is called the same has other bridges
    model.topologies.setdefault(host, topology)
    for nic in guest.nics:
        for claim in _guest_claims(topology, guest, nic):
            told = claim._replace(state="recorded") if guest.recorded else claim
            if model.elsewhere.setdefault((claim.owner, claim.interface, claim.mac), told) is told and nic.network:
                _join_network(model, host, nic.network, told)


def _join_network(model: Model, host: str, network: str, claim: Claim) -> None:
    """Put CLAIM's NIC into the NETWORK that its manager calls one broadcast domain."""
    name = (claim.managed.network if claim.managed else None) or network
    point = model.networks.get((host, network))
    if point is None:
        point = model.networks[(host, network)] = model.segments.point(f"network {name}", host)
        model.segments.mark_external(point)
    model.segments.join(
        claim.point, point, Link(f"{claim.interface} of guest {claim.guest} is in network {name} of {host}")
    )


def _enter_elsewhere(model: Model) -> None:
    """A guest of another node of a cluster, or one that a manager told of, counts where no host that was read has it
    itself.
    """
    unread = [
        claim
        for claim in model.elsewhere.values()
        if claim.owner not in model.told and not _is_told_by_node(model, claim)
    ]
    for claim in unread:
        model.claims.setdefault(claim.mac, []).append(claim)
    model.recorded.update(claim.mac for claim in unread if claim.recorded)
    model.guests += len({claim.owner for claim in unread if not claim.recorded})
    model.elsewhere.clear()


def _is_told_by_node(model: Model, claim: Claim) -> bool:
    """Whether the node that the guest of CLAIM is on told of it itself: one product UUID, one MAC, one node.

    A restored copy has the UUID and the MAC of its original, and is another machine, so all three must be one. What the
    manager knows of the NIC's network goes to the node's own claim.
    """
    managed = claim.managed
    if managed is None or not (managed.node and managed.product_uuid):
        return False
    same = [
        told
        for told in model.claims.get(claim.mac, ())
        if told.product_uuid == managed.product_uuid and _is_told_on(model, told, managed.node)
    ]
    if not same or len({told.owner for told in same}) > 1:
        return False
    model.segments.join(
        same[0].point, claim.point, Link(f"{claim.host} and {same[0].host} tell of one guest, {claim.guest}")
    )
    return True


def _is_told_on(model: Model, told: Claim, node: str) -> bool:
    """Whether TOLD is what NODE itself says of a guest."""
    if told.owner_kind != "guest" or told.managed is None or told.managed.node:
        return False
    return _is_called(model, told.host, node)


def _is_called(model: Model, host: str, name: str) -> bool:
    """Whether HOST, which was read, goes by NAME, with or without its domain."""
    return host in model.identities and bool({name, name.partition(".")[0]} & _names_of(model, host))


def _settle_records(model: Model) -> None:
    """Part what registers say from what was told by those who can look.

    A record of the machine that has the MAC says nothing new, and no record speaks against several machines that have
    it: these are kept as evidence. What is left of them contradicts the only machine that has the MAC, or another
    record.
    """
    for mac in model.recorded:
        claims = model.claims[mac]
        recorded = {claim.owner: claim for claim in reversed(claims) if claim.recorded}
        real = [claim for claim in claims if not claim.recorded]
        known = _nothing_new(model, real, recorded.values())
        model.records[mac] = known
        model.claims[mac] = [*real, *(claim for claim in reversed(recorded.values()) if claim not in known)]


def _nothing_new(model: Model, real: list[Claim], recorded: Iterable[Claim]) -> list[Claim]:
    """Those of RECORDED that speak against nobody: all, if several machines have the MAC, else records of the one that
    has it.
    """
    several = len({model.owner_of(claim) for claim in real}) > 1
    names = {name.lower() for claim in real for name in _names_of_claimant(model, claim)}
    return [claim for claim in recorded if several or not names.isdisjoint(_short(claim.guest or ""))]


def _names_of_claimant(model: Model, claim: Claim) -> set[str]:
    """What the machine of CLAIM is called by those who told of it."""
    return _names_of(model, claim.host) if claim.owner_kind == "host" else _short(claim.guest or "")


def _short(name: str) -> set[str]:
    """NAME in small letters, with and without its domain; nothing of no name."""
    return {name.lower(), name.lower().partition(".")[0]} - {""}


def _merge_containers(model: Model) -> None:
    """A container that is an inventory host too: one network namespace, one machine-id, and only one container that
    fits.
    """
    for host, identity in model.identities.items():
        if identity.container and identity.netns and identity.machine_id:
            fitting = model.containers.get((identity.netns, identity.machine_id), [])
            if len(fitting) == 1:
                model.merge(fitting[0], f"host {host}")


def _merge_guests(model: Model, contested: Mapping[str, list[Claim]]) -> None:
    """A guest that is also an inventory host: DMI product UUID = the guest's, and at least one MAC in common.

    Restored copies share the UUID and the MAC, and are machines of their own: where several guests or hosts have a
    UUID, those are one that are called the same.
    """
    hosts = _hosts_by_uuid(model)
    guests: dict[str, dict[str, str | None]] = {}  # UUID -> key -> name
    inside: dict[str, set[str]] = {}
    for claims in contested.values():
        told = {claim.host for claim in claims if claim.owner_kind == "host"}
        for claim in claims:
            uuid = claim.product_uuid or ""
            if uuid in hosts:
                guests.setdefault(uuid, {})[claim.owner] = claim.guest
                inside.setdefault(uuid, set()).update(told)
    for uuid, names in guests.items():
        distinct = {model.owner(f"host {host}"): host for host in hosts[uuid] if host in inside[uuid]}
        for guest, host in _pairs(model, names, distinct):
            model.merge(guest, host)


def _hosts_by_uuid(model: Model) -> dict[str, list[str]]:
    """DMI product UUID -> hosts that have it; a container shows that of its host, which is another machine."""
    hosts: dict[str, list[str]] = {}
    for host, identity in model.identities.items():
        if identity.product_uuid and not identity.container:
            hosts.setdefault(identity.product_uuid, []).append(host)
    return hosts


def _merge_own_containers(model: Model, contested: Mapping[str, list[Claim]]) -> None:
    """A container that its hypervisor tells of as a guest, and whose namespace was read: a NIC of the guest is a cable
    into it, or its control group is called by the guest's id (Proxmox).
    """
    for claims in contested.values():
        read = {claim.owner for claim in claims if claim.owner_kind == "container"}
        for claim in claims:
            managed = claim.managed
            if managed is None or managed.kind != "container" or managed.node:
                continue
            named = f"container {claim.host}/lxc-{managed.id}"
            for inside in sorted(read & {named, *model.cabled.get(claim.owner, ())}):
                model.merge(claim.owner, inside)


# Drivers of NICs that only guests have: QEMU's, Xen's, Hyper-V's, VMware's.
_GUEST_DRIVERS = frozenset({"virtio_net", "virtio-net", "xen-netfront", "xen_netfront", "hv_netvsc", "vmxnet3"})


def _merge_likely(model: Model, contested: Mapping[str, list[Claim]]) -> None:
    """A guest that is an inventory host where no UUID tells (no root, raw text): one running guest, one host that can
    be it.
    """
    for claims in contested.values():
        guests = {
            model.owner_of(claim): claim.guest for claim in claims if claim.owner_kind in ("guest", "tap") and claim.up
        }
        for guest, host in _likely_pairs(model, guests, claims) if guests else ():
            model.merge(guest, host)
            model.likely.add(model.owner(guest))


def _likely_pairs(model: Model, guests: dict[str, str | None], claims: list[Claim]) -> Iterator[tuple[str, str]]:
    """(guest, host) of GUESTS, who run, that may be hosts among CLAIMS and are none yet."""
    where = {claim.host for claim in claims if claim.owner_kind != "host"}
    outside = [claim for claim in claims if claim.owner_kind == "host" and claim.host not in where]
    hosts = {model.owner_of(claim): claim.host for claim in outside if _may_be_guest(model, claim, claims)}
    taken = {model.owner_of(claim) for claim in outside}
    return _pairs(model, {key: name for key, name in guests.items() if key not in taken}, hosts)


def _pairs(model: Model, guests: dict[str, str | None], hosts: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(guest, host) of those that are called the same; and the only guest and the only host, whatever they are called.
    """
    if len(guests) == 1 and len(hosts) == 1:
        (guest,), (host,) = guests, hosts
        yield guest, host
        return
    for guest, name in guests.items():
        named = [key for key, host in hosts.items() if name and name in _names_of(model, host)]
        if len(named) == 1 and [*guests.values()].count(name) == 1:
            yield guest, named[0]


def _names_of(model: Model, host: str) -> set[str]:
    """What a host is called: in the inventory and by itself, with and without its domain."""
    names = {host, model.identities[host].hostname or host}
    return names | {name.partition(".")[0] for name in names}


def _may_be_guest(model: Model, claim: Claim, claims: list[Claim]) -> bool:
    """Whether the host of CLAIM can be the guest that another of CLAIMS is of: it is virtual, or raw text told nothing
    of it, and no UUID differs.
    """
    identity = model.identities[claim.host]
    has_uuid = any(other.product_uuid for other in claims if other.up)
    if not claim.in_use or identity.container or (identity.product_uuid and has_uuid):
        return False
    interface = model.topologies[claim.host].interfaces.get(("", claim.interface))
    is_virtual = bool(identity.virtualization) or (interface is not None and interface.driver in _GUEST_DRIVERS)
    return is_virtual or not (identity.machine_id or identity.boot_id or identity.hostname)
