"""What reading jobs claim, and whether the fact cache holds it: of their run or newer, or else the words for it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.netops.layer2.plugins.plugin_utils import _slices
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._received import mark
from ansible_collections.netops.layer2.plugins.plugin_utils._gathered import Reading

from ..action.steps import take


def sliced(number: int, count: int, **more: Any) -> dict[str, Any]:
    return {"awx_job_slice_number": number, "awx_job_slice_count": count, **more}


def fleet(**runs: tuple[float, str]) -> dict[str, Any]:
    """Hosts, each with a snapshot that was received at a time in a run."""
    return {
        host: {"ansible_facts": {"layer2_snapshot": "{}", "layer2_snapshot_received": mark(at, run)}}
        for host, (at, run) in runs.items()
    }


BOTH = {**_slices.claim(sliced(1, 2), "run-1", 100.0, 1), **_slices.claim(sliced(2, 2), "run-2", 100.0, 2)}


def test_slices_have_names_of_their_own() -> None:
    assert list(BOTH) == ["layer2_gathered_1", "layer2_gathered_2"] and sorted(_slices.claimed_runs(BOTH)) == [
        "run-1",
        "run-2",
    ]
    assert list(_slices.claim({"awx_job_id": 731}, "run", 1.0, 1)) == ["layer2_gathered_731"]
    assert list(_slices.claim({"tower_job_id": "{{ x }}"}, "run", 1.0, 1)) == ["layer2_gathered_1"]


def test_a_new_mac_is_not_planned_by_a_slice() -> None:
    with pytest.raises(
        AnsibleActionFail, match=r"plan_renumbering: a new MAC that nobody has needs .* this is slice 1 of 2"
    ):
        take("plan_renumbering", {}, {}, **sliced(1, 2))


@pytest.mark.parametrize(
    "hosts, words",
    [
        (fleet(a=(99, "run-1"), b=(99, "run-2"), c=(99, "run-2")), []),
        (fleet(a=(99, "run-1"), b=(101, "later"), c=(99, "run-2")), []),
        (
            fleet(a=(99, "run-1"), b=(50, "before"), c=(99, "run-2")),
            ["slice 2 of 2 says that it read 2 hosts", "older than the jobs"],
        ),
        ({"a": {}, "b": {}}, ["slice 1 of 2 says", "slice 2 of 2 says", "older than the jobs"]),
    ],
    ids=["arrived", "read again since", "one is older", "nothing"],
)
def test_facts_are_no_older_than_the_jobs_that_claim_them(hosts: dict[str, Any], words: list[str]) -> None:
    found = _slices.unmet({"hostvars": hosts, **BOTH})
    assert len(found) == len(words) and all(word in text for word, text in zip(words, found, strict=True)), found


def test_a_slice_that_said_nothing_is_named() -> None:
    told = _slices.claim(sliced(3, 3), "run", 100.0, 0)
    assert _slices.unmet({"hostvars": {}, **told}) == [
        "of 3 slices nothing is known of 1, 2: the job did not get to its end"
    ]


@pytest.mark.parametrize(
    "claim",
    [
        5,
        "x",
        {},
        {"slice": 1},
        {"slice": True, "slices": 1, "run": "r", "at": 1, "read": 1},
        {"slice": 1, "slices": 1, "run": "r", "at": "x", "read": -1},
    ],
)
def test_what_is_no_claim_counts_as_none(claim: Any) -> None:
    assert (
        _slices.unmet({"hostvars": {}, "layer2_gathered_1": claim, "layer2_gathered_x": BOTH["layer2_gathered_1"]})
        == []
    )


def test_whoever_reads_into_nothing_is_told() -> None:
    assert "use_fact_cache" in _slices.forgetful("memory", [], ["a"])[0]
    assert _slices.forgetful("jsonfile", ["s1_a", "b"], ["a", "b"]) == [] == _slices.forgetful("redis", [], ["a"])
    assert "s1_HOST" in _slices.forgetful("jsonfile", ["a", "s1_a"], ["a"])[0]


def test_who_was_read_and_who_was_not() -> None:
    hosts = {**fleet(a=(99, "run-1"), b=(99, "run-1")), "c": {}}
    told = _slices.Told.of(hosts, hosts, Reading(missing={"b": "unreachable:\x1b[2J no route"}))
    assert told.read == ("a",) and told.missing["c"] == "no snapshot was gathered" and not told.failures()
    text = told.text(_slices.Slice(2, 3))
    assert text.splitlines()[0].startswith("1 of 3 hosts read (slice 2 of 3)") and "\x1b" not in text
    assert _slices.Told((), {"x": "y"}).failures() == ["the one host could not be read"]
    many = _slices.Told((), {f"h{number}": "down" for number in range(50)}).text(_slices.Slice())
    assert many.splitlines()[-1] == "  and 10 more"
