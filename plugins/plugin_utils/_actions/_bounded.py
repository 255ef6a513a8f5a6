"""Bounds on what a host may make this process write and hold: an answer that goes on for ever ends its own task only.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_ROOM: Final = 512 << 20  # octets for all else that a task needs
_COPIES: Final = 6        # of what was received: its pieces, joined, as text, parsed, and without its encoding


@contextmanager
def bounded(octets: int) -> Iterator[None]:
    """In the block no file gets larger than OCTETS (OSError EFBIG), nor this process than some copies of that
    (MemoryError); programs that it starts neither.

    ansible-core runs each task in a process of its own.
    """
    before = {kind: resource.getrlimit(kind) for kind in (resource.RLIMIT_FSIZE, resource.RLIMIT_AS)}
    _lower(resource.RLIMIT_FSIZE, octets)
    if now := _size():
        _lower(resource.RLIMIT_AS, now + _ROOM + _COPIES * octets)
    try:
        yield
    finally:
        for kind, limits in before.items():
            resource.setrlimit(kind, limits)


def _lower(kind: int, to: int) -> None:
    soft, hard = resource.getrlimit(kind)
    known = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(kind, (min([to, *known]), hard))


def _size() -> int:
    """Octets of this process' address space, 0 where the system does not tell."""
    with suppress(OSError, ValueError), open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
    return 0
