"""Which MACs are a host's own, as seen from one of its interfaces. Pure: from a snapshot."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Dict, Iterable, List, NamedTuple, Sequence, Set

from ansible_collections.netops.layer2.plugins.module_utils._capture._bpf import OwnMac
from ansible_collections.netops.layer2.plugins.module_utils._capture._interfaces import Key, above, is_uplink, key_of
from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisors import presence
from ansible_collections.netops.layer2.plugins.module_utils._mac import ZERO
from ansible_collections.netops.layer2.plugins.module_utils._table import Record

# What has to be read for it (layer2_facts' gather_subset).
SUBSETS = ("containers", "interfaces", "guests", "bridges", "fdb")
_TAPS = ("tun", None)  # sysfs does not always tell a tap's kind

# One MAC of a host, and why it counts as its own.
Own = NamedTuple("Own", [("mac", str), ("any_first", bool)])


def octets(mac: str) -> bytes:
    """The six octets of a canonical MAC."""
    return bytes(bytearray.fromhex(mac.replace(":", "")))


def own_macs(snapshot: Record, interface: Key, more: Iterable[str] = ()) -> List[Own]:
    """Every MAC that frames coming in at INTERFACE may rightly be for, sorted: of interfaces in all namespaces, running
    guests, and what bridges here have learned behind other ports, so that what this host only passes on is no flood.
    MORE are canonical MACs.
    """
    found = {Own(mac, False) for mac in more}
    found |= _of_interfaces(snapshot.get("interfaces", []))
    found |= {Own(mac, False) for mac in _of_guests(snapshot.get("guests", []))}
    found |= {Own(mac, False) for mac in _of_tables(snapshot, interface)}
    return sorted(own for own in found if own.mac != ZERO)


def sent_through(interface: Key, interfaces: Sequence[Record]) -> Set[str]:
    """The MACs of INTERFACE and of what is stacked on it: frames that come in from one of them left here before, or a
    twin sent them.
    """
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
    # Frames for a guest of another node are not for this host.
    here = [guest for guest in guests if presence(guest).active and "node" not in guest]
    nics = [nic for guest in here for nic in guest.get("nics", [])]
    return {mac for mac in (nic.get("live_mac") or nic.get("mac") for nic in nics) if mac}


def _of_tables(snapshot: Record, interface: Key) -> Set[str]:
    """MACs of forwarding tables: static ones, those behind inward ports, and those behind another port of a bridge that
    INTERFACE is in.
    """
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
