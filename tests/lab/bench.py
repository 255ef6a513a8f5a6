"""A lab that runs, and what tests of single modules do with it: scripts on its hosts, their files, modules over SSH and
what these return.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from . import hosts, lab
from .conftest import Running
from .system import wait_until

BASE = "/var/lib/netops-layer2"  # where hosts keep reverts and backups


@dataclass(frozen=True, slots=True)
class LabBench:
    """The running lab, and a folder of the test."""

    lab: Running
    folder: Path

    @property
    def name(self) -> str:
        return self.lab.name

    def inside(self, host: str, script: str) -> str:
        """A shell script on a host, past SSH."""
        return hosts.inside(self.name, host, ["sh", "-c", script])

    def mac(self, host: str) -> str:
        """The MAC that eth0 has now."""
        return self.inside(host, "cat /sys/class/net/eth0/address").strip()

    def files_below(self, host: str, folders: str) -> str:
        """Every file below these folders: name, permissions, content."""
        # Two programs for all files, not two for each; one that goes meanwhile is not there.
        each = f"find {folders} -type f -print0 | sort -z | xargs -0 -r"
        return self.inside(host, f"exec 2>/dev/null; {each} stat -c '%n %a %U'; {each} head -v -c -0; true")

    def run(self, *argv: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """A command in the controller; whatever its status."""
        return lab.in_controller_run(self.name, argv, timeout=timeout)

    def words(self, pattern: str, module: str, *options: str, **arguments: Any) -> list[str]:
        """The command that runs one module or action."""
        return ["ansible", pattern, "-m", module, "-a", json.dumps(arguments), *options]

    def results(
        self, pattern: str, module: str, *options: str, **arguments: Any
    ) -> tuple[dict[str, dict[str, Any]], subprocess.CompletedProcess[str]]:
        """What one module or action returns for each host, reached over SSH; and how the command ended."""
        with TemporaryDirectory(dir=self.folder) as tree:
            done = self.run(*self.words(pattern, module, "--tree", tree, *options, **arguments))
            found = {path.name: json.loads(path.read_text()) for path in Path(tree).iterdir()}
        assert found, done.stdout + done.stderr
        return found, done

    def undo_waiting(self, host: str) -> None:
        """Undo what waits for a confirmation on a host."""
        self.inside(host, f"for each in {BASE}/revert/*/revert.py; do test -e $each && python3 $each now; done; true")

    def answers(self, host: str, seconds: float = 20) -> bool:
        """Whether the host can be reached over a new SSH connection."""
        lab.drop_connections(self.name)
        words = lab.ssh(self.name, self.lab.topology, host, "true")
        return wait_until(lambda: self.run(*words).returncode == 0, seconds, 0.3)


class MacBench(LabBench):
    """The same where a test changes the MAC of eth0, over eth0 itself."""

    def change(self, host: str, *options: str, **arguments: Any) -> dict[str, Any]:
        """What interface_mac returns for eth0."""
        return self.results(host, "netops.layer2.interface_mac", *options, interface="eth0", **arguments)[0][host]

    def confirm(self, host: str, waiting: dict[str, Any]) -> dict[str, Any]:
        """Confirm over a new connection what `change` returned as ``revert``; what that returned."""
        return self.results(
            host, "netops.layer2.confirm_reachable", id=waiting["id"], token=waiting["token"], timeout=30
        )[0][host]
