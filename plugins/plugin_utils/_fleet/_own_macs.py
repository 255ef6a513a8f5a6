"""Where the MAC of an interface is set, and which one it has by right, where it has another one now: its NIC's
permanent one, its port's, its lower interface's.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Iterator, Mapping

from ansible_collections.netops.layer2.plugins.module_utils._mac import ZERO
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Interface, Key

_ONE_MAC = ("bond", "team")  # all ports take on their MAC, which is the first one's unless something set another
_DEEPEST = 4  # VLAN on bridge on VLAN on bond is as deep as people stack


class OwnMac(t.NamedTuple):
    """INTERFACE: where the MAC is set, what is stacked on it follows; MAC: what that goes back to, None where it has
    it, or nothing tells.
    """

    interface: str
    mac: str | None


def own_macs(interfaces: Mapping[Key, Interface]) -> dict[Key, OwnMac]:
    """Interface -> where its MAC is set, of those INTERFACES of one host that follow another or have not their own."""
    ports: dict[Key, list[Interface]] = {}
    for interface in interfaces.values():
        if interface.master:
            ports.setdefault((interface.netns, interface.master), []).append(interface)
    found = ((key, _Stack(interfaces, ports).own(interface)) for key, interface in interfaces.items())
    return {key: own for key, own in found if own is not None}


class _Stack(t.NamedTuple):
    """The interfaces of a host, and those that are ports of each."""

    interfaces: Mapping[Key, Interface]
    ports: Mapping[Key, list[Interface]]

    def own(self, interface: Interface, deep: int = _DEEPEST) -> OwnMac | None:
        """Where the MAC of INTERFACE is set, and its own; None where that is itself, and it has its own or nothing
        tells. DEEP: how far down to look.
        """
        if interface.kind in _ONE_MAC:
            return _of_ports(interface, self.ports.get(interface.key, ()))
        if interface.kind == "vlan":
            return self._of_vlan(interface, deep)
        if interface.kind == "bridge":
            port = self._followed(interface)
            return self.own(port, deep - 1) if port and deep else None
        own = interface.permanent_mac
        return OwnMac(interface.name, own) if own and own not in (interface.mac, ZERO) else None

    def _of_vlan(self, vlan: Interface, deep: int) -> OwnMac | None:
        """One that was moved into a container took on the MAC of a NIC that is not beside it."""
        lower = None if vlan.link_netns else self.interfaces.get((vlan.netns, vlan.link or ""))
        if lower is None or not lower.mac:
            return None
        if lower.mac != vlan.mac:
            return OwnMac(vlan.name, lower.mac)
        return (self.own(lower, deep - 1) if deep else None) or OwnMac(lower.name, None)

    def _followed(self, bridge: Interface) -> Interface | None:
        """The first port whose MAC a bridge has; what leads to guests and containers gives it none."""
        below = self.ports.get(bridge.key, ())
        return next((port for port in below if port.mac == bridge.mac and port.kind not in ("tun", "veth")), None)


def _of_ports(bond: Interface, ports: Iterable[Interface]) -> OwnMac | None:
    """A bond has one of its ports' MACs by right: which one depends on which port came first, or is active
    (fail_over_mac).
    """
    own = list(_own_of(ports))
    return OwnMac(bond.name, own[0]) if own and bond.mac not in own else None


def _own_of(ports: Iterable[Interface]) -> Iterator[str]:
    """Own MACs of PORTS; one that tells no permanent MAC has its own."""
    for port in ports:
        own = port.permanent_mac or port.mac
        if own and own != ZERO:
            yield own
