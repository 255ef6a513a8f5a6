"""The guard as a job of a forge runs it: real ansible-playbook, no inventory, no fleet, check mode, several runs at
once.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from .conftest import extra

TAKEN, UUID = "52:54:00:0c:1d:f5", "5d3f6c1e-8f6e-4a70-9a39-5b2f3d0a7c11"
KNOWN = {"schema": "netops.layer2/known-macs", "version": 1, "hosts": ["hv1"], "broken": [], "macs": {
    TAKEN: [{"owner": "guest vm30", "names": ["vm30", UUID], "place": "net0 on hv1 (running)"}]}}
GUARD = """
- name: Guard
  hosts: localhost
  gather_facts: false
  roles:
    - role: netops.layer2.mac_guard
  tasks:
    - name: Show what was given
      ansible.builtin.debug:
        msg: "given: {{ mac_guard_given | default([]) | join(' ') }}"
"""
DOMAIN = (
    "<domain type='kvm'>\n<name>{name}</name>\n<uuid>{uuid}</uuid>\n<devices><interface type='bridge'>\n<mac"
    " address='{mac}'/></interface></devices></domain>\n"
)


@pytest.fixture
def guard(ansible_playbook, tmp_path):
    """A function that runs the role in a directory with a list of known MACs; returns (exit code, output)."""
    playbook = tmp_path / "guard.yml"
    playbook.write_text(GUARD)
    (tmp_path / "known.json").write_text(json.dumps(KNOWN))

    def start(*options, known="known.json", **variables):
        return ansible_playbook(playbook, *options, *extra(mac_guard_known=known, **variables))

    return start


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_a_copied_definition_is_refused_with_owner_and_place(guard, tmp_path, options):
    (tmp_path / "web31.xml").write_text(DOMAIN.format(name="web31", uuid=UUID[:-1] + "2", mac=TAKEN))
    code, output = guard(*options, mac_guard_files=["web31.xml"])
    assert code == 2 and f"web31.xml:5: {TAKEN} is taken by guest vm30 (net0 on hv1 (running))" in output, output


def test_its_own_definition_and_a_free_one_pass(guard, tmp_path):
    (tmp_path / "vm30.xml").write_text(DOMAIN.format(name="vm30", uuid=UUID, mac=TAKEN))
    code, output = guard(mac_guard_files=["vm30.xml"], mac_guard_macs=["52:54:00:00:00:01"])
    assert code == 0 and "changed=0" in output, output


def test_without_anything_known_nothing_looks_free(guard, tmp_path):
    code, output = guard(known="", mac_guard_macs=["52:54:00:00:00:01"])
    assert code == 2 and "everything would look free" in output, output
    code, output = guard(known="none.json", mac_guard_macs=["52:54:00:00:00:01"])
    assert code == 2 and "there is no such file" in output, output


def given_in(output):
    return output.split('"msg": "given: ')[1].split('"')[0].split()


def test_fresh_addresses_are_the_same_again_and_check_mode_reserves_none(guard, tmp_path):
    wanted = {"mac_guard_requests": [{"owner": "web31", "nic": "net0"}, {"owner": "web31", "nic": "net1"}]}
    _code, checked = guard("--check", **wanted)
    assert not (tmp_path / "layer2-reserved-macs.json").exists()
    code, output = guard(**wanted)
    assert code == 0 and given_in(output) == given_in(checked) and len(set(given_in(output))) == 2, output
    code, again = guard(**wanted)
    assert code == 0 and given_in(again) == given_in(output) and "changed=0" in again, again
    code, other = guard(mac_guard_macs=[{"mac": given_in(output)[0], "owner": "web32"}])
    assert code == 2 and "is taken by web31 (reserved on " in other, other


def test_runs_at_the_same_time_get_different_addresses(guard, tmp_path):
    def one(number):
        return guard(
            mac_guard_requests=[{"owner": f"g{number}", "nic": ""}],
            mac_guard_prefix="02:00:00:00:00:00-02:00:00:00:00:07",
        )

    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(one, range(3)))
    assert [code for code, _output in runs] == [0] * 3, runs
    assert len({mac for _code, output in runs for mac in given_in(output)}) == 3
