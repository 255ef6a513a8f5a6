"""The way of a reply: on random rules and routes, the core decides as the kernel's own `ip route get CLIENT from VIP`
does.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator, Sequence

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _iproute, _routing
from ansible_collections.netops.layer2.plugins.module_utils._runner import Output, Runner
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Reader
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._return_path import (
    Flow,
    Routing,
    address,
    read_routing,
)

from .system import LabError, new_namespace, run

SEEDS = 12
FLOWS = 30
# Per family: option, VIPs, prefix of device N, gateway on it, prefixes of routes and rules, addresses to ask for.
FAMILIES = {
    "inet": (
        "-4",
        ["203.0.113.80/32", "203.0.113.81/32", "198.51.100.5/32"],
        "10.{n}.0.1/24",
        "10.{n}.0.254",
        ["192.0.2.0/24", "192.0.2.128/25", "10.1.0.0/16", "10.2.0.64/26", "172.16.0.0/12"],
        ["10.0.0.9", "10.1.0.9", "10.2.0.70", "192.0.2.9", "192.0.2.200", "172.16.3.4", "8.8.8.8"],
    ),
    "inet6": (
        "-6",
        ["2001:db8:80::80/128", "2001:db8:80::81/128", "2001:db8:51::5/128"],
        "2001:db8:{n}::1/64",
        "2001:db8:{n}::fe",
        ["2001:db8:a::/48", "2001:db8:a:8000::/49", "2001:db8:1::/48", "2001:db8:2:0:8000::/65", "3fff::/20"],
        [
            "2001:db8:0::9",
            "2001:db8:1::9",
            "2001:db8:2:0:8000::7",
            "2001:db8:a::9",
            "2001:db8:a:9000::1",
            "3fff::4",
            "2600::1",
        ],
    ),
}
TABLES = ["main", "100", "101", "102"]
REFUSALS = ["unreachable", "prohibit", "blackhole"]


class _Inside(Runner):
    """Commands in the test's own namespace."""

    def __init__(self, netns: str) -> None:
        super().__init__()
        self._netns = netns

    def output(self, argv: Sequence[str]) -> Output:
        return super().output(["ip", "netns", "exec", self._netns, *argv])


@pytest.fixture
def netns(able: None) -> Iterator[str]:
    name = f"layer2-return-{os.getpid()}"
    new_namespace(name)
    try:
        yield name
    finally:
        run(["ip", "netns", "del", name])


def _build(netns: str, dice: random.Random) -> None:
    """Three links, VIPs on lo, and random rules and routes of both families; what the kernel refuses is left out."""
    lines = ["link set lo up"]
    for number in range(3):
        lines += [
            f"link add d{number} type veth peer name p{number}",
            f"link set p{number} up",
            f"link set d{number} up",
        ]
    for _option, vips, prefix, _gateway, _prefixes, _clients in FAMILIES.values():
        lines += [f"addr add {vip} dev lo" for vip in vips]
        lines += [f"addr add {prefix.format(n=number)} dev d{number} nodad" for number in range(3)]
    run(["ip", "-n", netns, "-batch", "-"], text="\n".join(lines) + "\n")
    for family, (option, *_rest) in FAMILIES.items():
        lines = [_route(family, dice) for _number in range(14)] + [_rule(family, dice) for _number in range(9)]
        run(["ip", "-n", netns, option, "-force", "-batch", "-"], text="\n".join(lines) + "\n", check=False)


def _route(family: str, dice: random.Random) -> str:
    _option, _vips, _prefix, gateway, prefixes, _clients = FAMILIES[family]
    number, metric = dice.randrange(3), dice.choice(["", f" metric {dice.randrange(1, 5)}"])
    where = f"{dice.choice([*prefixes, 'default'])} table {dice.choice(TABLES)}{metric}"
    kind = dice.random()
    if kind < 0.12:
        return f"route add {dice.choice(REFUSALS)} {where}"
    if kind < 0.2:
        return f"route add throw {where}"
    via = f" via {gateway.format(n=number)}" if dice.random() < 0.7 else ""
    return f"route add {where}{via} dev d{number}"


