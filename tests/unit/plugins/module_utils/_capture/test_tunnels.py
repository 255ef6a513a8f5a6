"""What is inside of tunnels is found, whatever carries it; what only looks like a tunnel is left alone."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import struct

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._capture._packet import ODD, TUNNELLED, of_frame
from ansible_collections.netops.layer2.plugins.module_utils._capture._records import link_row

MACS = bytes.fromhex("020000000002 020000000001")
INNER_MACS = bytes.fromhex("0200000000f2 0200000000f1")
ENDS = bytes([192, 0, 2, 1, 192, 0, 2, 2])


def ipv4(payload, protocol, ends=ENDS):
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 7, 0x4000, 64, protocol, 0) + ends + payload


def udp(port, payload):
    return struct.pack("!HHHH", 50000, port, 8 + len(payload), 0) + payload


PLAIN = ipv4(udp(53, b"question"), 17, bytes([10, 0, 0, 1, 10, 0, 0, 2]))
PLAIN6 = struct.pack("!IHBB", 6 << 28, 16, 17, 64) + bytes(15) + b"\1" + bytes(15) + b"\2" + udp(53, b"question")
FRAME = INNER_MACS + b"\x08\0" + PLAIN


def frame(payload, ethertype=0x0800):
    return MACS + struct.pack("!H", ethertype) + payload


CARRIED = {
    "ipip": frame(ipv4(PLAIN, 4)),
    "gre": frame(ipv4(b"\0\0\x08\0" + PLAIN, 47)),
    "gre:9": frame(ipv4(b"\xb0\0\x08\0" + bytes(4) + b"\0\0\0\x09" + bytes(4) + PLAIN, 47)),
    "gre:8": frame(ipv4(b"\x20\0\x65\x58\0\0\0\x08" + FRAME, 47)),
    "erspan": frame(ipv4(b"\x10\0\x88\xbe" + bytes(4) + b"\x10\0\0\1" + bytes(4) + FRAME, 47)),
    "vxlan:5": frame(ipv4(udp(4789, b"\x08\0\0\0\0\0\x05\0" + FRAME), 17)),
    "geneve:6": frame(ipv4(udp(6081, b"\0\0\x65\x58\0\0\x06\0" + FRAME), 17)),
    "geneve:7": frame(ipv4(udp(6081, b"\x02\0\x08\0\0\0\x07\0" + bytes(8) + PLAIN), 17)),
    "pppoe:17": frame(b"\x11\0\0\x11" + struct.pack("!H", 2 + len(PLAIN)) + b"\0\x21" + PLAIN, 0x8864),
    "mpls:16": frame(struct.pack("!I", 16 << 12 | 0x140) + PLAIN, 0x8847),
    "mpls:16.17": frame(struct.pack("!II", 16 << 12 | 64, 17 << 12 | 0x140) + bytes(4) + FRAME, 0x8847),
    "gre/mpls:16": frame(ipv4(b"\0\0\x88\x47" + struct.pack("!I", 16 << 12 | 0x140) + PLAIN, 47)),
    "gre:5/mpls:16.17": frame(
        ipv4(b"\x20\0\x88\x47\0\0\0\x05" + struct.pack("!II", 16 << 12 | 64, 17 << 12 | 0x140) + PLAIN, 47)
    ),
    "udp/mpls:16": frame(ipv4(udp(6635, struct.pack("!I", 16 << 12 | 0x140) + PLAIN), 17)),
    "gre/ipip": frame(ipv4(b"\0\0\x08\0" + ipv4(PLAIN, 4), 47)),
}


@pytest.mark.parametrize("name", sorted(CARRIED))
def test_the_packet_inside_is_the_one_without_a_tunnel(name):
    plain, carried = of_frame(frame(PLAIN), 0), of_frame(CARRIED[name], len(CARRIED[name]))
    assert (carried.flow, carried.id, carried.payload, carried.check) == (
        plain.flow,
        plain.id,
        plain.payload,
        plain.check,
    )
    assert carried.marks == plain.marks | TUNNELLED
    assert link_row(carried.link).split(" ")[3] == name
    bare = name.startswith(("pppoe", "mpls"))
    assert link_row(carried.link).split(" ")[6:] == (["-", "-"] if bare else ["192.0.2.1", "192.0.2.2"])


@pytest.mark.parametrize(
    "octets",
    [
        frame(ipv4(b"\0\0\x88\xbe" + FRAME, 47)),  # ERSPAN of type I
        frame(ipv4(b"\x10\0\x22\xeb" + bytes(4) + b"\x20\0\0\1" + bytes(8) + FRAME, 47)),  # of type III
        frame(
            ipv4(b"\x10\0\x22\xeb" + bytes(4) + b"\x20\0\0\1" + bytes(7) + b"\1" + bytes(8) + FRAME, 47)
        ),  # with its platform's part
    ],
)
def test_mirrored_frames_of_other_types(octets):
    plain, carried = of_frame(frame(PLAIN), 0), of_frame(octets, len(octets))
    assert (carried.flow, carried.id, carried.check, carried.link.tunnel.name) == (
        plain.flow,
        plain.id,
        plain.check,
        "erspan",
    )


def test_udp_to_the_port_of_mpls_that_carries_none_stays_udp():
    octets = frame(ipv4(udp(6635, b"\x99" * 30), 17))
    made = of_frame(octets, len(octets))
    assert made.link.tunnel is None and made.flow.destination_port == 6635


def test_ipv6_inside_of_ipv4():
    plain, carried = of_frame(frame(PLAIN6, 0x86DD), 0), of_frame(frame(ipv4(PLAIN6, 41)), 200)
    assert (carried.flow, carried.check, carried.link.tunnel.name) == (plain.flow, plain.check, "ip6ip")


@pytest.mark.parametrize("octets", [
    frame(ipv4(b"\0\0\x08\0" + b"\x99" + PLAIN[1:], 47)),               # no IPv4 inside
    frame(ipv4(b"\0\1\x88\x0b" + PLAIN, 47)),                           # PPTP
    frame(ipv4(udp(4789, b"\x09\0\0\0\0\0\x05\0" + FRAME), 17)),        # no VXLAN
    frame(ipv4(udp(6081, b"\x40\0\x65\x58\0\0\x06\0" + FRAME), 17)),    # no Geneve of version 0
    frame(b"\x11\0\0\x11\0\x08\xc0\x21\1\1\0\4", 0x8864),               # LCP
    frame(struct.pack("!I", 16 << 12 | 0x140) + b"\x99" * 30, 0x8847),  # neither IP nor a control word
    frame(struct.pack("!I", 16 << 12), 0x8847),                         # labels without an end
])
def test_what_is_no_tunnel_stays_what_it_is(octets):
    made = of_frame(octets, len(octets))
    assert made.link.tunnel is None and not made.marks & (TUNNELLED | ODD)


@pytest.mark.parametrize("name", sorted(CARRIED))
def test_a_tunnel_cut_anywhere_is_no_error(name):
    whole = CARRIED[name]
    for length in range(len(whole)):
        of_frame(whole[:length], len(whole))


def test_tunnels_in_tunnels_end():
    packet = PLAIN
    for _level in range(20):
        packet = ipv4(packet, 4)
    made = of_frame(frame(packet), len(packet) + 14)
    assert made.link.tunnel.name == "ipip/ipip/ipip/ipip"
