"""Settings and names among a host's facts: no step on the controller writes, saves or passes for another host by them.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from .conftest import extra
from .test_fix import read, snapshot

# What a host could gain by: a place to write to, and a name or groups that it has not.
PLANTED = {
    "report_directory": "/tmp/chosen",
    "inventory_hostname": "z-trusted",
    "inventory_hostname_short": "z",
    "group_names": ["trusted"],
}
STEPS = {
    "save_document": {"document": {"a": 1}, "path": "{{ report_directory | default('own') }}/x.json"},
    "write_report": {"report": {}, "directory": "{{ report_directory | default('own') }}"},
}


def names(position):
    """Two hosts, of which the one called POSITION is where its name says."""
    return ["a", position] if position == "later" else [position, "z"]


def gathering(folder, *tasks):
    """A playbook that gathers facts, as many do, and goes on with TASKS."""
    path = folder / "play.yml"
    path.write_text(
        json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.setup": {}}, *tasks]}])
    )
    return path


@pytest.mark.parametrize("name", PLANTED)
def test_no_step_writes_where_or_as_a_host_says(hostile, run, tmp_path, core, name):
    if core.parent.name != "test" and name != "group_names":
        pytest.skip("which facts are refused is the same under each ansible-core")
    tasks = [
        {f"netops.layer2.{step}": arguments, "run_once": True, "ignore_errors": True}
        for step, arguments in STEPS.items()
    ]
    facts = {"liar": {name: PLANTED[name]}, "other": {}}
    hosts = {host: hostile(host, {"setup": {"changed": False, "ansible_facts": facts[host]}}) for host in facts}
    _status, output = run(gathering(tmp_path, *tasks), hosts=hosts)
    said = " ".join(output.split())
    assert said.count(f"the facts of host liar hold {name}: ") >= len(STEPS), output
    assert not (tmp_path / "own").exists() and not (tmp_path / "chosen").exists() and not list(tmp_path.rglob("x.json"))


@pytest.mark.parametrize("position", ["first", "later"])
def test_no_host_passes_for_another_or_for_a_member_of_a_group(hostile, run, tmp_path, position):
    """Its own modules, the report, and each role that changes hosts."""
    facts = {host: PLANTED if host == position else {} for host in names(position)}
    touched = {"failed": True, "msg": "touched"}
    hosts = {
        host: hostile(
            host,
            {
                "setup": {"changed": False, "ansible_facts": facts[host]},
                "layer2_facts": read(snapshot("hv1", "web")),
                "libvirt_nic_mac": touched,
                "interface_mac": touched,
                "policy_route": touched,
            },
        )
        for host in facts
    }
    roles = {
        "mac_regenerate": {
            "mac_regenerate_plan": {"schema": "netops.layer2/plan", "version": 1, "changes": [], "refused": []}
        },
        "policy_route": {
            "policy_route_routes": [{"vip": "198.51.100.10", "interface": "eth0", "gateway": "192.0.2.1"}]
        },
        "report": {},
    }
    for role, settings in roles.items():
        task = {"ansible.builtin.include_role": {"name": f"netops.layer2.{role}"}}
        status, output = run(gathering(tmp_path, task), *extra(layer2_become=False, **settings), hosts=hosts)
        said = " ".join(output.split())
        assert status == 2 and f"the facts of host {position} hold" in said and "touched" not in said, (role, output)
        assert all(name in said for name in ("inventory_hostname", "inventory_hostname_short", "group_names")), (
            role,
            output,
        )
        assert (
            "z-trusted" not in [path.name for path in tmp_path.iterdir()] and not (tmp_path / "layer2-report").exists()
        ), role


def test_a_host_that_gets_a_machine_id_of_its_own_gives_nobody_facts(hostile, run, tmp_path):
    """Of a task that runs once, facts would become those of each host of the play, under any name: also one that the
    operator's own tasks use.
    """
    digest, gained = "9" * 64, {"chosen_by_a_host": "gained", **PLANTED}
    clone = json.loads(snapshot("hv1", "web"))
    clone["identity"]["machine_id"] = digest
    hosts = {
        "a": hostile("a", {"layer2_facts": read(snapshot("hv2", "web"))}),
        "hv1": hostile(
            "hv1",
            {
                "layer2_facts": read(json.dumps(clone)),
                "machine_id": {"changed": True, "files": ["{{ 1 }}"], "ansible_facts": gained},
                "*": {"changed": True, "stat": {"exists": True}, "ansible_facts": gained},
            },
        ),
    }
    change = {
        "kind": "machine_id",
        "host": "hv1",
        "owner": "hv1",
        "mac": "02:00:00:00:00:01",
        "expects": {"machine_id": digest},
        "reason": "a test",
    }
    plan = {"schema": "netops.layer2/plan", "version": 1, "changes": [change], "refused": []}
    play = tmp_path / "play.yml"
    tasks = [{"ansible.builtin.include_role": {"name": "netops.layer2.mac_regenerate"}},
             {"ansible.builtin.debug": {"msg": "{{ chosen_by_a_host | default('nothing') }} {{ group_names }}"}}]
    play.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    settings = extra(
        mac_regenerate_plan=plan,
        mac_regenerate_machine_id=True,
        mac_regenerate_become=False,
        layer2_become=False,
        snapshot_become=False,
    )
    status, output = run(play, *settings, hosts=hosts)
    said = " ".join(output.split())
    assert status == 0 and "Restart hv1: its machine-id is its own now" in said, output
    assert said.count("nothing []") + said.count("nothing ['ungrouped']") == 2 and "gained" not in said, output
