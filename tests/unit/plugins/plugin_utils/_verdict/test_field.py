"""Cases as the field has them: who is the intruder, what proves a segment, who manages an address; and the words of
each, held as text.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._allocation import Allocator, read_pool
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._renumbering import make_plan, read_facts
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import document, parse
from ansible_collections.netops.layer2.plugins.plugin_utils._report._users import headline
from ansible_collections.netops.layer2.plugins.plugin_utils._text_snapshot import snapshot_from_text
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._address_verdicts import ip_conflicts
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ..builders import GATEWAY, TWIN, guest, hypervisor, learned, neighbour, nic, server, snapshot

M = "00:25:90:00:aa:01"
OWN = "00:25:90:00:bb:07"
IP = "192.168.100.9"
A, B = "00:25:90:00:aa:01", "00:25:90:00:aa:02"


def _mac(fleet, mac=M):
    found = [row for row in mac_collisions(fleet, list_shared=True)["findings"] if row["mac"] == mac]
    return found[0] if found else {"status": None, "fix": ""}


def _ip(fleet, address=IP):
    found = [row for row in ip_conflicts(fleet, list_shared=True)["findings"] if row["address"] == address]
    return found[0] if found else {"status": None, "fix": ""}


def _plan(fleet, **options):
    allocators = Allocator(read_pool()), Allocator(read_pool())
    return make_plan([_mac(fleet)], read_facts(fleet), allocators, **options)


# --- who is the intruder --------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("owner", "thief"), [("a", "z"), ("z", "a")])
@pytest.mark.parametrize("known", [M, None], ids=["live", "raw text"])
def test_the_nic_with_another_permanent_mac_goes_back_to_its_own(owner, thief, known):
    fix = _mac(
        [
            server(owner, M, "192.168.100.4/23", permanent_mac=known),
            server(thief, M, "192.168.100.5/23", permanent_mac=OWN),
        ]
    )["fix"]
    assert f"on {thief}, whose NIC goes back to its own" in fix and f"address {OWN}" in fix and f"on {owner}" not in fix


@pytest.mark.parametrize(
    ("address", "back"),
    [("192.168.100.5", True), ("fe80::225:90ff:fe00:bb07", True), ("192.168.100.77", False), ("fe80::1", False)],
    ids=["its own", "made of it", "another's", "another's IPv6"],
)
def test_a_nic_goes_back_to_its_own_mac_unless_that_is_seen_at_another_address(address, back):
    fleet = [
        server("a", M, "192.168.100.4/23"),
        server("z", M, "192.168.100.5/23", permanent_mac=OWN),
        server("w", B, "192.168.100.6/23", neighbours=[neighbour("eth0", f"{address} {OWN}")]),
    ]
    found = _mac(fleet)
    assert "on z" in found["fix"] and "on a" not in found["fix"]
    assert (f"address {OWN}" in found["fix"]) is back
    change = _plan(fleet)["changes"][0]
    assert (change["host"], change["new_mac"] == OWN) == ("z", back)


def test_every_copy_goes_back_where_one_owner_keeps_it():
    thieves = [
        server(host, M, f"192.168.100.{n}/23", permanent_mac=own)
        for host, n, own in (("a", 4, OWN), ("z", 5, OWN[:-1] + "8"))
    ]
    fix = _mac([*thieves, server("m", M, "192.168.100.6/23")])["fix"]
    assert "each of them: on a, whose NIC" in fix and "\nand on z, whose NIC" in fix and "on m" not in fix


def test_a_vlan_follows_the_nic_below_and_is_no_choice_of_its_own():
    def board(host):
        return snapshot(
            host,
            nic("eth0", M, "10.0.4.1/24"),
            nic("eth0.5", M, "10.0.5.4/24", kind="vlan", link="eth0", vlan={"id": 5}),
            neighbours=[neighbour("eth0.5", "10.0.5.1 00:1b:21:aa:00:01")],
        )

    fix = _mac([board("a"), board("b")])["fix"]
    assert "dev eth0 " in fix and "dev eth0.5 " not in fix and "the data do not tell" in fix
    plan = _plan([board("a"), board("b")], keep={M: "a"})
    assert [(one["host"], one["interface"]) for one in plan["changes"]] == [("b", "eth0")]


@pytest.mark.parametrize(("name", "words"), [("tap0", "lladdr"), ("ztks575eoa", "identity.secret")])
def test_the_mac_of_a_vpns_nic_is_changed_in_the_vpn(name, words):
    def member(host, number):
        tap = nic(name, "6a:3c:11:5e:02:7f", f"10.147.17.{number}/24", kind="tun", mode="tap")
        return snapshot(
            host,
            nic("eth0", f"00:25:90:00:00:{number:02x}"),
            tap,
            neighbours=[neighbour(name, "10.147.17.1 6a:77:10:01:02:03")],
        )

    fix = _mac([member("a", 1), member("b", 2)], "6a:3c:11:5e:02:7f")["fix"]
    assert words in fix and "ip link set" not in fix and "ansible-playbook" not in fix


def test_a_bond_keeps_the_mac_of_its_first_port():
    bond = snapshot(
        "b",
        nic("eth0", M, master="bond0", permanent_mac=M),
        nic("eth1", M, master="bond0", permanent_mac=OWN),
        nic("bond0", M, "192.168.100.5/23", kind="bond", assign_type=3),
        neighbours=[neighbour("bond0", GATEWAY)],
    )
    assert "on z" in _mac([bond, server("z", M, "192.168.100.4/23", permanent_mac=OWN[:-1] + "8")])["fix"]


def _port(name, master, own):
    return nic(name, M, master=master, permanent_mac=own)


def _stacked(*top, see, ports=(("eth0", OWN), ("eth1", OWN[:-1] + "8"))):
    return snapshot(
        "b", *(_port(name, top[0]["name"], own) for name, own in ports), *top, neighbours=[neighbour(see, GATEWAY)]
    )


BORROWERS = {
    "bond": (_stacked(nic("bond0", M, "192.168.100.5/23", kind="bond", assign_type=3), see="bond0"), "bond0"),
    "team": (_stacked(nic("team0", M, "192.168.100.5/23", kind="team"), see="team0"), "team0"),
    "a VLAN on a bond": (
        _stacked(
            nic("bond0", M, kind="bond"),
            nic("bond0.5", M, "192.168.100.5/23", kind="vlan", link="bond0", vlan={"id": 5}),
            see="bond0.5",
        ),
        "bond0",
    ),
    "a bridge that follows its port": (
        _stacked(nic("br0", M, "192.168.100.5/23", kind="bridge"), see="br0", ports=(("eth0", OWN),)),
        "eth0",
    ),
    "a VLAN with a MAC of its own": (
        snapshot(
            "b",
            nic("eth0", OWN),
            nic("eth0.5", M, "192.168.100.5/23", kind="vlan", link="eth0", vlan={"id": 5}),
            neighbours=[neighbour("eth0.5", GATEWAY)],
        ),
        "eth0.5",
    ),
}


@pytest.mark.parametrize(("borrower", "interface"), BORROWERS.values(), ids=BORROWERS)
def test_what_is_stacked_goes_back_to_the_mac_of_its_nic(borrower, interface):
    """The fix in words and the plan name one interface and one MAC."""
    found = _mac([borrower, server("z", M, "192.168.100.4/23")])
    assert found["status"] == "conflict"
    assert f"ip link set dev {interface} address {OWN}" in found["fix"] and found["fix"].count("ip link set") == 1
    change, = _plan([borrower, server("z", M, "192.168.100.4/23")])["changes"]
    assert (change["interface"], change["new_mac"], change["back_to_own"]) == (interface, OWN, True)


def test_a_bond_with_the_mac_of_any_of_its_ports_has_it_by_right():
    """fail_over_mac gives it that of the active one, which need not be the first."""
    bond = snapshot(
        "b",
        nic("eth0", OWN, master="bond0", permanent_mac=OWN),
        _port("eth1", "bond0", M),
        nic("bond0", M, "192.168.100.5/23", kind="bond"),
        neighbours=[neighbour("bond0", GATEWAY)],
    )
    fix = _mac([bond, server("z", M, "192.168.100.4/23", permanent_mac=OWN[:-1] + "9")])["fix"]
    assert "on z, whose NIC goes back" in fix and "on b" not in fix


@pytest.mark.parametrize("other", [server("d", OWN, "192.168.100.7/23"), hypervisor("hv", 9, {**guest("p2v", OWN)})],
                         ids=["host", "guest"])
def test_nobody_goes_back_to_a_mac_that_another_uses(other):
    fleet = [server("b", M, "192.168.100.5/23", permanent_mac=OWN), server("z", M, "192.168.100.4/23"), other]
    fix = _mac(fleet)["fix"]
    assert "on b, and the same" in fix and OWN not in fix


def test_of_two_machines_behind_one_tap_nothing_tells_which_is_the_guest():
    """The tap's guest is one of both, so it is no third one, and not the one to change."""
    tap = nic("vnet0", "fe" + TWIN[2:], kind="tun", master="br0")
    fleet = [
        hypervisor("hv", 9, more=[tap]),
        *(snapshot(host, nic("eth0", TWIN, f"192.168.100.{n}/23"), neighbours=[neighbour("eth0", GATEWAY)],
                   identity={"virtualization": "kvm"}) for host, n in (("vm", 4), ("clone", 5))),
    ]
    found = _mac(fleet, TWIN)
    assert found["status"] == "conflict" and len(found["owners"]) == 3
    assert "the data do not tell which of clone and vm that is" in found["fix"] and "vnet0" not in found["fix"]
    assert not make_plan([found], read_facts(fleet), (Allocator(read_pool()), Allocator(read_pool())))["changes"]


