"""What a flood is judged by, beyond the fleet's model: timers, learning, VIPs and routing, kept small while the
snapshots stream past.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Collection
from dataclasses import dataclass, field

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._table import finite
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arp_settings import ArpSettings
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Key, Reader
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._return_path import (
    IP,
    Routing,
    address,
    addresses_of,
    read_routing,
)

_SYSCTLS = (
    ".arp_ignore",
    ".arp_announce",
    ".accept_redirects",
    ".base_reachable_time_ms",
    ".gc_stale_time",
    ".ip_forward",
)
_NEEDED = ("rules", "routes", "sysctls", "neighbors", "bridges", "fdb")


class Switch(t.NamedTuple):
    """A bridge of a host: what decides how long it remembers a MAC. None where the snapshot does not say. Times in
    seconds.
    """

    host: str
    key: Key
    kind: str
    ageing: float | None
    forward_delay: float | None
    topology_change: bool
    learned: int | None
    limit: int | None
    outward: int  # ports that lead neither to a guest nor to a container of the host

    @property
    def name(self) -> str:
        """The bridge as people say it."""
        return f"{self.key[1]} on {self.host}"

    @property
    def full(self) -> bool:
        """Whether its table holds as many learnt addresses as it may."""
        return bool(self.limit) and self.learned is not None and self.learned >= (self.limit or 0)


class DeafPort(t.NamedTuple):
    """A port of a bridge that does not learn."""

    host: str
    netns: str
    name: str
    bridge: str


class Vip(t.NamedTuple):
    """An address on an interface that no segment hangs on: loopback, dummy, or the end of a tunnel."""

    host: str
    interface: str
    address: str
    ip: IP
    tunnel: bool


@dataclass(slots=True)
class Facts:
    """Filled by ``keep``, one document at a time. MACS and ADDRESSES are those of the floods: their hosts' routing is
    kept.
    """

    macs: Collection[str] = ()
    addresses: Collection[str] = ()
    switches: list[Switch] = field(default_factory=list)
    deaf: list[DeafPort] = field(default_factory=list)
    vips: dict[str, list[Vip]] = field(default_factory=dict)  # host -> its VIPs
    routing: dict[str, Routing] = field(default_factory=dict)
    sysctls: ArpSettings = field(default_factory=lambda: ArpSettings(_SYSCTLS))
    unread: dict[str, frozenset[str]] = field(
        default_factory=dict
    )  # host -> subsets that a flood is judged by and that were not read
    _unread: dict[frozenset[str], frozenset[str]] = field(default_factory=dict)

    def keep(self, reader: Reader) -> None:
        """Take what is needed of one snapshot."""
        host, document = reader.host, reader.document
        observed = document.get("observed")
        self.sysctls.add(host, document.get("sysctls"))
        self._keep_switches(reader)
        told = observed if isinstance(observed, list) else [name for name in _NEEDED if name in document]
        seen = {name for name in told if isinstance(name, str)}
        missing = frozenset(_NEEDED) - seen
        if missing:
            self.unread[host] = self._unread.setdefault(missing, missing)
        vips, concerned = self._look_at_interfaces(reader)
        if vips:
            self.vips[host] = vips
        if vips or concerned:
            self.routing[host] = read_routing(reader, seen)

    def _keep_switches(self, reader: Reader) -> None:
        inward = {str(item.get("name")) for _path, item in reader.objects("interfaces") if _leads_inward(item)}
        for path, item in reader.objects("bridges"):
            ports = item.get("ports")
            name = reader.text(item, "name", path)
            if name:
                self.switches.append(
                    Switch(
                        reader.host,
                        (reader.text(item, "netns", path) or "", name),
                        reader.text(item, "kind", path) or "linux",
                        _seconds(item.get("ageing")),
                        _seconds(item.get("forward_delay")),
                        item.get("topology_change") is True,
                        _count(item.get("fdb_learned")),
                        _count(item.get("fdb_limit")),
                        len(set(map(str, ports)) - inward) if isinstance(ports, list) else 0,
                    )
                )

    def _look_at_interfaces(self, reader: Reader) -> tuple[list[Vip], bool]:
        vips: list[Vip] = []
        concerned = False
        for _path, item in reader.objects("interfaces"):
            port = item.get("port")
            name, netns = str(item.get("name")), str(item.get("netns") or "")
            # A VXLAN's FDB is filled by others (EVPN, static entries), so its port does not learn, on purpose.
            if (
                isinstance(port, dict)
                and port.get("learning") is False
                and item.get("kind") != "vxlan"
                and item.get("master")
            ):
                self.deaf.append(DeafPort(reader.host, netns, name, str(item["master"])))
            if netns:
                continue
            concerned = concerned or _is_one_of(item.get("mac"), self.macs)
            for entry in addresses_of(item):
                concerned = concerned or entry["address"] in self.addresses
                vips.extend(_vip(reader.host, name, item, entry))
        return vips, concerned


def _leads_inward(item: dict[str, t.Any]) -> bool:
    """Whether a bridge's port leads to a guest or a container: a tap, or a veth whose other end was found on the host.
    """
    return item.get("kind") in ("tun", "macvtap") or (item.get("kind") == "veth" and item.get("link_netns") is not None)


def _is_one_of(mac: object, macs: Collection[str]) -> bool:
    try:
        return bool(macs) and mac is not None and canonical(mac) in macs
    except MacError:
        return False


def _vip(host: str, name: str, item: dict[str, t.Any], entry: dict[str, t.Any]) -> list[Vip]:
    ip = address(entry["address"])
    if ip is None or ip.is_loopback or ip.is_link_local:
        return []
    link_type = item.get("link_type", "ether")
    if link_type == "loopback" or item.get("kind") == "dummy":
        return [Vip(host, name, entry["address"], ip, False)]
    alone = entry.get("prefix") == ip.max_prefixlen and not entry.get("peer")
    return [Vip(host, name, entry["address"], ip, True)] if link_type not in ("ether", "infiniband") and alone else []


def _seconds(value: object) -> float | None:
    number = finite(value)
    return number if number is not None and number >= 0 else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
