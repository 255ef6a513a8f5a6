"""Builds captures for tests: frames as octets, points that packets pass with delays and losses, and documents of them.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random
import struct
from dataclasses import replace

from ansible_collections.netops.layer2.plugins.module_utils._capture._records import Packer, document
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import Capture, opened

NS = 1_000_000_000
T0 = 1_700_000_000 * NS
CLIENT, GUEST = "192.0.2.21", "192.0.2.30"
CLIENT_MAC, GUEST_MAC = "020000000021", "5254000c1df5"


def ethernet(
    payload: bytes, source: str = CLIENT_MAC, destination: str = GUEST_MAC, ethertype: int = 0x0800, tags: bytes = b""
) -> bytes:
    """An Ethernet frame."""
    return bytes.fromhex(destination + source) + tags + struct.pack("!H", ethertype) + payload


def ipv4(
    payload: bytes,
    source: str = CLIENT,
    destination: str = GUEST,
    protocol: int = 6,
    identifier: int = 0,
    fragment: int = 0x4000,
) -> bytes:
    """An IPv4 packet."""
    ends = b"".join(bytes(map(int, address.split("."))) for address in (source, destination))
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), identifier, fragment, 64, protocol, 0) + ends + payload


def tcp(
    payload: bytes = b"",
    sequence: int = 1,
    acknowledgement: int = 1,
    flags: int = 24,
    ports: tuple[int, int] = (40000, 22),
    stamp: bytes | None = None,
) -> bytes:
    """A TCP segment, with the timestamp option as all stacks write it if STAMP (8 octets) is given."""
    options = b"" if stamp is None else b"\x01\x01\x08\x0a" + stamp
    return (
        struct.pack("!HHIIBBHHH", *ports, sequence, acknowledgement, (20 + len(options)) // 4 << 4, flags, 500, 0, 0)
        + options
        + payload
    )


def udp(payload: bytes, ports: tuple[int, int] = (5000, 53)) -> bytes:
    """A UDP datagram."""
    return struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload


Seen = tuple[int, bytes]    # (ns since the begin, frame)


def capture(
    point: str, seen: list[Seen], shift: int = 0, outgoing: bool = False, seconds: float = 60.0, **about: object
) -> Capture:
    """What a point saw, by a clock that is SHIFT ns ahead; it listened from a second before until SECONDS after the
    begin.
    """
    packer = Packer()
    for moment, frame in seen:
        packer.add(T0 + moment + shift, frame, len(frame), outgoing)
    begin = (T0 + shift) / NS - 1
    made = document(
        packer,
        host=point.partition(":")[0],
        point=point,
        interface="eth0",
        collected_at=begin,
        duration=seconds + 1,
        dropped=0,
        **about,
    )
    return opened(made, point)


def through(
    frames: list[Seen], delays: list[int], lost: dict[int, int] | None = None, seed: int = 1
) -> list[list[Seen]]:
    """What each of len(DELAYS) + 1 points saw of FRAMES: every hop takes its delay and up to as much again; LOST is
    frame -> hop that loses it.
    """
    chance = random.Random(seed)
    points: list[list[Seen]] = [[] for _point in range(len(delays) + 1)]
    for number, (moment, frame) in enumerate(frames):
        points[0].append((moment, frame))
        for hop, delay in enumerate(delays):
            if (lost or {}).get(number) == hop:
                break
            moment += delay + chance.randrange(delay)
            points[hop + 1].append((moment, frame))
    return points


def talk(count: int, every: int = 10_000_000, size: int = 100) -> tuple[list[Seen], list[Seen]]:
    """COUNT requests of the client and as many answers of the guest."""
    there = [
        (at * every, ethernet(ipv4(tcp(bytes([at % 256]) * size, 1 + at * size), identifier=at))) for at in range(count)
    ]
    back = [
        (
            at * every + every // 2,
            ethernet(
                ipv4(tcp(b"", 1, 1 + at * size, 16, (22, 40000)), GUEST, CLIENT, identifier=at), GUEST_MAC, CLIENT_MAC
            ),
        )
        for at in range(count)
    ]
    return there, back


def conversation(
    count: int,
    delays: list[int],
    shifts: list[int],
    lost_there: dict[int, int] | None = None,
    lost_back: dict[int, int] | None = None,
    step: tuple[int, int, int] | None = None,
) -> list[Capture]:
    """Captures of a conversation, point 0 being the client's. STEP: (point, at ns, by ns), a clock that jumps."""
    there, back = talk(count)
    forward, backward = through(there, delays, lost_there), through(back, delays[::-1], lost_back, 2)[::-1]
    made = []
    for number, shift in enumerate(shifts):
        seen = sorted(forward[number] + backward[number])
        if step is not None and step[0] == number:
            seen = [(moment + (step[2] if moment >= step[1] else 0), frame) for moment, frame in seen]
        made.append(capture(f"h{number}:eth0", seen, shift))
    return made


def renamed(made: Capture, point: str) -> Capture:
    """The same capture under another name."""
    return replace(made, point=point)
