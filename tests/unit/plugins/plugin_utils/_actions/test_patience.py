"""An action's patience: it ends what does not answer, and leaves a task's own timeout as it was."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import signal
import time
from types import SimpleNamespace

import pytest
from ansible.plugins.action import ActionBase
from ansible_collections.netops.layer2.plugins.action.arp_scan import ActionModule
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._patience import GivenUp, patience
from ansible_collections.netops.layer2.plugins.plugin_utils._scan import _parts


class TaskTimeout(BaseException):
    """What a task's own timeout raises."""


def ring(*_arguments):
    raise TaskTimeout


@pytest.fixture(autouse=True)
def alarms():
    """No alarm and no handler of a test is left to the next one."""
    before = signal.signal(signal.SIGALRM, signal.SIG_DFL)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def test_what_does_not_answer_is_given_up():
    with pytest.raises(GivenUp), patience(0.1):
        time.sleep(60)
    assert signal.alarm(0) == 0


def test_what_answers_leaves_no_alarm():
    with patience(30):
        pass
    assert (signal.alarm(0), signal.getsignal(signal.SIGALRM)) == (0, signal.SIG_DFL)


def test_a_shorter_timeout_of_the_task_stays_its_own():
    signal.signal(signal.SIGALRM, ring)
    signal.alarm(1)
    with pytest.raises(TaskTimeout), patience(30):
        time.sleep(60)


def test_a_longer_timeout_of_the_task_goes_on_afterwards():
    signal.signal(signal.SIGALRM, ring)
    signal.alarm(300)
    with pytest.raises(GivenUp), patience(1):
        time.sleep(60)
    assert signal.getsignal(signal.SIGALRM) is ring and 200 < signal.alarm(0) < 300


def test_an_exception_of_a_connection_is_not_taken_for_it():
    assert not issubclass(GivenUp, Exception)


@pytest.mark.parametrize(
    ("arguments", "beyond"),
    [
        ({}, 0),
        ({"mode": "watch", "duration": 90}, 90),
        ({"mode": "watch"}, 60),
        ({"duration": 90}, 0),
        ({"tell_apart": ["a", "b"]}, 60),
        ({"mode": "watch", "duration": "soon"}, 0),
    ],
)
def test_a_part_is_waited_for_as_long_as_it_may_take(arguments, beyond):
    assert _parts.longest_part(arguments) == _parts.PATIENCE + beyond


def test_a_scan_of_a_host_that_hangs_ends_with_its_name(monkeypatch):
    monkeypatch.setattr(_parts, "PATIENCE", 1.0)
    monkeypatch.setattr(ActionBase, "run", lambda *_arguments: {})
    monkeypatch.setattr(ActionModule, "answer", lambda *_arguments: time.sleep(60))
    task = SimpleNamespace(args={}, check_mode=False, delegate_to=None, async_val=0, diff=False, action="arp_scan")
    action = ActionModule(task, None, SimpleNamespace(diff=False), None, None, None)
    result = action.run(None, {"inventory_hostname": "hv1"})
    assert result["failed"] and result["msg"].startswith("hv1: arp_scan has not answered for 1 s")
