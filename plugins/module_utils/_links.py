"""What lies on the other end of an interface: lower interfaces, veth peers and masters, across network namespaces."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Dict, List, Optional, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._table import Record

_Spot = Tuple[str, int]  # namespace ("" the host's own) and interface index


class _World:
    """The interfaces of all namespaces that were read, by namespace and index."""

    def __init__(self, records: List[Record]) -> None:
        self.at = {(_home(record), record["index"]): record for record in records if "index" in record}
        self.named = {(_home(record), record["name"]): record for record in records}
        self.namespaces = sorted({_home(record) for record in records})

    def elsewhere(self, record: Record) -> List[str]:
        """Other namespaces that hold the index which RECORD's link points to."""
        return [netns for netns in self.namespaces
                if netns != _home(record) and (netns, record.get("link_index", 0)) in self.at]

    def points_back(self, record: Record, netns: str) -> bool:
        """Whether the interface there names RECORD's index as its own other end, as the two ends of a veth pair do."""
        other = self.at[(netns, record.get("link_index", 0))]
        return "_nsid" in other and other.get("link_index") == record.get("index")


def resolve_links(records: List[Record]) -> None:
    """Name the lower interface, veth peer and kind of master of every interface in RECORDS, in place.

    Across namespaces the two ends of a veth pair name each other by index. Where that fits more than one namespace, the
    namespace number decides (``_nsid``: all links from one namespace to another carry the same); else nothing is said.
    """
    world = _World(records)
    for record in records:
        _mark_abroad(world, record)
    abroad = [record for record in records if "_nsid" in record]
    numbers = _namespace_numbers(world, abroad)
    for record in records:
        _name_here(world, record)
    for record in abroad:
        _name_abroad(world, record, numbers)
    for record in records:
        record.pop("_nsid", None)
        _name_master(world, record)


def _home(record: Record) -> str:
    netns = record.get("netns", "")
    return netns if isinstance(netns, str) else ""


def _mark_abroad(world: _World, record: Record) -> None:
    """Before 4.0 neither kernel nor iproute2 tell namespace numbers: an index that is not here, or a veth end here that does
    not point back, means that the other end lies elsewhere.
    """
    if "_nsid" in record:
        return
    home = _home(record)
    lower = world.named.get((home, record["link"])) if "link" in record else world.at.get((home, record.get("link_index", 0)))
    if lower is None and "link" not in record and "link_index" in record:
        record["_nsid"] = -1
    elif lower is not None and record.get("kind") == "veth" and not _points_back(record, lower):
        record.update(_nsid=-1, link_index=lower.get("index", 0))
        record.pop("link", None)


def _points_back(record: Record, lower: Record) -> bool:
    """Whether LOWER, in the same namespace, is the other end of the veth RECORD."""
    if lower.get("kind") != "veth":
        return False
    return bool(lower["link"] == record["name"] if "link" in lower else lower.get("link_index") == record.get("index"))


def _namespace_numbers(world: _World, abroad: List[Record]) -> Dict[_Spot, str]:
    """(namespace, number that it gives another one) -> that other one, as far as single matches prove it."""
    numbers: Dict[_Spot, str] = {}
    for record in abroad:
        matches = [netns for netns in world.elsewhere(record) if world.points_back(record, netns)]
        if len(matches) == 1 and record["_nsid"] >= 0:
            numbers[(_home(record), record["_nsid"])] = matches[0]
    return numbers


def _name_here(world: _World, record: Record) -> None:
    if "_nsid" in record:
        return
    home = _home(record)
    if "link" not in record and "link_index" in record:
        record["link"] = world.at[(home, record["link_index"])]["name"]
    lower = world.named.get((home, record.get("link", "")))
    if lower is not None:
        record["link_netns"] = home
        if "index" in lower:
            record.setdefault("link_index", lower["index"])


def _name_abroad(world: _World, record: Record, numbers: Dict[_Spot, str]) -> None:
    candidates = world.elsewhere(record)
    netns: Optional[str] = numbers.get((_home(record), record["_nsid"]))
    if netns is None:
        matches = [name for name in candidates if world.points_back(record, name)]
        netns = matches[0] if len(matches) == 1 else None
    if netns is not None and netns in candidates:
        record["link"] = world.at[(netns, record["link_index"])]["name"]
        record["link_netns"] = netns
    elif not _may_be_known(world, record, candidates):
        record["link_foreign"] = True


def _may_be_known(world: _World, record: Record, candidates: List[str]) -> bool:
    """Whether the other end can lie in a namespace that was read: a veth's does only where something points back."""
    if record.get("kind") == "veth":
        return any(world.points_back(record, netns) for netns in candidates)
    return bool(candidates)


def _name_master(world: _World, record: Record) -> None:
    master = world.named.get((_home(record), record.get("master", "")))
    if master is not None and "kind" in master:
        record.setdefault("master_kind", master["kind"])