@pytest.mark.parametrize(("addresses", "conduit"), [((), False), (("10.9.0.1/24",), True)])
def test_the_conduit_of_a_switch_in_a_board_is_no_choice_of_its_own(addresses, conduit):
    """Its ports take on its MAC, and what it carries is theirs; with an address it is a NIC as well."""
    def board(host, number):
        return snapshot(
            host,
            nic("eth0", M, *addresses),
            *(nic(f"lan{at}", M, kind="dsa", link="eth0", master="br0") for at in (1, 2)),
            nic("br0", M, f"192.168.100.{number}/23", kind="bridge"),
            neighbours=[neighbour("br0", GATEWAY)],
        )

    found = _mac([board("a", 4), board("b", 5)])
    assert (found["status"], found["cause"]) == ("conflict", "unknown")
    assert "dev br0 " in found["fix"] and ("dev eth0 " in found["fix"]) == conduit


VIRTUAL = {
    "VMware": {"identity": {"virtualization": "vmware"}},
    "Hyper-V": {"identity": {"virtualization": "microsoft"}},
    "OpenStack": {"identity": {"virtualization": "kvm", "system": "OpenStack Foundation OpenStack Nova"}},
    "KubeVirt": {"identity": {"virtualization": "kvm", "system": "KubeVirt None"}},
    "AWS": {"identity": {"virtualization": "amazon"}},
    "Nutanix": {"identity": {"virtualization": "unknown", "system": "Nutanix AHV"}},
    "its hypervisor (KVM)": {"nic": {"driver": "virtio_net"}},
}


