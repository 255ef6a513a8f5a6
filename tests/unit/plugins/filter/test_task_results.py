"""The filter that says why a task failed."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.filter.failure_reason import FilterModule as Reasons

failure_reason = Reasons().filters()["failure_reason"]


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