def _rule(family: str, dice: random.Random) -> str:
    _option, vips, _prefix, _gateway, prefixes, _clients = FAMILIES[family]
    priority = dice.randrange(1, 400)
    words = [f"rule add priority {priority}", dice.choice(["", "", "", "not"])]
    words.append(
        dice.choice([f"from {dice.choice(vips)}", f"from {dice.choice(vips)}", f"to {dice.choice(prefixes)}", ""])
    )
    words.append(
        dice.choice(
            [
                "",
                "",
                "",
                "iif lo",
                "iif d0",
                "oif d1",
                "fwmark 1",
                "fwmark 2/3",
                "ipproto tcp sport 80",
                "ipproto udp",
                "ipproto tcp dport 1000-2000",
            ]
        )
    )
    table = f"lookup {dice.choice(TABLES)}"
    actions = [table] * 5 + [f"{table} suppress_prefixlength {dice.choice([0, 16, 24])}", dice.choice(REFUSALS),
                             f"goto {dice.randrange(priority + 1, 32767)}", "goto 32766", "nop"]
    return " ".join(word for word in [*words, dice.choice(actions)] if word)


def _routing_of(netns: str) -> Routing:
    """Read by the collection's own readers, as a snapshot has it."""
    tool = _iproute.Tool(_Inside(netns))
    document = {
        "host": "h",
        "rules": [],
        "routes": [],
        "interfaces": _iproute.interfaces(_iproute.read_links(tool).records).records,
    }
    for family, option in _routing.FAMILIES:
        document["rules"] += _routing.read_rules(tool, family, option).records
        document["routes"] += _routing.read_routes(tool, family, option).records
    problems: list[object] = []
    routing = read_routing(Reader(document, problems.append), ["rules", "routes"])
    assert not problems
    return routing


def _kernels_answer(netns: str, client: str, vip: str, mark: int, tcp: bool) -> tuple[str | None, str | None] | None:
    """(device, gateway), None for any refusal."""
    argv = ["ip", "-n", netns, "-j", "route", "get", client, "from", vip, *(["mark", str(mark)] if mark else [])]
    try:
        answer = json.loads(run([*argv, *(["ipproto", "tcp", "sport", "80", "dport", "1500"] if tcp else [])]).stdout)[
            0
        ]
    except LabError:
        return None
    return None if answer.get("type") in REFUSALS else (answer.get("dev"), answer.get("gateway"))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_core_decides_as_the_kernel(netns, seed):
    dice = random.Random(seed)
    _build(netns, dice)
    routing = _routing_of(netns)
    refused = 0
    for _number in range(FLOWS):
        family = dice.choice(list(FAMILIES))
        vip, client = dice.choice(FAMILIES[family][1]).partition("/")[0], dice.choice(FAMILIES[family][5])
        mark, tcp = dice.choice([0, 0, 1, 2, 3]), dice.random() < 0.5
        # Not told a protocol, the kernel answers for UDP in IPv4 and for none in IPv6 (net/ipv4/route.c,
        # net/ipv6/route.c).
        protocol = "tcp" if tcp else "udp" if family == "inet" else None
        flow = Flow(
            address(vip), address(client), mark=mark, protocol=protocol, ports=(80, 1500) if tcp else (None, None)
        )
        decision = routing.decide(flow)
        ours = (decision.dev, decision.via) if decision.kind in ("on-link", "via") else None
        kernel = _kernels_answer(netns, client, vip, mark, tcp)
        refused += kernel is None
        hops = {(hop.dev, hop.via) for hop in decision.hops} if ours else set()
        assert ours == kernel or kernel in hops, (
            f"{client} from {vip} mark {mark} tcp {tcp}: {decision}, kernel: {kernel}"
        )
    assert refused < FLOWS
