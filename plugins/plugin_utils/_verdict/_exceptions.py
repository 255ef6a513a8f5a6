"""Exceptions that the operator grants: data with a reason and an expiry date, selected by JMESPath."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import typing as t
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened, type_name


class ExceptionError(ValueError):
    """An exception that cannot be used: names its number, the field and the way out."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """One granted exception; EXPRESSION is a compiled JMESPath, WHERE its place in the list."""

    expression: t.Any
    reason: str
    expires: datetime.date
    where: str = "exceptions"

    def selects(self, finding: dict[str, t.Any]) -> bool:
        """Whether it is about FINDING; ExceptionError if the expression cannot be evaluated at all."""
        from jmespath.exceptions import JMESPathError, JMESPathTypeError

        try:
            return bool(self.expression.search(finding))
        except JMESPathTypeError:
            return False  # a function of a key that is null in this finding, such as the guest of a host
        except JMESPathError as error:
            raise ExceptionError(f"{self.where}.match: {shortened(str(error), 120)}") from None


class ExceptionList:
    """Granted exceptions as of one day."""

    def __init__(self, exemptions: Iterable[Exemption], today: datetime.date | None = None) -> None:
        self._today = today or datetime.datetime.now(tz=datetime.timezone.utc).date()
        self._valid = [exemption for exemption in exemptions if exemption.expires >= self._today]

    def granted(self, finding: dict[str, t.Any]) -> dict[str, str] | None:
        """Reason and expiry of the first exception that selects FINDING, None if none does."""
        for exemption in self._valid:
            if exemption.selects(finding):
                return {"reason": exemption.reason, "expires": exemption.expires.isoformat()}
        return None


def read_exceptions(rows: object, today: datetime.date | None = None) -> ExceptionList:
    """ExceptionList of ROWS, a list of {"match": JMESPath, "reason": text, "expires": "YYYY-MM-DD"}; ExceptionError
    else.
    """
    if rows is None or rows == []:
        return ExceptionList((), today)
    if not isinstance(rows, (list, tuple)):
        raise ExceptionError(f"exceptions: {type_name(rows)} instead of a list of match, reason, expires")
    return ExceptionList([_exemption(f"exceptions[{number}]", row) for number, row in enumerate(rows)], today)


def _exemption(where: str, row: object) -> Exemption:
    if not isinstance(row, Mapping):
        raise ExceptionError(f"{where}: {type_name(row)} instead of match, reason, expires")
    unknown = sorted(set(map(str, row)) - {"match", "reason", "expires"})
    if unknown:
        raise ExceptionError(f"{where}: unknown key {unknown[0]!r}; it takes match, reason and expires")
    reason = row.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        raise ExceptionError(f"{where}.reason: an exception needs a reason in words")
    expires = _date(f"{where}.expires", row.get("expires"))
    return Exemption(_expression(f"{where}.match", row.get("match")), str(reason), expires, where)


def _expression(where: str, text: object) -> t.Any:
    import jmespath
    from jmespath.exceptions import JMESPathError

    if not isinstance(text, str) or not text.strip():
        raise ExceptionError(f"{where}: needs a JMESPath expression, such as mac == '52:54:00:0c:1d:f5'")
    try:
        return jmespath.compile(text)
    except JMESPathError as error:
        raise ExceptionError(f"{where}: {shortened(text, 60)} is not JMESPath: {shortened(str(error), 80)}") from None


def _date(where: str, value: object) -> datetime.date:
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(str(value))
    except ValueError:
        raise ExceptionError(f"{where}: {shortened(value, 40)} is not a date; write 2026-12-31") from None
