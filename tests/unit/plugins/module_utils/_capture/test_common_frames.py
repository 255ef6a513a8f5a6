"""Common frames taken apart in one look come out as by the long way, whatever is damaged, cut, tagged or tunnelled."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import struct
from unittest import mock

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._capture import _common_frames
from ansible_collections.netops.layer2.plugins.module_utils._capture._packet import CUT, ODD, of_frame
from ansible_collections.netops.layer2.plugins.module_utils._capture._records import Packer
from hypothesis import given, settings
from hypothesis import strategies as st

MACS = bytes.fromhex("020000000002020000000001")
STAMP = b"\x01\x01\x08\x0a" + bytes(range(8))
TAGS = [b"", b"\x81\x00\x20\x64", b"\x88\xa8\x00\x07", b"\x81\x00\x00\x07\x81\x00\x00\x08"]


def tcp(payload, options=b""):
    return struct.pack("!HHIIBBHHH", 40000, 22, 5, 6, (20 + len(options)) << 2, 24, 9, 0, 0) + options + payload


def udp(payload, port=53):
    return struct.pack("!HHHH", 40000, port, 8 + len(payload), 0) + payload


def ipv4(payload, protocol, identifier=7, fragment=0x4000, options=b"", total=None):
    lead = 0x45 + len(options) // 4
    length = 20 + len(options) + len(payload) if total is None else total
    return (
        struct.pack("!BBHHHBBH", lead, 0, length, identifier, fragment, 64, protocol, 0)
        + bytes([192, 0, 2, 1, 192, 0, 2, 2])
        + options
        + payload
    )


def ipv6(payload, protocol):
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + bytes(15) + b"\1" + bytes(15) + b"\2" + payload


@st.composite
def frames(draw):
    payload = draw(st.binary(max_size=90))
    segment, protocol = draw(
        st.sampled_from(
            [
                (tcp(payload), 6),
                (tcp(payload, STAMP), 6),
                (tcp(payload, b"\2\4\5\xb4"), 6),
                (udp(payload), 17),
                (udp(payload, 4789), 17),
                (udp(b"\x08\0\0\0\0\0\x05\0" + MACS + payload, 4789), 17),
                (payload, 1),
                (payload, 132),
            ]
        )
    )
    kind, packet = draw(
        st.sampled_from(
            [
                (0x0800, ipv4(segment, protocol)),
                (0x0800, ipv4(segment, protocol, fragment=0x2000)),
                (0x0800, ipv4(segment, protocol, options=bytes(4))),
                (0x0800, ipv4(segment, protocol, total=0)),
                (0x86DD, ipv6(segment, protocol)),
                (0x0806, segment),
            ]
        )
    )
    frame = bytearray(
        MACS + draw(st.sampled_from(TAGS)) + struct.pack("!H", kind) + packet + draw(st.sampled_from([b"", bytes(9)]))
    )
    for _number in range(draw(st.integers(0, 2))):
        frame[draw(st.integers(0, len(frame) - 1))] = draw(st.integers(0, 255))
    return bytes(frame[:draw(st.integers(0, len(frame)))] if draw(st.booleans()) else frame), len(frame)


@given(st.lists(st.tuples(frames(), st.booleans(), st.sampled_from(["", "100"])), max_size=12))
@settings(max_examples=300, deadline=None)
def test_one_look_and_the_long_way_agree(taken):
    quick, slow = Packer(), Packer()
    for at, ((frame, length), outgoing, vlan) in enumerate(taken):
        quick.add(at, frame, length, outgoing, vlan)
        with mock.patch.object(_common_frames, "of_frame", return_value=None):
            slow.add(at, frame, length, outgoing, vlan)
    assert (quick.columns, quick.flows(), quick.links(), len(quick), quick.octets) == (
        slow.columns,
        slow.flows(),
        slow.links(),
        len(slow),
        slow.octets,
    )


@pytest.mark.parametrize("count", [0, 1, 4095, 4096, 4097, 9000])
def test_columns_hold_all_packets_in_order(count):
    packer = Packer()
    for at in range(count):
        packet = MACS + b"\x08\0" + ipv4(udp(b"x"), 17, identifier=at)
        packer.add(at * 3, packet, len(packet))
        assert len(packer) == at + 1
    assert list(packer.columns["id"]) == list(range(count))
    assert sum(packer.columns["time"]) == max(0, count - 1) * 3


def test_flows_beyond_the_most_are_left_out_and_counted():
    packer = Packer(max_flows=1)
    for protocol, segment in ((17, udp(b"x")), (6, tcp(b"x")), (17, udp(b"y"))):
        packet = MACS + b"\x08\0" + ipv4(segment, protocol) + bytes(9)
        packer.add(0, packet, len(packet))
    assert (len(packer), packer.left_out) == (2, 1)


def test_headers_cut_are_told_from_headers_damaged():
    whole = MACS + b"\x08\0" + ipv4(tcp(b"x"), 6)
    assert of_frame(whole[:36], len(whole)).marks == ODD | CUT
    assert of_frame(whole[:14] + b"\x99" + whole[15:], len(whole)).marks == ODD


@pytest.mark.parametrize("kind", ["arp", "ipv4"])
def test_behind_llc_and_snap_is_what_is_behind_an_ethertype(kind):
    packet = ipv4(udp(b"question"), 17) if kind == "ipv4" else bytes.fromhex("0001080006040001") + bytes(20)
    ethertype = b"\x08\0" if kind == "ipv4" else b"\x08\x06"
    plain, snap = (
        MACS + ethertype + packet,
        MACS + struct.pack("!H", 8 + len(packet)) + b"\xaa\xaa\x03\0\0\0" + ethertype + packet,
    )
    assert of_frame(snap, len(snap)) == of_frame(plain, len(plain))
