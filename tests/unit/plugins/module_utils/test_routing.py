"""Rules, routes and sysctls: every captured version says the same; routers with huge tables are not listed."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _routing
from ansible_collections.netops.layer2.plugins.module_utils._iproute import Tool
from ansible_collections.netops.layer2.plugins.module_utils._table import Parsed
from hypothesis import given, settings
from hypothesis import strategies as st

from .sample_runner import IPROUTE2, SampleRunner, denied

RULES = [
    {"family": "inet", "priority": 0, "from": "all", "table": "local", "action": "lookup"},
    {"family": "inet", "priority": 1000, "from": "192.0.2.9", "table": "100", "action": "lookup"},
    {
        "family": "inet",
        "priority": 1001,
        "from": "all",
        "to": "203.0.113.0/24",
        "iif": "br0",
        "fwmark": "0x1/0xff",
        "table": "101",
        "action": "lookup",
    },
    {"family": "inet", "priority": 1002, "from": "203.0.113.77", "action": "unreachable"},
    {"family": "inet", "priority": 32766, "from": "all", "table": "main", "action": "lookup"},
    {"family": "inet", "priority": 32767, "from": "all", "table": "default", "action": "lookup"},
]
ROUTES = [
    {
        "family": "inet",
        "dst": "default",
        "type": "unicast",
        "table": "100",
        "proto": "boot",
        "scope": "global",
        "via": "192.0.2.254",
        "dev": "br0",
    },
    {
        "family": "inet",
        "dst": "default",
        "type": "unreachable",
        "table": "100",
        "proto": "boot",
        "scope": "global",
        "metric": 4278198272,
    },
    {
        "family": "inet",
        "dst": "192.0.2.0/24",
        "type": "unicast",
        "table": "main",
        "proto": "kernel",
        "scope": "link",
        "src": "192.0.2.1",
        "dev": "br0",
    },
    {
        "family": "inet",
        "dst": "198.18.0.0/15",
        "type": "blackhole",
        "table": "main",
        "proto": "boot",
        "scope": "global",
    },
    {
        "family": "inet",
        "dst": "198.51.100.2",
        "type": "unicast",
        "table": "main",
        "proto": "kernel",
        "scope": "link",
        "src": "198.51.100.1",
        "dev": "v1",
    },
    {
        "family": "inet",
        "dst": "203.0.113.0/24",
        "type": "unicast",
        "table": "main",
        "proto": "boot",
        "scope": "global",
        "via": "192.0.2.7",
        "dev": "br0",
    },
    {
        "family": "inet",
        "dst": "203.0.113.0/24",
        "type": "unicast",
        "table": "main",
        "proto": "boot",
        "scope": "global",
        "via": "198.51.100.2",
        "dev": "v1",
    },
]


@pytest.mark.parametrize("version", IPROUTE2)
@pytest.mark.parametrize("use_json", [True, False])
def test_rules(version, use_json):
    tool = Tool(SampleRunner(version), use_json)
    assert _routing.read_rules(tool, "inet", "-4") == (RULES, [])
    six = _routing.read_rules(tool, "inet6", "-6").records
    assert {"family": "inet6", "priority": 1000, "from": "2001:db8::1", "table": "100", "action": "lookup"} in six


@pytest.mark.parametrize("version", IPROUTE2)
@pytest.mark.parametrize("use_json", [True, False])
def test_routes(version, use_json):
    tool = Tool(SampleRunner(version), use_json)
    assert _routing.read_routes(tool, "inet", "-4") == (ROUTES, [])
    six = _routing.read_routes(tool, "inet6", "-6").records
    default = [route for route in six if route["dst"] == "default"]
    assert [(route["via"], route["dev"], route["metric"]) for route in default] == [("2001:db8::fe", "br0", 512)]
    assert not any(route["table"] == "local" for route in six)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "1000:\tfrom all lookup [l3mdev-table] ",
            {"priority": 1000, "from": "all", "table": "l3mdev", "action": "lookup"},
        ),
        (
            "7:\tnot from 10.0.0.0/8 oif eth0 lookup 7",
            {"priority": 7, "from": "10.0.0.0/8", "oif": "eth0", "table": "7", "not": True},
        ),
        ("8:\tfrom all goto 32000 ", {"priority": 8, "action": "goto", "goto": "32000"}),
        ("10:\tfrom 10.0.0.1 lookup main suppress_prefixlength 0 ", {"table": "main", "suppress_prefixlength": 0}),
        (
            "11:\tfrom all uidrange 0-99 ipproto udp dport 1000-2000 lookup 71 ",
            {"uidrange": "0-99", "ipproto": "udp", "dport": "1000-2000", "sport": None, "table": "71"},
        ),
        ("12:\tfrom all tos 0x10 lookup 72 ", {"tos": "0x10"}),
        ("13:\tfrom all nop ", {"action": "nop", "table": None}),
        ("9:\tfrom all to 203.0.113.0 /24 lookup 101 ", {"priority": 9, "to": "203.0.113.0/24", "table": "101"}),
    ],
)
def test_rule_lines(line, expected):
    class Answering(Tool):
        def entries(self, argv, options, parse_text, prefix=()):
            return parse_text(line)

    rule = _routing.read_rules(Answering(SampleRunner()), "inet", "-4").records[0]
    assert {key: rule.get(key) for key in expected} == expected


# As iproute2 6.1 printed them on a 6.18 kernel.
@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            {"priority": 50, "src": "10.0.0.1", "table": "main", "suppress_prefixlen": 0},
            {"suppress_prefixlength": 0, "table": "main"},
        ),
        (
            {"priority": 60, "src": "all", "ipproto": "tcp", "sport": 80, "table": "70"},
            {"ipproto": "tcp", "sport": "80"},
        ),
        (
            {
                "priority": 61,
                "src": "all",
                "uid_start": 0,
                "uid_end": 99,
                "ipproto": "udp",
                "dport_start": 1000,
                "dport_end": 2000,
                "table": "71",
            },
            {"uidrange": "0-99", "dport": "1000-2000"},
        ),
        (
            {"priority": 63, "src": "10.9.0.0", "srclen": 16, "goto": 32766},
            {"action": "goto", "goto": "32766", "from": "10.9.0.0/16"},
        ),
        ({"priority": 64, "src": "all", "nop": None}, {"action": "nop"}),
    ],
)
def test_rules_as_json_tells_them(entry, expected):
    class Answering(Tool):
        def entries(self, argv, options, parse_text, prefix=()):
            return Parsed([entry], [])

    rule = _routing.read_rules(Answering(SampleRunner()), "inet", "-4").records[0]
    assert {key: rule.get(key) for key in expected} == expected


def test_next_hop_of_the_other_family():
    json_form = {"dst": "10.0.0.0/8", "via": {"family": "inet6", "host": "fe80::1"}, "dev": "swp1"}  # RFC 5549
    text_form = _routing.routes_from_text("10.0.0.0/8 via inet6 fe80::1 dev swp1 proto bgp metric 20 \n").records[0]

    class Answering(Tool):
        answer = json_form

        def entries(self, argv, options, parse_text, prefix=()):
            return _routing.Parsed([self.answer], [])

    for entry in (json_form, text_form):
        Answering.answer = entry
        route = _routing.read_routes(Answering(SampleRunner()), "inet", "-4").records[0]
        assert (route["via"], route["dev"]) == ("fe80::1", "swp1")


def test_counts_come_from_the_kernels_counters():
    runner = SampleRunner(
        files={
            "/proc/net/fib_triestat": (
                "Basic info\nMain:\n\tLeaves:         8\n\tPrefixes:       900000\nLocal:\n\tPrefixes:       7\n"
            ),
            "/proc/net/rt6_stats": "0004 0003 0006 1e240 0000 0001 0000\n",
        }
    )
    assert _routing.count_routes(runner) == {"inet": 900007, "inet6": 123456}
    assert _routing.count_routes(SampleRunner()) == {}


@settings(max_examples=100, deadline=None)
@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(
            [
                "default",
                "via",
                "inet6",
                "dev",
                "nexthop",
                "metric",
                "0:",
                "from",
                "lookup",
                "\n",
                "\n\t",
                "10.0.0.0/8",
                "goto",
            ]
        ),
        max_size=8,
    ).map(" ".join)
)
@pytest.mark.parametrize("parse", [_routing.rules_from_text, _routing.routes_from_text])
def test_no_text_raises(parse, text):
    parse(text)


SYSCTLS = {
    "/proc/sys/net/ipv4/ip_forward": "1\n",
    "/proc/sys/net/ipv4/conf/all/rp_filter": "0\n", "/proc/sys/net/ipv4/conf/default/rp_filter": "2\n",
    "/proc/sys/net/ipv4/conf/eth0/rp_filter": "2\n", "/proc/sys/net/ipv4/conf/eth0.100/rp_filter": "1\n",
    "/proc/sys/net/ipv4/conf/eth0/arp_ignore": denied("arp_ignore"),
}


def test_only_what_differs_from_default():
    assert _routing.read_sysctls(SampleRunner(files=SYSCTLS)) == {
        "net.ipv4.ip_forward": "1", "net.ipv4.conf.all.rp_filter": "0", "net.ipv4.conf.default.rp_filter": "2",
        "net.ipv4.conf.eth0/100.rp_filter": "1"}


def test_a_host_without_sysctls_is_a_gap_and_not_an_empty_answer():
    with pytest.raises(_routing.ReadError):
        _routing.read_sysctls(SampleRunner())
