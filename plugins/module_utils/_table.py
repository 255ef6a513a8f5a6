"""The snapshot's bulk tables: one text a row, and what every parser hands back (records, and the damaged input shown).
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import math
import re
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional

from ansible_collections.netops.layer2.plugins.module_utils._mac import ZERO, MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._runner import shortened

NEIGHBOUR_COLUMNS = ("netns", "interface", "address", "mac", "state", "flags")
MOVE_COLUMNS = ("bridge", "vlan", "mac", "from", "to", "count", "last")
FDB_COLUMNS = ("netns", "interface", "mac", "vlan", "bridge", "dst", "flags")

_SHOWN = 80
# Addresses of links that are no Ethernet: 4 octets (tunnels), 8 (FireWire), 16 (IPv6 tunnels), 20 (InfiniBand), IPv4.
_FOREIGN_ADDRESS = re.compile(
    r"(?:[0-9a-fA-F]{2}:)+[0-9a-fA-F]{2}\Z|[0-9.]{7,15}\Z|[0-9a-fA-F]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\Z"
)
_NATURAL = re.compile(r"[0-9]{1,18}\Z")
_OCTETS = 17  # characters of six octets

Record = Dict[str, Any]
Parsed = NamedTuple("Parsed", [("records", List[Record]), ("damaged", List[str])])


class Damaged(ValueError):
    """One line or entry is not what its tool prints; the message says what is wrong with it."""


def parse_each(items: Iterable[Any], parse: Callable[[Any], Optional[Record]]) -> Parsed:
    """PARSE every item: None is skipped, an item that raises Damaged is shown among the damaged ones."""
    parsed = Parsed([], [])
    for item in items:
        try:
            record = parse(item)
        except Damaged as error:
            parsed.damaged.append("%s: %s" % (error, shortened(str(item), _SHOWN)))
        else:
            if record is not None:
                parsed.records.append(record)
    return parsed


def link_address(text: object) -> Optional[str]:
    """Canonical MAC of a link-layer address as tools print it, None for one of another kind of link, Damaged otherwise.
    """
    try:
        return canonical(text)
    except MacError:
        if isinstance(text, str) and len(text) != _OCTETS and len(text) < 60 and _FOREIGN_ADDRESS.match(text):
            return None
        raise Damaged("not a MAC address (%s)" % shortened(str(text), 40)) from None


def natural(text: object) -> Optional[int]:
    """TEXT as a whole number from 0, None for anything else; int() also takes signs, underscores and other scripts, and
    breaks on superscripts.
    """
    return int(text) if isinstance(text, str) and _NATURAL.match(text) else None


def finite(value: object) -> Optional[float]:
    """VALUE as a number to reckon with; None for what is none, for infinity, and for whole numbers that JSON can hold
    and a float cannot.
    """
    try:
        number = float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def is_station(mac: str) -> bool:
    """Whether MAC can be one machine's: neither a group address nor all zeros."""
    return mac != ZERO and not int(mac[1], 16) & 1


def row(columns: Iterable[Optional[str]]) -> str:
    """One row of a table; Damaged where a value holds white space, which no column can."""
    cells = [column or "-" for column in columns]
    text = " ".join(cells)
    if not text.count(" ") == len(cells) - 1 == len(text.split()) - 1:
        raise Damaged("white space in a value")
    return text


def table(columns: Iterable[str], rows: Iterable[str]) -> Record:
    """The table object of docs/snapshot.md."""
    return {"columns": list(columns), "rows": list(rows)}
