"""Runs detect_dup_mac.yml in a lab's controller and reads what came out: recap, printed text, JSON report."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import lab, paths

PLAYBOOK = paths.PLAYBOOKS / "detect_dup_mac.yml"
RECAP = re.compile(r"^(\S+)\s+: ((?:\w+=\d+\s*)+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Detection:
    """One run of the playbook."""

    status: int
    text: str
    directory: Path

    @property
    def recap(self) -> dict[str, dict[str, int]]:
        """Counts per host, as the play's recap has them."""
        rows = RECAP.findall(self.text)
        return {
            host: {key: int(number) for key, number in (pair.split("=") for pair in counts.split())}
            for host, counts in rows
        }

    @property
    def changed(self) -> dict[str, int]:
        """Hosts with a changed task."""
        return {host: counts["changed"] for host, counts in self.recap.items() if counts["changed"]}

    @property
    def verdict(self) -> dict[str, Any]:
        """The verdict of the JSON report."""
        document = json.loads((self.directory / "layer2-report.json").read_text())
        found = document["verdict"]
        assert isinstance(found, dict)
        return found


def detect(name: str, directory: Path, *arguments: str) -> Detection:
    """Run the playbook on all hosts of a running lab; its report files go to the directory."""
    options = [f"-ereport_directory={directory}", "-ereport_list_shared=true", *arguments]
    done = lab.in_controller_run(name, ["ansible-playbook", str(PLAYBOOK), *options])
    return Detection(done.returncode, done.stdout + done.stderr, directory)
