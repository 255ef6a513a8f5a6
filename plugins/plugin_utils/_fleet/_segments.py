"""Segments: broadcast domains inferred from what hosts see, as a forest whose branches are the proof."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from array import array
from collections import deque
from collections.abc import Iterable, Iterator


class Link(t.NamedTuple):
    """Why two attachment points are in one segment, in words; a weak one rests on an address that others may also use.

    ``host`` stands apart from what is so on it, which many hosts of a fleet have in common.
    """

    what: str
    weak: bool = False
    host: str = ""

    @property
    def why(self) -> str:
        """The reason as people say it; composed when asked for, since most links of a fleet never are."""
        return f"{self.what} on {self.host}" if self.host else self.what


class Segments:
    """A union-find over attachment points (interfaces, bridges, VLANs of bridges, names that the operator gave).

    Each join that connects two segments is kept with its reason, so that any two points of one segment are connected by
    exactly one chain of reasons: the proof. Memory grows with points, not with observations.
    """

    def __init__(self) -> None:
        self._parent: list[int] = []
        self._names: list[str] = []
        self._hosts: list[str] = []
        self._external = bytearray()
        self._ends = (array("I"), array("I"))  # of each join: numbers, since a tuple a join would fill megabytes
        self._links: list[Link] = []
        self._joins_of: dict[
            int, list[int]
        ] = {}  # representative -> places in the list of joins, once a proof is asked for

    def __len__(self) -> int:
        return len(self._parent)

    def point(self, name: str, host: str = "") -> int:
        """Make a new attachment point, a segment of its own; NAME and HOST name it in proofs."""
        made = len(self._parent)  # one number, since a hundred thousand of them fill megabytes
        self._parent.append(made)
        self._names.append(name)
        self._hosts.append(host)
        self._external.append(False)
        return made

    def label(self, point: int) -> str:
        """POINT as people say it; composed when asked for, since most points of a fleet never are."""
        name, host = self._names[point], self._hosts[point]
        return f"{name} on {host}" if host else name

    def mark_external(self, point: int) -> None:
        """Note that a frame can leave its host from POINT."""
        self._external[point] = True

    def is_external(self, point: int) -> bool:
        """Whether a frame can leave its host from POINT."""
        return bool(self._external[point])

    def find(self, point: int) -> int:
        """The representative of POINT's segment."""
        parent = self._parent
        while parent[point] != point:
            parent[point] = parent[parent[point]]
            point = parent[point]
        return point

    def same(self, one: int, other: int) -> bool:
        """Whether both points are proven to be in one segment."""
        return self.find(one) == self.find(other)

    def apart(self, point: int, others: Iterable[int]) -> Iterator[int]:
        """Indexes of those of OTHERS that are not in POINT's segment when their turn comes; negative ones are passed
        over.
        """
        parent = self._parent
        root = self.find(point)
        for index, other in enumerate(others):
            if other >= 0 and parent[other] != root and self.find(other) != root:
                yield index
                root = self.find(point)

    def join(self, one: int, other: int, link: Link) -> bool:
        """Put both into one segment because of LINK; False if they already were."""
        first, second = self.find(one), self.find(other)
        if first == second:
            return False
        self._parent[max(first, second)] = min(first, second)
        self._ends[0].append(one)
        self._ends[1].append(other)
        self._links.append(link)
        self._joins_of.clear()
        return True

    def proof(self, one: int, other: int) -> list[Link]:
        """The chain of links from ONE to OTHER; empty if they are the same point, or not proven to share a segment."""
        branches = self._branches(one)
        came: dict[int, tuple[int, Link]] = {}
        queue = deque([one])
        while queue and other not in came:
            here = queue.popleft()
            for there, link in branches.get(here, ()):
                if there not in came and there != one:
                    came[there] = (here, link)
                    queue.append(there)
        chain: list[Link] = []
        while other in came:
            other, link = came[other]
            chain.append(link)
        return chain[::-1]

    def _branches(self, point: int) -> dict[int, list[tuple[int, Link]]]:
        """The joins of POINT's segment, by point; a fleet's joins laid out all at once would be its biggest structure.
        """
        if not self._joins_of:
            for place, one in enumerate(self._ends[0]):
                self._joins_of.setdefault(self.find(one), []).append(place)
        branches: dict[int, list[tuple[int, Link]]] = {}
        for place in self._joins_of.get(self.find(point), ()):
            one, other, link = self._ends[0][place], self._ends[1][place], self._links[place]
            branches.setdefault(one, []).append((other, link))
            branches.setdefault(other, []).append((one, link))
        return branches
