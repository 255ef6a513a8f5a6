"""One input tried on one target: within limits of CPU and memory, and what went wrong told apart by its place in the
code.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from .target import Target

MOST_SECONDS = 5.0  # of CPU, for one input of at most LONGEST octets
MOST_MEMORY = 512 << 10  # KiB that an input may add to the greatest size so far
LONGEST = 1 << 16
_SLOW = 0.01  # s
_greatest = [0]  # KiB, when it was looked at last


class Hang(BaseException):
    """An input took too much CPU. No Exception, so that no reader swallows it."""


class Blowup(BaseException):
    """An input took too much memory."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not happen. KEY: equal for inputs that break the same place."""

    target: str
    key: str
    octets: bytes
    told: str


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise Hang(f"no end after {MOST_SECONDS:g} s of CPU")


@contextmanager
def _clock() -> Iterator[None]:
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def prepare() -> None:
    """Have the process told when its CPU time is over; once, in the main thread."""
    signal.signal(signal.SIGPROF, _stop)
    _greatest[0] = _size()


def tried(target: Target, octets: bytes) -> Finding | None:
    """The finding that OCTETS are, if they are one."""
    begun = time.monotonic()
    try:
        with _clock():
            target.run(octets)
        if (
            time.monotonic() - begun > _SLOW
        ):  # much memory takes its time, and to look for it would slow down the quick ones
            _weigh()
    except target.allowed:
        return None
    except (Exception, Hang, Blowup) as error:
        return Finding(target.name, _key(error), octets, "".join(traceback.format_exception(error)))
    return None


def _weigh() -> None:
    """Blowup if this process has grown by too much since the last look."""
    before, _greatest[0] = _greatest[0], _size()
    if _greatest[0] - before > MOST_MEMORY:
        raise Blowup(f"took more than {MOST_MEMORY >> 10} MiB")


def _size() -> int:
    """KiB of memory at most so far; getrusage() would count what the parent process had."""
    with open("/proc/self/status", encoding="ascii") as stream:
        return next((int(line.split()[1]) for line in stream if line.startswith("VmHWM:")), 0)


def _key(error: BaseException) -> str:
    """Kind of error and the last place in the collection that it came through."""
    places = [entry for entry in traceback.extract_tb(error.__traceback__) if "/tests/fuzz/" not in entry.filename]
    ours = [entry for entry in places if "/plugins/" in entry.filename] or places
    last = ours[-1] if ours and not isinstance(error, AssertionError) else None
    where = last and (last.lineno if last.filename.endswith(".j2") else last.name)  # all of a template is one function
    place = f"{last.filename.rpartition('/')[2]}-{where}" if last else str(error)
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", f"{type(error).__name__}-{place}")[:100].strip("-")
