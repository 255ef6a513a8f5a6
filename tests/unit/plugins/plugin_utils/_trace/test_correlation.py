"""Matching, clocks, tracks and hops on built captures: what was lost, doubled, joined, late, and how sure that is."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import TraceError
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._clocks import Samples, estimated, steps
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._correlation import Trace, correlated
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._matching import aligned
from hypothesis import given, settings
from hypothesis import strategies as st

from .capture_builders import (
    CLIENT,
    GUEST,
    GUEST_MAC,
    NS,
    T0,
    capture,
    conversation,
    ethernet,
    ipv4,
    talk,
    tcp,
    through,
    udp,
)

DELAYS = [100_000, 50_000]


def lost(trace: Trace) -> list[list[int]]:
    """Per direction and hop, how many were lost."""
    return [[len(hop.lost) for hop in way.hops] for way in trace.ways]


def sums(trace: Trace) -> list[tuple[int, int, int, int, int]]:
    """Per direction, over all hops: sent at the first, seen at the last, missed, outside, doubled."""
    return [
        (
            way.hops[0].sent,
            way.hops[-1].seen,
            sum(h.missed for h in way.hops),
            sum(h.outside for h in way.hops),
            sum(h.doubled for h in way.hops),
        )
        for way in trace.ways
    ]


def test_every_loss_is_placed_though_the_clocks_are_hours_apart() -> None:
    captures = conversation(300, DELAYS, [0, 7200 * NS, -3 * NS], {5: 0, 6: 1, 7: 1}, {9: 0, 10: 1})
    trace = correlated(captures)
    assert lost(trace) == [[1, 2], [1, 1]]
    assert [way.sources for way in trace.ways] == [(CLIENT,), (GUEST,)]
    for clock, shift in zip(list(trace.times.clocks.values())[1:], (7200 * NS, -3 * NS), strict=True):
        (piece,) = clock.pieces
        assert piece.uncertainty is not None and abs(piece.at(T0) - shift) <= piece.uncertainty
        assert piece.uncertainty < 200_000


def test_delays_are_right_to_the_uncertainty() -> None:
    trace = correlated(conversation(400, DELAYS, [0, 5 * NS, -NS]))
    for way in trace.ways:
        expected = DELAYS if way.side > 0 else DELAYS[::-1]
        for hop, delay in zip(way.hops, expected, strict=True):
            sure = 110_000
            assert (
                delay - sure <= hop.delays["minimum"] <= hop.delays["p50"] <= hop.delays["maximum"] <= 2 * delay + sure
            )
            assert sum(row[0] for row in hop.series) == hop.sent


def test_given_ends_decide_the_direction_whatever_the_order_of_times() -> None:
    captures = conversation(50, DELAYS, [0, 0, 0], {3: 1})
    assert lost(correlated(captures, source=[CLIENT], destination=[GUEST])) == [[0, 1], [0, 0]]


def test_a_capture_that_missed_packets_loses_none() -> None:
    captures = conversation(100, DELAYS, [0, 0, 0])
    there, back = talk(100)
    forward, backward = through(there, DELAYS), through(back, DELAYS[::-1], seed=2)[::-1]
    half = capture("h1:eth0", sorted(forward[1][::2] + backward[1]))
    trace = correlated([captures[0], half, captures[2]])
    assert lost(trace) == [[0, 0], [0, 0]]
    assert sums(trace)[0][2] == 50


def test_what_was_sent_when_the_next_point_did_not_listen_is_not_lost() -> None:
    captures = conversation(100, DELAYS, [0, 0, 0])
    there, _back = talk(100)
    forward = through(there, DELAYS)
    short = capture("h2:eth0", forward[2][:50], seconds=0.5)
    trace = correlated([captures[0], captures[1], short], source=[CLIENT], destination=[GUEST])
    assert lost(trace)[0] == [0, 0]
    assert trace.ways[0].hops[1].outside == 50


def test_equal_packets_do_not_collapse_and_the_lost_one_is_told_by_time() -> None:
    same = ethernet(ipv4(tcp(b"x" * 50, 1000, ports=(40001, 22))))    # IP id 0 with DF, sent three times
    frames = [(0, same), (NS, same), (3 * NS, same)]
    one, two = through(frames, [100_000], {1: 0})
    there, back = talk(20, every=200_000_000)
    more, less = through(there, [100_000]), through(back, [100_000], seed=3)
    trace = correlated(
        [capture("a:0", sorted(one + more[0] + less[1])), capture("b:0", sorted(two + more[1] + less[0]), NS)]
    )
    assert lost(trace) == [[1], [0]]
    (packet,) = trace.ways[0].hops[0].lost
    seen = trace.ways[0].tracks.points[0]
    assert seen.times[trace.ways[0].tracks.where[0][packet]] == T0 + NS
    assert sum(trace.ways[0].retransmitted.values()) == 2


def test_a_copy_made_on_the_way_is_doubled_not_new() -> None:
    there, back = talk(30)
    forward, backward = through(there, [100_000]), through(back, [100_000], seed=2)[::-1]
    copied = sorted(forward[1] + [(moment + 5000, frame) for moment, frame in forward[1][:4]] + backward[1])
    trace = correlated([capture("a:0", sorted(forward[0] + backward[0])), capture("b:0", copied)])
    assert sums(trace)[0] == (30, 30, 0, 0, 4)
    assert trace.ways[0].hops[0].appeared == 0


def segments(size: int, each: int) -> list[bytes]:
    """SIZE octets of one flow in frames of EACH octets."""
    data = bytes(at % 251 for at in range(size))
    return [ethernet(ipv4(tcp(data[at:at + each], 1 + at), identifier=at // each)) for at in range(0, size, each)]


@pytest.mark.parametrize(
    ("here", "there"), [(12000, 1000), (1000, 12000), (3000, 1000), (3000, 2000), (2000, 3000), (12000, 700)]
)
def test_super_segments_are_matched_by_their_octets(here: int, there: int) -> None:
    sent = [(at * 1000, frame) for at, frame in enumerate(segments(24000, here))]
    arrived = [(50_000 + at * 1000, frame) for at, frame in enumerate(segments(24000, there))]
    trace = correlated([capture("a:0", sent), capture("b:0", arrived)], source=[CLIENT], destination=[GUEST])
    (hop,) = trace.ways[0].hops
    assert (len(hop.lost), hop.appeared, hop.seen) == (0, 0, len(trace.ways[0].tracks))
    assert trace.ways[0].tracks.joined > 0


def test_a_lost_piece_of_a_super_segment_is_lost_alone() -> None:
    sent = [(0, segments(12000, 12000)[0])]
    pieces = [(50_000 + at * 1000, frame) for at, frame in enumerate(segments(12000, 1000)) if at != 4]
    again = [(moment + 10_000, frame) for moment, frame in pieces if moment != 50_000 + 7000]
    trace = correlated(
        [capture("a:0", sent), capture("b:0", pieces), capture("c:0", again)], source=[CLIENT], destination=[GUEST]
    )
    assert lost(trace)[0] == [1, 1]
    assert len(trace.ways[0].tracks) == 12


def test_a_super_segment_that_is_made_whole_again_is_the_same() -> None:
    sent, whole = [(0, segments(12000, 12000)[0])], [(90_000, segments(12000, 12000)[0])]
    pieces = [(50_000 + at * 1000, frame) for at, frame in enumerate(segments(12000, 1000))]
    trace = correlated(
        [capture("a:0", sent), capture("b:0", pieces), capture("c:0", whole)], source=[CLIENT], destination=[GUEST]
    )
    assert lost(trace)[0] == [0, 0]
    assert [hop.seen for hop in trace.ways[0].hops] == [12, 12]


def test_sequence_numbers_that_start_anew_are_no_obstacle() -> None:
    top = (1 << 32) - 1500
    sent = [(0, ethernet(ipv4(tcp(b"a" * 3000, top))))]
    parts = [
        (1000 + at, ethernet(ipv4(tcp(b"a" * 1000, (top + at * 1000) % (1 << 32)), identifier=1))) for at in range(3)
    ]
    trace = correlated([capture("a:0", sent), capture("b:0", parts)], source=[CLIENT], destination=[GUEST])
    assert (lost(trace)[0], trace.ways[0].hops[0].seen) == ([0], 3)


@pytest.mark.parametrize("by", [2 * NS, -2 * NS, 30_000_000, -30_000_000])
def test_a_clock_that_steps_is_found_and_nothing_is_late_for_it(by: int) -> None:
    captures = conversation(400, [100_000], [0, NS], step=(1, 2 * NS, by))
    trace = correlated(captures)
    ((moment, jump),) = steps(trace.times.clocks["h1"].pieces)
    assert abs(jump - by) < 500_000 and abs(moment - (T0 + 2 * NS)) < 30_000_000
    assert all(hop.delays["maximum"] < 1_000_000 for way in trace.ways for hop in way.hops)
    assert lost(trace) == [[0], [0]]


@given(
    st.integers(-(10**13), 10**13),
    st.floats(-2e-4, 2e-4),
    st.integers(1_000, 10**7),
    st.integers(0, 10**7),
    st.integers(20, 200),
    st.randoms(),
)
@settings(max_examples=60, deadline=None)
def test_the_true_clock_is_within_what_is_said(
    offset: int, skew: float, least: int, more: int, count: int, chance
) -> None:
    times, differences, ways = [], [], bytearray()
    for at in range(count):
        moment = T0 + at * 100_000_000
        delay, way = least + chance.randint(0, more), at % 2
        clock = offset + skew * (moment - T0)
        times.append(moment)
        differences.append(round(clock + (delay if way else -delay)))
        ways.append(way)
    (piece,) = estimated(Samples(times, differences, bytes(ways)), 2.0)
    assert piece.uncertainty is not None and piece.skew_bounds is not None
    assert piece.skew_bounds[0] - 1e-9 <= skew <= piece.skew_bounds[1] + 1e-9
    for moment in (times[0], times[-1]):
        # At the ends of the time the skew's own uncertainty adds to the offset's.
        slope = (piece.skew_bounds[1] - piece.skew_bounds[0]) * (times[-1] - times[0])
        assert abs(piece.at(moment) - (offset + skew * (moment - T0))) <= piece.uncertainty + slope + 1


def test_traffic_one_way_leaves_the_offset_open_and_says_so() -> None:
    there, _back = talk(50)
    one, two = through(there, [100_000])
    trace = correlated([capture("a:0", one), capture("b:0", two, 5 * NS)], source=[CLIENT], destination=[GUEST])
    clock = trace.times.clocks["b"]
    assert clock.known and clock.uncertainty is None
    assert trace.ways[0].hops[0].delays["minimum"] >= 0


def test_points_of_one_host_share_its_clock() -> None:
    there, back = talk(50)
    forward, backward = through(there, [100_000]), through(back, [100_000], seed=2)[::-1]
    captures = [capture("hv:tap", sorted(forward[0] + backward[0])), capture("hv:up", sorted(forward[1] + backward[1]))]
    trace = correlated(captures)
    assert trace.times.uncertainty(*captures) == 0.0


def test_strays_are_counted_at_the_point_beside_the_path() -> None:
    captures = conversation(60, [100_000], [0, 0], {4: 0, 5: 0, 6: 0})
    there, _back = talk(60)
    twin = capture("twin:tap", [(there[at][0] + 60_000, there[at][1]) for at in (4, 5, 40)])
    trace = correlated([*captures, twin], ["twin:tap"])
    (hop,) = trace.ways[0].hops
    assert (len(hop.lost), hop.astray) == (3, {2: 2})


def test_cut_payloads_do_not_hide_that_packets_are_equal() -> None:
    frames = [(at * NS, ethernet(ipv4(udp(bytes([at]) * 200), protocol=17, identifier=at + 1))) for at in range(20)]
    whole = capture("a:0", frames)
    cut = capture("b:0", [(moment + 1000, frame[:60]) for moment, frame in frames])
    assert cut.cut == 20
    assert lost(correlated([whole, cut], source=[CLIENT], destination=[GUEST]))[0] == [0]


def test_fragments_and_padding_match() -> None:
    first, rest = ipv4(b"x" * 64, identifier=9, fragment=0x2000), ipv4(b"y" * 8, identifier=9, fragment=8)
    frames = [(0, ethernet(first)), (1000, ethernet(rest))]
    padded = [(5000, ethernet(first)), (6000, ethernet(rest) + bytes(18))]
    trace = correlated([capture("a:0", frames), capture("b:0", padded)], source=[CLIENT], destination=[GUEST])
    assert (lost(trace)[0], trace.ways[0].hops[0].seen) == ([0], 2)


@pytest.mark.parametrize(("sent", "arrived", "expected"), [
    ([0, 10, 20], [1, 11, 21], [0, 1, 2]),
    ([0, 10, 20], [11, 21], [1, 2]),
    ([0, 10, 20], [21], [2]),
    ([0, 10], [1, 5, 11], [0, 1, -1]),
    ([0], [1, 50], [0, -1]),
    ([100], [1], [-1]),
    ([], [1], [-1]),
])
def test_equal_packets_are_aligned(sent: list[int], arrived: list[int], expected: list[int]) -> None:
    assert aligned(sent, arrived, 6 if len(arrived) > len(sent) else 0) == expected


@given(st.lists(st.integers(0, 1000)), st.lists(st.integers(0, 1000)), st.integers(0, 50))
def test_alignment_keeps_order_and_causality(sent: list[int], arrived: list[int], slack: int) -> None:
    sent.sort()
    arrived.sort()
    found = aligned(sent, arrived, slack)
    taken = [at for at in found if at >= 0]
    assert taken == sorted(set(taken))
    assert all(sent[at] <= arrived[number] + slack for number, at in enumerate(found) if at >= 0)


@given(
    st.sets(st.integers(0, 59), max_size=10), st.sets(st.integers(60, 119), max_size=10), st.integers(-(10**12), 10**12)
)
@settings(max_examples=40, deadline=None)
def test_any_losses_come_out_as_they_went_in(first: set[int], second: set[int], shift: int) -> None:
    losses = {**dict.fromkeys(first, 0), **dict.fromkeys(second, 1)}
    trace = correlated(conversation(120, DELAYS, [0, shift, -shift], losses))
    assert lost(trace) == [[len(first), len(second)], [0, 0]]


def test_what_cannot_be_correlated_is_said() -> None:
    one, two = conversation(5, [1000], [0, 0])
    with pytest.raises(TraceError, match="at least two points"):
        correlated([one])
    with pytest.raises(TraceError, match="h0:eth0: two captures have this point"):
        correlated([one, replace(two, point="h0:eth0")])
    with pytest.raises(TraceError, match=r"beside: h9: no capture has this point; the points are h0:eth0, h1:eth0"):
        correlated([one, two], ["h9"])


def test_two_senders_of_one_mac_are_told_by_their_sides() -> None:
    from ansible_collections.netops.layer2.plugins.plugin_utils._trace._evidence import twins

    mine = [(at * NS, ethernet(ipv4(tcp(), GUEST, CLIENT, identifier=at), GUEST_MAC)) for at in range(3)]
    other = [(at * NS + 5, ethernet(ipv4(tcp(), "192.0.2.25", CLIENT, identifier=at), GUEST_MAC)) for at in range(3)]
    uplink, client = capture("hv:up", mine, outgoing=True), capture("client:eth0", sorted(mine + other))
    both = replace(
        uplink, columns=capture("hv:up", sorted(mine + other)).columns, flows=capture("x:0", sorted(mine + other)).flows
    )
    for at in range(len(both)):
        both.columns["marks"][at] = at % 2 == 0     # mine went out, the other's came in
    trace = correlated([client, both], source=[GUEST], destination=[CLIENT])
    ((one, two, point),) = twins(trace.senders)
    assert (one.mac, {one.address, two.address}, point) == ("52:54:00:0c:1d:f5", {GUEST, "192.0.2.25"}, 1)
    router = correlated([client, capture("hv:up", sorted(mine + other))], source=[GUEST], destination=[CLIENT])
    assert twins(router.senders) == []
