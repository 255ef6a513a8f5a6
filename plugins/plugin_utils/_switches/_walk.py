"""The text of `snmpbulkwalk -On` as variables: object identifiers in numbers, and values as net-snmp prints them."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable, Iterator

# One variable a line; a value with line feeds, or of many octets, goes on in the lines below.
_VARIABLE = re.compile(r"\.?(1(?:\.[0-9]{1,10}){2,128}) = (?:([A-Za-z][A-Za-z0-9 -]{0,24}): ?)?(.*)\Z")
_NOTHING = ("No Such Object", "No Such Instance", "No more variables")
_NUMBER = re.compile(r"(?:[^()]{0,64}\()?(-?[0-9]{1,19})\)?\Z")
_HEX = re.compile(r"[0-9A-Fa-f]{1,2}(?:[ :][0-9A-Fa-f]{1,2})*\Z")
_CLOSED = re.compile(r'(?<!\\)(?:\\\\)*"\s*\Z')  # a quote that no backslash escapes, at the end of a line
_LONGEST = 131072  # characters of one value: SNMP allows 65535 octets, each may have a backslash before it

Index = tuple[int, ...]


class Value(t.NamedTuple):
    """KIND as net-snmp names it (INTEGER, STRING, Hex-STRING, OID, ...; empty for an empty string), and the text behind
    it.
    """

    kind: str
    text: str

    def number(self) -> int | None:
        """A whole number, also one that a MIB gave a name (`up(1)`); None for anything else."""
        found = _NUMBER.match(self.text) if self.kind not in ("STRING", "Hex-STRING", "OID") else None
        return int(found[1]) if found else None

    def octets(self) -> bytes | None:
        """The octets of a string, in whichever way net-snmp shows them; None for anything else."""
        if self.kind in ("", "STRING") and self.text.startswith('"'):
            text = self.text[1:-1] if self.text.endswith('"') and len(self.text) > 1 else self.text[1:]
            return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL).encode("utf-8", "surrogateescape")
        if self.kind in ("STRING", "Hex-STRING") and _HEX.match(self.text.strip()):
            return bytes(int(part, 16) for part in re.split("[ :]", self.text.strip()))
        return self.text.encode("utf-8", "replace") if self.kind == "STRING" else None

    def words(self) -> str:
        """A string as text, octets that are no UTF-8 as they can be shown."""
        if self.kind == "STRING" and not self.text.startswith('"'):
            return self.text
        return (self.octets() or b"").decode("utf-8", "backslashreplace").rstrip("\0")


class Walk(t.NamedTuple):
    """Variables of a walk by column and index, of the columns that were asked for; lines that are none, and such as
    look like one but stand within a text: who chose that text forges them, or the walk was cut off there.
    """

    columns: dict[str, dict[Index, Value]]
    damaged: list[str]
    within: list[str]
    variables: int  # of any column

    def column(self, oid: str) -> dict[Index, Value]:
        """The column OID, empty if the walk has none."""
        return self.columns.get(oid, {})

    def scalar(self, oid: str) -> Value | None:
        """The one value of OID; some agents leave out the zero at its end (Debian's snmp-bridge-mib)."""
        rows = self.column(oid)
        return rows.get((0,)) or rows.get(())

    def numbers(self, oid: str) -> dict[Index, int]:
        """The whole numbers of a column."""
        return {index: number for index, value in self.column(oid).items() if (number := value.number()) is not None}


def walk(text: str, wanted: Iterable[str]) -> Walk:
    """Read TEXT; WANTED: columns (object identifiers without a leading dot) that are kept."""
    columns: dict[str, dict[Index, Value]] = {oid: {} for oid in wanted}
    lengths = sorted({oid.count(".") + 1 for oid in columns})
    damaged: list[str] = []
    within: list[str] = []
    count = 0
    for oid, kind, value in _variables(text, damaged, within):
        count += 1
        parts = oid.split(".")
        for length in lengths:
            column = columns.get(".".join(parts[:length]))
            if column is not None:
                column[tuple(map(int, parts[length:]))] = Value(kind, value)
                break
    return Walk({oid: rows for oid, rows in columns.items() if rows}, damaged, within, count)


class _Reading:
    """One variable whose lines are being read.

    A quoted string goes on to its closing quote, whatever its lines look like: strangers choose its text (LLDP), and
    net-snmp puts a backslash before each quote in it.
    """

    def __init__(self, oid: str, kind: str, value: str) -> None:
        self.oid, self.kind, self.parts, self.length = oid, kind, [value], len(value)
        self.is_open = kind == "STRING" and value.startswith('"') and not _CLOSED.search(value, 1)

    def take(self, line: str) -> bool:
        """Whether LINE, which does not begin another variable, became a part of the value."""
        if self.length >= _LONGEST:
            self.is_open = False
            return False
        self.parts.append(line)
        self.length += len(line) + 1
        self.is_open = self.is_open and not _CLOSED.search(line)
        return True

    def variable(self) -> tuple[str, str, str]:
        """Identifier, type and the whole value."""
        return self.oid, self.kind, _joined(self.kind, self.parts)


def _variables(text: str, damaged: list[str], within: list[str]) -> Iterator[tuple[str, str, str]]:
    """(identifier, type, value) of each variable; DAMAGED and WITHIN get the lines that Walk has under these names."""
    reading: _Reading | None = None
    for line in text.split("\n"):
        found = _VARIABLE.match(line)
        if _goes_on(reading, line, found):
            within.extend([line] if found else [])
        elif found is None:
            damaged.extend([line] if line.strip() else [])
        else:
            if reading is not None:
                yield reading.variable()
            reading = _begun(found)
    if reading is not None:
        yield reading.variable()


def _goes_on(reading: _Reading | None, line: str, found: re.Match[str] | None) -> bool:
    """Whether LINE became a part of the variable before it: it looks like none by itself, or a quoted text is open."""
    return reading is not None and (reading.is_open or found is None) and reading.take(line)


def _begun(found: re.Match[str]) -> _Reading | None:
    kind, value = found[2] or "", found[3]
    return None if kind == "" and value.startswith(_NOTHING) else _Reading(found[1], kind, value)


def _joined(kind: str, parts: list[str]) -> str:
    if kind == "Hex-STRING":
        return " ".join(part.strip() for part in parts).strip()
    text = "\n".join(parts)
    return text.rstrip("\r\n") if kind == "STRING" and not text.startswith('"') else text.strip()
