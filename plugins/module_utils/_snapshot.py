"""One host's snapshot, assembled: every reader on its own, so that a broken one leaves a gap and takes nothing else along."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import functools
import time
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence

from ansible_collections.netops.layer2.plugins.module_utils import _bridge, _identity, _iproute, _links, _procfs
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner, shortened
from ansible_collections.netops.layer2.plugins.module_utils._table import FDB_COLUMNS, NEIGHBOUR_COLUMNS, Record, table

SCHEMA = "netops.layer2/snapshot"
VERSION = 1
COLLECTOR = "0.1.0"  # the collection's version; a test holds it against galaxy.yml
SUBSETS = ("identity", "containers", "interfaces", "addresses", "neighbors", "fdb", "bridges", "rules", "routes", "sysctls",
           "guests")
MOST_DAMAGED_SHOWN = 20

Namespace = NamedTuple("Namespace", [("id", str), ("prefix", Sequence[str])])
HOST = Namespace("", ())


class SubsetError(ValueError):
    """A name in gather_subset is not one of SUBSETS."""


def chosen_subsets(names: Iterable[str]) -> List[str]:
    """The subsets that NAMES ask for, as ansible.builtin.setup reads its own: ``all``, names, ``!name``.

    Only exclusions start from all. ``addresses`` bring ``interfaces`` along, which hold them.
    """
    names = list(names)
    plain = [name for name in names if not name.startswith("!")]
    excluded = {name[1:] for name in names if name.startswith("!")}
    for name in set(plain) | excluded:
        if name not in SUBSETS and name != "all":
            raise SubsetError("gather_subset: %s is none of all, %s" % (shortened(name, 40), ", ".join(SUBSETS)))
    wanted = set(SUBSETS) if "all" in plain or not plain else set(plain)
    if "all" in excluded:
        wanted = set(plain) - {"all"}
    wanted -= excluded
    if "addresses" in wanted:
        wanted.add("interfaces")
    return [name for name in SUBSETS if name in wanted]


class Gaps:
    """What could not be read, and why."""

    def __init__(self) -> None:
        self.found: List[Record] = []

    def add(self, subset: str, reason: str, way_out: Optional[str] = None, **where: str) -> None:
        """Note that SUBSET misses something; WHERE: netns or item."""
        gap: Record = {"subset": subset}
        gap.update((key, value) for key, value in where.items() if value)
        gap["reason"] = reason
        if way_out:
            gap["way_out"] = way_out
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

    def __init__(self, runner: Runner, subsets: Sequence[str]) -> None:
        self.runner = runner
        self.subsets = subsets
        self.gaps = Gaps()
        self.observed: List[str] = []
        self.parts: Dict[str, Any] = {}
        self.namespaces = [HOST]
        self.links: Dict[str, List[Record]] = {}
        self.interfaces: List[Record] = []
        self.ip = _iproute.Tool(runner)
        self.bridge_tool = _iproute.Tool(runner)

    def attempt(self, subset: str, reader: Callable[[], None], **where: str) -> None:
        """Run READER; whatever goes wrong in it becomes a gap."""
        try:
            reader()
        except ReadError as error:
            self.gaps.add(subset, error.reason, error.way_out, **where)
        except Exception as error:  # a bug in one reader must not cost the others' data
            self.gaps.add(subset, "the reader broke: %s: %s" % (type(error).__name__, shortened(str(error))),
                          "report it with the output of this host's tools", **where)
        else:
            if not where and subset not in self.observed:
                self.observed.append(subset)


def collect(runner: Runner, subsets: Sequence[str], host: Optional[str] = None) -> Record:
    """Read SUBSETS of the host that RUNNER works on, and return its snapshot (docs/snapshot.md). Changes nothing."""
    started = time.time()
    collection = Collection(runner, subsets)
    for subset, step in _STEPS:
        if subset in subsets:
            collection.attempt(subset, functools.partial(step, collection))
    identity = collection.parts.get("identity", {})
    snapshot: Record = {
        "schema": SCHEMA, "version": VERSION, "host": host or identity.get("hostname") or _identity.hostname(runner),
        "collected_at": round(started, 3), "duration": round(time.time() - started, 3), "collector": COLLECTOR,
        "source": "live",
    }
    snapshot.update(collection.parts)
    snapshot["observed"] = collection.observed
    snapshot["gaps"] = collection.gaps.found
    return snapshot


# --- steps, one a subset ---------------------------------------------------------------------------------------------

def _identity_step(collection: Collection) -> None:
    collection.parts["identity"], gaps = _identity.read_identity(collection.runner)
    collection.gaps.found.extend(gaps)


def _interfaces_step(collection: Collection) -> None:
    for namespace in collection.namespaces:
        where = {"netns": namespace.id} if namespace.id else {}
        collection.attempt("interfaces", functools.partial(_read_interfaces, collection, namespace), **where)
    _links.resolve_links(collection.interfaces)
    if "addresses" not in collection.subsets:
        for record in collection.interfaces:
            record.pop("addresses", None)
    collection.parts["interfaces"] = collection.interfaces


def _read_interfaces(collection: Collection, namespace: Namespace) -> None:
    parsed = _iproute.read_links(collection.ip, namespace.prefix)
    found = _iproute.interfaces(parsed.records, namespace.id)
    collection.gaps.add_damaged("interfaces", parsed.damaged + found.damaged, netns=namespace.id)
    collection.links[namespace.id] = parsed.records
    collection.interfaces.extend(found.records)
    if not namespace.id:
        for record in found.records:
            _procfs.complete(collection.runner, record)


def _addresses_step(collection: Collection) -> None:
    if "interfaces" not in collection.observed:
        raise ReadError("addresses are read together with the interfaces, which could not be read")


def _neighbours_step(collection: Collection) -> None:
    rows: List[str] = []
    for namespace in collection.namespaces:
        parsed = _iproute.read_neighbours(collection.ip, namespace.prefix)
        damaged = _iproute.neighbour_rows(parsed.records, namespace.id, rows)
        collection.gaps.add_damaged("neighbors", parsed.damaged + damaged, netns=namespace.id)
    collection.parts["neighbors"] = table(NEIGHBOUR_COLUMNS, rows)


def _fdb_step(collection: Collection) -> None:
    rows: List[str] = []
    parsed = _bridge.read_fdb(collection.bridge_tool)
    damaged = _bridge.fdb_rows(parsed.records, "", rows)
    collection.gaps.add_damaged("fdb", parsed.damaged + damaged)
    collection.parts["fdb"] = table(FDB_COLUMNS, rows)


def _bridges_step(collection: Collection) -> None:
    found: List[Record] = []
    for netns, links in collection.links.items():
        bridges = _bridge.linux_bridges(links, collection.interfaces, netns)
        if not netns:
            for bridge in bridges:
                _bridge.complete_timers(collection.runner, bridge)
        found.extend(bridges)
    collection.parts["bridges"] = found


_STEPS = (
    ("identity", _identity_step), ("interfaces", _interfaces_step), ("addresses", _addresses_step),
    ("neighbors", _neighbours_step), ("fdb", _fdb_step), ("bridges", _bridges_step),
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