@pytest.mark.parametrize(("name", "more"), VIRTUAL.items(), ids=VIRTUAL)
def test_the_cure_of_a_virtual_machine_is_in_its_hypervisor_first(name, more):
    lines = _mac([server("a", M, "192.168.100.4/23", **more), server("b", M, "192.168.100.5/23", **more)])[
        "fix"
    ].splitlines()
    assert lines[0].startswith(f"in {name}") and "a or b" in lines[0] and lines[1].startswith("ansible-playbook")


def test_bare_metal_has_no_hypervisor():
    assert _mac([server("a", TWIN, "192.168.100.4/23"), server("b", TWIN, "192.168.100.5/23")], TWIN)["fix"].startswith(
        "ansible-playbook"
    )


@pytest.mark.parametrize("kind", ["macvlan", "bridge", "bond"])
def test_what_software_made_has_no_mac_by_right(kind):
    """`ip address` tells of no permanent MAC where there is none, too: raw text has neither it nor how it was set."""
    made = nic("x0", M, "192.168.100.5/23", kind=kind, link="eth0" if kind == "macvlan" else None)
    port = nic("eth0", OWN, **({} if kind == "macvlan" else {"master": "x0"}))
    thief = snapshot("a", port, made, neighbours=[neighbour("x0", GATEWAY)])
    found = _mac([thief, server("z", M, "192.168.100.4/23", permanent_mac=None)])
    assert found["cause"] == "copied_mac" and "on a, " in found["fix"] and "on z" not in found["fix"]


@pytest.mark.parametrize(
    ("more", "first", "never"),
    [
        ({}, "find the other machine", "ip link set"),
        ({"permanent_mac": OWN}, f"on a, whose NIC goes back to its own, permanent address: take {M}", "is the copy"),
        ({"permanent_mac": None}, "or, where a is the copy, on a", "by right"),
        ({"identity": {"virtualization": "vmware"}}, "or, where a is the copy, in VMware first", "by right"),
        ({"identity": {"address_managers": ["metallb"]}}, "no other machine is needed where MetalLB", "ip link set"),
    ],
    ids=["own", "borrowed", "not told", "virtual", "software that answers"],
)
def test_the_only_known_owner_keeps_what_is_its_own(more, first, never):
    watcher = server(
        "w", B, "192.168.100.6/23", neighbours=[neighbour("eth0", f"192.168.100.{n} {M}") for n in (4, 80)]
    )
    found = _mac([server("a", M, "192.168.100.4/23", **more), watcher])
    assert (found["status"], found["rule"]) == ("suspected", "several_addresses")
    assert first in found["fix"] and never not in found["fix"]


# --- addresses and their managers -------------------------------------------------------------------------------------

def _with_vip(host, mac, number, address, prefix, flags=(), mark=None, **more):
    family = "/64" if ":" in address else "/23"
    own = f"2001:db8::{number}" if ":" in address else f"192.168.100.{number}"
    gateway = "2001:db8::1 00:1b:21:aa:00:01" if ":" in address else GATEWAY
    one = server(host, mac, own + family, sees=gateway, **more)
    row = {
        "address": address,
        "prefix": prefix,
        "scope": "global",
        "flags": list(flags),
        **({"proto": mark} if mark else {}),
    }
    one["interfaces"][0]["addresses"].append(row)
    return one


@pytest.mark.parametrize(("address", "length", "whole"), [(IP, 32, "/23"), ("2001:db8::9", 128, "/64")])
@pytest.mark.parametrize("flags", [["dynamic"], []], ids=["leased", "native"])
def test_the_virtual_address_goes_and_the_owners_stays(address, length, whole, flags):
    owner = server("a", B, f"{address}{whole}", sees="2001:db8::1 00:1b:21:aa:00:01" if ":" in address else GATEWAY)
    owner["interfaces"][0]["addresses"][0]["flags"] = flags
    found = _ip([owner, _with_vip("thief", A, 7, address, length)], address)
    assert (found["status"], found["cause"]) == ("conflict", "vip_taken")
    assert (
        f"on thief: ip address del {address}/{length} dev eth0" in found["fix"]
        and whole not in found["fix"]
        and "neigh flush" in found["fix"]
    )


@pytest.mark.parametrize(("more", "words"), [
    ({"identity": {"address_managers": ["keepalived"]}}, "/etc/keepalived/keepalived.conf"),
    ({"identity": {"address_managers": ["pacemaker"]}}, "IPaddr2"),
    ({"identity": {"address_managers": ["metallb"]}}, "IPAddressPool"),
    ({"mark": "keepalived"}, "virtual_ipaddress"),
    ({"flags": ["deprecated"]}, "a manager of virtual addresses (kube-vip"),
])
def test_the_manager_of_a_virtual_address_is_named(more, words):
    found = _ip([_with_vip("a", A, 7, IP, 32, **more), _with_vip("b", B, 8, IP, 32, **more)])
    assert (found["status"], found["cause"]) == ("conflict", "vip_on_several")
    assert words in found["fix"] and words in found["cause_text"] and "give it a free one" not in found["fix"]


