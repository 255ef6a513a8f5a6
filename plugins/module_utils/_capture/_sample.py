"""Counts frames that are for nobody here: exact totals out of the ring, talkers from a part of the frames, within
bounds of CPU and memory.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import random
import time
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._capture._packet import ODD, Flow, Packet, of_frame
from ansible_collections.netops.layer2.plugins.module_utils._capture._ring import Block, Frame, Ring, wait

SNAP_LENGTH = 84  # octets kept of a frame: two VLAN tags, IPv6 and TCP's header fit
MOST_TALKERS = 20000  # distinct ones that are remembered; then those with the fewest bytes go
_TICK = 0.25  # seconds between two looks at the counters
_PAUSE = 0.1  # seconds between two looks into the rings: to be woken for each block costs more than to count it
_FULL = 4  # of a ring: a quarter full, it is emptied again at once
_LIMIT_ABOVE_MTU = 14 + 8  # Ethernet header and two VLAN tags: what is longer is a super-frame
_INSTANT = 1e-6  # what comes with the end belongs to the last interval
_UDP, _VXLAN = 17, 4789
_WITH_PORTS = (b"\x06", b"\x11")  # TCP, UDP
_TUNNEL_PORTS = (b"\x12\xb5", b"\x21\x18")  # VXLAN's: what is behind them decides who talks
_WHOLE = (b"\0\0", b"\x40\0")  # flags and offset of an IPv4 packet that is no fragment: none, or DF
_MARKED = 58  # octets that a mark looks at: up to the ports behind an IPv6 header
_MOST_KNOWN = 4096
_PLAIN_HEADER = 66  # Ethernet, IPv4 and TCP with timestamps, where the frame itself does not tell

# seconds; 0 packets: no limit; sampling: frames a second that are taken apart, on all interfaces together; cpu: percent
# of one core
Bounds = NamedTuple(
    "Bounds", [("duration", float), ("packets", int), ("interval", float), ("sampling", float), ("cpu", float)]
)
Talker = NamedTuple("Talker", [("vlan", str), ("macs", bytes), ("flow", Flow)])


class Tally:
    """What was counted on one interface so far. ``series``: [frames, octets] of each interval."""

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self.series: List[List[int]] = []
        self.frames = self.octets = 0
        self.estimated = (
            0  # frames of which the number is exact, but not the length: dropped, or passed over for want of CPU
        )
        self.sampled = 0
        self.talkers: Dict[Talker, List[int]] = {}
        self.merged = 0  # super-frames whose number of frames on the wire is not known
        self._measured = [0, 0]

    def add(self, at: float, frames: int, octets: int) -> None:
        """Count frames whose lengths are known, AT seconds after the beginning."""
        self._measured[0] += frames
        self._measured[1] += octets
        self._count(at, frames, octets)

    def add_unseen(self, at: float, frames: int) -> None:
        """Count frames that the kernel counted and nobody looked at: they are taken to be as long as the others."""
        self.estimated += frames
        measured, octets = self._measured
        self._count(at, frames, frames * octets // measured if measured else 0)

    def _count(self, at: float, frames: int, octets: int) -> None:
        number = max(0, int(at / self.interval))
        while len(self.series) <= number:
            self.series.append([0, 0])
        self.series[number][0] += frames
        self.series[number][1] += octets
        self.frames += frames
        self.octets += octets

    def series_of(self, seconds: float) -> List[List[int]]:
        """The series with an entry for every interval of SECONDS, also where nothing came."""
        missing = -int(-seconds // self.interval) - len(self.series)
        return self.series + [[0, 0] for _number in range(missing)]

    def sample(self, talker: Talker, frames: int, octets: int) -> None:
        """Take a frame's talker into account."""
        self.sampled += 1
        counted = self.talkers.get(talker)
        if counted is None:
            if len(self.talkers) >= MOST_TALKERS:
                self.talkers = dict(self.heaviest(MOST_TALKERS // 4))
            counted = self.talkers[talker] = [0, 0]
        counted[0] += frames
        counted[1] += octets

    def heaviest(self, count: int) -> List[Tuple[Talker, List[int]]]:
        """The COUNT talkers with the most bytes, in a stable order."""
        return sorted(self.talkers.items(), key=lambda item: (-item[1][1], -item[1][0], item[0]))[:count]


class Pace:
    """How many frames may be taken apart now, and whether there is CPU left to look into a block at all."""

    def __init__(self, bounds: Bounds, began: float) -> None:
        self._bounds = bounds
        self._began = self._last = began
        self._credit = bounds.sampling * _TICK
        self._cpu = time.process_time()
        self.may_look = True

    def turn(self, now: float) -> None:
        """Time has passed."""
        self._credit = min(self._bounds.sampling, self._credit + (now - self._last) * self._bounds.sampling)
        self._last = now

    def take(self, available: int) -> int:
        """How many of AVAILABLE frames to take apart."""
        taken = min(available, int(self._credit))
        self._credit -= taken
        return taken

    def check(self, now: float) -> None:
        """Decide whether this process has kept to its share of CPU so far, and may look into the blocks."""
        self.may_look = time.process_time() - self._cpu <= (now - self._began + _TICK) * self._bounds.cpu / 100


class Sampler:
    """One interface's ring and tally. LATE: own MACs that the kernel's filter has no room for."""

    def __init__(self, ring: Ring, late: FrozenSet[bytes], bounds: Bounds) -> None:
        self.ring, self.late = ring, late
        self.tally = Tally(bounds.interval)
        self.trouble: Optional[str] = None
        self.dropped = self.fetched = 0
        self._longest = ring.mtu + _LIMIT_ABOVE_MTU
        self._known: Dict[bytes, Talker] = {}

    def drain(self, at: float, pace: Pace) -> bool:
        """Count what is in the ring; whether it was rather full."""
        blocks = 0
        for block in self.ring.blocks():
            blocks += 1
            self.fetched += block.count
            if pace.may_look:
                self._look(block, at, pace)
            else:
                self.tally.add_unseen(at, block.count)
        return blocks * _FULL > self.ring.room

    def note_losses(self, at: float) -> None:
        """Count what the ring had no room for, and keep what the kernel says of the interface."""
        dropped = self.ring.statistics().dropped
        self.tally.add_unseen(at, dropped - self.dropped)
        self.dropped = dropped
        self.trouble = self.ring.trouble() or self.trouble

    def _look(self, block: Block, at: float, pace: Pace) -> None:
        places = block.places()
        if self.late:
            places = [place for place in places if block.head(place, 6) not in self.late]
        self.tally.add(at, *self._measured(block, places))
        for chosen in random.sample(range(len(places)), pace.take(len(places))):  # nosec B311  # a sample, no secret
            self._take_apart(block, places[chosen])

    def _measured(self, block: Block, places: Sequence[int]) -> Tuple[int, int]:
        """(frames, octets) as they were on the wire."""
        length = block.only_length()
        if 0 < length <= self._longest:
            return len(places), len(places) * length
        lengths = block.lengths(places)
        if lengths and max(lengths) > self._longest:
            return self._with_super_frames(block, places, lengths)
        return len(lengths), sum(lengths)

    def _with_super_frames(self, block: Block, places: Sequence[int], lengths: Sequence[int]) -> Tuple[int, int]:
        frames = octets = 0
        for place, length in zip(places, lengths):
            if length > self._longest:
                on_wire = self._on_wire(block.frame(place))
                frames += on_wire[0]
                octets += on_wire[1]
            else:
                frames += 1
                octets += length
        return frames, octets

    def _on_wire(self, frame: Frame) -> Tuple[int, int]:
        if frame.length <= self._longest:
            return 1, frame.length
        if not frame.segment:
            self.tally.merged += 1
            return 1, frame.length
        return on_wire(frame, of_frame(frame.octets, frame.length, frame.vlan, 0))

    def _take_apart(self, block: Block, place: int) -> None:
        (length,) = block.lengths([place])
        mark = talker_mark(block.tag(place), block.head(place, _MARKED))
        talker = self._known.get(mark)
        if talker is not None and length <= self._longest:
            self.tally.sample(talker, 1, length)
            return
        frame = block.frame(place)
        packet = of_frame(frame.octets, length, frame.vlan, 0)
        talker = talker_of(packet)
        if (
            mark and len(frame.octets) >= _MARKED and not packet.marks & ODD
        ):  # a damaged frame must not speak for the whole ones
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[mark] = talker
        self.tally.sample(talker, *self._on_wire(frame))


def talker_of(packet: Packet) -> Talker:
    """Who talks in a frame; of a tunnel it is the outer frame that is flooded."""
    tunnel = packet.link.tunnel
    if tunnel is None:
        return Talker(packet.link.vlan, packet.link.macs, packet.flow)
    version = 6 if len(tunnel.source) == 16 else 4
    return Talker(packet.link.vlan, tunnel.macs, Flow(version, tunnel.source, tunnel.destination, _UDP, 0, _VXLAN))


def talker_mark(tag: bytes, octets: bytes) -> bytes:
    """Octets that are equal only in frames of one talker, so that a talker is taken apart once; empty for all but plain
    TCP and UDP.
    """
    is_whole = octets[12:15] == b"\x08\0\x45" and octets[20:22] in _WHOLE
    if is_whole and octets[23:24] in _WITH_PORTS and octets[36:38] not in _TUNNEL_PORTS:
        return tag + octets[:14] + octets[23:24] + octets[26:38]
    if octets[12:14] == b"\x86\xdd" and octets[20:21] in _WITH_PORTS and octets[56:58] not in _TUNNEL_PORTS:
        return tag + octets[:15] + octets[20:21] + octets[22:58]
    return b""


def on_wire(frame: Frame, packet: Packet) -> Tuple[int, int]:
    """(frames, octets) that a super-frame was, or will be, on the wire: its headers once for each segment."""
    known = 0 < packet.payload < frame.length and not packet.link.tunnel
    header = frame.length - packet.payload if known else _PLAIN_HEADER
    frames = max(1, -(-(frame.length - header) // frame.segment))
    return frames, frame.length + (frames - 1) * header


def run(samplers: Sequence[Sampler], bounds: Bounds) -> float:
    """Sample until a bound is reached; returns the seconds that it lasted. The rings count already."""
    began = now = time.monotonic()
    pace = Pace(bounds, began)
    next_look = began + _TICK
    while now - began < bounds.duration and not _enough(samplers, bounds):
        at = min(now - began, bounds.duration - _INSTANT)
        pace.turn(now)
        full = [sampler.drain(at, pace) for sampler in samplers]
        if now >= next_look:
            next_look = now + _TICK
            pace.check(now)
            _note_losses(samplers, at)
        if not any(full):
            time.sleep(max(0.0, min(_PAUSE, began + bounds.duration - now)))
        now = time.monotonic()
    for sampler in samplers:
        sampler.ring.end()
    lasted = min(time.monotonic() - began, bounds.duration)
    _finish(samplers, lasted, pace)
    return lasted


def _enough(samplers: Sequence[Sampler], bounds: Bounds) -> bool:
    return 0 < bounds.packets <= sum(sampler.tally.frames for sampler in samplers)


def _note_losses(samplers: Sequence[Sampler], at: float) -> None:
    for sampler in samplers:
        sampler.note_losses(at)


def _finish(samplers: Sequence[Sampler], lasted: float, pace: Pace) -> None:
    """Fetch what the kernel still holds: a block that is not full comes when its time is over."""
    at = lasted - _INSTANT
    until = time.monotonic() + 0.5
    # A filter that is exchanged takes effect at once for new frames; those in the midst of the old one are in the ring
    # within microseconds.
    while time.monotonic() < until and any(_waiting(sampler) for sampler in samplers):
        wait([sampler.ring for sampler in samplers], 0.02)
        for sampler in samplers:
            sampler.drain(at, pace)
    _note_losses(samplers, at)


def _waiting(sampler: Sampler) -> bool:
    statistics = sampler.ring.statistics()
    return sampler.fetched < statistics.frames - statistics.dropped
