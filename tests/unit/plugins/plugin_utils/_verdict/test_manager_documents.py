"""Managers' documents in the one judgement: guests by their ids, merged with what nodes tell, and records that never
are in use.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import shlex

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._record_snapshot import snapshot_from_records
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ...growth import assert_grows_with_its_input
from ..builders import TWIN, guest, hypervisor, neighbour, server

UUID = "11111111-2222-3333-4444-555555555501"


def vm(name, number, mac=TWIN, network="net-1", **more):
    """A guest of vCenter with one NIC."""
    nic = {"mac": mac, "alias": "ethernet-0", "mac_source": "manual"}
    if network:
        nic["network"] = {"id": network, "name": f"LAN of {network}"}
    return {"name": name, "id": str(number), "hypervisor": "vmware", "state": "poweredOn", "nics": [nic], **more}


def manager(*guests, host="vc1", **more):
    return {
        "schema": "netops.layer2/snapshot",
        "version": 1,
        "host": host,
        "source": "manager",
        "guests": list(guests),
        **more,
    }


def records(*pairs):
    return snapshot_from_records([{"owner": owner, "nic": "eth0", "mac": mac} for owner, mac in pairs], "netbox")


def verdict(*documents, hosts=()):
    return mac_collisions(list(hosts), scans=list(documents))


def rows(found):
    return [
        (one["status"], one["rule"], [owner["guest"] or owner["host"] for owner in one["owners"]])
        for one in found["findings"]
    ]


def test_two_guests_of_one_network_of_a_manager_are_a_conflict_that_names_it_and_the_command():
    found = verdict(manager(vm("a", 1, node="esx1"), vm("b", 2, node="esx2")))
    assert rows(found) == [("conflict", "proven_twins", ["a", "b"])]
    finding = found["findings"][0]
    assert finding["segment"] == "network LAN of net-1 on vc1"
    assert "guest a (1) on node esx1 (as vc1 tells)" in finding["reason"]
    assert "govc vm.network.change -vm a -net 'LAN of net-1' -net.address 00:50:56:" in finding["fix"]
    assert "virsh" not in finding["fix"]
    assert found["summary"]["guests_judged"] == 2


@pytest.mark.parametrize("one, other", [("net-1", "net-2"), ("", ""), ("net-1", "")])
def test_guests_in_networks_that_are_not_known_to_be_one_are_latent(one, other):
    assert rows(verdict(manager(vm("a", 1, network=one), vm("b", 2, network=other)))) == [
        ("latent", "segment_not_proven", ["a", "b"])
    ]


def test_equal_ids_of_networks_of_two_managers_are_two_networks():
    found = verdict(manager(vm("a", 1)), manager(vm("b", 1), host="vc2"))
    assert rows(found) == [("latent", "segment_not_proven", ["a", "b"])]


def test_one_guest_told_twice_by_its_manager_is_one_and_a_state_that_nobody_knows_is_not_off():
    assert rows(verdict(manager(vm("a", 1)), manager(vm("a", 1)))) == []
    assert rows(verdict(manager(vm("a", 1), vm("b", 2, state="strange")))) == [("latent", "state_unknown", ["a", "b"])]


def on_node(uuid=UUID, node="hv1"):
    """A guest that its node tells of, and what a manager tells of one that is called the same."""
    return hypervisor("hv1", 1, guest("web", TWIN, uuid=UUID)), vm("instance-1", 7, product_uuid=uuid, node=node)


def test_a_guest_that_its_node_tells_of_too_is_one_by_product_uuid_mac_and_node():
    host, told = on_node()
    assert verdict(manager(told), hosts=[host])["findings"] == []
    assert verdict(manager(told), hosts=[host])["summary"]["guests_judged"] == 1
    domain = on_node(node="hv1.example.org")
    assert verdict(manager(domain[1]), hosts=[host])["findings"] == []


@pytest.mark.parametrize("differs", [{"node": "hv2"}, {"uuid": UUID.replace("1", "2")}, {"node": ""}])
def test_a_restored_copy_with_the_uuid_and_the_mac_of_its_original_is_another_machine(differs):
    host, told = on_node(**differs)
    assert rows(verdict(manager(told), hosts=[host])) == [("latent", "segment_not_proven", ["web", "instance-1"])]


def test_a_guest_that_is_an_inventory_host_too_is_one_machine():
    host = server("web", TWIN, "192.168.100.5/23", identity={"product_uuid": UUID})
    assert verdict(manager(vm("instance-1", 7, product_uuid=UUID)), hosts=[host])["findings"] == []
    twins = verdict(manager(vm("instance-1", 7, product_uuid=UUID), vm("b", 8)), hosts=[host])
    assert [(one["status"], one["rule"]) for one in twins["findings"]] == [("conflict", "proven_twins")]


def test_the_network_of_the_manager_proves_the_segment_of_guests_that_nodes_tell_of():
    one, told = on_node()
    assert rows(verdict(manager(told, vm("b", 2)), hosts=[one])) == [("conflict", "proven_twins", ["web", "b"])]


@pytest.mark.parametrize("name", ["web25", "WEB25.example.org"])
def test_a_record_of_the_machine_that_has_the_mac_is_no_finding(name):
    host = server("web25", TWIN, "192.168.100.5/23")
    found = verdict(records((name, TWIN)), hosts=[host])
    assert (found["findings"], found["summary"]["guests_judged"]) == ([], 0)


def test_a_record_is_never_in_use_and_says_what_to_look_at():
    host = server("web25", TWIN, "192.168.100.5/23")
    found = verdict(records(("db7", TWIN)), hosts=[host])
    assert rows(found) == [("latent", "recorded", ["web25", "db7"])]
    finding = found["findings"][0]
    assert "record db7 of netbox" in finding["reason"]
    assert finding["fix"].startswith("look whether db7 (eth0) really has")
    assert "virsh" not in finding["fix"] and "fix_dup_mac" not in finding["fix"]
    assert rows(verdict(records(("a", TWIN), ("b", TWIN)))) == [("latent", "recorded", ["a", "b"])]
    assert rows(verdict(records(("bonded", TWIN), ("bonded", TWIN)))) == []


def test_records_weaken_no_conflict_and_stand_among_its_evidence():
    hosts = [server("a", TWIN, "192.168.100.5/23"), server("b", TWIN, "192.168.100.6/23")]
    found = verdict(records(("c", TWIN)), hosts=hosts)
    assert rows(found) == [("conflict", "proven_twins", ["a", "b"])]
    assert "netbox: records it for c, eth0" in found["findings"][0]["evidence"]


def test_a_record_hides_no_machine_that_the_network_shows():
    """Somebody else answers with the MAC of the only machine that was read."""
    host = server("web25", TWIN, "192.168.100.5/23", neighbours=[neighbour("eth0", f"192.168.100.77 {TWIN}")])
    alone, recorded = verdict(hosts=[host]), verdict(records(("db7", TWIN)), hosts=[host])
    assert [(one["status"], one["rule"]) for one in recorded["findings"]] == [
        (one["status"], one["rule"]) for one in alone["findings"]
    ]


@pytest.mark.parametrize(
    "broken, field",
    [
        ({"source": "live"}, "source"),
        ({"source": 5}, "source"),
        ({"guests": [{"name": "a", "uuid": UUID, "nics": []}]}, "guests"),
        ({"guests": [5]}, "guests[0]"),
        ({"guests": [vm("a", 1, mac="nonsense")]}, "guests[0].nics[0].mac"),
        ({"version": 2}, "version"),
    ],
)
def test_what_is_wrong_is_quarantined_and_named(broken, field):
    coverage = verdict({**manager(vm("ok", 9)), **broken})["coverage"]
    assert ("vc1", field) in [(row["host"], row["field"]) for row in coverage["quarantined"]]


def test_what_was_not_observed_is_a_gap():
    gaps = verdict(
        manager(guests=None),
        manager(gaps=[{"subset": "guests", "reason": "permission denied", "item": "dc2"}], host="vc2"),
    )
    assert [(gap["host"], gap["reason"]) for gap in gaps["coverage"]["gaps"]] == [
        ("vc1", "not observed: the document holds no list of guests"), ("vc2", "permission denied")]


def leases(**changes):
    table = {"columns": ["address", "mac", "client", "state", "expires"], "rows": []}
    return {**manager(source="leases", host="dhcp1"), "dhcp_leases": table, **changes}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (manager(), "it tells of no guest at all: whoever read it may not be allowed to see any"),
        (manager(source="records"), "it tells of no guest at all: whoever read it may not be allowed to see any"),
        (leases(), "it tells of no lease at all: whoever read it may not be allowed to see any"),
        (leases(dhcp_leases=None), "not observed: the document holds no list of leases"),
        (leases(dhcp_leases={"rows": 5}), "not observed: the document holds no list of leases"),
    ],
)
def test_who_is_told_of_nobody_may_not_see_them(document, reason):
    """Neutron and vCenter answer a user without rights with an empty list, and no error."""
    [gap] = verdict(document)["coverage"]["gaps"]
    assert (gap["host"], gap["reason"]) == (document["host"], reason)


def test_names_break_out_of_no_command():
    evil = "a'; reboot; $(reboot)\n\x1b[31m"
    told = [vm(evil, number, node=evil) for number in ("1", "2;reboot")]
    told[1]["nics"][0]["network"]["name"] = told[0]["nics"][0]["network"]["name"] = "-net evil\n"
    finding = verdict(manager(*told))["findings"][0]
    commands = [line for line in finding["fix"].split("\n") if line.startswith("govc ")]
    assert len(commands) == 2 and not [line for line in finding["fix"].split("\n") if line.startswith("reboot")]
    assert all(
        shlex.split(line)[:6] == ["govc", "vm.network.change", "-vm", "VM", "-net", "NETWORK"] for line in commands
    )


def test_twenty_thousand_rows_are_judged_in_a_time_that_grows_with_them():
    def judged(count):
        many = records(
            *(
                (f"m{number}", f"02:00:00:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}")
                for number in range(count)
            )
        )
        text = json.dumps(many)

        def work():
            assert verdict(text)["summary"]["macs_judged"] == count

        return work

    assert_grows_with_its_input(judged, 2_000, 20_000)