@pytest.mark.parametrize(
    ("runtime", "words"), [("docker", "--ip-range"), ("podman", "--ip-range"), ("cri", "IPAM of CNI")]
)
@pytest.mark.parametrize("flags", [[], ["dynamic"]], ids=["native", "leased"])
def test_an_address_that_an_engine_gave_out_beside_its_owners_is_changed_in_the_engine(runtime, words, flags):
    inside = nic("eth0", A, f"{IP}/23", kind="macvlan", link="eth0", link_netns="", netns="c1")
    engine = snapshot(
        "a",
        nic("eth0", OWN, "192.168.100.3/23"),
        inside,
        containers=[{"id": "c1", "name": "web", "runtime": runtime}],
        neighbours=[neighbour("eth0", GATEWAY)],
    )
    owner = server("b", B, f"{IP}/23")
    owner["interfaces"][0]["addresses"][0]["flags"] = flags
    found = _ip([engine, owner])
    assert (found["status"], found["cause"]) == ("conflict", "managed_twice")
    assert "and b has it besides" in found["cause_text"] and "give container web on a another address" in found["fix"]
    assert words in found["fix"] and "address del" not in found["fix"] and "neigh flush" in found["fix"]


@pytest.mark.parametrize("mac", ["00:00:5e:00:01:33", "00:00:5e:00:02:33"])
@pytest.mark.parametrize(("up", "status"), [(True, "conflict"), (False, "shared")])
def test_a_virtual_router_takes_no_address_that_another_has_up(mac, up, status):
    address = "2001:db8::9" if mac[13] == "2" else IP
    length, whole = (128, 64) if ":" in address else (32, 23)
    see = "2001:db8::1 00:1b:21:aa:00:01" if ":" in address else GATEWAY
    router = server("a", A, "2001:db8::3/64" if ":" in address else "192.168.100.3/23", sees=see)
    router["interfaces"].append(nic("vrrp.51", mac, f"{address}/{length}", kind="macvlan", link="eth0", up=up))
    found = _ip([router, server("b", B, f"{address}/{whole}", sees=see)], address)
    assert found["status"] == status
    if up:
        assert found["cause"] == "vip_taken" and "on a: ip address del" in found["fix"]


def test_the_manager_of_an_address_that_a_stranger_has_too_is_named():
    holder = _with_vip("a", A, 7, IP, 32, identity={"address_managers": ["keepalived"]})
    seen = server("w", OWN, "192.168.100.6/23", neighbours=[neighbour("eth0", f"{IP} {B}")])
    found = _ip([holder, seen])
    assert (found["status"], found["rule"]) == ("suspected", "unknown_owner") and "virtual_ipaddress" in found["fix"]


def test_two_nodes_that_announce_one_address_are_told_their_software():
    nodes = [
        server(host, mac, f"192.168.100.{n}/23", identity={"address_managers": ["metallb"]})
        for host, mac, n in (("a", A, 3), ("b", B, 4))
    ]
    watchers = [
        server(host, mac, f"192.168.100.{n}/23", neighbours=[neighbour("eth0", f"{IP} {seen}")])
        for host, mac, n, seen in (("w", OWN, 5, A), ("x", OWN[:-1] + "8", 6, B))
    ]
    found = _ip([*nodes, *watchers])
    assert (found["status"], found["rule"]) == ("suspected", "several_macs") and "MetalLB" in found["fix"]


def test_nothing_set_by_hand_is_decided_by_names():
    fix = _ip([server("a", A, f"{IP}/23"), server("b", B, f"{IP}/23")])["fix"]
    assert (
        fix.startswith("on the intruder alone, which the data do not tell: on a: ip address del")
        and " or on b: ip address del" in fix
    )


def test_an_address_made_of_a_contested_mac_is_handed_over():
    def board(host, number, flags):
        one = server(host, M, f"192.168.100.{number}/23")
        one["interfaces"][0]["addresses"].append({"address": "fe80::225:90ff:fe00:aa01", "prefix": 64, "flags": flags})
        return one
    fleet = [board("a", 4, []), board("b", 5, ["dadfailed", "tentative"])]
    assert _mac(fleet)["status"] == "conflict"
    assert _ip(fleet, "fe80::225:90ff:fe00:aa01")["status"] == "handed_over"


def test_a_mac_that_docker_makes_of_the_address_follows_from_it():
    fleet = [server(host, "02:42:c0:a8:64:09", f"{IP}/23", permanent_mac=None) for host in ("a", "b")]
    assert _mac(fleet, "02:42:c0:a8:64:09")["cause"] == "address_given_twice"
    for other, words, step in (
        (fleet[1], "was given out, or is active, twice", "give all but one of a and b another address, in"),
        (server("b", B, f"{IP}/23"), "b has it be", "give a another address"),
    ):
        found = _ip([fleet[0], other])
        assert (found["status"], found["cause"]) == ("conflict", "managed_twice") and words in found["cause_text"]
        assert found["fix"].startswith(step)
        assert "--ip-range" in found["fix"] and "address del" not in found["fix"]


@pytest.mark.parametrize("order", ["ab", "ba"])
@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"identity": {"address_managers": ["pacemaker"]}}, "IPaddr2"),
        ({"mark": "keepalived"}, "virtual_ipaddress"),
        ({}, "crm_mon"),
    ],
)
def test_an_address_after_the_hosts_own_is_virtual_though_it_has_the_subnet(more, words, order):
    """Pacemaker's IPaddr2 takes the prefix of the NIC, and the kernel marks what comes after the first `secondary`."""
    thief = _with_vip(order[0], A, 7, IP, 23, ["secondary"], **more)
    for other, cause in (
        (server(order[1], B, f"{IP}/23"), "vip_taken"),
        (_with_vip(order[1], B, 8, IP, 23, ["secondary"], **more), "vip_on_several"),
    ):
        found = _ip([other, thief])
        assert (found["status"], found["cause"]) == ("conflict", cause)
        assert words in found["fix"] and "give it a free one" not in found["fix"]
        assert (f"on {order[1]}:" in found["fix"]) == (cause == "vip_on_several")


