"""Arguments that several plugins have: their types are checked here, once, with errors that name the way out."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping


class ArgumentError(ValueError):
    """An argument of a filter is of no use: names it, and what it takes."""


def read_hosts(value: object) -> list[str] | None:
    """The host names of VALUE, None for all; ArgumentError if it is no list of names."""
    if value is None:
        return None
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise ArgumentError("hosts must be a list of host names, such as groups['all']")
    return [str(host) for host in value]


def read_unreachable(value: object) -> Mapping[str, t.Any]:
    """Host -> reason of VALUE; ArgumentError if it is no mapping."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ArgumentError("unreachable must map host names to reasons")
    return value


def read_share(name: str, value: object) -> float:
    """A share from 0 to 1; ArgumentError otherwise."""
    return _within(value, 1, f"{name} must be a share from 0 to 1, such as 0.01")


def read_days(name: str, value: object) -> float:
    """A number of days, at most a hundred years; ArgumentError otherwise."""
    return _within(value, 36_500, f"{name} must be a number of days from 0 to 36500, such as 30")


def _within(value: object, most: float, problem: str) -> float:
    number = number_within(value, most)
    if number is None:
        raise ArgumentError(problem)
    return number


def number_within(value: object, most: float) -> float | None:
    """VALUE, a number or the text of one, if it lies between 0 and MOST; None otherwise."""
    try:
        number = float(t.cast(float, value)) if not isinstance(value, bool) else -1.0
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number <= most else None
