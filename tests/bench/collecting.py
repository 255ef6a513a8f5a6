"""Collecting measured: layer2_facts against ping and setup on forty SSH hosts of the lab, in turns."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import material
from .measure import BenchError, Run, median, run

TOPOLOGY = "light40"
LAB = f"bench-{os.getpid()}"
FORKS = 20
TASKS = {
    "ping": "ansible.builtin.ping: {}",
    "layer2_facts": 'netops.layer2.layer2_facts: {host: "{{ inventory_hostname }}"}',
    "setup": 'ansible.builtin.setup: {gather_subset: ["!all", "!min", network]}',
}
_PLAY = """---
- hosts: all
  gather_facts: false
  tasks:
    - {task}
"""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Collected:
    """Medians by module over so many hosts; CPU is the controller's alone."""

    hosts: int
    rounds: int
    runs: dict[str, Run]


def obstacle() -> str:
    """Why the lab cannot come up here; empty if it can."""
    if os.geteuid() != 0:
        return "it needs root, for namespaces"
    from tests.lab.requirements import missing

    return "; ".join(missing())


def measure(folder: Path, repeat: int, say: Say) -> Collected:
    """Bring the lab up, run the modules in turns, take it down."""
    from tests.lab import inventory, lab
    from tests.lab.topology import load

    topology = load(TOPOLOGY)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ansible.cfg").touch()
    for name, task in TASKS.items():
        (folder / f"{name}.yml").write_text(_PLAY.format(task=task))
    with lab.running(topology, LAB, say):
        variables = {
            **{name: value for name, value in inventory.environment(LAB).items() if name.startswith("ANSIBLE_")},
            **material.ansible(folder), "ANSIBLE_FORKS": str(FORKS),
        }
        return _in_turns(lab.in_controller(LAB), len(topology.hosts), folder, variables, repeat, say)


def _in_turns(
    prefix: Sequence[str], hosts: int, folder: Path, variables: dict[str, str], repeat: int, say: Say
) -> Collected:
    runs: dict[str, list[Run]] = {name: [] for name in TASKS}
    for number in range(repeat + 1):
        say(f"collecting from {hosts} hosts: " + (f"round {number} of {repeat}" if number else "one round that is not counted"))
        for name, made in runs.items():
            one = _once([*prefix, str(material.PLAYBOOK), f"{name}.yml"], folder, variables)
            if one.output.count("| SUCCESS") != hosts:
                raise BenchError(f"{name}: {one.output.count('| SUCCESS')} of {hosts} hosts answered\n{one.output[-2000:]}")
            if number:
                made.append(one)
    return Collected(hosts, repeat, {name: median(made) for name, made in runs.items()})


def _once(command: Sequence[str], folder: Path, variables: dict[str, str]) -> Run:
    """One play, measured by a process of its own, which inherits ssh's connection masters and ends them."""
    step: list[str | Path] = [sys.executable, "-m", "tests.bench.steps", "command", folder, "--", *command]
    answer = json.loads(run(step, folder, variables).output)
    return Run(answer["wall"], answer["cpu"], answer["peak"], answer["output"])
