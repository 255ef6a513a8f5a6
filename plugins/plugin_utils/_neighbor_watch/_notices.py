"""Notices: what a line of `ip neigh show`, `bridge fdb show` and of their monitors says, as one typed record."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.module_utils import _iptext
from ansible_collections.netops.layer2.plugins.module_utils._shown_name import CONTAINER, shown
from ansible_collections.netops.layer2.plugins.module_utils._table import (
    Damaged,
    Parsed,
    Record,
    is_station,
    link_address,
)

NEIGHBOR, FDB = "neighbor", "fdb"
# `-timestamp` puts a line of its own before each notice, `-tshort` and `all-nsid` words in brackets at its start.
_TIME = re.compile(r"Timestamp: ")
_BRACKETS = re.compile(r"(?:\[[^\]]{0,64}\] ?)+")
# Nobody answered, or somebody programmed it: proves nothing of who is where.
_UNPROVEN_STATES = frozenset({"FAILED", "INCOMPLETE", "NOARP", "PERMANENT", "NONE"})
_PROGRAMMED = ("extern_learn", "extern_valid", "proxy")
_PROGRAMMED_FDB = ("extern_learn", "offload", "sticky", "blackhole", "added_by_user")


@dataclass(frozen=True, slots=True)
class Place:
    """What is in one place at a time: an IP address behind an interface, or a MAC (ADDRESS) in a VLAN of a bridge."""

    table: str
    interface: str
    vlan: int | None
    address: str


@dataclass(frozen=True, slots=True)
class Notice:
    """PLACE is at AT: the MAC of a neighbour, the port of a forwarding entry. ``mac``: the MAC it is about.

    ``learnt``: it comes from traffic, and stands; what was programmed, deleted or failed does not.
    """

    place: Place
    at: str
    mac: str
    learnt: bool


def read(table: str, line: str) -> Notice | None:
    """What LINE of TABLE says; None if it is about nothing that can move. Damaged if it is no line of that table."""
    text = _BRACKETS.sub("", line.strip(), count=1) if line.lstrip().startswith("[") else line.strip()
    gone = text.startswith("Deleted ")
    entry = text.removeprefix("Deleted ")
    if (
        not entry or _TIME.match(entry) or (table == NEIGHBOR and entry.startswith("dev "))
    ):  # `ip` shows forwarding entries so
        return None
    parsed = _TABLES[table].parse(entry)
    if parsed.damaged:
        raise Damaged(parsed.damaged[0])
    return _TABLES[table].notice(parsed.records[0], gone) if parsed.records else None


def _neighbour(entry: Record, gone: bool) -> Notice | None:
    """Notice of a neighbour in the shape of ``ip -j neigh``."""
    mac = link_address(entry["lladdr"]) if entry.get("lladdr") else None
    if mac is None or not is_station(mac):
        return None
    programmed = any(entry.get(flag) for flag in _PROGRAMMED)
    learnt = not gone and not programmed and not _UNPROVEN_STATES & set(entry["state"])
    return Notice(Place(NEIGHBOR, _name(entry["dev"]), None, str(entry["dst"])), mac, mac, learnt)


def _forwarding(entry: Record, gone: bool) -> Notice | None:
    """Notice of an entry in the shape of ``bridge -j fdb``; beyond a tunnel the port is the tunnel and its far end."""
    mac = link_address(entry.get("mac"))
    if mac is None or not is_station(mac):
        return None
    port = _name(str(entry.get("ifname")))
    bridge = _name(str(entry.get("master") or entry.get("ifname")))
    far = entry.get("dst")
    programmed = entry.get("state") in ("permanent", "static") or any(
        flag in entry.get("flags", ()) for flag in _PROGRAMMED_FDB
    )
    learnt = not gone and not programmed and bool(entry.get("master") or far)
    vlan = entry.get("vlan")
    at = f"{port} {_iptext.ip_address(str(far))}" if far else port
    return Notice(Place(FDB, bridge, vlan if isinstance(vlan, int) else None, mac), at, mac, learnt)


def _name(name: str) -> str:
    """An interface's name as it is shown; the kernel lets guests and containers choose almost any."""
    return shown(name, CONTAINER)


@dataclass(frozen=True, slots=True)
class _Table:
    """How lines of a table are read."""

    parse: Callable[[str], Parsed]
    notice: Callable[[Record, bool], Notice | None]


_TABLES = {NEIGHBOR: _Table(_iptext.neighbours, _neighbour), FDB: _Table(_iptext.fdb, _forwarding)}
