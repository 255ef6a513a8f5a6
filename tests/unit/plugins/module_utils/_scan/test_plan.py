"""Tests of what a scan asks: prefixes good and bad, whose sender, own addresses and gateways."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import ipaddress

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._scan import _plan
from hypothesis import given
from hypothesis import strategies as st

ETH0 = {
    "name": "eth0", "link_type": "ether", "mac": "52:54:00:00:00:01", "up": True, "carrier": True, "flags": ["UP"],
    "addresses": [
        {"address": "192.168.100.21", "prefix": 23}, {"address": "192.168.100.99", "prefix": 32},
        {"address": "fe80::5054:ff:fe00:1", "prefix": 64}, {"address": "2001:db8::21", "prefix": 64},
    ],
}
OTHERS = [
    {
        "name": "lo",
        "link_type": "loopback",
        "mac": "00:00:00:00:00:00",
        "up": True,
        "addresses": [{"address": "127.0.0.1", "prefix": 8}],
    },
    {
        "name": "eth1",
        "link_type": "ether",
        "mac": "52:54:00:00:00:02",
        "up": False,
        "addresses": [{"address": "10.1.0.1", "prefix": 24}],
    },
    {
        "name": "docker0",
        "link_type": "ether",
        "mac": "02:42:00:00:00:01",
        "up": True,
        "kind": "bridge",
        "addresses": [{"address": "172.17.0.1", "prefix": 16}],
    },
    {"name": "eth2", "link_type": "ether", "mac": "52:54:00:00:00:03", "up": True, "flags": ["NOARP"], "addresses": []},
    {
        "name": "eth3",
        "link_type": "ether",
        "mac": "52:54:00:00:00:04",
        "up": True,
        "addresses": [{"address": "10.3.0.1", "prefix": 16}],
    },
    {
        "name": "eth3.7",
        "link_type": "ether",
        "mac": "52:54:00:00:00:04",
        "up": True,
        "kind": "vlan",
        "link": "eth3",
        "vlan": {"id": 7},
        "addresses": [{"address": "10.7.0.5", "prefix": 24}],
    },
]
SNAPSHOT = {
    "host": "vantage", "interfaces": [ETH0, *OTHERS],
    "routes": [{"family": "inet", "dst": "default", "via": "192.168.101.254", "dev": "eth0"}],
}


def wanted(**changed):
    return _plan.Wanted(prefixes=(), interfaces=(), vlan=None, probe=False, ipv6=False, max_addresses=4096)._replace(
        **changed
    )


def plan(**changed):
    return _plan.make_plan(wanted(**changed), SNAPSHOT)


def test_without_prefixes_the_networks_of_the_wires_are_scanned_and_the_too_large_one_is_a_gap():
    made = plan()
    assert [(target.interface, target.prefix, target.sender) for target in made.targets] == [
        ("eth0", "192.168.100.0/23", "192.168.100.21"), ("eth3.7", "10.7.0.0/24", "10.7.0.5")]
    assert [(gap["item"], "raise `max_addresses`" in gap["hint"]) for gap in made.gaps] == [("eth3 10.3.0.0/16", True)]


def test_the_gateway_is_asked_first_and_own_addresses_only_by_probe():
    target = plan(prefixes=["192.168.100.0/23"]).targets[0]
    asked = list(_plan.addresses_of(target))
    assert asked[0] == "192.168.101.254" and asked[1] == "192.168.100.1" and asked.count("192.168.101.254") == 1
    assert len(asked) == _plan.count(target) == 510 - 2
    assert not {"192.168.100.21", "192.168.100.99", "192.168.100.0", "192.168.101.255"} & set(asked)
    assert _plan.own_within(target) == ["192.168.100.21", "192.168.100.99"]


def test_a_virtual_address_is_never_the_sender():
    assert plan(prefixes=["192.168.100.99/32"]).targets[0].sender == "192.168.100.21"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"prefixes": ["192.168.100.0/33"]}, "write 192.0.2.0/24"),
        ({"prefixes": ["host.example"]}, "write 192.0.2.0/24"),
        ({"prefixes": ["fe80::1%eth0/128"]}, "a prefix has no scope: name the interface in `interfaces`"),
        ({"prefixes": ["0.0.0.0/0"]}, "no addresses of hosts"),
        ({"prefixes": ["::/0"]}, "not on-link"),
        ({"prefixes": ["10.3.0.0/16"]}, "65536 addresses, more than max_addresses (4096)"),
        ({"prefixes": ["203.0.113.0/24"]}, "not on-link"),
        (
            {"prefixes": ["::ffff:192.168.100.0/120"]},
            "IPv4 written as IPv6, and nobody is asked for such addresses on a wire: write 192.168.100.0/24",
        ),
        ({"prefixes": ["224.0.0.0/24"]}, "no addresses of hosts"),
        ({"prefixes": ["127.0.0.0/24"]}, "no addresses of hosts"),
        ({"prefixes": ["ff02::/120"]}, "no addresses of hosts"),
        ({"prefixes": ["2001:db8:1::/120"]}, "not on-link"),
        ({"interfaces": ["eth9"]}, "this host has no eth9; it has docker0"),
        ({"interfaces": ["eth1"]}, "eth1 is down"),
        ({"interfaces": ["eth2"]}, "has ARP switched off"),
        ({"interfaces": ["lo"]}, "no Ethernet"),
        ({"vlan": 4095, "interfaces": ["eth3"], "prefixes": ["10.7.0.0/24"]}, "1 to 4094"),
        ({"vlan": 7}, "need `interfaces`"),
        ({"vlan": 7, "interfaces": ["eth3.7"], "prefixes": ["10.7.0.0/24"]}, "is a VLAN itself"),
        ({"vlan": 8, "interfaces": ["eth3"], "prefixes": ["10.8.0.0/24"]}, "not within VLAN 8"),
        ({"max_addresses": 0}, "give 1 or more"),
        ({"interfaces": ["docker0"]}, "nothing to scan: 172.17.0.0/16 on docker0 has 65536"),
    ],
)
def test_what_cannot_be_scanned_is_refused_with_a_hint(changed, said):
    with pytest.raises(_plan.PlanError) as caught:
        plan(**changed)
    assert said in str(caught.value)


def test_a_tagged_scan_asks_from_the_vlans_own_address_or_as_a_probe():
    known = plan(vlan=7, interfaces=["eth3"], prefixes=["10.7.0.0/25"]).targets[0]
    assert (known.interface, known.vlan, known.sender) == ("eth3", 7, "10.7.0.5")
    strange = plan(vlan=8, interfaces=["eth3"], prefixes=["10.8.0.0/24"], probe=True).targets[0]
    assert (strange.vlan, strange.sender) == (8, "")


def test_ipv6_is_scanned_by_echo_and_small_prefixes_one_by_one():
    targets = plan(ipv6=True, interfaces=["eth0"]).targets
    assert [(target.prefix, target.sender, target.first) for target in targets if target.family == "inet6"] == [
        ("ff02::1", "fe80::5054:ff:fe00:1", None)]
    small = plan(prefixes=["2001:db8::/120"]).targets[0]
    assert (small.sender, _plan.count(small)) == ("2001:db8::21", 255)
    large = plan(prefixes=["2001:db8::/64"]).targets[0]
    assert (large.first, _plan.count(large), list(_plan.addresses_of(large))) == (None, 0, [])


@pytest.mark.parametrize(
    ("given_", "asked"),
    [
        (["192.168.100.0/24", "192.168.100.0/24"], ["192.168.100.0/24"]),
        (["192.168.100.7/24", " 192.168.100.0/24 "], ["192.168.100.0/24"]),
        (["192.168.100.0/28", "192.168.100.0/24", "192.168.101.0/28"], ["192.168.100.0/24", "192.168.101.0/28"]),
        # who answers the multicast echo may not be all of the small one
        (["2001:db8::/64", "2001:db8::/120"], ["2001:db8::/64", "2001:db8::/120"]),
    ],
)
def test_nobody_is_asked_twice_for_one_address(given_, asked):
    assert [target.prefix for target in plan(prefixes=given_).targets] == asked


def test_a_link_local_prefix_is_every_wires():
    eth3 = dict(OTHERS[4], addresses=[{"address": "fe80::3", "prefix": 64}])
    snapshot = {"interfaces": [ETH0, eth3], "routes": []}
    targets = _plan.make_plan(wanted(prefixes=["fe80::/64"]), snapshot).targets
    assert [(target.interface, target.sender) for target in targets] == [
        ("eth0", "fe80::5054:ff:fe00:1"),
        ("eth3", "fe80::3"),
    ]
    assert len(_plan.make_plan(wanted(prefixes=["fe80::/64"], interfaces=["eth3"]), snapshot).targets) == 1


@given(st.text(max_size=40))
def test_no_text_breaks_the_parser_of_prefixes(text):
    try:
        network = _plan.parse_prefix(text)
    except _plan.PlanError as error:
        assert str(error).startswith("prefixes: ")
    else:
        assert not network.is_multicast


@given(st.integers(0, 2**32 - 1), st.integers(20, 32), st.integers(20, 30))
def test_every_address_of_a_prefix_is_asked_once_and_none_besides(number, length, own_length):
    network = ipaddress.ip_network((number, own_length), strict=False)
    inner = ipaddress.ip_network((number, max(length, own_length)), strict=False)
    own = str(network[1])
    snapshot = {"interfaces": [dict(ETH0, addresses=[{"address": own, "prefix": own_length}])], "routes": []}
    try:
        target = _plan.make_plan(wanted(prefixes=[str(inner)]), snapshot).targets[0]
    except _plan.PlanError as error:
        assert "no addresses of hosts" in str(error)
        return
    hosts = {str(address) for address in inner.hosts()} or {str(inner.network_address)}
    asked = list(_plan.addresses_of(target))
    assert len(asked) == len(set(asked)) == _plan.count(target)
    assert set(asked) == hosts - {own}


def test_the_plan_in_words_names_who_asks_whom_how_often():
    made = plan(prefixes=["192.168.100.0/24"], probe=True)
    assert _plan.in_words(made, 100, 10, 0.5) == [
        "192.168.100.0/24 on eth0: 252 addresses as probes from no address (RFC 5227), at most 10 times each, 100 a"
        " second, 25 s at most"
    ]
