"""Module layer2_facts, really run by Ansible: root or not, check mode, subsets, and what a wrong option answers."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _snapshot
from ansible_collections.netops.layer2.plugins.modules import layer2_facts

MODULE = "ansible_collections.netops.layer2.plugins.modules.layer2_facts"
RUN_AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def run(options=None, *, prefix=(), check=False):
    """What the module prints, run as Ansible's own wrapper does it: a fresh process, arguments as JSON on standard
    input.
    """
    arguments = {
        "ANSIBLE_MODULE_ARGS": {**(options or {}), "_ansible_check_mode": check, "_ansible_remote_tmp": "/tmp"}
    }
    # 2.19 and newer want to know the serialization profile; older ones do not have it.
    code = (
        "import json, sys\n"
        "from ansible.module_utils import basic\n"
        f"basic._ANSIBLE_ARGS = {json.dumps(arguments).encode()!r}\n"
        "if hasattr(basic, '_ANSIBLE_PROFILE'): basic._ANSIBLE_PROFILE = 'legacy'\n"
        f"from {MODULE} import main\n"
        "main()\n")
    environment = dict(
        os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path), PYTHONDONTWRITEBYTECODE="1"
    )
    done = subprocess.run(
        [*prefix, sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def snapshot_of(result):
    return json.loads(result["ansible_facts"]["layer2_snapshot"])


@pytest.mark.parametrize("check", [False, True])
def test_everything_and_check_mode(check):
    result = run({"host": "web01"}, check=check)
    snapshot = snapshot_of(result)
    assert result["changed"] is False and snapshot["host"] == "web01"
    assert any(record["name"] == "lo" for record in snapshot["interfaces"])
    assert result["summary"]["interfaces"] == len(snapshot["interfaces"])
    assert (
        "\n" not in result["ansible_facts"]["layer2_snapshot"]
        and '": ' not in result["ansible_facts"]["layer2_snapshot"][:200]
    )


def test_subsets():
    assert snapshot_of(run({"gather_subset": ["identity", "neighbors"]}))["observed"] == ["identity", "neighbors"]


def test_a_wrong_subset_is_a_clear_failure():
    result = run({"gather_subset": ["neighbours"]})
    assert result["failed"] is True and "neighbours is none of all, identity" in result["msg"]


@pytest.mark.skipif(
    shutil.which("ip") is None, reason="ip (iproute2) is not installed: it reads what others may read too"
)
@pytest.mark.skipif(
    shutil.which("setpriv") is None or subprocess.call([*RUN_AS_NOBODY, "/bin/true"], stderr=subprocess.DEVNULL) != 0,
    reason="only root can become somebody else (CAP_SETUID), with setpriv",
)
def test_somebody_who_is_not_root_gets_what_may_be_read_and_the_hint():
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    tried = subprocess.run(
        [*RUN_AS_NOBODY, sys.executable, "-c", "import " + MODULE], env=environment, capture_output=True, check=False
    )
    if tried.returncode:
        pytest.skip("this interpreter or the collection lies where only root may read")
    snapshot = snapshot_of(run(prefix=RUN_AS_NOBODY))
    assert {"interfaces", "neighbors", "fdb", "rules", "routes"} <= set(snapshot["observed"])
    assert "containers" not in snapshot["observed"]
    assert any("become: true" in gap.get("hint", "") for gap in snapshot["gaps"])


def test_options_in_the_documentation_and_in_the_code_are_the_same():
    yaml = pytest.importorskip("yaml")
    documented = yaml.safe_load(layer2_facts.DOCUMENTATION)["options"]
    tree = ast.parse(Path(layer2_facts.__file__).read_text(encoding="utf-8"))
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "AnsibleModule"
    ]
    spec = ast.literal_eval(next(keyword.value for keyword in calls[0].keywords if keyword.arg == "argument_spec"))
    assert {name: (option["type"], option.get("default")) for name, option in documented.items()} == {
        name: (option["type"], option.get("default")) for name, option in spec.items()}
    text = " ".join(documented["gather_subset"]["description"])
    assert all(f"V({name})" in text for name in _snapshot.SUBSETS)
    assert spec["max_routes"]["default"] == _snapshot.MOST_ROUTES
