"""Findings made small: the least input that still breaks the same place, to be read, and to be kept."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from .samples import loaded
from .target import JSON, Target
from .trial import tried

Holds = Callable[[bytes], bool]


def minimised(target: Target, octets: bytes, seconds: float = 30.0) -> bytes:
    """An input that breaks the same place as OCTETS, and from which nothing can be left out."""
    found = tried(target, octets)
    if found is None:
        return octets
    until = time.monotonic() + seconds

    def holds(candidate: bytes) -> bool:
        again = tried(target, candidate) if time.monotonic() < until else None
        return again is not None and again.key == found.key

    if target.shape == JSON and loaded(octets) is not None:
        return _least_document(loaded(octets), holds, octets)
    return _least_octets(octets, holds)


def _least_octets(octets: bytes, holds: Holds) -> bytes:
    size = max(1, len(octets) // 2)
    while True:
        at = 0
        while at < len(octets):
            candidate = octets[:at] + octets[at + size:]
            if holds(candidate):
                octets = candidate
            else:
                at += size
        if size == 1:
            return octets
        size //= 2


def _least_document(data: Any, holds: Holds, octets: bytes) -> bytes:
    """Leave out, or empty, one node after the other, the great ones first."""
    smaller = True
    while smaller:
        smaller = False
        for path in sorted(_paths(data), key=len):
            for candidate in _without(data, path):
                text = json.dumps(candidate).encode()
                if len(text) < len(octets) and holds(text):
                    data, octets, smaller = candidate, text, True
                    break
    return octets


def _paths(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Places of all nodes below DATA."""
    keys: Any = list(data) if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    for key in keys:
        yield (*path, key)
        yield from _paths(data[key], (*path, key))


def _without(data: Any, path: tuple[Any, ...]) -> Iterator[Any]:
    """DATA without the node at PATH, and with an emptier one; nothing where that is gone already."""
    for change in ("drop", "half", "empty"):
        made = copy.deepcopy(data)
        holder = made
        try:
            for key in path[:-1]:
                holder = holder[key]
            node = holder[path[-1]]
        except (KeyError, IndexError, TypeError):
            return
        if change == "drop":
            del holder[path[-1]]
            yield made
        elif isinstance(node, (str, list)) and node:
            holder[path[-1]] = node[:len(node) // 2] if change == "half" else node[:0]
            yield made
