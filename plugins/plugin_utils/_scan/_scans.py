"""Scan documents (docs/scan.md) as further sightings: what answered a vantage stands in its neighbour table, marked as an answer."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.plugin_utils._common._lenient import objects_in
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Document, Fleet, Kind, NoSnapshot, SnapshotError, open_snapshot
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._tables import ANSWERED
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened, type_name

SCAN = Kind("netops.layer2/scan", 1, "layer2_scan", "scan", "arp_scan")
WATCH = SCAN._replace(fact="layer2_watch", noun="watch", maker="arp_scan, mode watch")
COLUMNS = ("interface", "vlan", "address", "mac", "kind", "count", "first", "last")
_ANSWERS = ("arp", "na", "probe-conflict")  # somebody answered the vantage's own question
_NO_SIGHTING = ("probe",)  # that is an address that somebody wants, and does not have yet
_DISPUTED = ("conflict", "own_address")


class Reply(t.NamedTuple):
    """One row of ``replies``: ADDRESS was heard at MAC. ``vlan``: empty where the frames had no tag."""

    host: str
    interface: str
    vlan: str
    address: str
    mac: str
    kind: str
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Machines:
    """Whether addresses behind one MAC are one machine: True, False, or None where the evidence does not tell."""

    host: str
    addresses: tuple[str, ...]
    same: bool | None
    evidence: tuple[str, ...]


@dataclass(slots=True)
class Scans:
    """All scans of one judgement, by vantage."""

    replies: dict[str, list[Reply]] = field(default_factory=dict)
    disputed: dict[str, set[tuple[str, str]]] = field(default_factory=dict)  # vantage -> (address, MAC) that take turns
    machines: dict[str, list[Machines]] = field(default_factory=dict)  # by MAC
    gaps: list[dict[str, str]] = field(default_factory=list)
    quarantined: list[SnapshotError] = field(default_factory=list)

    def overlay(self, document: Document) -> None:
        """Enter what its scans heard into a snapshot: rows of its neighbour table, and a VLAN interface for each tag that it has none of."""
        found = self.replies.get(str(document.get("host")))
        if not found:
            return
        names = _Interfaces(document)
        disputed = self.disputed.get(str(document["host"]), set())
        rows = []
        for reply in found:
            if reply.kind in _NO_SIGHTING:
                continue
            live = reply.kind in _ANSWERS or (reply.address, reply.mac) in disputed
            rows.append(f"- {names.of(reply)} {reply.address} {reply.mac} {ANSWERED if live else 'REACHABLE'} -")
        table = document.get("neighbors")
        if table is not None and not isinstance(table, Mapping):
            self.quarantined.append(SnapshotError(str(document["host"]), "neighbors", f"{type_name(table)} instead of a table", "Gather the host again"))
            table = None
        known = table.get("rows") if table else None
        document["neighbors"] = {**(table or {}), "rows": [*(known if isinstance(known, list) else []), *dict.fromkeys(rows)]}

    def without_snapshot(self, hosts: t.Collection[str]) -> Iterator[dict[str, str]]:
        """A gap for each vantage that is none of HOSTS: nobody knows what its interfaces hang on."""
        for host in sorted(set(self.replies) - set(hosts)):
            yield {"host": host, "subset": "scan", "reason": "its scan was left out: there is no snapshot of this host to place it by",
                   "way_out": "Gather the host with layer2_facts"}


class _Interfaces:
    """Names of a snapshot's interfaces by interface and tag; what is missing is added to it."""

    def __init__(self, document: Document) -> None:
        interfaces = document.get("interfaces")
        self._items = [item for item in interfaces if isinstance(item, Mapping)] if isinstance(interfaces, list) else []
        self._document = document
        self._tagged = {
            (str(item.get("link")), str(item["vlan"].get("id"))): str(item.get("name"))
            for item in self._items if item.get("kind") == "vlan" and isinstance(item.get("vlan"), Mapping) and not item.get("netns")
        }

    def of(self, reply: Reply) -> str:
        """The interface that a reply came in on."""
        if not reply.vlan:
            return reply.interface
        key = (reply.interface, reply.vlan)
        if key not in self._tagged:
            self._tagged[key] = self._added(*key)
        return self._tagged[key]

    def _added(self, interface: str, vlan: str) -> str:
        name, taken = f"{interface}.{vlan}", {str(item.get("name")) for item in self._items}
        if name in taken:
            name = f"{interface}@{vlan}"
        carrier = next((item for item in self._items if item.get("name") == interface and not item.get("netns")), None)
        if carrier is not None:
            made: Document = {"name": name, "kind": "vlan", "link": interface, "vlan": {"id": int(vlan)}, "mac": carrier.get("mac"), "up": True,
                              "link_type": "ether", "addresses": [], "assign_type": 2}
            self._document["interfaces"] = [*self._document["interfaces"], made]
        return name


