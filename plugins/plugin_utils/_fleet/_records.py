"""Typed records of one snapshot: what the judgement needs of interfaces, bridges and guests, each field checked, bad
ones quarantined.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_interface

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._shown_name import HELD, shown
from ansible_collections.netops.layer2.plugins.plugin_utils._common._lenient import object_in
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Document, SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._texts import intern
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened, type_name

MAX_NAME = 256
NEIGHBOR_COLUMNS = 6  # netns interface address mac state flags
FDB_COLUMNS = 7  # netns interface mac vlan bridge dst flags
RECORDS = "records"  # the source of a document that a register's rows were made into
_INTERFACE_TEXTS = ("netns", "kind", "driver", "master", "link", "link_netns", "mode")
_IDENTITY_TEXTS = (
    "machine_id",
    "product_uuid",
    "boot_id",
    "netns",
    "hostname",
    "container",
    "virtualization",
    "system",
)
_NO_PORTS: Mapping[str, t.Any] = {}  # one for all bridges that tell nothing of them
_OWN = frozenset({"machine_id", "product_uuid", "boot_id", "hostname"})
Quarantine = Callable[[SnapshotError], None]
Key = tuple[str, str]  # network namespace ("" is the host's own), interface name


# Records that a fleet has by the hundred thousand are NamedTuples: frozen dataclasses take twice the time to make.
class Address(t.NamedTuple):
    """An IP address on an interface."""

    address: str
    prefix: int | None
    flags: tuple[str, ...]
    mark: str | None  # what its maker left: the kernel's note of who made it, or a label


def network_of(address: str, prefix: int | None) -> IPv4Network | IPv6Network | None:
    """The subnet of an address with its prefix; None where that is not known, or one of them is broken."""
    try:
        return None if prefix is None else ip_interface(f"{address}/{prefix}").network
    except ValueError:
        return None


class Interface(t.NamedTuple):
    """An interface of a host or of one of its containers; None where the snapshot does not say."""

    name: str
    netns: str
    mac: str | None
    permanent_mac: str | None
    link_type: str
    kind: str | None
    driver: str | None
    up: bool | None
    master: str | None
    link: str | None
    link_netns: str | None
    link_foreign: bool
    assign_type: int | None
    vlan_id: int | None
    mode: str | None
    addresses: tuple[Address, ...]

    @property
    def key(self) -> Key:
        """Where it is on its host."""
        return _key(self.netns, self.name)


class Bridge(t.NamedTuple):
    """A bridge: Linux or Open vSwitch."""

    key: Key
    kind: str
    vlan_filtering: bool
    ports: tuple[str, ...]
    port_vlans: Mapping[str, list[tuple[int, bool]]]  # port -> [(VLAN id, is PVID)]
    patches: Mapping[str, str]  # Open vSwitch: patch port -> its peer on another bridge


class GuestNic(t.NamedTuple):
    """One NIC of a guest."""

    mac: str
    live_mac: str | None
    persistent_mac: str | None
    name: str
    bridge: str | None
    source: str | None
    type: str
    vlans: tuple[int, ...]
    tap: str | None
    link_up: bool
    teaming: bool
    definition: str | None = None  # the NIC in the words of its hypervisor's configuration, where that is one line
    network: str | None = None  # the id of its network, where its manager calls that one broadcast domain


class Guest(t.NamedTuple):
    """A guest, as the hypervisor HYPERVISOR (a name of docs/snapshot.md; None in a snapshot that names none) tells it.
    """

    name: str
    uuid: str | None  # unique where there is one; None where an id and a manager take its place
    state: str
    nics: tuple[GuestNic, ...]
    hypervisor: str | None = None
    key: str = ""  # equal for all that is told of one guest, by whomever
    id: str | None = None
    kind: str | None = None
    node: str | None = None  # another node of the cluster, which the guest is on
    product_uuid: str | None = None  # that its own DMI shows; copies may share it
    recorded: bool = False  # a register has it; whether it exists nobody looked


class Identity(t.NamedTuple):
    """What tells one machine from another."""

    machine_id: str | None
    product_uuid: str | None
    boot_id: str | None
    netns: str | None
    hostname: str | None
    container: str | None
    virtualization: str | None
    system: str | None
    address_managers: tuple[str, ...]


class Reader:
    """Reads the records of one document; what is wrong goes to QUARANTINE, the rest is returned.

    RECEIVED: Unix time at which the controller got the document, None where nobody knows.
    """

    def __init__(self, document: Document, quarantine: Quarantine, received: float | None = None) -> None:
        self.document = document
        self._quarantine = quarantine
        self.received = received
        self.host = str(document["host"])
        self._macs: dict[str, str] = {}  # as told -> canonical: a host's stack tells one several times

    def reject(self, field: str, problem: str, hint: str = "It was left out; look at the host itself") -> None:
        """Note that FIELD was not used."""
        self._quarantine(SnapshotError(self.host, field, problem, hint))

    def objects(self, field: str, of: object | None = None, path: str = "") -> Iterator[tuple[str, dict[str, t.Any]]]:
        """Yield (path, object) for each object of the list in FIELD; anything else is quarantined."""
        value = (self.document if of is None else t.cast("dict[str, t.Any]", of)).get(field)
        if value is None:
            return
        where = f"{path}{field}"
        if not isinstance(value, list):
            self.reject(where, f"{type_name(value)} instead of a list")
            return
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield f"{where}[{index}]", item
            else:
                self.reject(f"{where}[{index}]", f"{type_name(item)} instead of an object")

    def text(self, item: dict[str, t.Any], field: str, path: str) -> str | None:
        """A short text or None; a long one is cut, and the cut is reported. Equal texts of a fleet are one object."""
        value = item.get(field)
        # Ansible's tagged strings are subclasses of str; they leave here as plain ones.
        if type(value) is str and len(value) <= MAX_NAME:  # pylint: disable=unidiomatic-typecheck
            return intern(value)
        return None if value is None else self._odd_text(value, f"{path}.{field}")

    def own_text(self, item: dict[str, t.Any], field: str, path: str) -> str | None:
        """The same for a text that each host has its own of, so that it need not be looked for among those of others.
        """
        value = item.get(field)
        if type(value) is str and len(value) <= MAX_NAME:  # pylint: disable=unidiomatic-typecheck
            return value
        return None if value is None else self._odd_text(value, f"{path}.{field}")

    def _odd_text(self, value: object, where: str) -> str | None:
        """What is left of a value that is no short plain text."""
        if isinstance(value, str):
            if len(value) > MAX_NAME:
                self.reject(where, f"{len(value)} characters long", f"It was cut to {MAX_NAME}")
            return str(value[:MAX_NAME])
        self.reject(where, f"{type_name(value)} instead of text")
        return None

    def texts(self, item: dict[str, t.Any], fields: tuple[str, ...], path: str) -> list[str | None]:
        """The same for several fields; most are absent, and that is answered without a call."""
        return [self.text(item, field, path) if field in item else None for field in fields]

    def mac(self, item: dict[str, t.Any], field: str, path: str) -> str | None:
        """A canonical MAC or None."""
        value = item.get(field)
        if value is None:
            return None
        if isinstance(value, str) and value in self._macs:
            return self._macs[value]
        try:
            self._macs[value] = mac = canonical(value)
            return mac
        except MacError as error:
            self.reject(f"{path}.{field}", shortened(str(error)))
            return None

    def row_texts(self, table: str) -> list[str]:
        """The rows of TABLE as they are; what is no text is quarantined."""
        content = self.document.get(table)
        if content is None:
            return []
        rows = content.get("rows") if isinstance(content, dict) else None
        if not isinstance(rows, list):
            self.reject(f"{table}.rows", "no list of rows")
            return []
        if set(map(type, rows)) <= {str}:
            return rows
        texts = [str(row) for row in rows if isinstance(row, str)]  # Ansible's tagged strings leave here as plain ones
        if len(texts) < len(rows):
            self.reject(f"{table}.rows", f"{len(rows) - len(texts)} rows are no texts")
        return texts

    def rows(self, table: str, columns: int) -> Iterator[list[str]]:
        """The split rows of TABLE; those with the wrong number of columns are quarantined."""
        broken = []
        for row in self.row_texts(table):
            parts = row.split(" ")
            if len(parts) == columns:
                yield parts
            else:
                broken.append(row)
        self.reject_rows(table, broken, columns)

    def reject_rows(self, table: str, broken: list[str], columns: int) -> None:
        """Note the rows of TABLE that do not have as many COLUMNS."""
        if broken:
            self.reject(
                f"{table}.rows", f"{len(broken)} do not have {columns} columns, the first: {shortened(broken[0], 60)}"
            )

    def identity(self) -> Identity:
        """The machine's identity, as far as it is known."""
        item = self.document.get("identity")
        if not isinstance(item, dict):
            item = {}
        read = {
            name: (self.own_text if name in _OWN else self.text)(item, name, "identity") for name in _IDENTITY_TEXTS
        }
        uuid, managers = read["product_uuid"], item.get("address_managers")
        names = tuple(str(name)[:MAX_NAME] for name in managers) if isinstance(managers, list) else ()
        return Identity(**{**read, "product_uuid": uuid.lower() if uuid else None}, address_managers=names)

    def interfaces(self) -> Iterator[Interface]:
        """Every interface that has a name."""
        for path, item in self.objects("interfaces"):
            name = self.text(item, "name", path)
            if name:
                yield self._interface(item, name, path)
            else:
                self.reject(f"{path}.name", "missing")

    def _interface(self, item: dict[str, t.Any], name: str, path: str) -> Interface:
        up, carrier = item.get("up"), item.get("carrier")
        vlan = item.get("vlan")
        vlan_id = vlan.get("id") if isinstance(vlan, dict) else None
        assign = item.get("assign_type")
        netns, kind, driver, master, link, link_netns, mode = self.texts(item, _INTERFACE_TEXTS, path)
        return Interface(
            name=name,
            netns=netns or "",
            mac=self.mac(item, "mac", path),
            permanent_mac=self.mac(item, "permanent_mac", path),
            link_type=self.text(item, "link_type", path) or "ether",
            kind=kind,
            driver=driver,
            up=None
            if up is None
            else bool(up) and carrier is not False and str(item.get("operstate")).lower() != "down",
            master=master,
            link=link,
            link_netns=link_netns,
            link_foreign=item.get("link_foreign") is True,
            assign_type=assign if isinstance(assign, int) else None,
            vlan_id=vlan_id if isinstance(vlan_id, int) else None,
            mode=mode,
            addresses=tuple(self._addresses(item, path)) if item.get("addresses") else (),
        )

    def _addresses(self, item: dict[str, t.Any], path: str) -> Iterator[Address]:
        for where, entry in self.objects("addresses", item, f"{path}."):
            address = self.own_text(entry, "address", where)
            prefix, flags = entry.get("prefix"), entry.get("flags")
            if address:
                names = tuple(str(flag) for flag in flags) if isinstance(flags, list) else ()
                mark = self.text(entry, "proto" if "proto" in entry else "label", where) if len(entry) > 3 else None
                yield Address(address, prefix if isinstance(prefix, int) else None, names, mark)

    def bridges(self) -> Iterator[Bridge]:
        """Every bridge that has a name."""
        for path, item in self.objects("bridges"):
            name = self.text(item, "name", path)
            if name:
                ports, patches = item.get("ports"), item.get("patches")
                yield Bridge(
                    key=(self.text(item, "netns", path) or "", name),
                    kind=self.text(item, "kind", path) or "linux",
                    vlan_filtering=item.get("vlan_filtering") is True,
                    ports=tuple(str(port) for port in ports) if isinstance(ports, list) else (),
                    port_vlans=_port_vlans(item.get("port_vlans")),
                    patches={str(port): str(peer) for port, peer in patches.items()}
                    if isinstance(patches, dict)
                    else _NO_PORTS,
                )

    def guests(self) -> Iterator[Guest]:
        """Every guest, with the NICs that have a MAC."""
        for path, item in self.objects("guests"):
            name = self.text(item, "name", path) or "(no name)"
            nics = tuple(nic for nic in (self._nic(*pair) for pair in self.objects("nics", item, f"{path}.")) if nic)
            hypervisor, state = self.text(item, "hypervisor", path), self.text(item, "state", path) or "unknown"
            if item.get("id") is not None:
                yield self._managed(
                    item,
                    path,
                    Guest(name, None, state, nics, hypervisor, recorded=self.document.get("source") == RECORDS),
                )
                continue
            uuid = (self.text(item, "uuid", path) or f"{self.host}/{name}").lower()
            yield Guest(name, uuid, state, nics, hypervisor, uuid, product_uuid=uuid)

    def _managed(self, item: dict[str, t.Any], path: str, guest: Guest) -> Guest:
        """GUEST with what its manager knows it by: an id that is unique there, which a UUID is not."""
        manager, known = self.text(item, "manager", path) or self.host, self.text(item, "id", path)
        known = shown(known, HELD) if known else None  # it stands in commands and lines of their own
        uuid, node = self.text(item, "product_uuid", path), self.text(item, "node", path)
        return guest._replace(
            key=f"{guest.hypervisor}/{manager}/{known or guest.name}",
            id=known,
            kind=self.text(item, "kind", path),
            node=shown(node, HELD) if node else None,
            product_uuid=uuid.lower() if uuid else None,
        )

    def _nic(self, path: str, item: dict[str, t.Any]) -> GuestNic | None:
        live, persistent = self.mac(item, "live_mac", path), self.mac(item, "persistent_mac", path)
        mac = self.mac(item, "mac", path) or live or persistent
        if mac is None:
            return None
        tap, alias = self.text(item, "tap", path), self.text(item, "alias", path)
        vlans, network = item.get("vlan"), object_in(item.get("network"))
        return GuestNic(
            mac=mac,
            live_mac=live,
            persistent_mac=persistent,
            name=alias or tap or self.text(item, "address", path) or path.rpartition(".")[2],
            bridge=self.text(item, "bridge", path),
            source=self.text(item, "source", path) or self.text(network, "name", f"{path}.network"),
            type=self.text(item, "type", path) or "unknown",
            vlans=tuple(vlan for vlan in vlans if isinstance(vlan, int)) if isinstance(vlans, list) else (),
            tap=tap,
            link_up=item.get("link") != "down",
            teaming=item.get("teaming") is not None,
            definition=self.text(item, "definition", path),
            network=self.text(network, "id", f"{path}.network"),
        )


@lru_cache(maxsize=4096)
def _key(netns: str, name: str) -> Key:
    """One object for the many interfaces of a fleet that have the same name."""
    return (netns, name)


def _port_vlans(value: object) -> Mapping[str, list[tuple[int, bool]]]:
    if not isinstance(value, dict):
        return _NO_PORTS
    return {
        str(port): [
            (entry["id"], entry.get("pvid") is True)
            for entry in entries
            if isinstance(entry, dict) and isinstance(entry.get("id"), int)
        ]
        for port, entries in value.items()
        if isinstance(entries, list)
    }
