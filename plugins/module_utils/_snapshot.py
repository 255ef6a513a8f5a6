"""One host's snapshot, assembled: every reader on its own, so that a broken one leaves a gap and takes nothing else
along.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import functools
import time
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Set

from ansible_collections.netops.layer2.plugins.module_utils import (
    _bridge,
    _containers,
    _identity,
    _iproute,
    _links,
    _openvswitch,
    _procfs,
    _routing,
)
from ansible_collections.netops.layer2.plugins.module_utils._guests import _hypervisors
from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisor import Found, Hypervisor
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._pins import closed_places, find_pins
from ansible_collections.netops.layer2.plugins.module_utils._runner import BECOME, Missing, ReadError, Runner, shortened
from ansible_collections.netops.layer2.plugins.module_utils._table import (
    FDB_COLUMNS,
    MOVE_COLUMNS,
    NEIGHBOUR_COLUMNS,
    Parsed,
    Record,
    table,
)

SCHEMA = "netops.layer2/snapshot"
VERSION = 1
COLLECTOR = "0.2.0"  # the collection's version; a test holds it against galaxy.yml
SUBSETS = (
    "identity",
    "containers",
    "interfaces",
    "addresses",
    "neighbors",
    "bridges",
    "fdb",
    "rules",
    "routes",
    "sysctls",
    "guests",
    "pins",
)
MOST_DAMAGED_SHOWN = 20
MOST_CLOSED_SHOWN = 3
MOST_ROUTES = 5000
_INSTALL = "install iproute2"

Namespace = NamedTuple("Namespace", [("id", str), ("prefix", Sequence[str])])
HOST = Namespace("", ())


class _Unread(Exception):
    """Nothing of the subset could be read, and the gaps say so already."""


class SubsetError(ValueError):
    """A name in gather_subset is not one of SUBSETS."""


def chosen_subsets(names: Sequence[str]) -> List[str]:
    """The subsets that NAMES ask for, as ansible.builtin.setup reads its own: ``all``, names, ``!name``.

    Only exclusions start from all. ``addresses`` bring ``interfaces`` along, which hold them.
    """
    excluded = {name[1:] for name in names if name.startswith("!")}
    plain = {name for name in names if not name.startswith("!")}
    _refuse_unknown(plain | excluded)
    everything = "all" not in excluded and ("all" in plain or not plain)
    wanted = _with_needed((set(SUBSETS) if everything else plain) - excluded)
    return [name for name in SUBSETS if name in wanted]


def _with_needed(names: Set[str]) -> Set[str]:
    return names | {"interfaces"} if "addresses" in names else names


def _refuse_unknown(names: Iterable[str]) -> None:
    for name in sorted(names):
        if name not in SUBSETS and name != "all":
            raise SubsetError("gather_subset: %s is none of all, %s" % (shortened(name, 40), ", ".join(SUBSETS)))


class Gaps:
    """What could not be read, and why."""

    def __init__(self) -> None:
        self.found: List[Record] = []

    def add(self, subset: str, reason: str, hint: Optional[str] = None, **where: str) -> None:
        """Note that SUBSET misses something; WHERE: netns or item."""
        gap: Record = {"subset": subset}
        gap.update((key, value) for key, value in where.items() if value)
        gap["reason"] = reason
        if hint:
            gap["hint"] = hint
        if gap not in self.found:
            self.found.append(gap)

    def add_damaged(self, subset: str, damaged: Sequence[str], **where: str) -> None:
        """Note the damaged lines of SUBSET's input, the first ones by their text."""
        for line in damaged[:MOST_DAMAGED_SHOWN]:
            self.add(subset, line, None, **where)
        if len(damaged) > MOST_DAMAGED_SHOWN:
            self.add(subset, "and %d more damaged lines" % (len(damaged) - MOST_DAMAGED_SHOWN), None, **where)


