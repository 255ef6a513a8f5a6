"""A synthetic fleet, the same at every run: 8 NICs and 200 neighbours a host, twins planted where the verdict must find
them.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass

Row = dict[str, t.Any]
NEIGHBOURS = 200  # entries a host: its gateway, guests, and machines of its segment
LINK_LOCAL = 20  # how many of them are IPv6
HYPERVISOR_EVERY = 5  # of so many hosts, one carries two guests
BLOCK = 1000  # hosts that get one set of planted cases
ROUTER = "00:1c:73:00:00:99"  # one MAC on all its interfaces, as routers have
LIBVIRT_BRIDGE = "52:54:00:8a:11:7e"  # virbr0 of every hypervisor: all were installed from one image
COLUMNS = "netns interface address mac state flags".split()
FDB_COLUMNS = "netns interface mac vlan bridge dst flags".split()
_STATES = ("REACHABLE", "STALE", "STALE", "DELAY")
_PER_INTERFACE = (
    "accept_redirects",
    "arp_announce",
    "arp_filter",
    "arp_ignore",
    "arp_notify",
    "forwarding",
    "proxy_arp",
    "rp_filter",
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What the verdict must say: MACs by status, nothing else, and nothing suspected."""

    conflict: frozenset[str]
    latent: frozenset[str]


