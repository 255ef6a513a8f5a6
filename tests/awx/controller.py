"""A controller as AWX is one: ansible-runner on a private data directory, facts written out and taken back."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.playbooks.conftest import COLLECTIONS, PLAYBOOKS


@dataclass(frozen=True, slots=True)
class Job:
    """How a job ended: its status, its output, and what it gave to `set_stats`."""

    status: str
    output: str
    artifacts: dict[str, Any]
    sizes: dict[str, int] = field(default_factory=dict)  # event -> characters of its largest event data


@dataclass
class Controller:
    """Runs playbooks on HOSTS (name -> variables) with the ansible-core in BIN, and keeps their facts as AWX does.

    PREFIX: what it puts before names in the fact cache: AWX up to 24.6 nothing, one that knows ansible-core 2.19
    ``s1_``.
    """

    folder: Path
    hosts: Mapping[str, Mapping[str, Any]]
    bin: Path
    prefix: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    jobs: int = 0

    def run(self, playbook: str, hosts: Sequence[str] = (), limit: str = "", **extra: Any) -> Job:
        """Run PLAYBOOK as one job; of a slice, HOSTS are those in its inventory."""
        self.jobs += 1
        private = self.folder / f"job{self.jobs}"
        cache = private / "artifacts" / "job" / "fact_cache"
        cache.mkdir(parents=True)
        known = {host: dict(self.hosts[host]) for host in hosts or self.hosts}
        written = {host: self._write(cache / f"{self.prefix}{host}", text) for host, text in self.facts.items()}
        runner = pytest.importorskip("ansible_runner", reason="ansible-runner is not installed (requirements-test.txt)")
        done = runner.run(
            private_data_dir=str(private),
            ident="job",
            project_dir=str(PLAYBOOKS),
            playbook=playbook,
            inventory={"all": {"hosts": known}},
            limit=limit or None,
            extravars={"report_directory": str(private / "report"), **extra},
            fact_cache="fact_cache",
            fact_cache_type="jsonfile",
            envvars=self._environment(private),
            quiet=True,
            timeout=120,
        )
        for host in self.hosts:
            path = cache / f"{self.prefix}{host}"
            if path.exists() and path.stat().st_mtime_ns != written.get(host):
                self.facts[host] = path.read_text()
        events = list(done.events)
        stats = [
            event["event_data"].get("artifact_data") or {} for event in events if event["event"] == "playbook_on_stats"
        ]
        sizes: dict[str, int] = {}
        for event in events:
            sizes[event["event"]] = max(sizes.get(event["event"], 0), len(json.dumps(event["event_data"])))
        return Job(done.status, done.stdout.read(), stats[-1] if stats else {}, sizes)

    @staticmethod
    def _write(path: Path, text: str) -> int:
        path.write_text(text)
        before = time.time() - 60
        os.utime(path, (before, before))  # what the job writes is newer, however fast it is
        return path.stat().st_mtime_ns

    def _environment(self, private: Path) -> dict[str, str]:
        path = os.pathsep.join([str(self.bin), os.environ.get("PATH", os.defpath)])
        return {
            "PATH": path,
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_LOCAL_TEMP": str(private / "local"),
            "ANSIBLE_NOCOLOR": "1",
            "PYTHONPATH": "",
            "ANSIBLE_DEPRECATION_WARNINGS": "0",
        }
