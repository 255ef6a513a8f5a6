"""Guests of Proxmox VE planned, looked at and changed as libvirt's are: which guest, whether it still is the same,
where it is a host too, what the module is asked; and a third hypervisor, whose row is all it takes.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
import re

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._known import taken_macs
from ansible_collections.netops.layer2.plugins.plugin_utils._guests import _hypervisors
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisor import Executor, KnownBy
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._xen import XEN
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._allocation import Allocator, read_pool
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._guest import GuestError, request
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan import open_plan, plan_problems
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
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ..builders import BC_TWIN, SMBIOS, TWIN, guest, hypervisor, pve, server, vm

UUID = "0f0f0f0f-1fe6-428e-965b-08a1b64a8746"
LIVE = Consent(live=True)
URI = "qemu:///system"


def cluster(*, web=None, db=None):
    """Two nodes that tell of each other's guests; the VM 100 on pve1 and the VM 101 on pve2 are twins."""
    one, two = vm(100, **(web or {})), vm(101, name="db", **{"uuid": UUID, **(db or {})})
    return [
        pve(1, one, vm(101, "unknown", name="db", uuid=two.get("product_uuid"), node="pve2")),
        pve(2, two, vm(100, "unknown", node="pve1")),
    ]


def plan_of(fleet, keep="100", mac=BC_TWIN, statuses=("conflict", "latent")):
    taken = taken_macs(fleet)
    allocators = (Allocator(read_pool("52:54:00"), "s", taken), Allocator(read_pool("02:00:00"), "s", taken))
    findings = mac_collisions(fleet)["findings"]
    return make_plan(findings, read_facts(fleet), allocators, {mac: keep}, statuses)


def only(plan):
    (change,) = plan["changes"]
    assert plan["refused"] == []
    return change


PLAN = plan_of(cluster())
NEW = only(PLAN)["new_mac"]


def after(host=1, number="101", fleet=None, **nic):
    """The fleet in which the NIC of a guest of one node has other values; None removes one."""
    changed = copy.deepcopy(fleet or cluster())
    (one,) = [row for row in changed[host]["guests"] if row["id"] == number]
    entry = {**one["nics"][0], **nic}
    one["nics"] = [{key: value for key, value in entry.items() if value is not None}]
    return changed


# --- planned

def test_a_guest_is_planned_on_its_own_node_by_what_its_cluster_knows_it_by():
    change = only(PLAN)
    assert (change["host"], change["hypervisor"], change["guest"]) == ("pve2", "proxmox", "db")
    assert (change["id"], change["guest_kind"], change["manager"]) == ("101", "vm", "prod 0123456789ab")
    assert change["product_uuid"] == UUID and "uuid" not in change
    assert change["nic"] == {"alias": "net0", "tap": "tap101i0"} and change["live"] is True
    assert change["expects"] == {"state": "running", "persistent_mac": BC_TWIN, "live_mac": BC_TWIN}
    assert NEW.startswith("bc:24:11:") and NEW != BC_TWIN


def test_of_two_without_a_uuid_on_one_node_each_is_changed_by_its_number():
    fleet = [pve(1, *(vm(number, kind="container", name=f"c{number}", uuid=None) for number in (100, 101, 102)))]
    plan = plan_of(fleet)
    assert sorted(change["id"] for change in plan["changes"]) == ["101", "102"]
    assert len({change["new_mac"] for change in plan["changes"]}) == 2
    assert {change["guest_kind"] for change in plan["changes"]} == {"container"}
    begun = after(0, "101", fleet, persistent_mac=next(
        change["new_mac"] for change in plan["changes"] if change["id"] == "101"))
    assert sorted(step["id"] for step in plan_steps(resumed(plan_of([]), plan, begun), begun, LIVE)) == ["101"]
    rest = {**plan, "changes": [change for change in plan["changes"] if change["id"] == "102"]}
    assert [change["id"] for change in resumed(rest, plan, begun)["changes"]] == ["101", "102"]


def test_the_new_mac_is_the_same_wherever_the_guest_runs():
    moved = [pve(1, vm(100), vm(101, name="db", uuid=UUID)), pve(2, vm(100, "unknown", node="pve1"))]
    assert (only(plan_of(moved))["host"], only(plan_of(moved))["new_mac"]) == ("pve1", NEW)


