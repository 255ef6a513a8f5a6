"""Every MAC that anybody knows: in snapshots, reports, plans, definitions, whatever the place it stands in."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from ansible_collections.netops.layer2.plugins.module_utils._mac import canonical
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Fleet, Source

# One pattern a notation; what is found too much is only reserved too much, what is missed could be given out twice.
_NOTATION = re.compile(
    r"(?<![0-9A-Fa-f:.-])(?:[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}"
    r"|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}|[0-9A-Fa-f]{4}(?:-[0-9A-Fa-f]{4}){2})(?![0-9A-Fa-f:-])"
)


def macs_in(data: object) -> set[str]:
    """Canonical MACs in DATA: a text (JSON, XML, YAML, a table), or anything that JSON can hold."""
    text = data if isinstance(data, str) else json.dumps(data, default=str)
    return {canonical(found) for found in _NOTATION.findall(text)}


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
    if hasattr(payload, "read_text"):
        return payload.read_text(encoding="utf-8", errors="replace")
    return dict(payload) if isinstance(payload, Mapping) else payload


def taken_macs(known: object, reserved: Iterable[object] = ()) -> set[str]:
    """MACs that must not be given out: those of KNOWN (a fleet, or None) and those in RESERVED (texts, reports, plans)."""
    taken = set() if known is None else macs_of_fleet(known)
    for item in reserved:
        taken |= macs_in(item)
    return taken
