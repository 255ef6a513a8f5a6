"""Real captures of tcpdump, spoiled as reality spoils them: a clock that steps, NAT, mirrors, cut headers, nothing in
common. No verdict may be wrong.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._run import correlate
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._text import render as as_text

from .capture_builders import CLIENT, GUEST, NS, capture, ethernet, ipv4, tcp

GOLDEN = Path(__file__).parent / "golden"
CLIENT_FILE, SWITCH_FILE, GUEST_FILE = (GOLDEN / f"lossy-{name}.pcap" for name in ("client", "switch", "guest"))
NANOSECONDS = b"\x4d\x3c\xb2\xa1"

Packet = tuple[int, bytes, int]     # ns since 1970, octets kept, octets on the wire


def packets(path: Path) -> list[Packet]:
    """What is in a little-endian pcap file of Ethernet frames."""
    data, at, found = path.read_bytes(), 24, []
    unit = 1 if data[:4] == NANOSECONDS else 1000
    while at < len(data):
        seconds, part, kept, length = struct.unpack_from("<4I", data, at)
        found.append((seconds * NS + part * unit, data[at + 16:at + 16 + kept], length))
        at += 16 + kept
    return found


def written(path: Path, made: list[Packet]) -> str:
    """A pcap file with nanoseconds; its name."""
    head = NANOSECONDS + struct.pack("<HHiIII", 2, 4, 0, 0, 262144, 1)
    path.write_bytes(
        head
        + b"".join(struct.pack("<4I", time // NS, time % NS, len(data), length) + data for time, data, length in made)
    )
    return str(path)


@pytest.fixture
def spoiled(tmp_path: Path) -> Callable[..., str]:
    """A function that writes a real capture anew, each packet changed by a function of its number and itself."""

    def make(path: Path, change: Callable[[int, Packet], list[Packet]], name: str = "spoiled") -> str:
        return written(
            tmp_path / f"{name}.pcap",
            [made for number, packet in enumerate(packets(path)) for made in change(number, packet)],
        )

    return make


def lost(trace: dict[str, Any]) -> list[list[int]]:
    """Of both ways, what every hop lost."""
    return [[hop["lost"] for hop in way["hops"]] for way in trace["ways"]]


@pytest.mark.parametrize("seconds", [3600.0, 2.0, 0.05, -0.05, -2.0])
@pytest.mark.parametrize("which", [SWITCH_FILE, GUEST_FILE], ids=["switch", "guest"])
def test_a_clock_that_steps_in_the_midst_of_a_real_capture(
    spoiled: Callable[..., str], which: Path, seconds: float
) -> None:
    # A namespace has no wall clock of its own, so the time stamps of what tcpdump wrote are moved from the middle on.
    middle, by = len(packets(which)) // 2, round(seconds * NS)
    stepped = spoiled(which, lambda number, packet: [(packet[0] + by * (number >= middle), *packet[1:])])
    trace = correlate([stepped if path == which else str(path) for path in (CLIENT_FILE, SWITCH_FILE, GUEST_FILE)])
    assert lost(trace) == [[0, 8], [0, 0]] and trace["verdict"]["status"] == "loss"
    (clock,) = [clock for clock in trace["clocks"] if clock["host"] == "spoiled"]
    (step,) = clock["steps"]
    assert step["by"] == pytest.approx(seconds, abs=0.001)
    assert step["at"] == pytest.approx((packets(which)[middle][0] - packets(CLIENT_FILE)[0][0]) / NS, abs=0.6)
    # nothing is late for it
    assert all(hop["delay"]["maximum"] < 0.01 for way in trace["ways"] for hop in way["hops"])


def test_captures_of_different_times_are_not_clean(spoiled: Callable[..., str]) -> None:
    later = spoiled(GUEST_FILE, lambda _number, packet: [(packet[0] + 3600 * NS, *packet[1:])])
    other = str(GOLDEN / "bulk-guest.pcap")
    for files in ([str(CLIENT_FILE), other], [other, str(CLIENT_FILE)]):
        verdict = correlate(files)["verdict"]
        assert (
            verdict["status"] == "cannot_tell"
            and "did not listen at the same time: capture at all points at once" in verdict["sentence"]
        )
    # By its packets even an hour's difference is nothing but a clock.
    assert lost(correlate([str(CLIENT_FILE), later])) == [[8], [0]]


def test_a_file_without_packets_is_not_clean(tmp_path: Path) -> None:
    empty = written(tmp_path / "empty.pcap", [])
    verdict = correlate([str(CLIENT_FILE), empty])["verdict"]
    assert (verdict["status"], verdict["sentence"]) == (
        "cannot_tell",
        (
            "No packet can be followed. empty has no packets at all, so nobody knows whether it listened: capture there"
            " anew."
        ),
    )


def test_packets_that_the_first_point_never_saw_are_not_clean() -> None:
    strangers = [(at * NS, ethernet(ipv4(tcp(), "198.51.100.1", "198.51.100.2", identifier=at + 1))) for at in range(5)]
    talk = [(at * NS, ethernet(ipv4(tcp(b"x", sequence=at + 1), identifier=at + 1))) for at in range(5)]
    from ansible_collections.netops.layer2.plugins.plugin_utils._trace._correlation import correlated
    from ansible_collections.netops.layer2.plugins.plugin_utils._trace._words import judged

    verdict = judged(
        correlated([capture("a:0", strangers), capture("b:0", talk)], source=[CLIENT], destination=[GUEST]), {}
    )
    assert (
        verdict.status == "cannot_tell"
        and f"b:0 saw packets for {GUEST}, but a:0 listened and saw none of them" in verdict.sentence
    )


def test_a_point_that_the_packets_pass_by_is_named() -> None:
    trace = correlate([str(CLIENT_FILE), str(GOLDEN / "vxlan-switch.pcap"), str(GUEST_FILE)])
    assert "arrive, though not every point saw them" in trace["verdict"]["sentence"]
    assert [gap["reason"] for gap in trace["gaps"] if gap.get("point") == "vxlan-switch"][:1] == [
        "saw none of 34 packets that were seen before and behind it"
    ]


def translated(number: int, packet: Packet) -> list[Packet]:
    """The client's address as a translator would write it."""
    time, frame, length = packet
    if frame[12:14] == b"\x08\x00":
        own, other = (bytes(map(int, text.split("."))) for text in (CLIENT, "203.0.113.7"))
        frame = frame[:26] + frame[26:34].replace(own, other) + frame[34:]
    return [(time, frame, length)]


