"""The statuses: conflict only with proof, latent with the reason why, suspected where owners are unknown."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import ExceptionError, read_exceptions
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ..builders import GATEWAY, TWIN, guest, hypervisor, learned, neighbour, nic, server, snapshot

M = "00:25:90:00:aa:01"
OWN = "00:25:90:00:bb:0"


def _only(fleet, mac=TWIN, **options):
    found = [row for row in mac_collisions(fleet, **options)["findings"] if row["mac"] == mac]
    assert len(found) == 1, found
    return found[0]


def _incident():
    client = server(
        "client", "00:25:90:00:00:21", "192.168.100.21/23",
        neighbours=[neighbour("eth0", f"192.168.100.30 {TWIN}"), neighbour("eth0", f"192.168.100.25 {TWIN}")],
    )
    return [hypervisor("hv1", 216, guest("web30", TWIN)), hypervisor("hv2", 217, guest("web25", TWIN)), client]


def test_incident_1_is_one_conflict_with_both_guests():
    verdict = mac_collisions(_incident())
    assert verdict["summary"]["conflict"] == 1 and len(verdict["findings"]) == 1
    finding = verdict["findings"][0]
    assert (finding["mac"], finding["status"], finding["segment"]) == (TWIN, "conflict", "192.168.100.0/23")
    assert {(row["host"], row["guest"], row["interface"], row["state"]) for row in finding["owners"]} == {
        ("hv1", "web30", "net0", "up"), ("hv2", "web25", "net0", "up")}
    assert finding["seen_with"] == ["192.168.100.25", "192.168.100.30"]
    assert finding["cause"] == "cloned_definition" and finding["confidence"] == "certain"
    assert any("client" in line and "192.168.100.25 and 192.168.100.30" in line for line in finding["evidence"])
    playbook, choice, first, command, then, *other = finding["fix"].splitlines()
    assert playbook == "ansible-playbook netops.layer2.fix_dup_mac"
    assert (
        choice
        == "or by hand on the copy alone; the data do not tell which of guest web25 on hv2 and guest web30 on hv1 that"
        " is (fix_keep names the one that keeps it):"
    )
    assert first == "on hv1:" and other[0] == "or on hv2:" and len(other) == 3
    assert command.startswith("virsh dumpxml") and command.endswith("virsh define nic.xml") and TWIN in command
    assert then.startswith("then power")


def test_the_proof_is_a_chain_from_one_twin_to_the_other():
    proof = _only(_incident())["segment_proof"]
    assert "web30" in proof[0] and "web25" in proof[-1] and any("192.168.100.1" in line for line in proof)


def test_a_shut_off_twin_is_latent():
    fleet = [hypervisor("hv1", 1, guest("web30", TWIN)), hypervisor("hv2", 2, guest("old", TWIN, "shut off"))]
    finding = _only(fleet)
    assert (finding["status"], finding["rule"]) == ("latent", "one_is_off")
    assert "old" in finding["reason"] and "sed -i" in finding["fix"] and "power" not in finding["fix"]
    assert """-e '{"fix_statuses": ["latent"]}'""" in finding["fix"]


@pytest.mark.parametrize("down", [{"up": False}, {"carrier": False}, {"operstate": "down"}])
def test_an_interface_that_is_down_is_not_on_the_wire(down):
    fleet = [server("a", M, "192.168.100.4/23"), server("b", M, "192.168.100.5/23", nic=down)]
    assert _only(fleet, M)["rule"] == "one_is_off"


def test_no_proof_of_a_common_segment_is_latent_and_says_so():
    fleet = [hypervisor("hv1", 1, guest("a", TWIN), sees=""), hypervisor("hv2", 2, guest("b", TWIN), sees="")]
    finding = _only(fleet)
    assert (finding["status"], finding["rule"], finding["segment"]) == ("latent", "segment_not_proven", "not proven")


def test_equal_vlan_numbers_and_subnets_prove_nothing():
    def one(host, mac):
        return snapshot(
            host, nic("eth0", mac), nic("eth0.5", TWIN, "10.0.0.9/24", kind="vlan", link="eth0", vlan={"id": 5})
        )

    assert _only([one("a", OWN + "1"), one("b", OWN + "2")])["status"] == "latent"


def test_the_operators_word_proves_and_disproves():
    def fleet(first, second):
        return [server("a", TWIN, "10.0.0.1/24", sees="", layer2_segment=first),
                server("b", TWIN, "10.0.0.2/24", sees="", layer2_segment=second)]
    assert _only(fleet("office", {"eth0": "office"}))["status"] == "conflict"
    apart = _only(fleet("office", "lab"))
    assert (apart["status"], apart["rule"]) == ("latent", "different_segments")
    assert _only(fleet("office", "office"))["segment"] == "office"


def test_a_third_host_links_two_that_do_not_see_each_other():
    fleet = [server("a", M, "10.0.0.1/24", sees="10.0.0.3 00:25:90:00:cc:03"), server("b", M, "10.0.0.2/24", sees=""),
             server("c", "00:25:90:00:cc:03", "10.0.0.3/24", sees=f"10.0.0.2 {M}")]
    assert _only(fleet, M)["status"] == "conflict"


@pytest.mark.parametrize("pair", [
    "10.0.0.77 02:42:0a:00:00:4d",  # made from the address
    "fe80::1 00:1b:21:aa:00:01",  # every segment has one
    "169.254.0.1 00:1b:21:aa:00:01",
])
def test_pairs_that_repeat_on_isolated_networks_prove_nothing(pair):
    fleet = [server("a", M, "10.0.0.1/24", sees=pair), server("b", M, "10.0.0.2/24", sees=pair)]
    assert _only(fleet, M)["status"] == "latent"


def test_copies_of_one_network_do_not_prove_each_other():
    """Two isolated copies of one environment: every MAC and address is there twice, nothing joins the copies."""
    def copy(suffix):
        gateway = server(f"gw{suffix}", "00:1b:21:aa:00:01", "192.168.100.1/23", sees="")
        return [gateway, server(f"web{suffix}", M, "192.168.100.9/23")]
    verdict = mac_collisions(copy("-prod") + copy("-test"))
    assert verdict["summary"]["conflict"] == 0 and verdict["summary"]["latent"] == 2


def test_a_virtual_gateway_is_weak_proof():
    gateway = "10.0.0.254 00:00:5e:00:01:01"
    finding = _only([server("a", M, "10.0.0.1/24", sees=gateway), server("b", M, "10.0.0.2/24", sees=gateway)], M)
    assert (finding["status"], finding["confidence"]) == ("conflict", "medium")
    assert any("virtual address" in line for line in finding["segment_proof"])


def test_a_host_that_sees_its_own_mac_elsewhere_convicts_the_twin():
    fleet = [server("a", M, "10.0.0.1/24", sees=f"10.0.0.9 {M}"), server("b", M, "10.0.0.5/24", sees="")]
    finding = _only(fleet, M)
    assert (finding["status"], finding["rule"]) == ("conflict", "proven_otherwise")


def test_failed_duplicate_address_detection_convicts_the_twin():
    one = server("a", M, "10.0.0.1/24", sees="")
    one["interfaces"][0]["addresses"].append(
        {"address": "fe80::225:90ff:fe00:aa01", "prefix": 64, "flags": ["dadfailed", "tentative"]}
    )
    assert _only([one, server("b", M, "10.0.0.5/24", sees="")], M)["status"] == "conflict"


def test_a_guests_mac_that_comes_in_from_the_wire_convicts_an_unknown_twin():
    fleet = [
        hypervisor("hv1", 1, guest("a", TWIN), learnt=[learned("eth0", TWIN, "br0")]),
        hypervisor("hv2", 2, guest("b", TWIN, "shut off"), sees=""),
    ]
    finding = _only(fleet)
    assert (finding["status"], finding["rule"]) == ("suspected", "unknown_twin")


def test_twins_behind_taps_are_found_without_libvirt():
    def blind(host, number):
        seen = hypervisor(host, number, guest("g", TWIN))
        seen["guests"] = []
        return seen
    finding = _only([blind("hv1", 1), blind("hv2", 2)])
    assert finding["status"] == "conflict" and {row["kind"] for row in finding["owners"]} == {"tap"}


def test_a_macvtap_is_its_guest_and_not_another_owner():
    one = guest("g", TWIN, type="direct", source="eth0", bridge=None, tap="macvtap0")
    host = snapshot("hv", nic("eth0", M), nic("macvtap0", TWIN, kind="macvtap", link="eth0"), guests=[one])
    assert mac_collisions([host], list_shared=True)["findings"] == []


def test_two_nics_of_one_guest_with_one_mac_conflict():
    one = guest("w", TWIN)
    one["nics"].append({**one["nics"][0], "alias": "net1", "tap": "vnet9"})
    finding = _only([hypervisor("hv1", 1, one)])
    assert (finding["status"], finding["rule"]) == ("conflict", "twin_nics")
    assert {row["interface"] for row in finding["owners"]} == {"net0", "net1"}


def _running_twice(name="w", **more):
    return [hypervisor("hv1", 1, guest("w", TWIN, uuid="u"), **more), hypervisor("hv2", 2, guest(name, TWIN, uuid="u"))]


@pytest.mark.parametrize("sees", [GATEWAY, ""], ids=["one segment", "segment not proven"])
def test_one_domain_that_runs_on_two_hypervisors_may_have_migrated_between_the_readings(sees):
    fleet = [hypervisor(f"hv{n}", n, guest("w", TWIN, uuid="u"), sees=sees) for n in (1, 2)]
    finding = _only(fleet)
    assert (finding["status"], finding["rule"]) == ("suspected", "domain_running_twice")
    assert "moved in between" in finding["reason"] and finding["fix"].startswith("on hv1 and hv2:\nvirsh domstate w\n")


@pytest.mark.parametrize(
    "fleet",
    [
        _running_twice(name="copy"),
        _running_twice(learnt=[learned("eth0", TWIN, "br0")]),
        [
            *_running_twice(),
            server(
                "c", M, "192.168.100.21/23", neighbours=[neighbour("eth0", f"192.168.100.{n} {TWIN}") for n in (25, 30)]
            ),
        ],
    ],
    ids=["another name: a copy that kept its UUID", "it comes in through the uplink", "two addresses behind it"],
)
def test_one_domain_that_the_network_shows_twice_is_a_conflict(fleet):
    finding = _only(fleet)
    assert (finding["status"], finding["rule"]) == ("conflict", "domain_running_twice")


def _client(*last):
    rows = [neighbour("eth0", f"192.168.100.{n} {TWIN}") for n in last]
    return server("client", OWN + "9", "192.168.100.21/23", neighbours=rows)


_WEB = server("web", TWIN, "192.168.100.30/23", identity={"product_uuid": "u"})
ONE_MACHINE = {
    "a server": [server("web", TWIN, "192.168.100.30/23")],
    "a bridge and its port": [
        snapshot(
            "web",
            nic("eth0", TWIN, master="br0"),
            nic("br0", TWIN, "192.168.100.30/23", kind="bridge"),
            neighbours=[neighbour("br0", GATEWAY)],
        )
    ],
    "a guest": [hypervisor("hv1", 1, guest("web", TWIN))],
    "a guest on a hypervisor that forwards": [
        hypervisor("hv1", 1, guest("web", TWIN), sysctls={"net.ipv4.ip_forward": "1"})
    ],
    "a guest that is an inventory host": [hypervisor("hv1", 1, guest("web", TWIN, uuid="u")), _WEB],
    "a guest defined twice": [
        hypervisor("hv1", 1, guest("web", TWIN, uuid="u")),
        hypervisor("hv2", 2, guest("web", TWIN, "shut off", "u")),
    ],
}


@pytest.mark.parametrize("fleet", ONE_MACHINE.values(), ids=ONE_MACHINE.keys())
def test_a_twin_that_nobody_gathered_shows_behind_any_kind_of_owner(fleet):
    assert [row for row in mac_collisions([*fleet, _client(30)])["findings"] if row["mac"] == TWIN] == []
    finding = _only([*fleet, _client(25, 30)])
    assert (finding["status"], finding["rule"]) == ("suspected", "several_addresses")
    assert finding["seen_with"] == ["192.168.100.25", "192.168.100.30"]


def test_one_owner_with_both_addresses_is_no_suspect():
    web = snapshot(
        "web",
        nic("eth0", TWIN, master="br0"),
        nic("br0", TWIN, "192.168.100.30/23", "192.168.100.25/23", kind="bridge"),
        neighbours=[neighbour("br0", GATEWAY)],
    )
    assert mac_collisions([web, _client(25, 30)])["findings"] == []


def _dad_failed(address):
    one = server("web", TWIN, "192.168.100.30/23")
    one["interfaces"][0]["addresses"].append({"address": address, "prefix": 64, "flags": ["dadfailed", "tentative"]})
    return [one]


@pytest.mark.parametrize(
    ("fleet", "word"),
    [
        (
            [server("web", TWIN, "192.168.100.30/23", neighbours=[neighbour("eth0", f"192.168.100.25 {TWIN}")])],
            "sees its own address",
        ),
        (
            [hypervisor("hv1", 1, guest("web", TWIN), learnt=[learned("eth0", TWIN, "br0")])],
            "comes in through eth0 of br0",
        ),
    ],
    ids=["own MAC as a neighbour", "own guest on the uplink"],
)
def test_one_host_alone_can_tell_that_it_has_a_twin(fleet, word):
    finding = _only(fleet)
    assert (finding["status"], finding["rule"]) == ("suspected", "unknown_twin")
    assert word in finding["reason"] and any(word in line for line in finding["evidence"])


@pytest.mark.parametrize(
    "fleet",
    [
        _dad_failed("fe80::5054:ff:fe0c:1df5"),
        _dad_failed("2001:db8::1"),
        [hypervisor("hv1", 1, guest("web", TWIN), learnt=["lxc-a" + learned("eth0", TWIN, "br0")[1:]])],
        [hypervisor("hv1", 1, guest("web", TWIN), learnt=[learned("vnet-web", TWIN, "br0")])],
        [server("web", TWIN, "192.168.100.30/23", neighbours=[neighbour("eth0", f"192.168.100.30 {TWIN}")])],
    ],
    ids=[
        "address detection that failed once",
        "an address that was set by hand",
        "a bridge of the same name in a container",
        "its own tap",
        "its own address",
    ],
)
def test_what_one_host_says_of_itself_is_no_twin(fleet):
    assert mac_collisions(fleet)["findings"] == []


def test_a_failed_address_that_was_not_made_of_the_mac_convicts_no_twin():
    finding = _only([*_dad_failed("2001:db8::1"), server("b", TWIN, "10.0.0.5/24", sees="")])
    assert (finding["status"], finding["rule"]) == ("latent", "segment_not_proven")


@pytest.mark.parametrize(
    ("kind", "rule"),
    [("hostdev", "segment_not_proven"), ("vdpa", "segment_not_proven"), ("user", "different_segments")],
)
def test_a_nic_that_hangs_on_nothing_known_is_not_said_to_be_elsewhere(kind, rule):
    fleet = [
        hypervisor(f"hv{n}", n, guest(f"g{n}", TWIN, type=kind, bridge=None, source=None, tap=None)) for n in (1, 2)
    ]
    finding = _only(fleet)
    assert (finding["status"], finding["rule"]) == ("latent", rule)


def test_snapshots_of_another_day_are_said():
    fleet = [
        {**server("a", M, "10.0.0.1/24"), "collected_at": 1e9},
        {**server("b", TWIN, "10.0.0.2/24"), "collected_at": 1e9 + 3 * 86400},
    ]
    gaps = mac_collisions(fleet)["coverage"]["gaps"]
    assert [(gap["host"], gap["subset"]) for gap in gaps] == [
        ("a", "snapshot")
    ] and "3.0 days before the newest" in gaps[0]["reason"]
    fleet[0]["collected_at"] = 1e9 + 2.5 * 86400
    assert mac_collisions(fleet)["coverage"]["gaps"] == []


def test_cloned_machine_ids_are_the_cause_and_the_cure():
    def clone(host, address):
        return server(
            host,
            M,
            address,
            permanent_mac=None,
            identity={"machine_id": "same"},
            nic={"kind": "bond", "assign_type": 3},
        )

    finding = _only([clone("a", "192.168.100.4/23"), clone("b", "192.168.100.5/23")], M)
    assert finding["cause"] == "cloned_machine_id" and "systemd-machine-id-setup" in finding["fix"]


def test_a_mac_set_by_hand_goes_back_to_the_makers():
    fleet = [server("a", M, "192.168.100.4/23"), server("b", M, "192.168.100.5/23", permanent_mac=OWN + "7")]
    finding = _only(fleet, M)
    assert finding["cause"] == "copied_mac" and "on b" in finding["fix"] and OWN + "7" in finding["fix"]


def test_one_mac_behind_two_addresses_that_nobody_claims_is_suspected():
    rows = [neighbour("eth0", f"192.168.100.30 {TWIN}"), neighbour("eth0", f"192.168.100.25 {TWIN}")]
    finding = _only([server("client", M, "192.168.100.21/23", neighbours=rows)])
    assert finding["status"] == "suspected" and finding["owners"] == []
    assert finding["seen_with"] == ["192.168.100.25", "192.168.100.30"]


def test_two_addresses_in_two_segments_are_a_router_on_two_legs():
    host = snapshot(
        "fw", nic("eth1.2", M, "10.2.0.2/30", kind="vlan", link="eth1", vlan={"id": 2}),
        nic("eth1.3", M, "10.3.0.2/30", kind="vlan", link="eth1", vlan={"id": 3}), nic("eth1", M),
        neighbours=[neighbour("eth1.2", f"10.2.0.1 {TWIN}"), neighbour("eth1.3", f"10.3.0.1 {TWIN}")])
    assert mac_collisions([host])["findings"] == []


def test_a_vlan_aware_bridge_keeps_its_vlans_apart():
    def leaf(vlan):
        return snapshot(
            "leaf",
            nic("swp1", OWN + "1", master="br"),
            nic("swp2", OWN + "2", master="br"),
            nic("br", OWN + "3", kind="bridge"),
            bridges=[{"name": "br", "vlan_filtering": True, "ports": ["swp1", "swp2"]}],
            learnt=[learned("swp1", OWN + "4", "br", "10"), learned("swp2", OWN + "5", "br", vlan)],
        )

    servers = [
        snapshot(
            "a",
            nic("eth0", OWN + "4", "10.0.0.1/24"),
            nic("eth1", TWIN, master="br0"),
            nic("br0", OWN + "8", kind="bridge"),
        ),
        snapshot("b", nic("eth0", OWN + "5", "10.0.0.2/24")),
    ]
    for host in servers:
        host["interfaces"][0]["mac"], own = host["interfaces"][0]["mac"], host["interfaces"][0]["mac"]
        host["interfaces"].append(nic("mv0", M, kind="macvlan", link="eth0"))
        assert own
    assert _only([leaf("10"), *servers], M)["status"] == "conflict"
    assert _only([leaf("20"), *servers], M)["status"] == "latent"


def test_live_and_persistent_definition_apart_is_latent():
    one = guest("w", TWIN)
    one["nics"][0]["persistent_mac"] = M
    finding = _only([hypervisor("hv1", 1, one), hypervisor("hv2", 2, guest("v", M))], M)
    assert finding["status"] == "latent" and finding["cause"] == "live_differs_from_persistent"


@pytest.mark.parametrize("text", ["", "{}", "[]", "[" * 100_000, 5, {"schema": "x"}])
def test_a_host_whose_snapshot_is_of_no_use_is_missing(text):
    verdict = mac_collisions(
        {"a": {"layer2_snapshot": text}, "b": {"layer2_snapshot": server("b", M, "10.0.0.2/24")}}, hosts=["a", "b"]
    )
    (missing,), (bad,) = verdict["coverage"]["missing"], verdict["coverage"]["quarantined"]
    assert (
        missing["host"] == bad["host"] == "a"
        and missing["reason"] == f"its snapshot is of no use: {bad['field']}: {bad['problem']}"
    )
    assert (verdict["summary"]["hosts_judged"], verdict["summary"]["hosts_missing"]) == (1, 1)


@pytest.mark.parametrize("word", ["$(id>x)", "--help", "a;b", "{{x}}", "1" * 50])
def test_what_is_no_address_is_told_of_nobody(word):
    other = "00:25:90:00:aa:02"
    one = server(
        "a", M, "10.0.0.1/24", neighbours=[f"- eth0 10.0.0.9 {other} REACHABLE -", f"- eth0 {word} {other} REACHABLE -"]
    )
    verdict = mac_collisions([one])
    assert not verdict["findings"] and "not an IP address" in verdict["coverage"]["quarantined"][0]["problem"]


def test_unreachable_hosts_and_gaps_are_said():
    fleet = {
        "a": {
            "ansible_facts": {
                "layer2_snapshot": server("a", M, "10.0.0.1/24", gaps=[{"subset": "guests", "reason": "no root"}])
            }
        },
        "b": {},
    }
    verdict = mac_collisions(fleet, hosts=["a", "b", "c"], unreachable={"b": "ssh: timed out"})
    assert verdict["coverage"]["missing"] == [
        {"host": "b", "reason": "ssh: timed out"}, {"host": "c", "reason": "not in the given data"}]
    assert verdict["coverage"]["gaps"] == [{"host": "a", "subset": "guests", "reason": "no root"}]
    assert (verdict["summary"]["hosts_judged"], verdict["summary"]["hosts_missing"]) == (1, 2)


def test_one_machine_under_two_inventory_names_is_judged_once():
    """Its containers and guests would otherwise fight with themselves."""
    machine = {"machine_id": "m", "boot_id": "b", "netns": "4026531840"}
    inside = nic("eth0", M, "192.168.100.9/23", kind="macvlan", netns="lxc-w", link="br0", link_netns="")

    def named(host):
        one = hypervisor(host, 1, guest("g", TWIN), identity=machine, containers=[{"id": "lxc-w", "name": "w"}])
        one["interfaces"].append(inside)
        return one
    verdict = mac_collisions([named("hv1"), named("alias")])
    assert verdict["findings"] == [] and verdict["coverage"]["judged"] == ["alias", "hv1"]
    other = named("clone")
    other["identity"] = {**machine, "netns": "4026532000"}
    assert mac_collisions([named("hv1"), other])["summary"]["conflict"] >= 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [("my-web", "my-web"), ("my%1Bweb", "my%1Bweb"), ("{{ x }}\x1b", "%7B%7B%20x%20%7D%7D%1B"), (None, "lxc-w")],
)
def test_a_container_is_called_by_what_container_names_are_made_of(name, shown):
    inside = nic("eth0", M, "192.168.100.9/23", kind="macvlan", netns="lxc-w", link="br0", link_netns="")
    one = hypervisor("hv1", 1, guest("g", TWIN), containers=[{"id": "lxc-w", "name": name}])
    one["interfaces"].append(inside)
    owners = _only([one, server("b", M, "192.168.100.5/23")], M)["owners"]
    assert {owner["guest"] for owner in owners} == {shown, None}


def test_hosts_asked_by_name_need_not_be_listed():
    """Ansible's hostvars knows the implicit localhost, but does not list it."""
    class Hostvars(dict):
        def __iter__(self):
            return iter(())
    fleet = Hostvars(localhost={"layer2_snapshot": server("localhost", M, "10.0.0.1/24")})
    assert mac_collisions(fleet, hosts=["localhost"])["coverage"]["judged"] == ["localhost"]


