"""The plain text of `ip` and `bridge`: quirks of real versions, and damage that is shown instead of guessed at."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _iptext
from hypothesis import given, settings
from hypothesis import strategies as st

HEADER = "2: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast master bond0 state UP group default qlen 1000\n"
MAC = "    link/ether 52:54:00:25:ad:fa brd ff:ff:ff:ff:ff:ff promiscuity 0 \n"


def only(text):
    parsed = _iptext.links(text)
    assert parsed.damaged == [] and len(parsed.records) == 1
    return parsed.records[0]


def test_header_and_link_line():
    assert only(HEADER + MAC) == {
        "ifindex": 2,
        "ifname": "eth0",
        "flags": ["BROADCAST", "UP", "LOWER_UP"],
        "mtu": 1500,
        "master": "bond0",
        "operstate": "UP",
        "link_type": "ether",
        "address": "52:54:00:25:ad:fa",
    }


def test_bond_slave_line_that_wraps():
    # iproute2 4.3 (ip/iplink_bond_slave.c) prints newlines inside the line; what follows starts at column 0, then a
    # blank line.
    text = (
        HEADER
        + MAC
        + "    bond_slave state ACTIVE mii_status UP link_failure_count 0 perm_hwaddr 52:54:00:a2:dc:12 queue_id 0"
        " ad_aggregator_id 1 ad_actor_oper_port_state 63\nad_partner_oper_port_state 63\n\n    inet 192.0.2.1/24"
        " scope global eth0\n"
    )
    link = only(text)
    assert link["linkinfo"] == {"info_slave_kind": "bond", "info_slave_data": {"perm_hwaddr": "52:54:00:a2:dc:12"}}
    assert link["addr_info"][0]["local"] == "192.0.2.1"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "    vlan protocol 802.1Q id 3 <REORDER_HDR> ",
            {"info_kind": "vlan", "info_data": {"protocol": "802.1Q", "id": 3}},
        ),
        ("    openvswitch ", {"info_kind": "openvswitch", "info_data": {}}),
        ("    macvlan  mode private ", {"info_kind": "macvlan", "info_data": {"mode": "private"}}),
        (
            "    vxlan id 24 local 10.0.0.1 srcport 0 0 dstport 4789 nolearning ageing 1800 ",
            {"info_kind": "vxlan", "info_data": {"id": 24, "local": "10.0.0.1", "ageing": 1800}},
        ),
        ("    vrf table 1001 ", {"info_kind": "vrf", "info_data": {"table": 1001}}),
        ("    vrf_slave table 1001 ", {"info_slave_kind": "vrf", "info_slave_data": {}}),
        (
            "    bridge forward_delay 1500 ageing_time 180000 stp_state 2 vlan_filtering 1 vlan_protocol 802.1Q ",
            {
                "info_kind": "bridge",
                "info_data": {"forward_delay": 1500, "ageing_time": 180000, "stp_state": 2, "vlan_filtering": 1},
            },
        ),
        (
            "    bridge_slave state forwarding priority 8 learning off flood on isolated on ",
            {
                "info_slave_kind": "bridge",
                "info_slave_data": {"state": "forwarding", "learning": False, "flood": True, "isolated": True},
            },
        ),
        ("    bond mode 802.3ad miimon 100 ", {"info_kind": "bond", "info_data": {"mode": "802.3ad"}}),
    ],
)
def test_detail_lines(line, expected):
    assert only(HEADER + MAC + line + "\n")["linkinfo"] == expected


@pytest.mark.parametrize(("name", "link"), [
    ("eth1.2@eth0", {"ifname": "eth1.2", "link": "eth0"}), ("if3@if5", {"ifname": "if3", "link_index": 5}),
    ("tunl0@NONE", {"ifname": "tunl0"}), ("odd@name@eth0", {"ifname": "odd@name", "link": "eth0"}),
])
def test_names(name, link):
    text = "1: eth0: <> mtu 1500\n" + MAC + HEADER.replace("eth0", name) + MAC
    found = _iptext.links(text).records[1]
    assert {key: found.get(key) for key in ("ifname", "link", "link_index") if key in found} == link


def test_a_namespace_number_makes_it_an_index_whatever_is_called_so_here():
    text = ("5: if7: <UP> mtu 1500\n" + MAC + "6: eth0@if7: <UP> mtu 1500\n"
            + MAC.replace("promiscuity", "link-netnsid 3 promiscuity"))
    assert _iptext.links(text).records[1]["link_index"] == 7 and _iptext.links(text).records[1]["link_netnsid"] == 3


def test_permanent_address_altname_and_link_without_address():
    text = (HEADER + MAC.replace("promiscuity", "permaddr 52:54:00:00:00:01 promiscuity") + "    altname enp1s0\n"
            "3: tun0: <POINTOPOINT> mtu 1500\n    link/none promiscuity 0 \n    tun type tun pi off \n")
    first, second = _iptext.links(text).records
    assert first["permaddr"] == "52:54:00:00:00:01" and first["altnames"] == ["enp1s0"]
    assert second["link_type"] == "none" and "address" not in second


def test_what_stands_under_a_damaged_header_is_not_given_to_the_interface_before():
    text = (
        HEADER
        + MAC
        + "3: eth1 <BROKEN\n    link/ether 52:54:00:00:00:99 brd ff:ff:ff:ff:ff:ff\n    inet 10.0.0.1/8 scope global\n"
    )
    parsed = _iptext.links(text)
    assert [link["address"] for link in parsed.records] == ["52:54:00:25:ad:fa"]
    assert "addr_info" not in parsed.records[0]
    assert len(parsed.damaged) == 3 and "3: eth1 <BROKEN" in parsed.damaged[0]


def test_the_number_of_names_in_a_header_that_nobody_understands_does_not_matter():
    text = (
        HEADER
        + MAC
        + "7: foo:veth0@eth0@veth0: <BROADCAST,UP> mtu 1500\n    link/ether 52:54:00:00:00:99 brd ff:ff:ff:ff:ff:ff\n"
    )
    parsed = _iptext.links(text)
    assert [link["address"] for link in parsed.records] == [
        "52:54:00:25:ad:fa"
    ] and "foo:veth0@eth0@veth0" in parsed.damaged[0]


@pytest.mark.parametrize(
    "program",
    ["prog/xdp id 7", "prog/xdpdrv id 7 tag 0123456789abcdef jited", "prog/xdpgeneric id 8", "prog/xdpoffload id 9"],
)
def test_lines_of_xdp_programs_are_no_damage(program):
    parsed = _iptext.links(HEADER + MAC + "    " + program + "\n    inet 192.0.2.1/24 scope global eth0\n")
    assert parsed.damaged == [] and parsed.records[0]["addr_info"][0]["local"] == "192.0.2.1"


@pytest.mark.parametrize(
    "dressed",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("eth0", "\x1b[36meth0\x1b[0m").replace(
            "52:54:00:25:ad:fa", "\x1b[0;33m52:54:00:25:ad:fa\x1b[0m"
        ),
        lambda text: "\\".join(text.splitlines()) + "\n",
    ],
    ids=["Windows line ends", "Macintosh line ends", "byte order mark", "ip -c", "ip -o link"],
)
def test_however_the_text_is_dressed_it_says_the_same(dressed):
    text = HEADER + MAC + "    inet 192.0.2.1/24 scope global eth0\n       valid_lft forever preferred_lft forever\n"
    assert _iptext.links(dressed(text)) == _iptext.links(text)
    entries = "192.0.2.9 dev eth0 lladdr 52:54:00:25:ad:fa STALE\n"
    if "\\" not in dressed(text):
        assert _iptext.neighbours(dressed(entries)) == _iptext.neighbours(entries)


def test_an_interface_without_its_link_line_never_reads_as_one_without_mac():
    parsed = _iptext.links(HEADER + "    inet 192.0.2.1/24 scope global eth0\n")  # ip -4 address show
    assert [link["ifname"] for link in parsed.records] == ["eth0"] and "MAC address is unknown: eth0" in parsed.damaged[
        0
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("    link/ether 52:54:00:0c:1d:f5x brd ff:ff:ff:ff:ff:ff", "not a MAC address"),
        ("    link/ether", "no MAC address"),
        ("    inet 192.0.2.300/24 scope global", "not an IP address"),
        ("    inet", "not an IP address"),
        ("    inet 192.0.2.1/abc scope global", "not a number"),
        ("    what is this", "line not understood"),
    ],
)
def test_damaged_lines_are_shown_and_the_rest_stays(line, problem):
    parsed = _iptext.links(HEADER + line + "\n    inet6 fe80::1/64 scope link\n")
    assert len(parsed.damaged) == 1 and problem in parsed.damaged[0] and line.strip()[:20] in parsed.damaged[0]
    assert parsed.records[0]["addr_info"][0]["local"] == "fe80::1" and "address" not in parsed.records[0]


@pytest.mark.parametrize(("line", "expected"), [
    ("172.16.2.12 dev vlan24 lladdr b6:60:65:27:bb:74 offload NOARP",
     {"dst": "172.16.2.12", "dev": "vlan24", "lladdr": "b6:60:65:27:bb:74", "state": ["NOARP"], "offload": True}),
    ("fe80::1 dev swp6  FAILED", {"dst": "fe80::1", "dev": "swp6", "state": ["FAILED"]}),
    ("10.0.0.1 dev eth0 lladdr 52:54:00:60:48:56 extern_learn NOARP proto zebra ",
     {"dst": "10.0.0.1", "dev": "eth0", "lladdr": "52:54:00:60:48:56", "state": ["NOARP"], "extern_learn": True}),
])
def test_neighbour_lines(line, expected):
    assert _iptext.neighbours(line + "\n") == ([expected], [])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "b6:60:65:27:bb:74 dev vni13 vlan 13 master bridge static",
            {"vlan": 13, "master": "bridge", "flags": [], "state": "static"},
        ),
        (
            "52:54:00:4d:a6:fd dev vni13 vlan 13 offload master bridge ",
            {"vlan": 13, "master": "bridge", "flags": ["offload"], "state": ""},
        ),
        (
            "00:00:00:00:00:00 dev vni13 dst 10.0.0.134 self permanent",
            {"dst": "10.0.0.134", "flags": ["self"], "state": "permanent"},
        ),
        (
            "52:54:00:00:00:01 dev eth0 master br0 extern_learn ",
            {"master": "br0", "flags": ["extern_learn"], "state": ""},
        ),
        ("52:54:00:00:00:01 dev vnet0 master permanent", {"flags": [], "state": "permanent"}),
        (
            "52:54:00:00:00:01 dev vx24 10.0.0.1 vlan 7 self br0 permanent",  # 4.18 leaves words out
            {"dst": "10.0.0.1", "vlan": 7, "master": "br0", "flags": ["self"], "state": "permanent"},
        ),
        (
            "52:54:00:00:00:01 dev vx24 dst 10.0.0.1 via eth0 link-netnsid 0 self used 5/7",
            {"dst": "10.0.0.1", "flags": ["self"], "state": ""},
        ),
    ],
)
def test_fdb_lines(line, expected):
    parsed = _iptext.fdb(line)
    assert parsed.damaged == []
    assert {key: value for key, value in parsed.records[0].items() if key not in ("mac", "ifname")} == expected


@pytest.mark.parametrize("line", [
    "nonsense", "52:54:00:00:00:01", "52:54:00:00:00:01 dev", "x dev eth0", "52:54:00:00:00:01 dev eth0 what is this",
    "52:54:00:00:00:01 dev " + "e" * 99])
def test_fdb_damage(line):
    parsed = _iptext.fdb(line)
    assert parsed.records == [] and len(parsed.damaged) == 1


# 4.9, 4.18 and 6.1 after their bridge/vlan.c
@pytest.mark.parametrize("text", [
    "port\tvlan ids\neth0\t 1 PVID Egress Untagged\n\t 30-40\n\nbr0\tNone\n",
    "port\tvlan ids\neth0\t 1 PVID untagged\n\t 30-40\n\nbr0\tNone\n",
    "port              vlan-id  \neth0              1 PVID Egress Untagged\n                  30-40\nbr0\n",
])
def test_vlan_tables(text):
    parsed = _iptext.vlans(text)
    assert parsed.damaged == []
    ports = {entry["ifname"]: entry["vlans"] for entry in parsed.records}
    assert ports["br0"] == [] and ports["eth0"][1] == {"vlan": 30, "vlanEnd": 40, "flags": []}
    assert ports["eth0"][0]["flags"] in (["PVID", "Egress Untagged"], ["PVID", "untagged"])


WORDS = st.sampled_from(
    [
        "dev",
        "eth0",
        "lladdr",
        "52:54:00:00:00:01",
        "master",
        "br0",
        "vlan",
        "7",
        "dst",
        "10.0.0.1",
        "self",
        "x" * 50,
        "STALE",
        "inet",
        "link/ether",
        "2:",
        "<UP>",
        "mtu",
        "\t",
        "\u2028",
        "\x00",
        "-1",
        "99999999999999999999",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(WORDS, max_size=8).map(" ".join), max_size=5).map("\n".join) | st.text(max_size=80))
@pytest.mark.parametrize("parse", [_iptext.links, _iptext.neighbours, _iptext.fdb, _iptext.vlans])
def test_no_text_raises(parse, text):
    parsed = parse(text)
    assert all(len(line) < 300 for line in parsed.damaged)