def read_scans(data: object) -> Scans:
    """The scans of DATA: None, hostvars (``layer2_scan`` and ``layer2_watch``), a list of documents or texts, or a fact cache.

    SnapshotError if DATA is none of these; what is wrong in one document is quarantined.
    """
    scans = Scans()
    if data is None:
        return scans
    named = isinstance(data, (Mapping, str)) and not (isinstance(data, str) and data.lstrip().startswith("{"))
    for kind in (SCAN, WATCH) if named and "schema" not in data else (SCAN,):  # type: ignore[operator]
        for source in Fleet(data, kind=kind):
            try:
                _add(scans, open_snapshot(source))
            except NoSnapshot:
                continue
            except SnapshotError as error:
                scans.quarantined.append(error)
    return scans


def _add(scans: Scans, document: Document) -> None:
    host = str(document["host"])
    scans.replies.setdefault(host, []).extend(_replies(scans, document, host))
    for event in objects_in(document.get("events")):
        if event.get("kind") in _DISPUTED:
            pairs = {(str(event.get("address")), str(event.get(name))) for name in ("mac", "mac_before")}
            scans.disputed.setdefault(host, set()).update(pairs)
    for item in objects_in(document.get("machines")):
        same = item.get("same")
        scans.machines.setdefault(str(item.get("mac")), []).append(Machines(
            host, _texts(item.get("addresses")), same if isinstance(same, bool) else None, _texts(item.get("evidence"))))
    for gap in objects_in(document.get("gaps")):
        kept = {name: shortened(gap[name], 300) for name in ("subset", "reason", "way_out", "item") if gap.get(name)}
        scans.gaps.append({"host": host, "subset": "scan", "reason": "unknown", **kept})


def _texts(value: object) -> tuple[str, ...]:
    return tuple(shortened(item, 400) for item in value) if isinstance(value, list) else ()


def _replies(scans: Scans, document: Document, host: str) -> Iterator[Reply]:
    table = document.get("replies")
    rows = table.get("rows") if isinstance(table, Mapping) else None
    broken: list[object] = []
    for row in rows if isinstance(rows, list) else []:
        reply = _reply(host, row)
        if reply is None:
            broken.append(row)
        else:
            yield reply
    if broken or not isinstance(rows, list):
        problem = f"{len(broken)} are no replies, the first: {shortened(broken[0], 60)}" if broken else "no list of rows"
        scans.quarantined.append(SnapshotError(host, "replies.rows", problem, "They were left out; scan again"))


def _reply(host: str, row: object) -> Reply | None:
    cells = row.split(" ") if isinstance(row, str) else []
    if len(cells) != len(COLUMNS):
        return None
    interface, vlan, address, mac, kind, _count, first, last = cells
    try:
        if canonical(mac) != mac or not (vlan == "-" or 0 <= int(vlan) < 4096):
            return None
        return Reply(host, interface, "" if vlan in ("-", "0") else vlan, address, mac, kind, float(first), float(last))
    except (MacError, ValueError):
        return None
