"""One measurement: run a command to its end, and say how long it took, what CPU time it cost, and how big it grew."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ctypes
import os
import resource
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
_MEBIBYTE = 1024  # ru_maxrss is in kB (getrusage(2))


class BenchError(Exception):
    """A measurement that failed or computed something wrong; the text says which and shows its output."""


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of the clock, seconds of CPU (user and system, all descendants), MiB of the largest process, standard
    output.
    """

    wall: float
    cpu: float
    peak: float
    output: str

    @property
    def megabytes(self) -> float:
        """The largest process in MB of 10**6 bytes."""
        return self.peak * 2**20 / 10**6


def adopt_orphans() -> None:
    """Become the parent of daemons that a command leaves behind (ssh's connection masters), so that their CPU time is
    counted.

    A process that does so must have no other children: end_orphans() would end them.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def run(
    command: Sequence[str | Path],
    folder: Path,
    variables: Mapping[str, str] | None = None,
    adopting: bool = False,
) -> Run:
    """Run COMMAND in FOLDER; ADOPTING, end the daemons that it leaves behind and count them. BenchError if it fails.

    A command starts with the memory of its parent as its peak, so this process has to stay small.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            [str(word) for word in command], cwd=folder, env={**_own(), **(variables or {})},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
        )
        output = child.stdout.read() if child.stdout else b""
        _pid, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - begun
        errors.seek(0)
        complaint = errors.read()
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        tail = (output + complaint)[-3000:].decode(errors="replace")
        raise BenchError(f"{' '.join(str(word) for word in command)}: exit status {child.returncode}\n{tail}")
    if adopting:
        end_orphans()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall, cpu, usage.ru_maxrss / _MEBIBYTE, output.decode(errors="replace"))


def _own() -> dict[str, str]:
    """This process' variables without the user's settings of Ansible."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}


def end_orphans() -> None:
    """End adopted children and wait for them, so that what they used is counted."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    while pids := children.read_text().split():
        for pid in pids:
            os.kill(int(pid), signal.SIGTERM)
        os.waitpid(int(pids[0]), 0)


def median(runs: Sequence[Run]) -> Run:
    """The medians of several runs of one thing, each figure by itself; the output is the last one's."""
    return Run(
        statistics.median(one.wall for one in runs), statistics.median(one.cpu for one in runs),
        statistics.median(one.peak for one in runs), runs[-1].output,
    )
