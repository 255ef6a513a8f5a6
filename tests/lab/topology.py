"""Topology files: YAML text in, checked records out, or an error that names item, field and way out."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml

from .system import LabError

FOLDER = Path(__file__).parent / "topologies"
RELEASES = ("bullseye", "bookworm", "trixie")
MANAGERS = ("networkd", "networkmanager", "ifupdown", "ifupdown2", "ifupdown-ng", "netplan", "none")
STATES = ("running", "shut off")
T = TypeVar("T")


class TopologyError(LabError):
    """A topology file that cannot be built."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A Linux bridge in a namespace of its own; ageing in seconds."""

    name: str
    ageing: int = 300


@dataclass(frozen=True, slots=True)
class Switching:
    """A host that is a switch: the bridge br0, its own addresses, trunks (by the switch at their other end) on which it
    learns nothing, and members that it routes to through one trunk whatever its bridge knows, as a layer-3 switch does
    by the port in its ARP entries.
    """

    ageing: int = 300
    addresses: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    learning_off: tuple[str, ...] = ()
    adjacency: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Nic:
    """A host's NIC on a switch; with a bridge, the addresses are the bridge's. Routes are written as ip-route(8) takes
    them.
    """

    name: str
    switch: str
    mac: str
    addresses: tuple[str, ...] = ()
    bridge: str | None = None
    gateway: str | None = None
    routes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """What no network manager owns, as Docker, keepalived or an LVS script make it: bridge, macvlan, or addresses on
    the loopback.
    """

    name: str
    kind: str
    mac: str | None = None
    parent: str | None = None
    mode: str = "bridge"
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Host:
    """A machine with its own system: booted (systemd, network manager), or a lone sshd where boot is false."""

    name: str
    release: str
    manager: str
    nics: tuple[Nic, ...]
    links: tuple[Link, ...] = ()
    hypervisor: bool = False
    boot: bool = True
    inventory: bool = True
    groups: tuple[str, ...] = ()
    sysctls: tuple[tuple[str, str], ...] = ()
    chatter: tuple[str, ...] = ()
    switching: Switching | None = None
    machine_id: str = ""

    @property
    def address(self) -> str:
        """The address that the controller uses, without prefix: a switch's own, else the first of the first NIC."""
        own = self.switching.addresses if self.switching else ()
        return next(text for texts in (own, *(nic.addresses for nic in self.nics)) for text in texts).split("/")[0]


@dataclass(frozen=True, slots=True)
class Guest:
    """A libvirt domain with one NIC; with disk it runs Debian and an SSH server, else it echoes on TCP port 7."""

    name: str
    hypervisor: str
    uuid: str
    mac: str
    address: str
    bridge: str = "br0"
    state: str = "running"
    disk: bool = False
    memory: int = 96
    chatter: str | None = None
    every: float = 1.0
    machine_id: str = ""


@dataclass(frozen=True, slots=True)
class Controller:
    """Where Ansible runs: a bare namespace on a switch."""

    switch: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topology:
    """Everything that one lab is made of; with pipelining, Ansible pipes modules to its hosts' Python, as many fleets
    have it set.
    """

    name: str
    description: str
    controller: Controller
    switches: tuple[Switch, ...]
    pipelining: bool = False
    trunks: tuple[tuple[str, str], ...] = ()
    hosts: tuple[Host, ...] = ()
    guests: tuple[Guest, ...] = ()
    source: str = field(default="", repr=False, compare=False)

    def host(self, name: str) -> Host:
        """The host of that name."""
        found = next((host for host in self.hosts if host.name == name), None)
        if found is None:
            raise TopologyError(f"no host {name!r} here: there are {', '.join(host.name for host in self.hosts)}")
        return found

    def ports_of(self, switch: str) -> list[tuple[str, str]]:
        """(member, NIC) of everything that is plugged into a switch, trunks left out."""
        return [(host.name, nic.name) for host in self.hosts for nic in host.nics if nic.switch == switch]

    def guests_of(self, host: Host) -> list[Guest]:
        """The guests that are defined on a hypervisor."""
        return [guest for guest in self.guests if guest.hypervisor == host.name]

    def inventory_guests(self) -> list[Guest]:
        """The guests that Ansible reaches."""
        return [guest for guest in self.guests if guest.disk and guest.state == "running"]