class Collection:
    """The state of one reading: what was found so far."""

    def __init__(self, runner: Runner, subsets: Sequence[str], most_routes: int) -> None:
        self.runner = runner
        self.subsets = subsets
        self.most_routes = most_routes
        self.gaps = Gaps()
        self.observed: List[str] = []
        self.parts: Record = {}
        self.namespaces = [HOST]
        self.links: Dict[str, List[Record]] = {}
        self.interfaces: List[Record] = []
        self.bridges: List[Record] = []
        self.ip = _iproute.Tool(runner)
        self.bridge_tool = _iproute.Tool(runner)
        self.switch: Optional[Dict[str, List[Record]]] = None
        self.moved: Dict[
            str, int
        ] = {}  # bridge of Open vSwitch -> how many moves it had counted when it was first looked at

    def attempt(self, subset: str, reader: Callable[[], None], **where: str) -> bool:
        """Run READER; whatever goes wrong in it becomes a gap. Whether all went well."""
        try:
            reader()
        except _Unread:
            return False
        except ReadError as error:
            self.gaps.add(subset, error.reason, error.hint, **where)
        except Exception as error:  # a bug in one reader must not cost the others' data
            self.gaps.add(subset, "the reader broke: %s: %s" % (type(error).__name__, shortened(str(error))),
                          "report it with the output of this host's tools", **where)
        else:
            return True
        return False

    def each_namespace(self, subset: str, reader: Callable[[Namespace], None]) -> None:
        """Run READER in the host's own namespace, where a failure counts for the subset, and in the others, where it is
        a gap.
        """
        reader(HOST)
        others = self.namespaces[1:]
        if others and self.runner.find("ip") is None:
            self.gaps.add(
                subset,
                "inside %d other network namespaces nothing was read: ip is not installed" % len(others),
                _INSTALL,
            )
            return
        for namespace in others:
            self.attempt(subset, functools.partial(reader, namespace), netns=namespace.id)


def collect(
    runner: Runner, subsets: Sequence[str], host: Optional[str] = None, most_routes: int = MOST_ROUTES
) -> Record:
    """Read SUBSETS of the host that RUNNER works on, and return its snapshot (docs/snapshot.md). Changes nothing."""
    started = time.time()
    collection = Collection(runner, subsets, most_routes)
    for subset, step in _STEPS:
        if subset in subsets and collection.attempt(subset, functools.partial(step, collection)):
            collection.observed.append(subset)
    identity = collection.parts.get("identity", {})
    snapshot: Record = {
        "schema": SCHEMA, "version": VERSION, "host": host or identity.get("hostname") or _identity.hostname(runner),
        "collected_at": round(started, 3), "duration": round(time.time() - started, 3), "collector": COLLECTOR,
        "source": "live",
    }
    snapshot.update(collection.parts)
    if "containers" in snapshot:  # from here on nothing is opened by these paths
        snapshot["containers"] = [dict(one, path=_containers.shown_path(one["path"])) for one in snapshot["containers"]]
    snapshot["observed"] = collection.observed
    snapshot["gaps"] = collection.gaps.found
    return snapshot


# --- steps, one a subset ---------------------------------------------------------------------------------------------

def _identity_step(collection: Collection) -> None:
    collection.parts["identity"], gaps = _identity.read_identity(collection.runner)
    collection.gaps.found.extend(gaps)


def _containers_step(collection: Collection) -> None:
    containers, gaps = _containers.find_namespaces(collection.runner)
    collection.gaps.found.extend(gaps)
    for container in containers:
        collection.namespaces.append(Namespace(container["id"], _containers.command_in(container, [])))
    collection.parts["containers"] = containers


def _interfaces_step(collection: Collection) -> None:
    collection.each_namespace("interfaces", functools.partial(_read_interfaces, collection))
    paths = {
        container["id"]: container["path"]
        for container in collection.parts.get("containers", [])
        if "path" in container
    }
    paths[HOST.id] = "/proc/self/ns/net"
    _links.resolve_links(
        collection.interfaces, lambda netns, other: collection.runner.namespace_number(paths[netns], paths[other]))
    if "addresses" not in collection.subsets:
        for record in collection.interfaces:
            record.pop("addresses", None)
    collection.parts["interfaces"] = collection.interfaces


def _read_interfaces(collection: Collection, namespace: Namespace) -> None:
    parsed = _links_of(collection, namespace)
    found = _iproute.interfaces(parsed.records, namespace.id)
    collection.gaps.add_damaged("interfaces", parsed.damaged + found.damaged, netns=namespace.id)
    collection.links[namespace.id] = parsed.records
    collection.interfaces.extend(found.records)
    if not namespace.id:
        for record in found.records:
            _procfs.complete(collection.runner, record)


def _links_of(collection: Collection, namespace: Namespace) -> Parsed:
    """Through `ip`, and in the host's own namespace through /sys where `ip` is missing or of no use."""
    try:
        return _iproute.read_links(collection.ip, namespace.prefix)
    except ReadError as error:
        if namespace.id:
            raise
        parsed = _procfs.links(collection.runner)
        collection.gaps.add(
            "interfaces",
            "%s; read from /sys, which tells no veth, macvlan mode, VXLAN or scope of an IPv4 address" % error.reason,
            _INSTALL,
        )
        return parsed


def _addresses_step(collection: Collection) -> None:
    if "interfaces" not in collection.observed:
        raise ReadError("addresses are read together with the interfaces, which could not be read")


