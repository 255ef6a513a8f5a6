"""The parts of a scan as a host hands them over: each is held to what a scan can say, and all of them to an end."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.netops.layer2.plugins.module_utils._scan import _document
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import number_within

MOST_ADDRESSES = 1 << 24   # of all networks of a vantage; a scan of more takes days
MOST_CHARACTERS = 1 << 28  # of all parts
MOST_STILL = 64            # parts in which nobody is asked: networks of a wire that is down, one after the other
PATIENCE = 600.0           # seconds beyond what a scan takes; a loaded host is slow to start each part
SLOWER = 4.0               # times as long as its plan may a scan take
PER_ADDRESS = 30.0         # seconds for each address that is held against others
_BROKEN = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError)


class PartError(ValueError):
    """A part of a scan is none; the text says what is wrong with it."""


@dataclass(slots=True)
class Bounds:
    """What a scan may come to: it ends. RATE questions a second, each address asked ROUNDS times at most."""

    rate: float
    rounds: float
    began: float
    asked: int = -1
    total: int = 0
    characters: int = 0
    still: int = 0  # parts that asked nobody, one after the other

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Bounds:
        """The bounds by the module's arguments; those that are no numbers are the module's to refuse."""
        rate = number_within(arguments.get("rate", 100), 1e6) or 100.0
        retries = number_within(arguments.get("retries", 9), 100)
        return cls(rate, (9 if retries is None else retries) + 1, time.monotonic())

    def seconds(self, now: float) -> float:
        """How long the scan has been running."""
        return now - self.began

    @property
    def longest(self) -> float:
        """Seconds after which no honest scan of so many addresses is still running."""
        return PATIENCE + SLOWER * self.total * self.rounds / self.rate


def longest_part(arguments: Mapping[str, Any]) -> float:
    """Seconds after which no honest host still owes the answer to one part with these ARGUMENTS of the module."""
    listened = number_within(arguments.get("duration", 60), 1e6) or 0.0 if arguments.get("mode") == "watch" else 0.0
    return PATIENCE + listened + PER_ADDRESS * len(arguments.get("tell_apart") or ())


def merged(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The parts of one scan, each of which was opened, as one document; PartError where they do not fit together."""
    whole: dict[str, Any] = _readable(_document.merged, parts)
    return whole


def _readable(read: Callable[[Any], Any], value: object) -> Any:
    """What READ makes of VALUE; PartError where it cannot, because something in there is of another kind."""
    try:
        return read(value)
    except _BROKEN as error:
        raise PartError(f"its document cannot be read ({type(error).__name__})") from None


def opened(answer: Mapping[str, Any], bounds: Bounds) -> dict[str, Any]:
    """The document of one part; PartError if it is none, or if all of them are more than a scan hears."""
    text = (answer.get("ansible_facts") or {}).get("layer2_scan")
    if not isinstance(text, str):
        raise PartError("it holds no scan document")
    bounds.characters += len(text)
    if bounds.characters > MOST_CHARACTERS:
        raise PartError(f"its parts hold more than {MOST_CHARACTERS} characters")
    try:
        part: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError):
        raise PartError("its document is no JSON") from None
    _readable(_document.summary, _readable(_document.merged, [part]))
    if not isinstance(part.get("machines"), list):
        raise PartError("its document holds no list of machines")
    return part


def progress(answer: Mapping[str, Any], bounds: Bounds, now: float) -> tuple[int, int]:
    """(asked, total) of a scan that goes on; PartError where it does not come closer to its end, or takes longer than
    any scan.
    """
    said = answer.get("progress")
    asked, total = (_count(said.get(name)) if isinstance(said, Mapping) else -1 for name in ("asked", "total"))
    if asked < 0 or total < 0:
        raise PartError("it does not say how far it is")
    bounds.still = bounds.still + 1 if asked == bounds.asked else 0
    if (
        not bounds.asked <= asked <= total <= MOST_ADDRESSES
        or (bounds.total and total != bounds.total)
        or bounds.still > MOST_STILL
    ):
        raise PartError(
            f"it goes on without coming closer to its end ({asked} of {total} addresses after {bounds.asked} of"
            f" {bounds.total})"
        )
    bounds.asked, bounds.total = asked, total
    if bounds.seconds(now) > bounds.longest:
        raise PartError(
            f"it has gone on for {bounds.seconds(now):.0f} s, and no scan of {total} addresses takes as long"
        )
    return asked, total


def _count(value: object) -> int:
    """VALUE if it is a whole number, -1 otherwise."""
    return value if isinstance(value, int) and not isinstance(value, bool) else -1
