"""Every MAC that anybody knows: what a new one must not be, and, as a document, who has which and where it was seen."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.netops.layer2.plugins.module_utils._mac import Mac, MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._packed import MARK, readable
from ansible_collections.netops.layer2.plugins.plugin_utils._common._lenient import (
    object_in,
    objects_in,
    rows_in,
    texts_in,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._documents import absolute, read_text
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import (
    Document,
    File,
    Fleet,
    SnapshotError,
    Source,
    is_document,
    is_document_text,
    open_snapshot,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened

SCHEMA = "netops.layer2/known-macs"
VERSION = 1
Row = dict[str, Any]
_SIGHTINGS_MOST = 3  # of one MAC: enough to find it, and ten thousand hosts know the gateway
_HINT = "Give what check_macs returned as known, or the file that report_known_macs or mac_guard wrote, or hostvars"
# One pattern a notation; what is found too much is only reserved too much, what is missed could be given out twice.
_NOTATION = re.compile(
    r"(?<![0-9A-Fa-f:.-])(?:[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}"
    r"|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}|[0-9A-Fa-f]{4}(?:-[0-9A-Fa-f]{4}){2})(?![0-9A-Fa-f:-])"
)
_PACKED = re.compile(re.escape(MARK) + "[0-9A-Za-z+/]+=*")


def macs_in(data: object) -> set[str]:
    """Canonical MACs in DATA: a text (JSON, XML, YAML, a table), or anything that JSON can hold; compressed snapshots
    in it are opened, damaged ones as far as they can be read.
    """
    text = data if isinstance(data, str) else json.dumps(data, default=str)
    opened = map(readable, _PACKED.findall(text))
    return {canonical(found) for part in (text, *opened) for found in _NOTATION.findall(part)}


def macs_of_fleet(data: object) -> set[str]:
    """Canonical MACs in all snapshots of DATA (hostvars, list of snapshots, fact cache directory).

    Broken snapshots count too: what they name may be in use. SnapshotError only if DATA is none of the three.
    """
    found: set[str] = set()
    for source in Fleet(data):
        found |= macs_in(_content(source))
    return found


def _content(source: Source) -> object:
    payload = source.payload
    if isinstance(payload, File):
        return Path(payload.path).read_text(encoding="utf-8", errors="replace")
    return dict(payload) if isinstance(payload, Mapping) else payload


def taken_macs(known: object, reserved: Iterable[object] = ()) -> set[str]:
    """MACs that must not be given out: those of KNOWN (a fleet, or None) and those in RESERVED (texts, reports, plans).
    """
    taken = set() if known is None else macs_of_fleet(known)
    for item in reserved:
        taken |= macs_in(item)
    return taken


# --- the document, for jobs that must not or cannot ask the fleet


class KnownError(ValueError):
    """What should hold known MACs does not: names it and the way out."""


def known_macs(data: object) -> Row:
    """The document of known MACs of DATA: snapshots (hostvars, list, cache directory), such a document, or the path of
    one.

    ``macs`` maps each MAC to a list of entries: ``owner`` (in words, null if nobody known claims it), ``names``
    (whatever the owner is called: host, guest, UUID, address), ``place`` (in words). ``hosts`` are those that told,
    ``broken`` those whose snapshot could not be used. KnownError, SnapshotError for anything else.
    """
    if isinstance(data, str) and not os.path.isdir(absolute(data)) and not is_document_text(data):
        return _checked(_loaded(absolute(data)), absolute(data))
    if isinstance(data, Mapping) and is_document(data) and not data["schema"].endswith("/snapshot"):
        return _checked(data, "known")
    return _of_fleet(data)


def _loaded(path: str) -> object:
    text = read_text(path)
    if text is None:
        raise KnownError(f"{path}: there is no such file. {_HINT}")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise KnownError(f"{path}: no JSON, or cut off ({shortened(str(error), 60)}). {_HINT}") from None


def _checked(data: object, where: str) -> Row:
    if not isinstance(data, Mapping) or data.get("schema") != SCHEMA or not isinstance(data.get("macs"), Mapping):
        found = data.get("schema") if isinstance(data, Mapping) else data
        hint = " (a report holds only the findings, not every MAC)" if str(found).endswith("/report") else ""
        raise KnownError(f"{where}: {shortened(found, 40)} is no list of known MACs{hint}. {_HINT}")
    if data.get("version") != VERSION:
        raise KnownError(
            f"{where}: version {shortened(data.get('version'), 20)}; this collection reads {VERSION}. Write it again"
        )
    if not all(
        isinstance(entries, list) and all(isinstance(entry, Mapping) for entry in entries)
        for entries in data["macs"].values()
    ):
        raise KnownError(f"{where}: macs holds something else than lists of entries. Write it again")
    return dict(data)


def _of_fleet(data: object) -> Row:
    known: dict[str, list[Row]] = {}
    hosts, broken = [], []
    for source in Fleet(data):
        try:
            document = open_snapshot(source)
        except SnapshotError as error:
            broken.append(str(error))
            continue
        hosts.append(document["host"])
        for mac, owner, names, place in _told(document):
            _note(known, mac, {"owner": owner, "names": sorted(names), "place": place})
    return {"schema": SCHEMA, "version": VERSION, "hosts": sorted(hosts), "broken": sorted(broken),
            "macs": {mac: known[mac] for mac in sorted(known)}}


def _note(known: dict[str, list[Row]], text: object, entry: Row) -> None:
    try:
        mac = Mac.parse(text)
    except MacError:
        return  # the verdict put it into quarantine; there is nothing that a new NIC could collide with
    if mac.is_zero or mac.is_multicast:
        return
    entries = known.setdefault(str(mac), [])
    seen = sum(1 for one in entries if one["owner"] is None)
    if entry not in entries and (entry["owner"] is not None or seen < _SIGHTINGS_MOST):
        entries.append(entry)


KnownMac = tuple[object, str | None, set[str], str]  # MAC, owner, names, place


def _told(document: Document) -> Iterator[KnownMac]:
    host = document["host"]
    yield from _interfaces(document, host)
    yield from _guests(document, host)
    for entry in objects_in(document.get("dhcp_reservations")):
        names = {str(entry[key]) for key in ("name", "address") if entry.get(key)}
        yield (
            entry.get("mac"),
            f"reserved for {' '.join(sorted(names)) or 'somebody'}",
            names,
            f"network {entry.get('network')} on {host}",
        )
    for address, mac, interface in _rows(document, "neighbors", 2, 3, 1):
        yield mac, None, {address}, f"{host} sees it behind {address} on {interface}"
    for port, mac, bridge in _rows(document, "fdb", 1, 2, 4):
        yield mac, None, set(), f"{host} learnt it on {port} of {bridge}"


def _interfaces(document: Document, host: str) -> Iterator[KnownMac]:
    identity = object_in(document.get("identity"))
    called = {host, *(str(identity[key]) for key in ("hostname", "product_uuid") if identity.get(key))}
    for entry in objects_in(document.get("interfaces")):
        if entry.get("mode") == "tap" or (
            entry.get("kind") == "tun" and str(entry.get("mac")).startswith(("fe", "fa"))
        ):
            continue  # the host's side of a guest's NIC, which is told of with the guest
        where = entry.get("netns")
        owner, names = (f"container {where} on {host}", {str(where)}) if where else (f"host {host}", called)
        for key, kind in (("mac", ""), ("permanent_mac", " (its own address)")):
            if entry.get(key) and (key == "mac" or entry.get("mac") != entry[key]):
                yield entry[key], owner, names, f"interface {entry.get('name')}{kind}"


def _guests(document: Document, host: str) -> Iterator[KnownMac]:
    for guest in objects_in(document.get("guests")):
        number = f" ({guest['id']})" if guest.get("id") else ""
        owner = f"guest {guest.get('name')}{number}"
        names = {str(guest[key]) for key in ("name", "uuid") if guest.get(key)}
        for nic in objects_in(guest.get("nics")):
            named = nic.get("alias") or nic.get("address") or nic.get("tap") or "a NIC"
            for mac in set(texts_in([nic.get("mac"), nic.get("live_mac"), nic.get("persistent_mac")])):
                yield mac, owner, names, f"{named} on {guest.get('node') or host} ({guest.get('state')})"
        for mac in texts_in(guest.get("snapshot_macs")):
            yield mac, owner, names, f"a snapshot of it on {host}"


def _rows(document: Document, table: str, *columns: int) -> Iterator[list[str]]:
    """The wanted columns of a table's rows that are not the host's own entries."""
    for row in rows_in(document.get(table)):
        parts = row.split(" ")
        if len(parts) > max(columns) and not {"self", "permanent", "local"} & set(",".join(parts[5:]).split(",")):
            yield [parts[column] for column in columns]
