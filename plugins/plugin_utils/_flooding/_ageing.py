"""Ageing: how long ARP entries and MAC table entries live in each segment, read or known of the platform; the rule is
ARP < MAC.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_network

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import number_within
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim, Model
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import network_of
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._facts import Facts, Switch
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._return_path import Net, address
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened, type_name
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._explain import segment_name

Row = dict[str, t.Any]
READ, OPERATOR, DEFAULT, NOT_OBSERVED = "read", "operator", "platform default", "not observed"
MISMATCH, FINE, UNSEEN = "mismatch", "ok", "not_observed"
LONGEST = 10_000_000.0  # s; the longest that any of the platforms takes is 1,000,000


class Platform(t.NamedTuple):
    """What a platform does unless told otherwise. Seconds; ARP is None where it keeps no ARP table of its own. SOURCE:
    who says so.
    """

    name: str
    arp: float | None
    mac: float
    source: str


PLATFORMS = {
    "ios": Platform(
        "Cisco IOS", 14400, 300, "Cisco IOS command reference: arp timeout 14400, mac address-table aging-time 300"
    ),
    "nxos": Platform(
        "Cisco NX-OS",
        1500,
        1800,
        "Cisco NX-OS command reference: ip arp timeout 1500, mac address-table aging-time 1800",
    ),
    "eos": Platform(
        "Arista EOS", 14400, 300, "Arista EOS user manual: arp aging timeout 14400, mac address-table aging-time 300"
    ),
    "junos": Platform("Junos", 1200, 300, "Junos CLI reference: arp aging-timer 20 minutes, mac-table-aging-time 300"),
    "vrp": Platform(
        "Huawei VRP", 1200, 300, "Huawei VRP command reference: arp expire-time 1200, mac-address aging-time 300"
    ),
    "comware": Platform(
        "H3C Comware",
        1200,
        300,
        "H3C Comware command reference: arp timer aging 20 minutes, mac-address timer aging 300",
    ),
    "cumulus": Platform(
        "Cumulus Linux", 1080, 1800, "Cumulus Linux user guide: neighbour base_reachable_time 1080, bridge-ageing 1800"
    ),
    "linux": Platform(
        "Linux",
        None,
        300,
        "kernel: BR_DEFAULT_AGEING_TIME 300 s (net/bridge/br_private.h, include/uapi/linux/if_bridge.h)",
    ),
    "openvswitch": Platform("Open vSwitch", None, 300, "ovs-vswitchd.conf.db(5): other_config:mac-aging-time 300"),
}
# As ansible_network_os and people write them.
_ALIASES = {
    "cisco.ios.ios": "ios",
    "iosxe": "ios",
    "ios-xe": "ios",
    "cisco.nxos.nxos": "nxos",
    "nx-os": "nxos",
    "arista.eos.eos": "eos",
    "junipernetworks.junos.junos": "junos",
    "community.network.ce": "vrp",
    "ce": "vrp",
    "huawei": "vrp",
    "h3c": "comware",
    "hpe.comware": "comware",
    "nvidia.nvue": "cumulus",
    "nvue": "cumulus",
    "ovs": "openvswitch",
}


def platform_of(name: str) -> str | None:
    """The platform by the name that people or ``ansible_network_os`` use; None for one that is not known here."""
    key = name.strip().lower()
    return next((found for found in (key, _ALIASES.get(key)) if found in PLATFORMS), None)


# A Linux host asks again, by unicast, when an entry in use was not confirmed for 0.5 to 1.5 times base_reachable_time,
# and then
# for delay_first_probe_time (5 s) (kernel's net/core/neighbour.c, neigh_rand_reach_time;
# Documentation/networking/ip-sysctl.rst).
_LINUX_REACHABLE = 30.0
_LONGEST_REACHABLE = 1.5
_FIRST_PROBE = 5.0


class SwitchFactsError(ValueError):
    """A row of the operator's switch facts cannot be used: names the device, the field and the way out."""


class Timer(t.NamedTuple):
    """A timer, where it is set, and how that is known. SECONDS is None where it was not observed."""

    seconds: float | None
    device: str
    origin: str
    note: str = ""

    def as_row(self) -> Row:
        """The timer as documents have it."""
        row = {"seconds": self.seconds, "device": self.device, "from": self.origin, "note": self.note}
        return {name: value for name, value in row.items() if value not in (None, "") or name == "seconds"}


