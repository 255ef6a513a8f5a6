"""Whether a MAC may be used: taken by whom and where, wanted twice, or reserved; and fresh ones, reserved across runs.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import cut
from ansible_collections.netops.layer2.plugins.plugin_utils._documents import absolute, read_text
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._known import KnownError
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._allocation import Allocator, Pool
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._wanted_macs import Wanted

SCHEMA = "netops.layer2/reserved-macs"
VERSION = 1
Row = dict[str, Any]


# --- taken

def taken(wanted: Sequence[Wanted], known: Mapping[str, Any], reserved: Mapping[str, Any] | None = None) -> list[Row]:
    """A row for each MAC of WANTED that must not be used: ``mac``, ``where``, ``wanted_by``, ``owner``, ``place``,
    ``says``.

    KNOWN and RESERVED are the documents. What its own owner has already is not taken.
    """
    macs, kept = known["macs"], (reserved or {}).get("macs", {})
    rows = [
        _row(one, owner, place)
        for one in wanted
        for owner, place in _others(one, macs.get(one.mac, ()), kept.get(one.mac))
    ]
    return rows + [_row(one, other.entity, other.where) for one, other in _twice(wanted)]


def _row(wanted: Wanted, owner: str, place: str) -> Row:
    says = f"{wanted.where}: {wanted.mac} is taken by {cut(owner, 80)} ({cut(place, 120)})"
    return {
        "mac": wanted.mac,
        "where": wanted.where,
        "wanted_by": wanted.entity,
        "owner": owner,
        "place": place,
        "says": says,
    }


def _others(
    wanted: Wanted, entries: Sequence[Mapping[str, Any]], kept: Mapping[str, Any] | None
) -> Iterator[tuple[str, str]]:
    claims = [entry for entry in entries if entry.get("owner") is not None]
    foreign = _foreign(wanted, claims)
    if foreign:
        yield str(foreign[0]["owner"]), str(foreign[0].get("place"))
    elif entries and not claims and not any(_is_theirs(wanted, entry) for entry in entries):
        yield "somebody unknown", str(entries[0].get("place"))
    elif kept and not entries and kept.get("owner") not in wanted.names:
        yield str(kept.get("owner")), f"reserved on {str(kept.get('at'))[:10]}"


def _foreign(wanted: Wanted, claims: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those of CLAIMS that are of others than the one who wants the MAC."""
    # A guest that is a host of the inventory too makes two entries, which share its UUID.
    mine = {name for entry in claims if _is_theirs(wanted, entry) for name in entry.get("names") or ()}
    return [entry for entry in claims if not _is_theirs(wanted, entry) and not mine & set(entry.get("names") or ())]


def _is_theirs(wanted: Wanted, entry: Mapping[str, Any]) -> bool:
    """Whether the known owner is the one who wants it. Names alone do not do where both sides have a UUID: copies keep
    names, too.
    """
    names = {str(name) for name in entry.get("names") or ()}
    uuids = {name.lower() for name in names if name.count("-") == 4 and len(name) == 36}
    if wanted.uuid and uuids:
        return wanted.uuid in uuids
    return bool(names & wanted.names)


def _twice(wanted: Sequence[Wanted]) -> Iterator[tuple[Wanted, Wanted]]:
    """MACs that two NICs, or two who want them, are both to get."""
    first: dict[str, Wanted] = {}
    for one in wanted:
        other = first.setdefault(one.mac, one)
        if other is not one and not _is_same_nic(one, other):
            yield one, other


def _is_same_nic(one: Wanted, other: Wanted) -> bool:
    """Two mentions of one NIC: a guest's definition and its cloud-init, two lines of one netplan file, a reservation
    and its guest.
    """
    if one.uuid and other.uuid and one.uuid != other.uuid:
        return False
    if one.where.rpartition(":")[0] == other.where.rpartition(":")[0]:
        return one.entity == other.entity and not (one.nic and other.nic)
    return bool(one.names & other.names) or one.entity == other.entity


# --- reserved