SIX = "2001:db8::1 00:1b:21:aa:00:01"


def _fixed(host, mac, *addresses, **more):
    """A server with fixed IPv6 addresses, as `ip address` lists them: the newest first."""
    one = server(host, mac, addresses[0] + "/64", sees=SIX, **more)
    one["interfaces"][0]["addresses"] += [{"address": text, "prefix": 64} for text in addresses[1:]]
    return one


@pytest.mark.parametrize(
    ("thief", "owner", "cause"),
    [
        (("2001:db8::9", "2001:db8::7"), ("2001:db8::9",), "vip_taken"),  # Pacemaker takes the NIC's prefix
        (("2001:db8::7", "2001:db8::9"), ("2001:db8::9",), "set_twice"),  # it was there first
        (("2001:db8::7", "2001:db8::9"), ("2001:db8::9", "2001:db8::8"), "vip_on_several"),
    ],
)
def test_ipv6_tells_an_added_address_by_its_order(thief, owner, cause):
    found = _ip([_fixed("a", A, *thief), _fixed("b", B, *owner)], "2001:db8::9")
    assert (found["status"], found["cause"]) == ("conflict", cause)
    assert ("on b:" in found["fix"]) == (cause != "vip_taken")


def test_an_address_of_router_advertisements_beside_a_fixed_one_makes_it_no_virtual_one():
    fleet = [_fixed("a", A, "2001:db8::9", "2001:db8::a:1"), _fixed("b", B, "2001:db8::9")]
    fleet[0]["interfaces"][0]["addresses"][1]["flags"] = ["dynamic"]
    assert _ip(fleet, "2001:db8::9")["cause"] == "set_twice"


def test_a_container_that_only_neighbours_know_is_changed_in_its_engine():
    watcher = server("w", OWN, "192.168.100.6/23", neighbours=[neighbour("eth0", f"{IP} 02:42:c0:a8:64:09")])
    found = _ip([watcher, server("b", B, f"{IP}/23")])
    assert (found["status"], found["rule"]) == ("suspected", "unknown_owner")
    assert "find the container" in found["fix"] and "which b has, out of what is given out" in found["fix"]


def test_machines_that_answer_for_what_no_interface_of_theirs_has_are_told_their_software():
    """Raw text tells of no pods and units."""
    nodes = [server(host, mac, f"192.168.100.{n}/23") for host, mac, n in (("a", A, 3), ("b", B, 4))]
    watchers = [
        server(host, mac, f"192.168.100.{n}/23", neighbours=[neighbour("eth0", f"{IP} {seen}")])
        for host, mac, n, seen in (("w", OWN, 5, A), ("x", OWN[:-1] + "8", 6, B))
    ]
    fix = _ip([*nodes, *watchers])["fix"]
    assert "no interface of a and b has it" in fix and "another address" not in fix
    stranger = server("y", OWN[:-1] + "9", "192.168.100.7/23", neighbours=[neighbour("eth0", f"{IP} {TWIN}")])
    assert "look the MACs up on the switches" in _ip([*nodes, *watchers, stranger])["fix"]


def test_a_virtual_address_at_two_macs_may_be_its_managers():
    watcher = server("w", OWN, "192.168.100.6/23", neighbours=[neighbour("eth0", f"{IP} {B}")])
    assert "a manager of virtual addresses" in _ip([_with_vip("a", A, 7, IP, 32), watcher])["fix"]


@pytest.mark.parametrize("address", ["10.8.0.2/24", "fd00:8::2/64"])
def test_an_address_that_a_copied_tunnel_has_twice_is_cured_in_the_tunnel(address):
    """No ARP asks for it, and no switch knows it."""
    ends = [server(host, mac, f"192.168.100.{n}/23") for host, mac, n in (("a", A, 3), ("b", B, 4))]
    for one in ends:
        one["interfaces"].append({**nic("wg0", A, address, kind="wireguard"), "mac": None, "link_type": "none"})
    found = _ip(ends, address.partition("/")[0])
    assert (found["status"], found["cause"]) == ("latent", "set_twice")
    assert "compare the configuration of wg0 on a and wg0 on b" in found["fix"] and "arping" not in found["fix"]


def test_a_segment_is_not_called_by_an_address_that_stands_alone():
    fleet = [_with_vip("a", A, 7, IP, 32), snapshot("b", nic("eth0", B, f"{IP}/32"), neighbours=[
        neighbour("eth0", GATEWAY)])]
    assert "(192.168.100.0/23)" in _ip(fleet)["reason"]


@pytest.mark.parametrize(("name", "status"), [("vrrp.51", "conflict"), ("vlan10-v0", "shared")])
def test_raw_text_tells_keepalived_by_the_name_of_its_interface(name, status):
    """Others (VRR of Cumulus) have the address up on all routers on purpose."""
    nodes = []
    for host, mac, number in (("a", A, 3), ("b", B, 4)):
        one = server(host, mac, f"192.168.100.{number}/23")
        one["interfaces"].append(nic(name, "00:00:5e:00:01:33", f"{IP}/32", kind="macvlan", link="eth0"))
        nodes.append(one)
    found = _ip(nodes)
    assert found["status"] == status and ("virtual_ipaddress" in found["fix"]) == (status == "conflict")


