"""The verdict on a hundred thousand hosts from cached facts, beside that on ten thousand: how time and memory grow."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from . import judging
from .fleet import Fleet
from .measure import Run
from .part import COLUMNS, Part, Say, figures, table

SIZES = (10_000, 100_000)
GROWTH, MEGABYTES = 11.0, 1500.0    # for ten times the hosts; on the larger fleet
A_HOST = 24 << 10    # bytes of disk that one takes in the fact cache
_TEXT = """## A hundred thousand hosts

The same fleets as above, in a `jsonfile` fact cache that lies on this machine; the filter's function without Ansible,
in one process, from the folder of the cache. Ratios are to the smaller fleet. One round: each takes minutes.

"""


def obstacle() -> str:
    """Why it cannot be measured here: facts of so many hosts take some disk."""
    free = shutil.disk_usage(tempfile.gettempdir()).free
    needed = max(SIZES) * A_HOST
    return "" if free > 2 * needed else f"{needed >> 20} MiB of facts want twice that free in {tempfile.gettempdir()}"


def part(_repeat: int, say: Say) -> Part:
    """Measured, and as a part of the page."""
    sizes = [measure(Fleet(hosts), say) for hosts in SIZES]
    return Part(_TEXT + _table(SIZES, sizes), list(targets(SIZES, sizes)))


def measure(fleet: Fleet, say: Say) -> Run:
    """Write the facts of FLEET, judge them, remove them; BenchError if the verdict is not what was planted."""
    with tempfile.TemporaryDirectory(prefix="layer2-bench-scale-") as folder:
        say(f"{fleet.hosts:,} hosts: writing their facts")
        judging.step("write", Path(folder), "--hosts", str(fleet.hosts), "--segment", str(fleet.segment), "--bare")
        say(f"{fleet.hosts:,} hosts: judging them")
        return judging.alone(fleet, Path(folder))


def _table(hosts: Sequence[int], runs: Sequence[Run]) -> str:
    rows = [figures(f"{number:,}", made, runs[0]) for number, made in zip(hosts, runs, strict=True)]
    return table(["hosts", *COLUMNS], rows) + "\n"


def targets(hosts: Sequence[int], runs: Sequence[Run]) -> Iterator[tuple[bool, str]]:
    """Yield (whether it was reached, what) for each figure to reach."""
    small, large = runs
    by_cpu, by_clock = large.cpu / small.cpu, large.wall / small.wall
    what = f"CPU time on {hosts[1]:,} hosts at most {GROWTH:.0f} times that on {hosts[0]:,}"
    yield by_cpu <= GROWTH, f"{what}: {by_cpu:.2f} (wall {by_clock:.2f})"
    yield large.megabytes <= MEGABYTES, f"{hosts[1]:,} hosts within {MEGABYTES:.0f} MB: {large.megabytes:.0f} MB"
