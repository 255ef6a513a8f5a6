"""The watch put together: followers of all tables of all hosts, one outbox to the rulebook, and a heartbeat a host."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import datetime
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._events import (
    BACK,
    HEARTBEAT,
    LOST,
    Clock,
    Event,
    Narrowing,
    empty,
    of_move,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._follow import Follower, Target
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._moves import Move, Moves
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._outbox import Outbox, Queue
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._settings import Settings, Watched
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import ExceptionList, read_exceptions

_SETTLING = 0.25  # seconds between two looks for moves that have settled
CLOCK = Clock(time.time, time.monotonic)


class Exceptions:
    """The operator's exceptions as of today, however long the watch runs. ``count``: events left out by them."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], today: Callable[[], datetime.date]) -> None:
        self._rows, self._today = list(rows), today
        self._read: tuple[datetime.date, ExceptionList] | None = None
        self.count = 0

    def granted(self, event: Event) -> bool:
        """Whether EVENT is excepted."""
        today = self._today()
        if self._read is None or self._read[0] != today:
            self._read = (today, read_exceptions(self._rows, today))
        granted = self._read[1].granted(event) is not None
        self.count += granted
        return granted


def _today() -> datetime.date:
    return datetime.datetime.now(tz=datetime.timezone.utc).date()


class Watch:
    """All that is watched, until `run` is cancelled."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._outbox = Outbox(settings.queue, settings.hosts[0].name if len(settings.hosts) == 1 else "")
        self._narrowing = Narrowing(settings.limits, self.seeing)
        self._exceptions = Exceptions(settings.exceptions, _today)
        self._followers = [
            self._follower(Target(host, netns, table))
            for host in settings.hosts
            for netns in host.netns
            for table in settings.tables
        ]

    def _follower(self, target: Target) -> Follower:
        settings = self._settings
        return Follower(
            target, Moves(settings.patience), settings.ssh_config, settings.retry, self._moved, self._lost, self._back
        )

    async def run(self, queue: Queue) -> None:
        """Watch and tell QUEUE; what goes wrong in the watch itself ends it with its error."""
        jobs: list[Coroutine[Any, Any, None]] = [
            self._outbox.send(queue),
            self._settle(),
            *(one.follow() for one in self._followers),
        ]
        if self._settings.heartbeat:
            jobs.append(self._beat())
        tasks = [asyncio.ensure_future(job) for job in jobs]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)  # so that no command is left behind

    def seeing(self, macs: set[str]) -> list[str]:
        """The watched hosts whose tables hold one of MACS."""
        return list(dict.fromkeys(one.target.host.name for one in self._followers if macs & one.moves.macs))

    async def _settle(self) -> None:
        while True:
            await asyncio.sleep(_SETTLING)
            for follower in self._followers:
                follower.settle()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._settings.heartbeat)
            for host in self._settings.hosts:
                self._outbox.add(self._heartbeat(host))

    def _heartbeat(self, host: Watched) -> Event:
        """What became of the watch of HOST so far: one that hears nothing and one that is deaf must not look alike."""
        mine = [one for one in self._followers if one.target.host is host]
        totals = {
            "followed": len(mine),
            "listening": sum(one.listening for one in mine),
            **{
                key: sum(getattr(one.counts, key) for one in mine)
                for key in ("lines", "damaged", "overlong", "reconnects")
            },
            "ignored": sum(one.moves.ignored for one in mine),
            "forgotten": sum(one.moves.forgotten for one in mine),
            "excepted": self._exceptions.count,
            "dropped": self._outbox.dropped,
        }
        words = f"{totals['listening']} of {totals['followed']} tables of {host.name} are listened to"
        return empty(HEARTBEAT, host.name, last=CLOCK.stamp(time.monotonic()), totals=totals, message=words)

    def _moved(self, target: Target, moves: Iterable[Move]) -> None:
        for move in moves:
            event = of_move(move, target.host.name, target.netns, CLOCK, self._narrowing)
            if not self._exceptions.granted(event):
                self._outbox.add(event)

    def _lost(self, target: Target, reason: str) -> None:
        self._outbox.add(self._of_source(LOST, target, f"no longer listened to: {reason}"))

    def _back(self, target: Target, seconds: float) -> None:
        self._outbox.add(
            self._of_source(
                BACK,
                target,
                f"listened to again after {seconds:.0f} s; the table was compared with what was known before",
            )
        )

    def _of_source(self, kind: str, target: Target, words: str) -> Event:
        return empty(
            kind,
            target.host.name,
            target.netns,
            table=target.table,
            last=CLOCK.stamp(time.monotonic()),
            message=f"{target.table} table of {target.host.name}: {words}",
        )
