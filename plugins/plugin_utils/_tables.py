"""The neighbour tables and FDBs of the whole fleet, kept small: each distinct entry once, and a number for each row."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from array import array
from dataclasses import dataclass, field
from sys import intern

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.plugin_utils._records import FDB_COLUMNS, NEIGHBOR_COLUMNS, Key, Reader
from ansible_collections.netops.layer2.plugins.plugin_utils._snapshots import shortened


class Pair(t.NamedTuple):
    """What a neighbour entry says: ADDRESS is at MAC; the MAC is empty where it was none."""

    address: str
    mac: str


class Port(t.NamedTuple):
    """Where a bridge learnt addresses: the columns of the FDB."""

    netns: str
    name: str
    vlan: str
    bridge: str


@dataclass(slots=True)
class HostTables:
    """One host's rows: by interface the numbers of pairs, by port the numbers of MACs."""

    neighbours: dict[Key, array[int]] = field(default_factory=dict)
    learned: dict[Port, array[int]] = field(default_factory=dict)


@dataclass(slots=True)
class Tables:
    """All hosts' tables. Hosts of one segment see the same pairs, so two million rows need little more than four bytes each."""

    pairs: list[Pair] = field(default_factory=list)
    macs: list[str] = field(default_factory=list)  # of FDBs
    hosts: dict[str, HostTables] = field(default_factory=dict)
    routers: set[str] = field(default_factory=set)  # MACs that neighbour discovery flags as routers
    next_hops: set[str] = field(default_factory=set)  # addresses that any host routes through
    _pair_numbers: dict[str, int] = field(default_factory=dict)  # address + MAC -> place in pairs
    _mac_numbers: dict[str, int] = field(default_factory=dict)

    def add(self, reader: Reader) -> None:
        """Take in the tables of one host; what is wrong in them goes to the reader's quarantine."""
        tables = self.hosts[reader.host] = HostTables()
        self._add_neighbours(reader, tables)
        self._add_learned(reader, tables)
        for path, route in reader.objects("routes"):
            via = reader.text(route, "via", path)
            if via:
                self.next_hops.add(via)

    def number(self, address: str, mac: str) -> int | None:
        """The number of a pair, None if nobody has it."""
        return self._pair_numbers.get(address + mac)

    def _add_neighbours(self, reader: Reader, tables: HostTables) -> None:
        """Number the pairs; the hot loop of two million rows."""
        known, place, numbers = self._pair_numbers, ("", ""), array("I")
        for netns, interface, address, mac, _state, flags in reader.rows("neighbors", NEIGHBOR_COLUMNS):
            if place != (netns, interface):
                place = (netns, interface)
                numbers = tables.neighbours.setdefault((_own(netns), intern(interface)), array("I"))
            number = known.get(address + mac)
            numbers.append(self._new_pair(reader, address, mac) if number is None else number)
            if flags != "-" and "router" in flags:
                self.routers.add(mac)

    def _new_pair(self, reader: Reader, address: str, mac: str) -> int:
        number = self._pair_numbers[address + mac] = len(self.pairs)
        try:
            good = canonical(mac) == mac
        except MacError:
            good = False
        if not good:
            reader.reject("neighbors.rows", f"not a MAC address: {shortened(mac, 40)}")
        self.pairs.append(Pair(address, intern(mac) if good else ""))
        return number

    def _add_learned(self, reader: Reader, tables: HostTables) -> None:
        known, place, numbers = self._mac_numbers, ("", "", "", ""), array("I")
        for netns, name, mac, vlan, bridge, _dst, flags in reader.rows("fdb", FDB_COLUMNS):
            if bridge == "-" or "permanent" in flags:
                continue
            if place != (netns, name, vlan, bridge):
                place = (netns, name, vlan, bridge)
                numbers = tables.learned.setdefault(Port(_own(netns), intern(name), vlan, intern(bridge)), array("I"))
            number = known.get(mac)
            if number is None:
                number = known[mac] = len(self.macs)
                self.macs.append(intern(mac))
            numbers.append(number)


def _own(netns: str) -> str:
    """The network namespace as the records name it."""
    return "" if netns == "-" else intern(netns)