def derived(kind: str, *names: str) -> str:
    """32 hex digits that depend on nothing but the names: machine ids, UUIDs and MACs stay equal from run to run."""
    return hashlib.sha256("/".join((kind, *names)).encode()).hexdigest()[:32]


class Fields:
    """One mapping of the file, read field by field; end() refuses what nobody read."""

    def __init__(self, data: object, place: str) -> None:
        if not isinstance(data, Mapping):
            raise TopologyError(f"{place}: a mapping is expected, not {type(data).__name__}")
        self.data: dict[str, Any] = {str(key): value for key, value in data.items()}
        self.place = place
        self.known: list[str] = []

    def fail(self, name: str, problem: str) -> TopologyError:
        """The error for one field."""
        return TopologyError(f"{self.place}: {name}: {problem}")

    def get(self, name: str, kind: type[T], default: T | None = None) -> T:
        """The value of a field, checked by type; a field without default is required."""
        self.known.append(name)
        value = self.data.get(name, default)
        if value is None:
            raise self.fail(name, "is missing: add it")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.fail(name, f"{value!r} is {type(value).__name__}, {kind.__name__} is expected (quote texts)")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(str(value) for value in self.get(name, list, []))

    def text(self, name: str, default: str | None = None, among: tuple[str, ...] = ()) -> str:
        """A text field, if asked one of a few."""
        value = self.get(name, str, default)
        if among and value not in among:
            raise self.fail(name, f"{value!r} is unknown: use one of {', '.join(among)}")
        return value

    def optional(self, name: str) -> str | None:
        """A text field that may be left out."""
        return self.text(name) if self.data.get(name) is not None else self.known.append(name)  # type: ignore[func-returns-value]

    def mac(self, name: str, default: str | None = None) -> str:
        """A MAC address, lower case with colons; in YAML it must be quoted."""
        value = self.text(name, default)
        if not re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", value):
            raise self.fail(name, f"{value!r} is no MAC address: write it as '52:54:00:0c:1d:f5'")
        return value

    def addresses(self, name: str) -> tuple[str, ...]:
        """Interface addresses with prefix length."""
        values = self.get(name, list, [])
        for value in values:
            self.check_address(name, value)
        return tuple(values)

    def check_address(self, name: str, value: object) -> str:
        """One interface address with prefix length."""
        try:
            ipaddress.ip_interface(str(value))
        except ValueError as error:
            raise self.fail(name, f"{error}: write it as 192.0.2.1/24") from error
        if "/" not in str(value):
            raise self.fail(name, f"{value!r} has no prefix length: write it as 192.0.2.1/24")
        return str(value)

    def each(self, name: str, build: Callable[[str, Fields], T]) -> tuple[T, ...]:
        """A mapping of named items, each built by a function."""
        items = self.get(name, dict, {})
        return tuple(
            build(str(key), Fields(value or {}, f"{self.place}: {name}: {key}")) for key, value in items.items()
        )

    def end(self) -> None:
        """Refuse fields that nobody asked for."""
        for name in self.data:
            if name not in self.known:
                raise self.fail(name, f"is unknown: {', '.join(sorted(self.known))} are known")


def _switch(name: str, fields: Fields) -> Switch:
    made = Switch(name, fields.get("ageing", int, 300))
    fields.end()
    return made


def _nic(host: str) -> Callable[[str, Fields], Nic]:
    def build(name: str, fields: Fields) -> Nic:
        digits = derived("nic", host, name)
        own = "02:" + ":".join(digits[at : at + 2] for at in range(0, 10, 2))
        made = Nic(
            name, fields.text("switch"), fields.mac("mac", own), fields.addresses("addresses"),
            fields.optional("bridge"), fields.optional("gateway"), fields.texts("routes"),
        )  # fmt: skip
        fields.end()
        return made

    return build


