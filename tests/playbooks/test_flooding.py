"""The playbooks on floods as a user runs them, where no lab is: real ansible-playbook, this machine's loopback quiet,
and hosts that do not answer.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import re

import pytest

from .conftest import NOWHERE, PLAYBOOKS, QUIET, extra, here, telling

DETECT, FIX = PLAYBOOKS / "detect_flooding.yml", PLAYBOOKS / "fix_return_path.yml"
PLAN = {
    "schema": "netops.layer2/return-path-plan",
    "version": 1,
    "refused": [],
    "others": [],
    "steps": [
        {
            "host": "web1",
            "interface": "eth0",
            "gateway": "192.0.2.1",
            "vips": ["198.51.100.10"],
            "clients": [],
            "findings": [],
            "reason": "a test",
            "bits_per_second": 0.0,
            "receivers": [],
        }
    ],
}


@pytest.fixture
def run(ansible_playbook):
    """A function that runs a playbook for HOSTS, this machine unless given, and listens on no NIC, which does not fail;
    returns (exit code, output).
    """

    def start(playbook, *arguments, hosts=None, **settings):
        quiet = extra(**QUIET, flood_duration=0.5, flood_interfaces=["no-such-nic"], report_fail_on=[])
        return ansible_playbook(playbook, *quiet, *arguments, hosts=hosts or {"here": here()}, **settings)

    return start


def interface(name, mac, *addresses):
    """One interface of a snapshot."""
    return {"name": name, "index": 2, "mac": mac, "link_type": "ether", "up": True, "carrier": True, "assign_type": 0,
            "addresses": [{"address": text.split("/")[0], "prefix": int(text.split("/")[1])} for text in addresses]}


def told():
    """What a real server says of itself: its replies from the VIP would go on-link."""
    loopback = {
        **interface("lo", "00:00:00:00:00:00", "127.0.0.1/8", "198.51.100.10/32"),
        "link_type": "loopback",
        "index": 1,
    }
    return {
        "schema": "netops.layer2/snapshot",
        "version": 1,
        "host": "web1",
        "gaps": [],
        "identity": {"machine_id": "w" * 9},
        "observed": ["interfaces", "neighbors", "rules", "routes", "sysctls"],
        "interfaces": [loopback, interface("eth0", "02:00:00:00:00:20", "192.0.2.20/24")],
        "neighbors": {
            "columns": ["netns", "interface", "address", "mac", "state", "flags"],
            "rows": [
                "- eth0 192.0.2.1 02:00:00:00:00:01 REACHABLE -",
                "- eth0 192.0.2.30 02:00:00:00:00:30 REACHABLE -",
            ],
        },
        "rules": [{"family": "inet", "priority": 32766, "table": "main"}],
        "routes": [
            {"family": "inet", "dst": "default", "via": "192.0.2.1", "dev": "eth0", "table": "main", "type": "unicast"},
            {
                "family": "inet",
                "dst": "192.0.2.0/24",
                "dev": "eth0",
                "table": "main",
                "scope": "link",
                "type": "unicast",
            },
        ],
        "sysctls": {"net.ipv4.conf.all.arp_ignore": "1", "net.ipv4.conf.all.arp_announce": "2"},
    }


def fleet(folder):
    """This machine, and a server that is read in this run."""
    return {"here": here(), "web1": telling(folder, told())}


def lost():
    """The same server, which does not answer now, and what it said in an earlier run."""
    return {"here": here(), "web1": {**NOWHERE, "layer2_snapshot": json.dumps(told())}}


def verdict(folder, name="layer2-report"):
    return json.loads((folder / name / "layer2-flooding.json").read_text())["verdict"]


def test_what_was_not_heard_is_said_and_not_called_quiet(run, tmp_path):
    code, output = run(DETECT, *extra(report_fail_on=["flooding"]))
    assert (
        code == 2
        and "NO VERDICT on floods: nobody could listen where one is heard; 0 latent. 1 of 1 host judged" in output
    ), output
    assert "Listen as root, on NICs that lead out" in output and "0 floods" not in output, output
    assert sorted(path.suffix for path in (tmp_path / "layer2-report").glob("layer2-flooding.*")) == [
        ".csv",
        ".html",
        ".json",
        ".prom",
        ".txt",
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="listening takes root, and so does seeing that there is no such NIC")
def test_an_interface_that_is_not_there_is_a_line_of_the_report(run):
    assert "no-such-nic" in run(DETECT)[1]


def test_what_a_host_once_said_is_no_finding_now(run, tmp_path):
    _code, output = run(DETECT, hosts=lost())
    assert "LATENT" not in output and re.search(r"missing +web1: unreachable", output), output
    assert verdict(tmp_path)["findings"] == []


def test_a_flood_that_waits_is_found_and_fails_only_on_demand(run, tmp_path):
    code, output = run(DETECT, hosts=fleet(tmp_path))
    assert code == 0 and "LATENT  asymmetric_return  waits to happen" in output, output
    (finding,) = verdict(tmp_path)["findings"]
    assert (finding["source"]["host"], finding["source"]["ip"], finding["status"]) == (
        "web1",
        "198.51.100.10",
        "latent",
    )
    code, output = run(DETECT, *extra(report_fail_on=["flooding", "latent"]), hosts=fleet(tmp_path))
    assert code == 2 and "latent asymmetric_return (not now): web1" in output and "NO VERDICT on floods" in output, (
        output
    )


def test_a_second_run_changes_nothing_and_a_limit_is_said(run, tmp_path):
    run(DETECT, hosts=fleet(tmp_path))
    code, output = run(DETECT, hosts=fleet(tmp_path))
    assert code == 0 and "changed=1" not in output, output
    code, output = run(DETECT, "--limit", "here", hosts=fleet(tmp_path))
    assert code == 0 and "not asked  web1 (left out by --limit)" in output, output


def test_a_run_is_compared_with_an_earlier_one(run, tmp_path):
    run(DETECT, hosts=fleet(tmp_path))
    before = ("-e", "report_compare_with=layer2-report/layer2-flooding.json")
    code, output = run(DETECT, *before, hosts=fleet(tmp_path), ANSIBLE_SHOW_CUSTOM_STATS="1")
    assert (
        code == 0 and "0 new, 1 still there, 0 gone, 0 not checked again" in output and "[high, still there]" in output
    ), output
    assert re.search(r'"layer2_changes": \{\s*"gone": 0,\s*"new": 0,\s*"still": 1,', output), output
    assert re.search(r'"layer2_verdict": \{[^}]*"flooding": 0,[^}]*"latent": 1,', output), output
    code, output = run(DETECT, *before)
    assert (
        code == 0
        and "0 new, 0 still there, 0 gone, 1 not checked again" in output
        and "not judged this time: web1" in output
    ), output
    assert (
        json.loads((tmp_path / "layer2-report" / "layer2-flooding.json").read_text())["comparison"]["unchecked"][0][
            "source"
        ]
        == "web1"
    )


def test_check_mode_shows_and_writes_nothing(run, tmp_path):
    code, output = run(DETECT, "--check", "--diff", hosts=fleet(tmp_path))
    assert code == 0 and "LATENT" in output and "Would write" in output, output
    assert not (tmp_path / "layer2-report").exists()


def test_an_exception_of_the_operator_counts(run, tmp_path):
    excepted = [{"match": "source.host == 'web1'", "reason": "goes away in May", "expires": "2999-05-31"}]
    code, output = run(DETECT, *extra(flood_exceptions=excepted), hosts=fleet(tmp_path))
    assert code == 0 and "1 excepted" in output, output


def test_nothing_to_do_is_said_and_nothing_is_written(run, tmp_path):
    code, output = run(FIX)
    assert code == 0 and "Nothing to do: nobody's replies take a way that floods." in output, output
    assert "changed=0" in output and [path.name for path in tmp_path.iterdir()] == ["inventory.json"]


def test_a_plan_is_shown_and_saved_but_not_applied_to_a_host_that_does_not_answer(run, tmp_path):
    code, output = run(FIX, *extra(fix_apply=False), hosts=fleet(tmp_path))
    assert "ROUTE  web1: replies from 198.51.100.10 leave by 192.0.2.1 on eth0" in output, output
    plan = json.loads((tmp_path / "layer2-fix" / "layer2-return-path.json").read_text())
    assert [step["host"] for step in plan["steps"]] == ["web1"]
    code, output = run(FIX, "-e", "fix_plan=layer2-fix/layer2-return-path.json", hosts=lost())
    assert code == 2 and "Nothing was changed: web1 of the plan: no snapshot now" in output, output


def test_who_probes_nothing_is_told_what_goes_unnoticed(run, tmp_path):
    _code, output = run(FIX, *extra(fix_apply=False), hosts=fleet(tmp_path))
    assert (
        "Nobody is named in policy_route_probe_from, so a gateway that answers ARP and forwards nothing would not be"
        " noticed"
        in output
    ), output
    _code, output = run(FIX, *extra(fix_apply=False, policy_route_probe_from=["here"]), hosts=fleet(tmp_path))
    assert "ROUTE  web1" in output and "would not be noticed" not in output, output


def test_the_gateway_of_the_operator_is_planned(run, tmp_path):
    _code, output = run(FIX, *extra(fix_apply=False, fix_gateways={"web1": "192.0.2.254"}), hosts=fleet(tmp_path))
    assert "leave by 192.0.2.254 on eth0" in output, output


@pytest.mark.parametrize(
    ("text", "says"), [("{", "Expecting property name"), ('{"schema": "x"}', "not a plan"), (None, "No such file")]
)
def test_a_plan_that_cannot_be_used_is_named(run, tmp_path, text, says):
    if text is not None:
        (tmp_path / "plan.json").write_text(text)
    code, output = run(FIX, "-e", "fix_plan=plan.json")
    assert code == 2 and str(tmp_path / "plan.json") in output and says in output, output


def test_a_saved_plan_for_a_host_that_is_not_here_changes_nothing(run, tmp_path):
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    code, output = run(FIX, "-e", "fix_plan=plan.json")
    assert code == 2 and "Nothing was changed: web1 of the plan: no snapshot now" in output, output
