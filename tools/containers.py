"""How podman starts containers on this machine: as it is, or without cgroups and a network of their own."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

# For a machine that is a container itself, or has both versions of cgroups: crun refuses those, and limits above its
# own, and whoever shares System V IPC with the host (ansible-runner does) needs /dev/mqueue to be there.
SETTINGS = """[containers]
cgroups = "disabled"
netns = "host"
default_ulimits = [{limits}]
[engine]
cgroup_manager = "cgroupfs"
"""
PRIVATE_MOUNTS = """mount --make-rprivate / && mount -t cgroup2 none /sys/fs/cgroup && mkdir -p /dev/mqueue || exit 125
mountpoint -q /dev/mqueue || mount -t mqueue none /dev/mqueue
exec "$@"
"""
LIMITS = {"nofile": (resource.RLIMIT_NOFILE, 1 << 20), "nproc": (resource.RLIMIT_NPROC, 1 << 15)}  # with the most
PROBE = ("podman", "run", "--rm", "--rootfs", "/:O", "true")  # this machine's own files, so no image is needed


class PodmanError(Exception):
    """podman cannot be used, or failed; the text says why."""


@dataclass(frozen=True, slots=True)
class Podman:
    """What stands before each command that uses podman, itself or by others, and what it has in its environment."""

    before: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    building: tuple[str, ...] = ()  # what `podman build` is told besides

    def run(self, command: Sequence[str | Path], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a COMMAND to its end, in FOLDER, and keep what it says."""
        # Settings of Ansible on this machine name its paths, and ansible-navigator takes them into the container.
        seen = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        return subprocess.run(
            [*self.before, *command],
            env={**seen, **self.environment},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )

    def must(self, command: Sequence[str | Path]) -> str:
        """What a COMMAND says; PodmanError with its end where it fails."""
        done = self.run(command)
        if done.returncode != 0:
            raise PodmanError(f"{' '.join(map(str, command[:2]))} failed:\n{done.stdout[-2000:]}")
        return done.stdout


def limits() -> str:
    """Limits that this process may pass on; podman asks for higher ones."""
    given = {}
    for name, (number, most) in LIMITS.items():
        hard = resource.getrlimit(number)[1]
        given[name] = most if hard == resource.RLIM_INFINITY else min(hard, most)
    return ", ".join(f'"{name}={limit}:{limit}"' for name, limit in given.items())


def confined(folder: Path) -> Podman:
    """podman without cgroups, networks and rights that a machine does not have; its settings are written to FOLDER."""
    settings = folder / "containers.conf"
    settings.write_text(SETTINGS.format(limits=limits()), encoding="utf-8")
    before = ("unshare", "--mount", "sh", "-c", PRIVATE_MOUNTS, "sh")
    return Podman(before, {"CONTAINERS_CONF": str(settings)}, ("--isolation=chroot",))


def refusal(podman: Podman) -> str:
    """Why no container starts that way; empty where one does."""
    done = podman.run(PROBE)
    return "" if done.returncode == 0 else " ".join(done.stdout.split())[-300:]


def find(folder: Path) -> Podman:
    """The way in which podman starts a container here, with files in FOLDER; where none does, podman as it is."""
    if shutil.which("podman") is None:
        raise PodmanError("podman is not installed (Debian: apt-get install podman crun)")
    plain = Podman()
    if os.geteuid() != 0 or not refusal(plain):
        return plain
    other = confined(folder)
    return plain if refusal(other) else other
