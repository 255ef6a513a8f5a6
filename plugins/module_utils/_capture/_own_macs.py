"""Which MACs are a host's own as seen from one of its interfaces, and which interfaces lead out of it. Pure: from a snapshot."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from typing import Dict, Iterable, List, NamedTuple, Sequence, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._capture._bpf import OwnMac
from ansible_collections.netops.layer2.plugins.module_utils._mac import ZERO
from ansible_collections.netops.layer2.plugins.module_utils._table import Record

# What has to be read for it (layer2_facts' gather_subset).
SUBSETS = ("containers", "interfaces", "guests", "bridges", "fdb")
# The host's end of a container's or guest's cable leads inwards, whatever namespace its other end is in.
_INWARD = re.compile(r"(?:veth|vb-|ve-|cali|lxc|lxd|cni|tap|vnet|docker|podman|nic-|fwpr|fwln)")
_NICS = (None, "dsa")  # kinds of real NICs: none at all, or a port of a switch chip
_STACKED_ON = ("vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "macsec")
_BUNDLES = ("bond", "team")
_TAPS = ("tun", None)  # sysfs does not always tell a tap's kind
_RUNNING = ("running", "paused", "pmsuspended", "blocked", "in shutdown")

Key = Tuple[str, str]  # network namespace ("" the host's own), name
# One MAC of a host, and why it counts as its own.
Own = NamedTuple("Own", [("mac", str), ("any_first", bool)])


def key_of(record: Record) -> Key:
    """Where an interface is."""
    return str(record.get("netns", "")), str(record["name"])


def octets(mac: str) -> bytes:
    """The six octets of a canonical MAC."""
    return bytes(bytearray.fromhex(mac.replace(":", "")))


def is_uplink(record: Record) -> bool:
    """Whether frames from outside the host come in here: a NIC, or the cable of a container whose other end is not this host's."""
    if record.get("link_type") != "ether":
        return False
    if record.get("kind") == "veth":
        return record.get("link_netns") is None and not (record.get("master") and _INWARD.match(str(record["name"])))
    return record.get("kind") in _NICS and record.get("mode") not in ("tap", "tun")


def above(start: Key, interfaces: Sequence[Record]) -> Set[Key]:
    """START and what is stacked on it: VLANs, bonds, macvlans; a bridge is where it ends."""
    found = {start}
    for _round in range(8):  # deeper stacks are nobody's
        grown = found | {key_of(record) for record in interfaces if _lower(record) in found}
        grown |= {(key_of(record)[0], record["master"]) for record in interfaces
                  if key_of(record) in found and record.get("master_kind") in _BUNDLES}
        if grown == found:
            break
        found = grown
    return found


def _lower(record: Record) -> Key:
    if record.get("kind") not in _STACKED_ON:
        return ("", "")
    return str(record.get("link_netns", record.get("netns", ""))), str(record.get("link", ""))


def own_macs(snapshot: Record, interface: Key, more: Iterable[str] = ()) -> List[Own]:
    """Every MAC that frames coming in at INTERFACE may rightly be for, sorted: of interfaces in all namespaces, running guests, and what
    bridges here have learned behind other ports, so that what this host only passes on is no flood. MORE are canonical MACs.
    """
    found = {Own(mac, False) for mac in more}
    found |= _of_interfaces(snapshot.get("interfaces", []))
    found |= {Own(mac, False) for mac in _of_guests(snapshot.get("guests", []))}
    found |= {Own(mac, False) for mac in _of_tables(snapshot, interface)}
    return sorted(own for own in found if own.mac != ZERO)


def sent_through(interface: Key, interfaces: Sequence[Record]) -> Set[str]:
    """The MACs of INTERFACE and of what is stacked on it: frames that come in from one of them left here before, or a twin sent them."""
    here = above(interface, interfaces)
    return {record["mac"] for record in interfaces if key_of(record) in here and "mac" in record}


def _of_interfaces(interfaces: Iterable[Record]) -> Set[Own]:
    found: Set[Own] = set()
    for record in interfaces:
        for name in ("mac", "permanent_mac"):
            if name in record:
                found.add(Own(record[name], False))
        mac = record.get("mac", "")
        # libvirt gives a tap the guest's MAC, but for the first octet.
        if mac.startswith(("fe:", "fa:")) and record.get("kind") in _TAPS:
            found.add(Own(mac, True))
    return found


def _of_guests(guests: Iterable[Record]) -> Set[str]:
    running = [guest for guest in guests if guest.get("state") in _RUNNING]
    nics = [nic for guest in running for nic in guest.get("nics", [])]
    return {mac for mac in (nic.get("live_mac") or nic.get("mac") for nic in nics) if mac}


def _of_tables(snapshot: Record, interface: Key) -> Set[str]:
    """MACs of forwarding tables: static ones, those behind inward ports, and those behind another port of a bridge that INTERFACE is in."""
    interfaces = snapshot.get("interfaces", [])
    here = above(interface, interfaces)
    outward: Set[Key] = set()
    for record in interfaces:
        if is_uplink(record):
            outward |= above(key_of(record), interfaces)
    bridges = {(key_of(record)[0], record.get("master", "")) for record in interfaces if key_of(record) in here}
    found: Set[str] = set()
    for row in _rows(snapshot):
        port, bridge = (row["netns"], row["interface"]), (row["netns"], row["bridge"])
        if "permanent" in row["flags"].split(",") or (port not in here and (port not in outward or bridge in bridges)):
            found.add(row["mac"])
    return found


def _rows(snapshot: Record) -> Iterable[Dict[str, str]]:
    table = snapshot.get("fdb", {"columns": [], "rows": []})
    for text in table["rows"]:
        cells = ["" if cell == "-" else cell for cell in text.split(" ")]
        yield dict(zip(table["columns"], cells))


def for_kernel(own: Iterable[Own]) -> List[OwnMac]:
    """The same as the kernel's filter compares them."""
    return [OwnMac(octets(item.mac), item.any_first) for item in own]