@pytest.mark.parametrize(
    ("prefix", "starts", "warns"),
    [
        (None, "bc:24:11:", ""),
        ("02:aa:bb", "02:aa:bb:", ""),
        ("06", "06:", ""),
        ("00:11:22", "bc:24:11:", "belongs to a maker"),  # nobody but the maker is sure to give out none of these
        ("01:00:5e", "bc:24:11:", "group address"),
        ("{{ 7 * 7 }}", "bc:24:11:", "is no prefix"),
        (7, "bc:24:11:", "must be text"),
    ],
)
def test_the_range_is_the_clusters_own_and_never_libvirts(prefix, starts, warns):
    change = only(plan_of(cluster(db={} if prefix is None else {"mac_prefix": prefix})))
    assert change["new_mac"].startswith(starts)
    assert [warns in text for text in change["warnings"]] == ([True] if warns else [])


def test_snapshots_are_warned_of_and_a_template_is_changed_like_any_guest_that_is_off():
    change = only(plan_of(cluster(db={"snapshots": 2, "snapshot_macs": [BC_TWIN]})))
    assert "2 snapshots of db still carry" in change["warnings"][0]
    fleet = cluster(db={"state": "stopped", "template": True})
    (step,) = plan_steps(plan_of(fleet), fleet, Consent())
    assert (step["id"], step["state"], step["cuts_link"], step["says"]) == (
        "101", "todo", False, "its definition (it is stopped)")


def test_a_guest_of_a_node_that_was_not_read_is_refused_with_its_node_and_the_command():
    fleet = [pve(1, vm(100), vm(101, "unknown", name="db", uuid=UUID, node="pve2"))]
    plan = plan_of(fleet)
    assert plan["changes"] == []
    reason = plan["refused"][0]["reason"]
    assert "changed on its node, which was not read: run this for pve2 as well" in reason
    assert "on pve2, `qm set 101 --net0 virtio=BC:24:11:" in reason and "virsh" not in reason


def test_an_address_that_was_begun_with_is_kept_whoever_else_tells_of_the_guest():
    begun = after(persistent_mac=NEW)
    begun[0]["guests"][1]["nics"][0]["persistent_mac"] = NEW  # the other node tells what waits, too
    assert only(plan_of(begun))["new_mac"] == NEW
    begun[0]["guests"].append(vm(103, "stopped", name="new", mac=NEW, uuid=None))
    (change,) = [one for one in plan_of(begun)["changes"] if one["id"] == "101"]
    assert change["new_mac"] not in (NEW, BC_TWIN)  # another guest has it meanwhile


def test_one_guest_that_two_nodes_claim_is_not_given_two_macs():
    fleet = [pve(1, vm(100)), pve(2, vm(100))]
    plan = plan_of(fleet, keep="web")
    assert plan["changes"] == []


# --- in a plan file

def with_fields(**fields):
    change = {**only(PLAN), **fields}
    return {**PLAN, "changes": [{key: value for key, value in change.items() if value is not None}]}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"id": None}, "lacks id"),
        ({"guest_kind": None}, "lacks guest_kind"),
        ({"manager": None}, "lacks manager"),
        ({"id": None, "guest_kind": None, "manager": None, "uuid": UUID}, "lacks id, guest_kind, manager"),
        ({"id": "101 --force"}, "id '101 --force' can be none"),
        ({"id": "101\n"}, "can be none"),
        ({"id": "../100"}, "can be none"),
        ({"id": 101}, "lacks id"),
        ({"guest_kind": "pool"}, "guest_kind 'pool' can be none"),
        ({"manager": "{{ x }}"}, "manager '{{ x }}' can be none"),
        ({"product_uuid": "$(reboot)"}, "product_uuid '$(reboot)' can be none"),
        ({"nic": {"alias": "net0; reboot"}}, "can be none"),
        ({"expects": {"state": "x\ny"}}, "can be none"),
        ({"hypervisor": "libvirt"}, "lacks uuid"),
        ({"hypervisor": None}, "lacks uuid"),
        ({"hypervisor": "xen"}, "guests of xen are not changed by it"),
        ({"hypervisor": ["proxmox"]}, "are not changed by it"),
    ],
)
def test_what_names_no_guest_is_refused_with_the_field(fields, says):
    with pytest.raises(PlanError, match=re.escape(says)) as caught:
        open_plan(with_fields(**fields))
    assert "change 1" in str(caught.value) and "Plan again" in str(caught.value)


