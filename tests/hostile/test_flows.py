"""Hosts that lie to the flood playbooks: no template runs, no consent is given, and one host's answer is that host's
trouble alone.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from .conftest import FACT_CACHE, extra
from .test_answers import snapshot

QUIET = extra(
    snapshot_gather_subset=["identity"], layer2_become=False, flood_duration=0.5, flood_interfaces=["no-such-nic"]
)
# What ansible-core makes of a host without Python.
NO_PYTHON = {
    "failed": True,
    "msg": "no Python here",
    "ansible_facts": {"discovered_interpreter_python": "/usr/bin/python"},
}


def read(name, **fields):
    """The answer of layer2_facts."""
    return {"changed": False, "ansible_facts": {"layer2_snapshot": snapshot(name, **fields)}}


@pytest.mark.parametrize("playbook", ["detect_flooding", "fix_return_path"])
def test_one_host_s_answer_ends_nobody_s_run(hostile, run, marker, playbook):
    path, template = marker
    gap = {"subset": template, "reason": template, "hint": template}
    hosts = {
        "first": hostile(
            "first", {"layer2_facts": read("first", gaps=[gap]), "flood_sample": {"failed": True, "msg": template}}
        ),
        "empty": hostile(
            "empty", {"layer2_facts": read("empty"), "flood_sample": {"changed": False, "ansible_facts": {}}}
        ),
        "python": hostile("python", {"layer2_facts": NO_PYTHON, "flood_sample": NO_PYTHON}),
        "later": hostile(
            "later",
            {
                "layer2_facts": read("later"),
                "flood_sample": {"changed": False, "ansible_facts": {"layer2_flood_sample": template}},
            },
        ),
    }
    _status, output = run(playbook, *QUIET, hosts=hosts)
    assert not path.exists(), output
    assert "KeyError" not in output and "layer2_flood_sample'" not in output, output
    assert "of 4 hosts judged" in output and "no Python here" in output, output


@pytest.mark.parametrize("position", ["first", "later"])
def test_a_plan_and_its_consent_are_no_facts(hostile, run, tmp_path, position):
    """From a fact cache: there nothing that a module documents is looked at."""
    planted = {
        "fix_plan": "/etc/passwd",
        "fix_apply": True,
        "policy_route_force": True,
        "flood_exceptions": [{"match": "1", "reason": "x"}],
    }
    names = ["a", position] if position == "later" else [position, "z"]
    hosts = {
        name: hostile(name, {"layer2_facts": read(name), "flood_sample": {"failed": True, "msg": "deaf"}})
        for name in names
    }
    plant = tmp_path / "plant.yml"  # each ansible-core has a way of its own to write them down
    plant.write_text(
        json.dumps(
            [
                {
                    "hosts": position,
                    "gather_facts": False,
                    "tasks": [{"ansible.builtin.set_fact": {**planted, "cacheable": True}}],
                }
            ]
        )
    )
    assert run(plant, hosts=hosts, **FACT_CACHE)[0] == 0
    status, output = run("fix_return_path", *QUIET, hosts=hosts, **FACT_CACHE)
    words = " ".join(output.split())
    assert status != 0 and f"the facts of host {position} hold" in words and "fix_plan" in words, output
    assert not (tmp_path / "layer2-fix").exists()


# What ansible-core takes from facts: programs of the controller's, and whose connection is used.
REACHED = {
    "sftp_executable": "ansible_sftp_executable",
    "paramiko_proxy_command": "ansible_paramiko_proxy_command",
    "control_path": "ansible_control_path",
}


@pytest.mark.parametrize("position", ["first", "later"])
@pytest.mark.parametrize("name", REACHED)
def test_how_a_host_is_reached_is_no_fact(hostile, run, tmp_path, position, name):
    """No module of the collection is sent to the host by what it says, and nothing is reported."""
    names = ["a", position] if position == "later" else [position, "z"]
    facts = {position: {REACHED[name]: "/nowhere"}}
    hosts = {
        host: hostile(
            host,
            {"setup": {"changed": False, "ansible_facts": facts.get(host, {})}, "layer2_facts": read(host)},
        )
        for host in names
    }
    site = tmp_path / "site.yml"
    roles = [{"ansible.builtin.include_role": {"name": f"netops.layer2.{role}"}} for role in ("snapshot", "report")]
    tasks = [{"ansible.builtin.setup": {}}, *roles]
    site.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    status, output = run(site, *QUIET, hosts=hosts)
    words = " ".join(output.split())
    assert status == 2 and f"the facts of host {position} hold {name}: " in words, output
    assert not (tmp_path / "layer2-report").exists()
