"""The scan document (docs/scan.md): replies counted as they come, and parts of one scan put together. Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._table import row, table

SCHEMA = "netops.layer2/scan"
VERSION = 1
COLLECTOR = "0.2.0"  # the collection's version; a test holds it against galaxy.yml
COLUMNS = ("interface", "vlan", "address", "mac", "kind", "count", "first", "last")
MOST_REPLIES = 200000  # a flood of invented senders must not fill the memory
MOST_EVENTS = 10000

Record = Dict[str, Any]
Key = NamedTuple("Key", [("interface", str), ("vlan", Optional[int]), ("address", str), ("mac", str), ("kind", str)])


class Replies:
    """Every (interface, VLAN, address, MAC, kind) that was heard: how often, first and last."""

    def __init__(self, started: float) -> None:
        self._started = started
        self._found: Dict[Key, List[float]] = {}
        self.refused = 0

    def add(self, key: Key, at: float) -> bool:
        """Count one; whether it is the first of its kind."""
        entry = self._found.get(key)
        if entry is None:
            if len(self._found) >= MOST_REPLIES:
                self.refused += 1
                return False
            self._found[key] = [1, at - self._started, at - self._started]
            return True
        entry[0] += 1
        entry[2] = at - self._started
        return False

    def heard(self) -> List[Key]:
        """What was heard, in the order of the first time."""
        return list(self._found)

    def table(self) -> Record:
        """The table of docs/scan.md."""
        return table(COLUMNS, [
            row([key.interface, "-" if key.vlan is None else str(key.vlan), key.address, key.mac, key.kind,
                 "%d" % count, "%.3f" % first, "%.3f" % last])
            for key, (count, first, last) in self._found.items()
        ])


def document(host: str, mode: str, started: float) -> Record:
    """An empty document."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "host": host,
        "collected_at": round(started, 3),
        "duration": 0.0,
        "collector": COLLECTOR,
        "mode": mode,
        "interfaces": [],
        "probes": [],
        "replies": table(COLUMNS, []),
        "events": [],
        "machines": [],
        "gaps": [],
    }


def merged(parts: Sequence[Record]) -> Record:
    """The parts of one scan as one document; each part has times of its own beginning."""
    first = parts[0]
    whole = dict(first, probes=_probes(parts), replies=_replies(parts), gaps=[], interfaces=[])
    whole["duration"] = round(parts[-1]["collected_at"] - first["collected_at"] + parts[-1]["duration"], 3)
    for name in ("events", "machines"):
        whole[name] = [item for part in parts for item in part[name]]
    for name in ("gaps", "interfaces"):
        for part in parts:
            whole[name] += [item for item in part[name] if item not in whole[name]]
    return whole


def _probes(parts: Sequence[Record]) -> List[Record]:
    found: Dict[str, Record] = {}
    for probe in (probe for part in parts for probe in part["probes"]):
        key = json.dumps([probe[name] for name in ("interface", "prefix", "family")] + [probe.get("vlan")])
        known = found.setdefault(key, dict(probe, asked=0, answered=0, frames=0, seconds=0.0))
        for name in ("asked", "answered", "frames", "seconds"):
            known[name] = round(known[name] + probe[name], 3)
        known["rounds"] = max(known["rounds"], probe["rounds"])
        known["loss"] = max(known["loss"], probe["loss"])
    return list(found.values())


def _replies(parts: Sequence[Record]) -> Record:
    found: Dict[str, List[float]] = {}
    for part in parts:
        shift = part["collected_at"] - parts[0]["collected_at"]
        for line in part["replies"]["rows"]:
            key, count, first, last = line.rsplit(" ", 3)
            entry = found.setdefault(key, [0, float(first) + shift, 0.0])
            entry[0] += int(count)
            entry[2] = float(last) + shift
    return table(COLUMNS, ["%s %d %.3f %.3f" % (key, entry[0], entry[1], entry[2]) for key, entry in found.items()])


def summary(whole: Record) -> Record:
    """Counts, and the gaps in words, for people."""
    columns = [line.split(" ") for line in whole["replies"]["rows"]]
    return {
        "asked": sum(probe["asked"] for probe in whole["probes"]),
        "answered": sum(probe["answered"] for probe in whole["probes"]),
        "addresses": len({cells[2] for cells in columns}),
        "macs": len({cells[3] for cells in columns}),
        "events": len(whole["events"]),
        "seconds": whole["duration"],
        "gaps": ["%s: %s" % (gap["subset"], gap["reason"]) for gap in whole["gaps"]],
    }


def vantage_interfaces(snapshot: Record, names: Sequence[str]) -> List[Record]:
    """The interfaces that were used: what the controller needs to place the scan where no snapshot of the host is at
    hand.
    """
    return [
        {
            "name": record["name"],
            "mac": record["mac"],
            "addresses": [
                "%s/%d" % (entry["address"], entry["prefix"])
                for entry in record.get("addresses", [])
                if "prefix" in entry
            ],
        }
        for record in snapshot.get("interfaces", [])
        if record["name"] in names and not record.get("netns")
    ]


def lost_frames(counts: Iterable[Tuple[str, int]]) -> List[Record]:
    """The gaps for (interface, number of frames that the kernel dropped)."""
    return [
        {"subset": "scan", "item": name, "reason": "the kernel dropped %d frames that came too fast" % dropped,
         "hint": "scan at a lower `rate`, or when the segment is quieter"}
        for name, dropped in counts if dropped
    ]
