"""Lines of logs that tell of a duplicate address: by the kernel, network managers, arpwatch, switches."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.module_utils._mac import canonical
from ansible_collections.netops.layer2.plugins.module_utils._shown_name import FILE, shown
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._events import DUPLICATE
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._moves import FLAPPING

LONGEST = 2000  # characters of a message that are looked at

_IF = r"(?P<interface>[^\s:]{1,15})"
_PORT = r"(?P<{}>[A-Za-z0-9/._-]{{1,40}})"
_MAC = r"(?P<{}>[0-9A-Fa-f][0-9A-Fa-f:.-]{{10,16}})"
_IP = r"(?P<address>[0-9A-Fa-f:.]{2,45})"


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a line says, in checked values; SAYS is who wrote it."""

    kind: str
    interface: str | None = None
    address: str | None = None
    old_mac: str | None = None
    new_mac: str | None = None
    old_port: str | None = None
    new_port: str | None = None
    vlan: int | None = None
    says: str = ""


@dataclass(frozen=True, slots=True)
class _Form:
    """One program's sentence; named groups are fields of a Complaint, `mac` is both of its MACs."""

    says: str
    kind: str
    pattern: re.Pattern[str]


def _form(says: str, kind: str, pattern: str) -> _Form:
    return _Form(says, kind, re.compile(pattern, re.ASCII))


# A new sentence is a row here, and a line of the program in tests/unit/event_filter/test_log_lines.py.
_FORMS = (
    # net/ipv6/ndisc.c and addrconf.c; before Linux 4.14 without the MAC
    _form(
        "the kernel's detection of duplicate addresses",
        DUPLICATE,
        rf"IPv6: {_IF}: IPv6 duplicate address {_IP} (?:used by {_MAC.format('new_mac')} )?detected!",
    ),
    # net/bridge/br_fdb.c; before Linux 4.1 without address and VLAN
    _form(
        "a bridge of the kernel",
        DUPLICATE,
        rf"{_IF}: received packet on {_PORT.format('new_port')} with ? ?own address as source address"
        rf"(?: \(addr:{_MAC.format('mac')}(?:, vlan:(?P<vlan>\d{{1,4}}))?\))?",
    ),
    # src/core/nm-l3cfg.c
    _form(
        "NetworkManager",
        DUPLICATE,
        rf"IPv4 address collision detection sees conflict on interface \d{{1,10}}(?: \({_IF}\))? "
        rf"for address {_IP} from host {_MAC.format('new_mac')}",
    ),
    # src/network/networkd-ipv4acd.c
    _form(
        "systemd-networkd",
        DUPLICATE,
        rf"{_IF}: (?:Dropping address|Cannot configure requested address) {_IP}, as an address conflict was detected",
    ),
    # src/arp.c of dhcpcd
    _form("dhcpcd", DUPLICATE, rf"{_IF}: hardware address {_MAC.format('new_mac')} claims {_IP}"),
    # initscripts' ifup-eth, which asks with arping
    _form("ifup", DUPLICATE, rf"some other host \({_MAC.format('new_mac')}\) already uses address {_IP}"),
    # arpwatch(8)
    _form("arpwatch", FLAPPING, rf"flip flop {_IP} {_MAC.format('new_mac')} \({_MAC.format('old_mac')}\)(?: {_IF})?"),
    # Cisco IOS
    _form(
        "a switch",
        FLAPPING,
        rf"MACFLAP_NOTIF: Host {_MAC.format('mac')} in vlan (?P<vlan>\d{{1,4}}) is flapping between "
        rf"port {_PORT.format('old_port')} and port {_PORT.format('new_port')}",
    ),
    _form(
        "a router",
        DUPLICATE,
        rf"DUPADDR: Duplicate address {_IP} on {_PORT.format('interface')}, "
        rf"sourced by (?:mac |MAC )?{_MAC.format('new_mac')}",
    ),
)


def complaint(message: object) -> Complaint | None:
    """What MESSAGE complains of; None for any other text, and for what only looks like such a sentence."""
    text = message[:LONGEST] if isinstance(message, str) else ""
    for form in _FORMS:
        found = form.pattern.search(text)
        if found:
            try:
                return _complaint(form, found.groupdict())
            except ValueError:
                return None
    return None


def _complaint(form: _Form, said: dict[str, str | None]) -> Complaint:
    """The complaint of a sentence; ValueError where a MAC or an address in it is none."""
    both, vlan, address = said.get("mac"), said.get("vlan"), said.get("address")
    return Complaint(
        form.kind,
        _shown(said.get("interface")),
        str(ipaddress.ip_address(address.rstrip("."))) if address else None,
        _mac(both or said.get("old_mac")),
        _mac(both or said.get("new_mac")),
        _shown(said.get("old_port")),
        _shown(said.get("new_port")),
        int(vlan) or None if vlan else None,
        form.says,
    )


def _mac(text: str | None) -> str | None:
    """Canonical MAC; arpwatch leaves leading zeros out, sentences end in dots."""
    return canonical(text.rstrip(".:-")) if text else None


def _shown(name: str | None) -> str | None:
    return shown(name, FILE) if name else None
