"""Runs that are forked end as those of the program do: output, status, settings, arguments, and a run that hangs."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ansible_runs
from tests.ansible_runs import ForkedRun

ANSIBLE = str(Path(sys.executable).with_name("ansible"))
DEBUG = ["-m", "ansible.builtin.debug", "-a", json.dumps({"msg": "{{ lookup('ansible.builtin.env', 'TOLD') }}"})]
SLEEP = ["-m", "ansible.builtin.command", "-a", "sleep 60"]
PATIENCE = 300

pytestmark = pytest.mark.skipif(not Path(ANSIBLE).exists(), reason="ansible is not installed")


@pytest.fixture
def settings(tmp_path):
    """Of this test alone, so that no other has made their parent."""
    seen = {name: os.environ[name] for name in ("HOME", "PATH", "LANG", "LC_ALL") if name in os.environ}
    yield {**seen, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCAL_TEMP": str(tmp_path / "local"), "TOLD": "something"}
    ansible_runs.close()


@pytest.fixture
def start(tmp_path, settings):
    """A function that starts a run on this machine."""

    def starting(*arguments, **changes):
        python = json.dumps({"ansible_python_interpreter": sys.executable})
        argv = [Path(ANSIBLE), "localhost", "-i", "localhost,", "-c", "local", "-e", python, *arguments]
        return ansible_runs.start(argv, env={**settings, **changes}, cwd=tmp_path)

    return starting


def ended(started):
    """What a run printed, its errors, and its status."""
    out, err = started.communicate(timeout=PATIENCE)
    return out, err, started.returncode


def test_the_second_run_is_forked_and_ends_like_the_first(start):
    first, second, third = (start(*DEBUG) for _number in range(3))
    assert isinstance(first, subprocess.Popen) and isinstance(second, ForkedRun)
    assert isinstance(third, subprocess.Popen), "a parent forks one run at a time"
    told = ended(first)
    assert "something" in told[0] and told[2] == 0, told
    assert ended(second) == told == ended(third)
    assert ended(start(*DEBUG, "--no-such-option"))[1:] == ended(start(*DEBUG, "--no-such-option", TOLD="else"))[1:]
    failing = [ended(start("-m", "ansible.builtin.fail", TOLD=told)) for told in ("something", "else")]
    assert failing[0] == failing[1] and failing[0][2] == 2


def test_other_settings_have_a_parent_of_their_own(start, tmp_path):
    for told in ("this", "that"):
        runs = [ended(start(*DEBUG, TOLD=told)) for _number in range(2)]
        assert runs[0] == runs[1] and told in runs[1][0], runs
    for verbosity in ("0", "1", "2"):  # a file of settings decides, too, and is looked at for each run
        (tmp_path / "ansible.cfg").write_text(f"[defaults]\nverbosity = {verbosity}\n")
        runs = [ended(start(*DEBUG)) for _number in range(2)]
        assert runs[0] == runs[1] and ("ansible.cfg" in runs[1][0]) is (verbosity != "0"), runs


def test_what_the_command_line_sets_reaches_a_plugin(start, tmp_path):
    for number in range(2):
        ended(start(*DEBUG, "--tree", str(tmp_path / str(number))))
        assert (tmp_path / str(number) / "localhost").exists()


def test_a_run_that_hangs_is_ended_and_the_next_one_is_forked(start, tmp_path, settings):
    ended(start(*DEBUG))
    hanging = start(*SLEEP)
    assert isinstance(hanging, ForkedRun)
    with pytest.raises(subprocess.TimeoutExpired):
        hanging.communicate(timeout=0.5)
    ansible_runs.kill(hanging)
    assert hanging.returncode == -signal.SIGKILL
    again = start(*DEBUG)
    assert isinstance(again, ForkedRun) and ended(again)[2] == 0
    argv = [ANSIBLE, "localhost", "-i", "localhost,", "-c", "local", *SLEEP]
    with pytest.raises(subprocess.TimeoutExpired):
        ansible_runs.run(argv, env=settings, cwd=tmp_path, timeout=0.5)


def test_a_parent_that_was_killed_is_replaced(start):
    ended(start(*DEBUG))
    forked = start(*DEBUG)
    told = ended(forked)
    parent = int(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()[-1])
    assert "ansible_parent" in Path(f"/proc/{parent}/cmdline").read_text()
    os.kill(parent, signal.SIGKILL)
    runs = [start(*DEBUG)]
    runs[0].communicate(timeout=PATIENCE)
    runs.append(start(*DEBUG))
    assert [ended(each) for each in runs] == [told, told]
    assert isinstance(runs[1], ForkedRun)
