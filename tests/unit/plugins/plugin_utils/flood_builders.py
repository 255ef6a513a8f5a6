"""Builders of flood samples and of incident 2's small world: a director, a real server, a client, switches, bystanders.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import typing as t

from .builders import learned, neighbour, nic, snapshot

Row = dict[str, t.Any]
COLUMNS = [
    "vlan",
    "source",
    "destination",
    "source_ip",
    "destination_ip",
    "protocol",
    "source_port",
    "destination_port",
    "frames",
    "bytes",
]
VIP, CLIENT, SERVER, GATEWAY_IP = "203.0.113.80", "192.0.2.21", "192.0.2.101", "192.0.2.1"
CLIENT_MAC, SERVER_MAC, CORE_MAC, DIRECTOR_MAC = (
    "52:54:00:00:00:21",
    "52:54:00:00:01:01",
    "52:54:00:00:00:01",
    "52:54:00:00:02:50",
)
MAIN = ("0: from all lookup local", "32766: from all lookup main", "32767: from all lookup default")
QUIET_ARP = {
    "net.ipv4.conf.all.arp_ignore": "1",
    "net.ipv4.conf.all.arp_announce": "2",
    "net.ipv4.conf.default.arp_ignore": "0",
}
STRICT = {"net.ipv4.conf.all.accept_redirects": "0", "net.ipv4.conf.default.accept_redirects": "0"}
NEIGH = {
    "net.ipv4.neigh.default.base_reachable_time_ms": "30000",
    "net.ipv6.neigh.default.base_reachable_time_ms": "30000",
}
OBSERVED = ["identity", "interfaces", "addresses", "neighbors", "fdb", "bridges", "rules", "routes", "sysctls"]


def rules(*lines: str, family: str = "inet") -> list[Row]:
    """Policy rules, written as `ip rule` prints them: '1000: from 203.0.113.80 lookup 100'."""
    return [_rule(line, family) for line in lines or MAIN]


def _rule(line: str, family: str) -> Row:
    priority, _colon, rest = line.partition(":")
    words = rest.split()
    row: Row = {"family": family, "priority": int(priority), "from": "all", "action": "lookup"}
    names = {
        "from": "from",
        "to": "to",
        "iif": "iif",
        "oif": "oif",
        "fwmark": "fwmark",
        "lookup": "table",
        "ipproto": "ipproto",
        "sport": "sport",
        "dport": "dport",
    }
    for word, value in itertools.pairwise([*words, ""]):
        if word in names:
            row[names[word]] = value
        elif word == "not":
            row["not"] = True
        elif word == "goto":
            row.update(goto=value, action="goto")
        elif word == "suppress_prefixlength":
            row["suppress_prefixlength"] = int(value)
        elif word in ("unreachable", "blackhole", "prohibit", "nop"):
            row["action"] = word
    return row


def routes(*lines: str, family: str = "inet") -> list[Row]:
    """Routes, written as `ip route show table all` prints them: 'default via 192.0.2.1 dev eth0 table 100 metric 5'."""
    return [_route(line, family) for line in lines]


def _route(line: str, family: str) -> Row:
    words = line.split()
    row: Row = {"family": family, "type": "unicast", "table": "main"}
    if words[0] in ("unreachable", "blackhole", "prohibit", "throw"):
        row["type"] = words.pop(0)
    row["dst"] = words.pop(0)
    for word, value in itertools.pairwise(words):
        if word in ("via", "dev", "table", "src", "proto", "scope"):
            row[word] = value
        elif word == "metric":
            row["metric"] = int(value)
    return row


def loopback(*addresses: str, name: str = "lo") -> Row:
    """A loopback interface with VIPs."""
    return {**nic(name, "00:00:00:00:00:00", "127.0.0.1/8", *addresses), "link_type": "loopback"}


def talker(
    source: str = SERVER_MAC,
    destination: str = CLIENT_MAC,
    source_ip: str = VIP,
    destination_ip: str = CLIENT,
    **more: t.Any,
) -> str:
    """A row of a sample's talkers."""
    values = {
        "vlan": "-",
        "source": source,
        "destination": destination,
        "source_ip": source_ip,
        "destination_ip": destination_ip,
        "protocol": "tcp",
        "source_port": 80,
        "destination_port": 40112,
        "frames": 8000,
        "bytes": 12_000_000,
        **more,
    }
    return " ".join(str(values[name]) for name in COLUMNS)


