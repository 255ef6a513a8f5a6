"""The plan: who keeps the address for which reason, what is refused, and when a saved plan fits no longer."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._known import macs_in, taken_macs
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._allocation import Allocator, read_pool
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan import plan_problems
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._renumbering import (
    PlanError,
    make_plan,
    read_facts,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ..builders import TWIN, guest, hypervisor, learned, neighbour, server

M = "00:25:90:00:aa:01"
OWN = "00:25:90:00:bb:07"


def _plan(fleet, statuses=("conflict", "latent"), **options):
    taken = taken_macs(fleet)
    allocators = (Allocator(read_pool("52:54:00"), "s", taken), Allocator(read_pool("02:00:00"), "s", taken))
    return make_plan(mac_collisions(fleet)["findings"], read_facts(fleet), allocators, statuses=statuses, **options)


def _only(fleet, **options):
    plan = _plan(fleet, **options)
    assert plan["refused"] == [] and len(plan["changes"]) == 1, plan
    return plan["changes"][0]


def _guests(first=None, second=None, **more):
    return [hypervisor("hv1", 1, {**guest("one", TWIN, uuid="a-1"), "defined": 1000.0, **(first or {})}, **more),
            hypervisor("hv2", 2, {**guest("two", TWIN, uuid="b-2"), "defined": 2000.0, **(second or {})})]


OFF = {"state": "shut off"}
CASES = {
    "what is up keeps it": (_guests(OFF), "one", "it is up"),
    "the older definition keeps it": (_guests({"defined": 2000.0}, {"defined": 1000.0}), "one", "older"),
    "a reservation keeps it": (_guests(dhcp_reservations=[{"mac": TWIN, "name": "two"}]), "one", "reservation"),
    "whoever made it, a NIC's own address": (
        [server("vm", TWIN, "192.168.100.4/23"), server("a", TWIN, "192.168.100.5/23", permanent_mac=OWN)],
        "a",
        "permanent",
    ),
    "raw text: only the intruder tells another permanent address": (
        [server("a", M, "192.168.100.4/23", permanent_mac=None), server("b", M, "192.168.100.5/23", permanent_mac=OWN)],
        "b",
        "which is not their own",
    ),
    "a host before a guest": (
        [server("srv", M, "192.168.100.9/23", permanent_mac=None), hypervisor("hv1", 1, guest("g", M))],
        "g",
        "machine",
    ),
    "the maker's address": (
        [server("a", M, "192.168.100.4/23", permanent_mac=OWN), server("b", M, "192.168.100.5/23")],
        "a",
        "permanent",
    ),
    "a router": (
        [
            server("a", M, "192.168.100.4/23", permanent_mac=None),
            server("r", M, "192.168.100.5/23", permanent_mac=None, sysctls={"net.ipv4.ip_forward": "1"}),
        ],
        "a",
        "router",
    ),
    "what neighbours use": (
        [
            server("a", M, "192.168.100.4/23", permanent_mac=None),
            server("b", M, "192.168.100.5/23", permanent_mac=None),
            server("c", OWN, "192.168.100.6/23", neighbours=[neighbour("eth0", f"192.168.100.5 {M}")]),
        ],
        "a",
        "neighbours",
    ),
    "what settings name": (
        [
            server("a", M, "192.168.100.4/23", permanent_mac=None),
            server("b", M, "192.168.100.5/23", permanent_mac=None, pins=[{"file": "x", "mac": M}]),
        ],
        "b",
        "copied configuration",
    ),
}


@pytest.mark.parametrize(("fleet", "changed", "why"), CASES.values(), ids=CASES.keys())
def test_who_is_changed_and_why(fleet, changed, why):
    change = _only(fleet)
    assert (change.get("guest") or change["host"]) == changed
    assert why in change["reason"] and change["kept_by"] in change["reason"]
    assert change.get("back_to_own") or change["new_mac"] not in macs_in(fleet)


def test_the_operators_choice_wins():
    assert _only(_guests(OFF), keep={TWIN.upper(): "one"})["guest"] == "two"
    assert _only(_guests(), keep={TWIN: "b-2"})["guest"] == "one"
    with pytest.raises(PlanError, match="none of its owners"):
        _plan(_guests(), keep={TWIN: "three"})
    with pytest.raises(PlanError, match="MAC: OWNER"):
        _plan(_guests(), keep={"x": "one"})


def test_a_copied_mac_goes_back_to_the_makers():
    change = _only(CASES["the maker's address"][0])
    assert change["new_mac"] == OWN and change["back_to_own"]


def test_a_makers_address_that_another_uses_is_not_taken_back():
    fleet = [*CASES["the maker's address"][0], server("d", OWN, "10.0.0.1/24", sees="")]
    change = next(one for one in _plan(fleet)["changes"] if one["mac"] == M)
    assert change["new_mac"].startswith("02:00:00:")


MAKERS = CASES["the maker's address"][0]
OTHERS = {
    "a neighbour at another address": {"neighbours": [neighbour("eth0", f"192.168.100.77 {OWN}")]},
    "a bridge that learnt it": {"learnt": [learned("eth0", OWN, "br0")]},
    "settings that name it": {"pins": [{"file": "/etc/systemd/network/10.link", "mac": OWN}]},
}


@pytest.mark.parametrize("known", OTHERS.values(), ids=OTHERS.keys())
def test_an_own_mac_that_somebody_else_shows_is_replaced_and_the_plan_applies(known):
    fleet = [*MAKERS, server("d", "02:00:00:00:00:0d", "192.168.100.9/23", **known)]
    plan = _plan(fleet)
    change = next(one for one in plan["changes"] if one["mac"] == M)
    assert change["new_mac"] != OWN and not change["back_to_own"]
    assert plan_problems(plan, fleet) == []
    stale = _plan(MAKERS)  # made before anybody showed it
    assert ["known on d meanwhile" in problem for problem in plan_problems(stale, fleet)] == [True]


def test_neighbours_that_remember_the_nic_at_its_own_address_keep_nothing_from_going_back():
    fleet = [*MAKERS, server("d", "02:00:00:00:00:0d", "192.168.100.9/23",
                             neighbours=[neighbour("eth0", f"192.168.100.4 {OWN}"),
                                         neighbour("eth0", f"fe80::225:90ff:fe00:bb07 {OWN}")])]
    plan = _plan(fleet)
    change = next(one for one in plan["changes"] if one["mac"] == M)
    assert (change["host"], change["new_mac"], change["back_to_own"]) == ("a", OWN, True)
    assert plan_problems(plan, fleet) == []


def test_three_owners_make_two_changes_with_two_addresses():
    fleet = [*_guests(), hypervisor("hv3", 3, {**guest("three", TWIN, uuid="c-3"), "defined": 3000.0})]
    changes = _plan(fleet)["changes"]
    assert {change["guest"] for change in changes} == {"two", "three"} and len(
        {change["new_mac"] for change in changes}
    ) == 2


def test_a_cloned_machine_id_names_the_real_cure():
    def clone(host, address):
        return server(
            host,
            M,
            address,
            permanent_mac=None,
            identity={"machine_id": "same"},
            nic={"kind": "bond", "assign_type": 3},
        )

    change = _only([clone("a", "192.168.100.4/23"), clone("b", "192.168.100.5/23")], keep={M: "a"})
    assert change["kind"] == "machine_id" and "machine-id" in change["cure"] and "new_mac" not in change


def test_a_managed_save_is_refused_and_snapshots_are_warned_of():
    refused = _plan(_guests({"managed_save": True}, {"managed_save": True}))
    assert refused["changes"] == [] and "managedsave-remove" in refused["refused"][0]["reason"]
    assert "snapshots" in _only(_guests(second={"snapshots": 2}))["warnings"][0]


def test_suspected_findings_are_refused_with_the_hint():
    fleet = [
        server("c", M, "192.168.100.6/23", neighbours=[neighbour("eth0", f"192.168.100.{n} {TWIN}") for n in (25, 30)])
    ]
    assert "gather more hosts" in _plan(fleet, statuses=["suspected"])["refused"][0]["reason"]


def test_excepted_findings_and_other_statuses_are_left_alone():
    assert _plan(_guests(OFF), statuses=["conflict"])["changes"] == []


def test_the_same_fleet_gives_the_same_plan():
    assert _plan(_guests()) == _plan(_guests())


def test_a_plan_fits_until_the_fleet_changes():
    fleet = _guests()
    plan = _plan(fleet)
    new = plan["changes"][0]["new_mac"]
    assert plan_problems(plan, fleet) == []
    assert "no snapshot now" in plan_problems(plan, fleet[:1])[0]
    assert (
        "known on hv1"
        in plan_problems(plan, [hypervisor("hv1", 1, neighbours=[neighbour("br0", f"10.0.0.7 {new}")]), fleet[1]])[0]
    )
    moved = [fleet[0], hypervisor("hv2", 2, guest("two", M, uuid="b-2"))]
    assert "not where the plan found it" in plan_problems(plan, moved)[0]


def test_a_plan_that_was_applied_half_way_still_fits():
    fleet = _guests()
    plan = _plan(fleet)
    done = copy.deepcopy(fleet)
    done[1]["guests"][0]["nics"][0]["persistent_mac"] = plan["changes"][0]["new_mac"]
    assert plan_problems(plan, done) == []


@pytest.mark.parametrize("plan", [None, {}, {"schema": "x"}, {"schema": "netops.layer2/plan", "version": 2}])
def test_what_is_no_plan_is_refused(plan):
    with pytest.raises(PlanError, match=r"not a plan|version"):
        plan_problems(plan, [])


@pytest.mark.parametrize(("finding", "problem"), [
    ("x", "no finding"),
    ({"id": "f1", "mac": "none", "status": "conflict", "owners": []}, r"findings: f1\.mac: not a MAC address: 'none'"),
    ({"id": "f1", "mac": M, "status": "conflict", "owners": None}, r"findings: f1\.owners: is null"),
])
def test_what_is_no_finding_is_refused(finding, problem):
    with pytest.raises(PlanError, match=problem):
        make_plan([finding], read_facts([]), (Allocator(read_pool()), Allocator(read_pool())))


def test_what_was_asked_for_wrongly_is_said():
    fleet = _guests()
    with pytest.raises(PlanError, match="statuses: nope cannot be planned; give a list of conflict, latent, suspected"):
        _plan(fleet, statuses=["nope"])
    with pytest.raises(PlanError, match="keep: list instead of MAC: OWNER"):
        _plan(fleet, keep=[TWIN])
    assert _plan(fleet, statuses="conflict")["changes"] == _plan(fleet, statuses=["conflict"])["changes"] != []


def test_a_guest_in_the_inventory_is_no_third_owner_where_its_uuid_was_not_read():
    web = server("web30", TWIN, "192.168.100.30/23", identity={"virtualization": "kvm"})
    changes = _plan(
        [hypervisor("hv1", 1, guest("web30", TWIN)), hypervisor("hv2", 2, guest("web25", TWIN)), web],
        keep={TWIN: "web30"},
    )["changes"]
    assert [(change["kind"], change["new_mac"] != TWIN) for change in changes] == [("guest", True)]


def test_an_address_of_a_hypervisors_is_not_from_a_nics_maker():
    fleet = [server("vm", TWIN, "192.168.100.30/23"), hypervisor("hv1", 1, guest("web30", TWIN))]
    assert _plan(fleet)["changes"][0]["guest"] == "web30", "the machine keeps its own, permanent address"


def test_nothing_is_planned_where_nothing_tells_the_owner_from_the_intruder():
    fleet = [server("a", M, "192.168.100.4/23"), server("b", M, "192.168.100.5/23")]
    plan = _plan(fleet)
    assert plan["changes"] == [] and plan["refused"][0]["reason"] == (
        f"nothing in the data tells whose it is and who has the copy: name the one that keeps it (a or b), "
        f"""-e '{{"fix_keep": {{"{M}": "OWNER"}}}}'""")
    assert _plan(fleet, keep={M: "b"})["changes"][0]["host"] == "a"


def test_a_domain_that_may_have_moved_is_not_given_a_second_address():
    fleet = [hypervisor("hv1", 1, guest("w", TWIN, uuid="u")), hypervisor("hv2", 2, guest("w", TWIN, uuid="u"))]
    plan = _plan(fleet, statuses=("conflict", "suspected"))
    assert plan["changes"] == [] and len(plan["refused"]) == 1, plan


def test_of_two_nics_of_one_guest_the_first_keeps_the_address():
    one = guest("one", TWIN, uuid="a-1")
    second = {**one["nics"][0], "tap": "vnet-later", "alias": "net1"}
    one["nics"].append(second)
    fleet = [hypervisor("hv1", 1, one)]
    change = _only(fleet, statuses=("conflict", "latent", "suspected"))
    assert (change["nic"]["alias"], change["reason"]) == (
        "net1", "guest one on hv1 keeps it: the others are NICs of the same machine, after it in its definition")