def _neighbours_step(collection: Collection) -> None:
    rows: List[str] = []
    collection.each_namespace("neighbors", functools.partial(_read_neighbours, collection, rows))
    collection.parts["neighbors"] = table(NEIGHBOUR_COLUMNS, rows)


def _read_neighbours(collection: Collection, rows: List[str], namespace: Namespace) -> None:
    try:
        parsed = _iproute.read_neighbours(collection.ip, namespace.prefix)
    except ReadError as error:
        if namespace.id:
            raise
        parsed = _procfs.neighbours(collection.runner)
        collection.gaps.add(
            "neighbors", "%s; read from /proc/net/arp, which has no IPv6 neighbours" % error.reason, _INSTALL
        )
    damaged = _iproute.neighbour_rows(parsed.records, namespace.id, rows)
    collection.gaps.add_damaged("neighbors", parsed.damaged + damaged, netns=namespace.id)


def _bridges_step(collection: Collection) -> None:
    for netns, links in sorted(collection.links.items()):
        collection.bridges.extend(_bridge.linux_bridges(links, collection.interfaces, netns))
    for bridge in collection.bridges:
        if "netns" not in bridge:
            _bridge.complete_timers(collection.runner, bridge)
    for namespace in collection.namespaces:
        collection.attempt("bridges", functools.partial(_read_port_vlans, collection, namespace), netns=namespace.id)
    collection.attempt("bridges", functools.partial(_read_switch, collection), item="Open vSwitch")
    collection.parts["bridges"] = collection.bridges
    if "interfaces" not in collection.subsets:
        raise ReadError(
            "bridges are found among the interfaces, which were not asked for", "add interfaces to gather_subset"
        )


def _read_port_vlans(collection: Collection, namespace: Namespace) -> None:
    filtering = [bridge for bridge in _bridges_in(collection, namespace) if bridge.get("vlan_filtering")]
    if filtering:
        parsed = _bridge.read_port_vlans(collection.bridge_tool, namespace.prefix)
        collection.gaps.add_damaged("bridges", parsed.damaged, netns=namespace.id)
        _bridge.add_port_vlans(filtering, parsed.records)


def _bridges_in(collection: Collection, namespace: Namespace) -> List[Record]:
    return [bridge for bridge in collection.bridges if bridge.get("netns", "") == namespace.id]


def _read_switch(collection: Collection) -> None:
    if _openvswitch.is_running(collection.runner):
        collection.switch = _openvswitch.read_database(collection.runner)
        found = _openvswitch.bridges(collection.switch)
        collection.bridges.extend(found)
        collection.moved = _openvswitch.counters(collection.runner, [bridge["name"] for bridge in found])


def _fdb_step(collection: Collection) -> None:
    rows: List[str] = []
    _read_fdb(collection, rows, HOST)
    for namespace in collection.namespaces[1:]:
        if any(link.get("master") for link in collection.links.get(namespace.id, [])):
            collection.attempt("fdb", functools.partial(_read_fdb, collection, rows, namespace), netns=namespace.id)
    collection.attempt("fdb", functools.partial(_read_switch_fdb, collection, rows), item="Open vSwitch")
    collection.parts["fdb"] = table(FDB_COLUMNS, rows)


def _read_fdb(collection: Collection, rows: List[str], namespace: Namespace) -> None:
    try:
        parsed = _bridge.read_fdb(collection.bridge_tool, namespace.prefix)
    except Missing as error:
        if namespace.id:
            raise
        bridges = [
            (bridge["name"], bridge["ports"]) for bridge in _bridges_in(collection, HOST) if bridge["kind"] == "linux"
        ]
        parsed = Parsed(_procfs.fdb(collection.runner, bridges), [])
        collection.gaps.add("fdb", "%s; read from /sys, which has no VLANs and only bridges" % error.reason, _INSTALL)
    damaged = _bridge.fdb_rows(parsed.records, namespace.id, rows)
    collection.gaps.add_damaged("fdb", parsed.damaged + damaged, netns=namespace.id)


def _read_switch_fdb(collection: Collection, rows: List[str]) -> None:
    if collection.switch is not None:
        parsed = _openvswitch.read_fdb(collection.runner, collection.switch)
        collection.gaps.add_damaged(
            "fdb", parsed.damaged + _bridge.fdb_rows(parsed.records, "", rows), item="Open vSwitch"
        )
        if collection.moved:
            collection.attempt(
                "moves", functools.partial(_read_moves, collection, collection.switch), item="Open vSwitch"
            )


