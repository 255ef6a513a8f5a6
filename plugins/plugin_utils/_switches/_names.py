"""Names of ports as one device writes them: short forms put back to the name in its own list of interfaces."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from collections.abc import Iterable

from ansible_collections.netops.layer2.plugins.plugin_utils._switches._document import port_name

_PARTS = re.compile(r"([A-Za-z][A-Za-z -]*)([0-9].*)\Z")
_UNIT = re.compile(r"\.[0-9]{1,5}\Z")
_REMARK = re.compile(r"\([^()]*\)\Z")  # Po10(R), GE1/0/1(U)
# Short forms of Comware and VRP that are no beginning of the long one.
_SHORT = {
    "ge": ("gigabitethernet",),
    "xge": ("tengigabitethernet", "xgigabitethernet"),
    "mge": ("mgigabitethernet", "multige"),
    "wge": ("twentyfivegige",),
    "fge": ("fortygige",),
    "hge": ("hundredgige",),
    "bagg": ("bridgeaggregation",),
    "ragg": ("routeaggregation",),
}


class Names:
    """The names of one device's ports: KNOWN are those of its own list of interfaces."""

    def __init__(self, known: Iterable[str], has_units: bool = False) -> None:
        self._known = frozenset(known)
        self._has_units = has_units
        self._by_place: dict[str, list[tuple[str, str]]] = {}
        for name in self._known:
            if parts := _PARTS.match(name):
                self._by_place.setdefault(parts[2], []).append((_letters(parts[1]), name))

    def port(self, text: str) -> str:
        """The port that TEXT names, without unit and remark, as one cell of a table."""
        name = _REMARK.sub("", text.strip())
        return self.interface(_UNIT.sub("", name) if self._has_units else name)

    def interface(self, text: str) -> str:
        """The interface that TEXT names, as one cell of a table: its long name, where TEXT is short for one only."""
        name = text.strip()
        if name in self._known:
            return port_name(name)
        parts = _PARTS.match(name)
        short = _letters(parts[1]) if parts else ""
        fits = [
            full
            for letters, full in (self._by_place.get(parts[2], ()) if parts else ())
            if letters.startswith(short) or letters in _SHORT.get(short, ())
        ]
        return port_name(fits[0] if len(fits) == 1 else name)


def _letters(text: str) -> str:
    return text.replace("-", "").replace(" ", "").lower()