@dataclass(frozen=True, slots=True)
class Device:
    """What the operator says of a switch or router."""

    name: str
    platform: Platform | None
    platform_key: str | None
    arp: float | None
    mac: float | None
    segments: tuple[str, ...]
    addresses: tuple[str, ...]

    def timers(self) -> Iterator[tuple[str, Timer]]:
        """("arp" or "mac", timer) of what is known: as the operator says, else as the platform does by default."""
        for which, said in (("arp", self.arp), ("mac", self.mac)):
            default = getattr(self.platform, which) if self.platform else None
            if said is not None:
                yield which, Timer(said, self.name, OPERATOR)
            elif default is not None and self.platform is not None:
                yield which, Timer(default, self.name, DEFAULT, self.platform.source)


_KEYS = frozenset(("platform", "arp", "mac", "segment", "segments", "addresses"))


def read_switches(value: object) -> tuple[Device, ...]:
    """Devices of VALUE, device name -> {platform?, arp?, mac?, segment(s)?, addresses?}; seconds. SwitchFactsError
    else.
    """
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise SwitchFactsError(
            f"switches: {type_name(value)} instead of a mapping of device name to platform, arp and mac"
        )
    return tuple(_device(str(name), row) for name, row in value.items())


def _device(name: str, row: object) -> Device:
    where = f"switches.{shortened(name, 40)}"
    if not isinstance(row, Mapping):
        raise SwitchFactsError(f"{where}: {type_name(row)} instead of a mapping of platform, arp and mac")
    unknown = sorted(set(map(str, row)) - _KEYS)
    if unknown:
        raise SwitchFactsError(f"{where}: unknown key {shortened(unknown[0], 40)}; it takes {', '.join(sorted(_KEYS))}")
    key = _platform_key(where, row.get("platform"))
    arp, mac = _given_seconds(where, row, "arp"), _given_seconds(where, row, "mac")
    if key is None and arp is None and mac is None:
        raise SwitchFactsError(f"{where}: says nothing of its timers; give its platform, or arp and mac in seconds")
    return Device(
        name, PLATFORMS[key] if key else None, key, arp, mac,
        _texts(where, "segments", row.get("segments")) + _texts(where, "segment", row.get("segment")),
        _texts(where, "addresses", row.get("addresses")),
    )


def _platform_key(where: str, value: object) -> str | None:
    if value is None:
        return None
    key = platform_of(str(value))
    if key is None:
        raise SwitchFactsError(
            f"{where}.platform: {shortened(value, 40)} is none of {', '.join(PLATFORMS)}; leave it out and give arp"
            " and mac"
        )
    return key


def _given_seconds(where: str, row: Mapping[t.Any, t.Any], name: str) -> float | None:
    value = row.get(name)
    if value is None:
        return None
    number = number_within(value, LONGEST)
    if number is None:
        raise SwitchFactsError(f"{where}.{name}: {shortened(value, 40)} is no time in seconds; write {name}: 300")
    return number


def _texts(where: str, name: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, (list, tuple)) or not all(isinstance(item, str) for item in values):
        raise SwitchFactsError(f"{where}.{name}: must be a text or a list of texts")
    return tuple(map(str, values))


# --- segments -------------------------------------------------------------------------------------------------------

