"""Packets are followed through NAT where they tell: addresses, ports and identifiers rewritten, losses and delays as
ever, and no false matches.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random
import struct
import zlib
from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import Capture
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._correlation import correlated
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._document import document
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._translated import _without_number
from hypothesis import given
from hypothesis import strategies as st

from .capture_builders import CLIENT, GUEST, NS, Seen, capture, ethernet, ipv4, tcp, udp

ROUTER, INSIDE = "198.51.100.1", "10.9.9.9"
END = {CLIENT: ROUTER}


def echo(kind: int, identifier: int, number: int, data: bytes) -> bytes:
    """An ICMP echo."""
    return struct.pack("!BBHHH", kind, 0, 0, identifier, number) + data


def conversation(kind: str, source: str, destination: str, shift: int, count: int = 30) -> list[Seen]:
    """COUNT packets each way; SHIFT is added to ports and identifiers of the source."""
    made = []
    for at in range(count):
        chance = random.Random(at)
        data, again = chance.randbytes(40), chance.randbytes(50)
        there, back = {
            "tcp": (tcp(data, 5000 + at * 40, 9000 + at * 50, ports=(40000 + shift, 80)),
                    tcp(again, 9000 + at * 50, 5040 + at * 40, ports=(80, 40000 + shift))),
            "udp": (udp(data, (40000 + shift, 53)), udp(again, (53, 40000 + shift))),
            "icmp": (echo(8, 77 + shift, at, bytes(56)), echo(0, 77 + shift, at, bytes(56))),
        }[kind]
        number = {"tcp": 6, "udp": 17, "icmp": 1}[kind]
        made += [
            (at * 10_000_000, ethernet(ipv4(there, source, destination, number, 100 + at))),
            (at * 10_000_000 + 5_000_000, ethernet(ipv4(back, destination, source, number, 700 + at))),
        ]
    return made


def later(seen: list[Seen], by: int, lost: tuple[int, ...] = ()) -> list[Seen]:
    """The same at a point behind: packets there come later, answers were there earlier."""
    return [(moment + (by if at % 2 == 0 else -by), frame) for at, (moment, frame) in enumerate(seen) if at not in lost]


def traced(captures: list[Capture], **ends: list[str]) -> dict[str, Any]:
    return document(correlated(captures, (), ends.get("source", []), ends.get("destination", [])), {})


def losses(made: dict[str, Any]) -> list[list[tuple[int, int]]]:
    return [[(hop["sent"], hop["lost"]) for hop in way["hops"]] for way in made["ways"]]


@pytest.mark.parametrize("kind", ["tcp", "udp", "icmp"])
@pytest.mark.parametrize("what", ["source", "destination", "ports", "both"])
@pytest.mark.parametrize("ends", [{}, {"source": [CLIENT], "destination": [GUEST]}], ids=["no-ends", "ends"])
def test_losses_and_delays_are_followed_through_nat(kind: str, what: str, ends: dict[str, list[str]]) -> None:
    source, destination = {
        "source": (ROUTER, GUEST),
        "destination": (CLIENT, INSIDE),
        "ports": (CLIENT, GUEST),
        "both": (ROUTER, INSIDE),
    }[what]
    if kind == "icmp" and what == "ports":
        source = ROUTER
    near = conversation(kind, CLIENT, GUEST, 0)
    far = later(conversation(kind, source, destination, 1000), 300_000_000, lost=(20, 26))
    made = traced([capture("a:0", near), capture("b:0", sorted(far), 7 * NS)], **ends)
    assert losses(made) == [[(30, 2)], [(30, 0)]]
    assert made["verdict"]["status"] == "loss"
    assert made["clocks"][1]["offset"] == pytest.approx(7, abs=0.35)
    (gap,) = [gap for gap in made["gaps"] if gap["subset"] == "translated"]
    assert gap["point"] == "b:0" and gap["reason"].startswith("translated here (NAT)")
    assert any("Translated before b:0 (NAT)" in sentence for sentence in made["verdict"]["evidence"])


def test_nothing_lost_through_nat_is_clean_and_the_addresses_behind_are_ends_too() -> None:
    near, far = conversation("tcp", CLIENT, GUEST, 0), later(conversation("tcp", ROUTER, GUEST, 5), 100_000)
    for ends in ({"source": [CLIENT], "destination": [GUEST]}, {"source": [ROUTER], "destination": [GUEST]}):
        made = traced([capture("a:0", near), capture("b:0", sorted(far), NS)], **ends)
        assert (made["verdict"]["status"], losses(made)) == ("clean", [[(30, 0)], [(30, 0)]])


def test_a_loss_behind_the_translation_is_one_there() -> None:
    near, behind = conversation("tcp", CLIENT, GUEST, 0), conversation("tcp", ROUTER, GUEST, 5)
    points = [
        capture("a:0", near),
        capture("b:0", sorted(later(behind, 100_000))),
        capture("c:0", sorted(later(behind, 200_000, (10, 12)))),
    ]
    made = traced(points, source=[CLIENT], destination=[GUEST])
    assert losses(made) == [[(30, 0), (30, 2)], [(30, 0), (30, 0)]]
    assert [gap["point"] for gap in made["gaps"] if gap["subset"] == "translated"] == ["b:0"]


@pytest.mark.parametrize("kind", ["udp", "icmp"])
def test_translated_twice(kind: str) -> None:
    points = [
        capture("a:0", conversation(kind, CLIENT, GUEST, 0)),
        capture("b:0", sorted(later(conversation(kind, ROUTER, GUEST, 5), 100_000))),
        capture("c:0", sorted(later(conversation(kind, ROUTER, INSIDE, 9), 200_000, (8,)))),
    ]
    made = traced(points, source=[CLIENT], destination=[GUEST])
    assert losses(made)[0] == [(30, 0), (30, 1)]
    assert [gap["point"] for gap in made["gaps"] if gap["subset"] == "translated"] == ["b:0", "c:0"]


def parts(kind: str, source: str, destination: str, shift: int, whole: bool = False, at: int = 0) -> list[bytes]:
    """A datagram or echo of 200 octets in three fragments, or WHOLE; SHIFT changes what NAT does."""
    data = random.Random(at).randbytes(200)
    content = udp(data, (40000 + shift, 53)) if kind == "udp" else echo(8, 77 + shift, at, data)
    number, identifier = {"udp": 17, "icmp": 1}[kind], 3000 + at
    if whole:
        return [ethernet(ipv4(content, source, destination, number, identifier))]
    pieces = [content[begin:begin + 80] for begin in range(0, len(content), 80)]
    return [
        ethernet(ipv4(piece, source, destination, number, identifier, place * 10 | (0x2000 if place < 2 else 0)))
        for place, piece in enumerate(pieces)
    ]


def sent(kind: str, source: str, shift: int, whole: bool = False, lost: tuple[int, ...] = ()) -> list[Seen]:
    """Ten such packets, and small answers; of the packets LOST only the last fragment is."""
    made = []
    for at in range(10):
        frames = parts(kind, source, GUEST, shift, whole, at)
        kept = frames[:-1] if at in lost else frames
        made += [(at * 10_000_000 + number, frame) for number, frame in enumerate(kept)]
    return made


@pytest.mark.parametrize("kind", ["udp", "icmp"])
@pytest.mark.parametrize("with_others", [False, True], ids=["alone", "beside-whole-ones"])
def test_fragments_are_followed_through_nat(kind: str, with_others: bool) -> None:
    near, far = sent(kind, CLIENT, 0), sent(kind, ROUTER, 900, lost=(4,))
    if with_others:
        near, far = near + conversation(kind, CLIENT, GUEST, 0), far + conversation(kind, ROUTER, GUEST, 900)
    made = traced([capture("a:0", sorted(near)), capture("b:0", sorted(later(far, 0)))], source=[CLIENT],
                  destination=[GUEST])
    there = made["ways"][0]["hops"][0]
    assert (there["sent"], there["lost"], there["appeared"]) == ((60, 1, 0) if with_others else (30, 1, 0))


@pytest.mark.parametrize("kind", ["udp", "icmp"])
@pytest.mark.parametrize("cut_behind", [True, False], ids=["cut", "joined"])
def test_what_is_cut_or_joined_at_the_translation_is_followed(kind: str, cut_behind: bool) -> None:
    near = sent(kind, CLIENT, 0, whole=cut_behind) + conversation(kind, CLIENT, GUEST, 0)
    far = sent(kind, ROUTER, 900, whole=not cut_behind) + conversation(kind, ROUTER, GUEST, 900)
    made = traced([capture("a:0", sorted(near)), capture("b:0", sorted(far))], source=[CLIENT], destination=[GUEST])
    assert (made["summary"]["lost"], made["ways"][0]["hops"][0]["appeared"]) == (0, 0)
    assert made["verdict"]["status"] in ("clean", "unanswered")


def test_fragments_are_followed_past_a_translation() -> None:
    made = traced(
        [
            capture("a:0", sorted(sent("udp", CLIENT, 0) + conversation("udp", CLIENT, GUEST, 0))),
            capture("b:0", sorted(later(sent("udp", ROUTER, 9) + conversation("udp", ROUTER, GUEST, 9), 0))),
            capture("c:0", sorted(later(sent("udp", ROUTER, 9, lost=(2,)) + conversation("udp", ROUTER, GUEST, 9), 0))),
        ],
        source=[CLIENT],
        destination=[GUEST],
    )
    assert losses(made) == [[(60, 0), (60, 1)], [(30, 0), (30, 0)]]


def error(source: str, target: str, port: int, at: int) -> tuple[int, bytes]:
    """A destination unreachable of SOURCE about a datagram of TARGET from a PORT."""
    inner = ipv4(udp(b"", (port, 53)), target, GUEST, 17, 100 + at)[:28]
    content = struct.pack("!BBHI", 3, 3, 0, 0) + inner
    return at * 10_000_000 + 6_000_000, ethernet(ipv4(content, source, target, 1, 4000 + at))


@pytest.mark.parametrize("lost", [(), (3,)])
def test_icmp_errors_are_followed_through_nat(lost: tuple[int, ...]) -> None:
    near = conversation("udp", CLIENT, GUEST, 0)
    far = conversation("udp", ROUTER, GUEST, 900)
    near += [error(GUEST, CLIENT, 40000, at) for at in range(10) if at not in lost]
    far += [error(GUEST, ROUTER, 40900, at) for at in range(10)]
    made = traced([capture("a:0", sorted(near)), capture("b:0", sorted(far))], source=[CLIENT], destination=[GUEST])
    back = made["ways"][1]["hops"][0]
    assert (back["sent"], back["lost"], back["appeared"]) == (40, len(lost), 0)


def test_errors_for_one_of_several_behind_one_address_are_not_followed_and_nobody_is_accused() -> None:
    neighbour = "192.0.2.22"
    near = conversation("udp", CLIENT, GUEST, 0) + [error(GUEST, CLIENT, 40000, at) for at in range(10)]
    near += conversation("tcp", neighbour, GUEST, 7)
    far = conversation("udp", ROUTER, GUEST, 900) + [error(GUEST, ROUTER, 40900, at) for at in range(10)]
    far += conversation("tcp", ROUTER, GUEST, 17)
    made = traced([capture("a:0", sorted(near)), capture("b:0", sorted(far))], source=[CLIENT, neighbour],
                  destination=[GUEST])
    assert made["summary"]["lost"] == 0
    (reason,) = [gap["reason"] for gap in made["gaps"] if "hold no ports" in gap["reason"]]
    assert reason == (
        "icmp 192.0.2.30 > 192.0.2.21, and 1 more flows: fragments or ICMP errors at a translation (NAT), which hold no"
        " ports; several conversations could be theirs, or nothing agrees, so they are not followed, and none of them"
        " counts as lost"
    )


def test_fragments_that_do_not_come_through_at_all_are_lost() -> None:
    near = sent("udp", CLIENT, 0) + conversation("udp", CLIENT, GUEST, 0)
    made = traced([capture("a:0", sorted(near)), capture("b:0", conversation("udp", ROUTER, GUEST, 900))],
                  source=[CLIENT], destination=[GUEST])
    assert made["summary"]["lost"] == 30 and not [gap for gap in made["gaps"] if "hold no ports" in gap["reason"]]


def test_errors_whose_identification_is_rewritten_are_not_lost() -> None:
    near = conversation("udp", CLIENT, GUEST, 0) + [error(GUEST, CLIENT, 40000, at + 50) for at in range(10)]
    far = conversation("udp", ROUTER, GUEST, 900) + [error(GUEST, ROUTER, 40900, at) for at in range(10)]
    made = traced([capture("a:0", sorted(near)), capture("b:0", sorted(far))], source=[CLIENT], destination=[GUEST])
    assert made["summary"]["lost"] == 0 and [gap for gap in made["gaps"] if "hold no ports" in gap["reason"]]


def other(kind: str, seed: int) -> list[Seen]:
    """A conversation of somebody else, by the same means."""
    chance = random.Random(seed)
    made = []
    for at in range(40):
        data, identifier = chance.randbytes(40), chance.randrange(1, 65536)
        segment, number = {
            "tcp": (tcp(data, chance.getrandbits(32), chance.getrandbits(32), ports=(40000, 80)), 6),
            "udp": (udp(data, (40000, 53)), 17),
            "icmp": (echo(8, 5, at, bytes(56)), 1),
        }[kind]
        made.append((at * 10_000_000, ethernet(ipv4(segment, f"192.0.2.{100 + seed}", GUEST, number, identifier))))
    return made


@pytest.mark.parametrize("kind", ["tcp", "udp", "icmp"])
def test_strangers_with_the_same_habits_are_never_taken_for_a_translation(kind: str) -> None:
    for seed in range(20):
        near, far = other(kind, 2 * seed), other(kind, 2 * seed + 1)
        made = traced(
            [capture("a:0", near), capture("b:0", far)], source=[f"192.0.2.{100 + 2 * seed}"], destination=[GUEST]
        )
        assert not [gap for gap in made["gaps"] if gap["subset"] == "translated"] and made["summary"]["lost"] == 40


def test_heartbeats_without_content_of_their_own_tell_nothing() -> None:
    beats = [
        [(at * NS // 10, ethernet(ipv4(udp(b"I am alive", (500, 500)), source, GUEST, 17))) for at in range(50)]
        for source in (CLIENT, ROUTER)
    ]
    made = traced([capture("a:0", beats[0]), capture("b:0", beats[1])], source=[CLIENT], destination=[GUEST])
    assert made["summary"]["lost"] == 50 and not [gap for gap in made["gaps"] if gap["subset"] == "translated"]


def test_two_packets_are_too_few() -> None:
    near, far = conversation("udp", CLIENT, GUEST, 0, 2), conversation("udp", ROUTER, GUEST, 3, 2)
    made = traced([capture("a:0", near), capture("b:0", far)], source=[CLIENT], destination=[GUEST])
    assert not [gap for gap in made["gaps"] if gap["subset"] == "translated"]


@given(st.binary(min_size=4, max_size=64), st.binary(min_size=2, max_size=2))
def test_a_checksum_without_the_identifier_of_an_echo(data: bytes, identifier: bytes) -> None:
    assert _without_number(zlib.crc32(data), len(data)) == _without_number(zlib.crc32(identifier + data[2:]), len(data))


@given(st.binary(min_size=4, max_size=64), st.integers(2, 3), st.integers(1, 255))
def test_the_number_of_an_echo_still_tells_them_apart(data: bytes, place: int, change: int) -> None:
    changed = bytearray(data)
    changed[place] ^= change
    assert _without_number(zlib.crc32(data), len(data)) != _without_number(zlib.crc32(bytes(changed)), len(data))


def over_ipv6(frame: bytes) -> bytes:
    """A frame as NAT64 passes it on: the addresses of IPv4 within 64:ff9b::/96, no identification (RFC 6052, 7915)."""
    ends = b"".join(bytes.fromhex("0064ff9b0000000000000000") + frame[at:at + 4] for at in (26, 30))
    head = struct.pack("!IHBB", 6 << 28, len(frame) - 34, frame[23], 64)
    return frame[:12] + b"\x86\xdd" + head + ends + frame[34:]


@pytest.mark.parametrize("kind", ["tcp", "udp"])
@pytest.mark.parametrize("order", [1, -1], ids=["to IPv6", "from IPv6"])
@pytest.mark.parametrize("lost", [(), (8, 21)])
def test_packets_are_followed_from_one_version_of_ip_to_the_other(kind: str, order: int, lost: tuple[int, ...]) -> None:
    seen = conversation(kind, CLIENT, GUEST, 0)
    behind = later(seen, 2_000_000)
    points = [seen, behind]
    other = max(order, 0)
    points[other] = [(moment, over_ipv6(frame)) for moment, frame in points[other]]
    points[1] = [one for at, one in enumerate(points[1]) if at not in lost[:1]]
    points[0] = [one for at, one in enumerate(points[0]) if at not in lost[1:]]
    made = traced([capture("a:0", points[0]), capture("b:0", points[1], 3 * NS)])
    assert losses(made) == [[(30, len(lost[:1]))], [(30, len(lost[1:]))]]
    assert [gap["subset"] for gap in made["gaps"]] == ["translated"] and made["clocks"][1]["offset"] == pytest.approx(3)


def test_other_packets_of_the_other_version_are_no_translation() -> None:
    seen = conversation("tcp", CLIENT, GUEST, 0)
    others = [(moment, over_ipv6(frame[:-1] + bytes((frame[-1] ^ 1,)))) for moment, frame in seen]
    made = traced([capture("a:0", seen), capture("b:0", others)], source=[CLIENT], destination=[GUEST])
    assert made["verdict"]["status"] == "loss" and not [gap for gap in made["gaps"] if gap["subset"] == "translated"]
