"""Incident 1 from start to end: the lab comes up, the client stalls, the playbook convicts the twins, the lab goes."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
from pathlib import Path

from . import inventory, lab, symptom
from .detect import PLAYBOOK
from .topology import Topology

REPORTS = Path("reports") / "demo"
TARGET, CLEAN, TWINS = "192.168.100.30", "192.168.100.31", "52:54:00:0c:1d:f5"
CONVICTED = 2  # ansible-playbook's status when the play failed, here on the conflict


def demo(topology: Topology, name: str) -> int:
    """Show it; 0 if the symptom was felt and the playbook failed on the conflict."""
    say = lab.progress()
    with lab.running(topology, name, say):
        say(f"the symptom: the client exchanges one line with {TARGET}, and with a guest like it, {CLEAN}")
        target, clean = symptom.feel(name, "client", [TARGET, CLEAN])
        say(f"  {target}")
        say(f"  {clean}")
        ports = symptom.moves(name, "sw1", TWINS)
        say(f"  switch sw1 learnt {TWINS} anew {len(ports)} times in 6 s, on {' and '.join(sorted(set(ports))) or 'no port'}")
        say(f"the verdict: ansible-playbook {PLAYBOOK.name}")
        status = _play(name)
        say("the playbook failed on the conflict, as it should" if status == CONVICTED else f"unexpected: the playbook ended with {status}")
    return 0 if status == CONVICTED and target.stalled and not clean.stalled else 1


def _play(name: str) -> int:
    argv = [*lab.in_controller(name), "ansible-playbook", str(PLAYBOOK), f"-ereport_directory={REPORTS.resolve()}"]
    return subprocess.run(argv, env=inventory.environment(name), stdin=subprocess.DEVNULL, check=False).returncode
