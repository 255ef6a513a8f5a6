"""The words of the rules, held as text: what a changed word does to a reader at night is looked at in golden/words.txt.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import re
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._address_verdicts import ip_conflicts
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from .._scan.test_scans import reply, scan, vantage
from ..builders import GATEWAY, TWIN, guest, hypervisor, learned, neighbour, nic, server, snapshot
from ..test_lease_snapshot import ONE, OTHER, leases
from . import test_addresses, test_sharing
from .test_field import IP, OWN, A, B, M, _node, _with_vip
from .test_manager_documents import manager, records, vm
from .test_switches import linked, moved, switch

ROOT = Path(__file__).parents[5]
GOLDEN = Path(__file__).resolve().parent / "golden" / "words.txt"


def _with_two_nics(one):
    one["nics"].append({**one["nics"][0], "alias": "net1", "tap": "vnet9"})
    return one


SEES_ITSELF = [neighbour("eth0", f"192.168.100.77 {M}")]
MACS = {
    "proven_twins": [server("a", M, "192.168.100.4/23"), server("b", M, "192.168.100.5/23")],
    "proven_twins, one borrowed": [
        server("a", M, "192.168.100.4/23"),
        server("b", M, "192.168.100.5/23", permanent_mac=OWN),
    ],
    "proven_twins in VMware": [
        server(h, M, f"192.168.100.{n}/23", identity={"virtualization": "vmware"}) for h, n in (("a", 4), ("b", 5))
    ],
    "proven_twins, guests": [
        hypervisor("hv1", 1, guest("w", TWIN)),
        hypervisor("hv2", 2, guest("v", TWIN, "shut off")),
    ],
    "proven_twins, one owner and two copies": [
        server(h, M, f"192.168.100.{n}/23", permanent_mac=own)
        for h, n, own in (("a", 4, OWN), ("b", 5, M), ("c", 6, OWN[:-1] + "8"))
    ],
    "a port of Neutron": [_node("n1", 1, "phy-br-ex"), _node("n2", 2, "phy-br-ex")],
    "clones": [
        server(h, M, f"192.168.100.{n}/23", permanent_mac=None, identity={"machine_id": "m"})
        for h, n in (("a", 4), ("b", 5))
    ],
    "made of the address": [server(h, "02:42:c0:a8:64:09", f"{IP}/23", permanent_mac=None) for h in ("a", "b")],
    "proven_otherwise": [
        server("a", M, "10.0.0.1/24", sees="", neighbours=SEES_ITSELF),
        server("b", M, "10.1.0.5/24", sees=""),
    ],
    "probably_one_segment": [server("a", M, "10.0.0.1/24", sees=""), server("b", M, "10.0.0.2/24", sees="")],
    "segment_not_proven": [server("a", M, "10.0.0.1/24", sees=""), server("b", M, "10.1.0.2/24", sees="")],
    "unknown_twin": [hypervisor("hv1", 1, guest("a", TWIN), learnt=[learned("eth0", TWIN, "br0")])],
    "domain_running_twice": [
        hypervisor("hv1", 1, guest("w", TWIN, uuid="u")),
        hypervisor("hv2", 2, guest("w", TWIN, uuid="u")),
    ],
    "two_nics": [
        snapshot(
            "a",
            nic("eth0", M, "10.5.0.1/16"),
            nic("eth1", M, "10.5.0.2/16"),
            neighbours=[neighbour(name, "10.5.0.9 14:3d:f2:cc:92:99") for name in ("eth0", "eth1")],
        )
    ],
    "behind_two_ports": [
        hypervisor(
            f"hv{n}",
            n,
            more=[nic(f"tap{n}00i0", f"7a:1f:9c:00:00:0{n}", kind="tun", master="br0")],
            learnt=[learned(f"tap{n}00i0", TWIN, "br0")],
        )
        for n in (1, 2)
    ],
    "several_addresses, of a node of MetalLB": [
        server("a", M, "192.168.100.4/23", identity={"address_managers": ["metallb"]}),
        server(
            "c", OWN, "192.168.100.6/23", neighbours=[neighbour("eth0", f"192.168.100.{n} {M}") for n in (4, 80)]
        ),
    ],
    "several_addresses": [
        server(
            "c", OWN, "192.168.100.6/23", neighbours=[neighbour("eth0", f"192.168.100.{n} {TWIN}") for n in (25, 30)]
        )
    ],
    "twin_nics": [hypervisor("hv1", 1, _with_two_nics(guest("w", TWIN)))],
    "one_is_off": [hypervisor("hv1", 1, guest("w", TWIN, "shut off")), hypervisor("hv2", 2, guest("v", TWIN))],
    "different_segments": [
        server("a", M, "10.0.0.1/24", sees="", layer2_segment="office"),
        server("b", M, "10.0.0.2/24", sees="", layer2_segment="lab"),
    ],
    "two_switch_ports": linked([("p7", TWIN)], [("p9", TWIN)]),
    "two_switch_ports, in two readings": linked([("p7", TWIN)], [("p9", TWIN)], readings=2),
    "bond_on_ports": [
        snapshot(
            "web",
            nic("bond0", TWIN, "10.0.0.1/24", kind="bond"),
            *(nic(name, TWIN, master="bond0") for name in ("eth0", "eth1")),
        ),
        switch("sw1", ("p1", TWIN), moves=[moved(TWIN, "p1", "p2", 9)], readings=2),
    ],
    "loop": [
        switch(
            "sw1",
            moves=[
                moved(f"52:54:00:00:00:0{number}", *ports)
                for number in range(6)
                for ports in (("p1", "p2"), ("p2", "p1"))
            ],
            readings=2,
        )
    ],
}
BOTH = {"addresses": ["192.168.100.30", "192.168.100.25"], "mac": TWIN, "evidence": ["their SSH host keys differ"]}
ANSWERS = [reply(address, TWIN) for address in BOTH["addresses"]]
# What documents beside the hosts' own tell: hosts, documents.
TOLD = {
    "told_apart": ([vantage()], [scan(*ANSWERS, machines=[{**BOTH, "same": False}])]),
    "told_together": (
        [vantage()],
        [scan(*ANSWERS, machines=[{**BOTH, "same": True, "evidence": ["one SSH host key"]}])],
    ),
    "two_clients": ([], [leases(ONE, OTHER)]),
    "two_clients, one of a host": ([server("web", TWIN, "10.0.0.11/24")], [leases(ONE, OTHER)]),
    "recorded": ([server("web25", TWIN, "192.168.100.5/23")], [records(("db7", TWIN))]),
    "proven_twins, of a manager": ([], [manager(vm("a", 1, node="esx1"), vm("b", 2, node="esx2"))]),
    "state_unknown": ([], [manager(vm("a", 1), vm("b", 2, state="strange"))]),
}
ADDRESSES_TOLD = {
    "answered_twice": ([server("a", A, f"{IP}/23"), vantage()], [scan(reply(IP, A), reply(IP, B))]),
    "answered_twice, by a stranger": ([server("a", A, f"{IP}/23"), vantage()], [scan(reply(IP, B))]),
}
ADDRESSES = {
    "given out beside its owner": [
        snapshot(
            "a",
            nic("eth0", OWN, "192.168.100.3/23"),
            nic("eth0", A, f"{IP}/23", kind="macvlan", link="eth0", link_netns="", netns="c1"),
            containers=[{"id": "c1", "name": "web", "runtime": "docker"}],
            neighbours=[neighbour("eth0", GATEWAY)],
        ),
        server("b", B, f"{IP}/23"),
    ],
    "set_twice": [server("a", A, f"{IP}/23"), server("b", B, f"{IP}/23")],
    "vip_taken": [server("a", B, f"{IP}/23"), _with_vip("thief", A, 7, IP, 32, ["deprecated"])],
    "vip_on_several": [
        _with_vip(h, mac, n, IP, 32, identity={"address_managers": ["keepalived"]})
        for h, mac, n in (("a", A, 7), ("b", B, 8))
    ],
    "vip_taken, with a subnet": [server("a", B, f"{IP}/23"), _with_vip("thief", A, 7, IP, 23, ["secondary"])],
    "clones with a file": [server(h, mac, f"{IP}/23", identity={"machine_id": "m"}) for h, mac in (("a", A), ("b", B))],
    "handed_over": [server("a", A, f"{IP}/23"), server("b", A, f"{IP}/23")],
    "static_in_pool": [test_addresses._flagged("a", A, "dynamic"), test_addresses._flagged("b", B)],
    "leased_twice": [test_addresses._flagged("a", A, "dynamic"), test_addresses._flagged("b", B, "dynamic")],
    "self_assigned": test_addresses._both("169.254.7.9/16"),
    "unknown_owner": [
        server("a", A, f"{IP}/23"),
        server("w", OWN, "192.168.100.6/23", sees=GATEWAY, neighbours=[neighbour("eth0", f"{IP} {TWIN}")]),
    ],
}


def _told(judge, fleets):
    for name, (fleet, documents) in fleets.items():
        yield f"== {judge.__name__}: {name}"
        for finding in judge(fleet, list_shared=True, scans=documents)["findings"]:
            yield f"{finding['status']} {finding['rule']} {finding['cause']}"
            yield from (f"  {field}: {finding[field]}" for field in ("reason", "cause_text", "fix"))
        yield ""


def told() -> str:
    """What the rules say of one fleet each."""
    shared = {f"{rule}: {name}": fleet for name, (rule, fleet) in test_sharing.CASES.items()}
    addresses = {f"{rule}: {name}": fleet for name, (rule, fleet) in test_addresses.CASES.items()}
    judged = {f"{rule}: {name}": fleet for name, (_status, rule, fleet) in test_addresses.JUDGED.items()}
    return "\n".join([
        *_told(mac_collisions, {**_alone({**MACS, **shared}), **TOLD}),
        *_told(ip_conflicts, {**_alone({**ADDRESSES, **addresses, **judged}), **ADDRESSES_TOLD}),
    ])


def _alone(fleets):
    return {name: (fleet, None) for name, fleet in fleets.items()}


def test_the_words_are_those_that_were_reviewed():
    """Changed on purpose? Read the difference as somebody who is woken by it, then write told() into the file."""
    assert told() == GOLDEN.read_text(encoding="utf-8")


RULES = re.findall(r"^\|[^|]*\| `([a-z_]+)` \|", (ROOT / "docs" / "rules.md").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("rule", sorted(set(RULES)))
def test_each_rule_that_the_page_names_has_its_words_here(rule):
    assert re.search(rf"^[a-z_]+ {rule} ", GOLDEN.read_text(encoding="utf-8"), re.MULTILINE)


FLEETS = [
    (judge, fleet)
    for judge, fleets in (
        (mac_collisions, {**MACS, **{name: fleet for name, (_rule, fleet) in test_sharing.CASES.items()}}),
        (ip_conflicts, {**ADDRESSES, **{name: fleet for name, (_rule, fleet) in test_addresses.CASES.items()}}),
        (ip_conflicts, {name: fleet for name, (_status, _rule, fleet) in test_addresses.JUDGED.items()}),
    )
    for fleet in fleets.values()
]


def _verdicts(judge, fleet, called):
    """Verdicts, and of conflicts the words of the cure, in which CALLED gives the hosts their first names back."""
    for finding in judge(copy.deepcopy(fleet), list_shared=True)["findings"]:
        fix = re.sub(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", "", finding["fix"]) if finding["status"] == "conflict" else ""
        words = sorted(called.get(word, word) for word in re.findall(r"[\w.-]+", fix))
        yield finding.get("mac") or "", finding.get("address") or "", finding["status"], finding["rule"], words


@pytest.mark.parametrize(("judge", "fleet"), FLEETS)
def test_neither_names_nor_their_order_decide(judge, fleet):
    """All hosts are called otherwise, the last one first: verdicts and cures stay, but for the new MACs, made of names.
    """
    names = sorted({one["host"] for one in fleet})
    new = {name: f"n{number:03d}" for number, name in enumerate(reversed(names))}
    other = [{**one, "host": new[one["host"]]} for one in reversed(fleet)]
    back = {after: before for before, after in new.items()}
    assert sorted(_verdicts(judge, fleet, {})) == sorted(_verdicts(judge, other, back))
