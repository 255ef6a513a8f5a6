"""Tests of scans on the controller: as further sightings they convict, acquit, and name machines that nobody claims."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hosts import Hosts
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._observation import CLAIMED, SEEN
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Fleet, SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._scan._unknown import machines
from ansible_collections.netops.layer2.plugins.plugin_utils._scan._vendor import vendor
from ansible_collections.netops.layer2.plugins.plugin_utils._sources._list import read
from ansible_collections.netops.layer2.plugins.plugin_utils._sources._observe import observe
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._address_verdicts import ip_conflicts
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions
from hypothesis import given
from hypothesis import strategies as st

from ..builders import GATEWAY, TWIN, guest, hypervisor, learned, neighbour, nic, server, snapshot

A, B, V, X, Y = (f"00:25:90:00:aa:0{number}" for number in (1, 2, 5, 8, 9))
IP = "192.168.100.9"


def reply(address: str, mac: str, kind: str = "arp", interface: str = "eth0", vlan: str = "-") -> str:
    return f"{interface} {vlan} {address} {mac} {kind} 1 0.010 0.010"


def scan(*rows: str, host: str = "vantage", **more):
    return {
        "schema": "netops.layer2/scan",
        "version": 1,
        "host": host,
        "collected_at": 1.0,
        "duration": 1.0,
        "collector": "0.1.0",
        "mode": "scan",
        "interfaces": [],
        "probes": [],
        "replies": {"columns": [], "rows": list(rows)},
        "events": [],
        "machines": [],
        "gaps": [],
        **more,
    }


def vantage(**more):
    return server("vantage", V, "192.168.100.5/23", **more)


def judged(snapshots, *scans):
    found = ip_conflicts([*snapshots, vantage()], scans=list(scans), list_shared=True)["findings"]
    return [(one["address"], one["status"], one["rule"], one["confidence"]) for one in found]


PROXY = [reply(f"192.168.100.{number}", X) for number in range(30, 60)]
OWNER = server("a", A, f"{IP}/23")


@pytest.mark.parametrize(
    ("snapshots", "rows", "expected"),
    [
        ([OWNER], [reply(IP, A)], []),
        ([OWNER], [reply(IP, A), reply(IP, X)], [(IP, "conflict", "answered_twice", "certain")]),
        ([OWNER], [reply(IP, X)], [(IP, "conflict", "answered_twice", "high")]),
        ([OWNER], [reply(IP, A), reply(IP, X, "request")], [(IP, "suspected", "unknown_owner", "medium")]),
        ([OWNER], [reply(IP, A), reply(IP, X), *PROXY], [(IP, "shared", "proxy_arp", "high")]),
        ([OWNER], [reply(IP, A), reply(IP, "00:00:5e:00:01:07")], [(IP, "shared", "virtual_router", "high")]),
        ([], [reply(IP, X), reply(IP, Y)], [(IP, "suspected", "several_macs", "medium")]),
        (
            [hypervisor("hv1", 1, guest("web25", TWIN))],
            [reply(IP, TWIN), reply(IP, X)],
            [(IP, "conflict", "answered_twice", "high")],
        ),
        (
            [],
            [reply("192.168.100.5", X, "probe-conflict")],
            [("192.168.100.5", "conflict", "answered_twice", "certain")],
        ),
        ([OWNER], [reply(IP, X, "probe")], []),
    ],
)
def test_what_answers_make_of_an_address(snapshots, rows, expected):
    assert judged(snapshots, scan(*rows)) == expected


def test_two_nics_of_one_host_that_both_answer_are_one_owner():
    flux = snapshot(
        "a", nic("eth0", A, f"{IP}/23"), nic("eth1", B, "192.168.100.10/23"), neighbours=[neighbour("eth0", GATEWAY)]
    )
    assert judged([flux], scan(reply(IP, A), reply(IP, B))) == []


def test_a_silent_holder_of_a_virtual_ip_is_no_second_owner():
    sysctls = {"net.ipv4.conf.all.arp_ignore": "1", "net.ipv4.conf.all.arp_announce": "2",
               "net.ipv4.conf.default.arp_ignore": "0", "net.ipv4.conf.default.arp_announce": "0"}
    real = server("real", B, "192.168.100.12/23", sysctls=sysctls)
    real["interfaces"].append({**nic("lo", "00:00:00:00:00:00", "192.168.100.77/32"), "link_type": "loopback"})
    director = server("lvs", A, "192.168.100.77/32")
    assert judged([real, director], scan(reply("192.168.100.77", A))) == [
        ("192.168.100.77", "shared", "load_balancer_vip", "high")
    ]


def test_an_old_entry_that_nobody_answers_for_stays_an_old_entry():
    other = server(
        "b", B, "192.168.100.10/23", neighbours=[neighbour("eth0", f"{IP} {X}").replace("REACHABLE", "STALE")]
    )
    assert judged([OWNER, other], scan(reply(IP, A))) == [(IP, "shared", "old_entry", "high")]


def test_an_address_that_goes_back_and_forth_while_watched_is_in_conflict():
    watch = scan(
        reply(IP, A, "request"),
        reply(IP, X, "request"),
        mode="watch",
        events=[{"kind": "conflict", "address": IP, "mac": A, "mac_before": X, "at": 3.0, "interface": "eth0"}],
    )
    assert judged([OWNER], watch) == [(IP, "conflict", "answered_twice", "certain")]


def test_the_evidence_names_the_vantage_and_what_it_asked():
    found = ip_conflicts([OWNER, vantage()], scans=[scan(reply(IP, A), reply(IP, X))])["findings"][0]
    assert (
        f"{X}, which is a machine that nobody claims, answered when eth0 of vantage asked for {IP}" in found["evidence"]
    )
    assert found["macs"] == [A, X] and found["segment"] != "not proven"


def test_scans_come_from_hostvars_texts_and_lists_alike():
    text = json.dumps(scan(reply(IP, A)))
    hostvars = {
        "vantage": {
            "ansible_facts": {"layer2_scan": text, "layer2_watch": json.dumps(scan(reply(IP, X), mode="watch"))}
        },
        "b": {},
    }
    assert [(one.host, one.mac) for one in read(hostvars)] == [("vantage", A), ("vantage", X)]
    for data in ([text], text, json.loads(text), [{"ansible_facts": {"layer2_scan": text}}]):
        assert [(one.host, one.mac) for one in read(data)] == [("vantage", A)]
    assert list(read(None)) == []
    with pytest.raises(SnapshotError, match="is neither hostvars nor a list of scans"):
        read(7)


def test_an_answer_is_dated_by_the_controllers_clock_where_it_noted_when_the_scan_came():
    facts = {"layer2_scan": scan(reply(IP, A), duration=5.0), "layer2_scan_received": "1000.000 run"}
    assert [(one.first, one.last) for one in read({"vantage": {"ansible_facts": facts}})] == [(995.01, 995.01)]
    assert [(one.first, one.last) for one in read([scan(reply(IP, A))])] == [(None, None)]


def test_a_scan_without_a_snapshot_of_its_vantage_is_a_gap():
    found = ip_conflicts([OWNER], scans=[scan(reply(IP, A), reply(IP, X))])
    assert found["findings"] == []
    assert [(gap["host"], gap["subset"], gap["hint"]) for gap in found["coverage"]["gaps"]] == [
        ("vantage", "scan", "Gather the host with layer2_facts")]


def test_a_tagged_reply_is_of_the_vlan_and_not_of_the_untagged_network():
    rows = [reply(IP, X, vlan="7")]
    assert judged([OWNER], scan(*rows)) == []
    found = machines([OWNER, vantage()], [scan(*rows)])["unknown"]
    assert [(one["mac"], one["seen_by"]) for one in found] == [(X, ["vantage on eth0.7"])]
    tagged = vantage()
    tagged["interfaces"].append(nic("prod", V, "10.0.0.1/24", kind="vlan", link="eth0", vlan={"id": 7}))
    tables = observe(Hosts(Fleet([tagged])), read([scan(*rows)])).model.tables
    assert [
        tables.pairs[number]
        for place, numbers in tables.neighbours.of("vantage")
        if place == ("", "prod")
        for number in numbers
    ] == [(IP, X)]


def test_a_vantage_uses_its_own_mac_in_a_vlan_that_it_asked_in():
    told = list(read([scan(reply(IP, X, vlan="7"))]))
    assert [(one.kind, one.interface, one.vlan) for one in told] == [(SEEN, "eth0", "7"), (CLAIMED, "eth0", "7")]
    claims = observe(Hosts(Fleet([vantage()])), told).model.claims[V]
    assert [(claim.interface, claim.kind, claim.addresses) for claim in claims if claim.in_use] == [
        ("eth0", None, ("192.168.100.5",)), ("eth0.7", "vlan", ())]
    assert len({claim.point for claim in claims if claim.in_use}) == 2
    assert [one.kind for one in read([scan(reply(IP, X, "probe", vlan="7"))])] == [SEEN], (
        "who asks whether an address is free proves no VLAN"
    )
    known = vantage()
    known["interfaces"].append(nic("prod", B, "10.0.0.1/24", kind="vlan", link="eth0", vlan={"id": 7}))
    claims = observe(Hosts(Fleet([known])), told).model.claims
    assert [claim.interface for claim in claims[V] if claim.in_use] == ["eth0"] and [
        claim.interface for claim in claims[B]
    ] == ["prod"]


def test_what_is_observed_of_a_host_stays_out_of_its_snapshot():
    document = vantage()
    before = json.dumps(document)
    ip_conflicts([document], scans=[scan(reply(IP, X, vlan="7"), reply(IP, A))])
    assert json.dumps(document) == before


def test_broken_documents_and_rows_are_quarantined():
    found = mac_collisions(
        [OWNER, vantage()],
        scans=[scan("too short", reply(IP, "nonsense"), reply(IP, A)), {"schema": "x", "version": 1, "host": "h"}, "{"],
    )
    assert sorted(row["field"] for row in found["coverage"]["quarantined"]) == ["layer2_scan", "replies.rows", "schema"]


def test_addresses_behind_one_mac_are_told_apart_or_together():
    rows = [reply("192.168.100.30", TWIN), reply("192.168.100.25", TWIN)]
    told = {"addresses": ["192.168.100.30", "192.168.100.25"], "mac": TWIN, "evidence": ["their SSH host keys differ"]}
    apart = mac_collisions([vantage()], scans=[scan(*rows, machines=[{**told, "same": False}])])["findings"]
    assert [(one["status"], one["rule"]) for one in apart] == [("conflict", "told_apart")]
    assert "their SSH host keys differ" in apart[0]["reason"]
    together = mac_collisions([vantage()], scans=[scan(*rows, machines=[{**told, "same": True}])])
    assert together["findings"] == [] and together["summary"]["shared"] == 1
    unsure = mac_collisions([vantage()], scans=[scan(*rows, machines=[{**told, "same": None}])])["findings"]
    assert [(one["status"], one["rule"]) for one in unsure] == [("suspected", "several_addresses")]


def test_who_else_is_there_with_vendor_place_and_holders():
    inner = hypervisor(
        "hv1", 1, guest("web25", TWIN), learnt=[learned("vnet-web25", X, "br0"), learned("eth0", Y, "br0")]
    )
    rows = [reply(IP, X), reply("192.168.100.44", Y), reply("192.168.100.25", TWIN), reply("fe80::1", Y, "echo")]
    found = machines([inner, OWNER, vantage()], [scan(*rows)])
    assert found["summary"] == {"seen": 3, "unknown": 2, "guests": 1}
    first, second = found["unknown"]
    assert (first["mac"], first["vendor"], first["behind"], first["held_by"]) == (
        X, "Super Micro Computer, Inc.", "guest web25 on hv1 (vnet-web25)", ["a"])
    assert (second["addresses"], second["behind"]) == (["192.168.100.44", "fe80::1"], "eth0 of br0 on hv1")
    assert [(one["guest"], one["host"], one["addresses"]) for one in found["guests"]] == [
        ("web25", "hv1", ["192.168.100.25"])
    ]


def test_a_proxys_addresses_are_counted_and_a_virtual_router_is_named():
    found = machines([vantage()], [scan(*PROXY, reply("192.168.100.1", "00:00:5e:00:01:07"))])["unknown"]
    assert [(one["virtual"], len(one["addresses"]), one["more_addresses"]) for one in found] == [
        ("VRRP or CARP", 1, 0),
        (None, 20, 10),
    ]


@pytest.mark.parametrize(
    ("mac", "name"),
    [
        ("52:54:00:0c:1d:f5", "QEMU/KVM"),
        ("02:42:ac:11:00:02", "Docker"),
        ("06:00:00:00:00:01", None),
        ("00:00:0c:00:00:01", "Cisco Systems, Inc"),
    ],
)
def test_vendors(mac, name):
    assert vendor(mac) == name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["rows", "kind", "address", "mac", "same", "addresses", "evidence", "reason"]), inner
        )
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["replies", "events", "machines", "gaps", "host"]), JSON),
    st.lists(st.text(max_size=30)),
)
def test_no_document_breaks_the_verdict_on_others(content, rows):
    document = {**scan(*rows), **content}
    found = ip_conflicts([OWNER, vantage()], scans=[document])
    assert found["summary"]["hosts_judged"] == 2