def _read_moves(collection: Collection, switch: Dict[str, List[Record]]) -> None:
    """Which addresses fight: counters that rise between two looks say that some do."""
    moved, rows = _openvswitch.moves(collection.runner, switch, collection.moved)
    for bridge in collection.bridges:
        if bridge["kind"] == "openvswitch" and bridge["name"] in moved:
            bridge["moved"] = moved[bridge["name"]]
    collection.parts["moves"] = table(MOVE_COLUMNS, rows)
    named = {line.split(" ")[0] for line in rows}
    for name, count in sorted(moved.items()):
        if count and name not in named:
            collection.gaps.add(
                "moves",
                "%s moved addresses between ports %d times while it was read, and no look at its table shows which"
                % (name, count),
            )


def _rules_step(collection: Collection) -> None:
    collection.parts["rules"] = _each_family(collection, "rules", functools.partial(_routing.read_rules, collection.ip))


def _routes_step(collection: Collection) -> None:
    counts = _routing.count_routes(collection.runner)

    def read(family: str, option: str) -> Parsed:
        few = counts.get(family, 0) > collection.most_routes
        if few:
            collection.gaps.add("routes", "%d %s routes are too many; only default and connected ones were read"
                                % (counts[family], family), "raise `max_routes`")
        return _routing.read_routes(collection.ip, family, option, few)

    collection.parts["routes"] = _each_family(collection, "routes", read)


def _each_family(collection: Collection, subset: str, read: Callable[[str, str], Parsed]) -> List[Record]:
    """Records of IPv4, and of IPv6 where the kernel speaks it; a failure of one leaves the other."""
    found: List[Record] = []

    def read_one(family: str, option: str) -> None:
        parsed = read(family, option)
        collection.gaps.add_damaged(subset, parsed.damaged, item=family)
        found.extend(parsed.records)

    families = _routing.FAMILIES if _routing.has_ipv6(collection.runner) else _routing.FAMILIES[:1]
    results = [collection.attempt(subset, functools.partial(read_one, family, option), item=family)
               for family, option in families]
    if not any(results):
        raise _Unread
    return found


def _sysctls_step(collection: Collection) -> None:
    collection.parts["sysctls"] = _routing.read_sysctls(collection.runner)


def _guests_step(collection: Collection) -> None:
    found: List[Found] = []
    results = [collection.attempt("guests", functools.partial(_read_guests, collection, hypervisor, found))
               for hypervisor in _hypervisors.HYPERVISORS]
    guests = [guest for one in found for guest in one.guests]
    if guests or all(results):
        collection.parts["guests"] = guests
        collection.parts["dhcp_reservations"] = [entry for one in found for entry in one.reservations]
    if not all(results):
        raise _Unread


def _read_guests(collection: Collection, hypervisor: Hypervisor, found: List[Found]) -> None:
    if hypervisor.read is not None:
        found.append(hypervisor.read(collection.runner))
        collection.gaps.found.extend(found[-1].gaps)


def _pins_step(collection: Collection) -> None:
    if "interfaces" not in collection.observed:
        raise ReadError(
            "pins are places that name an interface's MAC, and the interfaces were not read",
            "add interfaces to gather_subset",
        )
    collection.parts["pins"] = find_pins(collection.runner, collection.interfaces)
    closed = [] if collection.runner.is_root() else closed_places(collection.runner)
    if closed:
        shown = ", ".join(shortened(path, 80) for path in closed[:MOST_CLOSED_SHOWN])
        more = " and %d more" % (len(closed) - MOST_CLOSED_SHOWN) if len(closed) > MOST_CLOSED_SHOWN else ""
        collection.gaps.add("pins", "files that may name a MAC are closed to this user: %s%s" % (shown, more), BECOME)


_STEPS = (
    ("identity", _identity_step), ("containers", _containers_step), ("interfaces", _interfaces_step),
    ("addresses", _addresses_step), ("neighbors", _neighbours_step), ("bridges", _bridges_step), ("fdb", _fdb_step),
    ("rules", _rules_step), ("routes", _routes_step), ("sysctls", _sysctls_step), ("guests", _guests_step),
    ("pins", _pins_step),
)


def summary(snapshot: Record) -> Record:
    """Counts a subset, and the gaps in words, for people."""
    counts: Record = {}
    for key, value in snapshot.items():
        if isinstance(value, dict):
            counts[key] = len(value.get("rows", value))
        elif isinstance(value, list):
            counts[key] = len(value)
    for key in ("identity", "observed"):
        counts.pop(key, None)
    counts["gaps"] = ["%s: %s" % (gap["subset"], gap["reason"]) for gap in snapshot["gaps"]]
    return counts
