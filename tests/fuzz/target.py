"""What a fuzz target is: a reader of foreign octets, the errors that it may raise, and samples to begin with."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

OCTETS, TEXT, JSON = "octets", "text", "json"  # shapes of inputs; they decide how one is mutated


class Broken(AssertionError):
    """A reader returned something that contradicts what it promises."""


@dataclass(frozen=True, slots=True)
class Target:
    """RUN reads octets as a stranger sent them. It may return, or raise one of ALLOWED; anything else is a finding.

    WORDS: what mutations put into texts. OBSTACLE: why it cannot run here, empty if it can.
    """

    name: str
    about: str
    run: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    allowed: tuple[type[Exception], ...] = ()
    shape: str = OCTETS
    words: tuple[str, ...] = ()
    obstacle: Callable[[], str] = str


def promise(holds: object, what: str) -> None:
    """Raise Broken, saying WHAT does not hold."""
    if not holds:
        raise Broken(what)