def test_ids_are_stable_and_distinct():
    first, second = _only(_incident()), _only(list(reversed(_incident())))
    assert first["id"] == second["id"]
    assert (
        first["id"] != _only([hypervisor("hv1", 1, guest("web30", TWIN)), hypervisor("hv3", 3, guest("x", TWIN))])["id"]
    )


def test_an_exception_holds_until_it_expires():
    rows = [{"match": f"mac == '{TWIN}'", "reason": "change 4711", "expires": "2026-12-31"}]
    kept = mac_collisions(_incident(), exceptions=read_exceptions(rows, datetime.date(2026, 12, 31)))
    assert kept["summary"]["conflict"] == 0 and kept["summary"]["excepted"] == 1
    assert kept["findings"][0]["exception"] == {"reason": "change 4711", "expires": "2026-12-31"}
    over = mac_collisions(_incident(), exceptions=read_exceptions(rows, datetime.date(2027, 1, 1)))
    assert over["summary"]["conflict"] == 1 and "exception" not in over["findings"][0]


@pytest.mark.parametrize(("row", "field"), [
    ({"match": "mac ==", "reason": "x", "expires": "2026-01-01"}, "match"),
    ({"match": "mac", "reason": " ", "expires": "2026-01-01"}, "reason"),
    ({"match": "mac", "reason": "x", "expires": "soon"}, "expires"),
    ({"match": "mac", "reason": "x", "expires": "2026-01-01", "who": "me"}, "who"),
    ("mac", "exceptions[0]"),
])
def test_a_broken_exception_is_named(row, field):
    with pytest.raises(ExceptionError, match=field.replace("[", r"\[")):
        read_exceptions([row])


