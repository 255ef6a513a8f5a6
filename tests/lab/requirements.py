"""What the lab needs of the machine; each thing missing is named with its way out."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from . import images, paths
from .system import LabError, cgroup_trees

COMMANDS = {
    "mke2fs": "e2fsprogs", "ip": "iproute2", "ping": "iputils-ping", "mmdebstrap": "mmdebstrap", "nft": "nftables",
    "ssh": "openssh-client", "systemd-nspawn": "systemd-container", "sysctl": "procps",
}  # fmt: skip


def packages() -> list[str]:
    """The Debian packages that the lab needs."""
    lines = (paths.PACKAGE / "packages.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _no_mirror() -> list[str]:
    try:
        images.mirror()
    except LabError as error:
        return [str(error)]
    return []


def missing() -> list[str]:
    """Why the lab cannot run here; nothing if it can."""
    if not sys.platform.startswith("linux"):
        return ["the lab runs on Linux only"]
    if not Path("/etc/debian_version").exists():
        return ["the lab builds its hosts from Debian packages: run it on Debian"]
    reasons = [] if os.geteuid() == 0 else ["the lab makes namespaces and mounts: run it as root"]
    # Not everybody's PATH holds the folders of administrators' commands.
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    lacking = sorted({package for command, package in COMMANDS.items() if shutil.which(command, path=path) is None})
    if lacking:
        reasons.append(f"packages are missing: apt-get install {' '.join(lacking)}")
    if not Path("/dev/net/tun").exists():
        reasons.append("/dev/net/tun is missing: the kernel needs tun for the guests' NICs")
    if not reasons:
        reasons += _no_mirror()
    if not cgroup_trees():
        reasons.append("no systemd control group hierarchy is mounted below /sys/fs/cgroup")
    return reasons