def test_a_plan_from_before_names_no_hypervisor_and_is_of_libvirt():
    fleet = [
        hypervisor("hv1", 1, {**guest("one", TWIN, uuid="a-1"), "defined": 1.0}),
        hypervisor("hv2", 2, {**guest("two", TWIN, uuid="b-2"), "defined": 2.0}),
    ]
    plan = plan_of(fleet, "a-1", TWIN)
    assert plan["changes"][0]["uuid"] == "b-2" and "id" not in plan["changes"][0]
    old = {**plan, "changes": [{key: value for key, value in plan["changes"][0].items() if key != "hypervisor"}]}
    (step,) = plan_steps(old, fleet, LIVE)
    assert (step["host"], step["uuid"], step["state"], step["tap"]) == ("hv2", "b-2", "todo", "")
    assert plan_problems(old, fleet) == []
    assert request(step, False, URI, 30)[0] == "libvirt_nic_mac"


@pytest.mark.parametrize("text", ["$(reboot)", "{{ 7 * 7 }}", "a\nb", "-h", "x" * 300])
@pytest.mark.parametrize("field", ["id", "manager", "kind", "name", "state"])
def test_what_a_node_calls_its_guests_is_text(field, text):
    """It is planned where it is only shown, and refused with its node where it would name the guest to a module."""
    fleet = cluster()
    fleet[1]["guests"][0][field] = text
    plan = plan_of(fleet)
    assert len(plan["changes"]) + len(plan["refused"]) <= 1
    for change in plan["changes"]:
        assert field in ("name", "state") and change["id"] == "101"
        open_plan(json.loads(json.dumps(plan)))
    assert "\nb" not in plan_table(plan, []).replace("\n  ", "").replace("\nbecause", "")


# --- looked at

def ids(steps):
    return [(step["kind"], step["host"], step.get("id"), step["state"], step["cuts_link"]) for step in steps]


@pytest.mark.parametrize(
    ("nic", "more", "consent", "state", "cuts", "says"),
    [
        ({}, {}, Consent(), "held", False, "Proxmox VE plugs a running guest's NIC anew with its definition: needs"),
        ({}, {}, LIVE, "todo", True, "its definition and the running guest, whose link is cut"),
        ({"persistent_mac": NEW}, {}, Consent(), "waits", False, "or mac_regenerate_live=true"),
        ({"persistent_mac": NEW}, {}, LIVE, "todo", True, "the running guest, whose link is cut"),
        ({"mac": NEW, "persistent_mac": NEW, "live_mac": NEW}, {}, Consent(), "done", False, "already"),
        ({}, {"hotplug": False}, LIVE, "todo", False, "full power cycle, not a reboot, since its NICs are not"),
        ({}, {"hotplug": False}, Consent(), "todo", False, "its definition only"),
        ({"persistent_mac": NEW}, {"hotplug": False}, LIVE, "waits", False, "its definition has it"),
        ({"live_mac": None, "tap": None}, {"state": "stopped"}, Consent(), "todo", False, "(it is stopped)"),
        ({"live_mac": None}, {}, Consent(), "held", False, "needs mac_regenerate_live"),  # added while it runs
        ({}, {"state": "unknown"}, Consent(), "held", False, "needs mac_regenerate_live"),
    ],
)
def test_the_steps_of_a_guest(nic, more, consent, state, cuts, says):
    fleet = after(**nic)
    fleet[1]["guests"][0].update(more)
    (step,) = plan_steps(PLAN, fleet, consent)
    assert (step["state"], step["cuts_link"]) == (state, cuts) and says in step["says"], step["says"]
    assert (step["host"], step["id"], step["guest_kind"], step["tap"]) == ("pve2", "101", "vm", "tap101i0")


def test_a_guest_of_the_same_number_in_another_cluster_is_another_guest():
    other = vm(101, name="db", uuid=UUID, manager="test ffffffffffff", mac="bc:24:11:77:77:77")
    fleet = [*cluster(), pve(3, other)]
    assert ids(plan_steps(PLAN, fleet, LIVE)) == [("guest", "pve2", "101", "todo", True)]
    assert plan_problems(PLAN, fleet) == []


# --- outrun

def gone():
    return [pve(1, vm(100)), pve(2)]


def moved():
    db = {"name": "db", "uuid": UUID}
    return [pve(1, vm(100), vm(101, **db)), pve(2, vm(101, "unknown", node="pve1", **db))]


def moved_to_a_node_that_was_not_read():
    one, two = cluster()
    two["guests"] = [vm(101, "unknown", name="db", uuid=UUID, node="pve3")]
    return [one, two]


def reused(**more):
    fleet = cluster()
    fleet[1]["guests"][0] = vm(101, **{"name": "mail", "uuid": SMBIOS.replace("b", "c"), **more})
    return fleet