def test_an_exception_may_ask_for_what_a_finding_does_not_have():
    """Other findings, which have it, still get theirs; what cannot be evaluated at all is an error and names its place.
    """
    fleet = [server("a", M, "192.168.100.4/23"), server("b", M, "192.168.100.5/23"), *_incident()]
    rows = [{"match": "starts_with(owners[0].guest, 'web')", "reason": "x", "expires": "2026-12-31"}]
    counts = mac_collisions(fleet, exceptions=read_exceptions(rows, datetime.date(2026, 1, 1)))["summary"]
    assert (counts["conflict"], counts["excepted"]) == (1, 1)
    rows[0]["match"] = "no_such_function(mac)"
    with pytest.raises(ExceptionError, match=r"exceptions\[0\].match: Unknown function"):
        mac_collisions(fleet, exceptions=read_exceptions(rows, datetime.date(2026, 1, 1)))


def test_gateway_constant_is_no_twin():
    assert mac_collisions([server("a", M, "192.168.100.4/23", sees=GATEWAY)])["findings"] == []


def test_qemus_default_address_is_named_as_the_cause():
    default = "52:54:00:12:34:56"
    finding = _only([hypervisor("hv1", 1, guest("a", default)), hypervisor("hv2", 2, guest("b", default))], default)
    assert finding["status"] == "conflict" and "started without an address" in finding["cause_text"]


def test_guests_in_the_inventory_are_told_apart_by_their_names():
    fleet = [hypervisor(f"hv{n}", n, guest(f"w{n}", TWIN)) for n in (1, 2)]
    fleet += [
        server(f"w{n}.example.org", TWIN, f"192.168.100.{n}/23", identity={"virtualization": "kvm"}) for n in (1, 2)
    ]
    finding = _only(fleet)
    assert [(row["guest"], row["addresses"]) for row in finding["owners"]] == [
        ("w1", ["192.168.100.1"]),
        ("w2", ["192.168.100.2"]),
    ]


def test_an_open_vswitch_whose_database_was_not_read_may_lead_outside():
    def host(name, *bridges):
        own = nic("br-ex", TWIN, "192.168.100.4/23", kind="openvswitch")
        return snapshot(name, own, bridges=list(bridges), neighbours=[neighbour("br-ex", GATEWAY)])
    inside = {"name": "br-ex", "kind": "openvswitch", "ports": []}
    assert _only([host("a"), host("b")])["status"] == "conflict"
    assert mac_collisions([host("a", inside), host("b", inside)])["findings"] == []
