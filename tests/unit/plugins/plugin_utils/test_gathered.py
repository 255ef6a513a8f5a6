"""Old is not now: whose snapshot, scan and flood sample are of this run, whose are older and how old, who is missing,
and why.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils import _gathered
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._received import mark, read_mark, received_fact

TIME, RUN = 1_000_000.0, "run-2"
HOUR, DAY = 3600.0, 86_400.0
HEARD = {"changed": False, "ansible_facts": {"layer2_flood_sample": "{}"}}
GONE = {"snapshot_result": {"unreachable": True, "msg": "no route"}}


def told(age=0.0, run=RUN, fact="layer2_snapshot", **more):
    return {"ansible_facts": {fact: "{}", received_fact(fact): mark(TIME - age, run)}, **more}


def asked(**facts):
    return {"snapshot_result": {"changed": False, "ansible_facts": facts}}


def read(max_age=None, **hosts):
    return _gathered.reading(hosts, list(hosts), _gathered.Now(RUN, TIME, max_age))


def test_a_snapshot_of_this_run_is_now():
    assert read(now=told(**asked(layer2_snapshot="{}"))) == _gathered.Reading()
    assert read(other_means=told()) == _gathered.Reading()


@pytest.mark.parametrize(
    "variables",
    [
        told(HOUR, "run-1", **GONE),
        told(HOUR, "run-1"),
        told(HOUR, "run-1", **asked()),
        told(**GONE),
        {"ansible_facts": {"layer2_snapshot": "{}"}},
        {"layer2_snapshot": "{}", **GONE},
    ],
    ids=[
        "unreachable",
        "not asked",
        "answered without one",
        "read before, and lost since",
        "no mark",
        "given, and unreachable",
    ],
)
def test_an_older_one_is_not(variables):
    found = read(host=variables)
    assert list(found.missing) == ["host"] and not found.cached


def test_what_the_operator_gave_is_no_cache():
    assert read(host={"layer2_snapshot": "{}"}) == _gathered.Reading()


def test_older_ones_count_where_they_are_asked_for_up_to_their_age():
    found = read(
        DAY,
        young=told(5 * HOUR, "run-1", **GONE),
        old=told(3 * DAY, "run-1", **GONE),
        future=told(-HOUR, "run-1", **GONE),
        unmarked={"ansible_facts": {"layer2_snapshot": "{}"}},
    )
    assert found.cached == {"young": _gathered.Cached("unreachable: no route", 5 * HOUR)}
    assert (
        found.missing["old"]
        == "unreachable: no route; the snapshot in the fact cache is 3 days old, and older than 24 h is not judged"
    )
    assert "does not say when" in found.missing["future"] and "does not say when" in found.missing["unmarked"]


def test_a_host_without_any_is_left_to_the_verdict():
    assert read(DAY, never={}) == _gathered.Reading()


@pytest.mark.parametrize(
    "text", [None, 5, "", "x y", "nan run", "inf run", "-1 run", "12", "1e999 run", "1 " + "r" * 300, {"at": 1}]
)
def test_a_mark_may_hold_anything(text):
    assert read_mark(text) is None


def test_a_run_is_named_on_one_line():
    assert read_mark(mark(1.5, "a b\n{{ c }}")).run == "a_b____c___"


def scans(chosen=(), max_age=None, **hosts):
    return _gathered.scans(hosts, list(hosts), _gathered.Now(RUN, TIME, max_age), chosen)


def reason(found):
    (document,) = [value for value in found["ansible_facts"].values() if isinstance(value, dict)]
    return document["gaps"][0]["reason"]


def test_a_scan_of_an_earlier_run_is_none_of_this_one():
    old, new = told(HOUR, "run-1", fact="layer2_scan"), told(fact="layer2_scan")
    assert scans(old=old, new=new) == {"new": {"ansible_facts": {"layer2_scan": "{}"}}}
    assert set(scans(old=old, new=new, max_age=DAY)) == {"old", "new"}


def test_why_a_scan_failed_is_a_gap():
    found = scans(
        ["ok", "fails", "never", "checked"],
        ok=told(fact="layer2_scan"),
        fails={"snapshot_scan_result": {"failed": True, "msg": "{{ x }}", "reason": "no scapy", "hint": "install it"}},
        never={},
        checked={"snapshot_scan_result": {"changed": False, "plan": ["a"], "msg": "would ask a"}},
        deaf=told(fact="layer2_scan", snapshot_scan_watch_result={"failed": True, "msg": "cut off"}),
    )
    assert found["ok"] == {"ansible_facts": {"layer2_scan": "{}"}}
    assert reason(found["fails"]) == "no scapy" and reason(found["never"]) == "it was to scan, and did not"
    assert reason(found["checked"]) == "check mode: nothing was sent; would ask a"
    assert reason(found["deaf"]) == "failed: cut off" and found["deaf"]["ansible_facts"]["layer2_scan"] == "{}"


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
    hostvars = kind(
        {
            "hears": {"flood_sampled": HEARD},
            "remembers": {"layer2_flood_sample": "of an earlier run"},
            "remembers-and-fails": {
                "layer2_flood_sample": "of an earlier run",
                "flood_sampled": {"failed": True, "msg": "only root may listen"},
            },
            "silent": {"flood_sampled": {"failed": True}},
            "gone": {"flood_sampled": {"unreachable": True, "msg": "no route"}},
        }
    )
    found = _gathered.flood_samples(hostvars, list(hostvars), {"gone": "unreachable: no route"})
    assert found == _gathered.Samples(
        ["{}"], {"remembers-and-fails": "could not listen: only root may listen", "silent": "could not listen: "}
    )


@pytest.mark.parametrize("answer", [
    {"failed": True, "msg": "no Python", "ansible_facts": {"discovered_interpreter_python": "/usr/bin/python"}},
    {"msg": "no Python", "ansible_facts": {}}, {"msg": "no Python", "ansible_facts": 5},
    {"failed": True, "msg": "no Python", "ansible_facts": {"layer2_flood_sample": "{}"}},
])
def test_an_answer_without_a_sample_is_that_host_s_trouble_alone(answer):
    hostvars = {
        "bad": {"flood_sampled": answer},
        "good": {"flood_sampled": HEARD},
        "odd": {"flood_sampled": ["no result"]},
    }
    assert _gathered.flood_samples(hostvars, list(hostvars)) == _gathered.Samples(
        ["{}"], {"bad": "could not listen: no Python"}
    )


def test_a_host_without_a_snapshot_is_named_with_the_reason_of_its_last_try():
    gone = {"unreachable": True, "msg": "no route"}
    died = {
        "failed": True,
        "msg": "MODULE FAILURE",
        "module_stderr": "Traceback (most recent call last):\n  x\nOSError: broken",
    }
    told = {"changed": False, "ansible_facts": {"layer2_snapshot": "{}"}}
    hostvars = Raw({
        "good": {"snapshot_result": told},
        "mute": {"snapshot_result": {"changed": False}, "layer2_snapshot": "of an earlier run"},
        "odd": {"snapshot_result": ["no", "result"]},
        "gone": {"snapshot_result": gone},
        "died": {"snapshot_result": died, "snapshot_retry": {"skipped": True}},
        "refused": {"snapshot_result": {"failed": True, "msg": "Missing sudo password"}, "snapshot_retry": told},
    })
    assert _gathered.reading(hostvars, list(hostvars), _gathered.Now(RUN, TIME)) == _gathered.Reading(
        missing={
            "gone": "unreachable: no route",
            "died": "failed: OSError: broken",
            "mute": "answered without a snapshot",
        },
        notes={"refused": "read without root: Missing sudo password -> give the password with -K (make: ARGS=-K)"},
    )


def test_what_reading_jobs_left_counts_as_now():
    hosts = {"read": told(HOUR, "job-1"), "older": told(HOUR, "job-0")}
    found = _gathered.reading(hosts, list(hosts), _gathered.Now(RUN, TIME, DAY, frozenset({"job-1"})))
    assert found == _gathered.Reading(cached={"older": _gathered.Cached("not read in this run", HOUR)})


@pytest.mark.parametrize("age, max_age, heard", [
    (HOUR, DAY, True), (DAY * 2, DAY, False), (HOUR, None, False), (-HOUR, DAY, False),
])
def test_a_cached_flood_sample_stands_in_as_long_as_it_counts(age, max_age, heard):
    hosts = {"web": told(age, "job-1", "layer2_flood_sample"), "deaf": told(**GONE)}
    now = _gathered.Now(RUN, TIME, max_age)
    found = _gathered.flood_samples(hosts, list(hosts), (), now)
    assert found.samples == (["{}"] if heard else [])
    assert [host for host in found.notes if "did not listen" in found.notes[host]] == ([] if heard else ["web"])
    assert _gathered.flood_samples(hosts, list(hosts)) == _gathered.Samples([], {})
