"""Where to capture: from what the fleet says of two addresses, the points between them, and those of whoever else has
their MACs. Pure.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import typing as t
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from ansible_collections.netops.layer2.plugins.module_utils import _interface_name
from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisors import presence
from ansible_collections.netops.layer2.plugins.module_utils._links import guest_of_port
from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._private_files import component
from ansible_collections.netops.layer2.plugins.plugin_utils._common._lenient import objects_in, texts_in
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Fleet, SnapshotError, open_snapshot
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened, type_name
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import TraceError

Document = dict[str, t.Any]
Problem = tuple[str, str]   # (host, why nothing, or not all, can be said of it)
_MOST_OF_HOST = 16      # points; a host that tells of more guests with one MAC holds nobody's trace up
_MOST_MACS = 16         # of one end that are captured by; of whatever hosts say, those that most of them say
_MOST_LEARNED = 4       # MACs of one end from one host's neighbour tables
_MOST_NAMED = 20        # hosts that gave no snapshot, each by name
_PHYSICAL = (
    None,
    "bond",
    "team",
    "vlan",
    "veth",
)  # kinds of bridge ports that may lead out of a hypervisor; taps are tun


@dataclass(frozen=True, slots=True)
class Place:
    """One point to capture at.

    ``branch`` names the machine of that ``end`` whose packets pass the point; several branches of one end are several
    machines with its MAC. Frames of the machine come ``in`` here, or go ``out``.
    """

    point: str
    host: str
    interface: str
    label: str
    end: str
    branch: str
    address: str
    sends: str
    mac: str


@dataclass(slots=True)
class _Site:
    """What of one host's snapshot matters here."""

    name: str
    interfaces: dict[str, Mapping[str, t.Any]]
    ports: dict[str, list[str]]
    guests: Sequence[tuple[str, Mapping[str, t.Any]]]   # (name, NIC) of the running ones
    odd: Sequence[str] = ()                             # interfaces whose names nobody writes anywhere

    def holder(self, address: str) -> Mapping[str, t.Any] | None:
        """The interface with an address."""
        return next(
            (
                item
                for item in self.interfaces.values()
                if any(held.get("address") == address for held in objects_in(item.get("addresses")))
            ),
            None,
        )

    def uplinks(self, bridge: object) -> list[str]:
        """The ports of a bridge that lead out of the host; one to a container of it is the last choice."""
        taps = set(texts_in([nic.get("tap") for _name, nic in self.guests]))
        found = [self.interfaces.get(port, {}) for port in self.ports.get(str(bridge), [])]
        ports = [port for port in found if port and port.get("kind") in _PHYSICAL and port["name"] not in taps
                 and port.get("up", True) and not (port.get("kind") == "veth" and guest_of_port(str(port["name"])))]
        return [str(port["name"]) for port in sorted(ports, key=lambda port: port.get("kind") == "veth")]


@dataclass(slots=True)
class _End:
    """One end: its address, how many hosts say of which MACs that they are its, and its points, branch by branch, from
    the machine outwards.
    """

    which: str
    address: str
    macs: dict[str, int] = field(default_factory=dict)
    branches: list[list[Place]] = field(default_factory=list)

    def learn(self, mac: str | None) -> None:
        """A host says that MAC is this end's."""
        if mac is not None:
            self.macs[mac] = self.macs.get(mac, 0) + 1

    def place(self, site: _Site, interface: str, label: str, branch: str, sends: str, mac: str | None) -> Place:
        """A point of this end."""
        return Place(
            f"{site.name}:{interface}",
            site.name,
            interface,
            shortened(label),
            self.which,
            shortened(branch),
            self.address,
            sends,
            mac or "",
        )


def plan(
    data: object, source: object, destination: object, points: object = None, hosts: Collection[str] | None = None,
    missing: Mapping[str, str] | None = None,
) -> Document:
    """The points between two IP addresses, in the order of the path, what to capture on each host, the filter to
    capture with, and gaps.

    DATA is as in Fleet; of HOSTS, if they are given, and not of those MISSING (host to reason), whose snapshots are of
    an earlier time. TraceError, with the way out, if an end is not found. Several branches of one end have one MAC; the
    captures show whose packets pass where. POINTS, rows of ``host``, ``interface`` and, if wanted, ``point``, ``label``
    and ``beside``, are taken as they are instead.
    """
    ends = [
        _End(which, _address(text, which))
        for which, text in (("source", source), ("destination", destination))
        if text or not points
    ]
    problems: list[Problem] = []
    if points:
        rows = _given(points)
    else:
        problems += list((missing or {}).items())
        rows = _found(Fleet(data, hosts, lost=missing or ()), ends, problems)
    _refuse_equal_names(rows)
    return {
        "points": rows,
        "captures": {host: _asked(rows, host) for host in dict.fromkeys(row["host"] for row in rows)},
        "ends": {end.which: {"address": end.address, "macs": sorted(end.macs)} for end in ends},
        "filter": _filter(ends),
        "gaps": [_gap(problem) for problem in _named(problems)],
    }


