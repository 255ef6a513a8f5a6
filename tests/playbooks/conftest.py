"""How every test here runs ansible-playbook: in an empty directory, with few settings of this machine, and as a user of
a plain checkout does.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests import ansible_runs
from tests.answering_host import answering

PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"
BESIDE = PLAYBOOKS / "collections"     # what makes the playbooks run from a plain checkout
COLLECTIONS = BESIDE if BESIDE.exists() else PLAYBOOKS.parents[3]
# What else runs on this machine (its guests, a lab in namespaces) must not decide a test.
QUIET = {"snapshot_gather_subset": ["identity"]}
# Nobody answers there.
NOWHERE = {"ansible_host": "127.0.0.1", "ansible_port": 1}


def here():
    """This machine, as an inventory has it."""
    return {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}


def telling(folder, snapshot):
    """A host that is read in every run and says SNAPSHOT; it listens for real, and changes nothing of this machine."""
    read = {"changed": False, "ansible_facts": {"layer2_snapshot": json.dumps(snapshot)}, "summary": {}}
    return answering(
        folder,
        snapshot["host"],
        {"layer2_facts": read, "flood_sample": None, "*": {"failed": True, "msg": "no part of this test"}},
    )


def extra(**variables):
    """Variables of the command line."""
    return "-e", json.dumps(variables)


def environment(temporary):
    """Little of this machine's, and where the collection is: the process that runs are forked from has read it."""
    settings = {name: os.environ[name] for name in ("HOME", "PATH", "LANG", "LC_ALL") if name in os.environ}
    settings.update(ANSIBLE_NOCOLOR="1", ANSIBLE_LOCAL_TEMP=str(temporary), ANSIBLE_RETRY_FILES_ENABLED="0")
    settings["ANSIBLE_COLLECTIONS_PATH"] = str(COLLECTIONS)
    return settings


@pytest.fixture
def ansible_playbook(tmp_path, tmp_path_factory):
    """A function that runs a playbook in the test's own directory, for these hosts or without an inventory; returns
    (exit code, output). A setting that is None is not made.
    """
    beside = Path(sys.executable).with_name("ansible-playbook")
    program = str(beside) if beside.exists() else shutil.which("ansible-playbook")
    if program is None:
        pytest.skip("ansible-playbook is not installed")

    def start(playbook, *arguments, hosts=None, **settings):
        inventory = tmp_path / "inventory.json"
        if hosts is not None:
            inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
        command = [program, *(["-i", str(inventory)] if hosts is not None else []), str(playbook), *arguments]
        settings = {**environment(tmp_path_factory.getbasetemp() / "local"), **settings}
        env = {name: value for name, value in settings.items() if value is not None}
        done = ansible_runs.run(command, env=env, cwd=tmp_path, timeout=180)
        return done.returncode, done.stdout + done.stderr

    return start
