"""A change that failed: why, by the task that did, and what became of it, by what the host was last heard to say."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from .steps import take

BY_ITSELF = "(what the host has changed it takes back by itself, within 120 s)"
REFUSED = {"failed": True, "msg": "no", "unchanged": True}
ARMED = {"changed": True, "revert": {"id": "vip"}}
BROKEN = {"failed": True, "msg": "Timed out"}
LOST = {"unreachable": True, "msg": "no route"}


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"failed": True, "msg": "no"}, "no"),
        (
            {
                "msg": "One or more items failed",
                "results": [
                    {"msg": "a"},
                    {"failed": False, "msg": "b"},
                    {"failed": True, "msg": "c"},
                    {"failed": True, "msg": "d"},
                ],
            },
            "c",
        ),
        ({"msg": "All items completed", "results": [{"failed": True}]}, "All items completed"),
        ({"msg": "the loop itself", "results": []}, "the loop itself"),
        ({"msg": ""}, "no reason given"),
        ({}, "no reason given"),
        ({"msg": "a", "results": 5}, "a"),
        ({"msg": "a", "results": [None, 7, "failed", {"failed": True, "msg": "b"}]}, "b"),
    ],
)
def test_the_item_that_failed_first_is_the_reason(result: dict[str, Any], reason: str) -> None:
    told = take("fail_change", {"what": "Step 3", "failed": result})
    assert (told["failed"], told["msg"]) == (True, f"Step 3: {reason}")


def test_a_reason_is_asked_of_results_only() -> None:
    with pytest.raises(AnsibleActionFail, match="failed"):
        take("fail_change", {"what": "Step 3", "failed": "no"})


def test_what_is_known_of_the_end_is_said() -> None:
    assert (
        take("fail_change", {"what": "Step 3", "failed": BROKEN, "end": "(it is over)"})["msg"]
        == "Step 3: Timed out (it is over)"
    )


@pytest.mark.parametrize(
    ("change", "undone", "end"),
    [
        (REFUSED, {"skipped": True}, ""),
        (ARMED, {"state": "reverted"}, "(the host has taken it back)"),
        (LOST, {"state": "reverted"}, "(the host has taken it back)"),
        (ARMED, {"state": "confirmed"}, "(the host had confirmed it already, so it stays: run again to prove it)"),
        (ARMED, {"failed": True, "state": "failed"}, "(the host could not take all of it back, look at it)"),
        (ARMED, {"state": "{{ 7 * 7 }}"}, BY_ITSELF),
        (ARMED, {"unreachable": True}, BY_ITSELF),
        (ARMED, {}, BY_ITSELF),
        (BROKEN, {"state": "reverted", "changed": True}, "(the host has taken it back)"),
        (BROKEN, {"state": "reverted", "changed": False}, BY_ITSELF),
        (BROKEN, {"state": ["reverted"], "changed": True}, BY_ITSELF),
    ],
    ids=str,
)
def test_what_became_of_a_change_of_a_route(change: dict[str, Any], undone: dict[str, Any], end: str) -> None:
    given = {
        "what": "198.51.100.10",
        "failed": {"msg": "no"},
        "change": change,
        "undone": undone,
        "revert_timeout": 120,
        "end": "(not used)",
    }
    assert take("fail_change", given)["msg"] == f"198.51.100.10: no {end}".rstrip()
    assert take("look_at_change", {"change": change})["armed"] is bool(end)
    assert take("look_at_change", {"change": change}, check=True)["armed"] is False, "check mode arms nothing"
    assert take("fail_change", given, check=True)["msg"] == "198.51.100.10: no"


def test_another_host_s_planted_settings_are_none_of_this_one_s_trouble() -> None:
    hostvars = {"good": {}, "evil": {"ansible_facts": {"policy_route_routes": []}}}
    assert take("look_at_change", {"change": ARMED}, hostvars)["armed"]
    with pytest.raises(AnsibleActionFail, match="evil"):
        take("look_at_change", {"change": ARMED}, {"evil": hostvars["evil"]})


@pytest.mark.parametrize(
    ("change", "undone", "seconds", "end"),
    [
        (BROKEN, {"state": "reverted", "changed": True}, 120, "(the guest has taken it back)"),
        (BROKEN, {}, 120, BY_ITSELF.replace("host", "guest")),
        (BROKEN, {"skipped": True}, 0, "(whether anything was changed is not known: run again)"),
        (REFUSED, {}, 0, ""),
        (REFUSED, {}, 120, ""),
    ],
    ids=str,
)
def test_a_guest_and_what_nobody_takes_back_are_told_apart(
    change: dict[str, Any], undone: dict[str, Any], seconds: int, end: str
) -> None:
    given = {
        "what": "Step 3",
        "failed": {"msg": "no"},
        "change": change,
        "undone": undone,
        "revert_timeout": seconds,
        "who": "guest",
    }
    assert take("fail_change", given)["msg"] == f"Step 3: no {end}".rstrip()
    assert take("fail_change", given, check=True)["msg"] == "Step 3: no"