def _gap(problem: Problem) -> dict[str, str]:
    host, reason = problem
    return {
        "host": host,
        "subset": "points",
        "reason": reason,
        "hint": "a point of it may be left out: name the points yourself, or put that right",
    }


def _named(problems: Sequence[Problem]) -> list[Problem]:
    """The first problems, and how many more there are."""
    more = len(problems) - _MOST_NAMED
    return [
        *problems[:_MOST_NAMED],
        *([(f"{more} more hosts", "gave no snapshot that can be used")] if more > 0 else []),
    ]


def _bounded(rows: Sequence[Document], problems: list[Problem]) -> list[Document]:
    """ROWS with no more points of a host than a trace needs; the rest is a problem."""
    counts: dict[str, int] = {}
    kept = []
    for row in rows:
        counts[row["host"]] = counts.get(row["host"], 0) + 1
        if counts[row["host"]] <= _MOST_OF_HOST:
            kept.append(row)
    problems += [
        (host, f"tells of {count} points; the first {_MOST_OF_HOST} are taken")
        for host, count in counts.items()
        if count > _MOST_OF_HOST
    ]
    return kept


def _refuse_equal_names(rows: Sequence[Document]) -> None:
    """TraceError where two points have one name, or their files would have."""
    names: dict[tuple[str, str], Document] = {}
    for row in rows:
        for key in (("", row["point"]), (row["host"], component(row["point"]))):
            if names.setdefault(key, row) is not row:
                raise TraceError(
                    f"points: two are named alike ({shortened(names[key]['point'])} and {shortened(row['point'])}): "
                    "give each its own `point`"
                )


def _asked(rows: Sequence[Document], host: str) -> list[Document]:
    """What packet_capture is to do on a host."""
    return [{"interface": row["interface"], "name": row["point"]} for row in rows if row["host"] == host]


def _given(points: object) -> list[Document]:
    """Points that somebody named."""
    if not isinstance(points, (list, tuple)):
        raise TraceError(f"points: {type_name(points)} is no list; give rows of host and interface")
    rows = []
    for number, row in enumerate(points):
        if not isinstance(row, Mapping) or not all(
            isinstance(row.get(name), str) and row[name] for name in ("host", "interface")
        ):
            raise TraceError(f"points[{number}]: a mapping with host and interface is expected, not {row!r:.60}")
        made = {"point": f"{row['host']}:{row['interface']}", **{str(name): value for name, value in row.items()}}
        if not isinstance(made["point"], str) or not made["point"]:
            raise TraceError(f"points[{number}]: point: {made['point']!r:.60} is no name")
        rows.append(made)
    return rows


def _address(text: object, name: str) -> str:
    try:
        return str(ipaddress.ip_address(str(text)))
    except ValueError as error:
        raise TraceError(f"{name}: {error}; give an IP address, or name the points yourself") from error


def _sites(fleet: Fleet, ends: Sequence[_End], problems: list[Problem]) -> Iterator[_Site]:
    """What matters of every snapshot; the ends learn their MACs on the way. A snapshot that cannot be read is a
    problem, the others still count.
    """
    for source in fleet:
        name = source.host or source.place
        try:
            document = open_snapshot(source)
            known = list(_neighbours(ends, document.get("neighbors", {}).get("rows", [])))
            site = _site(document)
        except SnapshotError as error:
            problems.append((error.host, shortened(f"{error.field}: {error.problem}. {error.hint}")))
            continue
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            problems.append((name, shortened(f"its snapshot is damaged ({type(error).__name__}: {error})")))
            continue
        for end in ends:
            for mac in list(dict.fromkeys(mac for which, mac in known if which == end.which))[:_MOST_LEARNED]:
                end.learn(mac)
        problems += [(site.name, _interface_name.problem(shortened(odd))) for odd in site.odd[:1]]
        yield site


def _neighbours(ends: Sequence[_End], rows: t.Iterable[str]) -> Iterator[tuple[str, str]]:
    """Of a host's neighbour table: (end, MAC) where it knows one."""
    for row in rows:
        _netns, _interface, address, text, state, *_flags = row.split(" ")
        for end in ends:
            mac = _canonical(text) if address == end.address and state.upper() not in ("FAILED", "INCOMPLETE") else None
            if mac is not None:
                yield end.which, mac


def _canonical(text: object) -> str | None:
    """A MAC address; None for anything else, since what hosts say becomes a part of the filter that other hosts capture
    by.
    """
    try:
        return canonical(text)
    except MacError:
        return None


def _site(document: Document) -> _Site:
    """Interfaces with names beyond the alphabet are no points: a point's interface is named in tasks, tables and files.
    """
    every = [item for item in document.get("interfaces", []) if not item.get("netns")]
    own = [item for item in every if _interface_name.is_plain(str(item["name"]))]
    odd = [str(item["name"]) for item in every if not _interface_name.is_plain(str(item["name"]))]
    bridges = [bridge for bridge in document.get("bridges", []) if not bridge.get("netns")]
    ports = {str(bridge["name"]): list(texts_in(bridge.get("ports"))) for bridge in bridges}
    return _Site(str(document["host"]), {str(item["name"]): item for item in own}, ports, _running(document), odd)