@dataclass
class Ageing:
    """The timers of one segment. What is drawn from them is asked for once all are there."""

    root: int
    name: str
    leads_outside: bool = False
    hosts: set[str] = field(default_factory=set)
    arp: list[Timer] = field(default_factory=list)
    mac: list[Timer] = field(default_factory=list)
    unread_gateways: list[str] = field(default_factory=list)
    told: bool = False  # the operator named a switch of it

    @cached_property
    def longest_arp(self) -> Timer | None:
        """The ARP entry that lives longest."""
        known = [timer for timer in self.arp if timer.seconds is not None]
        return max(known, key=lambda timer: (timer.seconds, timer.device), default=None)

    @cached_property
    def shortest_mac(self) -> Timer | None:
        """The MAC table that forgets first."""
        known = [timer for timer in self.mac if timer.seconds is not None]
        return min(known, key=lambda timer: (timer.seconds, timer.device), default=None)

    @cached_property
    def unread(self) -> list[str]:
        """What of the segment was not observed, in words."""
        found = [f"the ARP timer of the router at {gateway}" for gateway in self.unread_gateways]
        if self.leads_outside and not self.told:
            found.append("the MAC ageing of the switches between the hosts")
        elif not self.mac:
            found.append("any MAC ageing")
        if not self.arp:
            found.append("any ARP timer")
        return found

    def verdict(self) -> str:
        """MISMATCH is known even if other timers are not; FINE only if none is missing."""
        arp, mac = self.longest_arp, self.shortest_mac
        if mac is not None and not mac.seconds:
            return MISMATCH
        if arp is not None and mac is not None and t.cast(float, arp.seconds) >= t.cast(float, mac.seconds):
            return MISMATCH
        return UNSEEN if self.unread else FINE


class Segmented:
    """Timers by segment, from what was read of hosts and bridges and what the operator says of switches."""

    def __init__(self, model: Model, facts: Facts, devices: Iterable[Device] = ()) -> None:
        self._model = model
        self._facts = facts
        self._find = model.segments.find
        self.of: dict[int, Ageing] = {}
        self.switches: dict[int, list[Switch]] = {}  # segment -> bridges in it
        self.elsewhere: list[Device] = []  # what the operator puts into segments that nobody who was read is in
        self._gateways: dict[int, dict[str, None]] = {}
        for claim in model.all_claims():
            if claim.owner_kind == "host" and claim.in_use and claim.addresses:
                self._add_host(claim)
        for switch in facts.switches:
            self._add_switch(switch)
        self._find_gateways()
        for device in devices:
            self._add_device(device)

    def at(self, point: int | None) -> Ageing | None:
        """The timers of the segment that POINT is in."""
        return None if point is None else self.of.get(self._find(point))

    def bridges_at(self, point: int | None) -> list[Switch]:
        """The bridges in POINT's segment."""
        return [] if point is None else self.switches.get(self._find(point), [])

    def _segment(self, point: int) -> Ageing:
        root = self._find(point)
        found = self.of.get(root)
        if found is None:
            found = self.of[root] = Ageing(root, segment_name(self._model, point))
        return found

    def _add_host(self, claim: Claim) -> None:
        ageing = self._segment(claim.point)
        ageing.hosts.add(claim.host)
        ageing.leads_outside = ageing.leads_outside or claim.external
        families = {
            "ipv6" if ":" in address else "ipv4" for address in claim.addresses if not address.startswith("fe80:")
        }
        for family in sorted(families):
            ageing.arp.append(self._asks_again(claim, family))

    def _asks_again(self, claim: Claim, family: str) -> Timer:
        """The longest after which a Linux host asks again for an address that it sends to without being confirmed."""
        read = self._facts.sysctls.own(claim.host, claim.interface, "base_reachable_time_ms", f"net.{family}.neigh.")
        reachable = _LINUX_REACHABLE if read is None else read / 1000.0
        return Timer(
            reachable * _LONGEST_REACHABLE + _FIRST_PROBE,
            f"{claim.host} {claim.interface}",
            DEFAULT if read is None else READ,
            f"{family} base_reachable_time {reachable:g} s x 1.5 + 5 s, without confirmation from above",
        )

    def _add_switch(self, switch: Switch) -> None:
        topology = self._model.topologies[switch.host]
        for point in topology.points_of(switch.key):
            if self._find(point) not in self.of and not self._is_of_interest(point):
                continue
            ageing = self._segment(point)
            self.switches.setdefault(ageing.root, []).append(switch)
            origin, seconds = (
                (READ, switch.ageing) if switch.ageing is not None else (DEFAULT, PLATFORMS[_kind(switch)].mac)
            )
            ageing.mac.append(Timer(seconds, switch.name, origin))
            ageing.leads_outside = ageing.leads_outside or self._model.segments.is_external(point)

    def _is_of_interest(self, point: int) -> bool:
        """A bridge without addresses on it still floods if a frame can leave the host from it."""
        return self._model.segments.is_external(point)

    def _find_gateways(self) -> None:
        """Addresses that hosts route through, in the segments whose subnets hold them; those that nobody who was read
        has are unread.
        """
        held: set[str] = set()
        networks: dict[Net, set[int]] = {}
        for claim in self._model.all_claims():
            held.update(claim.addresses)
            for network in networks_of(claim):
                networks.setdefault(network, set()).add(self._find(claim.point))
        lengths = {(network.version, network.prefixlen) for network in networks}
        for hop in sorted(self._model.tables.next_hops - held):
            ip = address(hop)
            for version, length in lengths if ip is not None and not ip.is_link_local else ():
                if ip is not None and version == ip.version:
                    for root in networks.get(ip_network(f"{ip}/{length}", strict=False), ()):
                        self.of[root].unread_gateways.append(hop)

    def _add_device(self, device: Device) -> None:
        places = self._places_of(device)
        if device.segments and not places:
            self.elsewhere.append(device)
        for ageing in places:
            for which, timer in device.timers():
                (ageing.arp if which == "arp" else ageing.mac).append(timer)
                if which == "mac":
                    ageing.told = True
            if any(which == "arp" for which, _timer in device.timers()):
                ageing.unread_gateways = _still_unread(ageing.unread_gateways, device)

    def _places_of(self, device: Device) -> list[Ageing]:
        """The segments that the operator names, or in which a host routes through one of its addresses; else all that
        lead outside.
        """
        if device.segments:
            return [
                ageing
                for ageing in self.of.values()
                if ageing.name in device.segments or self._declared(ageing, device)
            ]
        if device.addresses:
            return [
                ageing for ageing in self.of.values() if not set(device.addresses).isdisjoint(ageing.unread_gateways)
            ]
        return [ageing for ageing in self.of.values() if ageing.leads_outside]

    def _declared(self, ageing: Ageing, device: Device) -> bool:
        return any(
            self._find(self._model.declared[name]) == ageing.root
            for name in device.segments
            if name in self._model.declared
        )


