"""The neighbour tables and FDBs of the whole fleet, kept small: each distinct entry once, and a number for each row."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t
from array import array
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._observation import (
    ANSWERED,
    LEARNED,
    SEEN,
    Observation,
    Table,
)
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


# States of entries that nobody answered for lately (NUD, kernel's include/uapi/linux/neighbour.h); /proc/net/arp tells
# none.
_UNCONFIRMED = frozenset(("STALE", "DELAY", "PROBE", "INCOMPLETE", "FAILED"))
_NOWHERE = ("", "")  # no interface is called so

_MOST_ROWS_REMEMBERED = 20_000  # some five megabytes; inventories list the hosts of a segment side by side
_ADDRESS = re.compile(
    r"[0-9A-Fa-f.:]{2,45}(%[\w.-]{1,15})?\Z"
)  # what IP addresses are made of; parsing millions would take seconds
Place = tuple[str, ...]  # a Key, or a Port
Entry = tuple[Place, int]  # where a row belongs, and the number of its pair or MAC
Reject = Callable[[str, str], None]  # takes a field and the problem with it


@dataclass(slots=True)
class Rows:
    """Numbers of all hosts' rows, in one array: ten thousand small ones would leave holes in the heap that nothing else
    fits into.
    """

    numbers: array[int] = field(default_factory=lambda: array("I"))
    stretches: dict[str, list[tuple[t.Any, int, int]]] = field(default_factory=dict)  # host -> (place, first, end)

    def add(self, host: str, rows: Mapping[t.Any, Collection[int]]) -> None:
        """Append the rows of HOST, by place."""
        if not rows:
            return  # most hosts have no FDB
        found = self.stretches.setdefault(host, [])
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
    """All hosts' tables. Hosts of one segment see the same pairs, so two million rows need little more than four bytes
    each.
    """

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
    _addresses: dict[str, set[str]] = field(default_factory=dict)  # by MAC, of the first pairs
    _listed: int = 0  # how many of them
    _rows_before: dict[Callable[[str], Observation | None], dict[str, Entry]] = field(
        default_factory=dict
    )  # reader of rows -> row -> entry
    _places: dict[Place, Place] = field(default_factory=dict)
    _single: dict[tuple[str, str], dict[Place, dict[int, None]]] = field(
        default_factory=dict
    )  # host, kind -> what came one at a time

    def addresses_of(self, mac: str) -> set[str]:
        """The addresses that any host has MAC at."""
        for address, known in islice(self.pairs, self._listed, None):
            self._addresses.setdefault(known, set()).add(address)
        self._listed = len(self.pairs)
        return self._addresses.get(mac, set())

    def take(self, table: Table, reject: Reject) -> None:
        """Number the rows of one host's table: the hot loop of two million rows. REJECT is told what is wrong in them.
        """
        found: dict[Place, list[int]] = {}
        broken: list[str] = []
        numbers: list[int] = []
        known, place = self._rows_before.setdefault(table.read, {}), None
        for row in table.rows:
            entry = known.get(row) or self._new_row(table, row, known, reject)
            if entry is None:
                broken.append(row)
                continue
            where, number = entry
            if place is not where:
                place = where
                numbers = found.setdefault(place, [])
            numbers.append(number)
        if broken:
            reject(
                table.field, f"{len(broken)} do not have {table.columns} columns, the first: {shortened(broken[0], 60)}"
            )
        found.pop(_NOWHERE, None)
        (self.learned if table.kind == LEARNED else self.neighbours).add(table.host, found)

    def note(self, seen: Observation, reject: Reject) -> None:
        """Take in one observation, of a host whose tables are in already; ``settle`` ends these."""
        place, number = self._entry(seen, seen.witness, reject)
        if place is not _NOWHERE:
            self._single.setdefault((seen.host, seen.kind), {}).setdefault(place, {})[number] = None

    def settle(self) -> None:
        """Append what came one at a time to the tables of its hosts."""
        for (host, kind), rows in self._single.items():
            tables = self.learned if kind == LEARNED else self.neighbours
            known = {place: rows[place] for place, _first, _end in tables.stretches.get(host, ()) if place in rows}
            tables.add(host, {**known, **rows})  # who is known to be there is heard first
        self._single.clear()

    def forget_rows(self) -> None:
        """Drop what only helps to read further hosts: some ten megabytes, which the walk through the tables has use
        for.
        """
        self._rows_before.clear()

    def number(self, address: str, mac: str) -> int | None:
        """The number of a pair, None if nobody has it."""
        return self._pair_numbers.get(address + mac)

    def _new_row(self, table: Table, row: str, known: dict[str, Entry], reject: Reject) -> Entry | None:
        """Where a row belongs, and its number; remembered, since hosts of one segment have the same rows."""
        seen = table.read(row)
        if seen is None:
            return None
        if len(known) >= _MOST_ROWS_REMEMBERED:
            known.clear()
        entry = known[row] = self._entry(seen, table.field, reject)
        return entry

    def _entry(self, seen: Observation, where: str, reject: Reject) -> Entry:
        """Where an observation belongs, and its number; nowhere if it proves nothing."""
        kind = seen.kind
        if kind == SEEN:
            place: Place = (seen.netns, seen.interface)
            return self._places.get(place) or self._new_place(place), self._pair(seen, where, reject)
        if kind == LEARNED:
            place = Port(seen.netns, seen.interface, seen.vlan or "-", seen.bridge)
            return self._places.get(place) or self._new_place(place), self._mac(seen.mac)
        return _NOWHERE, 0

    def _new_place(self, place: Place) -> Place:
        texts = map(intern, place)
        known = self._places[place] = Port(*texts) if isinstance(place, Port) else tuple(texts)
        return known

    def _pair(self, seen: Observation, where: str, reject: Reject) -> int:
        address, mac, state = seen.address, seen.mac, seen.state
        number = self._pair_numbers.get(address + mac)
        if number is None:
            number = self._new_pair(address, mac, where, reject)
        if state not in _UNCONFIRMED:
            self.confirmed[number] = 1
        if state == ANSWERED:
            self.answered.add(number)
        if seen.flags and "router" in seen.flags:
            self.routers.add(mac)
        return number

    def _new_pair(self, address: str, mac: str, where: str, reject: Reject) -> int:
        number = self._pair_numbers[address + mac] = len(self.pairs)
        try:
            good = canonical(mac) == mac
        except MacError:
            good = False
        if not good:
            reject(where, f"not a MAC address: {shortened(mac, 40)}")
        elif not _ADDRESS.match(address):  # a command would be a part of the way out, for people to copy
            reject(where, f"not an IP address: {shortened(address, 40)}")
            good = False
        self.pairs.append(Pair(address, intern(mac) if good else ""))
        self.confirmed.append(0)
        return number

    def _mac(self, mac: str) -> int:
        number = self._mac_numbers.get(mac)
        if number is None:
            number = self._mac_numbers[mac] = len(self.macs)
            self.macs.append(intern(mac))
        return number
