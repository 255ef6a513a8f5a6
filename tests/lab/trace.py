"""Runs trace_packets.yml in a lab's controller and reads what came out: status, printed text, the document of the
trace.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import lab, paths

PLAYBOOK = paths.PLAYBOOKS / "trace_packets.yml"


@dataclass(frozen=True, slots=True)
class Traced:
    """One run of the playbook."""

    status: int
    text: str
    directory: Path

    @property
    def document(self) -> dict[str, Any]:
        """The document of the trace."""
        found = json.loads((self.directory / "trace.json").read_text())
        assert isinstance(found, dict)
        return found

    def lost(self, direction: str) -> dict[str, int]:
        """From point to point, how many packets were lost in a direction."""
        (way,) = [way for way in self.document["ways"] if way["direction"] == direction]
        return {f"{hop['from']} > {hop['to']}": hop["lost"] for hop in way["hops"]}


def trace(name: str, directory: Path, *arguments: str) -> Traced:
    """Run the playbook on all hosts of a running lab; page and document go to the directory."""
    done = lab.in_controller_run(
        name, ["ansible-playbook", str(PLAYBOOK), f"-etrace_directory={directory}", *arguments]
    )
    return Traced(done.returncode, done.stdout + done.stderr, directory)
