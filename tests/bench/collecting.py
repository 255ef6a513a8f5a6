"""Collecting measured: layer2_facts against ping and setup on forty SSH hosts of the lab, in turns."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import material
from .measure import BenchError, Run, median, run
from .part import COLUMNS, Part, Say, figures, table

TOPOLOGY = "light40"
LAB = f"bench-{os.getpid()}"
FORKS = 20
CONTROLLER_CPU = 1.3  # layer2_facts against ping
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
_TEXT = """## Collecting

{hosts} SSH hosts in network namespaces of the same machine, {forks} forks, a new connection a host in each play,
medians of {rounds} rounds in turns. CPU is the controller's: `ansible-playbook` with its workers, ssh clients and
connection masters, without what runs on the targets. Ratios are to `ping`.

"""


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


def part(repeat: int, say: Say) -> Part:
    """Measured, and as a part of the page."""
    with tempfile.TemporaryDirectory(prefix="layer2-bench-collecting-") as folder:
        collected = measure(Path(folder), repeat, say)
    rows = [figures(name, run, collected.runs["ping"]) for name, run in collected.runs.items()]
    text = _TEXT.format(hosts=collected.hosts, forks=FORKS, rounds=collected.rounds)
    return Part(text + table(["module", *COLUMNS], rows) + "\n", list(targets(collected)))


def targets(collected: Collected) -> Iterator[tuple[bool, str]]:
    """Yield (whether it was reached, what) for each figure to reach."""
    ping, ours, setup = (collected.runs[name] for name in ("ping", "layer2_facts", "setup"))
    ratio = ours.cpu / ping.cpu
    yield (
        ratio <= CONTROLLER_CPU,
        f"layer2_facts costs at most {CONTROLLER_CPU} times ping's controller CPU: {ratio:.2f}",
    )
    yield (
        ours.wall < setup.wall,
        f"layer2_facts takes less wall time than setup: {ours.wall:.1f} s against {setup.wall:.1f} s",
    )


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
        say(
            f"collecting from {hosts} hosts: "
            + (f"round {number} of {repeat}" if number else "one round that is not counted")
        )
        for name, made in runs.items():
            one = _once([*prefix, str(material.PLAYBOOK), f"{name}.yml"], folder, variables)
            if one.output.count("| SUCCESS") != hosts:
                raise BenchError(
                    f"{name}: {one.output.count('| SUCCESS')} of {hosts} hosts answered\n{one.output[-2000:]}"
                )
            if number:
                made.append(one)
    return Collected(hosts, repeat, {name: median(made) for name, made in runs.items()})


def _once(command: Sequence[str], folder: Path, variables: dict[str, str]) -> Run:
    """One play, measured by a process of its own, which inherits ssh's connection masters and ends them."""
    step: list[str | Path] = [sys.executable, "-m", "tests.bench.steps", "command", folder, "--", *command]
    answer = json.loads(run(step, folder, variables).output)
    return Run(answer["wall"], answer["cpu"], answer["peak"], answer["output"])
