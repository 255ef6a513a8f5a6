"""One table of one host followed for ever: baseline, notices, a cut connection, longer waits, the baseline again."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ansible_collections.netops.layer2.plugins.module_utils._table import Damaged
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch import _commands
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._moves import Move, Moves
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._notices import Notice, read
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._running import (
    CommandError,
    Lines,
    last_words,
    output,
    pieces,
    running,
    stream_of,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._settings import Watched

TABLE_TIMEOUT = 60.0  # seconds that a whole table may take
_HEAD_START = (
    0.3  # seconds in which the monitor begins to listen before the table is read, so that nothing falls between the two
)
_OVERFLOW = "No buffer space"  # `ip monitor` says so when the kernel told more than it could take, and goes on
_FIRST_WAIT = 1.0  # seconds until the second try, doubled with each up to `retry`


@dataclass(frozen=True, slots=True)
class Target:
    """What one follower follows."""

    host: Watched
    netns: str
    table: str


@dataclass(slots=True)
class Counts:
    """What a follower has read and left out since its start."""

    lines: int = 0
    damaged: int = 0
    overlong: int = 0
    reconnects: int = 0


@dataclass(slots=True)
class Follower:
    """Reads one table and tells of it.

    ``moved`` gets its moves, ``lost`` the reason when it cannot listen, ``back`` how long that was: once each time.
    """

    target: Target
    moves: Moves
    ssh_config: str | None
    longest_wait: float
    moved: Callable[[Target, Iterable[Move]], None]
    lost: Callable[[Target, str], None]
    back: Callable[[Target, float], None]
    counts: Counts = field(default_factory=Counts)
    listening: bool = False
    _gone_since: float | None = None

    async def follow(self) -> None:
        """Listen for ever; ends only when it is cancelled."""
        waits = Waits(self.longest_wait)
        while True:
            try:
                await self._listen(waits)
                reason = "it ended"
            except CommandError as error:
                reason = str(error)
            self.listening = False
            if self._gone_since is None:
                self._gone_since = time.monotonic()
                self.lost(self.target, reason)
            await asyncio.sleep(waits.next())

    async def _listen(self, waits: Waits) -> None:
        """From the start of a monitor to its end."""
        target = self.target
        async with running(_commands.monitor(target.host, target.netns, target.table, self.ssh_config)) as process:
            complaint = asyncio.ensure_future(last_words(stream_of(process.stderr), _OVERFLOW))
            reading: asyncio.Future[None] | None = None
            try:
                await asyncio.sleep(_HEAD_START)
                await self._begin()
                waits.restart()
                reading = asyncio.ensure_future(self._read(stream_of(process.stdout)))
                await asyncio.wait({reading, complaint}, return_when=asyncio.FIRST_COMPLETED)
                if not (complaint.done() and _OVERFLOW in complaint.result()):
                    await reading
                raise CommandError(await complaint or f"the monitor ended with exit status {await process.wait()}")
            finally:
                complaint.cancel()
                if reading is not None:
                    reading.cancel()

    async def _begin(self) -> None:
        """Read the whole table, compare it with what was known, and say that somebody listens again."""
        target = self.target
        lines = await output(
            _commands.whole_table(target.host, target.netns, target.table, self.ssh_config), TABLE_TIMEOUT
        )
        found = self.moves.begin(self._notices(lines), time.monotonic())
        self.listening = True
        if self._gone_since is not None:
            self.counts.reconnects += 1
            self.back(target, time.monotonic() - self._gone_since)
            self._gone_since = None
        self.moved(target, found)

    async def _read(self, stream: asyncio.StreamReader) -> None:
        lines = Lines()
        async for piece in pieces(stream):
            before = lines.overlong
            now = time.monotonic()
            fights = (self.moves.take(notice, now) for notice in self._notices(lines.feed(piece)))
            self.moved(self.target, [fight for fight in fights if fight is not None])
            self.counts.overlong += lines.overlong - before

    def _notices(self, lines: Sequence[str]) -> Iterator[Notice]:
        """The notices in LINES; what is none is counted."""
        for line in lines:
            self.counts.lines += 1
            try:
                notice = read(self.target.table, line)
            except Damaged:
                self.counts.damaged += 1
                continue
            if notice is not None:
                yield notice

    def settle(self) -> None:
        """Tell the moves that nothing has followed."""
        self.moved(self.target, self.moves.due(time.monotonic()))


class Waits:
    """Seconds to wait before the next try: doubled each time, up to LONGEST."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._next = min(_FIRST_WAIT, longest)

    def restart(self) -> None:
        """Begin with the short ones again."""
        self._next = min(_FIRST_WAIT, self._longest)

    def next(self) -> float:
        """The wait that is due now."""
        wait, self._next = self._next, min(2 * self._next, self._longest)
        return wait
