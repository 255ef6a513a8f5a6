"""Moves: what moved once, what went there and back, what two machines fight for, by notices and their times. Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._known_macs import reason_to_move
from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._notices import Notice, Place

MOVED, RETURNED, FLAPPING = "moved", "returned", "flapping"
MOST_PLACES = 65536  # remembered at once; the kernel's own table of neighbours holds 1024 unless it was raised
_MOST_CHANGES = 64  # of one place that are remembered


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds and counts that tell one move from a fight.

    ``debounce``: a move is told when nothing changed for so long. ``window``: changes further apart do not belong
    together. ``returns``: so often, within the window, a place has to come back to where it was. ``repeat``: after
    that a fight is told again.
    """

    debounce: float = 2.0
    window: float = 60.0
    returns: int = 2
    repeat: float = 60.0


@dataclass(frozen=True, slots=True)
class Move:
    """PLACE was at OLD and is at NEW after COUNT changes from FIRST to LAST (seconds of one clock).

    ``between``: it was found by comparing tables, since nobody listened when it happened.
    """

    kind: str
    place: Place
    old: str
    new: str
    count: int
    first: float
    last: float
    between: bool = False


@dataclass(slots=True)
class _Story:
    """What is known of one place: where it is, its latest changes, and what was told of them."""

    at: str
    changes: deque[tuple[float, str, str]] = field(default_factory=lambda: deque(maxlen=_MOST_CHANGES))
    count: int = 0
    told: float | None = None

    def forget_before(self, oldest: float) -> None:
        """Leave out changes before OLDEST; a story without any begins anew."""
        while self.changes and self.changes[0][0] < oldest:
            self.changes.popleft()
        if not self.changes:
            self.count, self.told = 0, None

    def returns(self) -> int:
        """How many of the changes led to where it had been."""
        left: set[str] = set()
        found = 0
        for _time, old, new in self.changes:
            found += new in left
            left.add(old)
        return found


class Moves:
    """The moves in one table of one host. Times are seconds of one clock that never goes back."""

    def __init__(self, patience: Patience, most_places: int = MOST_PLACES) -> None:
        self._patience, self._most = patience, most_places
        self._stories: dict[Place, _Story] = {}
        self._pending: dict[Place, float] = {}  # place -> when its move is told
        self.macs: set[str] = set()  # every MAC that the table held, programmed ones included
        self.ignored = 0  # notices of MACs that are made to move
        self.forgotten = 0  # places that were given up since there were too many

    def begin(self, table: Iterable[Notice], now: float) -> list[Move]:
        """Take a whole table as the state of now; what it has elsewhere than before has moved while nobody listened."""
        self._pending.clear()
        self.macs.clear()
        for story in self._stories.values():
            story.changes.clear()
            story.count, story.told = 0, None
        return [move for notice in table for move in self._compare(notice, now)]

    def _compare(self, notice: Notice, now: float) -> Iterator[Move]:
        before = self._stories.get(notice.place)
        old = before.at if before else notice.at
        if self._enter(notice) and old != notice.at:
            yield Move(MOVED, notice.place, old, notice.at, 1, now, now, between=True)

    def take(self, notice: Notice, now: float) -> Move | None:
        """Take one notice; returns the fight that it makes plain. A single move waits until it has settled (`due`)."""
        story = self._stories.get(notice.place)
        old = story.at if story else notice.at
        if not self._enter(notice) or story is None or old == notice.at:
            return None
        story.forget_before(now - self._patience.window)
        story.changes.append((now, old, notice.at))
        story.count += 1
        if story.returns() >= self._patience.returns:
            return self._fight(notice.place, story, now)
        self._pending[notice.place] = now + self._patience.debounce
        return None

    def _enter(self, notice: Notice) -> bool:
        """Note where the place is now; False for what proves nothing. Of too many the longest untouched one goes.

        A MAC that is made to move leaves no trace, so that nobody silences the watch of an address by sending one.
        """
        if len(self.macs) < 2 * self._most:
            self.macs.add(notice.mac)
        if reason_to_move(notice.mac):
            self.ignored += 1
            return False
        if not notice.learnt:
            return False
        story = self._stories.pop(notice.place, None) or _Story(notice.at)
        story.at = notice.at
        self._stories[notice.place] = story
        if len(self._stories) > self._most:
            oldest = next(iter(self._stories))
            del self._stories[oldest]
            self._pending.pop(oldest, None)
            self.forgotten += 1
        return True

    def _fight(self, place: Place, story: _Story, now: float) -> Move | None:
        """The fight for a place, unless it was told lately; its single moves are not told any more."""
        self._pending.pop(place, None)
        if story.told is not None and now - story.told < self._patience.repeat:
            return None
        story.told = now
        _time, old, new = story.changes[-1]
        return Move(FLAPPING, place, old, new, story.count, story.changes[0][0], now)

    def due(self, now: float) -> list[Move]:
        """The moves that have settled by now."""
        settled = [place for place, when in self._pending.items() if when <= now]
        return [move for place in settled for move in self._settle(place)]

    def _settle(self, place: Place) -> Iterator[Move]:
        del self._pending[place]
        story = self._stories[place]
        if story.told is not None or not story.changes:
            return
        first, last = story.changes[0], story.changes[-1]
        if first[1] == story.at:  # there and back
            yield Move(RETURNED, place, last[1], story.at, story.count, first[0], last[0])
        else:
            yield Move(MOVED, place, first[1], story.at, story.count, first[0], last[0])
