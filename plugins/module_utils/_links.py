"""What lies on the other end of an interface: lower interfaces, veth peers and masters, across network namespaces."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from typing import Callable, Dict, List, Optional, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._table import Record

# Interfaces that come in pairs, whose ends name each other. None: sysfs does not tell a veth's kind.
_PAIRS = ("veth", "netkit", "vxcan", None)
# How container runtimes, guests' managers and firewalls call the host's end of a cable. Not tunl: that is IP in IP, and
# no cable at all.
_INWARD = re.compile(r"(?:veth|vb-|ve-|cali|lxc|lxd|cni|tap|vnet|docker|podman|nic-|fwpr|fwln|vif[0-9])")

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

    def ends(self, record: Record) -> List[str]:
        """Those namespaces where the other end of RECORD's pair can be: what lies there is of its kind and points back.
        """
        return [
            netns
            for netns in self.elsewhere(record)
            if self._points_back(record, self.at[(netns, record["link_index"])])
        ]

    def _points_back(self, record: Record, other: Record) -> bool:
        kind = record.get("kind")
        is_pair = kind in _PAIRS and other.get("kind") == kind
        return is_pair and "_nsid" in other and other.get("link_index") == record.get("index")


def is_inward_port(name: str, master: Optional[str]) -> bool:
    """Whether a cable NAME in a bridge MASTER leads to a container or guest, whatever namespace its other end is in."""
    return bool(master) and _INWARD.match(name) is not None


# How managers number the ports of their guests, and what to ask about the number.
_GUEST_PORTS = (
    (re.compile(r"(?:tap|fwpr|veth)([0-9]+)[ip][0-9]+\Z"), "guest %s of Proxmox"),  # tap100i0, veth101i0, fwpr100p0
    (re.compile(r"vif([0-9]+)\.[0-9]+(?:-emu)?\Z"), "domain %s of Xen"),
    (re.compile(r"(?:vnet|macvtap)([0-9]+)\Z"), "NIC %s of libvirt (virsh domiflist)"),
    (re.compile(r"(?:tap|qvo|qvb)([0-9a-f]{8}-[0-9a-f]{2})\Z"), "the Neutron port %s..."),
)


def guest_of_port(name: str) -> str:
    """Which guest the port NAME of a hypervisor's bridge leads to, as far as its manager's way of naming tells; empty
    otherwise.
    """
    for pattern, words in _GUEST_PORTS:
        match = pattern.match(name)
        if match:
            return words % match.group(1)
    return ""


# Between a guest's own interface and the bridge that it is on: Proxmox's firewall, tap100i0 - fwbr100i0 - fwln100i0 =
# fwpr100p0 - vmbr0.
_FIREWALLED = re.compile(r"(?:tap|veth)([0-9]+)i([0-9]+)\Z")


def port_behind(name: str) -> str:
    """The port by which a guest's interface NAME comes into a bridge where a firewall stands between them; empty for
    other names.
    """
    match = _FIREWALLED.match(name)
    return "fwpr%sp%s" % match.groups() if match else ""


NumberOf = Callable[[str, str], Optional[int]]


def _nobody_asked(_netns: str, _other: str) -> Optional[int]:
    return None


def resolve_links(records: List[Record], number_of: NumberOf = _nobody_asked) -> None:
    """Name the lower interface, veth peer and kind of master of every interface in RECORDS, in place.

    Across namespaces the two ends of a veth pair name each other by index. Where that fits more than one namespace, or
    where nothing points back, as from a macvlan's lower interface, the namespace number decides (``_nsid``: all links
    from one namespace to another carry the same). NUMBER_OF asks the kernel which number one namespace gives another:
    -1 for none, None where it cannot be asked. Without proof nothing is said.
    """
    world = _World(records)
    for record in records:
        _mark_abroad(world, record)
    abroad = [record for record in records if "_nsid" in record]
    numbers = _namespace_numbers(world, abroad, number_of)
    for record in records:
        _name_here(world, record)
    for record in abroad:
        _name_abroad(world, record, numbers, number_of)
    for record in records:
        record.pop("_nsid", None)
        record.pop("_nsname", None)
        _name_master(world, record)


def _home(record: Record) -> str:
    netns = record.get("netns", "")
    return netns if isinstance(netns, str) else ""


def _mark_abroad(world: _World, record: Record) -> None:
    """Before 4.0 neither kernel nor iproute2 tell namespace numbers: an index that is not here, or a veth end here that
    does not point back, means that the other end lies elsewhere.
    """
    if "_nsid" in record:
        return
    home = _home(record)
    lower = (
        world.named.get((home, record["link"]))
        if "link" in record
        else world.at.get((home, record.get("link_index", 0)))
    )
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


def _namespace_numbers(world: _World, abroad: List[Record], number_of: NumberOf) -> Dict[_Spot, str]:
    """(namespace, number that it gives another one) -> that other one, as far as pairs with one possible end prove it.
    """
    numbers: Dict[_Spot, str] = {}
    for record in abroad:
        spot = (_home(record), record["_nsid"])
        ends = world.ends(record)
        is_new = record["_nsid"] >= 0 and spot not in numbers
        if is_new and len(ends) == 1 and number_of(spot[0], ends[0]) in (None, spot[1]):
            numbers[spot] = ends[0]
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


def _name_abroad(world: _World, record: Record, numbers: Dict[_Spot, str], number_of: NumberOf) -> None:
    candidates = world.elsewhere(record)
    netns = _other_namespace(world, record, numbers, number_of)
    if netns is not None and netns in candidates:
        record["link"] = world.at[(netns, record["link_index"])]["name"]
        record["link_netns"] = netns
    elif not _may_be_known(world, record, candidates):
        record["link_foreign"] = True


def _other_namespace(world: _World, record: Record, numbers: Dict[_Spot, str], number_of: NumberOf) -> Optional[str]:
    home, candidates = _home(record), world.elsewhere(record)
    spot = (home, record["_nsid"])
    if spot in numbers:
        return numbers[spot]
    if "netns:" + record.get("_nsname", "") in candidates:  # `ip` knew its name under /run/netns
        return "netns:" + str(record["_nsname"])
    ends = world.ends(record)
    if record["_nsid"] < 0:
        return ends[0] if len(ends) == 1 else None
    for netns in ends or candidates:
        if number_of(home, netns) == record["_nsid"]:
            numbers[spot] = netns
            return netns
    return None


def _may_be_known(world: _World, record: Record, candidates: List[str]) -> bool:
    """Whether the other end can lie in a namespace that was read: a veth's does only where something points back."""
    return bool(world.ends(record) if record.get("kind") == "veth" else candidates)


def _name_master(world: _World, record: Record) -> None:
    master = world.named.get((_home(record), record.get("master", "")))
    if master is not None and "kind" in master:
        record.setdefault("master_kind", master["kind"])
