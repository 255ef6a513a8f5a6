"""Packets are followed into every tunnel that is opened, whichever ends are given: those inside, those of the tunnel,
or none.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import struct

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._correlation import correlated
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._document import document

from .capture_builders import CLIENT, GUEST, capture, ethernet, ipv4, talk, through, udp

NEAR, FAR = "198.51.100.1", "198.51.100.2"
LABEL = struct.pack("!I", 16 << 12 | 0x140)
# Tunnel -> protocol of IP, port of UDP or EtherType, and what it puts before a frame (True) or a packet.
TUNNELS = {
    "ipip": (4, b"", False),
    "gre": (47, b"\0\0\x08\0", False),
    "gre-keyed": (47, b"\xb0\0\x08\0" + bytes(4) + b"\0\0\0\x09" + bytes(4), False),
    "gre-frames": (47, b"\0\0\x65\x58", True),
    "erspan": (47, b"\x10\0\x88\xbe" + bytes(4) + b"\x10\0\0\1" + bytes(4), True),
    "mpls-in-gre": (47, b"\0\0\x88\x47" + LABEL, False),
    "vxlan": (4789, b"\x08\0\0\0\0\0\x05\0", True),
    "vxlan-group-policy": (4789, b"\x88\0\x01\x02\0\0\x05\0", True),
    "vxlan-gpe-frames": (4789, b"\x0c\0\0\x03\0\0\x05\0", True),
    "vxlan-gpe": (4790, b"\x0c\0\0\x01\0\0\x05\0", False),
    "frames-in-mpls": (0x8847, LABEL, True),
    "frames-in-mpls-controlled": (0x8847, LABEL + bytes(4), True),
    "geneve": (6081, b"\x02\0\x65\x58\0\0\x06\0" + bytes(8), True),
    "mpls-in-udp": (6635, LABEL, False),
    "mpls": (0x8847, LABEL, False),
    "pppoe": (0x8864, b"\x11\0\0\x11\0\0\0\x21", False),
}


def carried(kind: str, frame: bytes, number: int, outer: tuple[str, str]) -> bytes:
    """A frame as the tunnel carries it."""
    carrier, head, is_framed = TUNNELS[kind]
    inside = head + (frame if is_framed else frame[14:])
    if carrier > 8000:
        return ethernet(inside, ethertype=carrier)
    payload, protocol = (inside, carrier) if carrier < 256 else (udp(inside, (50000, carrier)), 17)
    return ethernet(ipv4(payload, *outer, protocol=protocol, identifier=number + 1))


@pytest.mark.parametrize("kind", sorted(TUNNELS))
@pytest.mark.parametrize("ends", ["none", "inner", "outer"])
def test_a_loss_on_the_way_into_a_tunnel_is_that_and_no_more(kind: str, ends: str) -> None:
    if ends == "outer" and TUNNELS[kind][0] > 8000:
        pytest.skip("no addresses outside")
    there, back = talk(20)
    forward, backward = through(there, [100_000], {7: 0}), through(back, [100_000])[::-1]
    inside = [(time, carried(kind, frame, at, (NEAR, FAR))) for at, (time, frame) in enumerate(forward[1])]
    inside += [(time, carried(kind, frame, at + 500, (FAR, NEAR))) for at, (time, frame) in enumerate(backward[1])]
    given = {"none": ([], []), "inner": ([CLIENT], [GUEST]), "outer": ([NEAR], [FAR])}[ends]
    made = document(
        correlated(
            [capture("a:0", sorted(forward[0] + backward[0])), capture("b:0", sorted(inside), 1_000_000)], (), *given
        ),
        {},
    )
    assert [(way["hops"][0]["sent"], way["hops"][0]["lost"]) for way in made["ways"]] == [(20, 1), (20, 0)]
    assert made["ways"][0]["links"][1]["pairs"][0]["tunnel"]


SEALED = {"ESP": (50, 0), "L2TPv3": (115, 0), "WireGuard": (17, 51820), "IPsec": (17, 4500), "GUE": (17, 6080)}


@pytest.mark.parametrize("name", SEALED)
@pytest.mark.parametrize("seen", [20, 5])
def test_what_may_be_in_a_tunnel_that_is_not_opened_is_not_called_lost(name: str, seen: int) -> None:
    """Too few packets of it, or packets beside those of the tunnel, do not hide a loss."""
    protocol, port = SEALED[name]
    there, _back = talk(20)
    inside = [
        (time, ethernet(ipv4(udp(bytes(40), (port, port)) if port else bytes(40), NEAR, FAR, protocol=protocol)))
        for time, _frame in there[:seen]
    ]
    status = {20: "cannot_tell", 5: "loss"}[seen]
    for more, expected in (([], status), (there[:10], "loss")):
        points = [capture("a:0", there), capture("b:0", sorted(inside + more))]
        verdict = document(correlated(points, (), [CLIENT], [GUEST]), {})["verdict"]
        assert verdict["status"] == expected, verdict
        assert (f"is not opened ({name}, such as" in verdict["sentence"]) == (expected == "cannot_tell")


@pytest.mark.parametrize(("flags", "following"), [(0x00, 0), (0x0C, 4), (0x0A, 0), (0x48, 0)])
def test_what_only_looks_like_vxlan_is_not_opened(flags: int, following: int) -> None:
    frame = ethernet(ipv4(udp(bytes(30)), CLIENT, GUEST, protocol=17))
    packet = udp(bytes((flags, 0, 0, following, 0, 0, 5, 0)) + frame, (50000, 4789))
    seen = [(0, ethernet(ipv4(packet, NEAR, FAR, protocol=17)))]
    made = document(correlated([capture(name, seen) for name in "ab"]), {})
    assert not made["ways"][0]["links"][0]["pairs"][0].get("tunnel")


def parts(frame: bytes, at: int = 496) -> list[bytes]:
    """An IPv4 frame as two fragments, the second of which begins AT octets of its payload."""
    head, payload = frame[:34], frame[34:]
    made = []
    for offset, piece, more in ((0, payload[:at], 0x2000), (at, payload[at:], 0)):
        lead = head[:16] + struct.pack("!H", 20 + len(piece)) + head[18:20] + struct.pack("!H", more | offset // 8)
        made.append(lead + head[22:] + piece)
    return made


@pytest.mark.parametrize("kind", ["vxlan", "gre", "ipip", "geneve"])
@pytest.mark.parametrize("everywhere", [False, True], ids=["behind", "everywhere"])
def test_packets_of_a_tunnel_that_is_cut_into_fragments_are_followed(kind: str, everywhere: bool) -> None:
    """A tunnel makes packets longer than the link takes: the first fragment tells what is inside."""
    there, _back = talk(20, size=600)
    inside = [(time, carried(kind, frame, at, (NEAR, FAR))) for at, (time, frame) in enumerate(there)]
    cut = [(time + 100_000, part) for time, frame in inside for part in parts(frame)]
    del cut[14:16]
    before = [(time - 100_000, part) for time, frame in inside for part in parts(frame)] if everywhere else there
    made = document(correlated([capture("a:0", before), capture("b:0", cut)], (), [CLIENT], [GUEST]), {})
    hop = made["ways"][0]["hops"][0]
    assert (hop["sent"], hop["lost"]) == (20, 1)
    assert made["ways"][0]["links"][1]["pairs"][0]["tunnel"]