@pytest.mark.parametrize(
    ("runtime", "words"), [("docker", "mac_address of its compose file"), ("incus", "hwaddr"), ("", "it is defined")]
)
def test_a_container_gets_another_mac_where_its_engine_has_it(runtime, words):
    inside = "02:00:5e:10:00:01"
    fleet = [
        snapshot(
            host,
            nic("eth0", mac, f"192.168.100.{n}/23"),
            nic("eth0", inside, f"192.168.100.{n + 50}/23", kind="macvlan", link="eth0", link_netns="", netns="c1"),
            containers=[{"id": "c1", "name": "dns", **({"runtime": runtime} if runtime else {})}],
            neighbours=[neighbour("eth0", GATEWAY)],
        )
        for host, mac, n in (("a", A, 3), ("b", B, 4))
    ]
    found = _mac(fleet, inside)
    assert found["status"] == "conflict" and "another MAC where" in found["fix"] and words in found["fix"]


def test_keepalived_that_is_active_twice_on_its_virtual_macs_is_a_conflict():
    def node(host, mac, number, managers):
        one = server(host, mac, f"192.168.100.{number}/23", identity={"address_managers": managers})
        one["interfaces"].append(nic("vip51", "00:00:5e:00:01:33", f"{IP}/32", kind="macvlan", link="eth0"))
        return one
    for managers, status in ((["keepalived"], "conflict"), ([], "shared")):
        found = _ip([node("a", A, 7, managers), node("b", B, 8, managers)])
        assert found["status"] == status
    assert _ip([node("a", A, 7, ["keepalived"]), node("b", B, 8, ["keepalived"])])["cause"] == "vip_on_several"


def test_clones_with_an_address_from_a_file_get_another_one_there():
    clones = [server(host, mac, f"{IP}/23", identity={"machine_id": "one"}) for host, mac in (("a", A), ("b", B))]
    found = _ip(clones)
    assert found["cause"] == "cloned_machine_id" and "address of its own in the files" in found["fix"]


def test_detection_that_failed_on_a_link_local_address_is_never_waved_through():
    def board(host, mac, flags):
        one = server(host, mac, "192.168.100.4/23", sees="")
        one["interfaces"][0]["addresses"].append({"address": "fe80::225:90ff:fe00:aa01", "prefix": 64, "flags": flags})
        return one
    failed = ["dadfailed", "tentative"]
    assert _ip([board("a", M, []), board("b", M, failed)], "fe80::225:90ff:fe00:aa01")["status"] == "handed_over"
    assert (
        _ip([board("a", OWN, []), board("b", OWN[:-1] + "8", failed)], "fe80::225:90ff:fe00:aa01")["status"]
        == "suspected"
    )
    assert _ip([board("a", OWN, []), board("b", OWN[:-1] + "8", [])], "fe80::225:90ff:fe00:aa01")["status"] == "shared"


# --- proof and sightings --------------------------------------------------------------------------------------------

LOCAL = [("a", "fe80::aaaa", "00:25:90:00:00:0a"), ("b", "fe80::bbbb", "00:25:90:00:00:0b")]


def _locals(observers):
    """Two hosts with one MAC, whose link-local addresses differ, and who saw them."""
    twins = [snapshot(host, nic("eth0", M, f"{address}/64")) for host, address, _mac in LOCAL]
    return [*twins, *observers]


def test_a_link_local_pair_that_one_point_claims_proves_a_segment():
    rows = [neighbour("eth0", f"{address} {M}") for _host, address, _mac in LOCAL]
    assert _mac(_locals([snapshot("r", nic("eth0", OWN), neighbours=rows)]))["status"] == "conflict"


def test_a_link_local_pair_in_several_vlans_of_a_host_proves_none():
    rows = [neighbour(f"eth{n}", f"{address} {M}") for n in (0, 1) for _host, address, _mac in LOCAL]
    assert (
        _mac(_locals([snapshot("r", nic("eth0", OWN), nic("eth1", OWN[:-1] + "8"), neighbours=rows)]))["status"]
        == "latent"
    )


@pytest.mark.parametrize(
    ("gateway", "asked", "vlans"),
    [
        ("44:39:39:ff:00:01", (1, 2), (10, 20)),
        ("02:00:5e:aa:00:01", (1, 2), (10, 20)),
        ("02:00:5e:aa:00:01", (1,), (10, 20)),
        ("00:00:5e:00:02:01", (1, 2), (10, 20)),
        ("00:00:5e:00:02:01", (1,), (10,)),
        ("00:00:5e:00:02:01", (), ()),
    ],
)
def test_a_link_local_gateway_that_routers_have_on_every_vlan_proves_none(gateway, asked, vlans):
    routers = [
        snapshot(
            f"r{n}",
            *(nic(f"vlan{vlan}", gateway, f"10.0.{vlan}.254/24", "fe80::1:1/64", link="swp1") for vlan in vlans),
        )
        for n in asked
    ]
    sees = [neighbour("eth0", f"fe80::1:1 {gateway}", flags="router")]
    hosts = [
        snapshot(host, nic("eth0", M, address, f"fe80::{host}/64"), neighbours=sees)
        for host, address in (("a", "10.0.10.1/24"), ("b", "10.0.20.1/24"))
    ]
    assert _mac([*routers, *hosts])["status"] == "latent"


def test_a_guest_whose_addresses_nobody_knows_may_be_who_has_the_link_local_one():
    made = "fe80::225:90ff:fe00:aa01"
    hidden = hypervisor("hv", 9, {**guest("g", M)})
    twin = snapshot("a", nic("eth0", M, f"{made}/64"))
    watcher = snapshot("r", nic("eth0", OWN), neighbours=[neighbour("eth0", f"{made} {M}"), neighbour("eth0", GATEWAY)])
    assert _mac([hidden, twin, watcher])["status"] == "latent"


