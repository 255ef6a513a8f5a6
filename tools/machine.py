"""What this machine does: how long its cores have worked, whether others fill them, how many of them were idle."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
LOOKS = 20  # how often it is looked within a second what runs on this machine
SETTLING = 15.0  # seconds until what has begun shows in what the cores do
ENDED = 5.0  # seconds until it shows that something has ended
MEMORY = 2 << 20  # KiB to be available for more than is known to fit: an emulated guest was seen to take 1.4 GiB


def busy_seconds() -> float:
    """Seconds that all cores of this machine have worked since its boot (proc_stat(5)); also for guests that nobody
    waits for.
    """
    try:
        user, nice, system, _idle, _iowait, irq, softirq = map(
            int, (PROC / "stat").read_text(encoding="ascii").split()[1:8]
        )
    except (OSError, ValueError):
        return 0.0
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def others_fill_the_cores() -> bool:
    """Whether other programs want all cores of this machine now, by what runs for a second (proc_stat(5)); this one is
    among it while it looks.
    """
    others = 0
    for _look in range(LOOKS):
        time.sleep(1 / LOOKS)
        with suppress(OSError):  # no Linux: nobody is known of
            told = re.search(r"^procs_running (\d+)$", (PROC / "stat").read_text(encoding="ascii"), re.MULTILINE)
            others += int(told.group(1)) - 1 if told else 0
    return others >= LOOKS * (os.cpu_count() or 1)


def available_memory() -> int:
    """KiB that can be had without swapping (proc_meminfo(5)); 0 where nobody tells."""
    with suppress(OSError):
        told = re.search(r"^MemAvailable: +(\d+) kB$", (PROC / "meminfo").read_text(encoding="ascii"), re.MULTILINE)
        return int(told.group(1)) if told else 0
    return 0


class IdleCores:
    """How many of so many CORES nobody wanted lately."""

    def __init__(self, cores: float) -> None:
        self._cores, self._ready = cores, 0.0
        self.something_began()

    def something_began(self) -> None:
        """Count from now on, and tell of none until that shows."""
        self._look_anew(SETTLING)

    def something_ended(self) -> None:
        """Count from now on, and tell of none until that shows."""
        self._look_anew(ENDED)

    def _look_anew(self, settling: float) -> None:
        self._since, self._busy = time.monotonic(), busy_seconds()
        self._ready = max(self._ready, self._since + settling)

    def count(self) -> float:
        """Cores that were idle on average since something began or ended, or they were counted; 0 before that shows,
        where memory is short, and where nobody tells.
        """
        if time.monotonic() < self._ready:
            return 0.0
        took, worked, known = time.monotonic() - self._since, busy_seconds() - self._busy, self._busy > 0
        self._look_anew(ENDED)
        return self._cores - worked / took if known and available_memory() >= MEMORY else 0.0
