"""Whom a playbook asks, as Ansible itself tells it (--list-hosts): a name that matches nobody ends the run before
anything is read.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from .conftest import BESIDE, PLAYBOOKS


@pytest.mark.parametrize(("arguments", "listed"), [
    ((), {"localhost"}),
    (("-i", "hv1,"), {"hv1"}),
    (("-i", "hv1,hv2,web1", "-e", "target=hv*"), {"hv1", "hv2"}),
])
def test_who_is_there_is_asked(ansible_playbook, arguments, listed):
    status, output = ansible_playbook(PLAYBOOKS / "detect_dup_mac.yml", "--list-hosts", *arguments)
    # Warnings follow at the margin; a host's name is indented.
    hosts = {
        line.strip()
        for line in output.partition(f"hosts ({len(listed)}):\n")[2].splitlines()
        if line.startswith("      ")
    }
    assert (status, hosts) == (0, listed), output


@pytest.mark.parametrize("playbook", sorted(path.stem for path in PLAYBOOKS.glob("*.yml")))
def test_from_a_checkout_the_collection_is_found_without_a_setting(ansible_playbook, playbook):
    if not BESIDE.exists():
        pytest.skip("this is no checkout: Ansible finds the collection where it is")
    path = PLAYBOOKS / f"{playbook}.yml"
    status, output = ansible_playbook(path, "--list-hosts", "-i", "hv1,", ANSIBLE_COLLECTIONS_PATH=None)
    assert status == 0 and "hosts (1)" in output, output


@pytest.mark.parametrize(("arguments", "says"), [
    (("-i", ","), "the inventory , has no hosts"),
    (("-i", "hv1"), "if hv1 is a host, write a comma after it: -i hv1,"),
    (("-i", "hv1,hv2", "-e", "target=hv1:vh2"), "the target vh2 matches no host"),
    (("-i", "hv1,hv2", "-e", "target=hv1", "--limit", "hv2"), "--limit hv2 leaves none of the hosts of hv1"),
])
def test_a_name_that_matches_nobody_ends_the_run(ansible_playbook, arguments, says):
    status, output = ansible_playbook(PLAYBOOKS / "detect_dup_mac.yml", "--list-hosts", *arguments)
    assert status == 4 and says in " ".join(output.split()) and "hosts (" not in output, output
    # Nothing is wrong with the playbook, so no line of it is shown.
    assert "detect_dup_mac.yml" not in output and "asked_hosts" not in output, output


@pytest.mark.parametrize("playbook", ["detect_dup_mac", "gather_layer2"])
def test_a_group_of_switches_that_holds_none_ends_the_run(ansible_playbook, tmp_path, playbook):
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"hv1": {}}, "children": {"switches": {"hosts": {}}}}}))
    listed = (PLAYBOOKS / f"{playbook}.yml", "--list-hosts", "-i", inventory, "-e", "detect_switches=switches")
    status, output = ansible_playbook(*listed)
    assert status == 4 and "the group switches, which detect_switches names, has no hosts" in output, output
    # AWX leaves such groups out of a slice, whose hosts are to be read all the same.
    status, output = ansible_playbook(*listed, "-e", "awx_job_slice_number=1", "-e", "awx_job_slice_count=2")
    assert status == 0 and "hosts (1)" in output, output


def test_in_a_task_it_fails_the_task_alone(ansible_playbook, tmp_path):
    tried = {"ansible.builtin.debug": {"msg": "{{ lookup('netops.layer2.asked_hosts', 'vh2') }}"}}
    tasks = [{"block": [tried], "rescue": [{"ansible.builtin.debug": {"msg": "the play goes on"}}]}]
    play = tmp_path / "play.json"
    play.write_text(json.dumps([{"hosts": "hv1", "connection": "local", "gather_facts": False, "tasks": tasks}]))
    status, output = ansible_playbook(play, "-i", "hv1,")
    assert status == 0 and "the target vh2 matches no host" in output and "the play goes on" in output, output