def _link(name: str, fields: Fields) -> Link:
    made = Link(
        name, fields.text("kind", among=("bridge", "macvlan", "loopback")),
        fields.mac("mac") if "mac" in fields.data else None, fields.optional("parent"),
        fields.text("mode", "bridge", among=("bridge", "private", "vepa", "passthru")), fields.addresses("addresses"),
    )  # fmt: skip
    fields.known.append("mac")
    if made.kind == "macvlan" and made.parent is None:
        raise fields.fail("parent", "is missing: a macvlan hangs on an interface")
    fields.end()
    return made


def _switching(fields: Fields) -> Switching | None:
    if "switching" not in fields.data:
        return None
    inner = Fields(fields.get("switching", dict), f"{fields.place}: switching")
    adjacency = inner.get("adjacency", dict, {})
    made = Switching(
        inner.get("ageing", int, 300), inner.addresses("addresses"), inner.texts("routes"), inner.texts("learning_off"),
        tuple((str(member), str(trunk)) for member, trunk in adjacency.items()),
    )  # fmt: skip
    inner.end()
    return made


def _host(name: str, fields: Fields) -> Host:
    boot = fields.get("boot", bool, True)
    made = Host(
        name=name,
        release=fields.text("release", "bookworm", among=RELEASES),
        manager=fields.text("manager", "networkd" if boot else "none", among=MANAGERS),
        nics=fields.each("nics", _nic(name)),
        links=fields.each("links", _link),
        hypervisor=fields.get("hypervisor", bool, False),
        boot=boot,
        inventory=fields.get("inventory", bool, True),
        groups=fields.texts("groups"),
        sysctls=tuple((str(key), str(value)) for key, value in fields.get("sysctls", dict, {}).items()),
        chatter=fields.texts("chatter"),
        switching=_switching(fields),
        machine_id=fields.text("machine_id", derived("machine", name)),
    )
    if made.switching and made.manager != "networkd":
        raise fields.fail(
            "switching", "only networkd's files are written for it: give that host 'manager: networkd' and let it boot"
        )
    if not any(nic.addresses for nic in made.nics) and not (made.switching and made.switching.addresses):
        raise fields.fail("nics", "no address on any NIC: the controller could not reach the host")
    fields.end()
    return made


def _uuid(name: str) -> str:
    digits = derived("guest", name)
    return "-".join((digits[:8], digits[8:12], "4" + digits[13:16], "8" + digits[17:20], digits[20:32]))


def _guest(name: str, fields: Fields) -> Guest:
    digits = derived("guest nic", name)
    chatter = Fields(fields.get("chatter", dict, {}), f"{fields.place}: chatter")
    disk = fields.get("disk", bool, False)
    made = Guest(
        name=name,
        hypervisor=fields.text("hypervisor"),
        uuid=fields.text("uuid", _uuid(name)),
        mac=fields.mac("mac", f"52:54:00:{digits[:2]}:{digits[2:4]}:{digits[4:6]}"),
        address=fields.check_address("address", fields.text("address")),
        bridge=fields.text("bridge", "br0"),
        state=fields.text("state", "running", among=STATES),
        disk=disk,
        memory=fields.get("memory", int, 256 if disk else 96),
        chatter=chatter.optional("to"),
        every=float(chatter.get("every", (int, float), 1.0)),  # type: ignore[arg-type]
        machine_id=fields.text("machine_id", derived("machine", name)),
    )
    chatter.end()
    fields.end()
    return made


def _repeated(data: dict[str, Any], place: str) -> dict[str, Any]:
    """Unfold hosts with 'count': N copies, {n} in texts replaced by 1..N."""
    unfolded: dict[str, Any] = {}
    for name, value in data.items():
        count = value.pop("count", None) if isinstance(value, dict) else None
        if count is None:
            unfolded[name] = value
            continue
        if not isinstance(count, int) or not 1 <= count <= 200:
            raise TopologyError(f"{place}: hosts: {name}: count: {count!r} is not a number from 1 to 200")
        for n in range(1, count + 1):
            unfolded[f"{name}{n}"] = _numbered(value, n)
    return unfolded