@pytest.mark.parametrize(
    ("state", "flags", "status"),
    [
        ("REACHABLE", "-", "conflict"),
        ("PERMANENT", "-", "latent"),
        ("NOARP", "-", "latent"),
        ("NOARP", "extern_learn", "conflict"),
    ],
)
def test_what_was_entered_proves_nothing(state, flags, status):
    row = f"- eth0 10.0.0.9 00:1b:21:00:00:09 {state} {flags}"
    assert (
        _mac(
            [
                server("a", M, "10.0.0.1/24", sees="", neighbours=[row]),
                server("b", M, "10.0.0.2/24", sees="", neighbours=[row]),
            ]
        )["status"]
        == status
    )


def test_a_tap_with_an_address_is_a_nic_like_any_other():
    def member(host, number, address):
        tap = nic("zt0", "fe:3c:11:5e:02:7f", *address, kind="tun", mode="tap")
        return snapshot(
            host,
            nic("eth0", f"00:25:90:00:00:{number:02x}"),
            tap,
            neighbours=[neighbour("zt0", "10.147.17.1 6a:77:10:01:02:03")],
        )

    for address, status in ((["10.147.17.33/24"], "conflict"), (["fe80::1/64"], None)):
        assert _mac([member("a", 1, address), member("b", 2, address)], "fe:3c:11:5e:02:7f")["status"] == status


@pytest.mark.parametrize(
    ("ports", "words"),
    [
        (("tap100i0", "tap200i0"), "guest 100 of Proxmox"),
        (("vnet3", "vnet4"), "NIC 3 of libvirt"),
        (("vif7.0", "vif9.0"), "domain 7 of Xen"),
    ],
)
def test_a_mac_behind_guests_of_two_hypervisors_is_suspected(ports, words):
    fleet = [
        hypervisor(
            f"hv{n}",
            n,
            more=[nic(port, f"7a:1f:9c:00:00:0{n}", kind=None if port.startswith("vif") else "tun", master="br0")],
            learnt=[learned(port, TWIN, "br0")],
        )
        for n, port in enumerate(ports, 1)
    ]
    found = _mac(fleet, TWIN)
    assert (found["status"], found["rule"]) == ("suspected", "behind_two_ports")
    assert words in found["reason"] and all(port in found["fix"] for port in ports)


BRIDGE = "02:00:00:00:07:07"


def _bridged(host, number, tap, mac, **more):
    """A host with a bridge whose MAC its twin has, and one tap in it."""
    return snapshot(
        host,
        nic("eth0", f"00:25:90:00:00:0{number}", f"10.0.{number}.2/24"),
        nic("br7", BRIDGE, "10.8.0.1/24", kind="bridge"),
        nic(tap, mac, kind="tun", master="br7"),
        bridges=[{"name": "br7", "kind": "linux", "ports": [tap]}],
        **more,
    )


@pytest.mark.parametrize(
    ("tap", "mac", "status"),
    [
        ("tap0", "c6:00:00:00:00:01", "latent"),  # OpenVPN's server-bridge: who is at its other end was not read
        ("tap_corp", "02:00:00:00:00:05", "latent"),
        ("vnet3", "fe:54:00:00:00:01", "shared"),
        ("tap100i0", "c6:00:00:00:00:01", "shared"),
        ("qemu0", "fe:54:00:00:00:01", "shared"),
        ("br7-nic", "02:00:00:00:07:08", "shared"),  # libvirt's, which only gives its bridge a MAC
        ("defined0", "c6:00:00:00:00:01", "shared"),
    ],
)
def test_a_bridge_with_a_vpns_tap_is_not_isolated(tap, mac, status):
    guests = [guest("g", "52:54:00:00:00:09", bridge="br7", tap="defined0")]
    found = _mac([_bridged(host, number, tap, mac, guests=guests) for host, number in (("a", 1), ("b", 2))], BRIDGE)
    rule = "isolated_bridge" if status == "shared" else "probably_one_segment"
    assert (found["status"], found["rule"]) == (status, rule)


def test_what_roams_between_two_vpn_servers_is_not_behind_guests():
    fleet = [
        _bridged(host, number, "tap0", "c6:00:00:00:00:01", learnt=[learned("tap0", TWIN, "br7")])
        for host, number in (("a", 1), ("b", 2))
    ]
    assert _mac(fleet, TWIN)["status"] is None


def test_containers_of_isolated_bridges_are_not_behind_two_hypervisors():
    fleet = [
        snapshot(
            f"h{n}",
            nic("docker0", OWN, "172.17.0.1/16", kind="bridge"),
            nic("veth1", "fe:00:00:00:00:01", kind="veth", master="docker0", link_netns="x", link="eth0"),
            learnt=[learned("veth1", TWIN, "docker0")],
        )
        for n in (1, 2)
    ]
    assert _mac(fleet, TWIN)["status"] is None


@pytest.mark.parametrize(
    ("more", "status"), [({}, "suspected"), ({"link": "conduit"}, "shared"), ({"master": "bond0"}, "shared")]
)
def test_two_plain_nics_with_one_mac_in_one_segment_are_suspected(more, status):
    host = snapshot(
        "a",
        nic("eth0", M, "10.5.0.1/16", **more),
        nic("eth1", M, "10.5.0.2/16", **more),
        nic("bond0", M, kind="bond"),
        neighbours=[neighbour(name, "10.5.0.9 14:3d:f2:cc:92:99") for name in ("eth0", "eth1")],
    )
    assert _mac([host])["status"] == status


