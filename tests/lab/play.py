"""Runs of ansible-playbook in a lab's controller: to their end, or with the controller killed at a task; and what they
printed.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tests import ansible_runs

from . import hosts, inventory, lab
from .detect import RECAP
from .system import LabError, slowness

PATIENCE = 240.0  # seconds of a quiet machine until a run counts as hung
LOOK = 10.0  # seconds after which it is looked how busy the machine is
# Shell: whether a module of Ansible is at work, from a file or piped to Python; it goes on where its controller is
# killed.
AT_WORK = "grep -qs -e 'Ansibal[l]Z' -e '&& slee[p] 0' /proc/[0-9]*/cmdline"


@dataclass(frozen=True, slots=True)
class Play:
    """How one run ended."""

    status: int
    text: str

    @property
    def changed(self) -> dict[str, int]:
        """Hosts with a changed task."""
        rows = RECAP.findall(self.text)
        return {
            host: int(count) for host, counts in rows for count in re.findall(r"changed=(\d+)", counts) if int(count)
        }

    @property
    def touched(self) -> set[str]:
        """Tasks that changed something, but for the report files, which tell what was found this time."""
        tasks = re.split(r"^TASK \[", self.text, flags=re.MULTILINE)[1:]
        names = {task.partition("]")[0] for task in tasks if re.search(r"^changed: ", task, re.MULTILINE)}
        return {name for name in names if not name.endswith("Write the report files")}

    @property
    def message(self) -> str:
        """What the last failed task said."""
        found = re.findall(r'^fatal: .*?"msg": "((?:[^"\\]|\\.)*)"', self.text, re.MULTILINE)
        return str(found[-1]) if found else ""


def start(name: str, playbook: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a playbook in a session of its own, without a terminal."""
    argv = [*lab.in_controller(name), "ansible-playbook", str(playbook), *arguments]
    return subprocess.Popen(argv, env=inventory.environment(name), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, start_new_session=True)


def finish(running: ansible_runs.Run) -> Play:
    """Wait for its end."""
    began = time.monotonic()
    while True:
        try:
            text, _nothing = running.communicate(timeout=LOOK)
        except subprocess.TimeoutExpired:
            if time.monotonic() > began + PATIENCE * slowness():
                raise
        else:
            assert running.returncode is not None
            return Play(running.returncode, text)


def play(name: str, playbook: Path, *arguments: str) -> Play:
    """Run a playbook to its end."""
    argv = ["ansible-playbook", str(playbook), *arguments]
    before, env = lab.in_controller(name), inventory.environment(name)
    return finish(ansible_runs.start(argv, env=env, before=before, merged=True))


def kill_at(name: str, task: str, running: subprocess.Popen[str], after: float = 0.0) -> str:
    """Kill the whole controller of a playbook that was started, AFTER seconds into TASK; returns what it had printed.
    """
    watchdog = threading.Timer(PATIENCE * slowness(), os.killpg, (running.pid, signal.SIGKILL))
    watchdog.start()
    printed: list[str] = []
    try:
        for line in running.stdout or ():
            printed.append(line)
            if line.startswith("TASK [") and task in line:
                break
        else:
            raise LabError(f"the playbook ended before {task!r}:\n{''.join(printed)[-3000:]}")
    finally:
        watchdog.cancel()
    time.sleep(after)
    os.killpg(running.pid, signal.SIGKILL)  # first, so that it reports no worker that is gone
    lab.kill_controller(name)
    running.communicate()
    return "".join(printed)


def is_idle(name: str, host: str) -> bool:
    """Whether no module is at work on a host, and none was just being started there."""
    look = f"{AT_WORK} || {{ sleep 1; {AT_WORK}; }} || echo idle"
    return hosts.inside(name, host, ["sh", "-c", look]).strip() == "idle"
