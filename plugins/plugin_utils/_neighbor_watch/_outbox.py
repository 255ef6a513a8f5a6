"""The outbox: events that wait for a slow rulebook, bounded; what does not fit is dropped, counted, and said."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
from collections import Counter, deque
from typing import Any, Protocol

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import counted
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._events import DROPPED, Event, empty
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._moves import FLAPPING


class Queue(Protocol):
    """What ansible-rulebook hands to a source."""

    async def put(self, data: Any) -> None:
        """Take one event, and wait while there is no room."""


class Outbox:
    """At most MOST events in order. A fight is kept before anything else: the oldest other event makes room for it."""

    def __init__(self, most: int, name: str) -> None:
        self._most, self._name = most, name
        self._events: deque[Event] = deque()
        self._filled = asyncio.Event()
        self._unsaid: Counter[str] = Counter()
        self.dropped = 0

    def add(self, event: Event) -> None:
        """Take an event at once; where there is no room, one is dropped."""
        if len(self._events) < self._most or self._make_room(event):
            self._events.append(event)
            self._filled.set()

    def _make_room(self, event: Event) -> bool:
        """Whether there is room for EVENT now; it, or another for it, was dropped."""
        lesser = next((other for other in self._events if other["kind"] != FLAPPING), None)
        leaves = lesser if event["kind"] == FLAPPING and lesser is not None else event
        self._unsaid[leaves["kind"]] += 1
        self.dropped += 1
        if leaves is event:
            return False
        self._events.remove(leaves)
        return True

    async def send(self, queue: Queue) -> None:
        """Hand events on for ever; what was dropped meanwhile is said before the next one."""
        while True:
            await self._filled.wait()
            while self._events:
                if self._unsaid:
                    await queue.put(self._drops())
                await queue.put(self._events.popleft())
            self._filled.clear()

    def _drops(self) -> Event:
        totals = dict(sorted(self._unsaid.items()))
        self._unsaid.clear()
        number = sum(totals.values())
        words = f"{counted(number, 'event')} dropped: the rulebook takes them slower than they come"
        return empty(DROPPED, self._name, count=number, totals=totals, message=words)
