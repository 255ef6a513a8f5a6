"""Incident 1 from start to end: lab up, the client stalls, the verdict, the plan, the cure, the client does not stall
any more, lab down.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
from pathlib import Path

from . import cure, inventory, lab, symptom
from .detect import PLAYBOOK
from .symptom import Felt
from .topology import Topology

REPORTS = Path("reports") / "demo"
TARGET, CLEAN, TWINS = "192.168.100.30", "192.168.100.31", "52:54:00:0c:1d:f5"
_OPTIONS = (f"-efix_directory={REPORTS.resolve()}", *cure.LIVE, *cure.KEEP)
CONVICTED = 2  # ansible-playbook's status when the play failed, here on the conflict


def demo(topology: Topology, name: str) -> int:
    """Show it; 0 if the symptom was felt, the playbook failed on the conflict, the cure was proved, and the symptom is
    gone.
    """
    say = lab.progress()
    with lab.running(topology, name, say):
        before = _feel(name, say)
        say(f"the verdict: ansible-playbook {PLAYBOOK.name}")
        status = run_playbook(name, PLAYBOOK, f"-ereport_directory={(REPORTS / 'found').resolve()}")
        say(
            "the playbook failed on the conflict, as it should"
            if status == CONVICTED
            else f"unexpected: the playbook ended with {status}"
        )
        say(
            f"the plan and what it would change: ansible-playbook {cure.PLAYBOOK.name} --check --diff -e"
            " mac_regenerate_live=true"
        )
        shown = run_playbook(name, cure.PLAYBOOK, *_OPTIONS, "--check", "--diff")
        say(f"the cure: ansible-playbook {cure.PLAYBOOK.name} -e mac_regenerate_live=true")
        cured = run_playbook(name, cure.PLAYBOOK, *_OPTIONS)
        after = _feel(name, say)
    well = [
        status == CONVICTED,
        shown == 0,
        cured == 0,
        all(before[0].stalled > felt.stalled == 0 for felt in after),
        not before[1].stalled,
    ]
    say("the symptom is gone" if all(well) else "unexpected: see above")
    return 0 if all(well) else 1


def _feel(name: str, say: lab.Say) -> list[Felt]:
    """What the client feels of the target, and of a guest like it whose MAC nobody else has."""
    say(f"the symptom: the client exchanges one line with {TARGET}, and with a guest like it, {CLEAN}")
    felt = symptom.feel(name, "client", [TARGET, CLEAN])
    for one in felt:
        say(f"  {one}")
    ports = symptom.moves(name, "sw1", TWINS)
    say(
        f"  switch sw1 learnt {TWINS} anew {len(ports)} times in 6"
        f" s{', on ' if ports else ''}{' and '.join(sorted(set(ports)))}"
    )
    return felt


def run_playbook(name: str, playbook: Path, *arguments: str) -> int:
    """Run a playbook in the controller, for people to see; its status."""
    argv = [*lab.in_controller(name), "ansible-playbook", str(playbook), *arguments]
    quiet = {**inventory.environment(name), "ANSIBLE_STDOUT_CALLBACK": "netops.layer2.quiet"}
    return subprocess.run(argv, env=quiet, stdin=subprocess.DEVNULL, check=False).returncode
