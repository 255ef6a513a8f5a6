"""Parts of a switch's document that every reader makes in the same way: names without white space, rows, and the whole
of it.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Iterable

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._shown_name import Alphabet, shown
from ansible_collections.netops.layer2.plugins.module_utils._snapshot import COLLECTOR, SCHEMA, VERSION, Gaps
from ansible_collections.netops.layer2.plugins.module_utils._table import (
    FDB_COLUMNS,
    MOVE_COLUMNS,
    NEIGHBOUR_COLUMNS,
    table,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._switch import NOT_OF_SWITCHES

Document = dict[str, t.Any]
BRIDGE = "switch"
LLDP_COLUMNS = ("interface", "chassis", "port", "system", "capabilities")
PORT = Alphabet(r"A-Za-z0-9:_.@+/()\[\]#~-", 64)  # names of ports, as vendors write them
WORD = Alphabet(r"A-Za-z0-9:_.@+/()\[\]#~-", 120)  # what LLDP neighbours say of themselves


def port_name(text: str) -> str:
    """A port's name that can stand in a column: what is no plain character of such names is ``%NN``."""
    return shown(text.strip(), PORT) or "-"


def word(text: str) -> str:
    """Words of a stranger as one cell of a table."""
    return shown(text.strip(), WORD) or "-"


def mac_in(octets: bytes | None) -> str | None:
    """Six octets as a canonical MAC, None for anything else, and for zeros."""
    return octets.hex(":") if octets is not None and len(octets) == 6 and any(octets) else None


def chassis_word(text: str) -> str:
    """A chassis id: a MAC in canonical form where it is one in any notation, else the text."""
    try:
        return canonical(text.strip())
    except MacError:
        return word(text)


def whole(host: str, source: str, parts: Document, observed: Iterable[str], gaps: Gaps) -> Document:
    """The document of switch HOST out of its PARTS; tables are lists of rows there."""
    document: Document = {"schema": SCHEMA, "version": VERSION, "host": host, "collector": COLLECTOR, "source": source}
    columns = {"neighbors": NEIGHBOUR_COLUMNS, "fdb": FDB_COLUMNS, "lldp": LLDP_COLUMNS, "moves": MOVE_COLUMNS}
    for name, part in parts.items():
        document[name] = table(columns[name], part) if name in columns else part
    for subset in NOT_OF_SWITCHES:
        gaps.add(subset, "not observed: a switch does not tell it")
    document.update(observed=[name for name in observed if name in document or name == "addresses"], gaps=gaps.found)
    return document
