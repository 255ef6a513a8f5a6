"""The neighbour tables and FDBs of the whole fleet, kept small: each distinct entry once, and a number for each row."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import FDB_COLUMNS, NEIGHBOR_COLUMNS, Key, Reader
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._texts import intern
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened


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


# States of entries that nobody answered for lately (NUD, kernel's include/uapi/linux/neighbour.h); /proc/net/arp tells none.
_UNCONFIRMED = frozenset(("STALE", "DELAY", "PROBE", "INCOMPLETE", "FAILED"))


ANSWERED = "ANSWERED"  # no state of the kernel's: the vantage of a scan asked for the address, and this MAC answered

# Entered by hand or by software, not learnt (NUD_PERMANENT, NUD_NOARP): they tell what somebody meant, not what is there. What a
# control plane (EVPN) learnt on another switch of the segment (extern_learn, ip-neighbour(8)) was seen, if not by this host.
_PROGRAMMED_STATES = frozenset(("PERMANENT", "NOARP"))
_NOWHERE = ("", "")  # no interface is called so

_MOST_ROWS_REMEMBERED = 20_000  # some five megabytes; inventories list the hosts of a segment side by side
_ADDRESS = re.compile(r"[0-9A-Fa-f.:]{2,45}(%[\w.-]{1,15})?\Z")  # what IP addresses are made of; parsing millions would take seconds


@dataclass(slots=True)
class Rows:
    """Numbers of all hosts' rows, in one array: ten thousand small ones would leave holes in the heap that nothing else fits into."""

    numbers: array[int] = field(default_factory=lambda: array("I"))
    stretches: dict[str, list[tuple[t.Any, int, int]]] = field(default_factory=dict)  # host -> (place, first, end)

    def add(self, host: str, rows: Mapping[t.Any, list[int]]) -> None:
        """Append the rows of HOST, by place."""
        if not rows:
            return  # most hosts have no FDB
        found = self.stretches[host] = []
        for place, numbers in rows.items():
            first = len(self.numbers)
            self.numbers.extend(numbers)
            found.append((place, first, len(self.numbers)))

    def of(self, host: str) -> Iterator[tuple[t.Any, array[int]]]:
        """Yield (place, numbers) of HOST."""
        for place, first, end in self.stretches.get(host, ()):
            yield place, self.numbers[first:end]


@dataclass(slots=True)
class Tables:
    """All hosts' tables. Hosts of one segment see the same pairs, so two million rows need little more than four bytes each."""

    pairs: list[Pair] = field(default_factory=list)
    confirmed: bytearray = field(default_factory=bytearray)  # pair -> 1 if any host has it in a state that is not old
    answered: set[int] = field(default_factory=set)  # pairs that answered a scan
    macs: list[str] = field(default_factory=list)  # of FDBs
    neighbours: Rows = field(default_factory=Rows)  # by (netns, interface): numbers of pairs
    learned: Rows = field(default_factory=Rows)  # by Port: numbers of MACs
    routers: set[str] = field(default_factory=set)  # MACs that neighbour discovery flags as routers
    next_hops: set[str] = field(default_factory=set)  # addresses that any host routes through
    _pair_numbers: dict[str, int] = field(default_factory=dict)  # address + MAC -> place in pairs
    _mac_numbers: dict[str, int] = field(default_factory=dict)
    _rows_before: dict[str, tuple[Key, int]] = field(default_factory=dict)
    _places: dict[Key, Key] = field(default_factory=dict)

    def add(self, reader: Reader) -> None:
        """Take in the tables of one host; what is wrong in them goes to the reader's quarantine."""
        self.neighbours.add(reader.host, self._read_neighbours(reader))
        self.learned.add(reader.host, self._read_learned(reader))
        for path, route in reader.objects("routes"):
            via = reader.text(route, "via", path)
            if via:
                self.next_hops.add(via)

    def forget_rows(self) -> None:
        """Drop what only helps to read further hosts: some ten megabytes, which the walk through the tables has use for."""
        self._rows_before.clear()

    def number(self, address: str, mac: str) -> int | None:
        """The number of a pair, None if nobody has it."""
        return self._pair_numbers.get(address + mac)

    def _read_neighbours(self, reader: Reader) -> dict[Key, list[int]]:
        """Number the pairs; the hot loop of two million rows."""
        found: dict[Key, list[int]] = {}
        broken: list[str] = []
        numbers: list[int] = []
        known, place = self._rows_before, None
        for row in reader.row_texts("neighbors"):
            entry = known.get(row) or self._new_row(reader, row)
            if entry is None:
                broken.append(row)
                continue
            where, number = entry
            if place is not where:
                place = where
                numbers = found.setdefault(place, [])
            numbers.append(number)
        reader.reject_rows("neighbors", broken, NEIGHBOR_COLUMNS)
        found.pop(_NOWHERE, None)
        return found

    def _new_row(self, reader: Reader, row: str) -> tuple[Key, int] | None:
        """Where a row belongs, and the number of its pair; remembered, since hosts of one segment have the same rows."""
        parts = row.split(" ")
        if len(parts) != NEIGHBOR_COLUMNS:
            return None
        netns, interface, address, mac, state, flags = parts
        if state in _PROGRAMMED_STATES and "extern_learn" not in flags:
            return _NOWHERE, 0
        number = self._pair_numbers.get(address + mac)
        if number is None:
            number = self._new_pair(reader, address, mac)
        if state not in _UNCONFIRMED:
            self.confirmed[number] = 1
        if state == ANSWERED:
            self.answered.add(number)
        if flags != "-" and "router" in flags:
            self.routers.add(mac)
        if len(self._rows_before) >= _MOST_ROWS_REMEMBERED:
            self._rows_before.clear()
        key = (_own(netns), intern(interface))
        entry = self._rows_before[row] = (self._places.setdefault(key, key), number)
        return entry

    def _new_pair(self, reader: Reader, address: str, mac: str) -> int:
        number = self._pair_numbers[address + mac] = len(self.pairs)
        try:
            good = canonical(mac) == mac
        except MacError:
            good = False
        if not good:
            reader.reject("neighbors.rows", f"not a MAC address: {shortened(mac, 40)}")
        elif not _ADDRESS.match(address):  # a command would be a part of the way out, for people to copy
            reader.reject("neighbors.rows", f"not an IP address: {shortened(address, 40)}")
            good = False
        self.pairs.append(Pair(address, intern(mac) if good else ""))
        self.confirmed.append(0)
        return number

    def _read_learned(self, reader: Reader) -> dict[Port, list[int]]:
        found: dict[Port, list[int]] = {}
        known, place, numbers = self._mac_numbers, ("", "", "", ""), []
        for netns, name, mac, vlan, bridge, _dst, flags in reader.rows("fdb", FDB_COLUMNS):
            if bridge == "-" or "permanent" in flags or ("static" in flags and "extern_learn" not in flags):
                continue
            if place != (netns, name, vlan, bridge):
                place = (netns, name, vlan, bridge)
                numbers = found.setdefault(Port(_own(netns), intern(name), intern(vlan), intern(bridge)), [])
            number = known.get(mac)
            if number is None:
                number = known[mac] = len(self.macs)
                self.macs.append(intern(mac))
            numbers.append(number)
        return found


def _own(netns: str) -> str:
    """The network namespace as the records name it."""
    return "" if netns == "-" else intern(netns)
