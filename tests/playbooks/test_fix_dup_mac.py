"""The cure as a user runs it, where no lab is: real ansible-playbook, this machine, twins that are only remembered, and
no answer.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from .conftest import BESIDE, NOWHERE, PLAYBOOKS, QUIET, environment, extra, here, telling

PLAYBOOK = PLAYBOOKS / "fix_dup_mac.yml"
TWINS = "52:54:00:77:30:25"
CHANGE = {
    "kind": "guest",
    "host": "hv1",
    "owner": "guest web30 on hv1",
    "uuid": "a-1",
    "mac": TWINS,
    "new_mac": "52:54:00:00:00:01",
}


@pytest.fixture
def run(ansible_playbook):
    """A function that runs a playbook for HOSTS, this machine unless given; returns (exit code, output)."""

    def start(*arguments, hosts=None, playbook=PLAYBOOK):
        return ansible_playbook(playbook, *extra(**QUIET), *arguments, hosts=hosts or {"here": here()})

    return start


KEEP = {"fix_keep": {TWINS: "web30"}}  # nothing that is read tells which of the two is the copy


def told(host, guest, uuid):
    """What a hypervisor says of itself."""
    return {
        "schema": "netops.layer2/snapshot",
        "version": 1,
        "host": host,
        "observed": ["interfaces", "guests"],
        "gaps": [],
        "identity": {"machine_id": host * 9, "boot_id": host, "netns": "1"},
        "interfaces": [
            {
                "name": "eth0",
                "mac": f"02:00:00:00:00:{host[-1]:0>2}",
                "master": "br0",
                "link_type": "ether",
                "up": True,
                "addresses": [],
            },
            {
                "name": "br0",
                "mac": f"02:00:00:00:00:{host[-1]:0>2}",
                "kind": "bridge",
                "link_type": "ether",
                "up": True,
                "addresses": [{"address": f"192.168.101.{host[-1]}", "prefix": 23}],
            },
        ],
        "neighbors": {"rows": ["- br0 192.168.100.1 00:1b:21:aa:00:01 REACHABLE -"]},
        "guests": [
            {
                "name": guest,
                "uuid": uuid,
                "state": "running",
                "nics": [
                    {
                        "mac": TWINS,
                        "live_mac": TWINS,
                        "persistent_mac": TWINS,
                        "type": "bridge",
                        "bridge": "br0",
                        "source": "br0",
                        "alias": "net0",
                    }
                ],
            }
        ],
    }


def fleet():
    """Two hypervisors that do not answer now, and what they said in an earlier run."""
    return {"here": here(), **{host: {**NOWHERE, "layer2_snapshot": json.dumps(told(host, guest, uuid))}
                               for host, guest, uuid in (("hv1", "web30", "a-1"), ("hv2", "web25", "b-2"))}}


def twins(folder):
    """The two, read in this run."""
    return {
        "here": here(),
        "hv1": telling(folder, told("hv1", "web30", "a-1")),
        "hv2": telling(folder, told("hv2", "web25", "b-2")),
    }


def test_nothing_to_do_is_said_and_nothing_is_written(run, tmp_path):
    code, output = run()
    assert code == 0 and "Nothing to do: no finding asks for another MAC." in output, output
    assert "changed=0" in output and [path.name for path in tmp_path.iterdir()] == ["inventory.json"]


def test_what_the_data_do_not_tell_is_asked_and_not_planned(run, tmp_path):
    code, output = run(*extra(fix_apply=False), hosts=twins(tmp_path))
    assert "REFUSED  " + TWINS in output and "fix_keep" in output and "CHANGE" not in output, output
    code, output = run(hosts=twins(tmp_path))
    assert code == 2 and "Nothing was changed" not in output.split("PLAY RECAP")[1], output


def test_a_plan_is_made_shown_and_saved_without_being_applied(run, tmp_path):
    code, output = run(*extra(fix_apply=False, **KEEP), hosts=twins(tmp_path))
    assert code == 0 and "CHANGE  " + TWINS in output and "Only planned: nothing was changed." in output, output
    plan = json.loads((tmp_path / "layer2-fix" / "layer2-plan.json").read_text())
    assert plan["summary"] == {"changes": 1, "refused": 0}
    code, output = run(*extra(fix_apply=False, **KEEP), hosts=twins(tmp_path))
    assert code == 0 and "changed=1" not in output, output


def next_command(output):
    return next(line for line in output.splitlines() if line.startswith("Next: ")).removeprefix("Next: ")


def test_the_next_command_is_about_the_same_hosts_from_any_folder(ansible_playbook, tmp_path):
    words = ["-l", "hv*", "-u", "nobody", "-e", "ansible_become_password=secret"]
    code, output = ansible_playbook(PLAYBOOKS / "detect_dup_mac.yml", *extra(**QUIET), *words, hosts=twins(tmp_path))
    command = next_command(output)
    assert code == 2 and "secret" not in output and f"fix        {command}" in output, output
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    env = environment(tmp_path / "local")
    if BESIDE.exists():
        del env["ANSIBLE_COLLECTIONS_PATH"]  # who pastes the command has no such setting
    # Nothing is known of the copy, so the plan refuses, for the two of the inventory whom --limit left.
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=elsewhere,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        stdin=subprocess.DEVNULL,
        env=env,
    )
    assert "REFUSED  " + TWINS in done.stdout and "2 of 2 hosts judged" in done.stdout, (
        command,
        done.stdout,
        done.stderr,
    )


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_called_through_make_the_next_command_is_one_of_make(ansible_playbook, tmp_path):
    (tmp_path / "Makefile").write_text(
        'export INVENTORY LIMIT APPLY\nfix:\n\t@printf \'%s\\n\' "$$INVENTORY" "$$LIMIT" "$$APPLY" $(ARGS)\n'
    )
    told = {"folder": str(tmp_path), "targets": {"fix_dup_mac": "fix"}, "tells": ""}
    made = {"LAYER2_MAKE": json.dumps(told), "INVENTORY": "my hosts.ini", "LIMIT": "hv*"}
    _code, output = ansible_playbook(
        PLAYBOOK, *extra(**QUIET), *extra(fix_apply=False, **KEEP), hosts=twins(tmp_path), **made
    )
    done = subprocess.run(["sh", "-c", next_command(output)], capture_output=True, text=True, timeout=60, check=False)
    plan = tmp_path / "layer2-fix" / "layer2-plan.json"
    assert done.stdout.splitlines() == [
        "my hosts.ini", "hv*", "yes", "-e", json.dumps(KEEP), "-e", f"fix_plan={plan}"], (output, done.stderr)


def test_hosts_that_do_not_answer_are_missing_whatever_they_once_said(run, tmp_path):
    code, output = run("-e", "mac_regenerate_live=true", hosts=fleet())
    assert "missing    hv1, hv2: unreachable" in output and "CHANGE" not in output, output
    assert code == 2 and "nobody knows whether hv1, hv2 need a cure: they could not be read" in output, output


def test_a_saved_plan_for_hosts_that_do_not_answer_changes_nothing(run, tmp_path):
    run(*extra(fix_apply=False, **KEEP), hosts=twins(tmp_path))
    code, output = run("-e", "mac_regenerate_live=true", "-e", "fix_plan=layer2-fix/layer2-plan.json", hosts=fleet())
    assert code == 2 and "Nothing was changed: hv" in output and "no snapshot now" in output, output


def test_check_mode_writes_nothing(run, tmp_path):
    code, output = run("--check", "--diff", *extra(fix_apply=False, **KEEP), hosts=twins(tmp_path))
    assert code == 0 and "CHANGE  " + TWINS in output and "Would save the plan" in output, output
    assert not (tmp_path / "layer2-fix").exists()


def test_the_operator_says_who_keeps_the_address(run, tmp_path):
    for keeper, moved in (("web30", "web25"), ("web25", "web30")):
        _code, output = run(*extra(fix_apply=False, fix_keep={TWINS: keeper}), hosts=twins(tmp_path))
        assert f"guest {moved} on hv" in output.split("CHANGE")[1].splitlines()[0]
        assert "the operator said so" in output


@pytest.mark.parametrize(
    ("text", "says"), [("{", "cut off"), ('{"schema": "x"}', "not a plan"), (None, "No such file")]
)
def test_a_plan_that_cannot_be_used_is_named(run, tmp_path, text, says):
    if text is not None:
        (tmp_path / "plan.json").write_text(text)
    code, output = run("-e", "fix_plan=plan.json")
    assert code == 2 and str(tmp_path / "plan.json") in output and says in output, output


ROLE = """
- name: Apply
  hosts: all
  gather_facts: false
  ignore_unreachable: true
  tasks:
    - name: Apply
      ansible.builtin.include_role:
        name: netops.layer2.mac_regenerate
"""


def test_the_role_alone_refuses_a_host_that_is_gone(run, tmp_path):
    (tmp_path / "role.yml").write_text(ROLE)
    plan = {"schema": "netops.layer2/plan", "version": 1, "changes": [CHANGE], "refused": []}
    code, output = run(*extra(mac_regenerate_plan=plan), hosts=fleet(), playbook=tmp_path / "role.yml")
    assert code == 2 and "Nothing was changed: hv1: no snapshot now, unreachable" in output, output
    assert "CHANGE  " + TWINS in output


def test_the_role_without_a_plan_says_what_is_missing(run, tmp_path):
    (tmp_path / "role.yml").write_text(ROLE)
    code, output = run(playbook=tmp_path / "role.yml")
    assert code == 2 and "mac_regenerate_plan" in output, output
