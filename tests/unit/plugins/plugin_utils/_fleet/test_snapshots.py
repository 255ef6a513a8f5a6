"""Snapshots as they come in: every door, broken and hostile data, and what is still judged beside it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Fleet, SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import type_name
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._address_verdicts import ip_conflicts
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions
from hypothesis import given, settings
from hypothesis import strategies as st

from ..builders import TWIN, guest, hypervisor, nic, server, snapshot

M = "00:25:90:00:aa:01"


def _twins():
    return [server("a", M, "192.168.100.4/23"), server("b", M, "192.168.100.5/23")]


def _conflicts(data, **options):
    return mac_collisions(data, **options)["summary"]["conflict"]


def test_every_door_leads_to_the_same_verdict(tmp_path):
    one, other = _twins()
    for host in (one, other):
        (tmp_path / host["host"]).write_text(json.dumps({"layer2_snapshot": json.dumps(host), "ansible_other": 1}))
    doors = [
        [one, other], [json.dumps(one), other], ({"layer2_snapshot": json.dumps(one)}, other), iter([one, other]),
        {"a": {"layer2_snapshot": json.dumps(one)}, "b": {"ansible_facts": {"layer2_snapshot": other}}}, str(tmp_path),
    ]
    assert [_conflicts(door) for door in doors] == [1] * len(doors)
    assert _conflicts(one) == _conflicts(json.dumps(one)) == 0


def test_files_of_a_new_ansible_core_win_over_those_of_an_old_one(tmp_path):
    """ansible-core 2.19 prefixes and wraps its files; the older ones of the same hosts stay where they are."""
    one, other = _twins()
    stale = server("b", "00:25:90:00:aa:09", "192.168.100.5/23")
    for name, host in (("a", one), ("b", stale), ("s1_c", stale)):
        (tmp_path / name).write_text(json.dumps({"layer2_snapshot": json.dumps(host)}))
    payload = json.dumps({"layer2_snapshot": json.dumps(other)})
    (tmp_path / "s1_b").write_text(json.dumps({"__payload__": payload}))
    verdict = mac_collisions(str(tmp_path), hosts=["a", "b", "s1_c", "d"])
    assert verdict["coverage"]["judged"] == ["a", "b", "s1_c"]
    assert [row["host"] for row in verdict["coverage"]["missing"]] == ["d"]
    assert verdict["summary"]["conflict"] == 1


def test_a_cached_host_without_a_snapshot_is_missing_unless_nothing_is_known_of_it(tmp_path):
    """ansible-core 2.21 caches the controller itself, with nothing in it."""
    (tmp_path / "s1_localhost").write_text(json.dumps({"__payload__": "{}"}))
    (tmp_path / "s1_db").write_text(json.dumps({"__payload__": json.dumps({"ansible_os_family": "Debian"})}))
    coverage = mac_collisions(str(tmp_path))["coverage"]
    assert coverage["quarantined"] == [] and coverage["missing"] == [
        {"host": "db", "reason": "no snapshot was gathered"}
    ]


def test_the_inventory_name_wins_over_the_hosts_own():
    one, other = _twins()
    verdict = mac_collisions({"web1": {"layer2_snapshot": one}, "web2": {"layer2_snapshot": other}})
    assert verdict["coverage"]["judged"] == ["web1", "web2"]


def _tagged(value):
    """VALUE with its texts as Ansible's templating hands them on: of a subclass."""
    if isinstance(value, dict):
        return {_tagged(name): _tagged(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_tagged(item) for item in value]
    return type("_AnsibleTaggedStr", (str,), {})(value) if isinstance(value, str) else value


def test_snapshots_that_came_through_templating_are_judged_like_others():
    seen = {"columns": [], "rows": ["- eth0 192.168.100.1 00:25:90:00:aa:ff STALE -"]}
    one, other = (dict(host, neighbors=seen, sysctls={"net.ipv4.conf.all.arp_ignore": "1"}) for host in _twins())
    assert mac_collisions(_tagged([one, other])) == mac_collisions([one, other])
    assert ip_conflicts(_tagged([one, other])) == ip_conflicts([one, other])


def test_a_kind_of_value_is_named_as_people_know_it():
    tagged = type("_AnsibleTaggedInt", (int,), {})(5)
    assert [type_name(value) for value in (tagged, 5, None, "x")] == ["int", "int", "NoneType", "str"]
    with pytest.raises(SnapshotError, match="input: snapshots: int is neither"):
        mac_collisions(tagged)


def test_hosts_limits_and_misses_in_a_list_too():
    verdict = mac_collisions([snapshot("a"), json.dumps(snapshot("b"))], hosts=["b", "c"])
    assert verdict["coverage"]["judged"] == ["b"]
    assert verdict["coverage"]["missing"] == [{"host": "c", "reason": "not in the given data"}]


def test_a_list_may_hold_variables_and_registered_results():
    items = [
        {"ansible_facts": {"layer2_snapshot": json.dumps(snapshot("a"))}, "changed": False},
        {"layer2_snapshot": snapshot("b")},
    ]
    assert mac_collisions(items)["coverage"]["judged"] == ["a", "b"]


def test_hosts_limits_what_is_judged():
    one, other = _twins()
    assert _conflicts({"a": {"layer2_snapshot": one}, "b": {"layer2_snapshot": other}}, hosts=["a"]) == 0


@pytest.mark.parametrize("data", [3, None, b"x", "/no/such/directory"])
def test_input_that_is_no_fleet_is_refused(data):
    with pytest.raises(SnapshotError, match="Give"):
        Fleet(data)


BROKEN = {
    "cut short": (json.dumps(server("x", M, "10.0.0.1/24"))[:-20], "layer2_snapshot"),
    "not JSON": ("<html>", "layer2_snapshot"),
    "deep": ("[" * 100_000, "layer2_snapshot"),
    "a list": ("[1]", "layer2_snapshot"),
    "a number": (7, "layer2_snapshot"),
    "another schema": ({"schema": "nagios", "version": 1, "host": "x"}, "schema"),
    "a version to come": ({"schema": "netops.layer2/snapshot", "version": 2, "host": "x"}, "version"),
    "a lying version": ({"schema": "netops.layer2/snapshot", "version": True, "host": "x"}, "version"),
    "a version as text": ({"schema": "netops.layer2/snapshot", "version": "1", "host": "x"}, "version"),
    "no host": ({"schema": "netops.layer2/snapshot", "version": 1}, "host"),
    "the same host twice": (server("a", "00:25:90:00:aa:09", "10.0.0.1/24"), "host"),
}


@pytest.mark.parametrize(("broken", "field"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_snapshot_is_quarantined_and_the_rest_judged(broken, field):
    verdict = mac_collisions([*_twins(), broken])
    assert verdict["summary"]["conflict"] == 1
    (row,) = verdict["coverage"]["quarantined"]
    assert row["field"] == field and row["host"] and row["problem"] and row["hint"]
    assert len(json.dumps(row)) < 700


HOSTILE = {
    "a MAC with a newline": ({"name": "eth9", "mac": M + "\n"}, "interfaces[1].mac"),
    "a MAC that YAML made a number": ({"name": "eth9", "mac": 525400011234}, "interfaces[1].mac"),
    "an interface that is a text": ("eth9", "interfaces[1]"),
    "an interface without a name": ({"mac": M}, "interfaces[1].name"),
    "a name of 200 kB": ({"name": "e" * 200_000, "mac": TWIN}, "interfaces[1].name"),
    "addresses that are a text": ({"name": "eth9", "addresses": "10.0.0.1"}, "interfaces[1].addresses"),
}


@pytest.mark.parametrize(("extra", "field"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_broken_part_is_quarantined_and_the_host_still_judged(extra, field):
    one, other = _twins()
    one["interfaces"].append(extra)
    verdict = mac_collisions([one, other])
    assert verdict["summary"]["conflict"] == 1
    assert [row["field"] for row in verdict["coverage"]["quarantined"]] == [field]


@pytest.mark.parametrize("table", ["neighbors", "fdb"])
@pytest.mark.parametrize("content", [{"rows": ["one two", 3, "x" * 200_000]}, {"rows": "text"}, [], {}])
def test_broken_tables_are_quarantined(table, content):
    one, other = _twins()
    third = {**server("c", "00:25:90:00:aa:03", "10.0.0.3/24"), table: content}
    verdict = mac_collisions([one, other, third])
    assert verdict["summary"]["conflict"] == 1
    assert {row["host"] for row in verdict["coverage"]["quarantined"]} == {"c"}


def test_a_guest_may_be_called_what_it_likes():
    name = '<script>alert(1)</script> && rm -rf "$HOME"'
    verdict = mac_collisions(
        [hypervisor("hv1", 1, guest(name, TWIN)), hypervisor("hv2", 2, guest("b", TWIN, "shut off"))]
    )
    finding = verdict["findings"][0]
    assert name in {row["guest"] for row in finding["owners"]}
    evil = mac_collisions([hypervisor("hv1", 1, guest("b", TWIN)), hypervisor("hv2", 2, guest(name, TWIN, "shut off"))])
    assert f"'{name}'" in evil["findings"][0]["fix"]  # quoted for the shell


def test_a_long_guest_name_is_cut_and_said():
    verdict = mac_collisions([hypervisor("hv1", 1, guest("g" * 200_000, TWIN)), hypervisor("hv2", 2, guest("b", TWIN))])
    assert verdict["summary"]["conflict"] == 1 and len(json.dumps(verdict)) < 20_000
    assert verdict["coverage"]["quarantined"][0]["field"] == "guests[0].name"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(M),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "name",
                    "mac",
                    "addresses",
                    "address",
                    "nics",
                    "rows",
                    "ports",
                    "port_vlans",
                    "vlan",
                    "id",
                    "link",
                    "kind",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
_PARTS = ["interfaces", "neighbors", "fdb", "bridges", "guests", "containers", "gaps", "identity", "sysctls", "routes",
          "layer2_segment", "vlan", "host"]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(_PARTS), _JSON))
def test_no_snapshot_whatsoever_stops_the_verdict_on_the_others(parts):
    hostile = {"schema": "netops.layer2/snapshot", "version": 1, "host": "x", **parts}
    verdict = mac_collisions([*_twins(), hostile, snapshot("y", nic("eth0", TWIN))])
    assert verdict["summary"]["conflict"] >= 1
    json.dumps(verdict)
