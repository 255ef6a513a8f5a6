"""Secrets among options: a run at -vvv shows neither the seed of a pool of addresses nor the token that confirms a
change.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

SEED, TOKEN = "seed-of-the-fleet-4711", "token-of-the-run-0123456789"
HERE = {"here": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}}
REVERT = {"revert_timeout": 60, "revert_id": "redaction", "revert_token": TOKEN}


def task(module, **arguments):
    """A task that may fail: what it shows then is looked at as well."""
    return {"name": module, "netops.layer2." + module: arguments, "ignore_errors": True}


def test_neither_seeds_nor_tokens_are_shown_at_vvv(run, tmp_path):
    interface = {"interface": "layer2-none", "old_mac": "52:54:00:00:00:01", "mac": "52:54:00:00:00:02"}
    known = {"macs": {}, "schema": "none"}
    tasks = [
        task("plan_renumbering", seed=SEED),
        task("reserve_macs", seed=SEED, requests=[{"owner": "a"}], known=known, path=str(tmp_path / "reserved.json")),
        task("confirmed_change", state="armed", id="redaction", token=TOKEN, restore_files=["/etc/hosts"]),
        task("confirmed_change", state="armed", id="../bad", token=TOKEN, restore_files=["/etc/hosts"]),
        task("confirmed_change", state="confirmed", id="redaction", token=TOKEN),
        task("confirm_reachable", id="redaction", token=TOKEN, timeout=1),
        task("interface_mac", **interface, **REVERT),
        task("policy_route", vip="192.0.2.1", interface="layer2-none", gateway="192.0.2.254", **REVERT),
        {"name": "role", "ansible.builtin.include_role": {"name": "netops.layer2.mac_guard"}, "ignore_errors": True,
         "vars": {"mac_guard_seed": SEED, "mac_guard_files": [], "mac_guard_requests": [{"owner": "a"}]}},
    ]
    play = tmp_path / "play.json"
    play.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    # Newer ansible-cores show arguments only when told to.
    _status, output = run(play, "-vvv", "--check", hosts=HERE, ANSIBLE_INJECT_INVOCATION="1")
    assert all(f"TASK [{one['name']}]" in output for one in tasks), output
    assert output.count("VALUE_SPECIFIED_IN_NO_LOG_PARAMETER") >= 4, output
    assert SEED not in output and TOKEN not in output, [
        line for line in output.splitlines() if SEED in line or TOKEN in line
    ]
