"""Interfaces and neighbours out of `ip`: every captured version says the same, in JSON and in text."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import copy
import json

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _iproute, _iptext
from ansible_collections.netops.layer2.plugins.module_utils._links import resolve_links
from ansible_collections.netops.layer2.plugins.module_utils._runner import Missing, ReadError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from .sample_runner import IPROUTE2, SampleRunner, sample


def read(version, use_json=True):
    """Resolved interfaces by name, as a host with iproute2 VERSION gives them."""
    parsed = _iproute.read_links(_iproute.Tool(SampleRunner(version), use_json))
    found = _iproute.interfaces(parsed.records)
    assert parsed.damaged == [] and found.damaged == []
    resolve_links(found.records)
    return {record["name"]: record for record in found.records}


def without(record, *keys):
    return {key: value for key, value in record.items() if key not in keys}


EXPECTED = {
    "name": "vx24",
    "index": 6,
    "mac": "02:00:00:00:00:07",
    "link_type": "ether",
    "kind": "vxlan",
    "up": True,
    "carrier": True,
    "operstate": "unknown",
    "flags": ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
    "mtu": 1500,
    "master": "br0",
    "master_kind": "bridge",
    "vxlan": {"id": 24, "local": "192.0.2.1", "ageing": 1800},
    "port": {"learning": True, "flood": True, "isolated": False, "state": "forwarding"},
}


def test_one_interface_in_full():
    assert without(read("iproute2-6.1")["vx24"], "addresses") == EXPECTED


@pytest.mark.parametrize("version", IPROUTE2)
@pytest.mark.parametrize("use_json", [True, False])
def test_every_version_says_the_same(version, use_json):
    reference, found = read("iproute2-7.1"), read(version, use_json)
    assert list(found) == list(reference)
    for name, record in reference.items():
        # Older versions tell less of ports, and not the type of a tun; what they tell has to be equal.
        assert without(found[name], "port", "mode") == without(record, "port", "mode"), name
        assert found[name].get("port", {}).items() <= record.get("port", {}).items()
        assert found[name].get("mode", record.get("mode")) == record.get("mode")
    assert found["mv0"]["mode"] == "private"


@pytest.mark.parametrize("version", IPROUTE2)
def test_a_veth_whose_peer_is_elsewhere_is_never_the_interface_of_that_number_here(version):
    v0 = read(version)["v0"]
    assert (v0["link_index"], v0["link_foreign"]) == (2, True) and "link" not in v0  # number 2 here is br0


def test_veth_macvlan_and_addresses():
    found = read("iproute2-6.1")
    assert (found["v1"]["link"], found["v1"]["link_netns"], found["v1p"]["link"]) == ("v1p", "", "v1")
    assert (found["mv0"]["link"], found["mv0"]["link_index"]) == ("v1", found["v1"]["index"])
    assert (
        found["tap0"]["mac"] == "fe:54:00:0c:1d:f5"
        and found["tap0"]["kind"] == "tun"
        and found["tap0"]["mode"] == "tap"
    )
    assert found["v1"]["addresses"][0] == {
        "address": "198.51.100.1",
        "prefix": 32,
        "scope": "global",
        "peer": "198.51.100.2",
    }
    assert found["br0"]["addresses"][1] == {
        "address": "192.0.2.9",
        "prefix": 24,
        "scope": "global",
        "flags": ["secondary"],
    }


@pytest.mark.parametrize("version", IPROUTE2)
@pytest.mark.parametrize("use_json", [True, False])
def test_neighbours(version, use_json):
    parsed = _iproute.read_neighbours(_iproute.Tool(SampleRunner(version), use_json))
    rows = []
    assert parsed.damaged == [] and _iproute.neighbour_rows(parsed.records, "", rows) == []
    assert sorted(rows) == [
        "- br0 192.0.2.7 52:54:00:0c:1d:f5 STALE -",
        "- br0 192.0.2.8 52:54:00:0c:1d:f6 PERMANENT -",
        "- br0 2001:db8::8 52:54:00:0c:1d:f6 PERMANENT router",
    ]


def test_json_is_asked_for_once_where_it_does_not_exist():
    runner = SampleRunner("iproute2-4.9")
    tool = _iproute.Tool(runner)
    _iproute.read_neighbours(tool)
    _iproute.read_neighbours(tool)
    assert runner.ran == ["ip_-j_neigh_show", "ip_neigh_show", "ip_neigh_show"]


def test_one_command_without_json_leaves_the_others_theirs():
    runner = SampleRunner("iproute2-4.15")  # JSON for addresses, plain text for `ip -j neigh`
    tool = _iproute.Tool(runner)
    _iproute.read_neighbours(tool)
    _iproute.read_links(tool)
    assert runner.ran == ["ip_-j_neigh_show", "ip_neigh_show", "ip_-j_-d_-s_-s_address_show"]


def test_missing_program_names_the_hint():
    with pytest.raises(Missing) as caught:
        _iproute.read_links(_iproute.Tool(SampleRunner(programs=())))
    assert caught.value.reason == "ip is not installed" and caught.value.hint == "install iproute2"


def test_a_program_that_fails_says_so():
    with pytest.raises(ReadError, match="Option is unknown"):
        _iproute.read_links(_iproute.Tool(SampleRunner("iproute2-none")))


def link(**more):
    return dict({"ifindex": 3, "ifname": "eth1", "flags": ["BROADCAST", "UP"], "link_type": "ether",
                 "address": "52:54:00:4d:a6:fd"}, **more)


# Written after the printing functions in iproute2 6.1 (ip/iplink_bond_slave.c, iplink_bond.c, iplink_vlan.c,
# iplink_vrf.c, ipaddress.c).
SHAPES = [
    (
        link(
            master="bond0",
            linkinfo={
                "info_slave_kind": "bond",
                "info_slave_data": {"state": "ACTIVE", "perm_hwaddr": "52:54:00:A2:DC:12"},
            },
        ),
        {"master": "bond0", "master_kind": "bond", "permanent_mac": "52:54:00:a2:dc:12"},
    ),
    (
        link(linkinfo={"info_kind": "bond", "info_data": {"mode": "802.3ad", "miimon": 100}}),
        {"kind": "bond", "mode": "802.3ad"},
    ),
    (
        link(
            link="eth0",
            linkinfo={"info_kind": "vlan", "info_data": {"protocol": "802.1Q", "id": 100, "flags": ["REORDER_HDR"]}},
        ),
        {"kind": "vlan", "vlan": {"id": 100, "protocol": "802.1Q"}, "link": "eth0"},
    ),
    (
        link(permaddr="52:54:00:00:00:09", altnames=["enp1s0"]),
        {"permanent_mac": "52:54:00:00:00:09", "altnames": ["enp1s0"]},
    ),
    (link(stats64={"rx": {"otherhost": 81000}}), {"otherhost": 81000}),
    (
        link(link_type="infiniband", address="80:00:00:48:fe:80:00:00:00:00:00:00:f4:52:14:03:00:7b:cb:a1"),
        {"link_type": "infiniband"},
    ),
    (link(link_type="gre", address="10.0.0.1"), {"link_type": "gre"}),
    (
        link(
            addr_info=[
                {},
                {
                    "family": "inet6",
                    "local": "fe80::1",
                    "prefixlen": 64,
                    "scope": "link",
                    "dadfailed": True,
                    "tentative": True,
                },
            ]
        ),
        {"addresses": [{"address": "fe80::1", "prefix": 64, "scope": "link", "flags": ["dadfailed", "tentative"]}]},
    ),
]


@pytest.mark.parametrize(("given_link", "expected"), SHAPES)
def test_shapes_that_this_kernel_cannot_make(given_link, expected):
    record = _iproute.interface(given_link)
    assert {key: record.get(key) for key in expected} == expected
    assert ("mac" in record) == (record["link_type"] == "ether")


def test_a_down_interface_does_not_tell_its_carrier():
    assert "carrier" not in _iproute.interface(link(flags=["BROADCAST"]))
    assert _iproute.interface(link())["carrier"] is False


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (link(ifname="a" * 200000), "not an interface name"),
        (link(ifname=None), "not an interface name"),
        (link(address="52:54:00:0c:1d:f5x"), "not a MAC address"),
        (link(address="52:54:00:0c:1d:f5\n"), "not a MAC address"),
    ],
)
def test_damaged_objects_are_shown_short(entry, problem):
    parsed = _iproute.interfaces([entry, link()])
    assert len(parsed.records) == 1 and len(parsed.damaged) == 1
    assert problem in parsed.damaged[0] and len(parsed.damaged[0]) < 300


@pytest.mark.parametrize("entry", [
    {"dst": "192.0.2.1", "dev": "eth0", "state": ["FAILED"]},
    {"dst": "192.0.2.1", "dev": "eth0", "lladdr": "52:54:00:00:00:01", "state": ["INCOMPLETE"]},
    {"dst": "ff02::1", "dev": "eth0", "lladdr": "33:33:00:00:00:01", "state": ["NOARP"]},
    {"dst": "127.0.0.1", "dev": "lo", "lladdr": "00:00:00:00:00:00", "state": ["NOARP"]},
])
def test_entries_that_say_nothing_about_a_machine(entry):
    rows = []
    assert _iproute.neighbour_rows([entry], "", rows) == [] and rows == []


def test_a_neighbour_with_white_space_in_a_name_cannot_forge_a_column():
    rows = []
    damaged = _iproute.neighbour_rows(
        [{"dst": "192.0.2.1", "dev": "e 10.0.0.1", "lladdr": "52:54:00:00:00:01", "state": []}], "", rows
    )
    assert rows == [] and "white space" in damaged[0]


# --- hostile input ---------------------------------------------------------------------------------------------------

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["info_kind", "info_data", "id", "rx", "local", "state", "perm_hwaddr", "prefixlen"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
LINK_KEYS = [
    "ifindex",
    "ifname",
    "flags",
    "mtu",
    "master",
    "operstate",
    "link",
    "link_index",
    "link_netnsid",
    "address",
    "permaddr",
    "linkinfo",
    "addr_info",
    "stats64",
    "altnames",
    "link_type",
]


@settings(max_examples=150, deadline=None)
@example([{"ifname": "eth0", "addr_info": True}])
@given(st.lists(st.dictionaries(st.sampled_from(LINK_KEYS), JSON_VALUES, max_size=6), max_size=3))
def test_any_json_gives_records_or_damage(links):
    before = copy.deepcopy(links)
    parsed = _iproute.interfaces(links)
    assert len(parsed.records) + len(parsed.damaged) == len(links) and links == before
    json.dumps(parsed.records)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_real_text_with_anything_in_it_is_parsed(data):
    lines = sample("iproute2-6.1", "ip_-d_address_show").split("\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = data.draw(st.text(max_size=40) | st.sampled_from(lines).map(lambda line: line[:len(line) // 2]))
    parsed = _iptext.links("\n".join(lines))
    assert len(parsed.records) >= 7
    assert all(isinstance(line, str) and len(line) < 300 for line in parsed.damaged)
    _iproute.interfaces(parsed.records)