@pytest.mark.parametrize(
    ("fleet", "says"),
    [
        (gone(), "the plan found it on pve2, and it is there no more; plan again"),
        (moved(), "the plan found it on pve2, and it is on pve1 now; plan again"),
        (moved_to_a_node_that_was_not_read(), "it is on node pve3 now; plan again"),
        (reused(), "another guest goes by its name on pve2 now, mail (product_uuid "),
        (reused(uuid=None), "another guest goes by its name on pve2 now, mail (name mail, not db); plan again"),
        (reused(mac=NEW, name="db"), "another guest goes by its name on pve2 now"),  # and not: it is done
        (reused(kind="container", name="db", uuid=None), "it is there no more"),
        (after(mac="bc:24:11:99:99:99", live_mac="bc:24:11:99:99:99", persistent_mac="bc:24:11:99:99:99"),
         f"{BC_TWIN} is not where the plan found it on pve2"),
        ([*cluster(), server("srv", NEW, "192.168.101.9/23")], f"the new address {NEW} is known on srv meanwhile"),
        (cluster()[:1], "pve2: no snapshot now"),
    ],
)
def test_a_plan_that_the_cluster_has_outrun_is_refused_in_words(fleet, says):
    problems = plan_problems(PLAN, fleet)
    assert len(problems) == 1 and says in problems[0], problems
    steps = plan_steps(PLAN, fleet, LIVE)
    assert [step["state"] for step in steps] == (["todo"] if len(fleet) > 1 else [])  # and so it is not passed over
    assert resumed(plan_of([]), PLAN, fleet)["changes"] == []


def test_a_node_that_is_down_refuses_its_changes_and_the_other_nodes_word_is_not_taken_for_it():
    (problem,) = plan_problems(PLAN, cluster(), {"pve2": "unreachable"})
    assert problem.startswith("pve2: no snapshot now, unreachable")
    assert plan_problems(PLAN, cluster(), {"pve1": "unreachable"}) == []


def test_of_a_guest_that_was_renamed_the_uuid_tells_that_it_is_the_same():
    fleet = cluster(db={})
    fleet[1]["guests"][0]["name"] = "db-old"
    assert plan_problems(PLAN, fleet) == []


def test_a_plan_that_was_carried_out_is_found_done_and_changes_nothing():
    done = after(mac=NEW, persistent_mac=NEW, live_mac=NEW)
    assert plan_problems(PLAN, done) == [] and ids(plan_steps(PLAN, done, LIVE)) == [
        ("guest", "pve2", "101", "done", False)]
    assert plan_of(done)["changes"] == [] and resumed(plan_of(done), PLAN, done)["changes"] == []


def test_what_was_begun_is_resumed_once_and_not_doubled():
    begun = after(persistent_mac=NEW)
    again = resumed(plan_of(begun), PLAN, begun)
    assert [change["id"] for change in again["changes"]] == ["101"] and plan_problems(again, begun) == []
    assert [change["id"] for change in resumed(plan_of([]), PLAN, begun)["changes"]] == ["101"]
    assert resumed(plan_of([]), PLAN, moved())["changes"] == []


# --- a host of the inventory, too

def host_of(name, uuid=UUID, mac=BC_TWIN, address="192.168.101.50/23", **identity):
    return server(name, mac, address, identity={"product_uuid": uuid, "virtualization": "kvm", **identity})


def test_the_settings_inside_a_vm_that_is_a_host_come_first():
    fleet = [*cluster(), host_of("db.example", address="2001:db8::7/64")]
    steps = plan_steps(PLAN, fleet, LIVE)
    assert ids(steps) == [("pins", "db.example", None, "todo", False), ("guest", "pve2", "101", "todo", True)]
    assert steps[0]["live"] and steps[0]["is_armed"] and steps[1]["addresses"] == ["2001:db8::7"]


def test_settings_inside_a_vm_whose_nic_is_not_hot_plugged_stay_and_say_why():
    fleet = [*cluster(), host_of("db.example")]
    fleet[1]["guests"][0]["hotplug"] = False
    pins, step = plan_steps(PLAN, fleet, LIVE)
    assert not pins["live"] and "have Proxmox VE hot-plug its NICs" in pins["needs"] and pins["needs"] in pins["says"]
    assert not step["cuts_link"]


