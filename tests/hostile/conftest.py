"""A hostile managed host, and Ansible of several versions to meet it with: its Python answers every module as it likes.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests import ansible_runs
from tests.answering_host import answering

PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"
BESIDE = PLAYBOOKS / "collections"     # what makes the playbooks run from a plain checkout
COLLECTIONS = BESIDE if BESIDE.exists() else PLAYBOOKS.parents[3]
# Folders with an ansible-playbook each, beside that of this environment: the oldest supported ansible-core, and 2.18.
CORES = [folder for folder in os.environ.get("LAYER2_ANSIBLE_CORES", "").split(os.pathsep) if folder]
CONNECTIONS = Path(__file__).with_name("connections")  # `faraway` and `deaf`, which inventories may ask for
# Settings of a run that keeps facts, in a folder beside its inventory. Runs with the same settings are forked from one
# process (`ansible_runs.py`), so nothing of a single test is in them.
FACT_CACHE = {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": "cache"}
PATIENCE = 900  # seconds until a run counts as hung, on a machine as busy as can be


def _cores():
    return [str(Path(sys.executable).parent), *CORES]


@pytest.fixture(params=_cores(), ids=[Path(folder).parent.name for folder in _cores()])
def core(request):
    """The folder of one ansible-core's programs."""
    if not (Path(request.param) / "ansible-playbook").exists():
        pytest.skip(f"no ansible-playbook in {request.param}")
    return Path(request.param)


@pytest.fixture
def hostile(tmp_path):
    """A function: NAME and its ANSWERS (module -> answer, or a list of them by turn) become inventory variables of a
    hostile host.
    """

    def make(name, answers):
        return answering(tmp_path, name, answers)

    return make


@pytest.fixture
def marker(tmp_path):
    """A file that must not appear, and the template that would make it appear if anybody evaluated it."""
    path = tmp_path / "marker"
    return path, "{{ lookup('ansible.builtin.pipe', 'touch " + str(path) + "') }}"


@pytest.fixture
def run(core, tmp_path, tmp_path_factory):
    """A function that runs a playbook of the project's in an empty folder for HOSTS; returns (status, output)."""

    def start(playbook, *arguments, hosts, **settings):
        inventory = tmp_path / "inventory.json"
        inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
        seen = {name: os.environ[name] for name in ("HOME", "LANG", "LC_ALL") if name in os.environ}
        seen.update(
            PATH=f"{core}{os.pathsep}{os.environ['PATH']}",
            ANSIBLE_NOCOLOR="1",
            ANSIBLE_LOCAL_TEMP=str(tmp_path_factory.getbasetemp() / "local"),
            ANSIBLE_RETRY_FILES_ENABLED="0",
            ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS),
            ANSIBLE_CONNECTION_PLUGINS=str(CONNECTIONS),
            **settings,
        )
        path = playbook if isinstance(playbook, Path) else PLAYBOOKS / f"{playbook}.yml"
        command = [str(core / "ansible-playbook"), "-i", str(inventory), str(path), *arguments]
        done = ansible_runs.run(command, env=seen, cwd=tmp_path, timeout=PATIENCE)
        return done.returncode, done.stdout + done.stderr

    return start


def extra(**variables):
    """Variables of the command line."""
    return "-e", json.dumps(variables)


def cached(folder, planted):
    """Settings of a run in FOLDER with a fact cache of host -> PLANTED facts, as each ansible-core writes them."""
    cache = folder / FACT_CACHE["ANSIBLE_CACHE_PLUGIN_CONNECTION"]
    cache.mkdir()
    for host, facts in planted.items():
        kept = json.dumps(facts)
        (cache / host).write_text(kept)
        (cache / f"s1_{host}").write_text(json.dumps({"__payload__": kept}))
    return FACT_CACHE
