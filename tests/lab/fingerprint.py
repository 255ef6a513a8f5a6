"""What must not change on a host when it is only read: its files and its network configuration, as comparable lines."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from . import hosts
from .topology import Topology

# Logs, time stamps of daemons, and Ansible's own folder for temporary files change by themselves.
ALIVE = ("var/log", "var/lib/systemd", "var/lib/NetworkManager", "root/.ansible", "run", "tmp", "var/tmp", "var/cache")
COMMANDS = (
    "ip -o link | sed 's/ qlen [0-9]*//'",
    "ip -o -4 addr",
    "ip -o -6 addr",
    "ip rule",
    "ip -6 rule",
    "ip route show table all",
    "bridge -o link",
    "sysctl -a 2>/dev/null | grep -E '^net[.]ipv[46]' | grep -vE 'ipv6.route|stable_secret|random'",
)


def _files(upper: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(upper):
        inside = os.path.relpath(folder, upper)
        folders[:] = [name for name in folders if os.path.normpath(os.path.join(inside, name)) not in ALIVE]
        for name in names:
            status = os.lstat(os.path.join(folder, name))
            if not stat.S_ISSOCK(status.st_mode):
                yield (
                    f"file {os.path.normpath(os.path.join(inside, name))} {status.st_size} {status.st_mtime_ns}"
                    f" {status.st_mode:o}"
                )


def of_host(lab: str, host: str) -> list[str]:
    """Sorted lines; equal lines mean that nothing was written and the network is configured as before."""
    lines = list(_files(hosts.root(lab, host).parent / "upper"))
    for command in COMMANDS:
        lines += [f"{command}: {line}" for line in hosts.inside(lab, host, ["sh", "-c", command]).splitlines()]
    return sorted(lines)


def of_all(lab: str, topology: Topology) -> dict[str, list[str]]:
    """The fingerprints of all hosts of a lab."""
    return {host.name: of_host(lab, host.name) for host in topology.hosts}
