"""A control group of its own for a command, by which the kernel tells the CPU time of all that it started, booted hosts
and emulated guests included (cgroups(7); cpuacct of version 1, cpu.stat of version 2).
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

PROC = Path("/proc/self")
JOIN = 'echo $$ > "$0"; exec "$@"'  # where it cannot join, the command runs all the same, and uses no time there


@dataclass(frozen=True, slots=True)
class Group:
    """A control group that is there; before a command, the words that run it in there."""

    path: Path

    @property
    def before(self) -> tuple[str, ...]:
        """The words that run a command in here."""
        return ("sh", "-c", JOIN, str(self.path / "cgroup.procs"))

    def cpu(self) -> float:
        """Seconds of CPU of all that ever ran in here; 0 if that is not told."""
        with suppress(OSError, ValueError):
            return int((self.path / "cpuacct.usage").read_text(encoding="ascii")) / 1e9
        with suppress(OSError):
            told = re.search(r"^usage_usec (\d+)$", (self.path / "cpu.stat").read_text(encoding="ascii"), re.MULTILINE)
            return int(told.group(1)) / 1e6 if told else 0.0
        return 0.0

    def remove(self) -> None:
        """Remove it and the groups below; one in which something still runs stays."""
        for folder, _folders, _files in os.walk(self.path, topdown=False):
            with suppress(OSError):
                os.rmdir(folder)


@contextmanager
def own_group(name: str) -> Iterator[Group | None]:
    """A group below that of this process, as long as the block lasts; None where this user may make none."""
    made = next(_made(name), None)
    try:
        yield made
    finally:
        if made is not None:
            made.remove()


def _made(name: str) -> Iterator[Group]:
    """Make a group in the first hierarchy that takes one."""
    for folder in _folders():
        with suppress(OSError):  # containers that share the hierarchy share process ids, too: the name holds none
            yield Group(Path(mkdtemp(prefix=f"layer2-{name}-", dir=folder)))


def _folders() -> Iterator[Path]:
    """Yield the folder of this process's own group in each mounted hierarchy that counts CPU time."""
    with suppress(OSError):
        groups = dict(_own_groups((PROC / "cgroup").read_text(encoding="utf-8")))
        for kind, top, mounted in _hierarchies((PROC / "mountinfo").read_text(encoding="utf-8")):
            own = groups.get(kind)
            if own is not None and Path(own).is_relative_to(top):
                yield mounted / Path(own).relative_to(top)


def _own_groups(text: str) -> Iterator[tuple[str, str]]:
    """Yield (kind, path) of /proc/PID/cgroup: `cpuacct` of version 1, `cgroup2`."""
    for line in text.splitlines():
        _number, controllers, path = line.split(":", 2)
        if "cpuacct" in controllers.split(","):
            yield "cpuacct", path
        elif not controllers:
            yield "cgroup2", path


def _hierarchies(text: str) -> Iterator[tuple[str, str, Path]]:
    """Yield (kind, the group that is its top, where it is mounted) of /proc/PID/mountinfo, proc_pid_mountinfo(5)."""
    for line in text.splitlines():
        mount, _dash, source = line.partition(" - ")
        _id, _parent, _device, top, folder = mount.split()[:5]
        kind, _name, options = source.split(" ", 2)
        if kind == "cgroup2" or (kind == "cgroup" and "cpuacct" in options.split(",")):
            yield "cgroup2" if kind == "cgroup2" else "cpuacct", top, Path(folder)
