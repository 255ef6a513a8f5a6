"""Incident 2 from start to end: lab up, bystanders drown, the verdict, the plan, the cure, they are dry, the other
cure, lab down.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from . import flood, lab
from .demo import CONVICTED, run_playbook
from .flood import DETECT, DROWNING, FIX, RATE, SPARED, Download
from .topology import Topology

REPORTS = Path("reports") / "demo-flood"
QUIET = 0.001  # of the download: what may be left


def demo_flood(topology: Topology, name: str) -> int:
    """Show it; 0 if the flood was felt, convicted, cured and proved, while the download went on."""
    say = lab.progress()
    options = (f"-efix_directory={REPORTS.resolve()}", f"-ereport_directory={REPORTS.resolve()}", "-eflood_duration=5")
    with lab.running(topology, name, say):
        flood.offer(name)
        with flood.downloading(name) as download:
            say(
                "the symptom: a client downloads, and whoever hangs on SW2 and SW4 gets it too, once these have"
                " forgotten the client"
            )
            flood.drowns(name)
            before, began = _feel(name, say), download.now()
            say(f"the verdict: ansible-playbook {DETECT.name}")
            status = run_playbook(name, DETECT, *options)
            say(f"the plan and what it would change: ansible-playbook {FIX.name} --check --diff")
            shown = run_playbook(name, FIX, *options, "--check", "--diff")
            say(f"the cure: ansible-playbook {FIX.name}")
            cured = run_playbook(name, FIX, *options)
            after = _feel(name, say)
            whole = _goes_on(download, began, say)
    well = [status == CONVICTED, shown == 0, cured == 0, whole, min(before) > RATE * 0.9, max(after) < RATE * QUIET]
    say("the flood is over" if all(well) else "unexpected: see above")
    return 0 if all(well) else 1


def _feel(name: str, say: lab.Say) -> list[float]:
    """What the bystanders that drown hear of others' traffic, in bytes a second."""
    heard = flood.hear(name, [*DROWNING, SPARED], 5)
    for one in heard.values():
        say(f"  {one}")
    return [heard[host].rate for host in DROWNING]


def _goes_on(download: Download, began: flood.Progress, say: lab.Say) -> bool:
    """Whether the download went on in one connection all the time."""
    now = download.now(began.at)
    speed = (now.bytes - began.bytes) / (now.at - began.at)
    say(f"  the download: {speed * 8 / 1e6:.2f} Mbit/s all the time, never silent for longer than {now.gap:.2f} s, "
        f"{now.connections - began.connections} times connected anew")
    return now.connections == began.connections