def _node(host, number, patches):
    return snapshot(
        host,
        nic("eth0", f"00:25:90:00:00:{number:02x}", master="ovs-system"),
        nic("qg-1", TWIN, "203.0.113.50/24", kind="openvswitch", netns="netns:qrouter-1"),
        bridges=[
            {
                "name": "br-int",
                "kind": "openvswitch",
                "ports": ["qg-1", "int-br-ex"],
                "port_vlans": {"qg-1": [{"id": 1, "pvid": True}]},
                **({"patches": {"int-br-ex": patches}} if patches else {}),
            },
            {"name": "br-ex", "kind": "openvswitch", "ports": ["eth0", "phy-br-ex"]},
            {"name": "br-tun", "kind": "openvswitch", "ports": ["patch-int"]},
        ],
        containers=[{"id": "netns:qrouter-1", "name": "qrouter-1"}],
        neighbours=[neighbour("qg-1", "203.0.113.1 00:1c:73:aa:aa:aa", netns="netns:qrouter-1")],
    )


def test_an_address_of_a_distributed_router_is_shared_as_its_mac_is():
    nodes = [_node(f"n{n}", n, "phy-br-ex") for n in (1, 2)]
    for node in nodes:
        node["interfaces"][1]["name"] = "qr-1"
        node["bridges"][0]["ports"][0] = "qr-1"
        node["neighbors"]["rows"] = [neighbour("qr-1", "203.0.113.9 00:1c:73:aa:aa:aa", netns="netns:qrouter-1")]
    assert _mac(nodes, TWIN)["rule"] == "neutron_router"
    found = _ip(nodes, "203.0.113.50")
    assert (found["status"], found["rule"]) == ("shared", "neutron_router")


@pytest.mark.parametrize("patches", ["phy-br-ex", None], ids=["patches read", "patches not read"])
def test_a_router_that_is_active_on_two_nodes_is_a_conflict(patches):
    found = _mac([_node("n1", 1, patches), _node("n2", 2, patches)], TWIN)
    assert (found["status"], found["cause"]) == ("conflict", "managed_twice")
    assert "neutron-netns-cleanup" in found["fix"] and "leave the MAC" in found["fix"]


def test_one_machine_that_answers_with_two_nics_for_an_address_of_nobody_holds_it():
    """MetalLB and its like: neither its address nor its MACs are told to have a twin; a stranger's MAC among them says
    otherwise.
    """
    machine = snapshot("h", nic("eth0", A, "192.168.100.4/23"), nic("eth1", B, "10.2.0.2/24"))
    watchers = [
        server(
            host,
            own,
            f"192.168.100.{n}/23",
            neighbours=[neighbour("eth0", f"{IP} {mac}"), neighbour("eth0", f"192.168.100.4 {A}")],
        )
        for host, own, n, mac in (("w", OWN, 5, A), ("x", OWN[:-1] + "8", 6, B))
    ]
    assert _mac([machine, *watchers], A)["status"] is None
    other = server("y", OWN[:-1] + "9", "192.168.100.7/23", neighbours=[neighbour("eth0", f"{IP} {TWIN}")])
    assert _mac([machine, *watchers, other], A)["status"] == "suspected"


@pytest.mark.parametrize("mac", ["52:55:0a:00:02:02", "9a:55:9a:55:9a:55", "42:01:0a:80:00:01"])
def test_a_network_that_answers_for_everybody_is_no_rival(mac):
    fleet = [server(f"h{n}", f"00:25:90:00:00:{n:02x}", f"192.168.100.{n}/23", sees="", neighbours=[
        neighbour("eth0", f"192.168.100.{k} {mac}") for k in range(1, 7) if k != n]) for n in (4, 5, 6)]
    assert _mac(fleet, mac)["status"] == "shared" and _ip(fleet, "192.168.100.4")["status"] in (None, "shared")


def test_a_finding_keeps_its_identity_when_the_proof_goes():
    """Latent today and a conflict tomorrow, as neighbour tables come and go: one finding all the same."""
    for judge in (_mac, _ip):
        other = (M, "192.168.100.10/23") if judge is _mac else (B, f"{IP}/23")
        fleets = [[server("a", M, f"{IP}/23", sees=sees), server("b", *other, sees=sees)] for sees in (GATEWAY, "")]
        proven, unproven = map(judge, fleets)
        assert (proven["status"], unproven["status"], unproven["rule"]) == (
            "conflict",
            "latent",
            "probably_one_segment",
        )
        assert (
            proven["id"] == unproven["id"]
            and "harmless" not in unproven["reason"]
            and "detect_scan=true" in unproven["fix"]
        )


def test_a_run_may_fail_on_what_is_probably_one_segment():
    verdict = mac_collisions([server("a", M, "10.0.0.1/24", sees=""), server("b", M, "10.0.0.2/24", sees="")])
    report = document(verdict, created=datetime(2026, 11, 21, tzinfo=timezone.utc), collection="1")
    assert [len(_formats.summary(report, [status])["failures"]) for status in ("probably_one_segment", "conflict")] == [
        1,
        0,
    ]
    assert headline(parse(report))[1] == "Not clean: 1 latent. No conflict is proven among the 2 hosts judged."


def test_raw_text_tells_labels_and_makers_of_addresses():
    text = (
        "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP\n    link/ether 00:25:90:00:aa:01 brd"
        " ff:ff:ff:ff:ff:ff promiscuity 0\n    inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0\n    inet 10.0.0.9/32"
        " scope global proto keepalived eth0:vip\n"
    )
    plain, vip = snapshot_from_text({"host": "a", "ip -d address show": text})["interfaces"][0]["addresses"]
    assert (vip["proto"], vip["label"]) == ("keepalived", "eth0:vip") and "proto" not in plain and "label" not in plain