@pytest.mark.parametrize(
    ("names", "hosts", "inside", "doubt"),
    [
        (("web", "db"), ["db.example"], ["db.example"], []),
        (("web", "db"), ["web.example"], [], []),  # the copy's settings are none of this change
        (("web", "db"), ["web", "db"], ["db"], []),
        (("web", "db"), ["other"], [], ["other"]),
        (("same", "same"), ["same"], [], ["same"]),
        (("web", "db"), ["db", "db.example"], [], ["db", "db.example"]),
    ],
)
def test_of_copies_with_one_uuid_a_host_is_the_one_that_is_called_so_or_nothing_is_changed(names, hosts, inside, doubt):
    fleet = [pve(1, vm(100, name=names[0], uuid=UUID), vm(101, name=names[1], uuid=UUID))]
    plan = plan_of(fleet)
    fleet += [host_of(name, hostname=name) for name in hosts]
    assert [step["host"] for step in plan_steps(plan, fleet, LIVE) if step["kind"] == "pins"] == inside
    problems = plan_problems(plan, fleet)
    assert [text.split(": ")[1].split(" ")[0] for text in problems] == doubt
    assert all("which shows the same UUID" in text for text in problems)


def test_a_container_inside_that_shows_its_hosts_uuid_is_not_the_guest():
    fleet = [*cluster(), host_of("box", container="docker")]
    assert ids(plan_steps(PLAN, fleet, LIVE)) == [("guest", "pve2", "101", "todo", True)]


def test_limit_leads_to_no_other_node():
    steps = plan_steps(PLAN, cluster(), LIVE)
    assert step_problems(steps, ["pve1", "pve2"]) == []
    (problem,) = step_problems(steps, ["pve1"])
    assert "is no host of this run" in problem


# --- asked

def test_the_module_is_asked_what_the_step_says():
    (step,) = plan_steps(PLAN, cluster(), LIVE)
    module, options = request(step, False, URI, 30.0)
    assert module == "proxmox_nic_mac" and options == {
        "vmid": "101", "kind": "vm", "nic": "net0", "mac": BC_TWIN, "new_mac": NEW, "live": True, "timeout": 30.0,
        "expects": {"state": "running", "persistent_mac": BC_TWIN, "live_mac": BC_TWIN},
    }


def test_the_way_back_ends_where_it_began_though_a_twin_has_that_address():
    (step,) = plan_steps(PLAN, cluster(), LIVE)
    assert request(step, True, URI, 30.0)[1] == {
        "vmid": "101", "kind": "vm", "nic": "net0", "mac": NEW, "new_mac": BC_TWIN, "live": True, "timeout": 30.0,
        "allow_taken": True,
    }
    old = {**step, "hypervisor": "libvirt", "uuid": "b-2", "nic": {"address": "pci 0000:01:00.0"}}
    module, options = request(old, True, "qemu:///session", 30.0)
    assert module == "libvirt_nic_mac" and options["allow_taken"] and "expects" not in options
    assert (options["uri"], options["domain"], options["nic"]) == ("qemu:///session", "b-2", old["nic"])


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ({"hypervisor": "xen"}, "guests of xen are changed by no module"),
        ({"hypervisor": "proxmox", "mac": BC_TWIN, "new_mac": NEW}, "lacks id, guest_kind, manager"),
        ({}, "lacks uuid, mac, new_mac"),
    ],
)
def test_what_is_no_step_of_a_guest_is_refused(step, says):
    with pytest.raises(GuestError, match=says):
        request(step, False, URI, 30.0)


# --- a third hypervisor

def test_a_third_hypervisor_needs_one_row(monkeypatch):
    """Planned, opened, looked at and asked by nothing but its executor."""
    known = (KnownBy("id", "id", re.compile(r"xen-[0-9]+\Z")),)
    row = XEN._replace(executor=Executor("xen_nic_mac", known, lambda step, _uri: {"domain": step["id"]}))
    monkeypatch.setattr(
        _hypervisors, "HYPERVISORS", tuple(row if one is XEN else one for one in _hypervisors.HYPERVISORS))
    fleet = [
        pve(number, {**vm(number, "running", name=name, uuid=None), "hypervisor": "xen", "id": f"xen-{number}"})
        for number, name in ((1, "web"), (2, "db"))
    ]
    plan = plan_of(fleet, keep="xen-1")
    change = only(open_plan(plan))
    assert (change["hypervisor"], change["id"]) == ("xen", "xen-2") and change["new_mac"].startswith("00:16:3e")
    assert "guest_kind" not in change and "manager" not in change
    (step,) = plan_steps(plan, fleet, LIVE)
    assert (step["host"], step["state"], step["cuts_link"]) == ("pve2", "todo", True)
    assert request(step, False, URI, 30.0)[0] == "xen_nic_mac"
    assert request(step, False, URI, 30.0)[1]["domain"] == "xen-2"
    with pytest.raises(PlanError, match="id '101' can be none"):
        open_plan({**plan, "changes": [{**change, "id": "101"}]})
