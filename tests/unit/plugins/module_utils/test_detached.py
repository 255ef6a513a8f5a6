"""Work that outlives its connection: done in a session of its own, whole although who waits is killed, and told where
it broke off.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import signal
import time

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._detached import BrokenOff, conclude, detached

PATIENCE = 60.0  # seconds


def test_it_has_a_session_of_its_own_and_a_long_answer_comes_whole():
    outcome = detached(lambda: {"pid": os.getpid(), "session": os.getsid(0), "long": "x" * 1_000_000})
    assert outcome["pid"] == outcome["session"] != os.getpid() and len(outcome["long"]) == 1_000_000


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
def test_it_is_done_although_who_waits_for_it_goes(tmp_path, number):
    """As where a task is broken off: its process and all of its group get a signal, or are killed."""
    begun, done = tmp_path / "begun", tmp_path / "done"

    def work():
        begun.write_text(str(os.getpid()))
        while os.getppid() == waiting:
            time.sleep(0.01)
        done.write_text("whole")
        return {}

    waiting = os.fork()
    if not waiting:
        os.setsid()
        waiting = os.getpid()
        signal.signal(number, signal.SIG_DFL) if number != signal.SIGKILL else None
        detached(work)
        os._exit(0)
    until = time.monotonic() + PATIENCE
    while not (begun.exists() and begun.read_text()) and time.monotonic() < until:
        time.sleep(0.01)
    os.killpg(waiting, number)
    os.waitpid(waiting, 0)
    while not (done.exists() and done.read_text()) and time.monotonic() < until:
        time.sleep(0.01)
    assert done.read_text() == "whole"


@pytest.mark.parametrize(
    ("work", "says"),
    [(lambda: 1 // 0, "ZeroDivisionError"), (lambda: os.kill(os.getpid(), 9), "killed: look how far it came")],
)
def test_what_broke_off_is_told(work, says):
    with pytest.raises(BrokenOff, match=says):
        detached(work)


class Module:
    """An AnsibleModule that notes how it ends."""

    def __init__(self):
        self.said = []

    def warn(self, text):
        self.said.append(text)

    def fail_json(self, **result):
        self.said.append(("failed", result))

    def exit_json(self, **result):
        self.said.append(("ended", result))


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (lambda: {"changed": True, "told": ["careful"]}, ["careful", ("ended", {"changed": True})]),
        (lambda: {"failed": True, "msg": "no"}, [("failed", {"msg": "no"})]),
        (
            lambda: {}["x"],
            [("failed", {"msg": "KeyError: 'x'; run again, which finishes what was begun"})],
        ),
    ],
)
def test_a_task_ends_as_its_work_did(work, said):
    module = Module()
    conclude(module, work)
    assert module.said == said
