"""One packet taken apart, and the records made of many: each protocol by hand, and any octets at all."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import struct
import zlib

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._capture._packet import (
    CUT,
    FRAGMENT,
    ODD,
    TUNNELLED,
    of_frame,
    of_packet,
)
from ansible_collections.netops.layer2.plugins.module_utils._capture._records import (
    CaptureError,
    Packer,
    document,
    flow_row,
    link_row,
    unpacked,
)
from hypothesis import given
from hypothesis import strategies as st

MACS = bytes.fromhex("5254000c1df5020000000021")
A, B = bytes([192, 0, 2, 21]), bytes([192, 0, 2, 30])
A6, B6 = bytes.fromhex("20010db8000000000000000000000021"), bytes.fromhex("20010db8000000000000000000000030")


def ip4(payload, protocol, identifier=7, fragment=0x4000, options=b"", total=None):
    header = struct.pack(
        "!BBHHHBBH",
        0x45 + len(options) // 4,
        0,
        total if total is not None else 20 + len(options) + len(payload),
        identifier,
        fragment,
        64,
        protocol,
        0,
    )
    return header + A + B + options + payload


def ip6(payload, following, length=None):
    return struct.pack("!IHBB", 6 << 28, len(payload) if length is None else length, following, 64) + A6 + B6 + payload


def segment(payload=b"", options=b""):
    return (
        struct.pack("!HHIIBBHHH", 40000, 22, 1000, 2000, (20 + len(options)) // 4 << 4, 24, 500, 0, 0)
        + options
        + payload
    )


def datagram(payload, port=53):
    return struct.pack("!HHHH", 5000, port, 8 + len(payload), 0) + payload


def frame(payload, ethertype=0x0800, tags=b""):
    return MACS + tags + struct.pack("!H", ethertype) + payload


STAMP = b"\x01\x01\x08\x0aABCDEFGH"
INNER = frame(ip4(segment(b"inside"), 6))
VXLAN = frame(ip4(datagram(b"\x08\0\0\0\0\0\x2a\0" + INNER, 4789), 17))
CASES = {
    "tcp": (
        frame(ip4(segment(b"x" * 100), 6)),
        "4 192.0.2.21 192.0.2.30 tcp 40000 22",
        (7, 1000, 2000, 24, 100, zlib.crc32(b"x" * 64), 0),
    ),
    "tcp, with a timestamp": (
        frame(ip4(segment(b"hello", STAMP), 6)),
        "4 192.0.2.21 192.0.2.30 tcp 40000 22",
        (7, 1000, 2000, 24, 5, zlib.crc32(b"ABCDEFGHhello"), 0),
    ),
    "padding is no payload": (
        frame(ip4(segment(), 6)) + bytes(20),
        "4 192.0.2.21 192.0.2.30 tcp 40000 22",
        (7, 1000, 2000, 24, 0, 0, 0),
    ),
    "BIG TCP has no length": (
        frame(ip4(segment(b"x" * 90), 6, total=0)),
        "4 192.0.2.21 192.0.2.30 tcp 40000 22",
        (7, 1000, 2000, 24, 90, zlib.crc32(b"x" * 64), 0),
    ),
    "udp with IP options": (
        frame(ip4(datagram(b"abc"), 17, options=bytes(8))),
        "4 192.0.2.21 192.0.2.30 udp 5000 53",
        (7, 0, 0, 0, 3, zlib.crc32(b"abc"), 0),
    ),
    "udp over IPv6": (
        frame(ip6(datagram(b"abc"), 17), 0x86DD),
        "6 2001:db8::21 2001:db8::30 udp 5000 53",
        (0, 0, 0, 0, 3, zlib.crc32(b"abc"), 0),
    ),
    "IPv6 with extension headers": (
        frame(ip6(b"\x3c" + bytes(7) + b"\x11" + bytes(7) + datagram(b"abc"), 0), 0x86DD),
        "6 2001:db8::21 2001:db8::30 udp 5000 53",
        (0, 0, 0, 0, 3, zlib.crc32(b"abc"), 0),
    ),
    "IPv6 fragment": (
        frame(ip6(struct.pack("!BBHI", 17, 0, 1448, 0x12345678) + b"rest", 44), 0x86DD),
        "6 2001:db8::21 2001:db8::30 udp 0 0",
        (0x5678, 1448, 0, 0, 4, zlib.crc32(b"rest"), FRAGMENT),
    ),
    "IPv4 fragment": (
        frame(ip4(b"rest", 17, fragment=0x2005)),
        "4 192.0.2.21 192.0.2.30 udp 0 0",
        (7, 40, 0, 0, 4, zlib.crc32(b"rest"), FRAGMENT),
    ),
    "ping": (
        frame(ip4(b"\x08\0\x12\x34\0\1\0\2data", 1)),
        "4 192.0.2.21 192.0.2.30 icmp 8 0",
        (7, 0, 0, 0, 8, zlib.crc32(b"\0\1\0\2data"), 0),
    ),
    "another protocol": (
        frame(ip4(b"data", 89)),
        "4 192.0.2.21 192.0.2.30 89 0 0",
        (7, 0, 0, 0, 4, zlib.crc32(b"data"), 0),
    ),
    "ARP": (
        frame(b"\0\1\x08\0\6\4\0\1" + MACS[6:] + A + bytes(6) + B + bytes(18), 0x0806),
        "- 192.0.2.21 192.0.2.30 arp 1 0",
        (0, 0, 0, 0, 28, zlib.crc32(b"\0\1\x08\0\6\4\0\1" + MACS[6:] + A + bytes(6) + B), 0),
    ),
    "LLDP": (frame(b"lldp", 0x88CC), "- - - eth-88cc 0 0", (0, 0, 0, 0, 4, zlib.crc32(b"lldp"), 0)),
    "spanning tree": (frame(b"stp", 3), "- - - eth-llc 0 0", (0, 0, 0, 0, 3, zlib.crc32(b"stp"), 0)),
    "VXLAN": (VXLAN, "4 192.0.2.21 192.0.2.30 tcp 40000 22", (7, 1000, 2000, 24, 6, zlib.crc32(b"inside"), TUNNELLED)),
    "UDP to VXLAN's port that is none": (
        frame(ip4(datagram(b"\1" * 40, 4789), 17)),
        "4 192.0.2.21 192.0.2.30 udp 5000 4789",
        (7, 0, 0, 0, 40, zlib.crc32(b"\1" * 40), 0),
    ),
    "a payload cut short": (
        frame(ip4(segment(b"x" * 10), 6, total=140)),
        "4 192.0.2.21 192.0.2.30 tcp 40000 22",
        (7, 1000, 2000, 24, 100, zlib.crc32(b"x" * 10), CUT),
    ),
    "a header cut short": (frame(ip4(segment()[:15], 6)), "- - - eth-0800 0 0", (0, 0, 0, 0, 49, 0, ODD)),
    "a header length that lies": (
        frame(b"\x41" + ip4(segment(), 6)[1:]),
        "- - - eth-0800 0 0",
        (0, 0, 0, 0, 54, 0, ODD),
    ),
    "no frame at all": (b"\1\2\3", "- - - eth-llc 0 0", (0, 0, 0, 0, 3, 0, ODD)),
}


@pytest.mark.parametrize("name", CASES)
def test_what_identifies_a_packet(name):
    octets, flow, numbers = CASES[name]
    made = of_frame(octets, len(octets))
    assert (flow_row(made.flow), tuple(made)[2:]) == (flow, numbers)


@pytest.mark.parametrize(
    ("octets", "given", "expected"),
    [
        (frame(ip4(segment(), 6)), "", "02:00:00:00:00:21 52:54:00:0c:1d:f5 - - - - - -"),
        (frame(ip4(segment(), 6)), "7", "02:00:00:00:00:21 52:54:00:0c:1d:f5 7 - - - - -"),
        (frame(ip4(segment(), 6), tags=b"\x81\0\x20\x64"), "", "02:00:00:00:00:21 52:54:00:0c:1d:f5 100 - - - - -"),
        (
            frame(ip4(segment(), 6), tags=b"\x88\xa8\0\x64\x81\0\0\7"),
            "",
            "02:00:00:00:00:21 52:54:00:0c:1d:f5 100.7 - - - - -",
        ),
        (
            VXLAN,
            "",
            "02:00:00:00:00:21 52:54:00:0c:1d:f5 - vxlan:42 02:00:00:00:00:21 52:54:00:0c:1d:f5 192.0.2.21 192.0.2.30",
        ),
    ],
)
def test_how_it_was_carried(octets, given, expected):
    assert link_row(of_frame(octets, len(octets), given).link) == expected


def test_tags_and_tunnels_change_nothing_of_what_identifies_it():
    plain = of_frame(INNER, len(INNER))
    tagged = of_frame(frame(INNER[14:], tags=b"\x81\0\0\5"), len(INNER) + 4)
    tunnelled = of_frame(VXLAN, len(VXLAN))
    assert plain.flow == tagged.flow == tunnelled.flow
    assert tuple(plain)[2:-1] == tuple(tagged)[2:-1] == tuple(tunnelled)[2:-1]


@given(st.binary(max_size=200), st.integers(0, 70000))
def test_any_octets_are_a_packet(octets, length):
    for made in (
        of_frame(octets, max(length, len(octets))),
        of_packet(octets, 0, 0x0800, b"", length),
        of_packet(octets, 0, 0x86DD, b"", length),
    ):
        assert (
            0 <= made.payload < 1 << 32
            and 0 <= made.check < 1 << 32
            and 0 <= made.id < 1 << 16
            and 0 <= made.marks < 32
        )
        assert len(flow_row(made.flow).split(" ")) == 6 and len(link_row(made.link).split(" ")) == 8


@given(st.sampled_from(sorted(CASES)), st.data())
def test_any_damage_is_survived(name, data):
    octets = bytearray(CASES[name][0])
    for _number in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    del octets[data.draw(st.integers(0, len(octets))):]
    packer = Packer()
    packer.add(1, bytes(octets), len(octets))
    assert len(packer) == 1


@given(st.lists(st.tuples(st.integers(-10**18, 2 * 10**18), st.sampled_from(sorted(CASES)), st.booleans())))
def test_what_is_packed_comes_out_again(seen):
    packer = Packer()
    for time, name, outgoing in seen:
        packer.add(time, CASES[name][0], len(CASES[name][0]), outgoing)
    made = unpacked(json.loads(json.dumps(document(packer, host="a"))))
    assert list(made.columns["time"]) == [time for time, _name, _outgoing in seen]
    assert [made.flows[at] for at in made.columns["flow"]] == [CASES[name][1] for _time, name, _outgoing in seen]
    for at, name in enumerate(("id", "sequence", "acknowledgement", "flags", "payload", "check")):
        assert list(made.columns[name]) == [CASES[case][2][at] for _time, case, _outgoing in seen]
    assert [bool(mark & 1) for mark in made.columns["marks"]] == [outgoing for _time, _name, outgoing in seen]


def test_too_many_flows_are_left_out_and_counted():
    packer = Packer(max_flows=3)
    for at in range(5):
        octets = frame(ip4(datagram(b"x", 100 + at), 17))
        packer.add(at, octets, len(octets))
    made = document(packer, host="a")
    assert made["packets"] == 3
    assert "2 packets belong to flows beyond the first" in made["gaps"][0]["reason"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"packets": -1}, "packets: -1 is no number from 0"),
        ({"packets": 10**12}, "packets: 1000000000000 is no number"),
        ({"packets": 2}, r"records.time: 8 octets where 2 packets need 16"),
        ({"flows": {"columns": None, "rows": []}}, "flows: no table with the columns version"),
        (
            {
                "flows": {
                    "columns": ["version", "source", "destination", "protocol", "source_port", "destination_port"],
                    "rows": [],
                }
            },
            "points to row 0 of flows, which has 0",
        ),
        ({"records": None}, "records: no object with columns"),
        ({"records": {"encoding": "xz", "columns": {}}}, "records.encoding: 'xz' is unknown"),
        ({"records": {"encoding": "zlib+base64", "columns": {}}}, "records.time: is missing"),
        (
            {"records": {"encoding": "zlib+base64", "columns": {"time": "###"}}},
            "records.time: .*; the document is damaged, fetch it again",
        ),
        (
            {"records": {"encoding": "zlib+base64", "columns": {"time": "AAAA"}}},
            "records.time: .*while decompressing data",
        ),
    ],
)
def test_a_damaged_document_is_refused_in_words(change, problem):
    packer = Packer()
    packer.add(1, INNER, len(INNER))
    with pytest.raises(CaptureError, match=problem):
        unpacked({**document(packer, host="a"), **change})
