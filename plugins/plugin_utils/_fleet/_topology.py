"""One host's own layer 2: which of its interfaces, bridges and guests' NICs are one attachment point, and which lead
outside.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from functools import lru_cache

from ansible_collections.netops.layer2.plugins.module_utils._links import guest_of_port, is_inward_port, port_behind
from ansible_collections.netops.layer2.plugins.module_utils._mac import Mac
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._own_macs import own_macs
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Bridge, GuestNic, Interface, Key
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._segments import Link, Segments
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._texts import intern

_TUNNELS = frozenset({"vxlan", "gretap", "ip6gretap", "geneve", "l2tp", "batadv"})
_CHILDREN = frozenset({"macvlan", "macvtap", "ipvlan", "ipvtap", "macsec"})
_ON_NO_WIRE = frozenset({"user"})  # types of guests' NICs that QEMU translates into its own sockets
_ONE_LINK = frozenset({"bond", "team", "failover", "netvsc", "hsr"})
# In place of one empty set or dictionary for each host and each thing that hardly any has.
_NONE: frozenset[t.Any] = frozenset()
_NO_PORTS: Mapping[str, t.Any] = {}


class HostTopology:
    """The attachment points of one host; built once, asked by interface.

    ``is_external`` tells the points from which a frame can leave the host; the others (docker0, virbr0 without an
    uplink) are broadcast domains of their own, so what is seen on them proves nothing about other hosts.
    """

    def __init__(
        self,
        host: str,
        interfaces: Iterable[Interface],
        bridges: Iterable[Bridge],
        segments: Segments,
        taps: Collection[str] = (),
    ) -> None:
        """TAPS: the names of those that guests of the host are known to have."""
        self.host = host
        self.owner = f"host {host}"  # the key of its own claims
        self._taps = taps
        self._segments = segments
        self.interfaces = {interface.key: interface for interface in interfaces}
        self.own_macs = own_macs(self.interfaces)
        self.bridges = {bridge.key: bridge for bridge in bridges}
        self._points = {key: segments.point(name_of(key), host) for key in self.interfaces}
        self._vlans: dict[tuple[Key, int], int] = {}
        # Name of an Open vSwitch port -> the interfaces called so, of any namespace.
        self._switched: Mapping[str, list[Key]] = _NO_PORTS
        self._plugged: Set[Key | None] = _NONE  # interfaces that are known to be ports of Open vSwitch
        self._patch_ends: Mapping[str, Key] = _NO_PORTS  # patch port of Open vSwitch -> its bridge
        self._note_switch()
        # NICs whose address is that of the guest (macvtap) or of the DSA ports above them.
        self.lent: frozenset[Key] = _NONE
        for bridge in self.bridges:
            if bridge not in self._points:
                self._points[bridge] = segments.point(name_of(bridge), host)
        for key, interface in self.interfaces.items():
            self._connect(interface, self._points[key])
        for entry in self.bridges.values():
            self._connect_ports(entry)
        exits = self._exits(self._leaves)
        for point in exits:
            segments.mark_external(point)
        unread = any(interface.kind == "tun" and self._ends_unread(interface) for interface in self.interfaces.values())
        self._by_tap = exits - self._exits(self._leaves_by_wire) if unread else _NONE

    def _note_switch(self) -> None:
        plugs = [(bridge, port) for bridge in self.bridges.values() if bridge.kind == "openvswitch"
                 for port in bridge.ports]
        if plugs:
            self._note_plugs(plugs)

    def _note_plugs(self, plugs: list[tuple[Bridge, str]]) -> None:
        ports, switched = {port for _bridge, port in plugs}, dict[str, list[Key]]()
        for key in self.interfaces:
            if key[1] in ports:
                switched.setdefault(key[1], []).append(key)
        self._switched = switched
        self._patch_ends = {port: bridge.key for bridge, port in plugs if port not in self._switched}
        self._plugged = {self._port_key(bridge, port) for bridge, port in plugs}

    def point(self, key: Key) -> int | None:
        """The attachment point of interface KEY, None if the snapshot has no such interface."""
        return self._points.get(key)

    def forget_plain_nics(self) -> None:
        """Drop what no verdict asks for once the claims are made: records of NICs without kind and address, most of a
        fleet's.
        """
        self.interfaces = {
            key: _kept(interface)
            for key, interface in self.interfaces.items()
            if interface.kind or interface.addresses or interface.link
        }

    def own_mac(self, interface: Interface) -> str | None:
        """The MAC that INTERFACE has by right, as far as that is told."""
        own = self.own_macs.get(interface.key)
        return own.mac if own and own.mac else interface.permanent_mac

    def is_external(self, point: int | None) -> bool:
        """Whether a frame can leave the host from POINT; not from None, which is no point."""
        return point is not None and self._segments.is_external(point)

    def in_vlan(self, bridge: Key, vlan: int | None) -> int | None:
        """The attachment point of VLAN on BRIDGE; of the whole bridge where it does not tell VLANs apart."""
        if vlan is None or not self._tells_vlans(bridge):
            return None if self._tells_vlans(bridge) else self.point(bridge)
        known = self._vlans.get((bridge, vlan))
        if known is None:
            label = f"VLAN {vlan} of {name_of(bridge)}"
            known = self._vlans[(bridge, vlan)] = self._segments.point(label, self.host)
            # Decided late for VLANs that only the FDB knows: a bridge that leads outside does so in each of its VLANs.
            if self.is_external(self.point(bridge)):
                self._segments.mark_external(known)
        return known

    def tagged(self, lower: str, vlan: int) -> str:
        """The name of the interface that has VLAN on LOWER; where frames with the tag were seen and the host has none,
        one is added.
        """
        for (netns, name), interface in self.interfaces.items():
            if interface.kind == "vlan" and interface.link == lower and interface.vlan_id == vlan and not netns:
                return name
        name = f"{lower}.{vlan}" if ("", f"{lower}.{vlan}") not in self._points else f"{lower}@{vlan}"
        carrier = self.point(("", lower))
        if carrier is not None:
            made = _vlan_on(lower, vlan, name)
            here = self._points[made.key] = self._segments.point(name, self.host)
            self.interfaces[made.key] = made
            if self.is_external(carrier):
                self._segments.mark_external(here)
            self._connect_vlan(made, here, vlan)
        return name

    def points_of(self, bridge: Key) -> list[int]:
        """The attachment points of BRIDGE: one, or one for each VLAN that is known on it where it tells VLANs apart."""
        if self._tells_vlans(bridge):
            return [point for (carrier, _vlan), point in self._vlans.items() if carrier == bridge]
        point = self.point(bridge)
        return [] if point is None else [point]

    def of_guest(self, nic: GuestNic, guest: str) -> int:
        """The attachment point of a guest's NIC: its bridge, the interface below a macvtap, else a point of its own."""
        own = self._segments.point(f"{nic.name} of guest {guest}", self.host)
        place = self._place_of(nic)
        if place is not None:
            self._segments.join(own, place, Link(f"{nic.name} of guest {guest} hangs on {self._segments.label(place)}"))
        if self.is_external(place) or (place is None and nic.type not in _ON_NO_WIRE):
            # Where nobody knows what it hangs on (a passed-through VF, a bridge that was not read), it may well lead
            # outside.
            self._segments.mark_external(own)
        return own

    def abroad(self, nic: GuestNic, guest: str, node: str) -> int:
        """The attachment point of a NIC on another node, which this host only tells of: nobody knows what it hangs on
        there.
        """
        own = self._segments.point(f"{nic.name} of guest {guest} of node {node}", self.host)
        if nic.type not in _ON_NO_WIRE:
            self._segments.mark_external(own)
        return own

    def _place_of(self, nic: GuestNic) -> int | None:
        tap = ("", nic.tap or "")
        if nic.type == "direct":
            return self.point(("", nic.source or ""))
        bridge = ("", nic.bridge or nic.source or "")
        if bridge in self._points:
            ports = (nic.tap or "", port_behind(nic.tap or ""))
            own = next((vlan for port in ports if (vlan := self._pvid(bridge, port))), None)
            vlan = nic.vlans[0] if len(nic.vlans) == 1 else own
            return self.in_vlan(bridge, vlan)
        return self.point(tap)

    def _tells_vlans(self, bridge: Key) -> bool:
        entry = self.bridges.get(bridge)
        return entry is not None and (entry.vlan_filtering or (entry.kind == "openvswitch" and bool(entry.port_vlans)))

    def _pvid(self, bridge: Key, port: str) -> int | None:
        entry = self.bridges.get(bridge)
        for vlan, is_pvid in entry.port_vlans.get(port, ()) if entry else ():
            if is_pvid:
                return vlan
        return None

    def _join(self, one: int | None, other: int | None, why: str) -> None:
        if one is not None and other is not None:
            self._segments.join(one, other, Link(intern(why), host=self.host))

    def _connect(self, interface: Interface, here: int) -> None:
        if interface.master:
            self._connect_to_master(interface, here)
        if interface.kind in _CHILDREN:
            self._join(here, self.point(self._lower(interface)), f"{interface.name} sits on {interface.link}")
            if interface.kind == "macvtap" and interface.mode == "passthru":
                self.lent |= {self._lower(interface)}
        elif interface.kind == "veth" and interface.link and interface.link_netns is not None:
            self._join(
                here, self.point(self._lower(interface)), f"{interface.name} is the other end of {interface.link}"
            )
        elif interface.kind == "dsa" and interface.link:
            self._lend_conduit(self._lower(interface))
        elif interface.kind == "vlan" and interface.vlan_id is not None:
            self._connect_vlan(interface, here, interface.vlan_id)

    def _lend_conduit(self, key: Key) -> None:
        """The NIC that carries the tagged frames of a switch's ports sends none of its own unless it has an address."""
        conduit = self.interfaces.get(key)
        if conduit is not None and not has_own_address(conduit):
            self.lent |= {key}

    def _connect_to_master(self, interface: Interface, here: int) -> None:
        key = (interface.netns, interface.master or "")
        master = self.interfaces.get(key)
        kind = master.kind if master else None
        if kind in _ONE_LINK or (master is not None and kind is None) or (kind == "bridge" and key not in self.bridges):
            self._join(here, self.point(key), f"{interface.name} is a port of {interface.master}")

    def _connect_vlan(self, interface: Interface, here: int, vlan: int) -> None:
        lower = self._lower(interface)
        if self._tells_vlans(lower):
            self._join(here, self.in_vlan(lower, vlan), f"{interface.name} is VLAN {vlan} of {interface.link}")
            return
        shared = self._vlans.setdefault((lower, vlan), here)
        self._join(here, shared, f"{interface.name} is VLAN {vlan} of {interface.link}")

    def _connect_ports(self, bridge: Bridge) -> None:
        here = self._points[bridge.key]
        ports = set(bridge.ports) | {
            interface.name for interface in self.interfaces.values()
            if interface.master == bridge.key[1] and interface.netns == bridge.key[0]
        }
        for port in sorted(ports):
            key = self._port_key(bridge, port)
            why = f"{port if key is None else name_of(key)} is a port of {bridge.key[1]}"
            if key is None:
                continue
            if not self._tells_vlans(bridge.key):
                self._join(self.point(key), here, why)
                continue
            pvid = self._pvid(bridge.key, port)
            if pvid is not None:
                self._join(self.point(key), self.in_vlan(bridge.key, pvid), f"{why} in VLAN {pvid}")

    def _port_key(self, bridge: Bridge, port: str) -> Key | None:
        """The interface that PORT is: a port of Open vSwitch may have been moved into another namespace (Neutron's qg-
        and qr-).
        """
        here = (bridge.key[0], port)
        if here in self.interfaces or bridge.kind != "openvswitch":
            return here if here in self.interfaces else None
        elsewhere = self._switched.get(port, ())
        return elsewhere[0] if len(elsewhere) == 1 else None

    def _has_open_end(self, bridge: Bridge) -> bool:
        """Whether a port of an Open vSwitch bridge leads where nobody looked: a tunnel, DPDK, a patch whose peer was
        not read.
        """
        return bridge.kind == "openvswitch" and any(
            self._port_key(bridge, port) is None
            and port not in self._switched
            and bridge.patches.get(port) not in self._patch_ends
            for port in bridge.ports
            if port != bridge.key[1]
        )

    def _is_patched_to(self, bridge: Bridge, roots: set[int]) -> bool:
        """Whether a patch port of BRIDGE leads to a bridge in ROOTS; flows may change VLANs there, so no segment is
        proven by it.
        """
        peers = {self._patch_ends[peer] for peer in bridge.patches.values() if peer in self._patch_ends}
        return any(self._segments.find(self._points[peer]) in roots for peer in peers)

    def _lower(self, interface: Interface) -> Key:
        return (interface.netns if interface.link_netns is None else interface.link_netns, interface.link or "")

    def is_wired(self, point: int | None) -> bool:
        """Whether a point leads outside otherwise than by a tap of whose other end nothing is known."""
        return self.is_external(point) and point not in self._by_tap

    def _exits(self, leaves: Callable[[Interface], bool]) -> set[int]:
        """Points that lead outside, VLANs on them included; LEAVES tells which interfaces do."""
        find = self._segments.find
        roots = {find(self._points[key]) for key, interface in self.interfaces.items() if leaves(interface)}
        roots |= {find(self._points[key]) for key, bridge in self.bridges.items() if self._has_open_end(bridge)}
        for _round in range(3):  # VLAN on bridge on VLAN is as deep as people stack
            grown = {find(point) for point in self._above(roots)}
            if grown <= roots:
                break
            roots |= grown
        every = list(self._points.values()) + list(self._vlans.values())
        return {point for point in every if find(point) in roots}

    def _above(self, roots: set[int]) -> Iterable[int]:
        find = self._segments.find
        for (lower, _vlan), point in self._vlans.items():
            carrier = self._points.get(lower)
            if carrier is not None and (find(carrier) in roots or self._port_in(lower, roots)):
                yield point
        for key, bridge in self.bridges.items():
            if (self._tells_vlans(key) and self._port_in(key, roots)) or (
                bridge.patches and self._is_patched_to(bridge, roots)
            ):
                yield self._points[bridge.key]

    def _port_in(self, bridge: Key, roots: set[int]) -> bool:
        return any(self._segments.find(self._points[key]) in roots for key in self._port_keys(bridge))

    def _port_keys(self, bridge: Key) -> Iterable[Key]:
        entry = self.bridges.get(bridge)
        if entry is not None and entry.kind == "openvswitch":
            return [key for key in (self._port_key(entry, port) for port in entry.ports) if key is not None]
        return [
            key
            for key, interface in self.interfaces.items()
            if interface.master == bridge[1] and interface.netns == bridge[0]
        ]

    def _leaves(self, interface: Interface) -> bool:
        if interface.link_type != "ether":
            return False
        if interface.kind == "veth":
            resolved = interface.link_netns is not None and self._lower(interface) in self._points
            return not resolved and not is_inward_port(interface.name, interface.master)
        if interface.kind == "openvswitch":
            # Where its database was not read, nobody knows what hangs on it; where it was, its ports tell.
            return interface.key not in self._plugged and interface.key not in self.bridges
        if interface.kind == "tun":
            return self._ends_unread(interface)
        return interface.kind is None or interface.kind in _TUNNELS or interface.kind in ("bond", "team", "dsa")

    def _leaves_by_wire(self, interface: Interface) -> bool:
        return interface.kind != "tun" and self._leaves(interface)

    def leads_to_guest(self, interface: Interface) -> bool:
        """Whether INTERFACE is a guest's tap, or a cable (a container's, a firewall's) that a definition or its name
        gives a guest.
        """
        if interface.kind in ("tun", "macvtap") or (not interface.netns and interface.name in self._taps):
            return True
        return interface.kind == "veth" and bool(guest_of_port(interface.name))

    def _ends_unread(self, tap: Interface) -> bool:
        """Whether nothing says that a tap is a guest's, so that it may be a VPN's, and its other end anywhere.

        A guest's has no address. In a bridge it is one that a definition or its name gives a guest, that has a hidden
        octet, or that libvirt keeps the MAC of its own bridge with (virbr0-nic).
        """
        if not tap.master:
            return has_own_address(tap)
        if tap.name in self._taps or guest_of_port(tap.name) or tap.name == tap.master + "-nic":
            return False
        return tap.mac is None or not Mac(tap.mac).may_be_tap


def has_own_address(interface: Interface) -> bool:
    """Whether INTERFACE has an address that is not link-local: the kernel gives those to guests' taps as well."""
    return any(not address.address.startswith(("fe80:", "169.254.")) for address in interface.addresses)


def _vlan_on(lower: str, vlan: int, name: str) -> Interface:
    """What is known of a VLAN that only frames with its tag told of."""
    return Interface(
        name=name,
        netns="",
        mac=None,
        permanent_mac=None,
        link_type="ether",
        kind="vlan",
        driver=None,
        up=True,
        master=None,
        link=lower,
        link_netns=None,
        link_foreign=False,
        assign_type=2,
        vlan_id=vlan,
        mode=None,
        addresses=(),
    )


@lru_cache(maxsize=256)
def _once(interface: Interface) -> Interface:
    return interface


def _kept(interface: Interface) -> Interface:
    """INTERFACE, as one object where every host of a fleet has the same: the loopback."""
    return _once(interface) if interface.link_type == "loopback" else interface


def name_of(key: Key) -> str:
    """An interface as people say it, the container named where it is not the host's own."""
    return key[1] if not key[0] else f"{key[1]} in {key[0]}"
