"""Events as rulebooks get them (docs/schemas/watch-event-v1.json): checked values, and no stranger's text."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import counted
from ansible_collections.netops.layer2.plugins.plugin_utils._common._times import stamp
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._moves import (
    FLAPPING,
    MOVED,
    RETURNED,
    Move,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._notices import NEIGHBOR

SCHEMA, VERSION = "netops.layer2/watch-event", 1
DUPLICATE, LOST, BACK, HEARTBEAT, DROPPED = "duplicate", "source_lost", "source_back", "heartbeat", "dropped"
KINDS = (MOVED, RETURNED, FLAPPING, DUPLICATE, LOST, BACK, HEARTBEAT, DROPPED)
EVERYBODY = "all"
Event = dict[str, Any]

_VERBS = {MOVED: "moved", RETURNED: "moved and came back", FLAPPING: "keeps changing"}


@dataclass(frozen=True, slots=True)
class Limit:
    """Whom to ask about what happens where: shell patterns of host and interface, a VLAN or any, an Ansible pattern."""

    limit: str
    host: str = "*"
    interface: str = "*"
    vlan: int | None = None

    def fits(self, host: str, interface: str, vlan: int | None) -> bool:
        """Whether it is about this place."""
        return fnmatchcase(host, self.host) and fnmatchcase(interface, self.interface) and self.vlan in (None, vlan)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """How the limit of an event is found. ``seeing``: MACs -> watched hosts whose tables hold one of them."""

    limits: Sequence[Limit]
    seeing: Callable[[set[str]], Sequence[str]]

    def of(self, host: str, interface: str, vlan: int | None, macs: set[str]) -> tuple[str, str]:
        """(Ansible pattern, where it comes from): ``configured``, ``seen``, or ``unknown``, which is everybody."""
        for row in self.limits:
            if row.fits(host, interface, vlan):
                return row.limit, "configured"
        others = [name for name in self.seeing(macs) if name != host]
        # One witness alone proves no segment: the other machine is elsewhere.
        return (",".join([host, *others]), "seen") if others else (EVERYBODY, "unknown")


@dataclass(frozen=True, slots=True)
class Clock:
    """The controller's clock: what a monotonic time was on the wall."""

    wall: Callable[[], float]
    monotonic: Callable[[], float]

    def stamp(self, moment: float) -> str:
        """The time of day at the monotonic MOMENT, in UTC."""
        seconds = self.wall() - (self.monotonic() - moment)
        return stamp(datetime.datetime.fromtimestamp(seconds, tz=datetime.timezone.utc))


def empty(kind: str, host: str, netns: str = "", **values: Any) -> Event:
    """An event with every key of the schema; what does not apply to its kind is None."""
    event: Event = {
        "schema": SCHEMA,
        "version": VERSION,
        "kind": kind,
        "host": host,
        "netns": netns,
        "table": None,
        "interface": None,
        "vlan": None,
        "address": None,
        "old_mac": None,
        "new_mac": None,
        "old_port": None,
        "new_port": None,
        "count": 0,
        "first": None,
        "last": None,
        "between": False,
        "limit": None,
        "limit_from": None,
        "message": "",
        "totals": None,
    }
    return {**event, **values}


def of_move(move: Move, host: str, netns: str, clock: Clock, narrowing: Narrowing) -> Event:
    """The event of a move on HOST."""
    place = move.place
    behind = place.table == NEIGHBOR
    event = empty(
        move.kind,
        host,
        netns,
        table=place.table,
        interface=place.interface,
        vlan=place.vlan,
        address=place.address if behind else None,
        old_mac=move.old if behind else place.address,
        new_mac=move.new if behind else place.address,
        old_port=None if behind else move.old,
        new_port=None if behind else move.new,
        count=move.count,
        first=clock.stamp(move.first),
        last=clock.stamp(move.last),
        between=move.between,
    )
    event["message"] = in_words(event)
    return narrowed(event, narrowing)


def narrowed(event: Event, narrowing: Narrowing) -> Event:
    """EVENT with its limit, which ansible-rulebook takes for actions from `meta.hosts`."""
    macs = {event[key] for key in ("old_mac", "new_mac") if event[key]}
    limit, origin = narrowing.of(event["host"], event["interface"] or "", event["vlan"], macs)
    return {**event, "limit": limit, "limit_from": origin, "meta": {"hosts": [limit]}}


def in_words(event: Mapping[str, Any]) -> str:
    """One sentence on a move."""
    where = f"{event['interface']} on {event['host']}" + (f" (namespace {event['netns']})" if event["netns"] else "")
    vlan = f" in VLAN {event['vlan']}" if event["vlan"] is not None else ""
    what, old, new = (
        (event["address"], event["old_mac"], event["new_mac"])
        if event["table"] == NEIGHBOR
        else (event["new_mac"], event["old_port"], event["new_port"])
    )
    times = f", {counted(event['count'], 'change')}" if event["count"] > 1 else ""
    unseen = ", while nobody listened" if event["between"] else ""
    return f"{what} {_VERBS[event['kind']]}: {old} -> {new}, {where}{vlan}{times}{unseen}"
