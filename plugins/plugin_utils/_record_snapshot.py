"""A manager's document out of rows: machines that a register records, or that a manager has which nothing here reads.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping

from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisor import OFF, RUNS
from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisors import HYPERVISORS
from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._snapshot import COLLECTOR, SCHEMA, VERSION
from ansible_collections.netops.layer2.plugins.plugin_utils._collected import collected
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import RECORDS
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened, type_name

Document = dict[str, t.Any]
COLUMNS = ("owner", "nic", "mac", "addresses", "state", "node", "network", "id", "product_uuid")
_MOST_DAMAGED = 20  # rows that are named one by one
_ID_BITS = 128  # of a number that a register calls something by
_STATES = {"running": RUNS, "stopped": OFF}  # words that any hypervisor's rows may have


class RecordError(ValueError):
    """The rows as a whole cannot become a document; the message names what is wrong."""


def snapshot_from_records(
    rows: object, host: object, hypervisor: object = None, collected_at: object = None
) -> Document:
    """The document (docs/snapshot.md) of ROWS, mappings with some of COLUMNS, that the register or manager HOST has.

    HYPERVISOR: one that docs/snapshot.md names, if a manager told the rows: its guests run or not, by their ``state``.
    Without one they are records, which are never in use. COLLECTED_AT: Unix time. What is wrong in a row is a gap that
    names it; RecordError for what is no list of mappings, for a name that is none, and an unknown hypervisor.
    """
    name = _name(host)
    if isinstance(rows, (str, bytes, Mapping)) or not isinstance(rows, Iterable):
        raise RecordError(f"snapshot_from_records: needs a list of rows, not {type_name(rows)}")
    words = _words(hypervisor)
    making = _Making(name, words)
    for number, row in enumerate(rows):
        making.take(number, row)
    document: Document = {"schema": SCHEMA, "version": VERSION, "host": name, "collector": COLLECTOR,
                          "source": RECORDS if words is None else "manager"}
    try:
        when = collected(collected_at)
    except ValueError as error:
        raise RecordError(f"snapshot_from_records: {error}") from None
    if when is not None:
        document["collected_at"] = when
    return {**document, "guests": list(making.guests.values()), "observed": ["guests"], "gaps": making.gaps()}


def _name(host: object) -> str:
    if not isinstance(host, str) or not host.strip() or len(host) > 255:
        raise RecordError("snapshot_from_records: host must be a name of the register, such as netbox")
    return str(host)


class _Words(t.NamedTuple):
    """A hypervisor's name and its words for states; ``own`` are those of a guest that runs, and of one that does not.
    """

    name: str
    known: frozenset[str]
    own: dict[str, str]


def _words(hypervisor: object) -> _Words | None:
    if hypervisor is None:
        return None
    found = next((one for one in HYPERVISORS if one.name == hypervisor), None)
    if found is None:
        raise RecordError(
            f"snapshot_from_records: hypervisor must be one of {', '.join(one.name for one in HYPERVISORS)}; "
            "leave it out for records"
        )
    own = {
        word: next(state for state, means in found.states.items() if means == presence)
        for word, presence in _STATES.items()
    }
    return _Words(found.name, frozenset(found.states), own)


class _Making:
    """One document in the making: guests by their ids."""

    def __init__(self, host: str, words: _Words | None) -> None:
        self._host, self._words = host, words
        self.guests: dict[tuple[str, str], Document] = {}
        self._broken: list[str] = []
        self._without = 0

    def take(self, number: int, row: object) -> None:
        """Enter one ROW, or note what is wrong with it."""
        if not isinstance(row, Mapping):
            self._broken.append(f"row {number} is {type_name(row)}, not a mapping")
            return
        owner = _text(row.get("owner"))
        if not owner:
            self._broken.append(f"row {number} has no owner")
        elif row.get("mac") in (None, ""):
            self._without += 1
        else:
            self._enter(number, owner, row)

    def _enter(self, number: int, owner: str, row: Mapping[t.Any, t.Any]) -> None:
        try:
            mac = canonical(row["mac"])
        except (MacError, ValueError) as error:  # a number of thousands of digits
            self._broken.append(f"row {number}: {shortened(str(error), 80)}")
            return
        node, known = _text(row.get("node")), _text(row.get("id")) or owner
        guest = self.guests.setdefault((node, known), {"name": owner, "id": known, "manager": self._host, "nics": []})
        guest.update(
            {
                name: value
                for name, value in (("node", node), ("product_uuid", _text(row.get("product_uuid")).lower()))
                if value
            }
        )
        if self._words:
            guest.update(hypervisor=self._words.name, state=self._state(number, row.get("state")))
        nic = {"mac": mac, "alias": _text(row.get("nic")) or f"nic{len(guest['nics'])}"}
        addresses, network = _addresses(row.get("addresses")), _network(row.get("network"))
        guest["nics"].append(
            {**nic, **({"addresses": addresses} if addresses else {}), **({"network": network} if network else {})}
        )

    def _state(self, number: int, given: object) -> str:
        words = t.cast(_Words, self._words)
        state = given if given is None or isinstance(given, str) else shortened(given, 40)
        if state in words.known:
            return str(state)
        if state not in (None, "", "unknown", *words.own):
            self._broken.append(
                f"row {number}: state {shortened(state, 40)} is no word of {words.name}; write running, stopped or"
                " unknown"
            )
        return words.own.get(str(state), "unknown")

    def gaps(self) -> list[dict[str, str]]:
        """What was left out, in words."""
        shown = self._broken[:_MOST_DAMAGED]
        if len(self._broken) > len(shown):
            shown.append(f"and {len(self._broken) - len(shown)} more rows")
        found = [{"subset": "guests", "reason": f"not used: {problem}", "hint": "Correct the row"} for problem in shown]
        if self._without:
            found.append({"subset": "guests", "reason": f"{self._without} rows have no MAC, and tell nothing here"})
        return found


def _text(value: object) -> str:
    """VALUE as text; numbers are, since a register's ids often are."""
    is_number = isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= _ID_BITS
    return str(value) if is_number or isinstance(value, str) else ""


def _addresses(value: object) -> list[str]:
    values = value.replace(",", " ").split() if isinstance(value, str) else value
    return [text for text in map(_text, values) if text] if isinstance(values, (list, tuple)) else []


def _network(value: object) -> Document:
    """``{id, name, vlan, switch}`` of a network that is a mapping of these, or a name that is its id too."""
    if isinstance(value, Mapping):
        found: Document = {name: _text(value.get(name)) for name in ("id", "name", "switch") if _text(value.get(name))}
        vlan = _text(value.get("vlan"))
        return {**found, "vlan": int(vlan)} if vlan.isascii() and vlan.isdigit() and int(vlan) < 4096 else found
    return {"id": _text(value), "name": _text(value)} if _text(value) else {}
