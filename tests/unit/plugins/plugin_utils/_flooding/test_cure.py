"""From a verdict to policy routes and to what became of them: tables, on a verdict recorded in the lab."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding import _cure

VERDICT = json.loads((Path(__file__).parents[1] / "_report" / "golden" / "flood_verdict.json").read_text())
FLOOD = VERDICT["findings"][0]


def verdict(*findings: dict[str, Any], **coverage: Any) -> dict[str, Any]:
    """The recorded verdict with other findings."""
    made = copy.deepcopy(VERDICT)
    made["findings"] = list(findings)
    made["coverage"].update(coverage)
    return made


def flood(identifier: str, **changes: Any) -> dict[str, Any]:
    """The recorded finding, changed."""
    return {**copy.deepcopy(FLOOD), "id": identifier, **changes}


def test_one_step_for_a_host_and_gateway_with_all_its_addresses() -> None:
    other = flood(
        "b", source={**FLOOD["source"], "ip": "10.30.0.81"}, destination={**FLOOD["destination"], "ip": "10.20.0.31"}
    )
    plan = _cure.plan(verdict(flood("a"), other))
    (step,) = plan["steps"]
    assert (step["host"], step["interface"], step["gateway"]) == ("server", "eth0", "10.20.0.1")
    assert (step["vips"], step["clients"], step["findings"]) == (
        ["10.30.0.80", "10.30.0.81"],
        ["10.20.0.30", "10.20.0.31"],
        ["a", "b"],
    )
    assert _cure.routes(plan) == [{name: step[name] for name in ("host", "interface", "gateway", "vips", "clients")}]
    assert "ROUTE  server: replies from 10.30.0.80, 10.30.0.81 leave by 10.20.0.1 on eth0" in _cure.plan_text(plan)
    assert _cure.check_plan(plan)["steps"] == plan["steps"]


def test_the_operator_knows_the_gateway_better_and_for_each_family() -> None:
    six = flood("b", source={**FLOOD["source"], "ip": "2001:db8::80"}, cure={**FLOOD["cure"], "gateway": ""})
    plan = _cure.plan(verdict(flood("a"), six), gateways={"server": ["10.20.0.9", "2001:db8::9"]})
    assert [(step["gateway"], step["vips"]) for step in plan["steps"]] == [
        ("10.20.0.9", ["10.30.0.80"]),
        ("2001:db8::9", ["2001:db8::80"]),
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"cure": {**FLOOD["cure"], "gateway": None}},
            'no gateway is known for 10.30.0.80: name it, as in -e \'{"fix_gateways": {"server"',
        ),
        ({"source": {"mac": "02:00:00:00:00:01"}, "cure": {"role": "policy_route"}}, "no host that was read"),
        ({"cure": {**FLOOD["cure"], "interface": None}}, "where replies leave"),
    ],
)
def test_what_cannot_be_planned_is_refused_with_the_hint(change: dict[str, Any], says: str) -> None:
    plan = _cure.plan(verdict(flood("a", **change)))
    assert plan["steps"] == [] and says in plan["refused"][0]["reason"] and "REFUSED" in _cure.plan_text(plan)


def test_what_no_route_ends_is_listed_with_its_own_hint_and_excepted_ones_are_not() -> None:
    other = flood("b", cause="learning_off", cure={"role": "ageing_timers"}, fix="turn it on")
    excepted = flood("c", exception={"reason": "known", "expires": "2999-01-01"})
    plan = _cure.plan(verdict(other, excepted))
    assert plan["steps"] == [] and plan["others"] == [
        {"id": "b", "cause": "learning_off", "reason": FLOOD["reason"], "fix": "turn it on"}
    ]
    assert "1 flood that no route ends" in _cure.plan_text(plan)
    assert _cure.plan_text(_cure.plan(verdict())) == "Nothing to do: nobody's replies take a way that floods."


def test_only_the_statuses_asked_for() -> None:
    latent = flood("a", status="latent", receivers=[], bits_per_second=None)
    assert _cure.plan(verdict(latent), statuses=["flooding"])["steps"] == []
    assert "a flood that waits to happen" in _cure.plan_text(_cure.plan(verdict(latent)))


def test_an_altered_plan_is_refused_until_its_digest_is_removed_and_then_it_is_said(tmp_path: Path) -> None:
    path, plan = tmp_path / "plan.json", _cure.plan(VERDICT)
    path.write_text(json.dumps(plan, indent=4, sort_keys=True))
    opened = _cure.open_plan(str(path))
    assert opened == _cure.check_plan(plan) and "no digest" not in _cure.plan_text(opened)
    path.write_text(json.dumps(opened))  # a run saves again what it opened
    assert _cure.open_plan(str(path)) == opened
    plan["steps"][0]["gateway"] = "192.0.2.77"
    path.write_text(json.dumps(plan))
    with pytest.raises(_cure.CureError, match=r"plan\.json: .*altered after it was saved.*remove its digest"):
        _cure.open_plan(str(path))
    del plan["digest"]
    path.write_text(json.dumps(plan))
    opened = _cure.open_plan(str(path))
    assert opened["steps"][0]["gateway"] == "192.0.2.77" and "digest" not in opened
    assert "no digest" in _cure.plan_text(opened) and "review it" in _cure.plan_text(opened)


@pytest.mark.parametrize(("after", "outcome", "failures"), [
    (verdict(), "cured", 0),
    (verdict(flood("other", bits_per_second=9.0)), "stands", 1),
    (verdict(sampled=["server", "core"]), "unknown", 1),
    (verdict(judged=["core"]), "unknown", 1),
    (verdict(flood("new", source={"host": "server9", "ip": "10.30.0.99"})), "cured", 1),
    (verdict(flood("lurking", status="latent", source={"host": "server9", "ip": "10.30.0.99"})), "cured", 0),
])
def test_what_became_of_it(after: dict[str, Any], outcome: str, failures: int) -> None:
    told = _cure.outcome(_cure.check_plan(_cure.plan(VERDICT)), VERDICT, after)
    assert ([row["outcome"] for row in told["steps"]], len(told["failures"])) == ([outcome], failures), told
    assert outcome.upper() in told["text"]


def test_a_host_that_was_only_remembered_proves_nothing() -> None:
    told = _cure.outcome(_cure.check_plan(_cure.plan(VERDICT)), VERDICT, verdict(), unreachable=["near4"])
    assert told["steps"][0]["outcome"] == "unknown" and "near4 could not be read again" in told["failures"][0]


def test_a_plan_is_not_for_hosts_that_are_not_here() -> None:
    plan = _cure.plan(VERDICT)
    gone = verdict(flood("a"), missing=[{"host": "server", "reason": "unreachable: no route"}])
    assert _cure.absent(plan, VERDICT, ["server", "core"]) == {} and _cure.refusal({}) == ""
    assert _cure.absent(plan, VERDICT, ["core"]) == {"server": ""}
    assert _cure.absent(plan, gone, ["server"]) == {"server": "unreachable: no route"}
    assert (
        _cure.refusal({"server": "unreachable: no route"})
        == "Nothing was changed: server of the plan: no snapshot now, unreachable: no route. Run it for all hosts of"
        " the plan"
    )
    assert (
        _cure.refusal({"server": "", "web": "x"})
        == "Nothing was changed: server, web of the plan: no snapshot now. Run it for all hosts of the plan"
    )
    assert _cure.outcome(_cure.check_plan(plan), VERDICT, gone, _cure.missing(gone))["steps"][0]["outcome"] != "cured"