@dataclass(frozen=True, slots=True)
class Fleet:
    """A fleet of so many hosts, so many of them in each broadcast domain; the rest of a domain are machines nobody
    asks.
    """

    hosts: int
    segment: int = 200

    def names(self) -> list[str]:
        """The inventory."""
        return [name(number) for number in range(self.hosts)]

    def blocks(self) -> range:
        """First host of each block."""
        return range(0, max(self.hosts - BLOCK, 0) + 1, BLOCK)

    def expected(self) -> Expected:
        """The planted cases: twins in one segment (hosts, guests), a twin elsewhere, a clone that is shut off."""
        conflict, latent = set(), set()
        for first in self.blocks():
            conflict |= {self.mac(first + 3), guest_mac(first, 0)}
            latent |= {self.mac(first + 1), guest_mac(first + HYPERVISOR_EVERY, 1)}
        return Expected(frozenset(conflict), frozenset(latent))

    def mac(self, number: int) -> str:
        """The MAC of a host's uplink: its own, or that of the host whose twin it is."""
        return nic_mac(self._original(number), 0)

    def _original(self, number: int) -> int:
        first = number - number % BLOCK
        if first not in self.blocks():
            return number
        return {first + 7: first + 3, first + 1 + self.segment: first + 1}.get(number, number)

    def guests(self, number: int) -> list[tuple[str, str, str, str]]:
        """(name, MAC, state, address) of a host's guests; none if it is no hypervisor."""
        if number % HYPERVISOR_EVERY:
            return []
        first = number - number % BLOCK
        planted = first in self.blocks()
        place = 256 + 2 * (number % self.segment)
        made = []
        for index in (0, 1):
            mac, state = guest_mac(number, index), "running"
            if planted and (number, index) == (first + HYPERVISOR_EVERY, 0):
                mac = guest_mac(first, 0)
            elif planted and (number, index) == (first, 1):
                mac, state = guest_mac(first + HYPERVISOR_EVERY, 1), "shut off"
            made.append((f"vm{number}-{index}", mac, state, self.address(number, place + index)))
        return made

    def address(self, number: int, place: int | None = None) -> str:
        """The address of a host, or of another place in its segment, which is a /23."""
        segment = number // self.segment
        place = number % self.segment + 2 if place is None else place
        return f"10.{segment >> 7}.{(segment & 127) * 2 + (place >> 8)}.{place & 255}"

    def neighbours(self, number: int) -> list[str]:
        """Rows of the neighbour table."""
        uplink = "br0" if number % HYPERVISOR_EVERY == 0 else "bond0"
        rows = [
            f"- {uplink} {address} {mac} {_STATES[index & 3]} -"
            for index, (address, mac) in enumerate(self._seen(number))
        ]
        rows[0] = f"- {uplink} {self.address(number, 1)} {ROUTER} REACHABLE -"
        return rows

    def _seen(self, number: int) -> list[tuple[str, str]]:
        first = number - number % self.segment
        seen = [("", "")]  # the gateway's row
        for host in range(first, min(first + self.segment, self.hosts), 4 * HYPERVISOR_EVERY):
            seen += [
                (address, mac)
                for _name, mac, state, address in self.guests(host)
                if state == "running" and host != number
            ]
        peers = [(number - first + 1 + step) % NEIGHBOURS for step in range(NEIGHBOURS - 1)]
        machines = [(place, self._machine(first, place)) for place in peers]
        seen += dict.fromkeys((link_local(mac), mac) for _place, mac in machines[:LINK_LOCAL])  # twins have but one
        return seen + [(self.address(first, place + 2), mac) for place, mac in machines[:NEIGHBOURS - len(seen)]]

    def _machine(self, first: int, place: int) -> str:
        """The MAC at a place of the segment that begins with host FIRST: a host's, or that of a machine nobody asks."""
        number = first + place
        return (
            self.mac(number)
            if place < self.segment and number < self.hosts
            else f"00:11:32:{first >> 8:02x}:{first & 255:02x}:{place:02x}"
        )

    def snapshot(self, number: int) -> Row:
        """The document of one host, as layer2_facts makes it."""
        guests = self.guests(number)
        return {
            "schema": "netops.layer2/snapshot",
            "version": 1,
            "host": name(number),
            "collected_at": 1767225600.0 + number % 3600,  # all within an hour: no snapshot is an old one beside others
            "duration": 0.31,
            "collector": "0.1.0",
            "source": "live",
            "identity": _identity(number),
            "interfaces": list(self._interfaces(number, guests)),
            "neighbors": {"columns": COLUMNS, "rows": self.neighbours(number)},
            "fdb": {"columns": FDB_COLUMNS, "rows": self._fdb(number)},
            "bridges": _bridges(guests),
            "rules": _RULES,
            "routes": self._routes(number),
            "sysctls": _sysctls(guests),
            "guests": [_guest(number, *guest) for guest in guests],
            "containers": [],
            "observed": [
                "addresses",
                "bridges",
                "containers",
                "fdb",
                "guests",
                "identity",
                "interfaces",
                "neighbors",
                "routes",
                "rules",
                "sysctls",
            ],
            "gaps": [],
        }

    def _interfaces(self, number: int, guests: list[tuple[str, str, str, str]]) -> Iterator[Row]:
        own, spare = self.mac(number), nic_mac(number, 1)
        addresses = _addresses(self.address(number), own)
        yield {**_nic("lo", 1, "00:00:00:00:00:00"), "link_type": "loopback", "addresses": _LOOPBACK}
        yield {**_nic("eno1", 2, own, own), "master": "bond0", "master_kind": "bond", "driver": "igb", "bus": "pci"}
        yield {**_nic("eno2", 3, own, spare), "master": "bond0", "master_kind": "bond", "driver": "igb", "bus": "pci"}
        yield {**_nic("eno3", 4, nic_mac(number, 2), nic_mac(number, 2), up=False), "driver": "igb", "bus": "pci"}
        bond = {**_nic("bond0", 5, own), "kind": "bond", "mode": "active-backup"}
        if not guests:
            yield {**bond, "addresses": addresses}
            for port in (3, 4, 5):
                yield {
                    **_nic(f"ens1f{port}", 3 + port, nic_mac(number, port), nic_mac(number, port), up=False),
                    "driver": "ixgbe",
                    "bus": "pci",
                }
            yield {
                **_nic("docker0", 9, f"02:42:{_digits(number, 'docker0')}", up=False),
                "kind": "bridge",
                "addresses": _DOCKER,
            }
            return
        yield {**bond, "master": "br0", "master_kind": "bridge"}
        yield {**_nic("br0", 6, own), "kind": "bridge", "addresses": addresses}
        yield {**_nic("virbr0", 7, LIBVIRT_BRIDGE, up=False), "kind": "bridge", "addresses": _VIRBR}
        for index, (_name, mac, state, _address) in enumerate(guests):
            if state == "running":
                yield {
                    **_nic(f"vnet{index}", 8 + index, f"fe{mac[2:]}"),
                    "kind": "tun",
                    "driver": "tun",
                    "master": "br0",
                    "master_kind": "bridge",
                }

    def _fdb(self, number: int) -> list[str]:
        guests = [guest for guest in self.guests(number) if guest[2] == "running"]
        rows = [f"- vnet{index} {guest[1]} - br0 - master" for index, guest in enumerate(guests)]
        first = number - number % self.segment
        places = {(number - first + 1 + step) % NEIGHBOURS for step in range(30)} if guests else ()
        return rows + [
            f"- bond0 {self._machine(first, place)} - br0 - master" for place in places if first + place != number
        ]

    def _routes(self, number: int) -> list[Row]:
        uplink = "br0" if number % HYPERVISOR_EVERY == 0 else "bond0"
        gateway = self.address(number, 1)
        network = self.address(number, 0)
        return [
            {
                "family": "inet",
                "dst": "default",
                "via": gateway,
                "dev": uplink,
                "table": "main",
                "proto": "static",
                "type": "unicast",
            },
            {
                "family": "inet",
                "dst": f"{network}/23",
                "dev": uplink,
                "src": self.address(number),
                "table": "main",
                "proto": "kernel",
                "scope": "link",
                "type": "unicast",
            },
            {
                "family": "inet6",
                "dst": "fe80::/64",
                "dev": uplink,
                "table": "main",
                "proto": "kernel",
                "metric": 256,
                "type": "unicast",
            },
        ]


