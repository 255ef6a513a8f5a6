"""The lab's only door to the machine: commands, processes, control groups, mounts."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


class LabError(Exception):
    """The lab cannot go on; the text says what failed and the way out."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process by its id and its start time in clock ticks since boot, so that a reused id is never taken for it."""

    pid: int
    started: int


def run(
    argv: Sequence[str | Path],
    *,
    check: bool = True,
    timeout: float = 120,
    text: str | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; LabError with the end of its output if it fails."""
    words = [str(word) for word in argv]
    try:
        # Without input the command gets none at all: it must not eat the driver's.
        stdin = {"input": text} if text is not None else {"stdin": subprocess.DEVNULL}
        done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, env=env, check=False, **stdin)
    except FileNotFoundError as error:
        raise LabError(f"{words[0]} is not installed: apt-get install what tests/lab/packages.txt lists") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{' '.join(words[:6])} did not end within {timeout:.0f} s") from error
    if check and done.returncode:
        tail = (done.stderr.strip() or done.stdout.strip())[-1500:]
        raise LabError(f"{' '.join(words[:10])} failed with status {done.returncode}: {tail}")
    return done


def process(pid: int) -> Process | None:
    """The running process with this id, or None (a zombie counts as gone)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # proc(5): the name before it may hold blanks
    return None if fields[0] in "ZX" else Process(pid, int(fields[19]))


def alive(known: Process | None) -> bool:
    """Whether exactly this process still runs."""
    return known is not None and process(known.pid) == known


def myself() -> Process:
    """This very process."""
    own = process(os.getpid())
    assert own is not None
    return own


def children(pid: int) -> list[int]:
    """Ids of the direct children of a process."""
    with suppress(OSError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def processes_in(namespace: str, *, check: bool = True) -> list[int]:
    """Ids of the processes in a network namespace; CHECK: LabError where there is no such namespace."""
    return [int(word) for word in run(["ip", "netns", "pids", namespace], check=check).stdout.split()]


def stop(known: Process, patience: float = 3) -> None:
    """Kill one recorded process, after a chance to end by itself; never another one that got its id."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            if alive(known):
                os.kill(known.pid, number)
        if wait_until(lambda: not alive(known), patience):
            return


def new_namespace(name: str) -> None:
    """A network namespace of a machine that routes for nobody, as one that was just started: a new one has this
    machine's settings of IPv4, where containers may have turned forwarding on (ip-sysctl, devconf_inherit_init_net).
    """
    run(["ip", "netns", "add", name])
    run(["ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv4.ip_forward=0"])


def slowness() -> float:
    """How many times longer than alone work takes on this machine now: processes that want a core, for each core; at
    least 1.
    """
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def stretched(seconds: Mapping[str, float]) -> dict[str, int]:
    """Timeouts of a quiet machine, by name, for one as busy as this one is."""
    return {name: round(each * slowness()) for name, each in seconds.items()}


def wait_until(met: Callable[[], bool], timeout: float, pause: float = 0.05) -> bool:
    """Wait for a condition; whether it was met in time: TIMEOUT seconds of a quiet machine, more on a busy one."""
    began = time.monotonic()
    while not met():
        if time.monotonic() > began + timeout * slowness():
            return False
        time.sleep(pause)
    return True


def entering(pid: int, *more: str, folder: str = "/") -> list[str]:
    """What to put before a command that is to run with the root, mounts, network and processes of process PID, and in
    MORE of its namespaces; nsenter(1) leaves a chroot when it enters the mounts, unless it is told the root.
    """
    names = ("root", "mount", "net", "pid", *more)
    return ["nsenter", f"--target={pid}", *(f"--{name}" for name in names), f"--wd={folder}"]


def cgroup_trees() -> list[Path]:
    """Roots of the hierarchies that systemd uses: one (version 2), or the named one and its unified twin (hybrid)."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    return [tree for tree in (CGROUPS / "systemd", CGROUPS / "unified") if (tree / "cgroup.procs").exists()]


def make_room(instances: int = 1024) -> None:
    """Let root have that many inotify instances: each systemd takes about twenty, and the default of 128 is for one
    machine.
    """
    limit = Path("/proc/sys/fs/inotify/max_user_instances")
    if int(limit.read_text()) < instances:
        limit.write_text(str(instances))


def cgroup_create(group: str) -> None:
    """Make a control group (path below the root) in every tree of cgroup_trees()."""
    for tree in cgroup_trees():
        (tree / group).mkdir(parents=True, exist_ok=True)


def cgroup_command(group: str, argv: Sequence[str | Path]) -> list[str]:
    """The same command, but started inside the control group."""
    joins = " && ".join(f"echo $$ > {tree / group}/cgroup.procs" for tree in cgroup_trees())
    return ["sh", "-c", f'{joins or "true"}; exec "$@"', "sh", *map(str, argv)]


def cgroup_pids(group: str) -> list[int]:
    """Every process in the control group and below; 0 for each that another PID namespace holds (cgroups(7))."""
    return [
        int(word) for tree in cgroup_trees() for path in (tree / group).rglob("cgroup.procs") for word in _words(path)
    ]


def cgroup_remove(group: str, patience: float = 10) -> None:
    """Kill everything in the control group and remove it, with all below it; refuses where another container's lab has
    a group of that name, whose processes are not ours, and whose id 0 would mean our own process group.
    """
    if 0 in cgroup_pids(group):
        raise LabError(f"control group {group} holds processes of another container: give this lab another name")
    for tree in cgroup_trees():
        with suppress(OSError):
            (tree / group / "cgroup.kill").write_text("1")
    for pid in cgroup_pids(group):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not cgroup_pids(group), patience)
    for tree in cgroup_trees():
        for path in sorted((tree / group).rglob("*"), reverse=True):
            if path.is_dir():
                _remove_group(path)
        _remove_group(tree / group)


def _remove_group(path: Path) -> None:
    # The kernel refuses while the last process is still being reaped.
    wait_until(lambda: _rmdir(path), 5)


def _rmdir(path: Path) -> bool:
    with suppress(FileNotFoundError):
        try:
            path.rmdir()
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                return False
    return True


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:  # gone meanwhile, or a threaded group that cannot be listed
        return []


def mounts_below(folder: Path) -> Iterator[Path]:
    """Mount points at or below a folder, the deepest and latest first."""
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    # mountinfo writes blanks as \040; the lab's own paths have none.
    for point in reversed([Path(point) for point in points]):
        if point == folder or folder in point.parents:
            yield point


def mount_overlay(lower: Path, changes: Path) -> Path:
    """Mount a writable view of a read-only root; what is written goes to changes/upper. Returns its root."""
    for name in ("upper", "work", "root"):
        (changes / name).mkdir(parents=True, exist_ok=True)
    options = f"lowerdir={lower},upperdir={changes / 'upper'},workdir={changes / 'work'}"
    run(["mount", "-t", "overlay", "-o", options, "l2lab", changes / "root"])
    return changes / "root"


def remove_tree(folder: Path) -> None:
    """Unmount everything below a folder, then delete it; refuses while a mount remains there."""
    for point in list(mounts_below(folder)):
        run(["umount", "--lazy", point], check=False)
    left = list(mounts_below(folder))
    if left:
        raise LabError(
            f"{left[0]} cannot be unmounted: see what uses it with 'fuser -vm {left[0]}', then run down again"
        )
    shutil.rmtree(folder, ignore_errors=True)
