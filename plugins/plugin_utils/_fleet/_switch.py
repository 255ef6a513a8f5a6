"""What a switch tells beside its tables of addresses: neighbours by LLDP, moves between ports, MLAG, and ports that
pass nothing on.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._table import natural
from ansible_collections.netops.layer2.plugins.plugin_utils._common._lenient import objects_in
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import FDB_COLUMNS, MAX_NAME, Reader

LLDP_COLUMNS = 5  # interface chassis port system capabilities
MOVE_COLUMNS = 7  # bridge vlan mac from to count last
_PASSES_NOTHING = frozenset(
    ("blocking", "listening", "disabled", "broken")
)  # IEEE 802.1D-2004, 8.4, and RFC 4188, dot1dStpPortState
_SWITCHES = ("switch", "openvswitch")
SOURCES = ("snmp", "cli")  # of the documents of switches; Open vSwitch speaks as a part of its host
NOT_OF_SWITCHES = ("containers", "guests", "rules", "routes", "sysctls", "pins")  # what only hosts have
_MOST_NEIGHBOURS = 4096  # by LLDP; a chassis has some hundred ports


def is_switch(document: dict[str, t.Any]) -> bool:
    """Whether it is the document of a switch, and not of a host."""
    return document.get("source") in SOURCES


class Cable(t.NamedTuple):
    """Who is at the other end of PORT, as he says of himself (LLDP, IEEE 802.1AB); an empty text: not told."""

    port: str
    chassis: str
    far_port: str
    system: str
    capabilities: frozenset[str]


class Move(t.NamedTuple):
    """TIMES times a MAC went from port SOURCE ("" where it was not told) to port TARGET while somebody looked."""

    bridge: str
    vlan: str
    mac: str
    source: str
    target: str
    times: int


class Carried(t.NamedTuple):
    """VLANs FIRST to LAST of a port; untagged frames are of one of them."""

    first: int
    last: int
    untagged: bool


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch. Ports are named as in its table of addresses: members of a link aggregation by its name."""

    host: str
    chassis: str | None
    names: frozenset[str]  # what LLDP may call it
    cables: tuple[Cable, ...]
    moves: tuple[Move, ...]
    lags: frozenset[str]  # ports that are link aggregations
    mlags: dict[str, tuple[str, str]]  # port -> (domain, id)
    blocked: frozenset[str]  # ports that pass nothing on (spanning tree)
    readings: int
    new: frozenset[tuple[str, str]]  # (VLAN, MAC) that an earlier reading had nowhere, or on another port
    is_whole: bool  # a device of its own, whose interfaces are its ports; not the bridge of a host
    carried: dict[str, tuple[Carried, ...]]  # port -> VLANs, where it is told; of link aggregations and single ports


def switch_of(reader: Reader) -> Switch | None:
    """The switch that the document of READER tells of, None if it tells of none. What is wrong goes to the reader's
    quarantine.
    """
    kinds = {
        str(item.get("kind")): item for item in objects_in(reader.document.get("bridges"))
    }  # what is wrong there is told with the bridges
    if not any(kind in kinds for kind in _SWITCHES):
        return None
    items = _ports(reader)
    masters = {item["name"]: str(item.get("master")) for item in items}
    lags = {item["name"] for item in items if item.get("kind") in ("bond", "team")}
    chassis = _chassis(reader)
    identity = reader.identity()
    return Switch(
        host=reader.host,
        chassis=chassis,
        names=frozenset(name for name in (reader.host, identity.hostname) if name),
        cables=tuple(cable._replace(port=_top(cable.port, masters, lags)) for cable in _cables(reader)),
        moves=tuple(_moves(reader)),
        lags=frozenset(lags),
        mlags=dict(_mlags(items)),
        blocked=frozenset(_blocked(items)),
        readings=_readings(kinds),
        new=frozenset(_new(reader)),
        is_whole="switch" in kinds,
        carried={_top(port, masters, lags): vlans for item in kinds.values() for port, vlans in _carried(item)},
    )


def _ports(reader: Reader) -> list[dict[str, t.Any]]:
    return [item for item in objects_in(reader.document.get("interfaces")) if isinstance(item.get("name"), str)]


def _chassis(reader: Reader) -> str | None:
    known = reader.document.get("identity")
    return reader.text(known, "chassis", "identity") if isinstance(known, dict) else None


def _readings(bridges: dict[str, dict[str, t.Any]]) -> int:
    """How often the switch among BRIDGES (kind -> bridge) was read."""
    told = [bridges[kind].get("readings") for kind in _SWITCHES if kind in bridges]
    return max([number for number in told if isinstance(number, int)], default=1)


def _blocked(items: list[dict[str, t.Any]]) -> Iterator[str]:
    for item in items:
        if _state(item) in _PASSES_NOTHING:
            yield item["name"]


def _carried(item: dict[str, t.Any]) -> Iterator[tuple[str, tuple[Carried, ...]]]:
    told = item.get("port_vlans")
    for port, entries in told.items() if isinstance(told, dict) else ():
        rows = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
        numbers = [(row.get("id"), row.get("end", row.get("id")), row.get("untagged") is True) for row in rows]
        yield (
            str(port),
            tuple(
                Carried(first, last, untagged)
                for first, last, untagged in numbers
                if isinstance(first, int) and isinstance(last, int)
            ),
        )


def _top(port: str, masters: dict[str, str], lags: set[str]) -> str:
    """The link aggregation that PORT is a member of, or PORT itself."""
    return masters[port] if masters.get(port) in lags else port


def _state(item: dict[str, t.Any]) -> str:
    port = item.get("port")
    return str(port.get("state")) if isinstance(port, dict) else ""


def _mlags(items: list[dict[str, t.Any]]) -> Iterator[tuple[str, tuple[str, str]]]:
    for item in items:
        told = item.get("mlag")
        if isinstance(told, dict) and told.get("domain") and told.get("id"):
            yield item["name"], (str(told["domain"])[:MAX_NAME], str(told["id"])[:MAX_NAME])


def _cables(reader: Reader) -> Iterator[Cable]:
    for number, (port, chassis, far, system, capabilities) in enumerate(reader.rows("lldp", LLDP_COLUMNS)):
        if number == _MOST_NEIGHBOURS:
            reader.reject("lldp.rows", f"more than {_MOST_NEIGHBOURS} neighbours", "The rest was left out")
            return
        yield Cable(_told(port), _told(chassis), _told(far), _told(system), frozenset(_told(capabilities).split(",")))


def _told(cell: str) -> str:
    return "" if cell == "-" else cell[:MAX_NAME]


def _moves(reader: Reader) -> Iterator[Move]:
    broken = 0
    for bridge, vlan, mac, source, target, times, _last in reader.rows("moves", MOVE_COLUMNS):
        count = natural(times)
        try:
            good = canonical(mac) == mac
        except MacError:
            good = False
        if good and count:
            yield Move(_told(bridge), vlan, mac, _told(source), _told(target), count)
        else:
            broken += 1
    if broken:
        reader.reject("moves.rows", f"{broken} are no moves")


def _new(reader: Reader) -> Iterator[tuple[str, str]]:
    for row in reader.row_texts("fdb"):
        cells = row.split(" ")
        if len(cells) == FDB_COLUMNS and "new" in cells[6].split(","):
            yield cells[3], cells[2]
