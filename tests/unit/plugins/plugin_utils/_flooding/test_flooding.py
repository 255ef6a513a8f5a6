"""Floods explained: incident 2 and every fact of it that breaks careless verdicts, latent cases, partial data, hostile
data, many hosts.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import datetime
import gc
import json
import time
import tracemalloc

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._ageing import read_switches
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._causes._list import cause_names
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._flooding import SCHEMA, flooding_causes
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import read_exceptions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..builders import guest, hypervisor, learned, neighbour, nic, snapshot
from ..flood_builders import (
    CLIENT,
    CLIENT_MAC,
    CORE_MAC,
    GATEWAY_IP,
    MAIN,
    SERVER,
    SERVER_MAC,
    VIP,
    bystander,
    client,
    director,
    host,
    incident2,
    incident2_samples,
    loopback,
    real_server,
    routes,
    rules,
    sample,
    sampled,
    switch,
    switch2,
    talker,
)

CURED_RULES = rules("0: from all lookup local", f"1001: from {VIP} lookup 1001", "32766: from all lookup main")
CONNECTED = (f"default via {GATEWAY_IP} dev eth0", "192.0.2.0/24 dev eth0")
CURED_ROUTES = routes(
    *CONNECTED, f"default via {GATEWAY_IP} dev eth0 table 1001", "unreachable default table 1001 metric 4278198272"
)
OTHER, OTHER_MAC = "192.0.2.33", "52:54:00:00:00:33"
SAMPLE = [sample("bystander1", sampled("eth0", talker()))]


def _only(verdict):
    assert len(verdict["findings"]) == 1, [found["reason"] for found in verdict["findings"]]
    return verdict["findings"][0]


def _cause(fleet, samples=None, **options):
    found = _only(flooding_causes(fleet, SAMPLE if samples is None else samples, **options))
    return found["cause"], found["rule"]


# --- incident 2 -----------------------------------------------------------------------------------------------------

def test_incident_2():
    found = _only(flooding_causes(incident2(), incident2_samples()))
    assert (found["cause"], found["status"], found["confidence"]) == ("asymmetric_return", "flooding", "certain")
    assert (found["source"]["host"], found["source"]["ip"], found["source"]["interface"]) == ("server1", VIP, "eth0")
    assert (found["destination"]["host"], found["destination"]["ip"]) == ("client1", CLIENT)
    assert [receiver["host"] for receiver in found["receivers"]] == ["bystander1", "bystander2"]
    assert found["route"]["reply"]["kind"] == "on-link" and found["route"]["reply"]["dev"] == "eth0"
    request = found["route"]["request"]
    assert (request["kind"], request["via"], request["director"]["host"], request["mode"]) == (
        "director", GATEWAY_IP, "director1", "direct routing")
    assert found["cure"] == {
        "role": "policy_route",
        "host": "server1",
        "vip": VIP,
        "interface": "eth0",
        "gateway": GATEWAY_IP,
    }
    assert any("ip route get 192.0.2.21 from 203.0.113.80" in line for line in found["evidence"])


def test_a_vip_on_a_tunnel_is_told_from_direct_routing():
    tunnel = {**nic("tunl0", "00:00:00:00:00:00", f"{VIP}/32"), "link_type": "ipip", "kind": "ipip"}
    found = _only(flooding_causes(incident2(server=real_server(vip=tunnel)), SAMPLE))
    assert found["route"]["request"]["mode"] == "tunnel"


def test_two_nics_without_any_director_are_asymmetric_too():
    server = host("server1", nic("eth0", SERVER_MAC, f"{SERVER}/24"), nic("eth1", "52:54:00:00:01:02", f"{VIP}/24"),
                  routes=routes("192.0.2.0/24 dev eth0", "203.0.113.0/24 dev eth1", "default via 203.0.113.1 dev eth1"))
    assert _cause([server, client(), bystander()]) == ("asymmetric_return", "reply_on_link")


def test_what_is_in_one_subnet_is_symmetric():
    pair = [talker(source_ip=SERVER)]
    verdict = flooding_causes(incident2(), [sample("bystander1", sampled("eth0", *pair))])
    found = next(found for found in verdict["findings"] if found["status"] == "flooding")
    assert found["cause"] != "asymmetric_return" and found["route"]["request"]["kind"] == "on-link"


def test_ipv6_is_judged_alike():
    vip, peer = "2001:db8:80::80", "2001:db8:2::21"
    lines = ("2001:db8:2::/64 dev eth0", "default via fe80::1 dev eth0")
    server = host("server1", nic("eth0", SERVER_MAC, "2001:db8:2::101/64"), loopback(f"{vip}/128"),
                  routes=routes(*lines, family="inet6"), rules=rules(family="inet6"))
    samples = [sample("bystander1", sampled("eth0", talker(source_ip=vip, destination_ip=peer)))]
    found = _only(flooding_causes([server, bystander()], samples))
    assert (found["cause"], found["cure"]["gateway"]) == ("asymmetric_return", "fe80::1")
    assert "ip -6 rule add" in found["fix"] and "net.ipv6.conf" in found["fix"]


def test_timers_of_the_server_are_no_cure_while_tcp_confirms_its_entry():
    found = _only(flooding_causes(incident2(), SAMPLE))
    assert found["ageing"]["confirmed_by_traffic"] and any("TCP confirms" in line for line in found["evidence"])
    assert "base_reachable" not in found["fix"] and found["cure"]["role"] == "policy_route"
    assert [cure["role"] for cure in found["alternatives"]] == ["ageing_timers"]


def test_learning_off_stands_beside_the_root_cause():
    found = _only(flooding_causes(incident2(core=switch("core", uplink_learns=False)), SAMPLE))
    assert found["cause"] == "asymmetric_return"


# --- the way of the reply -------------------------------------------------------------------------------------------

@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"rules": CURED_RULES, "routes": CURED_ROUTES}, None),
        # A link down/up empties the table and leaves the rule: the next rule decides, on-link again.
        ({"rules": CURED_RULES, "routes": routes(*CONNECTED)}, "reply_on_link"),
        # Without a last resort that is only a matter of time.
        (
            {"rules": CURED_RULES, "routes": routes(*CONNECTED, f"default via {GATEWAY_IP} dev eth0 table 1001")},
            "undone_by_link_loss",
        ),
        # With the last resort alone it fails loudly, and floods nobody.
        (
            {"rules": CURED_RULES, "routes": routes(*CONNECTED, "unreachable default table 1001 metric 4278198272")},
            None,
        ),
        # Redirects undo it: either sysctl is enough, since the kernel takes any of the two on a host.
        (
            {"rules": CURED_RULES, "routes": CURED_ROUTES, "sysctls": {"net.ipv4.conf.all.accept_redirects": "1"}},
            "undone_by_redirects",
        ),
        (
            {"rules": CURED_RULES, "routes": CURED_ROUTES, "sysctls": {"net.ipv4.conf.eth0.accept_redirects": "1"}},
            "undone_by_redirects",
        ),
        ({"rules": CURED_RULES, "routes": CURED_ROUTES, "sysctls": {"net.ipv4.conf.eth1.accept_redirects": "1"}}, None),
        # A router believes redirects only where both say so.
        (
            {
                "rules": CURED_RULES,
                "routes": CURED_ROUTES,
                "sysctls": {"net.ipv4.conf.all.accept_redirects": "1", "net.ipv4.ip_forward": "1"},
            },
            None,
        ),
        (
            {
                "rules": CURED_RULES,
                "routes": CURED_ROUTES,
                "sysctls": {
                    "net.ipv4.conf.all.accept_redirects": "1",
                    "net.ipv4.conf.eth0.accept_redirects": "1",
                    "net.ipv4.ip_forward": "1",
                },
            },
            "undone_by_redirects",
        ),
        # systemd-networkd took the rule away and left the table.
        ({"routes": CURED_ROUTES}, "reply_on_link"),
        # The same rule twice, as it is added at every run without a priority.
        ({"rules": [*CURED_RULES, *CURED_RULES], "routes": CURED_ROUTES}, None),
        # A rule for another VIP does not help this one.
        ({"rules": rules("5: from 203.0.113.99 lookup 1001", *MAIN), "routes": CURED_ROUTES}, "reply_on_link"),
        # Nor does one that comes too late.
        ({"rules": rules(*MAIN, f"40000: from {VIP} lookup 1001"), "routes": CURED_ROUTES}, "reply_on_link"),
        ({"rules": rules(f"9: from {VIP} unreachable", *MAIN), "routes": routes(*CONNECTED)}, None),
    ],
)
def test_what_waits_to_happen(changes, rule):
    verdict = flooding_causes(incident2(server=real_server(**changes)))
    assert [found["rule"] for found in verdict["findings"]] == ([rule] if rule else [])
    assert verdict["summary"]["latent"] == len(verdict["findings"]) and verdict["summary"]["flooding"] == 0


def test_a_table_that_no_rule_leads_to_any_more_is_pointed_out():
    found = _only(flooding_causes(incident2(server=real_server(routes=CURED_ROUTES))))
    assert any("table 1001 has a default route" in line and "no rule leads to it" in line for line in found["evidence"])


@pytest.mark.parametrize(("name", "is_found"), [("eth0", True), ("default", True), ("all", False)])
def test_redirects_of_ipv6_are_a_matter_of_the_nic_alone(name, is_found):
    vip, lines = (
        "2001:db8:80::80",
        (
            "2001:db8:2::/64 dev eth0",
            "default via fe80::1 dev eth0 table 7",
            "unreachable default table 7 metric 99999",
        ),
    )
    servers = [
        host(
            f"server{number}",
            nic("eth0", f"{SERVER_MAC[:-1]}{number}", f"2001:db8:2::{number}/64"),
            loopback(f"{vip}/128"),
            rules=rules(f"9: from {vip} lookup 7", *MAIN[:2], family="inet6"),
            routes=routes(*lines, family="inet6"),
            sysctls={
                "net.ipv6.conf.all.accept_redirects": "0",
                "net.ipv6.conf.default.accept_redirects": "0",
                f"net.ipv6.conf.{name}.accept_redirects": "1",
            },
        )
        for number in (1, 2)
    ]
    assert {found["rule"] for found in flooding_causes(servers)["findings"]} == (
        {"undone_by_redirects"} if is_found else set()
    )


def test_a_latent_finding_names_the_clients_and_what_the_role_needs():
    found = _only(flooding_causes(incident2()))
    assert (found["status"], found["destination"]["clients"], found["receivers"]) == ("latent", "192.0.2.0/24", [])
    assert found["cure"]["host"] == "server1" and found["cure"]["vip"] == VIP


@pytest.mark.parametrize(("sysctls", "forwards", "elsewhere", "is_found"), [
    ({}, False, True, True),
    # arp_ignore is the maximum of all and the NIC: either one makes a real server of it, others alone do not.
    ({"net.ipv4.conf.all.arp_ignore": "0", "net.ipv4.conf.eth0.arp_ignore": "1"}, False, False, True),
    ({"net.ipv4.conf.all.arp_ignore": "1"}, True, False, True),
    ({"net.ipv4.conf.all.arp_ignore": "0"}, False, False, False),
    ({"net.ipv4.conf.all.arp_ignore": "0"}, True, True, False),
])
def test_only_real_servers_are_warned_of(sysctls, forwards, elsewhere, is_found):
    server = real_server(sysctls={**sysctls, **({"net.ipv4.ip_forward": "1"} if forwards else {})})
    fleet = [server, client(), *([director()] if elsewhere else [])]
    assert bool(flooding_causes(fleet)["findings"]) is is_found


def test_what_is_flooded_is_not_listed_as_latent_again():
    verdict = flooding_causes(incident2(), SAMPLE)
    assert (verdict["summary"]["flooding"], verdict["summary"]["latent"]) == (1, 0)


@pytest.mark.parametrize(
    ("observed", "word"), [(["interfaces", "rules"], "routes"), (["interfaces", "routes"], "rules")]
)
def test_routes_that_were_not_read_never_read_as_clean(observed, word):
    server = real_server(observed=observed)
    server.pop(word)
    verdict = flooding_causes(incident2(server=server))
    assert any(gap["host"] == "server1" and word in gap["reason"] for gap in verdict["coverage"]["gaps"])
    assert [found["confidence"] for found in verdict["findings"]] == (["medium"] if word == "rules" else [])


# --- the other causes -----------------------------------------------------------------------------------------------

def _one_subnet(*rows, sender=None, receiver=None, **bridge):
    """A sender and a receiver in one subnet, on one switch, with a symmetric path."""
    other = receiver or host("other1", nic("eth0", OTHER_MAC, f"{OTHER}/24"), routes=routes("192.0.2.0/24 dev eth0"))
    one = sender or host("server1", nic("eth0", SERVER_MAC, f"{SERVER}/24"), routes=routes("192.0.2.0/24 dev eth0"),
                         neighbours=[neighbour("eth0", f"{OTHER} {OTHER_MAC}")])
    rows = rows or (learned("swp2", SERVER_MAC, "br0"),)
    return [one, other, switch("sw2", *rows, **bridge), bystander()]


UDP = [
    sample(
        "bystander1",
        sampled("eth0", talker(destination=OTHER_MAC, source_ip=SERVER, destination_ip=OTHER, protocol="udp")),
    )
]


@pytest.mark.parametrize(
    ("fleet", "expected"),
    [
        (_one_subnet(uplink_learns=False), ("learning_off", "deaf_port")),
        (_one_subnet(fdb_learned=8192, fdb_limit=8192), ("table_overflow", "full_table")),
        (_one_subnet(fdb_learned=100, fdb_limit=8192), ("unknown", "unknown")),
        (_one_subnet(ageing=0.0), ("ageing_mismatch", "no_memory")),
        (_one_subnet(topology_change=True), ("topology_change", "flushed")),
        (
            _one_subnet(receiver=host("other1", {**nic("eth0", OTHER_MAC, f"{OTHER}/24"), "up": False})),
            ("silent_destination", "not_up"),
        ),
        (_one_subnet(ageing=30.0), ("ageing_mismatch", "arp_outlives_mac")),
        (
            _one_subnet(learned("swp2", SERVER_MAC, "br0"), learned("swp1", OTHER_MAC, "br0"), uplink_learns=False),
            ("unknown", "unknown"),
        ),
        (_one_subnet(), ("unknown", "unknown")),
    ],
)
def test_each_cause(fleet, expected):
    assert _cause(fleet, UDP) == expected


def test_a_hypervisor_beside_the_way_is_not_blamed():
    """Its bridge has one way out: whatever it does not know, it floods to its own guests only."""
    tap = nic("vnet0", "fe:54:00:00:99:09", kind="tun", master="br0", port={"learning": False})
    beside = host(
        "hv9",
        nic("eth0", "52:54:00:00:99:08", master="br0"),
        nic("br0", "52:54:00:00:99:08", "192.0.2.250/24", kind="bridge"),
        tap,
        bridges=[{"name": "br0", "kind": "linux", "ageing": 300.0, "ports": ["eth0", "vnet0"]}],
        neighbours=[neighbour("br0", f"{GATEWAY_IP} {CORE_MAC}")],
    )
    fleet = [*_one_subnet(), beside]
    assert _cause(fleet, UDP) == ("unknown", "unknown")
    assert _cause(fleet, [sample("hv9", sampled("eth0", UDP[0]["interfaces"][0]["talkers"]["rows"][0]))]) == (
        "learning_off",
        "deaf_port",
    )


def test_nobody_heard_of_it():
    sender = host("server1", nic("eth0", SERVER_MAC, f"{SERVER}/24"), routes=routes("192.0.2.0/24 dev eth0"),
                  neighbours=[f"- eth0 {OTHER} {OTHER_MAC} STALE -"])
    fleet = [one for one in _one_subnet(sender=sender) if one["host"] != "other1"]
    assert _cause(fleet, UDP) == ("silent_destination", "not_heard")


def test_a_cluster_address_is_silent_by_design():
    samples = [
        sample(
            "bystander1",
            sampled("eth0", talker(destination="02:bf:c0:00:02:09", source_ip=SERVER, destination_ip=OTHER)),
        )
    ]
    assert _cause(_one_subnet(), samples) == ("silent_destination", "cluster_address")


def test_a_moving_mac_is_handed_over():
    twin = host(
        "twin1",
        nic("eth0", CLIENT_MAC, "192.0.2.77/24", assign_type=3),
        neighbours=[neighbour("eth0", f"{GATEWAY_IP} {CORE_MAC}")],
    )
    found = _only(flooding_causes(incident2(twin=twin), SAMPLE))
    assert (found["cause"], found["cure"]["role"]) == ("duplicate_mac", "fix_dup_mac")
    assert [other["cause"] for other in found["also"]] == ["asymmetric_return"] and "fix_dup_mac" in found["fix"]


def test_two_routers_of_one_subnet():
    """The classic of two layer-3 switches: one passes packets on, the answers go to the other."""
    other_router = "52:54:00:00:00:02"
    receiver = host(
        "other1",
        nic("eth0", OTHER_MAC, f"{OTHER}/24"),
        routes=routes("192.0.2.0/24 dev eth0", "default via 192.0.2.2 dev eth0"),
        neighbours=[neighbour("eth0", f"192.0.2.2 {other_router}"), neighbour("eth0", f"192.0.2.1 {CORE_MAC}")],
    )
    sender = host(
        "router1",
        nic("eth0", CORE_MAC, "192.0.2.1/24"),
        sysctls={"net.ipv4.ip_forward": "1"},
        routes=routes("192.0.2.0/24 dev eth0"),
    )
    samples = [
        sample(
            "bystander1",
            sampled(
                "eth0", talker(source=CORE_MAC, destination=OTHER_MAC, source_ip="198.51.100.9", destination_ip=OTHER)
            ),
        )
    ]
    assert _cause([sender, receiver, bystander()], samples) == ("asymmetric_return", "other_router")
    symmetric = copy.deepcopy(receiver)
    symmetric["routes"] = routes("192.0.2.0/24 dev eth0", "default via 192.0.2.1 dev eth0")
    assert _cause([sender, symmetric, bystander()], samples)[0] != "asymmetric_return"


def test_a_sender_that_was_not_read_is_known_by_its_neighbours():
    seen = host(
        "bystander1",
        nic("eth0", "52:54:00:00:03:01", "192.0.2.201/24"),
        neighbours=[neighbour("eth0", f"{SERVER} {SERVER_MAC}")],
    )
    found = _only(flooding_causes([seen, client()], SAMPLE))
    assert (found["cause"], found["rule"], found["confidence"]) == ("asymmetric_return", "reply_from_vip", "medium")


@pytest.mark.parametrize("flag", ["router", "-"])
def test_a_router_that_was_not_read_is_no_server_with_a_vip(flag):
    rows = [f"- eth0 {GATEWAY_IP} {CORE_MAC} REACHABLE {flag}"]
    seen = host("bystander1", nic("eth0", "52:54:00:00:03:01", "192.0.2.201/24"), neighbours=rows,
                routes=routes(f"default via {GATEWAY_IP} dev eth0") if flag == "-" else [])
    samples = [sample("bystander1", sampled("eth0", talker(source=CORE_MAC)))]
    assert _cause([seen], samples) == ("asymmetric_return", "router_return")


def test_what_a_router_passes_on_is_one_finding_whatever_the_number_of_sources():
    """Eight remote sources in as many subnets behind one MAC, which no host has an entry for."""
    for family, remote in (
        ("v4", [f"198.51.{number}.9" for number in range(8)]),
        ("v6", [f"2001:db8:{number}::9" for number in range(8)]),
    ):
        client = "192.0.2.77" if family == "v4" else "2001:db8:ff::77"
        rows = [talker(source="00:0a:de:ad:be:ef", source_ip=ip, destination_ip=client) for ip in remote]
        found = _only(flooding_causes([], [sample("bystander1", sampled("eth0", *rows))], least_share=0.5))
        assert (found["cause"], found["rule"], found["cure"]["role"]) == (
            "asymmetric_return",
            "router_return",
            "ageing_timers",
        )
        assert (
            "a router (00:0a:de:ad:be:ef) passes packets" in found["reason"] and "route symmetrically" in found["fix"]
        )
        assert any("8 addresses" in line for line in found["evidence"])


ROUTER_IP = "192.0.2.3"


def _behind(sources, *fleet):
    """What is found where an unread machine, known for an address of its own, sends from SOURCES."""
    rows = [talker(source=CORE_MAC, source_ip=ip) for ip in sources]
    seen = host("bystander1", nic("eth0", "52:54:00:00:03:01", "192.0.2.201/24"),
                neighbours=[neighbour("eth0", f"{ROUTER_IP} {CORE_MAC}")])
    found = flooding_causes([seen, *fleet], [sample("bystander1", sampled("eth0", *rows))], least_share=0.01)
    return [(one["rule"], (one["cure"] or {}).get("role")) for one in found["findings"]]


@pytest.mark.parametrize("number", [4, 8, 15, 40])
def test_many_sources_of_one_subnet_behind_one_mac_are_a_routers(number):
    """Nobody routes through it, nobody named it, and all sources lie in one /24: one finding, and no policy route."""
    assert _behind([f"198.51.100.{at}" for at in range(1, number + 1)]) == [("router_return", "ageing_timers")]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_few_sources_may_be_a_servers_vips_or_behind_a_router(number):
    """Timers help both; a policy route would be for somebody across the WAN."""
    assert _behind([f"198.51.100.{at}" for at in range(1, number + 1)]) == [("reply_from_vip", "ageing_timers")]


def test_vips_that_somebody_here_answers_for_are_not_behind_a_router():
    vips = [f"198.51.100.{at}" for at in range(1, 7)]
    director = host("director1", nic("eth0", "52:54:00:00:02:09", "192.0.2.9/24", *(f"{vip}/32" for vip in vips)))
    assert set(_behind(vips, director)) == {("reply_from_vip", "policy_route")}
    assert len(_behind(vips, director)) == len(vips)  # each needs a policy route of its own


def test_sources_on_a_link_here_are_not_behind_a_router():
    local = host("other1", nic("eth0", "52:54:00:00:02:08", "203.0.113.200/25"))
    assert {rule for rule, _role in _behind([f"203.0.113.{at}" for at in range(130, 138)], local)} == {
        "reply_from_vip"
    }
    assert _behind([f"203.0.113.{at}" for at in range(1, 9)], local) == [("router_return", "ageing_timers")]


REMOTE = [f"198.51.100.{at}" for at in range(1, 9)]


@pytest.mark.parametrize("build", [snapshot, host], ids=["raw text", "forwarding not known"])
def test_a_router_that_was_read_is_one_by_its_remote_sources(build):
    nics = nic("eth0", CORE_MAC, f"{ROUTER_IP}/24")
    assert _behind(REMOTE, build("r2", nics)) == [("router_return", "ageing_timers")]
    holder = build("r2", nics, loopback(*(f"{ip}/32" for ip in REMOTE)))
    assert "router_return" not in {rule for rule, _role in _behind(REMOTE, holder)}


def test_a_router_that_is_a_guest_is_one_by_its_remote_sources():
    hypervisors = hypervisor("hv1", 9, guest("vyos", CORE_MAC))
    assert _behind(REMOTE, hypervisors) == [("router_return", "ageing_timers")]


def test_two_sources_that_nobody_knows_are_one_finding():
    rows = [talker(source=CORE_MAC, source_ip=ip) for ip in ("198.51.100.9", "198.51.101.9")]
    verdicts = [flooding_causes([], [sample("bystander1", sampled("eth0", *some))]) for some in (rows, rows[:1])]
    found, alone = map(_only, verdicts)
    assert (found["cause"], found["id"]) == ("unknown", alone["id"])
    assert any("sends from 2 addresses (198.51.100.9 and 198.51.101.9), which nobody here has" in line
               for line in found["evidence"])
    assert found["receivers"][0]["share"] == 1.0 and sum(row["share"] for row in alone["receivers"]) == 1.0


@pytest.mark.parametrize("number", [1, 3])
def test_a_sender_that_nobody_knows_is_told_by_where_the_destinations_own_packets_go(number):
    """No host has an entry for its MAC; the client was read, and answers through another one."""
    rows = [talker(source="00:0a:de:ad:be:ef", source_ip=f"198.51.100.{at}") for at in range(1, number + 1)]
    found = _only(flooding_causes([client()], [sample("bystander1", sampled("eth0", *rows))]))
    assert (found["rule"], found["cure"]["role"]) == ("reply_from_vip", "ageing_timers")
    assert f"whose own packets to it go to {GATEWAY_IP} ({CORE_MAC})" in found["reason"]
    assert "Look what 00:0a:de:ad:be:ef is" in found["fix"] and "ip rule" not in found["fix"]


def test_what_the_inventory_does_not_know_is_named():
    found = _only(flooding_causes([], SAMPLE))
    assert found["cause"] == "unknown" and found["confidence"] == "low"
    assert all(word in found["reason"] for word in (SERVER_MAC, CLIENT_MAC, "not observed"))
    assert (found["destination"]["host"], found["destination"]["segment"]) == (None, "not proven")


def test_a_sampling_host_knows_its_own_macs_even_without_a_snapshot():
    samples = [*SAMPLE, sample("server9", sampled("eth0"), own_macs=[SERVER_MAC])]
    assert _only(flooding_causes([], samples))["source"]["host"] == "server9"


# --- samples --------------------------------------------------------------------------------------------------------

def test_receivers_get_their_share_of_the_exact_totals():
    rows = [
        talker(bytes=9_000_000),
        talker(source_port=443, bytes=2_000_000),
        talker(destination_ip=OTHER, destination=OTHER_MAC, bytes=1_000_000),
    ]
    verdict = flooding_causes(incident2(), [sample("bystander1", sampled("eth0", *rows))])
    big, small = verdict["findings"]
    assert (big["receivers"][0]["share"], small["receivers"][0]["share"]) == (0.9167, 0.0833)
    assert big["bits_per_second"] + small["bits_per_second"] == pytest.approx(12_000_000, abs=1)
    assert (big["receivers"][0]["series"][0], big["source"]["port"]) == ([917, 1375000], 80)
    assert (verdict["summary"]["receivers"], verdict["summary"]["bits_per_second"]) == (1, 12_000_000)


def test_talkers_that_the_sample_left_out_are_nobodys_share():
    verdict = flooding_causes(incident2(), [sample("bystander1", sampled("eth0", talker(), sampled=16000))])
    assert _only(verdict)["receivers"][0]["share"] == 0.5


def test_small_shares_are_only_counted():
    rows = [talker(), talker(destination=OTHER_MAC, destination_ip=OTHER, bytes=60_000)]
    verdict = flooding_causes(incident2(), [sample("bystander1", sampled("eth0", *rows))])
    assert (verdict["summary"]["flooding"], verdict["summary"]["minor_pairs"]) == (1, 1)
    assert (
        flooding_causes(incident2(), [sample("bystander1", sampled("eth0", *rows))], least_share=0)["summary"][
            "flooding"
        ]
        == 2
    )


def test_zero_is_not_quiet_where_nothing_can_be_told():
    unsure = sampled("eth0", verdict="cannot_tell", reason="no promiscuous capture, and otherhost counts only IP")
    verdict = flooding_causes([client()], [sample("client1", unsure)])
    assert (verdict["summary"]["interfaces_cannot_tell"], verdict["summary"]["interfaces_quiet"]) == (1, 0)
    assert any("cannot tell" in gap["reason"] and gap["item"] == "eth0" for gap in verdict["coverage"]["gaps"])


def test_a_mirror_port_is_no_flood():
    both = [
        talker(),
        talker(
            source=CLIENT_MAC, destination=SERVER_MAC, source_ip=CLIENT, destination_ip=VIP, frames=4000, bytes=240_000
        ),
    ]
    verdict = flooding_causes(incident2(), [sample("bystander1", sampled("eth0", *both))])
    assert (verdict["summary"]["flooding"], verdict["summary"]["interfaces_mirrored"]) == (0, 1)
    assert any("mirror" in gap["reason"] for gap in verdict["coverage"]["gaps"])
    hub = incident2(sw2=switch2(ageing=0.0))
    assert flooding_causes(hub, [sample("bystander1", sampled("eth0", *both))])["summary"]["interfaces_mirrored"] == 0


def test_lost_frames_are_said():
    verdict = flooding_causes(incident2(), [sample("bystander1", sampled("eth0", talker(), dropped=17))])
    assert any("dropped 17" in line for line in _only(verdict)["evidence"])
    assert any("dropped 17" in gap["reason"] for gap in verdict["coverage"]["gaps"])


def test_hosts_without_a_sample_are_listed():
    verdict = flooding_causes(incident2(), SAMPLE)
    assert [row["host"] for row in verdict["coverage"]["not_sampled"]] == [
        "bystander2",
        "client1",
        "director1",
        "server1",
        "sw2",
    ]


def test_samples_come_from_where_the_snapshots_are(tmp_path):
    facts = {one["host"]: {"ansible_facts": {"layer2_snapshot": json.dumps(one)}} for one in incident2()}
    for one in incident2_samples():
        facts[one["host"]]["ansible_facts"]["layer2_flood_sample"] = json.dumps(one)
    verdict = flooding_causes(facts, hosts=[*facts, "gone"], unreachable={"gone": "timed out"})
    assert verdict["summary"]["flooding"] == 1 and verdict["coverage"]["missing"] == [
        {"host": "gone", "reason": "timed out"}
    ]
    for name, variables in facts.items():
        (tmp_path / name).write_text(json.dumps(variables["ansible_facts"]))
    assert flooding_causes(str(tmp_path))["findings"] == verdict["findings"]


@pytest.mark.parametrize("data", [7, None])
def test_no_snapshots_at_all(data):
    with pytest.raises(SnapshotError, match="neither hostvars"):
        flooding_causes(data)


# --- what is promised -----------------------------------------------------------------------------------------------

def _every_finding():
    yield from flooding_causes(incident2(), incident2_samples())["findings"]
    yield from flooding_causes(incident2())["findings"]
    for changes in ({"ageing": 0.0}, {"uplink_learns": False}, {"topology_change": True}, {"ageing": 30.0}, {}):
        yield from flooding_causes(_one_subnet(**changes), UDP)["findings"]


def test_no_fix_blocks_unknown_unicast():
    """It cuts off silent hosts."""
    texts = [json.dumps([found["fix"], found["cure"]]) for found in _every_finding()]
    assert texts and not any(
        word in text.lower() for text in texts for word in ("flood off", "uufb", "block", "storm-control")
    )


def test_every_finding_has_a_cause_of_the_list_and_a_hint():
    for found in _every_finding():
        assert found["cause"] in cause_names() and found["fix"] and found["evidence"]


def test_ids_are_stable_and_distinct():
    first, second = (flooding_causes(incident2(), incident2_samples()) for _number in range(2))
    assert [found["id"] for found in first["findings"]] == [found["id"] for found in second["findings"]]
    latent = flooding_causes(incident2())["findings"]
    assert latent[0]["id"] != first["findings"][0]["id"]


def test_an_exception_counts_apart():
    granted = read_exceptions(
        [{"match": "source.host == 'server1'", "reason": "moved on Sunday", "expires": "2030-01-01"}],
        today=datetime.date(2026, 11, 22),
    )
    verdict = flooding_causes(incident2(), SAMPLE, exceptions=granted)
    assert (verdict["summary"]["excepted"], verdict["summary"]["flooding"]) == (1, 0)
    assert verdict["findings"][0]["exception"] == {"reason": "moved on Sunday", "expires": "2030-01-01"}


def test_switches_that_the_operator_knows_complete_the_timers():
    devices = read_switches({"core1": {"platform": "ios", "addresses": [GATEWAY_IP]}, "sw3": {"mac": 300}})
    ageing = _only(flooding_causes(incident2(), SAMPLE, devices=devices))["ageing"]
    assert (ageing["arp"], ageing["mac"], ageing["arp_device"], ageing["not_observed"]) == (14400, 300, "core1", [])


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = st.sampled_from(
    ["interfaces", "rules", "routes", "sysctls", "bridges", "neighbors", "fdb", "observed", "gaps", "identity"]
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(field=_FIELDS, junk=_JUNK, inside=st.sampled_from(["interfaces", "gaps", "own_macs", "duration"]), other=_JUNK)
def test_hostile_data_of_one_host_spoils_no_other(field, junk, inside, other):
    fleet = incident2(bystander={**bystander(1), field: junk})
    samples = [{**incident2_samples()[0], inside: other}, incident2_samples()[1]]
    verdict = flooding_causes(fleet, samples)
    assert verdict["schema"] == SCHEMA and verdict["findings"][0]["source"]["host"] == "server1"
    json.dumps(verdict)


@settings(max_examples=120, deadline=None)
@given(
    more=st.dictionaries(
        st.sampled_from(
            [
                "addresses",
                "flags",
                "port",
                "kind",
                "link_type",
                "mac",
                "master",
                "netns",
                "vrf_table",
                "name",
                "link",
                "vlan",
                "ageing",
                "ports",
                "fdb_limit",
                "fdb_learned",
            ]
        ),
        _JUNK,
        max_size=5,
    )
)
def test_hostile_interfaces_and_bridges_spoil_nothing(more):
    odd = bystander(1)
    odd["interfaces"], odd["bridges"] = [*odd["interfaces"], {"name": "odd0", **more}], [{"name": "br9", **more}]
    assert flooding_causes(incident2(bystander=odd), SAMPLE)["findings"][0]["source"]["host"] == "server1"


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(
        st.dictionaries(
            st.sampled_from(
                [
                    "family",
                    "priority",
                    "from",
                    "to",
                    "fwmark",
                    "goto",
                    "action",
                    "table",
                    "dst",
                    "via",
                    "type",
                    "metric",
                ]
            ),
            _JUNK,
            max_size=6,
        ),
        max_size=4,
    )
)
def test_hostile_rules_and_routes_are_quarantined(rows):
    server = real_server()
    server["rules"], server["routes"] = [*server["rules"], *rows], [*server["routes"], *rows]
    assert flooding_causes(incident2(server=server), SAMPLE)["summary"]["flooding"] == 1


def _many(number):
    """Hosts that see each other's gateway; every hundredth is a real server."""
    lines = (f"default via {GATEWAY_IP} dev eth0", "192.0.2.0/24 dev eth0")
    rows = [neighbour("eth0", f"10.9.{i // 256}.{i % 256} 52:54:00:77:{i // 256:02x}:{i % 256:02x}") for i in range(50)]
    for index in range(number):
        mac = f"52:54:01:{index >> 16:02x}:{index >> 8 & 255:02x}:{index & 255:02x}"
        vip = (loopback(f"{VIP}/32"),) if index % 100 == 0 else ()
        yield host(
            f"h{index}",
            nic("eth0", mac, f"10.8.{index // 256}.{index % 256}/16"),
            *vip,
            routes=routes(*lines),
            neighbours=rows,
        )


def _cost(number):
    texts = [json.dumps(one) for one in _many(number)]
    gc.collect()
    tracemalloc.start()
    begin = time.process_time()
    flooding_causes(texts, SAMPLE)
    spent = time.process_time() - begin
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return spent, peak


def test_cost_grows_with_hosts_and_not_faster():
    # The least of three: what the collector has not taken yet is no cost, and depends on what ran before.
    small, large = (tuple(map(min, zip(*(_cost(hosts) for _time in range(3)), strict=True))) for hosts in (200, 1600))
    assert large[0] < small[0] * 8 * 2.5, "eight times the hosts in much more than eight times the time"
    assert large[1] < small[1] * 8 * 1.5
