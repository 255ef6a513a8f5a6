"""Captures at several points of one host at once: waits for the common start, takes frames within bounds, hands over
one document a point.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import collections
import time
from typing import Any, BinaryIO, Callable, Deque, Dict, List, NamedTuple, Optional, Sequence

from ansible_collections.netops.layer2.plugins.module_utils._capture import _pcap
from ansible_collections.netops.layer2.plugins.module_utils._capture._bpf import Program
from ansible_collections.netops.layer2.plugins.module_utils._capture._clock import Clock
from ansible_collections.netops.layer2.plugins.module_utils._capture._records import PAYLOAD_OCTETS, Packer
from ansible_collections.netops.layer2.plugins.module_utils._capture._ring import Block, Frame, Ring, wait

_LONGEST_WAIT = 0.25  # seconds between two looks at the clock
_MOST_LATE = 0.05  # seconds after the wanted beginning that nobody needs to hear of
_SETTLED = 0.5  # seconds in which what the kernel still holds comes

# packets and octets (on the wire) a point; memory: octets of blocks that wait to be packed, of all points together
Bounds = NamedTuple("Bounds", [("duration", float), ("packets", int), ("octets", int), ("memory", int)])


class Point:
    """One interface: its ring, the blocks that wait, and what was packed of them."""

    def __init__(
        self, name: str, ring: Ring, program: Program, bounds: Bounds, pcap: Optional[BinaryIO] = None
    ) -> None:
        self.name, self.ring = name, ring
        self.packer = Packer(PAYLOAD_OCTETS)
        self.ended = "time"
        self.trouble: Optional[str] = None
        self.fetched = 0
        self._program, self._bounds, self._pcap = program, bounds, pcap
        self._waiting: Deque[Block] = collections.deque()
        self._octets = 0  # on the wire, of all blocks taken
        self.stopped = False

    def begin(self) -> None:
        """Take frames from now on."""
        self.ring.begin(self._program)

    def stop(self, why: str) -> None:
        """Take no more; the first reason counts."""
        if not self.stopped:
            self.ended, self.stopped = why, True
            self.ring.end()

    def take(self, room: int) -> int:
        """Move blocks of at most ROOM octets out of the ring, so that the kernel can go on; returns how many octets
        they were.
        """
        taken = 0
        for block in self.ring.blocks():
            self.fetched += block.count
            taken += len(block)
            self._waiting.append(block.copy())
            self._octets += sum(block.lengths(block.places()))
            if self.fetched >= self._bounds.packets:
                self.stop("packets")
            elif self._octets >= self._bounds.octets:
                self.stop("bytes")
            if taken >= room:
                break
        return taken

    def pack(self) -> int:
        """Pack the oldest block; returns its octets, 0 if none waits."""
        if not self._waiting:
            return 0
        block = self._waiting.popleft()
        for place in block.places():
            if len(self.packer) >= self._bounds.packets or self.packer.octets >= self._bounds.octets:
                break
            self._add(block.frame(place))
        return len(block)

    def _add(self, frame: Frame) -> None:
        if self.ring.ethernet:
            self.packer.add(frame.time_ns, frame.octets, frame.length, frame.outgoing, frame.vlan)
        else:
            self.packer.add_packet(frame.time_ns, frame.octets, 0, frame.ethertype, frame.length, frame.outgoing)
        if self._pcap is not None:
            _pcap.add(self._pcap, frame)

    def is_behind(self) -> bool:
        """Whether the kernel still holds frames that it counted."""
        statistics = self.ring.statistics()
        return self.fetched < statistics.frames - statistics.dropped


class Capture:
    """All points of one host: one beginning, one end."""

    def __init__(self, points: Sequence[Point], bounds: Bounds, asked_to_stop: Callable[[], bool]) -> None:
        self._points, self._bounds, self._asked = points, bounds, asked_to_stop
        self._held = 0
        self.lasted = 0.0
        self.late = 0.0  # seconds after the wanted beginning
        self.clock = Clock()

    def run(self, start_at: Optional[float]) -> None:
        """Capture from START_AT (Unix time of this host; None: now) until the last bound is reached."""
        self._await(start_at)
        for point in self._points:
            point.begin()
        self.clock = Clock()  # only now all listen: what passed before, none of them need have seen
        began = time.monotonic()
        while time.monotonic() - began < self._bounds.duration and not all(point.stopped for point in self._points):
            if self._asked():
                self._stop("asked")
                break
            self._turn(began + self._bounds.duration)
        self._stop("time")
        self.lasted = min(time.monotonic() - began, self._bounds.duration)
        self._finish()

    def _await(self, start_at: Optional[float]) -> None:
        if start_at is None:
            return
        self.late = max(0.0, time.time() - start_at)
        while time.time() < start_at and not self._asked():
            time.sleep(min(_LONGEST_WAIT, max(0.0, start_at - time.time())))

    def _stop(self, why: str) -> None:
        for point in self._points:
            point.stop(why)

    def _turn(self, until: float) -> None:
        """Empty the rings first; what waits is packed when there is nothing to fetch, or no memory left."""
        self._take()
        packed = [point.pack() for point in self._points]
        self._held -= sum(packed)
        if not any(packed):
            rings = [point.ring for point in self._points if not point.stopped]
            wait(rings, min(_LONGEST_WAIT, until - time.monotonic()))
        for point in self._points:
            point.trouble = point.ring.trouble() or point.trouble

    def _take(self) -> None:
        for point in self._points:
            room = self._bounds.memory - self._held
            if room > 0 and not (point.stopped and point.fetched >= self._bounds.packets):
                self._held += point.take(room)

    def _finish(self) -> None:
        until = time.monotonic() + _SETTLED
        behind: List[Point] = [point for point in self._points if point.ended in ("time", "asked")]
        while behind and time.monotonic() < until:
            behind = [point for point in behind if point.is_behind()]
            self._take()
            wait([point.ring for point in behind], 0.02)
        for point in self._points:
            while point.pack():
                pass


def about(capture: Capture, point: Point, known_gaps: Sequence[Dict[str, Any]]) -> Dict[str, Any]:
    """What the capture document says of POINT beside its packets and where it is; KNOWN_GAPS were there before."""
    gaps = list(known_gaps)
    if capture.late > _MOST_LATE:
        gaps.append({"subset": "start", "reason": "capturing began %.1f s after the wanted time" % capture.late,
                     "hint": "start later, and compare the hosts' clocks"})
    if point.trouble:
        gaps.append({"subset": "interfaces", "reason": "%s while it was captured" % point.trouble, "item": point.name})
    return {
        "point": point.name,
        "collected_at": round(capture.clock.began, 6),
        "duration": round(capture.lasted, 6),
        "ended": point.ended,
        "dropped": point.ring.statistics().dropped,
        "clock": capture.clock.document(),
        "gaps": gaps,
    }
