"""Filters that read what tasks left behind: why one failed, what hosts heard, who gave no snapshot."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.filter.failure_reason import FilterModule as Reasons
from ansible_collections.netops.layer2.plugins.filter.flood_samples import FilterModule as Samples
from ansible_collections.netops.layer2.plugins.filter.snapshot_problems import FilterModule as Problems

failure_reason = Reasons().filters()["failure_reason"]
flood_samples = Samples().filters()["flood_samples"]
snapshot_problems = Problems().filters()["snapshot_problems"]
HEARD = {"changed": False, "ansible_facts": {"layer2_flood_sample": "{}"}}


@pytest.mark.parametrize(("result", "reason"), [
    ({"failed": True, "msg": "no"}, "no"),
    ({"msg": "One or more items failed", "results": [{"msg": "a"}, {"failed": False, "msg": "b"}, {"failed": True, "msg": "c"}, {"failed": True, "msg": "d"}]},
     "c"),
    ({"msg": "All items completed", "results": [{"failed": True}]}, "All items completed"),
    ({"msg": "the loop itself", "results": []}, "the loop itself"),
    ({"msg": ""}, "no reason given"),
    ({}, "no reason given"),
    ({"msg": "a", "results": 5}, "a"),
    ({"msg": "a", "results": [None, 7, "failed", {"failed": True, "msg": "b"}]}, "b"),
])
def test_the_item_that_failed_first_is_the_reason(result, reason):
    assert failure_reason(result) == reason


def test_a_reason_is_asked_of_results_only():
    with pytest.raises(AnsibleFilterError, match="failure_reason: give the result of a task, not str"):
        failure_reason("no")


class Raw(dict):
    """Variables of hosts, as Ansible has them: templated one by one, unless asked for raw ones."""

    def raw_get(self, host):
        """Without templating."""
        return self[host]

    def get(self, host, default=None):
        """With it, which takes minutes for thousands of hosts."""
        raise AssertionError(f"{host} was templated")


@pytest.mark.parametrize("kind", [dict, Raw])
def test_what_this_run_heard_and_who_could_not_listen(kind):
    hostvars = kind({
        "hears": {"flood_sampled": HEARD},
        "remembers": {"layer2_flood_sample": "of an earlier run"},
        "remembers-and-fails": {"layer2_flood_sample": "of an earlier run", "flood_sampled": {"failed": True, "msg": "only root may listen"}},
        "silent": {"flood_sampled": {"failed": True}},
        "gone": {"flood_sampled": {"unreachable": True, "msg": "no route"}},
    })
    found = flood_samples(hostvars, list(hostvars), missing={"gone": "unreachable: no route"})
    assert found == {"samples": ["{}"], "notes": {"remembers-and-fails": "could not listen: only root may listen", "silent": "could not listen: "}}


@pytest.mark.parametrize("answer", [
    {"failed": True, "msg": "no Python", "ansible_facts": {"discovered_interpreter_python": "/usr/bin/python"}},
    {"msg": "no Python", "ansible_facts": {}}, {"msg": "no Python", "ansible_facts": 5},
    {"failed": True, "msg": "no Python", "ansible_facts": {"layer2_flood_sample": "{}"}},
])
def test_an_answer_without_a_sample_is_that_host_s_trouble_alone(answer):
    hostvars = {"bad": {"flood_sampled": answer}, "good": {"flood_sampled": HEARD}, "odd": {"flood_sampled": ["no result"]}}
    assert flood_samples(hostvars, list(hostvars)) == {"samples": ["{}"], "notes": {"bad": "could not listen: no Python"}}


def test_a_host_without_a_snapshot_is_named_with_the_reason_of_its_last_try():
    gone = {"unreachable": True, "msg": "no route"}
    died = {"failed": True, "msg": "MODULE FAILURE", "module_stderr": "Traceback (most recent call last):\n  x\nOSError: broken"}
    told = {"changed": False, "ansible_facts": {"layer2_snapshot": "{}"}}
    hostvars = Raw({
        "good": {"snapshot_result": told},
        "mute": {"snapshot_result": {"changed": False}, "layer2_snapshot": "of an earlier run"},
        "odd": {"snapshot_result": ["no", "result"]},
        "gone": {"snapshot_result": gone},
        "died": {"snapshot_result": died, "snapshot_retry": {"skipped": True}},
        "refused": {"snapshot_result": {"failed": True, "msg": "Missing sudo password"}, "snapshot_retry": told},
    })
    assert snapshot_problems(hostvars, list(hostvars)) == {
        "missing": {"gone": "unreachable: no route", "died": "failed: OSError: broken", "mute": "answered without a snapshot"},
        "notes": {"refused": "read without root: Missing sudo password -> give the password with -K (make: ARGS=-K)"},
    }
