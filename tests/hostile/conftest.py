"""A hostile managed host, and Ansible of several versions to meet it with: its Python answers every module as it likes."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"
BESIDE = PLAYBOOKS / "collections"     # what makes the playbooks run from a plain checkout
COLLECTIONS = BESIDE if BESIDE.exists() else PLAYBOOKS.parents[3]
# Folders with an ansible-playbook each, beside that of this environment: the oldest supported ansible-core, and 2.18.
CORES = [folder for folder in os.environ.get("LAYER2_ANSIBLE_CORES", "").split(os.pathsep) if folder]
PATIENCE = 900  # seconds until a run counts as hung, on a machine as busy as can be

# Plays a host's Python: finds the module's name in what it is given to run, and answers from a file. Other modules really run.
INTERPRETER = """#!{python}
import json, os, re, sys
ANSWERS = json.load(open({answers!r}))
given = " ".join(sys.argv[1:])
text = given
if not re.search(r"AnsiballZ_(\\w+)", given):
    data = sys.stdin.buffer.read() if not sys.argv[1:] or sys.argv[1] == "-" else b""
    found = re.search(rb"ansible(?:_collections)?[./][\\w./]*modules[./](\\w+)", data) or re.search(rb"AnsiballZ_(\\w+)", data)
    name = found.group(1).decode() if found else ""
else:
    data, name = None, re.search(r"AnsiballZ_(\\w+)", given).group(1).removesuffix(".py")
if name in ANSWERS:
    said = ANSWERS[name]
    turn = {answers!r} + "." + name
    count = int(open(turn).read()) if os.path.exists(turn) else 0
    open(turn, "w").write(str(count + 1))
    print(json.dumps(said[min(count, len(said) - 1)] if isinstance(said, list) else said))
    sys.exit(0)
if data is None:
    os.execv({python!r}, [{python!r}] + sys.argv[1:])
import subprocess
sys.exit(subprocess.run([{python!r}] + sys.argv[1:], input=data).returncode)
"""


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
    """A function: NAME and its ANSWERS (module -> answer, or a list of them by turn) become inventory variables of a hostile host."""

    def make(name, answers):
        path = tmp_path / f"{name}.answers.json"
        path.write_text(json.dumps(answers))
        interpreter = tmp_path / f"{name}.python3"
        interpreter.write_text(INTERPRETER.format(python=sys.executable, answers=str(path)))
        interpreter.chmod(0o755)
        return {"ansible_connection": "local", "ansible_python_interpreter": str(interpreter)}

    return make


@pytest.fixture
def marker(tmp_path):
    """A file that must not appear, and the template that would make it appear if anybody evaluated it."""
    path = tmp_path / "marker"
    return path, "{{ lookup('ansible.builtin.pipe', 'touch " + str(path) + "') }}"


@pytest.fixture
def run(core, tmp_path):
    """A function that runs a playbook of the project's in an empty folder for HOSTS; returns (status, output)."""

    def start(playbook, *arguments, hosts, **settings):
        inventory = tmp_path / "inventory.json"
        inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
        seen = {name: os.environ[name] for name in ("HOME", "LANG", "LC_ALL") if name in os.environ}
        seen.update(PATH=f"{core}{os.pathsep}{os.environ['PATH']}", ANSIBLE_NOCOLOR="1", ANSIBLE_LOCAL_TEMP=str(tmp_path / "local"),
                    ANSIBLE_RETRY_FILES_ENABLED="0", ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS), **settings)
        path = playbook if isinstance(playbook, Path) else PLAYBOOKS / f"{playbook}.yml"
        done = subprocess.run([str(core / "ansible-playbook"), "-i", str(inventory), str(path), *arguments], cwd=tmp_path, env=seen,
                              capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout + done.stderr

    return start


def extra(**variables):
    """Variables of the command line."""
    return "-e", json.dumps(variables)
