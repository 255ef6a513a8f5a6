"""Captures as they come from the field: mirrored, too short to compare clocks, with third parties, in tunnels, changed
on the way.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import Capture
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._correlation import correlated
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._document import document
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._evidence import Sender, twins

from .capture_builders import (
    CLIENT,
    CLIENT_MAC,
    GUEST,
    GUEST_MAC,
    NS,
    Seen,
    capture,
    ethernet,
    ipv4,
    talk,
    tcp,
    through,
    udp,
)

ENDS = {"source": [CLIENT], "destination": [GUEST]}
BROADCAST = "ff" * 6


def traced(captures: list[Capture], **about: list[str]) -> dict:
    """The document of a trace."""
    return document(correlated(captures, **about), {})


def passed(count: int = 30, every: int = 10_000_000, identified: bool = True) -> tuple[list[Seen], list[Seen]]:
    """What two points saw of a conversation."""
    there, back = talk(count, every)
    if not identified:
        there, back = ([(moment, frame[:18] + b"\0\0" + frame[20:]) for moment, frame in way] for way in (there, back))
    forward, backward = through(there, [100_000]), through(back, [100_000], seed=2)[::-1]
    return sorted(forward[0] + backward[0]), sorted(forward[1] + backward[1])


def mirrored(seen: list[Seen]) -> list[Seen]:
    """The same on a mirror port of both directions: every packet comes in and goes out."""
    return sorted(seen + [(moment + 4000, frame) for moment, frame in seen])


@pytest.mark.parametrize("identified", [True, False], ids=["ip-id", "no-ip-id"])
@pytest.mark.parametrize("where", [(0,), (1,), (0, 1)])
def test_a_mirrored_point_counts_every_packet_once_and_compares_clocks(
    where: tuple[int, ...], identified: bool
) -> None:
    points = [mirrored(seen) if number in where else seen for number, seen in enumerate(passed(identified=identified))]
    made = traced([capture("a:0", points[0]), capture("b:0", points[1], 1500_000_000)])
    assert made["verdict"]["status"] == "clean"
    assert (made["summary"]["packets"], made["summary"]["retransmitted"], made["summary"]["doubled"]) == (60, 0, 0)
    assert made["clocks"][1]["offset"] == pytest.approx(1.5, abs=0.001)
    assert len([gap for gap in made["gaps"] if gap["subset"] == "copies"]) == len(where)


def test_a_mirrored_point_hides_no_loss() -> None:
    one, two = passed()
    del two[10]
    made = traced([capture("a:0", mirrored(one)), capture("b:0", mirrored(two), NS)], **ENDS)
    assert (made["verdict"]["status"], made["summary"]["lost"]) == ("loss", 1)


def test_duplicate_acknowledgements_without_identification_are_no_copies() -> None:
    one, two = passed(identified=False)
    again = ethernet(ipv4(tcp(b"", 7, 9, 16, (22, 40000)), GUEST, CLIENT), GUEST_MAC, CLIENT_MAC)
    burst = [(NS + at * 20_000, again) for at in range(3)]
    made = traced([capture("a:0", one + burst), capture("b:0", two + burst[:1])], source=[GUEST], destination=[CLIENT])
    assert made["summary"]["lost"] == 2


@pytest.mark.parametrize("ahead", [0, 40 * NS, -40 * NS], ids=["0 s", "40 s", "-40 s"])
@pytest.mark.parametrize("gone", [1, 15, 28])
def test_clocks_that_cannot_be_compared_hide_no_loss_between_packets_that_arrived(ahead: int, gone: int) -> None:
    """A middlebox writes other TCP time stamps, so that no packet is the same and no clock is compared; the point
    listened while it saw others.
    """
    there = [(at * 10_000_000, ethernet(ipv4(tcp(bytes(9), 1 + 9 * at, stamp=bytes((at,)) * 8), identifier=at + 1)))
             for at in range(30)]
    arrived = [
        (time + 100_000, ethernet(ipv4(tcp(bytes(9), 1 + 9 * at, stamp=bytes((at, 7)) * 4), identifier=at + 1)))
        for at, (time, _frame) in enumerate(there)
    ]
    del arrived[gone]
    made = traced([capture("a:0", there), capture("b:0", arrived, ahead)], **ENDS)
    assert (made["verdict"]["status"], made["summary"]["lost"]) == ("loss", 1)
    assert [gap["subset"] for gap in made["gaps"]] == ["changed", "clock"]


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_packets_are_no_clock_and_nothing_is_late_by_it(count: int) -> None:
    there = [(at * NS, ethernet(ipv4(udp(bytes([at]) * 9), protocol=17, identifier=at + 1))) for at in range(count)]
    one, two = through(there, [100_000])
    made = traced([capture("a:0", one), capture("b:0", two, 40 * NS)], **ENDS)
    assert made["verdict"]["status"] == "clean"
    assert "how long they take is not known" in made["verdict"]["sentence"]
    assert "offset" not in made["clocks"][1]
    assert [gap["subset"] for gap in made["gaps"]] == ["clock"]


def test_one_packet_each_way_bounds_a_clock() -> None:
    one, two = passed(1)
    made = traced([capture("a:0", one), capture("b:0", two, 40 * NS)], **ENDS)
    clock = made["clocks"][1]
    assert abs(clock["offset"] - 40) <= clock["uncertainty"] <= 0.0003
    assert (made["verdict"]["status"], made["gaps"]) == ("clean", [])


@pytest.mark.parametrize("late", [-1_000_000, NS])
def test_one_packet_each_way_that_no_clock_explains_is_none(late: int) -> None:
    """Two that are alike but not the same: an answer that arrives before it left, or after a second."""
    one, two = passed(1)
    moment, frame = one[1]
    made = traced([capture("a:0", [one[0], (moment + late, frame)]), capture("b:0", two, 40 * NS)], **ENDS)
    assert "offset" not in made["clocks"][1]


@pytest.mark.parametrize("strays", [0, 27])
def test_packets_that_no_clock_places_do_not_read_as_clean(strays: int) -> None:
    """One of 28 arrives, at a clock that nothing is known of: the others are lost, or came before it listened."""
    there, _back = talk(28)
    one, two = through(there, [100_000])
    twin = capture("c:tap", two[1 : 1 + strays])
    made = traced([capture("a:0", one), capture("b:0", two[:1], 40 * NS), twin], beside=["c:tap"], **ENDS)
    verdict = made["verdict"]
    assert verdict["status"] == "cannot_tell"
    assert verdict["sentence"] == (
        f"b:0 saw 1 of 28 packets for {GUEST} that left a:0, and too few to compare the two clocks, so nobody knows"
        " whether it listened when the others were sent: trace longer, or while a ping runs."
    )
    told = f"c:tap saw 27 of the 27 packets for {GUEST} that b:0 did not see."
    assert (told in verdict["evidence"]) is bool(strays)


def test_usable_samples_count_not_packets_in_common() -> None:
    one, two = passed(3)
    others = [
        (at * NS, ethernet(ipv4(udp(bytes([at]) * 9), "198.51.100.7", "198.51.100.8", 17, at + 1))) for at in range(9)
    ]
    made = traced([capture("a:0", others + one[:1]), capture("b:0", others + two[:1], 438 * NS)], **ENDS)
    assert "skew_ppm" not in made["clocks"][1]
    assert made["verdict"]["status"] == "unanswered"


def test_a_few_packets_one_way_tell_no_skew() -> None:
    there, _back = talk(4)
    one, two = through(there, [100_000])
    made = traced([capture("a:0", one), capture("b:0", two, 438 * NS)], **ENDS)
    assert made["clocks"][1]["skew_ppm"] == 0
    assert made["verdict"]["status"] == "unanswered"


def test_groups_are_no_loss_though_both_ends_are_given() -> None:
    one, two = passed()
    groups = [
        (NS + at, ethernet(ipv4(udp(b"x" * 9), CLIENT, to, 17, 900 + at), destination=BROADCAST))
        for at, to in enumerate(["224.0.0.251", "239.255.255.250", "255.255.255.255"])
    ]
    made = traced([capture("a:0", one + groups), capture("b:0", two)], **ENDS)
    assert (made["verdict"]["status"], made["summary"]["passing"]) == ("clean", 3)


def arp(sender: str, target: str) -> bytes:
    """A broadcast request."""
    ends = [bytes(map(int, address.split("."))) for address in (sender, target)]
    asked = bytes.fromhex("000108000604" + "0001" + CLIENT_MAC) + ends[0] + bytes(6) + ends[1]
    return ethernet(asked, destination=BROADCAST, ethertype=0x0806)


def test_without_ends_third_parties_and_arp_are_passing_and_said() -> None:
    one, two = passed()
    third = [
        (NS + at * 1000, ethernet(ipv4(tcp(b"z" * 9, at), CLIENT, "192.0.2.77", identifier=at + 500)))
        for at in range(5)
    ]
    asked = [(2 * NS + at, arp(CLIENT, f"192.0.2.{100 + at}")) for at in range(4)]
    made = traced([capture("a:0", one + third + asked), capture("b:0", two, 3 * NS)])
    assert (made["verdict"]["status"], made["summary"]["passing"]) == ("clean", 9)
    (gap,) = [gap for gap in made["gaps"] if gap["subset"] == "passing"]
    assert gap["reason"].startswith("9 packets")


def test_without_ends_a_loss_within_a_conversation_is_still_one() -> None:
    one, two = passed()
    del two[8]
    assert traced([capture("a:0", one), capture("b:0", two)])["summary"]["lost"] == 1


def test_twins_among_a_routers_many_addresses_are_found_in_linear_time() -> None:
    behind = [
        Sender("02:00:00:00:00:01", f"10.{at >> 16}.{at >> 8 & 255}.{at & 255}", {0: {False}, 1: {False}})
        for at in range(50_000)
    ]
    assert twins(behind) == []
    ((one, two, point),) = twins([*behind, Sender("02:00:00:00:00:01", "192.0.2.1", {1: {True}})])
    assert (one.address, two.address, point) == ("10.0.0.0", "192.0.2.1", 1)


def tunnelled(seen: list[Seen], outer: dict[str, str]) -> list[Seen]:
    """The same inside IPIP, between hosts that OUTER names for the addresses inside."""
    made = []
    for number, (moment, frame) in enumerate(seen):
        ends = [outer[".".join(map(str, frame[at:at + 4]))] for at in (26, 30)]
        made.append((moment, ethernet(ipv4(frame[14:], *ends, protocol=4, identifier=number + 1))))
    return made


@pytest.mark.parametrize(
    "ends",
    [
        {},
        ENDS,
        {"source": ["198.51.100.1"], "destination": ["198.51.100.2"]},
        {"source": [CLIENT], "destination": ["198.51.100.2"]},
    ],
    ids=["no-ends", "inner", "outer", "mixed"],
)
def test_packets_are_followed_into_a_tunnel(ends: dict[str, list[str]]) -> None:
    one, two = passed()
    del two[10]
    inside = tunnelled(two, {CLIENT: "198.51.100.1", GUEST: "198.51.100.2"})
    made = traced([capture("a:0", one), capture("b:0", inside, NS)], **ends)
    if ends.get("source") == [CLIENT] and ends["destination"] != [GUEST]:
        ways = made["ways"][:1]     # what comes back has the outer source in the tunnel
    else:
        ways = made["ways"]
    assert [(way["hops"][0]["sent"], way["hops"][0]["lost"]) for way in ways] == [(30, 1), (30, 0)][:len(ways)]
    assert made["ways"][0]["links"][1]["pairs"][0]["tunnel"] == "ipip"


def test_what_comes_in_fragments_is_followed_and_said() -> None:
    one, two = passed()
    whole = ipv4(udp(bytes(range(200))), protocol=17, identifier=700)
    body = whole[20:]
    pieces = [
        ipv4(body[:104], protocol=17, identifier=700, fragment=0x2000),
        ipv4(body[104:], protocol=17, identifier=700, fragment=13),
    ]
    sent, arrived = [(NS, ethernet(whole))], [(NS + 200_000 + at, ethernet(piece)) for at, piece in enumerate(pieces)]
    for before, after in (
        (sent, arrived),
        ([(NS - 500_000 + at, frame) for at, (_moment, frame) in enumerate(arrived)], sent),
    ):
        made = traced([capture("a:0", one + before), capture("b:0", two + after)], **ENDS)
        assert (made["verdict"]["status"], made["ways"][0]["hops"][0]["appeared"]) == ("clean", 0)
        assert [gap["subset"] for gap in made["gaps"]] == ["changed"]
    incomplete = traced([capture("a:0", one + sent), capture("b:0", two + arrived[:1])], **ENDS)
    assert incomplete["summary"]["lost"] == 1


@pytest.mark.parametrize("kind", ["stamps", "numbers"])
def test_segments_rewritten_on_the_way_are_followed_and_said(kind: str) -> None:
    shift, stamp = (1_000_000, b"12345678") if kind == "numbers" else (0, None)
    one = [
        (at * NS // 100, ethernet(ipv4(tcp(bytes([at]) * 50, at * 50 + 1, stamp=b"12345678"), identifier=at + 1)))
        for at in range(20)
    ]
    two = [
        (at * NS // 100 + 9, ethernet(ipv4(tcp(bytes([at]) * 50, at * 50 + 1 + shift, stamp=stamp), identifier=at + 1)))
        for at in range(20)
        if at != 5
    ]
    made = traced([capture("hv:a", one), capture("hv:b", two)], **ENDS)
    assert (made["summary"]["lost"], made["ways"][0]["hops"][0]["seen"]) == (1, 19)
    assert [gap["subset"] for gap in made["gaps"]] == ["changed"]
