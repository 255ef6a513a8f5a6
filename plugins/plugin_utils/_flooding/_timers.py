"""Configuration lines that make switches keep a MAC longer than anybody keeps an ARP entry, and learn on every port;
per platform.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib.util
import re
import typing as t
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._ageing import PLATFORMS, platform_of

OURS = ("linux", "openvswitch")  # no lines: layer2_timers changes those on the host
MARGIN = 600  # s; Juniper asks for ten minutes between the two timers (CLI reference, global-mac-table-aging-time)
_NAME = re.compile(r"[A-Za-z][\w./:+-]*( ?\d[\w./:+-]*)?\Z", re.ASCII)


class TimerError(ValueError):
    """What is asked for cannot be configured; the text names platform, field and way out."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. ARP, MAC: seconds. PORTS: layer-2 interfaces that are to learn. GATEWAYS: layer-3 interfaces
    with ARP entries.
    """

    arp: int
    mac: int
    ports: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    vlans: tuple[int, ...] = ()


class Block(t.NamedTuple):
    """Lines below the lines that lead to them, such as an interface; no parents for lines of the top."""

    parents: tuple[str, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one platform says it. Ranges in seconds, both ends allowed. PUSH: the module that takes the lines, None where
    there is none.
    """

    arp_range: tuple[int, int]
    mac_range: tuple[int, int]
    render: Callable[[Wanted], list[Block]]
    push: str | None
    arp_on_gateways: (
        bool  # the ARP timer is one of each layer-3 interface, so that without their names the default stays
    )
    notes: tuple[str, ...] = ()


def _each(names: Iterable[str], *lines: str) -> list[Block]:
    return [Block((f"interface {name}",), lines) for name in names]


def _ios(wanted: Wanted) -> list[Block]:
    top = [f"mac address-table aging-time {wanted.mac}"] + [
        f"mac address-table learning vlan {vlan}" for vlan in wanted.vlans
    ]
    return [Block((), tuple(top)), *_each(wanted.gateways, f"arp timeout {wanted.arp}")]


def _nxos(wanted: Wanted) -> list[Block]:
    return [
        Block((), (f"mac address-table aging-time {wanted.mac}",)),
        *_each(wanted.gateways, f"ip arp timeout {wanted.arp}"),
        *_each(wanted.ports, "no switchport mac-learn disable"),
    ]


def _eos(wanted: Wanted) -> list[Block]:
    top = (f"mac address-table aging-time {wanted.mac}", f"arp aging timeout default {wanted.arp}")
    return [
        Block((), top),
        *_each(wanted.gateways, f"arp aging timeout {wanted.arp}"),
        *_each(wanted.ports, "switchport mac address learning"),
    ]


def _junos(wanted: Wanted) -> list[Block]:
    lines = [
        f"set protocols l2-learning global-mac-table-aging-time {wanted.mac}",
        f"set system arp aging-timer {wanted.arp // 60}",
    ]
    lines += [f"delete switch-options interface {port} no-mac-learning" for port in wanted.ports]
    return [Block((), tuple(lines))]


def _vrp(wanted: Wanted) -> list[Block]:
    return [
        Block((), (f"mac-address aging-time {wanted.mac}",)),
        *_each(wanted.gateways, f"arp expire-time {wanted.arp}"),
        *_each(wanted.ports, "undo mac-address learning disable"),
    ]


def _comware(wanted: Wanted) -> list[Block]:
    top = (f"mac-address timer aging {wanted.mac}", f"arp timer aging {wanted.arp // 60}")
    return [Block((), top), *_each(wanted.ports, "mac-address mac-learning enable")]


def _cumulus(wanted: Wanted) -> list[Block]:
    lines = [f"nv set bridge domain br_default ageing {wanted.mac}"]
    return [
        Block(
            (),
            tuple(lines + [f"nv set interface {port} bridge domain br_default learning on" for port in wanted.ports]),
        )
    ]


_IOS_NOTE = (
    "Catalysts with distributed forwarding need `mac address-table synchronize` as well: without it a module knows only"
    " the MACs that came in through itself"
)
_VLAN_NOTE = "learning is a setting of VLANs here: name those where it may be off in ageing_timers_vlans"
_CUMULUS_NOTE = (
    "its ARP timer is the kernel's: reach it as a Linux host, and the role sets net.ipv4.neigh.*.base_reachable_time_ms"
)
DIALECTS = {
    "ios": Dialect((60, 2147483), (10, 1000000), _ios, "cisco.ios.ios_config", True, (_IOS_NOTE, _VLAN_NOTE)),
    "nxos": Dialect((60, 28800), (120, 918000), _nxos, "cisco.nxos.nxos_config", True),
    "eos": Dialect((60, 65535), (10, 1000000), _eos, "arista.eos.eos_config", False),
    "junos": Dialect((60, 14400), (60, 1000000), _junos, "junipernetworks.junos.junos_config", False),
    "vrp": Dialect((60, 86400), (60, 65535), _vrp, "community.network.ce_config", True),
    "comware": Dialect((60, 86400), (10, 1000000), _comware, None, False),
    "cumulus": Dialect((60, 65535), (1, 65535), _cumulus, None, False, (_CUMULUS_NOTE,)),
}