def _running(document: Document) -> list[tuple[str, Mapping[str, t.Any]]]:
    """Name and NIC of the guests that run on the host itself."""
    return [
        (str(guest["name"]), nic) for guest in document.get("guests", [])
        if presence(guest).active and "node" not in guest for nic in objects_in(guest.get("nics"))
    ]


def _found(fleet: Fleet, ends: Sequence[_End], problems: list[Problem]) -> list[dict[str, t.Any]]:
    """The rows of the points between ENDS by what FLEET tells; what it does not tell is added to PROBLEMS."""
    sites = list(_sites(fleet, ends, problems))
    for end in ends:
        _find(end, sites, problems)
    return _bounded([asdict(place) for place in _joined(*ends)], problems)


def _find(end: _End, sites: Sequence[_Site], problems: Sequence[Problem]) -> None:
    """Find an end's machine, and every other one with a MAC of it."""
    for site in sites:
        item = site.holder(end.address)
        if item is not None:
            end.branches.append(_of_host(end, site, item, sites))
    known = {place.point for branch in end.branches for place in branch}
    for site in sites:
        for name, nic in site.guests:
            if _mac(nic) in end.macs and f"{site.name}:{nic.get('tap')}" not in known:
                places = _of_guest(end, site, name, nic, f"{site.name}/{name}")
                end.branches += [places] if places else []
    if not end.branches:
        raise TraceError(_not_found(end, problems))


def _not_found(end: _End, problems: Sequence[Problem]) -> str:
    seen = f" (seen behind {', '.join(sorted(end.macs))})" if end.macs else ""
    return (
        f"{end.which}: {end.address}{seen} is held by no host that was read, and by no guest with a tap on one; "
        "read its host or hypervisor, too, or name the points yourself"
        + "".join(f"; not read: {host}: {reason}" for host, reason in problems[:3])
    )


def _mac(nic: Mapping[str, t.Any]) -> str | None:
    return next((mac for mac in map(_canonical, (nic.get("live_mac"), nic.get("mac"))) if mac), None)


def _of_host(end: _End, site: _Site, item: Mapping[str, t.Any], sites: Sequence[_Site]) -> list[Place]:
    """The points of an end that is a host itself: its interface, and the tap and uplink of its hypervisor if it is a
    guest.
    """
    name, mac = str(item["name"]), _canonical(item.get("mac"))
    if item.get("kind") == "bridge" and site.uplinks(name):
        port = site.uplinks(name)[0]
        end.learn(mac)
        return [end.place(site, port, f"{site.name}'s uplink {port}", site.name, "out", mac)]
    places = [end.place(site, name, f"{site.name}'s {name}", site.name, "out", mac)]
    if not mac:
        return places
    end.learn(mac)
    for other in sites:
        for guest, nic in other.guests:
            if other is not site and _mac(nic) == mac:
                return places + _of_guest(end, other, guest, nic, site.name)
    return places


def _of_guest(end: _End, site: _Site, name: str, nic: Mapping[str, t.Any], branch: str) -> list[Place]:
    """The tap of a guest and the uplink of its bridge; nothing without a tap."""
    tap = nic.get("tap")
    if not isinstance(tap, str) or not _interface_name.is_plain(tap):
        return []
    uplinks = site.uplinks(nic.get("bridge"))[:1]
    return [
        end.place(site, tap, f"the tap of {name} on {site.name}", branch, "in", _mac(nic)),
        *(end.place(site, port, f"{site.name}'s uplink {port}", branch, "out", _mac(nic)) for port in uplinks),
    ]


def _joined(source: _End, destination: _End) -> list[Place]:
    """Both ends' points in the order of the path; packets between two guests of one bridge do not pass its uplink."""
    ordered = [place for branch in source.branches for place in branch]
    ordered += [place for branch in destination.branches for place in reversed(branch)]
    names = [place.point for place in ordered]
    if len(source.branches) == len(destination.branches) == 1:
        ordered = [place for place in ordered if names.count(place.point) == 1] or ordered
    found: dict[str, Place] = {}
    for place in ordered:
        found.setdefault(place.point, place)
    return list(found.values())


def _filter(ends: Sequence[_End]) -> str:
    """What to capture: all between the ends, and what their MACs say by ARP; of a MAC that several machines have all,
    to see who sends what where.
    """
    parts = [" and ".join(f"host {end.address}" for end in ends)]
    for end in ends:
        shared = len(end.branches) > 1
        most = sorted(sorted(end.macs, key=lambda mac: (-end.macs[mac], mac))[:_MOST_MACS])
        parts += [f"ether src {mac}" if shared else f"arp and ether src {mac}" for mac in most]
    return " or ".join(f"({part})" for part in parts) if len(parts) > 1 else parts[0]