def open_reservations(path: str) -> Row:
    """The document of reserved MACs in the file PATH, an empty one if there is no file; KnownError if it is something
    else.
    """
    text = read_text(absolute(path))
    if not text or not text.strip():
        return {"schema": SCHEMA, "version": VERSION, "macs": {}}
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if (
        not isinstance(data, dict)
        or data.get("schema") != SCHEMA
        or data.get("version") != VERSION
        or not isinstance(data.get("macs"), dict)
    ):
        raise KnownError(
            f"{absolute(path)}: {shortened(text, 40)} is no list of reserved MACs. Name another file, or repair it: "
            "deleting it would give the reserved addresses out again"
        )
    for mac, entry in data["macs"].items():
        if not _is_canonical(mac) or not isinstance(entry, dict):
            raise KnownError(
                f"{absolute(path)}: {shortened(mac, 40)} is no reserved MAC. Repair the file: its addresses are"
                " handed out"
            )
    return data


def _is_canonical(mac: str) -> bool:
    try:
        return canonical(mac) == mac
    except MacError:
        return False


def live_reservations(document: Mapping[str, Any], known: Mapping[str, Any], now: datetime, days: float) -> Row:
    """DOCUMENT without what has expired: reserved more than DAYS ago, or met in the fleet since."""
    met, oldest = known["macs"], now - timedelta(days=days)
    kept = {mac: entry for mac, entry in document["macs"].items() if mac not in met and _at(entry) > oldest}
    return {"schema": SCHEMA, "version": VERSION, "macs": kept}


def _at(entry: Mapping[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(str(entry.get("at")).replace("Z", "+00:00"))
    except ValueError:
        return datetime.max.replace(tzinfo=timezone.utc)  # a time that nobody can read never expires


def reserve(
    requests: Sequence[tuple[str, str]],
    known: Mapping[str, Any],
    reserved: Mapping[str, Any],
    pool: Pool,
    seed: str,
    extra: set[str],
    now: datetime,
) -> tuple[Row, list[str]]:
    """(the new document, MACs in the order of REQUESTS, each (owner, nic)); PoolError if POOL is exhausted.

    The same request gets the same MAC again: while it is reserved, and when its owner has it. EXTRA is taken, too.
    """
    kept = dict(reserved["macs"])
    held = {(entry.get("owner"), entry.get("nic")): mac for mac, entry in kept.items()}
    allocators: dict[str, Allocator] = {}
    macs = []
    for owner, nic in requests:
        mac = held.get((owner, nic))
        if mac is None:
            free = allocators.setdefault(owner, Allocator(pool, seed, _closed(owner, known, extra)))
            mac = _next(free, owner, nic, kept)
            if mac not in known["macs"]:
                kept[mac] = {"owner": owner, "nic": nic, "at": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
            held[(owner, nic)] = mac
        macs.append(mac)
    return {"schema": SCHEMA, "version": VERSION, "macs": dict(sorted(kept.items()))}, macs


def _next(free: Allocator, owner: str, nic: str, kept: Mapping[str, Any]) -> str:
    while (mac := free.allocate(owner, nic)) in kept:
        pass  # allocate() never gives one out twice, so this ends, at the latest with PoolError
    return mac


def _closed(owner: str, known: Mapping[str, Any], extra: set[str]) -> set[str]:
    """What OWNER must not get: all that is known, but for what only OWNER itself has."""
    mine = {mac for mac, entries in known["macs"].items()
            if (claims := [entry for entry in entries if entry.get("owner") is not None]) and
            all(owner in (entry.get("names") or ()) for entry in claims)}
    return (set(known["macs"]) - mine) | extra


def refusal(known: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    """Why addresses must not be used: nothing is KNOWN, or somebody has them, by the ROWS of ``taken``; empty if they
    may.
    """
    if known["macs"]:
        return "; ".join(str(row["says"]) for row in rows)
    broken = "".join(f" {text}" for text in ["; ".join(known["broken"])] if text)
    return ("No snapshot and no known MAC: without them everything would look free. Run the snapshot role first, "
            f"or name the file of known MACs in mac_guard_known (known).{broken}")