def timer_lines(platform: str, wanted: Wanted) -> dict[str, t.Any]:
    """The lines for one device, with what they come to.

    Returns ``platform``, ``blocks`` (list of ``{"parents", "lines"}``), ``text`` (the same as a person types it),
    ``arp`` and ``mac`` (seconds that will hold), ``push`` (a module of the table above, or None), ``present`` (whether
    that is installed) and ``notes``. TimerError where it cannot be said in this platform's words.
    """
    key = platform_of(platform or OURS[0])
    if key is None:
        raise TimerError(
            f"platform: {platform!r} is not known here: use one of {', '.join((*OURS, *sorted(DIALECTS)))}"
        )
    if key in OURS:
        return {
            "platform": key,
            "blocks": [],
            "text": "",
            "arp": wanted.arp,
            "mac": wanted.mac,
            "push": None,
            "present": False,
            "notes": [],
        }
    dialect = DIALECTS[key]
    checked, notes = _outliving(key, dialect, _checked(key, dialect, wanted))
    blocks = [block for block in dialect.render(checked) if block.lines]
    return {
        "platform": key,
        "blocks": [{"parents": list(block.parents), "lines": list(block.lines)} for block in blocks],
        "text": text_of(blocks),
        "arp": checked.arp,
        "mac": checked.mac,
        "push": dialect.push,
        "present": is_installed(dialect.push),
        "notes": [*notes, *dialect.notes],
    }


def is_installed(module: str | None) -> bool:
    """Whether MODULE, by its full name, is on this controller."""
    if module is None:
        return False
    namespace, collection, name = module.split(".")
    try:
        return (
            importlib.util.find_spec(f"ansible_collections.{namespace}.{collection}.plugins.modules.{name}") is not None
        )
    except (ImportError, ValueError):
        return False


def _checked(key: str, dialect: Dialect, wanted: Wanted) -> Wanted:
    for field, value, (low, high) in (("arp", wanted.arp, dialect.arp_range), ("mac", wanted.mac, dialect.mac_range)):
        if not low <= value <= high:
            raise TimerError(
                f"{field}: {PLATFORMS[key].name} takes {low} to {high} s, not {value}: choose a value in between"
            )
    if wanted.arp >= wanted.mac:
        raise TimerError(
            f"arp: {wanted.arp} s is not below mac ({wanted.mac} s): a switch that forgets a MAC before the ARP entry"
            " ends floods"
        )
    for field, names in (("ports", wanted.ports), ("gateways", wanted.gateways)):
        _check_names(field, names)
    for vlan in wanted.vlans:
        if not 1 <= vlan <= 4094:
            raise TimerError(f"vlans: {vlan} is no VLAN: use 1 to 4094")
    return wanted


def _check_names(field: str, names: Sequence[str]) -> None:
    """A name goes into a configuration as it is: nothing in it may begin another line."""
    for name in names:
        if not _NAME.match(name):
            raise TimerError(
                f"{field}: {name!r} is no name of an interface: write it as the device does, such as Vlan10 or"
                " Ethernet1/1"
            )


def _outliving(key: str, dialect: Dialect, wanted: Wanted) -> tuple[Wanted, list[str]]:
    """Where the ARP timer stays as it is, the MAC timer has to be longer than that."""
    default = PLATFORMS[key].arp
    if not dialect.arp_on_gateways or wanted.gateways or default is None:
        return wanted, []
    arp = int(default)
    mac = max(wanted.mac, arp + (MARGIN if arp >= wanted.mac else 0))
    low, high = dialect.mac_range
    note = (f"no gateway interfaces are named, so ARP entries keep the default of {arp} s and MACs live {mac} s: "
            "name them in ageing_timers_gateways to shorten both")
    return Wanted(arp, min(max(mac, low), high), wanted.ports, wanted.gateways, wanted.vlans), [note]


def text_of(blocks: Iterable[Block]) -> str:
    """Blocks as a person types them, one line each, lines below their parents indented by one blank."""
    lines: list[str] = []
    for block in blocks:
        lines += [" " * depth + parent for depth, parent in enumerate(block.parents)]
        lines += [" " * len(block.parents) + line for line in block.lines]
    return "".join(f"{line}\n" for line in lines)
