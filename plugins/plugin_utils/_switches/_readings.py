"""Several readings of one switch put into one document: which addresses moved in between, and which are there for the
first time.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.netops.layer2.plugins.module_utils._table import MOVE_COLUMNS, table
from ansible_collections.netops.layer2.plugins.plugin_utils._common._lenient import rows_in
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._document import Document

Place = tuple[str, str, str]  # bridge, VLAN, MAC


def in_one(readings: Sequence[Document]) -> Document:
    """The last of READINGS, in the order of time, with ``moves`` and ``readings`` of all, and ``new`` at what the one
    before did not have there.

    An address that goes from one port to another and back has moved twice; what was away in between and came back to
    its port has not.
    """
    last = readings[-1]
    if len(readings) < 2:
        return last
    ways: dict[tuple[Place, str, str], int] = {}
    before: dict[Place, str] = {}
    for reading in readings:
        for place, port in _learnt(rows_in(reading.get("fdb"))).items():
            known = before.get(place, port)
            if known != port:
                ways[(place, known, port)] = ways.get((place, known, port), 0) + 1
            before[place] = port
    was = _learnt(rows_in(readings[-2].get("fdb")))
    rows = [" ".join((*place, source, target, str(count), "-")) for (place, source, target), count in ways.items()]
    merged = {**last, "moves": table(MOVE_COLUMNS, rows), "observed": [*last["observed"], "moves"]}
    if "fdb" in last:
        merged["fdb"] = {**last["fdb"], "rows": [_marked(row, was) for row in last["fdb"]["rows"]]}
    merged["bridges"] = [{**bridge, "readings": len(readings)} for bridge in last.get("bridges", [])]
    return merged


def _learnt(rows: Iterable[str]) -> dict[Place, str]:
    """(bridge, VLAN, MAC) -> port of what was learnt."""
    found = {}
    for row in rows:
        _netns, port, mac, vlan, bridge, _remote, flags = row.split(" ")
        if flags == "-":
            found[(bridge, vlan, mac)] = port
    return found


def _marked(row: str, before: dict[Place, str]) -> str:
    _netns, port, mac, vlan, bridge, _remote, flags = row.split(" ")
    return row if flags != "-" or before.get((bridge, vlan, mac)) == port else f"{row[:-1]}new"
