"""Sends ICMP redirects at a host, as a gateway does that sees a packet leave by the link it came in on. Runs as a
script on hosts.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import socket
import struct
import sys

REDIRECT, FOR_HOST = 5, 1  # RFC 792: type and code


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071) of an even number of octets."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def redirect(better: str, source: str, destination: str) -> bytes:
    """The message "reach DESTINATION by BETTER" about a packet that SOURCE sent it."""
    head = struct.pack(
        "!BBHHHBBH4s4s",
        0x45,
        0,
        28,
        0,
        0,
        64,
        socket.IPPROTO_ICMP,
        0,
        socket.inet_aton(source),
        socket.inet_aton(destination),
    )
    # An echo reply: of other protocols the kernel asks for the socket that sent the packet (net/ipv4/icmp.c, icmp_err).
    quoted = head + struct.pack("!BBHHH", 0, 0, 0, 1, 1)
    body = socket.inet_aton(better) + quoted
    return struct.pack("!BBH", REDIRECT, FOR_HOST, checksum(struct.pack("!BBH", REDIRECT, FOR_HOST, 0) + body)) + body


if __name__ == "__main__":
    gateway, host, vip, client = sys.argv[1:]
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as channel:
        channel.bind((gateway, 0))
        for _number in range(3):
            channel.sendto(redirect(client, vip, client), (host, 0))
