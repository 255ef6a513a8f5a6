"""The observations in scan documents (docs/scan.md): who answered a vantage, or was heard by it, and which addresses
are one machine.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._table import finite
from ansible_collections.netops.layer2.plugins.plugin_utils._common._lenient import objects_in
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._observation import (
    ANSWERED,
    CLAIMED,
    SEEN,
    WANTED,
    Comparison,
    Gap,
    Observation,
    Statement,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Reader
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Document, Kind
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened

WITNESS = "scan"
SCAN = Kind("netops.layer2/scan", 1, "layer2_scan", "scan", "arp_scan")
WATCH = SCAN._replace(fact="layer2_watch", noun="watch", maker="arp_scan, mode watch")
COLUMNS = ("interface", "vlan", "address", "mac", "kind", "count", "first", "last")
_ANSWERS = ("arp", "na", "probe-conflict")  # somebody answered the vantage's own question
_PROBE = "probe"  # an address that somebody wants, and does not have yet
_DISPUTED = ("conflict", "own_address")
_SPOKE = "REACHABLE"  # he spoke by himself: as good as a fresh neighbour entry


def tell(reader: Reader) -> Iterator[Statement]:
    """What one document tells; what is wrong in it goes to the reader's quarantine."""
    yield from _heard(reader)
    for item in objects_in(reader.document.get("machines")):
        yield _comparison(reader.host, item)
    for gap in objects_in(reader.document.get("gaps")):
        kept = {name: shortened(gap[name], 300) for name in ("subset", "reason", "hint", "item") if gap.get(name)}
        yield Gap({"host": reader.host, "subset": "scan", "reason": "unknown", **kept})


def _heard(reader: Reader) -> Iterator[Observation]:
    """The replies, as what a fleet makes of them, then the tagged VLANs that they prove the vantage to be in."""
    disputed = _disputed(reader.document)
    start = _start(reader)
    tagged: dict[tuple[str, str], None] = {}
    for heard in _replies(reader):
        if heard.vlan and heard.state != _PROBE:
            tagged[(heard.interface, heard.vlan)] = None
        live = heard.state in _ANSWERS or (heard.address, heard.mac) in disputed
        state = WANTED if heard.state == _PROBE else ANSWERED if live else _SPOKE
        yield heard._replace(
            state=state,
            first=None if start is None else start + (heard.first or 0),
            last=None if start is None else start + (heard.last or 0),
        )
    for interface, vlan in tagged:  # there it asked, by its own MAC
        yield Observation(WITNESS, CLAIMED, reader.host, interface, vlan=vlan)


def _comparison(host: str, item: Mapping[str, Any]) -> Comparison:
    """One of ``machines``: whether several addresses at a MAC are one machine, as far as the scan could tell."""
    same = item.get("same")
    return Comparison(
        WITNESS,
        host,
        str(item.get("mac")),
        _texts(item.get("addresses")),
        same if isinstance(same, bool) else None,
        _texts(item.get("evidence")),
    )


def _disputed(document: Document) -> set[tuple[str, str]]:
    """(address, MAC) that took turns while it listened: both are used, though nobody was asked."""
    return {
        (str(event.get("address")), str(event.get(name)))
        for event in objects_in(document.get("events"))
        if event.get("kind") in _DISPUTED
        for name in ("mac", "mac_before")
    }


def _start(reader: Reader) -> float | None:
    """When it began, by the controller's clock: as long before the document came as it says that it took."""
    duration = finite(reader.document.get("duration"))
    return None if reader.received is None or duration is None or duration < 0 else reader.received - duration


def _texts(value: object) -> tuple[str, ...]:
    return tuple(shortened(item, 400) for item in value) if isinstance(value, list) else ()


def _replies(reader: Reader) -> Iterator[Observation]:
    """The rows of ``replies``, with the kind of reply as their state, and times in seconds since the start."""
    table = reader.document.get("replies")
    rows = table.get("rows") if isinstance(table, Mapping) else None
    broken: list[object] = []
    for row in rows if isinstance(rows, list) else []:
        reply = _reply(reader.host, row)
        if reply is None:
            broken.append(row)
        else:
            yield reply
    if broken or not isinstance(rows, list):
        problem = (
            f"{len(broken)} are no replies, the first: {shortened(broken[0], 60)}" if broken else "no list of rows"
        )
        reader.reject("replies.rows", problem, "They were left out; scan again")


def _reply(host: str, row: object) -> Observation | None:
    cells = row.split(" ") if isinstance(row, str) else []
    if len(cells) != len(COLUMNS):
        return None
    interface, vlan, address, mac, kind, _count, first, last = cells
    try:
        if canonical(mac) != mac or not (vlan == "-" or 0 <= int(vlan) < 4096):
            return None
        tag = "" if vlan in ("-", "0") else vlan
        return Observation(
            WITNESS, SEEN, host, interface, mac, address, vlan=tag, state=kind, first=float(first), last=float(last)
        )
    except (MacError, ValueError):
        return None
