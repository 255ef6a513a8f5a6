"""The steps of a return path: arguments refused by name, a saved plan opened, and what hosts were missing proves
nothing.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.netops.layer2.plugins.plugin_utils._reporting import as_report

from .steps import take

VERDICT = json.loads(
    (Path(__file__).parents[1] / "plugin_utils" / "_report" / "golden" / "flood_verdict.json").read_text()
)
PLAN = {"schema": "netops.layer2/return-path-plan", "version": 1}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"verdict": VERDICT, "statuses": ["burning"]}, "statuses: 'burning' is none of"),
        ({"verdict": VERDICT, "gateways": {"server": "near"}}, "gateways.server: 'near' is no IP"),
        ({"verdict": VERDICT, "statuses": {"a": 1}}, "statuses"),
        ({"verdict": []}, "verdict"),
        ({"verdict": {"schema": "x"}}, "schema"),
    ],
)
def test_bad_input_is_named(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(AnsibleActionFail) as caught:
        take("plan_return_path", arguments)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({**PLAN, "version": 2}, "not a plan of this version"),
        ({**PLAN, "steps": [{"host": "a"}]}, "steps[0].interface: is missing"),
        ("{", "cut.json"),
        (None, "cut.json"),
    ],
)
def test_the_trouble_of_a_saved_plan_is_named(tmp_path: Path, content: Any, says: str) -> None:
    path = tmp_path / "cut.json"
    if content is not None:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(AnsibleActionFail, match="plan_return_path: ") as caught:
        take("plan_return_path", {"verdict": VERDICT, "plan": str(path)})
    assert says in str(caught.value) and "cut.json" in str(caught.value)


def test_a_saved_plan_is_opened(tmp_path: Path) -> None:
    made = take("plan_return_path", {"verdict": VERDICT})
    (tmp_path / "plan.json").write_text(json.dumps(made["plan"]))
    opened = take("plan_return_path", {"verdict": VERDICT, "plan": str(tmp_path / "plan.json")})
    assert (
        opened == made
        and [route["host"] for route in made["routes"]] == ["server"] == made["hosts"] == made["absent"]
        and made["is_todo"]
    )


def test_a_report_is_taken_for_its_verdict(tmp_path: Path) -> None:
    report = as_report(VERDICT)
    (tmp_path / "report.json").write_text(json.dumps(report))
    made = take("plan_return_path", {"verdict": VERDICT})
    assert (
        take("plan_return_path", {"verdict": report})
        == made
        == take("plan_return_path", {"verdict": str(tmp_path / "report.json")})
    )
    plain = take("check_return_path", {"plan": made["plan"], "before": VERDICT, "after": VERDICT})
    assert (
        take("check_return_path", {"plan": made["plan"], "before": str(tmp_path / "report.json"), "after": report})
        == plain
    )


def test_what_is_no_plan_or_verdict_has_no_outcome() -> None:
    for arguments in (
        {"plan": {}, "before": VERDICT, "after": VERDICT},
        {"plan": {**PLAN, "steps": []}, "before": {}, "after": {}},
    ):
        with pytest.raises(AnsibleActionFail, match="check_return_path: "):
            take("check_return_path", arguments)