def _still_unread(gateways: list[str], device: Device) -> list[str]:
    """Those of the unread GATEWAYS whose ARP timer the operator's DEVICE does not tell: all others if it is one of
    them, else none.
    """
    named = [gateway for gateway in gateways if gateway in device.addresses]
    return [gateway for gateway in gateways if gateway not in named] if named else []


def networks_of(claim: Claim) -> Iterator[Net]:
    """The subnets of a host's addresses; link-local ones say nothing."""
    if claim.owner_kind != "host" or not claim.in_use:
        return
    for text, prefix in zip(claim.addresses, claim.prefixes, strict=True):
        subnet = None if text.startswith("fe80:") else network_of(text, prefix)
        if subnet is not None:
            yield subnet


def _kind(switch: Switch) -> str:
    return switch.kind if switch.kind in PLATFORMS else "linux"


# --- the filter -----------------------------------------------------------------------------------------------------

def ageing_rows(segmented: Segmented, devices: Iterable[Device] = ()) -> list[Row]:
    """One row a segment, mismatches first (docs/flooding.md)."""
    by_name = {device.name: device for device in devices}
    rows = [_row(ageing, by_name) for ageing in segmented.of.values() if ageing.arp or ageing.mac]
    rows += [_elsewhere(device, [row["segment"] for row in rows]) for device in segmented.elsewhere]
    order = (MISMATCH, UNSEEN, FINE)
    return sorted(rows, key=lambda row: (order.index(row["verdict"]), row["segment"]))


def _row(ageing: Ageing, devices: Mapping[str, Device]) -> Row:
    arp, mac, verdict = ageing.longest_arp, ageing.shortest_mac, ageing.verdict()
    absent = Timer(None, "", NOT_OBSERVED)
    row: Row = {
        "segment": ageing.name, "verdict": verdict, "reason": reason(ageing), "arp": (arp or absent).as_row(),
        "mac": (mac or absent).as_row(), "hosts": len(ageing.hosts), "not_observed": ageing.unread, "fix": fix(ageing),
        "timers": [{"kind": "arp", **timer.as_row()} for timer in _several(ageing.arp)]
        + [{"kind": "mac", **timer.as_row()} for timer in _several(ageing.mac)],
    }
    if verdict == MISMATCH:
        row["cure"] = cure(ageing, devices)
    return row


