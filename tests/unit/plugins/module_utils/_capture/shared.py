"""What several tests of this folder share: programs run by the kernel, a ring's blocks as the kernel writes them,
frames, interfaces.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import ctypes
import socket
import struct

from ansible_collections.netops.layer2.plugins.module_utils._capture import _bpf
from ansible_collections.netops.layer2.plugins.module_utils._capture._ring import Block

SNAP = 84  # of the rings here

NIC, OTHER_NIC, GUEST, SHUT_OFF, PEER = (
    "00:1b:21:00:00:01", "00:1b:21:00:00:02", "52:54:00:00:00:01", "52:54:00:00:00:02", "52:54:00:00:00:99")


def ether(name, mac, **more):
    return dict({"name": name, "mac": mac, "link_type": "ether", "up": True}, **more)


def kept(program, frame):
    """How many octets of FRAME the kernel lets through PROGRAM."""
    return kept_of_each(program, [frame])[0]


def kept_of_each(program, frames):
    sender, receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with sender, receiver:
        instructions = ctypes.create_string_buffer(_bpf.encoded(program))
        receiver.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HP", len(program), ctypes.addressof(instructions)))
        found = []
        for frame in frames:
            sender.send(frame)
            try:
                found.append(len(receiver.recv(4096, socket.MSG_DONTWAIT)))
            except BlockingIOError:
                found.append(0)
        return found


def record(frame, length=None, vnet=True, tag=0, status=0, kind=3, gso=(0, 0)):
    """One record as tpacket_rcv() writes it: header, sockaddr_ll, virtio_net_hdr, the frame cut to the snap length."""
    network = 96 + 10 * vnet
    kept = frame[:SNAP]
    size = (network - 14 + len(kept) + 15) // 16 * 16
    header = struct.pack(
        "=IIIIIIHHIIHH8x",
        size,
        1700000000,
        123456789,
        len(kept),
        len(frame) if length is None else length,
        status,
        network - 14,
        network,
        0,
        tag,
        0x8100 if tag else 0,
        0,
    )
    address = struct.pack("=HHiHBB8x", 17, 8, 2, 1, kind, 6)
    before = header + address
    virtio = struct.pack("=BBHHHH", 0, gso[0], 0, gso[1], 0, 0) if vnet else b""
    return (before.ljust(network - 14 - len(virtio), b"\0") + virtio + kept).ljust(size, b"\0")


def block(records, begin=64):
    body = b"".join(records)
    head = struct.pack("=IIIIIIQIIII", 2, 0, 1, len(records), 48, 48 + len(body), 1, 0, 0, 0, 0)
    data = b"\0" * begin + head + body + b"\0" * 64
    return Block(data, memoryview(data).cast("I"), begin)


def frame(size, number=0):
    return bytes.fromhex("525400000002") + b"\2\0\0\0\0\1\x08\0" + bytes([number % 256]) * (size - 14)


def tcp(payload, source_port=443, vlan=b""):
    """An Ethernet, IPv4 and TCP frame of PAYLOAD octets that claims its whole length."""
    total = 40 + payload
    ip = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, total, 1, 0, 64, 6, 0, socket.inet_aton("192.0.2.1"), socket.inet_aton("192.0.2.9")
    )
    head = bytes.fromhex("525400000002") + b"\2\0\0\0\0\1" + vlan + b"\x08\0" + ip
    return head + struct.pack("!HHIIBBHHH", source_port, 80, 1, 1, 0x50, 16, 0, 0, 0) + bytes(min(payload, 200))
