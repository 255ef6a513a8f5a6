"""Words from the network made safe and short for a line of output: control characters shown, long ones cut."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

# Control, format (bidi, zero width), surrogate, private, unassigned, line and paragraph separators: never printed raw.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
CUT = "..."


def visible(text: str) -> str:
    """Return TEXT with every character that could steer a terminal or hide itself written as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def visible_lines(text: str) -> str:
    """Return TEXT the same way, but for the ends of its lines and its tabs, which stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char in "\n\t" else _shown(char) for char in text)


def _shown(char: str) -> str:
    """Return one character as it may be printed."""
    if unicodedata.category(char) not in _HIDDEN:
        return char
    code = ord(char)
    if char in _NAMED:
        return _NAMED[char]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def width(text: str) -> int:
    """Return how many columns of a terminal TEXT takes (wide characters two, combining ones none)."""
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    """Return the columns of one character."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, columns: int) -> str:
    """Return TEXT made visible and at most COLUMNS wide; a cut one ends in three dots."""
    most = 4 * columns + 8
    shown = visible(text[:most])
    if width(shown) <= columns and len(text) <= most:
        return shown
    kept, used = [], 0
    for char in shown:
        used += _columns(char)
        if used > columns - len(CUT):
            break
        kept.append(char)
    return "".join(kept) + CUT


def padded(text: str, columns: int) -> str:
    """Return TEXT filled up with blanks to COLUMNS."""
    return text + " " * (columns - width(text))


def wrapped(text: str, columns: int, lines: int) -> list[str]:
    """Break TEXT at blanks into at most LINES lines of at most COLUMNS; what does not fit is cut."""
    words = visible(text[:4 * columns * lines]).split()
    rows: list[str] = []
    current = ""
    for position, word in enumerate(words):
        joined = f"{current} {word}" if current else word
        if width(joined) <= columns or not current:
            current = joined
        elif len(rows) == lines - 1:
            current = " ".join([current, *words[position:]])
            break
        else:
            rows.append(current)
            current = word
    return [cut(row, columns) for row in [*rows, current] if row]


def named(names: Sequence[str], limit: int) -> str:
    """Return up to LIMIT of NAMES, joined, and how many more there are."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")


def age_in_words(seconds: float) -> str:
    """Return an age as people say it, such as ``3 h``."""
    for unit, size, least in (("days", 86_400, 2), ("h", 3600, 1), ("min", 60, 1)):
        if seconds >= size * least:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} s"


def counted(number: int, noun: str) -> str:
    """Return ``1 host``, ``2 hosts``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(values: Iterable[object]) -> str:
    """VALUES as a readable list, sorted, cut after six."""
    names = sorted({str(value) for value in values})
    shown = " and ".join(names) if len(names) < 3 else ", ".join(names[:6])
    return shown if len(names) <= 6 else f"{shown} and {len(names) - 6} more"