def _numbered(value: Any, n: int) -> Any:
    if isinstance(value, str):
        return value.replace("{n}", str(n))
    if isinstance(value, list):
        return [_numbered(item, n) for item in value]
    return {key: _numbered(item, n) for key, item in value.items()} if isinstance(value, dict) else value


def parse(name: str, text: str) -> Topology:
    """Read one topology; TopologyError for whatever could not be built."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise TopologyError(f"{name}: is no YAML: {error}") from error
    fields = Fields(data, name)
    fields.data["hosts"] = _repeated(fields.get("hosts", dict), name)
    controller = Fields(fields.get("controller", dict), f"{name}: controller")
    made = Topology(
        name=name,
        description=fields.text("description"),
        controller=Controller(controller.text("switch"), controller.addresses("addresses")),
        switches=fields.each("switches", _switch),
        pipelining=fields.get("pipelining", bool, False),
        trunks=tuple(_trunk(fields, pair) for pair in fields.get("trunks", list, [])),
        hosts=fields.each("hosts", _host),
        guests=fields.each("guests", _guest),
        source=text,
    )
    controller.end()
    fields.end()
    _check(made)
    return made


def _trunk(fields: Fields, pair: object) -> tuple[str, str]:
    if not isinstance(pair, list) or len(pair) != 2:
        raise fields.fail("trunks", f"{pair!r} is no pair of switches: write [sw1, sw2]")
    return str(pair[0]), str(pair[1])


def _check(made: Topology) -> None:
    """Whatever refers to something must find it."""
    switches = {switch.name for switch in made.switches} | {host.name for host in made.hosts if host.switching}
    named = [("controller", made.controller.switch)]
    named += [(f"trunks: {pair}", end) for pair in made.trunks for end in pair]
    named += [(f"hosts: {host.name}: nics: {nic.name}", nic.switch) for host in made.hosts for nic in host.nics]
    for place, switch in named:
        if switch not in switches:
            raise TopologyError(f"{made.name}: {place}: switch {switch!r} is not defined: add it under switches")
    for host in made.hosts:
        _check_switching(made, host)
    for host in made.hosts:
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,11}", host.name):
            raise TopologyError(f"{made.name}: hosts: {host.name}: use up to 12 letters a-z, digits and hyphens")
    for guest in made.guests:
        if guest.hypervisor not in {host.name for host in made.hosts if host.hypervisor}:
            problem = f"{guest.hypervisor!r} is no hypervisor: give that host 'hypervisor: true'"
            raise TopologyError(f"{made.name}: guests: {guest.name}: hypervisor: {problem}")


def _check_switching(made: Topology, host: Host) -> None:
    if host.switching is None:
        return
    trunks = {other for pair in made.trunks if host.name in pair for other in pair} - {host.name}
    named = [("learning_off", trunk) for trunk in host.switching.learning_off]
    named += [(f"adjacency: {member}", trunk) for member, trunk in host.switching.adjacency]
    for place, trunk in named:
        if trunk not in trunks:
            raise TopologyError(
                f"{made.name}: hosts: {host.name}: switching: {place}: no trunk to {trunk!r}: add it under trunks"
            )
    for member, _trunk_to in host.switching.adjacency:
        made.host(member)


def load(which: str) -> Topology:
    """The topology of a name in topologies/, or of a path."""
    path = Path(which) if which.endswith((".yml", ".yaml")) else FOLDER / f"{which}.yml"
    if not path.is_file():
        there = ", ".join(sorted(file.stem for file in FOLDER.glob("*.yml")))
        raise TopologyError(f"no topology {which!r}: give a path, or one of {there}")
    return parse(path.stem, path.read_text())
