"""The interface whose MAC is to change: what it is, whether its MAC is its own to change, and who else has the new one.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.netops.layer2.plugins.module_utils import _interface_name, _iproute, _links, _procfs
from ansible_collections.netops.layer2.plugins.module_utils._mac import Mac
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Nic
from ansible_collections.netops.layer2.plugins.module_utils._runner import Missing, ReadError, Runner

Record = Dict[str, Any]
_STOLEN = 2  # addr_assign_type: NET_ADDR_STOLEN, taken from the interface below
_INHERITING = ("ipvlan", "ipvtap", "macsec")

World = NamedTuple("World", [("interfaces", List[Record]), ("neighbours", List[Record])])


def read_world(runner: Runner) -> World:
    """Interfaces (snapshot records) and neighbour entries of the host; from /proc and /sys where iproute2 is missing.
    """
    try:
        links, neighbours = _read(runner)
    except ReadError as error:
        raise ConfigError("the interfaces cannot be read: %s" % error.reason) from None
    records = _iproute.interfaces(links).records
    for record in records:
        _procfs.complete(runner, record)
    _links.resolve_links(records)
    return World(records, neighbours)


def _read(runner: Runner) -> Tuple[List[Record], List[Record]]:
    tool = _iproute.Tool(runner)
    try:
        return _iproute.read_links(tool).records, _iproute.read_neighbours(tool).records
    except Missing:
        return _procfs.links(runner).records, _procfs.neighbours(runner).records


def find(world: World, name: str) -> Record:
    """The interface called NAME (or with that alternative name); ConfigError listing those that are there, or if no
    file can hold its name.
    """
    for record in world.interfaces:
        if name == record["name"] or name in record.get("altnames", []):
            if not _interface_name.is_plain(record["name"]):
                raise ConfigError(_interface_name.problem(record["name"]))
            return record
    names = sorted(record["name"] for record in world.interfaces if record["name"] != "lo")
    raise ConfigError("interface %s does not exist here: there are %s" % (name, ", ".join(names) or "none"))


def nic_of(record: Record) -> Nic:
    """What the adapters need of an interface."""
    return Nic(
        record["name"],
        record.get("index", 0),
        record.get("mac", ""),
        record.get("permanent_mac", ""),
        record.get("kind", ""),
    )


def check_new(new: Mac) -> None:
    """ConfigError for a MAC that no single station can have."""
    if new.is_zero or new.is_multicast:
        raise ConfigError(
            "mac: %s is %s, no station can have it: its first octet must be even, and it must not be all zeros"
            % (new, "all zeros" if new.is_zero else "a group address")
        )


def check_own(record: Record, world: World) -> None:
    """ConfigError for an interface that has its MAC from another one, naming the one to change instead."""
    problem = _inherited(record, world)
    if problem:
        raise ConfigError("%s: %s" % (record["name"], problem))


def check_hardware(record: Record) -> None:
    """ConfigError for an interface that is no NIC, real or emulated."""
    # veth: what a container has for a NIC
    if record.get("link_type") != "ether" or not record.get("mac") or record.get("kind", "veth") != "veth":
        raise ConfigError(
            "%s: a %s is no NIC that a hypervisor gives its MAC: name the NIC below it, or use change: address"
            % (record["name"], record.get("kind") or record.get("link_type", "thing"))
        )


def _inherited(record: Record, world: World) -> Optional[str]:
    """Why the MAC is not the interface's own, and where to set it."""
    if record.get("link_type") != "ether" or not record.get("mac"):
        return "its link type is %s: only Ethernet interfaces have a MAC to change" % record.get("link_type", "unknown")
    return _from_master(record, world) or _from_below(record)


def _from_master(record: Record, world: World) -> Optional[str]:
    """Why a port has its MAC from what it is a port of, or lends it its own."""
    master = record.get("master", "")
    if master and record.get("master_kind") in ("bond", "team"):
        return "a port of %s, which gives its MAC to its ports: set it on %s" % (master, master)
    if master and record.get("master_kind") == "bridge" and record["mac"] == _mac_of(master, world):
        return "a port of bridge %s, which has this MAC too and speaks with it: set it on %s" % (master, master)
    return None


def _from_below(record: Record) -> Optional[str]:
    """Why an interface on top of another one, or of a guest's NIC, has the MAC of that one."""
    kind = record.get("kind", "")
    if kind in _INHERITING or (kind == "vlan" and record.get("assign_type") == _STOLEN):
        return "%s: its MAC is that of %s below it: set it there" % (_named(kind), record.get("link", "the interface"))
    if kind in ("macvlan", "macvtap") and record.get("mode") == "passthru":
        return "a %s in passthru mode, which shares the MAC of %s: set it there" % (
            kind,
            record.get("link", "the interface"),
        )
    if kind == "tun" and Mac(record["mac"]).may_be_tap:
        return "the host side of a guest's NIC; its MAC follows the guest's: change that one (libvirt_nic_mac)"
    return None


def _named(kind: str) -> str:
    return {"vlan": "a VLAN"}.get(kind, "an " + kind if kind[:1] in "aeio" else "a " + kind)


def _mac_of(name: str, world: World) -> Optional[str]:
    return next((each.get("mac") for each in world.interfaces if each["name"] == name), None)


def check_free(record: Record, new: str, world: World, taken: Sequence[str]) -> None:
    """ConfigError where NEW is somebody else's already, as far as this host or the caller knows."""
    if new in taken:
        raise ConfigError(
            "mac: %s is in the list of taken addresses: choose another one (netops.layer2.unique_mac)" % new
        )
    stack = followers(record, world)
    for other in world.interfaces:
        # Above and below the interface, one MAC is shared on purpose.
        if new in (other.get("mac"), other.get("permanent_mac")) and other["name"] not in stack:
            raise ConfigError("mac: %s is the MAC of %s on this same host: choose another one" % (new, other["name"]))
    for entry in world.neighbours:
        if str(entry.get("lladdr", "")).lower() == new:
            raise ConfigError(
                "mac: %s answers for %s on %s already: choose another one" % (new, entry.get("dst"), entry.get("dev"))
            )


def followers(record: Record, world: World) -> List[str]:
    """The interface, its ports if it is a bond or team, and everything stacked on them: what may share its MAC."""
    names = [record["name"]] + [each["name"] for each in world.interfaces if each.get("master") == record["name"]]
    for name in names:  # grows while it is walked
        names += [each["name"] for each in world.interfaces
                  if each["name"] not in names and _hangs_on(each, name, world)]
    return names


def _hangs_on(record: Record, name: str, world: World) -> bool:
    below = next((each for each in world.interfaces if each["name"] == name), {})
    return (
        record.get("link") == name and not record.get("link_foreign") and record.get("kind") != "veth"
    ) or below.get("master") == record["name"]


def twins(record: Record, mac: str, world: World) -> List[str]:
    """Other NICs of this host that have MAC too, outside the interface's stack."""
    stack = followers(record, world)
    return [
        each["name"]
        for each in world.interfaces
        if mac in (each.get("mac"), each.get("permanent_mac")) and each["name"] not in stack
    ]