def sampled(name: str, *talkers: str, **more: t.Any) -> Row:
    """One sampled interface: 1,000 frames of 1,500 bytes a second for 8 s, unless told otherwise."""
    return {
        "name": name,
        "verdict": "flood" if talkers else "quiet",
        "reason": "",
        "seconds": 8.0,
        "interval": 1.0,
        "frames": 8000,
        "bytes": 12_000_000,
        "dropped": 0,
        "sampled": 8000,
        "packets_per_second": 1000.0,
        "bits_per_second": 12_000_000.0,
        "series": [[1000, 1_500_000]] * 8,
        "talkers": {"columns": COLUMNS, "rows": list(talkers)},
        **more,
    }


def sample(host: str, *interfaces: Row, **more: t.Any) -> Row:
    """One host's flood sample."""
    return {"schema": "netops.layer2/flood-sample", "version": 1, "host": host, "collected_at": 1.0, "duration": 8.0,
            "collector": "0.1.0", "interfaces": list(interfaces), "own_macs": [], "gaps": [], **more}


def host(name: str, *interfaces: Row, **more: t.Any) -> Row:
    """A host of which everything was read."""
    sysctls = {**NEIGH, **STRICT, **more.pop("sysctls", {})}
    return snapshot(
        name,
        *interfaces,
        rules=more.pop("rules", rules()),
        routes=more.pop("routes", []),
        sysctls=sysctls,
        observed=more.pop("observed", OBSERVED),
        gaps=more.pop("gaps", []),
        bridges=more.pop("bridges", []),
        **more,
    )


def real_server(name: str = "server1", **more: t.Any) -> Row:
    """Incident 2's real server: VIP on lo, quiet towards ARP, client's subnet on-link."""
    connected = routes(f"default via {GATEWAY_IP} dev eth0", "192.0.2.0/24 dev eth0")
    rows = [neighbour("eth0", f"{CLIENT} {CLIENT_MAC}"), neighbour("eth0", f"{GATEWAY_IP} {CORE_MAC}")]
    return host(
        name, nic("eth0", SERVER_MAC, f"{SERVER}/24"), more.pop("vip", loopback(f"{VIP}/32")), neighbours=rows,
        routes=more.pop("routes", connected), sysctls={**QUIET_ARP, **more.pop("sysctls", {})}, **more)


def client(**more: t.Any) -> Row:
    """The client: the VIP is behind its gateway."""
    return host(
        "client1",
        nic("eth0", CLIENT_MAC, f"{CLIENT}/24"),
        neighbours=[neighbour("eth0", f"{GATEWAY_IP} {CORE_MAC}")],
        routes=more.pop("routes", routes(f"default via {GATEWAY_IP} dev eth0", "192.0.2.0/24 dev eth0")),
        **more,
    )


def director() -> Row:
    """The LVS director, in the VIP's subnet."""
    return host(
        "director1",
        nic("eth0", DIRECTOR_MAC, "203.0.113.250/24", f"{VIP}/24"),
        routes=routes("203.0.113.0/24 dev eth0"),
    )


def switch(name: str, *rows: str, ageing: float = 300.0, uplink_learns: bool = True, **bridge: t.Any) -> Row:
    """A switch that is a Linux host: two ports in a bridge; ROWS of its FDB."""
    mac = f"52:54:00:00:0a:{sum(map(ord, name)) % 256:02x}"
    ports = [nic(port, f"{mac[:-2]}f{number}", master="br0", port={"learning": uplink_learns or port != "swp1"})
             for number, port in enumerate(("swp1", "swp2"))]
    entry = {
        "name": "br0",
        "kind": "linux",
        "ageing": ageing,
        "forward_delay": 15.0,
        "ports": ["swp1", "swp2"],
        **bridge,
    }
    return host(name, *ports, nic("br0", mac, kind="bridge"), bridges=[entry], learnt=list(rows))


def switch2(*rows: str, **more: t.Any) -> Row:
    """SW2, which has learnt the server and the core, and not the client."""
    return switch("sw2", learned("swp2", SERVER_MAC, "br0"), learned("swp1", CORE_MAC, "br0"), *rows, **more)


def bystander(number: int = 1) -> Row:
    """A host that the flood reaches."""
    return host(f"bystander{number}", nic("eth0", f"52:54:00:00:03:{number:02x}", f"192.0.2.{200 + number}/24"),
                neighbours=[neighbour("eth0", f"{GATEWAY_IP} {CORE_MAC}")], routes=routes("192.0.2.0/24 dev eth0"))


def incident2(**changes: Row) -> list[Row]:
    """The whole fleet of incident 2; CHANGES replaces hosts by their role."""
    fleet = {
        "server": real_server(),
        "client": client(),
        "director": director(),
        "sw2": switch2(),
        "bystander": bystander(1),
        "bystander2": bystander(2),
    }
    return list({**fleet, **changes}.values())


def incident2_samples() -> list[Row]:
    """Both bystanders receive the replies."""
    return [sample(f"bystander{number}", sampled("eth0", talker())) for number in (1, 2)]
