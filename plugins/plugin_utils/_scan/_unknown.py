"""Machines that only the network tells of: heard in a scan, claimed by nobody; and which guest has which address, told
the same way.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address

from ansible_collections.netops.layer2.plugins.module_utils._mac import Mac
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._coverage import coverage_of
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._garbage import short_garbage_collection
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hosts import Hosts
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim, Model
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._observation import SEEN, Observation
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Reader
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Fleet
from ansible_collections.netops.layer2.plugins.plugin_utils._scan._vendor import vendor
from ansible_collections.netops.layer2.plugins.plugin_utils._sources._list import read
from ansible_collections.netops.layer2.plugins.plugin_utils._sources._observe import observe
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._explain import segment_name

SCHEMA = "netops.layer2/machines"
VERSION = 1
MOST_ADDRESSES = 20  # listed of one machine; a proxy answers for a whole network
Row = dict[str, t.Any]


@dataclass(slots=True)
class _Taps:
    """The taps of all hypervisors' guests: what is learnt behind one comes from inside the guest."""

    names: dict[tuple[str, str], str] = field(default_factory=dict)  # host, tap -> guest

    def keep(self, reader: Reader) -> None:
        """Note the taps of one host."""
        for guest in reader.guests():
            self.names.update({(reader.host, nic.tap): guest.name for nic in guest.nics if nic.tap})


def machines(data: object, scans: object, hosts: Iterable[str] | None = None, documents: object = None) -> Row:
    """What scans heard that no host of the fleet claims, and the addresses of guests that nobody logged in to
    (docs/scan.md).

    DATA and HOSTS: the snapshots, as of ``mac_collisions``; SCANS and DOCUMENTS: as of ``_sources._list.read``. Raises
    SnapshotError if either is unusable.
    """
    with short_garbage_collection():
        taps, told = _Taps(), list(read(scans))
        model = observe(Hosts(Fleet(data, hosts)).beside(taps.keep), told, read(documents)).model
        return _Machines(model, [one for one in told if isinstance(one, Observation) and one.kind == SEEN], taps).row()


@dataclass(slots=True)
class _Machines:
    model: Model
    seen: list[Observation]
    taps: _Taps
    _heard: dict[str, list[Observation]] = field(default_factory=dict)

    def row(self) -> Row:
        """The document."""
        for reply in self.seen:
            self._heard.setdefault(reply.mac, []).append(reply)
        known = {mac: [claim for claim in self.model.claims.get(mac, ()) if claim.in_use] for mac in self._heard}
        learned = self._learned({mac for mac, claims in known.items() if not claims})
        unknown = [self._unknown(mac, learned.get(mac, [])) for mac in sorted(known) if not known[mac]]
        guests = [row for mac in sorted(known) for row in self._guests(mac, known[mac])]
        return {
            "schema": SCHEMA, "version": VERSION,
            "summary": {"seen": len(self._heard), "unknown": len(unknown), "guests": len(guests)},
            "unknown": unknown, "guests": guests, "coverage": coverage_of(self.model, {}),
        }

    def _learned(self, macs: set[str]) -> dict[str, list[tuple[str, str, str]]]:
        """MAC -> (host, bridge, port) where a bridge of the fleet has learnt it."""
        tables, found = self.model.tables, dict[str, list[tuple[str, str, str]]]()
        for host in self.model.topologies:
            for port, numbers in tables.learned.of(host):
                for mac in macs.intersection(tables.macs[number] for number in numbers):
                    found.setdefault(mac, []).append((host, port.bridge, port.name))
        return found

    def _unknown(self, mac: str, learned: list[tuple[str, str, str]]) -> Row:
        addresses = self._addresses(mac)
        return {
            "mac": mac,
            "vendor": vendor(mac),
            "virtual": Mac(mac).virtual_router,
            "addresses": addresses[:MOST_ADDRESSES],
            "more_addresses": max(0, len(addresses) - MOST_ADDRESSES),
            "segment": self._segment(mac),
            "seen_by": sorted({f"{reply.host} on {_interface(reply)}" for reply in self._heard[mac]}),
            "behind": self._behind(learned),
            "held_by": self._holders(addresses, mac),
        }

    def _addresses(self, mac: str) -> list[str]:
        return sorted({reply.address for reply in self._heard[mac] if _is_address(reply.address)}, key=_order)

    def _segment(self, mac: str) -> str:
        for reply in self._heard[mac]:
            topology = self.model.topologies.get(reply.host)
            point = topology.point(("", _interface(reply))) if topology else None
            if point is not None:
                return segment_name(self.model, point)
        return "not proven"

    def _behind(self, learned: list[tuple[str, str, str]]) -> str | None:
        """The guest that it is inside of, or else the ports it was learnt on."""
        for host, _bridge, port in learned:
            guest = self.taps.names.get((host, port))
            if guest:
                return f"guest {guest} on {host} ({port})"
        return ", ".join(f"{port} of {bridge} on {host}" for host, bridge, port in learned[:3]) or None

    def _holders(self, addresses: list[str], mac: str) -> list[str]:
        """Owners of the fleet that have one of its addresses as well: somebody is a thief, or a proxy."""
        if not addresses:
            return []
        wanted, found = set(addresses), set()
        for claims in self.model.claims.values():
            for claim in claims:
                if claim.mac != mac and not wanted.isdisjoint(claim.addresses):
                    found.add(claim.guest or claim.host)
        return sorted(found)

    def _guests(self, mac: str, claims: list[Claim]) -> Iterator[Row]:
        """Addresses of guests: nobody logged in to them, and their hypervisor knows only the MAC."""
        inside = {claim.owner_kind for claim in claims}
        for claim in claims if inside <= {"guest", "tap"} else []:
            yield {
                "guest": claim.guest, "host": claim.host, "interface": claim.interface, "mac": mac,
                "addresses": self._addresses(mac)[:MOST_ADDRESSES], "segment": segment_name(self.model, claim.point),
            }


def _interface(reply: Observation) -> str:
    return f"{reply.interface}.{reply.vlan}" if reply.vlan else reply.interface


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _order(address: str) -> tuple[int, int]:
    ip = ip_address(address)
    return ip.version, int(ip)
