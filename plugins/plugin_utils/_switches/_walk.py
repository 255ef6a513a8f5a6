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
_LONGEST = 65536  # characters of one value: SNMP allows 65535 octets, and nothing here needs as many

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
    """Variables of a walk by column and index, of the columns that were asked for, and lines that are none."""

    columns: dict[str, dict[Index, Value]]
    damaged: list[str]
    variables: int  # of any column

    def column(self, oid: str) -> dict[Index, Value]:
        """The column OID, empty if the walk has none."""
        return self.columns.get(oid, {})

    def scalar(self, oid: str) -> Value | None:
        """The one value of OID."""
        return self.column(oid).get((0,))

    def numbers(self, oid: str) -> dict[Index, int]:
        """The whole numbers of a column."""
        return {index: number for index, value in self.column(oid).items() if (number := value.number()) is not None}


def walk(text: str, wanted: Iterable[str]) -> Walk:
    """Read TEXT; WANTED: columns (object identifiers without a leading dot) that are kept."""
    columns: dict[str, dict[Index, Value]] = {oid: {} for oid in wanted}
    lengths = sorted({oid.count(".") + 1 for oid in columns})
    damaged: list[str] = []
    count = 0
    for oid, kind, value in _variables(text, damaged):
        count += 1
        parts = oid.split(".")
        for length in lengths:
            column = columns.get(".".join(parts[:length]))
            if column is not None:
                column[tuple(map(int, parts[length:]))] = Value(kind, value)
                break
    return Walk({oid: rows for oid, rows in columns.items() if rows}, damaged, count)


def _variables(text: str, damaged: list[str]) -> Iterator[tuple[str, str, str]]:
    """(identifier, type, value) of each variable; lines before the first that are none go to DAMAGED."""
    oid, kind, parts, length = "", "", [""], 0
    for line in text.split("\n"):
        found = _VARIABLE.match(line.rstrip("\r"))
        if found is None:
            if oid and length < _LONGEST:
                parts.append(line)
                length += len(line)
            elif line.strip():
                damaged.append(line)
            continue
        if oid:
            yield oid, kind, _joined(kind, parts)
        oid, kind, parts, length = found[1], found[2] or "", [found[3]], len(found[3])
        if kind == "" and parts[0].startswith(_NOTHING):
            oid = ""
    if oid:
        yield oid, kind, _joined(kind, parts)


def _joined(kind: str, parts: list[str]) -> str:
    if len(parts) == 1:
        return parts[0].strip() if kind != "STRING" else parts[0]
    return " ".join(part.strip() for part in parts).strip() if kind == "Hex-STRING" else "\n".join(parts).rstrip("\n")