@pytest.mark.parametrize("given", [{}, {"source": [CLIENT], "destination": [GUEST]}], ids=["inferred", "given"])
def test_translated_addresses_are_no_loss(spoiled: Callable[..., str], given: dict[str, Any]) -> None:
    files = [str(CLIENT_FILE), str(SWITCH_FILE)]
    plain, trace = (
        correlate([*files, str(GUEST_FILE)], **given),
        correlate([*files, spoiled(GUEST_FILE, translated)], **given),
    )
    counted = [[(hop["sent"], hop["lost"]) for way in made["ways"] for hop in way["hops"]] for made in (plain, trace)]
    assert counted[0] == counted[1] and trace["verdict"]["status"] == plain["verdict"]["status"]
    (said,) = [gap["reason"] for gap in trace["gaps"] if gap["subset"] == "translated"]
    assert said.startswith("translated here (NAT)") and "203.0.113.7" in said


def test_a_mirror_that_shows_everything_twice_loses_nothing_more(spoiled: Callable[..., str]) -> None:
    twice = spoiled(GUEST_FILE, lambda _number, packet: [packet, (packet[0] + 3000, *packet[1:])])
    trace = correlate([str(CLIENT_FILE), str(SWITCH_FILE), twice])
    # SYN and ACK have the identification 0, so two of these could be two: that is all that is open.
    assert lost(trace)[0] == [0, 8] and lost(trace)[1][0] <= 2
    assert "19 % (8 of 42)" in trace["verdict"]["sentence"]


@pytest.mark.parametrize("kept", [14, 34])
def test_cut_headers_are_no_loss(spoiled: Callable[..., str], kept: int) -> None:
    trace = correlate(
        [str(CLIENT_FILE), spoiled(GUEST_FILE, lambda _number, packet: [(packet[0], packet[1][:kept], packet[2])])]
    )
    assert trace["verdict"]["status"] == "cannot_tell"
    assert (
        "packets within their headers (snap length): trace again with snap_length 320" in trace["verdict"]["sentence"]
    )
    assert "snap_length" in as_text(trace)


def test_one_file_given_twice_is_answered_within_itself() -> None:
    both = [{"path": str(CLIENT_FILE), "host": name, "point": name} for name in ("one", "two")]
    assert correlate(both)["verdict"]["status"] == "clean"
