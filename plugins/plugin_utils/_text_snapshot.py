"""A snapshot out of raw command output: what other tools collected can be judged like what `layer2_facts` reads."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.netops.layer2.plugins.module_utils import _bridge, _iproute, _iptext, _links
from ansible_collections.netops.layer2.plugins.module_utils._runner import shortened
from ansible_collections.netops.layer2.plugins.module_utils._snapshot import COLLECTOR, SCHEMA, VERSION, Gaps
from ansible_collections.netops.layer2.plugins.module_utils._table import (
    FDB_COLUMNS,
    NEIGHBOUR_COLUMNS,
    Parsed,
    Record,
    natural,
    table,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._collected import collected
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import type_name
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._readings import in_one
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._snmp import WalkError, snapshot_of_walks

Document = dict[str, t.Any]

ADDRESSES = "ip -d address show"
NEIGHBOURS = "ip neigh show"
FDB = "bridge fdb show"
WALK = "snmpbulkwalk -On"  # of a switch; Cisco's contexts as `snmpbulkwalk -On vlan-10`
_VLANS = 4095
# Which subsets each text stands for. A host name longer than this is no host name (RFC 1123 allows 253 characters).
_SUBSETS = {ADDRESSES: ("interfaces", "addresses", "bridges"), NEIGHBOURS: ("neighbors",), FDB: ("fdb",)}
_NOT_IN_TEXT = ("identity", "containers", "rules", "routes", "sysctls", "guests", "pins")
_LONGEST_HOST = 255
_NO_TEXTS = ("host", "os", "collected_at")


class TextSnapshotError(ValueError):
    """The texts of a host cannot become a snapshot; the message names host and field."""


def snapshot_from_text(texts: object) -> Document:
    """Snapshot (docs/snapshot.md, source "text") of TEXTS: ``host``, and the output of commands under their own text;
    ``collected_at`` (seconds since 1970) may say when they were read. Walks of a switch are its document.

    Missing texts are gaps ("not observed"), damaged lines are gaps that show the line. TextSnapshotError for what is
    not such a mapping, a value that is no text, and a text in which nothing at all is recognised.
    """
    if not isinstance(texts, Mapping):
        raise TextSnapshotError(f"snapshot_from_text: needs a dictionary with host and texts, not {type_name(texts)}")
    host = _host(texts)
    try:
        when = collected(texts.get("collected_at"))
    except ValueError as error:
        raise TextSnapshotError(f"{host}: {error}") from None
    is_walk = any(_walk_context(key) is not None for key in texts)
    document = _of_walks(texts, host) if is_walk else _of_commands(texts, host)
    if when is not None:
        document["collected_at"] = when
    return document


def _of_commands(texts: Mapping[t.Any, t.Any], host: str) -> Document:
    """The snapshot of a host."""
    gaps = Gaps()
    document: Document = {"schema": SCHEMA, "version": VERSION, "host": host, "collector": COLLECTOR, "source": "text"}
    observed: list[str] = []
    for field, read in ((ADDRESSES, _read_interfaces), (NEIGHBOURS, _read_neighbours), (FDB, _read_fdb)):
        text = _text_of(texts, host, field)
        if text is None:
            _not_observed(gaps, _SUBSETS[field], f"`{field}` is not among the texts")
            continue
        found = read(_parsed(host, field, text, gaps), gaps)
        if field == ADDRESSES and not _has_details(text):
            found.pop("bridges")
            gaps.add(
                "interfaces", "the text has no details: kinds of interfaces are unknown", "use `ip -d address show`"
            )
            gaps.add("bridges", "not observed: the text has no details", "use `ip -d address show`")
        document.update(found)
        observed.extend(subset for subset in _SUBSETS[field] if subset in found or subset == "addresses")
    _not_observed(gaps, _NOT_IN_TEXT, "the texts do not tell it")
    _name_unread(texts, gaps)
    document.update(observed=observed, gaps=gaps.found)
    return document


def _walk_context(key: object) -> str | None:
    """The context that a walk was made in: "" of the plain one, a VLAN's number of Cisco's; None if KEY is no walk."""
    text = key if isinstance(key, str) else ""
    if text == WALK:
        return ""
    vlan = text[len(WALK) + 1:].removeprefix("vlan-") if text.startswith(f"{WALK} ") else ""
    return str(number) if (number := natural(vlan)) and number < _VLANS else None


def _of_walks(texts: Mapping[t.Any, t.Any], host: str) -> Document:
    """The document of a switch; each walk may be a list, one text a reading in the order of time."""
    walks = {context: _readings(texts[key], host, key) for key in texts if (context := _walk_context(key)) is not None}
    numbers = {len(one) for one in walks.values()}
    if len(numbers) > 1:
        raise TextSnapshotError(
            f"{host}: the walks have different numbers of readings ({', '.join(map(str, sorted(numbers)))})"
        )
    try:
        found = [
            snapshot_of_walks(host, {context: one[number] for context, one in walks.items()})
            for number in range(numbers.pop())
        ]
    except WalkError as error:
        raise TextSnapshotError(str(error)) from None
    document = in_one(found)
    unread = [key for key in texts if _walk_context(key) is None and key not in _NO_TEXTS]
    document["gaps"] += [
        {"subset": "texts", "reason": f"no reader for {shortened(str(key), 80)} beside walks"} for key in unread
    ]
    return document


def _readings(value: object, host: str, field: str) -> list[str]:
    readings = value if isinstance(value, list) else [value]
    if not readings or not all(isinstance(one, str) for one in readings):
        raise TextSnapshotError(
            f"{host}: {field}: must be the command's output as text, or a list of such texts, not {type_name(value)}"
        )
    return [str(one) for one in readings]


def _host(texts: Mapping[t.Any, t.Any]) -> str:
    host = texts.get("host")
    if not isinstance(host, str) or not host.strip():
        raise TextSnapshotError(
            "snapshot_from_text: `host` is missing: give the name of the host that the texts come from"
        )
    if len(host) > _LONGEST_HOST:
        raise TextSnapshotError(f"{shortened(host, 40)}: host: {len(host)} characters are too many for a host name")
    return host


def _text_of(texts: Mapping[t.Any, t.Any], host: str, field: str) -> str | None:
    text = texts.get(field)
    if text is not None and not isinstance(text, str):
        raise TextSnapshotError(
            f"{host}: {field}: must be the command's output as text, not {type_name(text)}; "
            "if it was parsed before, hand over the raw output")
    return text


_PARSERS: dict[str, Callable[[str], Parsed]] = {
    ADDRESSES: _iptext.links, NEIGHBOURS: _iptext.neighbours, FDB: _iptext.fdb,
}


def _parsed(host: str, field: str, text: str, gaps: Gaps) -> list[Record]:
    parsed = _PARSERS[field](text)
    if parsed.damaged and not parsed.records:
        raise TextSnapshotError(
            f"{host}: {field}: nothing in this text is output of `{field}` (without -j, -o and -br); "
            f"it starts with: {shortened(text.strip(), 80)}")
    gaps.add_damaged(_SUBSETS[field][0], parsed.damaged, item=field)
    return parsed.records


def _read_interfaces(links: list[Record], gaps: Gaps) -> Document:
    found = _iproute.interfaces(links)
    gaps.add_damaged("interfaces", found.damaged, item=ADDRESSES)
    _links.resolve_links(found.records)
    return {"interfaces": found.records, "bridges": _bridge.linux_bridges(links, found.records)}


def _has_details(text: str) -> bool:
    """Whether ``-d`` had its way: link lines then tell their promiscuity. An empty text hides nothing."""
    return "promiscuity" in text or not text.strip()


def _read_neighbours(entries: list[Record], gaps: Gaps) -> Document:
    rows: list[str] = []
    gaps.add_damaged("neighbors", _iproute.neighbour_rows(entries, "", rows), item=NEIGHBOURS)
    return {"neighbors": table(NEIGHBOUR_COLUMNS, rows)}


def _read_fdb(entries: list[Record], gaps: Gaps) -> Document:
    rows: list[str] = []
    gaps.add_damaged("fdb", _bridge.fdb_rows(entries, "", rows), item=FDB)
    return {"fdb": table(FDB_COLUMNS, rows)}


def _not_observed(gaps: Gaps, subsets: tuple[str, ...], why: str) -> None:
    for subset in subsets:
        gaps.add(subset, f"not observed: {why}")


def _name_unread(texts: Mapping[t.Any, t.Any], gaps: Gaps) -> None:
    for key in texts:
        if key not in _SUBSETS and key not in _NO_TEXTS:
            gaps.add("texts", f"no reader for {shortened(str(key), 80)}")
