"""How inputs are changed: octets and texts by pieces and words, JSON documents node by node so that they stay
documents.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

from .target import JSON, OCTETS, Target

_BORDERS = (0, 1, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 254, 255)
# What is rare and legal, or hostile: for any text, and for any value of a document.
WORDS = (
    "",
    " ",
    "-",
    "0",
    "-1",
    "1",
    "4095",
    "4096",
    "65536",
    "4294967296",
    "18446744073709551616",
    "1e400",
    "nan",
    "٣",
    "²",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\x1b[2J",
    "\u202e",
    "\u2028",
    "\ufeff",
    "é",
    "\U0001f600",
    "x" * 300,
    "../..",
    "%s",
    "{{ 7 }}",
    "<fuzz onfuzz=1>",
    '"><fuzz onfuzz=1>',
    "</script><fuzz>",
    "=1+1",
    "52:54:00:0c:1d:f5",
    "52:54:00:0C:1D:F5",
    "ff:ff:ff:ff:ff:ff",
    "00:00:00:00:00:00",
    "01:00:5e:00:00:01",
    "52:54:0:c:1d:f5",
    "192.0.2.1",
    "192.0.2.1/24",
    "0.0.0.0/0",
    "::",
    "::/0",
    "fe80::1%eth0",
    "2001:db8::1",
    "999.1.1.1",
    "eth0",
    "br0",
    "lo",
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    255,
    4096,
    65536,
    2**31,
    2**32,
    2**63,
    2**64,
    10**30,
    10**400,
    -0.5,
    0.5,
    1e308,
    float("inf"),
    float("nan"),
    "",
    [],
    {},
    [None],
    [[]],
    {"": None},
    "\ud800",
    [1, 2],
    {"a": 1},
)


def mutated(target: Target, octets: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """OCTETS changed in a few places, in a manner that fits the target; OTHERS: inputs to take pieces from."""
    if target.shape == JSON and chance.random() < 0.95:
        made = _document(target, octets, others, chance)
        if made is not None:
            return made
    words = [
        word.encode("utf-8", "surrogatepass") for word in (*target.words, *(WORDS if target.shape != OCTETS else ()))
    ]
    for _step in range(chance.choice((1, 1, 1, 2, 3, 5))):
        octets = _piece(octets, words, others, chance)
    return octets


def _piece(octets: bytes, words: list[bytes], others: list[bytes], chance: random.Random) -> bytes:
    at = chance.randint(0, len(octets))
    to = min(len(octets), at + chance.choice((0, 1, 1, 2, 4, 8, 30)))
    kind = chance.randrange(6)
    if kind == 0:
        put = bytes([chance.choice(_BORDERS) if chance.random() < 0.5 else chance.randrange(256)])
        to = min(len(octets), at + 1)
    elif kind == 1:
        put = b""
    elif kind == 2 and words:
        put = chance.choice(words)
    elif kind == 3:
        donor = chance.choice(others) if others else octets
        start = chance.randint(0, len(donor))
        put = donor[start:start + chance.choice((1, 4, 16, 64, 400))]
    elif kind == 4:
        put = octets[at:to] * chance.choice((2, 2, 3, 50, 5000))
    else:
        put = chance.choice(words) if words else chance.randbytes(to - at)
        to = at if words else to
    return octets[:at] + put + octets[to:]


# --- documents --------------------------------------------------------------------------------------------------------

Path = tuple[str | int, ...]
_GONE = object()


def every_node(inputs: list[bytes], chance: random.Random) -> Iterator[bytes]:
    """The documents among INPUTS with one node changed: at each path, each odd value once, and the node left out; in
    random order.

    Rows of a list are alike, so one of them stands for all.
    """
    changes = []
    for octets in inputs:
        data = _parsed(octets)
        alike: dict[Path, list[Path]] = {}
        for path in _paths(data):
            alike.setdefault(tuple(0 if isinstance(step, int) else step for step in path), []).append(path)
        changes += [
            (data, chance.choice(paths), value)
            for paths in alike.values()
            for value in (*VALUES, "x", ["x"], [{}], _GONE)
        ]
    chance.shuffle(changes)
    for data, path, value in changes:
        yield json.dumps(_changed(data, path, value)).encode()


def _paths(data: Any, above: Path = ()) -> Iterator[Path]:
    """Of every node below the root."""
    for key in data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ():
        yield (*above, key)
        yield from _paths(data[key], (*above, key))


def _changed(data: Any, path: Path, value: Any) -> Any:
    """DATA with VALUE at PATH; only what leads there is copied."""
    made = copy.copy(data)
    if len(path) > 1:
        made[path[0]] = _changed(data[path[0]], path[1:], value)
    elif value is _GONE:
        del made[path[0]]
    else:
        made[path[0]] = value
    return made


def _document(target: Target, octets: bytes, others: list[bytes], chance: random.Random) -> bytes | None:
    data = _parsed(octets)
    if data is None:
        return None
    donor = _parsed(chance.choice(others)) if others and chance.random() < 0.3 else data
    for _step in range(chance.choice((1, 1, 2, 3, 6))):
        data = _edited(data, donor, target.words, chance)
    return json.dumps(data).encode()


def _parsed(octets: bytes) -> Any:
    try:
        return json.loads(octets)
    except (ValueError, RecursionError):
        return None


def _edited(data: Any, donor: Any, words: tuple[str, ...], chance: random.Random) -> Any:
    """DATA with one node changed, which is chosen by walking down."""
    if not isinstance(data, (dict, list)) or not data or chance.random() < 0.04:
        return _value(data, donor, words, chance)
    key = chance.choice(list(data)) if isinstance(data, dict) else chance.randrange(len(data))
    kind = chance.random()
    if kind < 0.05:
        del data[key]
    elif kind < 0.08 and isinstance(data, list):
        data.insert(chance.randint(0, len(data)), copy.deepcopy(data[key]))
    elif kind < 0.1 and isinstance(data, dict):
        data[_text(str(key), words, chance)] = data[key]
    else:
        data[key] = _edited(data[key], donor, words, chance)
    return data


def _value(data: Any, donor: Any, words: tuple[str, ...], chance: random.Random) -> Any:
    kind = chance.random()
    if kind < 0.2:
        return copy.deepcopy(_node(donor, chance))
    if isinstance(data, str) and kind < 0.8:
        return _text(data, words, chance)
    if isinstance(data, (int, float)) and not isinstance(data, bool) and kind < 0.5:
        return data + chance.choice((-1, 1, 256, -256)) if abs(data) < float("inf") else 0
    return copy.deepcopy(chance.choice(VALUES)) if kind < 0.9 else _text("", words, chance)


def _node(data: Any, chance: random.Random) -> Any:
    """Any node of a document."""
    while isinstance(data, (dict, list)) and data and chance.random() < 0.85:
        data = data[chance.choice(list(data))] if isinstance(data, dict) else chance.choice(data)
    return data


def _text(text: str, words: tuple[str, ...], chance: random.Random) -> str:
    """TEXT with a cell, a piece, or all of it changed."""
    word = chance.choice(words) if words and chance.random() < 0.5 else chance.choice(WORDS)
    kind = chance.random()
    cells = text.split(" ")
    if kind < 0.4 and len(cells) > 1:
        cells[chance.randrange(len(cells))] = word
        return " ".join(cells)
    if kind < 0.6:
        at = chance.randint(0, len(text))
        return text[:at] + word + text[at + chance.choice((0, 1, 2)):]
    return word