_RULES = [
    {"family": family, "priority": priority, "from": "all", "table": table, "action": "lookup"}
    for family in ("inet", "inet6") for priority, table in ((0, "local"), (32766, "main"))
]
_LOOPBACK = [{"address": "127.0.0.1", "prefix": 8, "scope": "host"}, {"address": "::1", "prefix": 128, "scope": "host"}]
_DOCKER = [{"address": "172.17.0.1", "prefix": 16, "scope": "global"}]
_VIRBR = [{"address": "192.168.122.1", "prefix": 24, "scope": "global"}]


def name(number: int) -> str:
    """A host's inventory name."""
    return f"server{number:05d}.example.net"


def nic_mac(number: int, port: int) -> str:
    """The maker's MAC of a host's NIC."""
    serial = number * 8 + port
    return f"ac:1f:6b:{serial >> 16:02x}:{serial >> 8 & 255:02x}:{serial & 255:02x}"


def guest_mac(number: int, index: int) -> str:
    """The MAC that a guest was made with."""
    serial = number * 2 + index
    return f"52:54:00:{serial >> 16:02x}:{serial >> 8 & 255:02x}:{serial & 255:02x}"


def link_local(mac: str) -> str:
    """The fe80:: address that EUI-64 makes of a maker's MAC."""
    octets = mac.split(":")
    octets[0] = f"{int(octets[0], 16) ^ 2:02x}"
    groups = [octets[0] + octets[1], f"{octets[2]}ff", f"fe{octets[3]}", octets[4] + octets[5]]
    return "fe80::" + ":".join(f"{int(group, 16):x}" for group in groups)


def _digest(*parts: object) -> str:
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


def _digits(number: int, what: str) -> str:
    text = _digest(number, what)
    return ":".join(text[at:at + 2] for at in range(0, 8, 2))


def _uuid(*parts: object) -> str:
    text = _digest("uuid", *parts)
    return "-".join((text[:8], text[8:12], "4" + text[13:16], "8" + text[17:20], text[20:32]))


def _identity(number: int) -> Row:
    return {
        "hostname": name(number).partition(".")[0],
        "machine_id": _digest("machine", number),
        "product_uuid": _uuid("product", number),
        "boot_id": _uuid("boot", number),
        "netns": "4026531840",
        "os": "debian 12",
        "kernel": "6.1.0-28-amd64",
        "python": "3.11.2",
        "iproute2": "6.1.0",
    }


def _nic(device: str, index: int, mac: str, permanent: str = "", up: bool = True) -> Row:
    flags = ["BROADCAST", "MULTICAST", *(["UP", "LOWER_UP"] if up else [])]
    found = {
        "name": device, "index": index, "mac": mac, "link_type": "ether", "up": up, "carrier": up,
        "operstate": "up" if up else "down", "flags": flags, "mtu": 1500, "assign_type": 0, "addresses": [],
    }
    return {**found, "permanent_mac": permanent} if permanent else found


def _addresses(address: str, mac: str) -> list[Row]:
    return [
        {"address": address, "prefix": 23, "scope": "global"},
        {"address": link_local(mac), "prefix": 64, "scope": "link"},
    ]


def _bridges(guests: list[tuple[str, str, str, str]]) -> list[Row]:
    common = {"kind": "linux", "ageing": 300, "forward_delay": 15, "stp": False, "vlan_filtering": False}
    if not guests:
        return [{"name": "docker0", **common, "ports": []}]
    taps = [f"vnet{index}" for index, guest in enumerate(guests) if guest[2] == "running"]
    return [{"name": "br0", **common, "ports": ["bond0", *taps]}, {"name": "virbr0", **common, "ports": []}]


def _sysctls(guests: list[tuple[str, str, str, str]]) -> Row:
    names = ("all", "default", "lo", "eno1", "eno2", "bond0", "br0" if guests else "docker0")
    return {f"net.ipv4.conf.{device}.{key}": "0" for device in names for key in _PER_INTERFACE} | {
        "net.ipv4.ip_forward": "0"
    }


def _guest(number: int, guest: str, mac: str, state: str, _address: str) -> Row:
    index = int(guest[-1])
    nic = {"mac": mac, "persistent_mac": mac, "type": "bridge", "source": "br0", "bridge": "br0", "model": "virtio",
           "address": "pci 0000:01:00.0", "link": "up"}
    if state == "running":
        nic |= {"live_mac": mac, "tap": f"vnet{index}", "alias": "net0"}
    return {
        "name": guest,
        "uuid": _uuid("guest", number, index),
        "hypervisor": "libvirt",
        "state": state,
        "persistent": True,
        "autostart": True,
        "managed_save": False,
        "snapshots": 0,
        "nics": [nic],
    }
