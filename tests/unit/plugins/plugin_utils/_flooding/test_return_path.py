"""Return paths: each selector and action of a rule, tables that are empty or end in a refusal, what was not read (the
lab asks the kernel).
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ipaddress import ip_address

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Reader
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._return_path import Flow, read_routing

from ..builders import nic
from ..flood_builders import CLIENT, MAIN, VIP, routes, rules

MAIN_ROUTES = ("default via 192.0.2.1 dev eth0", "192.0.2.0/24 dev eth0")


def _routing(
    rule_lines=MAIN, route_lines=MAIN_ROUTES, interfaces=(), observed=("rules", "routes"), problems=None, **more
):
    document = {
        "host": "h",
        "interfaces": list(interfaces),
        "rules": rules(*rule_lines),
        "routes": routes(*route_lines),
        **more,
    }
    found = [] if problems is None else problems
    routing = read_routing(Reader(document, found.append), observed)
    assert problems is not None or not found
    return routing


def _decide(routing, client=CLIENT, vip=VIP, **flow):
    return routing.decide(Flow(ip_address(vip), ip_address(client), **flow))


@pytest.mark.parametrize(("rule", "flow", "fits"), [
    (f"9: from {VIP} lookup 7", {}, True),
    ("9: from 203.0.113.0/24 lookup 7", {}, True),
    ("9: from 203.0.114.0/24 lookup 7", {}, False),
    ("9: from all to 192.0.2.0/24 lookup 7", {}, True),
    ("9: from all to 192.0.2.128/25 lookup 7", {}, False),
    ("9: from all iif lo lookup 7", {}, True),
    ("9: from all iif eth0 lookup 7", {}, False),
    ("9: from all oif eth0 lookup 7", {}, False),
    ("9: from all fwmark 0x1 lookup 7", {}, False),
    ("9: from all fwmark 0x0/0x1 lookup 7", {}, True),
    ("9: from all fwmark 0x1/0xff lookup 7", {"mark": 0x301}, True),
    ("9: from all ipproto tcp lookup 7", {}, False),
    ("9: from all ipproto tcp sport 80 lookup 7", {"protocol": "tcp", "ports": (80, 40112)}, True),
    ("9: from all ipproto tcp dport 1000-50000 lookup 7", {"protocol": "tcp", "ports": (80, 40112)}, True),
    ("9: from all ipproto tcp dport 1000-2000 lookup 7", {"protocol": "tcp", "ports": (80, 40112)}, False),
    ("9: not from 203.0.113.0/24 lookup 7", {}, False),
    ("9: not from 10.0.0.0/8 lookup 7", {}, True),
])
def test_selectors(rule, flow, fits):
    decision = _decide(_routing([rule, *MAIN], [*MAIN_ROUTES, "default via 192.0.2.9 dev eth0 table 7"]), **flow)
    assert (decision.kind, decision.via) == (("via", "192.0.2.9") if fits else ("on-link", None))


@pytest.mark.parametrize(
    ("rule_lines", "route_lines", "kind"),
    [
        ([f"9: from {VIP} unreachable"], [], "refused"),
        ([f"9: from {VIP} blackhole"], [], "refused"),
        ([f"9: from {VIP} nop"], [], "on-link"),
        ([f"9: from {VIP} goto 32767"], [], "no route"),
        ([f"9: from {VIP} goto 10", "10: from all lookup 7"], ["default via 192.0.2.9 dev eth0 table 7"], "via"),
        ([f"9: from {VIP} goto 11"], [], "on-link"),  # unresolved: there is no such rule
        (["20: from all goto 10"], [], "on-link"),  # backwards leads nowhere
        ([f"9: from {VIP} lookup 7"], [], "on-link"),  # empty, as after a link down/up
        ([f"9: from {VIP} lookup 7"], ["unreachable default table 7 metric 4278198272"], "refused"),
        ([f"9: from {VIP} lookup 7"], ["throw default table 7"], "on-link"),
        (["9: from all lookup main suppress_prefixlength 0"], [], "on-link"),
        (
            ["9: from all lookup main suppress_prefixlength 24", f"10: from {VIP} lookup 7"],
            ["default via 192.0.2.9 dev eth0 table 7"],
            "via",
        ),
        ([], ["192.0.2.21/32 via 192.0.2.9 dev eth0"], "via"),
        ([], ["192.0.2.0/24 via 192.0.2.9 dev eth0 metric 5"], "on-link"),  # the lower metric wins: none is 0
        ([], ["unreachable 192.0.2.0/25"], "refused"),
    ],
)
def test_actions_and_tables(rule_lines, route_lines, kind):
    assert _decide(_routing([*rule_lines, *MAIN], [*MAIN_ROUTES, *route_lines])).kind == kind


def test_one_of_several_next_hops_on_link_is_on_link():
    decision = _decide(
        _routing(route_lines=["198.51.100.0/24 via 192.0.2.1 dev eth0", "198.51.100.0/24 dev eth1"]),
        client="198.51.100.9",
    )
    assert (decision.kind, len(decision.hops)) == ("on-link", 2)


@pytest.mark.parametrize(("interface", "kind"), [
    ({"name": "wg0", "link_type": "none"}, "point-to-point"),
    ({"name": "wg0", "link_type": "ether", "flags": ["UP", "NOARP"]}, "point-to-point"),
    ({"name": "wg0", "link_type": "ether", "flags": ["UP"]}, "on-link"),
])
def test_where_there_is_no_layer_2_nothing_is_flooded(interface, kind):
    assert _decide(_routing(route_lines=["192.0.2.0/24 dev wg0"], interfaces=[interface])).kind == kind


def test_what_is_ours_stays_here():
    routing = _routing(interfaces=[nic("eth0", "52:54:00:00:00:01", f"{CLIENT}/24")])
    assert _decide(routing).kind == "local" and _decide(routing, client="127.0.0.9").kind == "local"


def test_a_vrf_routes_by_its_own_table():
    interfaces = [{"name": "red", "kind": "vrf", "vrf_table": 40}, {"name": "eth1", "master": "red"}]
    routing = _routing(
        ["1000: from all lookup l3mdev", *MAIN],
        [*MAIN_ROUTES, "192.0.2.0/24 via 10.0.0.1 dev eth1 table 40"],
        interfaces,
    )
    assert routing.vrf_tables == {"red": "40", "eth1": "40"}
    assert (_decide(routing).kind, _decide(routing, vrf_table="40").kind) == ("on-link", "via")


def test_names_and_numbers_of_tables_are_one():
    assert _decide(_routing(["9: from all lookup 254"], ["192.0.2.0/24 dev eth0 table main"])).kind == "on-link"


@pytest.mark.parametrize(("changes", "kind", "words"), [
    ({"observed": ("routes",), "rule_lines": ("0: from all lookup local",)}, "unknown", "rules of h were not read"),
    ({"observed": ("rules",), "route_lines": ()}, "unknown", "routes of h were not read"),
    ({"gaps": [{"subset": "routes", "reason": "900000 inet routes are too many"}]}, "on-link", "too many"),
    ({"gaps": [{"subset": "guests", "reason": "no libvirt"}]}, "on-link", None),
])
def test_what_was_not_read_is_a_doubt(changes, kind, words):
    decision = _decide(_routing(**changes))
    assert decision.kind == kind and (
        any(words in doubt for doubt in decision.doubts) if words else not decision.doubts
    )


def test_a_rule_that_asks_for_what_is_not_followed_is_a_doubt():
    row = {**rules("9: from all lookup 7")[0], "tos": "0x10"}
    routing = _routing(rules=[row, *rules()])
    assert _decide(routing).kind == "on-link" and "type of service" in routing.doubts[0]


@pytest.mark.parametrize(
    "broken",
    [
        {"family": "inet"},
        {"family": "inet", "priority": 9, "from": "no address"},
        {"family": "inet", "priority": 9, "fwmark": "x"},
    ],
)
def test_broken_rules_are_quarantined_and_the_others_decide(broken):
    problems = []
    routing = _routing(rules=[broken, *rules()], problems=problems)
    assert _decide(routing).kind == "on-link" and len(problems) == 1 and "rules[0]" in str(problems[0])
