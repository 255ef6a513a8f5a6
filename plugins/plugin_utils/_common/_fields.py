"""Reading a document field by field: a missing field has a default, one of the wrong kind is an error with its place.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._messages import type_name


class ReportError(ValueError):
    """A document cannot be used; the message names the field, what is wrong with it, and the way out."""


def plain(value: object) -> Any:
    """Return VALUE as built-in dicts, lists and scalars (Ansible hands over lazy, tagged look-alikes of them)."""
    if isinstance(value, Mapping):
        return {str.__str__(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    raise ReportError(f"a report cannot hold a {type_name(value)}")


@dataclass(frozen=True, slots=True)
class Fields:
    """One object of a document, and the path that leads to it."""

    data: Mapping[str, Any]
    where: str

    @classmethod
    def of(cls, value: object, where: str) -> Fields:
        """Return the fields of VALUE, which has to be an object."""
        if not isinstance(value, Mapping):
            raise ReportError(f"{where}: expected an object, found {_kind(value)}")
        return cls(value, where)

    def text(self, name: str, default: str = "") -> str:
        """Return a text field; null and missing are the default."""
        value = self.data.get(name)
        if value is None:
            return default
        if isinstance(value, str):
            return value
        raise self._wrong(name, "text", value)

    def number(self, name: str, default: int = 0) -> int:
        """Return a whole number."""
        value = self.data.get(name, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise self._wrong(name, "a whole number", value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; null and missing are an empty one."""
        values = self._list(name)
        for position, value in enumerate(values):
            if not isinstance(value, str):
                raise self._wrong(f"{name}[{position}]", "text", value)
        return tuple(values)

    def objects(self, name: str) -> list[Fields]:
        """Return a list of objects; null and missing are an empty one."""
        return [Fields.of(value, f"{self.where}.{name}[{position}]") for position, value in enumerate(self._list(name))]

    def nested(self, name: str) -> Fields:
        """Return a nested object; null and missing are an empty one."""
        value = self.data.get(name)
        return Fields.of({} if value is None else value, f"{self.where}.{name}")

    def has(self, name: str) -> bool:
        """Return whether the field is there and not null."""
        return self.data.get(name) is not None

    def _list(self, name: str) -> list[Any]:
        value = self.data.get(name)
        if value is None:
            return []
        if isinstance(value, list):
            return value
        raise self._wrong(name, "a list", value)

    def _wrong(self, name: str, expected: str, value: object) -> ReportError:
        return ReportError(f"{self.where}.{name}: expected {expected}, found {_kind(value)}")


def check_schema(data: Mapping[str, Any], schema: str, version: int, where: str) -> None:
    """Raise ReportError unless DATA says that it is SCHEMA in a version up to VERSION."""
    if data.get("schema") != schema:
        raise ReportError(f"{where}.schema: expected {schema}, found {str(data.get('schema'))[:60]!r}")
    found = data.get("version")
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise ReportError(f"{where}.version: expected {version}, found {str(found)[:60]!r}")
    if found > version:
        raise ReportError(
            f"{where}.version: {found} is newer than {version}, the newest that this version of netops.layer2 reads; "
            "update the collection here"
        )


def counts(fields: Fields, names: Iterable[str]) -> dict[str, int]:
    """Return the whole numbers called NAMES, zero where one is missing."""
    return {name: fields.number(name) for name in names}


def _kind(value: object) -> str:
    """Return the JSON name of VALUE's type."""
    names = {
        "bool": "true/false",
        "int": "a number",
        "float": "a number",
        "str": "text",
        "list": "a list",
        "dict": "an object",
        "NoneType": "null",
    }
    return names.get(type_name(value), type_name(value))
