"""What is counted, estimated and remembered of a flood, and within which bounds."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import socket
import struct

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._capture import _sample
from ansible_collections.netops.layer2.plugins.module_utils._capture._packet import of_frame
from ansible_collections.netops.layer2.plugins.module_utils._capture._ring import Frame
from ansible_collections.netops.layer2.plugins.module_utils._capture._sample import (
    Bounds,
    Pace,
    Sampler,
    Tally,
    talker_mark,
    talker_of,
)
from hypothesis import given
from hypothesis import strategies as st

from .shared import SNAP, block, frame, record, tcp

BOUNDS = Bounds(10.0, 0, 1.0, 1000.0, 100.0)


class StandInRing:
    """Blocks and counters as a ring would have them, without a kernel."""

    mtu = 1500
    room = 32

    def __init__(self, blocks, dropped=0):
        self._blocks = list(blocks)
        self._dropped = dropped

    def blocks(self):
        while self._blocks:
            yield self._blocks.pop(0)

    def statistics(self):
        return _sample_statistics(self._dropped)

    def trouble(self):
        return None


def _sample_statistics(dropped):
    from ansible_collections.netops.layer2.plugins.module_utils._capture._ring import Statistics

    return Statistics(0, dropped)


def drained(sampler, at=0.0, bounds=BOUNDS):
    sampler.drain(at, Pace(bounds, 0.0))
    return sampler.tally


def test_counts_lengths_and_talkers():
    frames = [record(tcp(960, port)) for port in (443, 443, 444)]
    tally = drained(Sampler(StandInRing([block(frames)]), frozenset(), BOUNDS))
    size = len(tcp(960))
    assert (tally.frames, tally.octets, tally.sampled) == (3, 3 * size, 3)
    assert [(talker.flow.source_port, counted) for talker, counted in tally.heaviest(9)] == [
        (443, [2, 2 * size]),
        (444, [1, size]),
    ]


def test_a_super_frame_counts_as_the_frames_it_is_on_a_wire():
    long = record(tcp(14480), length=54 + 14480, gso=(1, 1448))
    tally = drained(Sampler(StandInRing([block([long, record(frame(60))])]), frozenset(), BOUNDS))
    assert (tally.frames, tally.octets) == (11, 10 * (54 + 1448) + 60)


def test_a_super_frame_of_an_old_kernel_counts_once_and_is_noticed():
    tally = drained(Sampler(StandInRing([block([record(tcp(14480), length=14534, vnet=False)])]), frozenset(), BOUNDS))
    assert (tally.frames, tally.octets, tally.merged > 0) == (1, 14534, True)


def test_what_the_filter_had_no_room_for_is_sorted_out_here():
    late = frozenset([bytes.fromhex("525400000002")])
    other = b"\2\0\0\0\0\7" + frame(100)[6:]
    tally = drained(Sampler(StandInRing([block([record(frame(60)), record(other)])]), late, BOUNDS))
    assert (tally.frames, tally.octets) == (1, 100)


def test_dropped_frames_are_counted_as_long_as_the_others():
    sampler = Sampler(StandInRing([block([record(frame(100)), record(frame(300))])], dropped=5), frozenset(), BOUNDS)
    drained(sampler)
    sampler.note_losses(1.5)
    assert (sampler.tally.frames, sampler.tally.octets, sampler.tally.estimated) == (7, 7 * 200, 5)
    assert sampler.tally.series == [[2, 400], [5, 1000]]
    sampler.note_losses(1.7)
    assert sampler.tally.frames == 7, "each loss counts once"


def test_without_cpu_left_the_number_stays_exact():
    bounds = BOUNDS._replace(cpu=1.0)
    sampler = Sampler(StandInRing([block([record(frame(100))] * 4)]), frozenset(), bounds)
    pace = Pace(bounds, 0.0)
    sum(range(3000000))  # some CPU time
    pace.check(0.0)
    sampler.drain(0.0, pace)
    assert (sampler.tally.frames, sampler.tally.estimated, sampler.tally.sampled) == (4, 4, 0)


def test_the_sample_keeps_to_its_rate():
    pace = Pace(BOUNDS._replace(sampling=100.0), 0.0)
    assert pace.take(1000) == 25, "a quarter of a second to begin with"
    assert pace.take(1000) == 0
    pace.turn(0.5)
    assert pace.take(30) == 30 and pace.take(1000) == 20
    pace.turn(60.0)
    assert pace.take(1000) == 100, "no more than a second's worth is saved up"


def test_the_memory_for_talkers_is_bounded(monkeypatch):
    monkeypatch.setattr(_sample, "MOST_TALKERS", 40)
    tally = Tally(1.0)
    big = talker_of(of_frame(tcp(1000, 9999), 1054, "", 0))
    tally.sample(big, 1000, 1054000)
    for port in range(500):
        tally.sample(talker_of(of_frame(tcp(10, port), 64, "", 0)), 1, 64)
        assert len(tally.talkers) <= 40
    assert tally.heaviest(1)[0][1] == [1000, 1054000] and tally.sampled == 501


def test_of_a_tunnel_the_outer_frame_is_the_talker():
    inner = tcp(100)
    udp = struct.pack("!HHHH", 5555, 4789, 16 + len(inner), 0) + b"\x08\0\0\0\0\0\x2a\0" + inner
    ip = struct.pack(
        "!BBHHHBBH4s4s",
        0x45,
        0,
        20 + len(udp),
        1,
        0,
        64,
        17,
        0,
        socket.inet_aton("198.51.100.1"),
        socket.inet_aton("198.51.100.2"),
    )
    outer = b"\2\0\0\0\0\x22\2\0\0\0\0\x11\x08\0" + ip + udp
    talker = talker_of(of_frame(outer, len(outer), "", 0))
    assert (
        talker.macs == outer[:12]
        and talker.flow.source == socket.inet_aton("198.51.100.1")
        and talker.flow.destination_port == 4789
    )


MARKED = {
    "TCP": (tcp(100), True),
    "another length": (tcp(50), True),
    "a fragment": (tcp(100)[:20] + b"\x20\0" + tcp(100)[22:], False),
    "the last fragment": (tcp(100)[:20] + b"\0\7" + tcp(100)[22:], False),
    "with options": (tcp(100)[:14] + b"\x46" + tcp(100)[15:], False),
    "ICMP": (tcp(100)[:23] + b"\x01" + tcp(100)[24:], False),
    "a tag in the frame": (tcp(100, vlan=b"\x81\0\0\7"), False),
    "cut short": (tcp(100)[:13], False),
}


@pytest.mark.parametrize(("octets", "marked"), MARKED.values(), ids=MARKED.keys())
def test_only_plain_packets_are_known_by_a_mark(octets, marked):
    assert bool(talker_mark(b"", octets)) is marked


OCTETS = st.binary(min_size=14, max_size=SNAP)
PLAIN = st.builds(
    lambda head, port, rest: (
        head[:12]
        + b"\x08\0\x45"
        + head[15:20]
        + b"\0\0"
        + head[22:23]
        + b"\x06"
        + head[24:34]
        + port
        + b"\0" * 8
        + b"\x50"
        + rest
    ),
    st.binary(min_size=40, max_size=40),
    st.binary(min_size=4, max_size=4),
    st.binary(min_size=41, max_size=41),
)


@given(st.lists(OCTETS | PLAIN, min_size=2, max_size=2))
def test_equal_marks_mean_equal_talkers(frames):
    frames[1] = frames[0][:38] + frames[1][38:]  # they differ in the rest only
    first, second = (talker_mark(b"", octets) for octets in frames)
    if first and first == second:
        talkers = [talker_of(of_frame(octets, 1000, "", 0)) for octets in frames]
        # Headers that contradict themselves have no flow.
        assert talkers[0] == talkers[1] or not (talkers[0].flow.version and talkers[1].flow.version)


def test_a_known_talker_is_told_by_its_tag_too():
    records = [record(tcp(200), tag=tag, status=0x11 if tag else 0) for tag in (7, 7, 8, 0)]
    tally = drained(Sampler(StandInRing([block(records)]), frozenset(), BOUNDS))
    assert sorted((talker.vlan, counted[0]) for talker, counted in tally.talkers.items()) == [
        ("", 1),
        ("7", 2),
        ("8", 1),
    ]


def test_a_damaged_frame_does_not_speak_for_the_conversation_that_it_claims():
    whole = tcp(200)
    damaged = whole[:16] + b"\0\x14" + whole[18:]  # an IP packet that ends where its TCP header begins
    assert talker_mark(b"", damaged) == talker_mark(b"", whole) != b""
    tally = drained(
        Sampler(StandInRing([block([record(frame)]) for frame in (damaged, whole, whole)]), frozenset(), BOUNDS)
    )
    assert sorted((talker.flow.version, counted[0]) for talker, counted in tally.talkers.items()) == [(0, 1), (4, 2)]


@given(
    st.lists(st.tuples(st.floats(0, 20), st.integers(0, 1000), st.integers(0, 10**6), st.booleans()), max_size=30),
    st.floats(0.1, 5),
)
def test_the_series_adds_up(counts, interval):
    tally = Tally(interval)
    for at, frames, octets, seen in counts:
        if seen:
            tally.add(at, frames, octets)
        else:
            tally.add_unseen(at, frames)
    assert sum(entry[0] for entry in tally.series) == tally.frames
    assert sum(entry[1] for entry in tally.series) == tally.octets


@pytest.mark.parametrize(("seconds", "entries"), [(0.0, 0), (0.4, 1), (1.0, 1), (2.5, 3)])
def test_the_series_covers_silence_as_well(seconds, entries):
    assert len(Tally(1.0).series_of(seconds)) == entries


@given(
    st.binary(min_size=14, max_size=SNAP),
    st.integers(1, 2**16),
    st.integers(60, 2**31),
    st.text("0123456789", max_size=4),
)
def test_a_hostile_super_frame_does_no_harm(octets, segment, length, vlan):
    made = Frame(0, octets, length, vlan, False, segment, b"", 0x0800)
    frames, total = _sample.on_wire(made, of_frame(octets, length, vlan, 0))
    assert frames >= 1 and total >= length
