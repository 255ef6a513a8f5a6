"""A plan as data: opened, refused when the fleet outran it, broken down into steps, shown, and proved."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import errno
import json
import os
from datetime import datetime, timezone
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._known import taken_macs
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._allocation import Allocator, read_pool
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan import open_plan, plan_problems, strangers
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan_outcome import outcome
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan_steps import (
    Consent,
    plan_steps,
    resumed,
    step_problems,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan_text import plan_table
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._renumbering import (
    PlanError,
    make_plan,
    read_facts,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._report._compare import compare
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import document, parse
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ..builders import TWIN, guest, hypervisor, neighbour, nic, server, snapshot

OTHER = "52:54:00:99:99:99"
M, OWN = "00:25:90:00:aa:01", "00:25:90:00:bb:07"
LIVE = Consent(live=True)


def twins(**more):
    """Two guests with one MAC; the second one, two on hv2, is planned to move."""
    return [
        hypervisor("hv1", 1, {**guest("one", TWIN, uuid="a-1"), "defined": 1.0}),
        hypervisor("hv2", 2, {**guest("two", TWIN, uuid="b-2", address="pci 0000:01:00.0"), "defined": 2.0, **more}),
    ]


def plan_of(fleet, statuses=("conflict", "latent")):
    taken = taken_macs(fleet)
    allocators = (Allocator(read_pool("52:54:00"), "s", taken), Allocator(read_pool("02:00:00"), "s", taken))
    return make_plan(mac_collisions(fleet)["findings"], read_facts(fleet), allocators, statuses=statuses)


def with_nic(fleet, **values):
    """The fleet in which the NIC of guest two has other values; None removes one."""
    changed = copy.deepcopy(fleet)
    entry = changed[1]["guests"][0]["nics"][0]
    entry.update(values)
    changed[1]["guests"][0]["nics"][0] = {key: value for key, value in entry.items() if value is not None}
    if "live_mac" in values and not values["live_mac"]:
        changed[1]["interfaces"] = [one for one in changed[1]["interfaces"] if one["name"] != entry["tap"]]
    for interface in changed[1]["interfaces"]:
        if interface["name"] == entry["tap"] and values.get("live_mac"):
            interface["mac"] = "fe" + values["live_mac"][2:]
    return changed


def report_of(fleet, before=None):
    made = parse(document(mac_collisions(fleet), created=datetime.now(timezone.utc), collection="0"))
    return made if before is None else parse({**made.document, "comparison": compare(made, before, "before")})


NEW = plan_of(twins())["changes"][0]["new_mac"]


# --- opened

def test_a_plan_is_opened_from_a_file_or_as_it_is(tmp_path, monkeypatch):
    plan = plan_of(twins())
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    monkeypatch.chdir(tmp_path)
    assert open_plan("plan.json") == plan == open_plan(plan)


def test_an_altered_file_is_refused_until_its_digest_is_removed_and_then_it_is_said(tmp_path):
    path, plan = tmp_path / "plan.json", plan_of(twins())
    path.write_text(json.dumps(plan, sort_keys=True))  # layout and order are nobody's alteration
    assert open_plan(str(path)) == plan and "no digest" not in plan_table(plan, [])
    plan["changes"][0]["new_mac"] = OTHER
    path.write_text(json.dumps(plan))
    with pytest.raises(PlanError, match=r"altered after it was saved.*remove its digest") as caught:
        open_plan(str(path))
    assert str(path) in str(caught.value)
    del plan["digest"]
    path.write_text(json.dumps(plan))
    assert open_plan(str(path)) == plan
    assert "no digest" in plan_table(plan, []) and "review it" in plan_table(plan, [])


@pytest.mark.parametrize("said", [None, 7, "", [], "sha256:\x1b[2J", "\ud800"])
def test_a_digest_that_can_be_none_is_an_altered_file(said, tmp_path):
    (tmp_path / "plan.json").write_text(json.dumps({**plan_of(twins()), "digest": said}))
    with pytest.raises(PlanError, match="altered") as caught:
        open_plan(str(tmp_path / "plan.json"))
    assert "\x1b" not in str(caught.value)


def test_what_an_interrupted_run_left_is_in_the_digest_of_the_next_plan(tmp_path):
    plan = plan_of(twins())
    begun = resumed(plan_of([]), plan, with_nic(twins(), persistent_mac=NEW, live_mac=None))
    assert begun["changes"]
    (tmp_path / "plan.json").write_text(json.dumps(begun))
    assert open_plan(str(tmp_path / "plan.json")) == begun


BROKEN = {
    "no such file": (None, os.strerror(errno.ENOENT)),
    "cut off": ('{"schema": "netops.layer2/plan", "vers', "cut off"),
    "something else": ('{"schema": "netops.layer2/report"}', "not a plan"),
    "no changes": ('{"schema": "netops.layer2/plan", "version": 1}', "no list of changes"),
    "an unknown kind": (
        '{"schema": "netops.layer2/plan", "version": 1, "changes": [{"kind": "rm"}]}',
        "change 1: kind rm is none of",
    ),
    "a change that is no object": (
        '{"schema": "netops.layer2/plan", "version": 1, "changes": [7]}',
        "change 1: kind None",
    ),
    "a lack": (
        '{"schema": "netops.layer2/plan", "version": 1, "changes": [{"kind": "guest", "host": "h"}]}',
        "lacks mac, new_mac, uuid",
    ),
    "no MAC": (
        (
            '{"schema": "netops.layer2/plan", "version": 1, "changes": [{"kind": "guest", "host": "h", "mac": "x",'
            ' "new_mac": "y", "uuid": "u"}]}'
        ),
        "change 1: mac: ",
    ),
}


@pytest.mark.parametrize(("text", "says"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_named_with_the_hint(text, says, tmp_path):
    path = tmp_path / "plan.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(PlanError, match=says) as caught:
        open_plan(str(path))
    assert str(path) in str(caught.value) and ("Plan again" in str(caught.value) or "Give the file" in str(caught.value)
                                               or "renumber_plan" in str(caught.value))


# --- outrun

def test_a_managed_save_since_then_refuses_the_plan():
    plan = plan_of(twins())
    (problem,) = plan_problems(plan, twins(state="shut off", managed_save=True))
    assert "managedsave-remove two" in problem


def test_an_older_snapshot_of_a_host_that_is_gone_is_not_trusted():
    plan = plan_of(twins())
    assert plan_problems(plan, twins(), {"hv1": "unreachable: x"}) == []
    assert "hv2: no snapshot now, unreachable: x" in plan_problems(plan, twins(), {"hv2": "unreachable: x"})[0]


def test_a_plan_for_a_guest_that_is_gone_is_not_one_that_was_carried_out():
    plan, gone = plan_of(twins()), [twins()[0], hypervisor("hv2", 2)]
    (step,) = plan_steps(plan, gone, LIVE)
    assert step["state"] == "todo" and "it is there no more; plan again" in step["says"] and not step["cuts_link"]
    (problem,) = plan_problems(plan, gone)
    assert problem == f"{plan['changes'][0]['owner']}: {step['says']}"
    moved = [twins()[0], hypervisor("hv2", 2), hypervisor("hv3", 3, {**guest("two", TWIN, uuid="b-2")})]
    assert "it is on hv3 now; plan again" in plan_problems(plan, moved)[0]


def test_twins_in_one_domain_are_told_apart_by_their_place():
    fleet = twins()
    second = {**fleet[1]["guests"][0]["nics"][0], "address": "pci 0000:02:00.0", "alias": "net1", "tap": "vnet9"}
    fleet[1]["guests"][0]["nics"].append(second)
    plan = {
        "schema": "netops.layer2/plan",
        "version": 1,
        "changes": [
            {
                "kind": "guest",
                "host": "hv2",
                "uuid": "b-2",
                "mac": TWIN,
                "new_mac": OTHER,
                "nic": {"address": "pci 0000:02:00.0"},
            }
        ],
    }
    second["live_mac"] = second["persistent_mac"] = second["mac"] = OTHER
    assert [step["state"] for step in plan_steps(plan, fleet, LIVE)] == ["done"]
    plan["changes"][0]["nic"] = {"address": "pci 0000:01:00.0"}
    assert [step["state"] for step in plan_steps(plan, fleet, LIVE)] == ["todo"]


# --- an interrupted run

def test_a_guest_that_was_begun_is_finished_with_the_same_address():
    fleet = twins()
    new = plan_of(fleet)["changes"][0]["new_mac"]
    begun = with_nic(fleet, persistent_mac=new)
    begun[1]["guests"][0]["defined"] = 0.5  # were its age still asked, it would now be the one to keep
    (change,) = plan_of(begun)["changes"]
    assert (change["guest"], change["new_mac"]) == ("two", new)
    assert "have new addresses already" in change["reason"]


def test_an_address_begun_with_that_another_has_is_not_kept():
    fleet = with_nic(twins(), persistent_mac=OTHER)
    fleet.append(server("srv", OTHER, "192.168.100.9/23"))
    assert plan_of(fleet, ["conflict"])["changes"][0]["new_mac"] != OTHER


def test_a_nic_that_was_taken_out_is_no_finding_but_the_earlier_plan_knows():
    plan = plan_of(twins())
    out = with_nic(twins(), persistent_mac=NEW, live_mac=None, mac=NEW)
    nothing = plan_of(out)
    assert nothing["changes"] == []
    (change,) = resumed(nothing, plan, out)["changes"]
    assert change["new_mac"] == NEW and plan_problems(resumed(nothing, plan, out), out) == []


@pytest.mark.parametrize("fleet", [
    twins(),                                                            # not begun: the new plan has it
    with_nic(twins(), persistent_mac="52:54:00:77:77:77", live_mac=None),   # somebody changed it since
    twins()[:1],                                                        # not there
], ids=["not begun", "changed since", "gone"])
def test_what_was_not_begun_is_not_taken_from_an_earlier_plan(fleet):
    assert resumed(plan_of([]), plan_of(twins()), fleet)["changes"] == []


def test_what_was_finished_is_not_resumed_and_what_is_planned_again_not_doubled():
    done = with_nic(twins(), persistent_mac=NEW, live_mac=NEW, mac=NEW)
    assert resumed(plan_of(done), plan_of(twins()), done)["changes"] == []
    half = with_nic(twins(), persistent_mac=NEW)
    assert len(resumed(plan_of(half), plan_of(twins()), half)["changes"]) == 1


# --- steps

STEPS = {
    "without consent": (twins(), Consent(), "todo", False, "full power cycle"),
    "with consent": (twins(), LIVE, "todo", True, "cut for seconds"),
    "its definition has it": (with_nic(twins(), persistent_mac=NEW), Consent(), "waits", False, "mac_regenerate_live"),
    "its definition has it, with consent": (
        with_nic(twins(), persistent_mac=NEW),
        LIVE,
        "todo",
        True,
        "the running guest",
    ),
    "both have it": (with_nic(twins(), persistent_mac=NEW, live_mac=NEW, mac=NEW), Consent(), "done", False, "already"),
    "only the running one has it": (
        with_nic(twins(), live_mac=NEW, mac=NEW),
        Consent(),
        "todo",
        False,
        "its definition",
    ),
    "taken out and not put back": (
        with_nic(twins(), persistent_mac=NEW, live_mac=None, mac=NEW),
        Consent(),
        "todo",
        False,
        "put it back",
    ),
    "shut off": (
        twins(state="shut off", nics=[{"mac": TWIN, "persistent_mac": TWIN}]),
        Consent(),
        "todo",
        False,
        "shut off",
    ),
    "no definition": (twins(persistent=False), Consent(), "held", False, "no definition"),
}


@pytest.mark.parametrize(("fleet", "consent", "state", "cuts", "says"), STEPS.values(), ids=STEPS.keys())
def test_the_steps_of_a_guest(fleet, consent, state, cuts, says):
    (step,) = plan_steps(plan_of(twins()), fleet, consent)
    assert (step["state"], step["cuts_link"]) == (state, cuts)
    assert says in step["says"] and step["host"] == "hv2" and step["number"] == 1 and step["new_mac"] == NEW


def test_a_domain_on_two_hypervisors_is_changed_on_both():
    replica = {**guest("two", TWIN, state="shut off", uuid="b-2"), "defined": 2.0}
    fleet = [*twins(), hypervisor("hv0", 3, replica)]
    steps = plan_steps(plan_of(fleet), fleet, LIVE)
    assert [(step["host"], step["cuts_link"], bool(step["expects"])) for step in steps] == [
        ("hv2", True, True),
        ("hv0", False, False),
    ]


def test_the_replica_of_the_guest_that_keeps_the_address_is_left_alone():
    fleet = [*twins(), hypervisor("hv0", 3, {**guest("one", TWIN, state="shut off", uuid="a-1"), "defined": 9.0})]
    assert [change["guest"] for change in plan_of(fleet)["changes"]] == ["two"]


def test_one_domain_that_runs_twice_is_refused_with_the_real_cure():
    owner = {"host": "hv1", "guest": "one", "uuid": "a-1", "kind": "guest", "state": "up"}
    finding = {"mac": TWIN, "status": "conflict", "owners": [owner, {**owner, "host": "hv2"}]}
    allocators = (Allocator(read_pool()), Allocator(read_pool()))
    (refused,) = make_plan([finding], read_facts(twins()), allocators)["refused"]
    assert "must not run on both" in refused["reason"]


def test_the_settings_inside_a_guest_that_is_a_host_come_first():
    inside = snapshot(
        "web",
        nic("enp1s0", TWIN, "192.168.100.25/23", permanent_mac=TWIN),
        nic("br9", TWIN, kind="bridge"),
        identity={"product_uuid": "B-2"},
    )
    steps = plan_steps(plan_of(twins()), [*twins(), inside], LIVE)
    assert [(step["kind"], step["host"], step.get("interface")) for step in steps] == [
        ("pins", "web", "enp1s0"),
        ("guest", "hv2", None),
    ]
    assert steps[0]["live"] and steps[0]["is_armed"] and steps[1]["addresses"] == ["192.168.100.25"]


def test_the_settings_inside_are_looked_at_again_once_the_nic_has_changed():
    inside = snapshot(
        "web", nic("enp1s0", NEW, "192.168.100.25/23", permanent_mac=NEW), identity={"product_uuid": "b-2"}
    )
    steps = plan_steps(
        plan_of(twins()), [*with_nic(twins(), persistent_mac=NEW, live_mac=NEW, mac=NEW), inside], Consent()
    )
    assert [(step["kind"], step["state"]) for step in steps] == [("pins", "todo"), ("guest", "done")]
    assert steps[0]["live"] and not steps[0]["is_armed"]


def host_twins():
    return [server("a", M, "192.168.100.4/23", permanent_mac=OWN), server("b", M, "192.168.100.5/23")]


@pytest.mark.parametrize(("consent", "cuts"), [(Consent(), False), (Consent(host_links=True), True)])
def test_the_step_of_a_host(consent, cuts):
    fleet = host_twins()
    (step,) = plan_steps(plan_of(fleet), fleet, consent)
    assert (step["kind"], step["interface"], step["runtime"], step["cuts_link"]) == ("interface", "eth0", cuts, cuts)


def clones():
    def clone(host, address):  # a router keeps what it has, so the other one is changed
        return server(
            host,
            M,
            address,
            permanent_mac=None,
            identity={"machine_id": "same"},
            nic={"kind": "bond", "assign_type": 3},
            sysctls={"net.ipv4.ip_forward": "1"} if host == "a" else {},
        )

    return [clone("a", "192.168.100.4/23"), clone("b", "192.168.100.5/23")]


def test_the_step_of_a_cloned_machine_id():
    fleet = clones()
    plan = plan_of(fleet)
    changed, renamed = plan["changes"][0]["host"], copy.deepcopy(fleet)
    assert [step["state"] for step in plan_steps(plan, fleet, Consent())] == ["held"]
    assert [step["state"] for step in plan_steps(plan, fleet, Consent(machine_id=True))] == ["todo"]
    host = next(one for one in renamed if one["host"] == changed)
    host["identity"]["machine_id"] = "its own"
    assert [step["state"] for step in plan_steps(plan, renamed, Consent(machine_id=True))] == ["waits"]
    host["interfaces"][0]["mac"] = OTHER
    assert [step["state"] for step in plan_steps(plan, renamed, Consent())] == ["done"]


def test_a_clone_that_was_not_restarted_is_no_new_case():
    fleet = clones()
    plan = plan_of(fleet)
    renamed = copy.deepcopy(fleet)
    next(one for one in renamed if one["host"] == plan["changes"][0]["host"])["identity"]["machine_id"] = "its own"
    assert [change["kind"] for change in plan_of(renamed)["changes"]] == ["interface"]
    assert resumed(plan_of(renamed), plan, renamed)["changes"] == plan["changes"]
    assert resumed(plan_of(fleet), plan, fleet)["changes"] == plan["changes"]


# --- shown

def test_the_table_shows_reason_steps_and_sum():
    plan = plan_of(twins())
    text = plan_table(plan, plan_steps(plan, twins(), Consent()))
    assert f"CHANGE  {TWIN} -> {NEW}  guest two on hv2, NIC net0" in text
    assert "because   guest one on hv1 keeps it" in text and "to do     on hv2:" in text
    assert text.endswith("1 change, 1 step (1 to do).")
    assert plan_table(plan_of([twins()[0]]), []) == "Nothing to do: no finding asks for another MAC."


def test_a_hostile_name_cannot_steer_the_terminal():
    plan = plan_of(twins(name="\x1b[2J<script>" + "x" * 900))
    text = plan_table(plan, plan_steps(plan, twins(), LIVE))
    assert "\x1b" not in text and "\\x1b" in text and max(map(len, text.splitlines())) < 160


def test_what_was_refused_is_shown():
    plan = plan_of([hypervisor("hv1", 1, {**guest("one", TWIN, uuid="a-1"), "managed_save": True, "defined": 1.0}),
                    hypervisor("hv2", 2, {**guest("two", TWIN, uuid="b-2"), "managed_save": True, "defined": 2.0})])
    text = plan_table(plan, [])
    assert (
        "REFUSED" in text
        and "managedsave-remove" in text.replace("\n            ", " ")
        and text.endswith("0 changes, 0 steps; 1 refused.")
    )


# --- proved

def proof(fleet, consent=LIVE, unreachable=()):
    plan = plan_of(twins())
    return outcome(plan, plan_steps(plan, fleet, consent), report_of(fleet, report_of(twins())), unreachable)


CURED = with_nic(twins(), persistent_mac=NEW, live_mac=NEW, mac=NEW)


def test_a_cure_is_proved():
    result = proof(CURED)
    assert [row["outcome"] for row in result["macs"]] == ["cured"] and not result["failures"] and NEW in result["text"]


def test_what_was_not_changed_stands():
    result = proof(twins())
    assert [row["outcome"] for row in result["macs"]] == ["stands"] and "was not changed" in result["failures"][0]


def test_a_running_nic_that_was_to_change_and_did_not_is_not_called_unchanged():
    (failure,) = proof(with_nic(twins(), persistent_mac=NEW))["failures"]
    assert "has it in its definition only, and runs on without: power it off and on" in failure


def test_a_definition_alone_waits_for_the_power_cycle():
    result = proof(with_nic(twins(), persistent_mac=NEW), Consent())
    assert [row["outcome"] for row in result["macs"]] == ["waits"] and "power cycle" in result["failures"][0]


@pytest.mark.parametrize("lost", ["hv1", "hv2"])
def test_who_was_not_read_again_proves_nothing(lost):
    assert [row["outcome"] for row in proof(CURED, unreachable=[lost])["macs"]] == ["unknown"]
    without = [host for host in CURED if host["host"] != lost]
    assert [row["outcome"] for row in proof(without)["macs"]] == ["unknown"]


def test_a_peer_that_sees_the_old_address_still_is_no_cure_yet():
    late = [*CURED, server("peer", OWN, "192.168.100.9/23", neighbours=[
        neighbour("eth0", f"192.168.100.{last} {TWIN}") for last in (25, 30)])]
    (row,) = proof(late)["macs"]
    assert row["outcome"] == "stands" and "192.168.100.25" in row["says"]


def test_a_new_conflict_fails_the_proof():
    worse = [*CURED, server("srv1", OTHER, "192.168.100.8/23"), server("srv2", OTHER, "192.168.100.9/23")]
    result = proof(worse)
    assert len(result["new"]) == 1 and OTHER in result["failures"][0] and "NEW" in result["text"]


def test_the_new_address_taken_by_another_fails_the_proof():
    assert NEW in proof([*CURED, server("srv1", NEW, "192.168.100.8/23")])["failures"][0]


# --- what hosts and files write

HOSTILE = [
    ({"uuid": "--all"}, "uuid"),
    ({"interface": "$(id>x)"}, "interface"),
    ({"interface": ".."}, "interface"),
    ({"interface": "a" * 16}, "interface"),
    ({"nic": {"address": "pci 0000;id"}}, "nic.address"),
    ({"nic": {"alias": "-n"}}, "nic.alias"),
    ({"nic": {"tap": "../vnet0"}}, "nic.tap"),
    ({"seen_with": ["192.0.2.1", "192.0.2.1 dev x"]}, "seen_with"),
    ({"seen_with": ["fe80::1%eth0;id"]}, "seen_with"),
    ({"expects": {"persistent_mac": "{{ 1 }}"}}, "expects.persistent_mac"),
    ({"expects": {"state": "{{ 1 }}"}}, "expects.state"),
    ({"expects": {"machine_id": ["x"]}}, "expects.machine_id"),
    ({"uuid": "a-1\n"}, "uuid"),
]


@pytest.mark.parametrize(
    ("fields", "named"), HOSTILE, ids=[named + str(number) for number, (_fields, named) in enumerate(HOSTILE)]
)
def test_what_a_field_cannot_be_is_refused_with_the_change_and_the_field(fields, named):
    plan = plan_of(twins())
    plan["changes"][0].update(fields)
    with pytest.raises(PlanError, match=f"change 1: {named} .*Plan again"):
        open_plan(plan)


def test_one_host_that_tells_impossible_names_ends_nobody_elses_plan():
    fleet = [*twins(), hypervisor("hv3", 3, {**guest("three", OTHER, uuid="c-3"), "defined": 1.0}),
             hypervisor("hv4", 4, {**guest("four", OTHER, uuid="--all"), "defined": 2.0})]
    plan = plan_of(fleet)
    assert [change["host"] for change in plan["changes"]] == ["hv2"]
    (refused,) = plan["refused"]
    assert "uuid '--all' can be none; look at what tells so on hv4" in refused["reason"]


def test_a_plan_leads_to_no_host_but_those_of_the_run():
    plan = plan_of(twins())
    assert strangers(plan, ["hv1", "hv2"]) == []
    assert strangers(plan, ["hv1"]) == [
        "change 1: hv2 is no host of this run; run it for all hosts of the plan, or plan again"
    ]
    begun = with_nic(twins(), persistent_mac=NEW, live_mac=None)
    empty = plan_of([])
    assert len(resumed(empty, plan, begun, ["hv1", "hv2"])["changes"]) == 1
    assert resumed(empty, plan, begun, ["hv1"])["changes"] == []


def test_no_step_is_taken_on_a_host_that_nobody_named_or_under_an_impossible_name():
    odd = snapshot("web", nic("a;id", TWIN, "192.168.100.25/23", permanent_mac=TWIN), identity={"product_uuid": "b-2"})
    replica = hypervisor("hv3", 3, {**guest("two", TWIN, state="shut off", uuid="b-2"), "defined": 2.0})
    steps = plan_steps(plan_of(twins()), [*twins(), odd, replica], LIVE)
    named, strange = step_problems(steps, ["hv1", "hv2", "web"])
    assert "web: its interface 'a;id' has a name that nothing is changed under" in named
    assert "is on hv3 too, which is no host of this run" in strange


def test_every_kind_of_step_has_its_file_of_tasks():
    kinds = {"guest", "pins", "interface", "machine_id"}
    inside = snapshot("web", nic("enp1s0", TWIN, permanent_mac=TWIN), identity={"product_uuid": "b-2"})
    found = {step["kind"] for step in plan_steps(plan_of(twins()), [*twins(), inside], LIVE)}
    for kind, more in (("interface", {"interface": "eth0", "new_mac": OTHER}), ("machine_id", {})):
        change = {"kind": kind, "host": "hv1", "mac": TWIN, **more}
        found |= {step["kind"] for step in plan_steps({**plan_of([]), "changes": [change]}, twins(), LIVE)}
    folder = Path(__file__).resolve().parents[5] / "roles" / "mac_regenerate" / "tasks"
    assert found == kinds and all((folder / f"{kind}.yml").exists() for kind in kinds)