def _elsewhere(device: Device, segments: list[str]) -> Row:
    """The row of a device whose timers count nowhere, since no host that was read is in its segments."""
    named, timers = ", ".join(device.segments), dict(device.timers())
    absent = Timer(None, "", NOT_OBSERVED)
    return {
        "segment": named,
        "verdict": UNSEEN,
        "hosts": 0,
        "not_observed": [f"the hosts of {named}"],
        "reason": (
            f"{device.name} is said to be in {named}, but no host is that was read; their segments:"
            f" {', '.join(sorted(segments)) or 'none'}"
        ),
        "arp": timers.get("arp", absent).as_row(),
        "mac": timers.get("mac", absent).as_row(),
        "fix": (
            f"write the segment as the verdicts do in `switches` of {device.name}, or gather the hosts that are in it"
        ),
        "timers": [{"kind": which, **timer.as_row()} for which, timer in timers.items()],
    }


def _several(timers: list[Timer]) -> list[Timer]:
    """Each distinct time once, with the device that has it."""
    seen: dict[tuple[float | None, str], Timer] = {}
    for timer in timers:
        seen.setdefault((timer.seconds, timer.origin), timer)
    return sorted(seen.values(), key=lambda timer: (timer.seconds or 0, timer.device))


def reason(ageing: Ageing) -> str:
    """The verdict in one sentence."""
    arp, mac, verdict = ageing.longest_arp, ageing.shortest_mac, ageing.verdict()
    missing = f"; not observed: {', '.join(ageing.unread)}" if ageing.unread else ""
    if mac is not None and not mac.seconds:
        return f"{mac.device} remembers no MAC at all (ageing 0), so it floods every frame, like a hub{missing}"
    if verdict == MISMATCH and arp and mac:
        return (
            f"an ARP entry lives up to {arp.seconds:g} s ({arp.device}, {arp.origin}), while {mac.device} forgets a MAC"
            f" after {mac.seconds:g} s ({mac.origin}): whoever is silent in between is flooded{missing}"
        )
    if verdict == UNSEEN:
        return f"not known to be right, because this was not observed: {', '.join(ageing.unread)}"
    return (
        f"ARP entries live up to {t.cast(Timer, arp).seconds:g} s, MAC table entries at least"
        f" {t.cast(Timer, mac).seconds:g} s"
    )


def fix(ageing: Ageing) -> str:
    """The step that makes ARP < MAC."""
    arp, mac, verdict = ageing.longest_arp, ageing.shortest_mac, ageing.verdict()
    if verdict == UNSEEN:
        return (
            "give what was not read in `switches` (platform, or arp and mac in seconds), or gather the hosts that are"
            " missing"
        )
    if verdict == FINE or mac is None:
        return "nothing to do"
    wanted = wanted_mac(ageing)
    if not mac.seconds or arp is None:
        return (
            f"set the MAC ageing of {mac.device} to {wanted:g} s (role ageing_timers), unless it is meant to be a hub"
        )
    return (f"set the MAC ageing of every switch of the segment to more than {arp.seconds:g} s, such as {wanted:g} s, "
            f"or the ARP timer of {arp.device} below {mac.seconds:g} s (role ageing_timers)")


def wanted_mac(ageing: Ageing) -> float:
    """A MAC ageing that is longer than the longest ARP entry: by half an hour's room where that is long, and at least
    300 s.
    """
    longest = ageing.longest_arp
    seconds = longest.seconds if longest and longest.seconds else 0.0
    return max(300.0, float(round(seconds + min(seconds * 0.2, 1800))))


def cure(ageing: Ageing, devices: Mapping[str, Device] | None = None) -> Row:
    """What the role ageing_timers takes: the wanted MAC ageing, and the bridges and switches that have a shorter one.
    """
    wanted = wanted_mac(ageing)
    short = [timer for timer in ageing.mac if timer.seconds is not None and timer.seconds < wanted]
    switches = sorted({timer.device for timer in short})
    known = devices or {}
    rows = []
    for name in switches:
        bridge, _on, host = name.partition(" on ")
        device = known.get(name)
        rows.append({"device": name, "platform": device.platform_key} if device else {"host": host, "bridge": bridge})
    return {"role": "ageing_timers", "segment": ageing.name, "mac_ageing": wanted, "devices": rows}
