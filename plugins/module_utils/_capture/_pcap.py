"""Pcap files with nanoseconds, as tcpdump and Wireshark read them; VLAN tags that the kernel took off are put back."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import struct
from typing import BinaryIO

from ansible_collections.netops.layer2.plugins.module_utils._capture._ring import Frame

_MAGIC = 0xA1B23C4D  # nanoseconds (pcap-savefile(5))
_ETHERNET, _RAW_IP = 1, 101  # LINKTYPE_ETHERNET, LINKTYPE_RAW
_NS = 1000000000
_MACS = 12


def begin(stream: BinaryIO, snap_length: int, ethernet: bool) -> None:
    """Write the head of the file."""
    stream.write(struct.pack("<IHHiIII", _MAGIC, 2, 4, 0, 0, snap_length, _ETHERNET if ethernet else _RAW_IP))


def add(stream: BinaryIO, frame: Frame) -> None:
    """Write one frame."""
    octets, length = frame.octets, frame.length
    if frame.tag and len(octets) >= _MACS:
        octets = octets[:_MACS] + frame.tag + octets[_MACS:]
        length += len(frame.tag)
    stream.write(struct.pack("<IIII", frame.time_ns // _NS, frame.time_ns % _NS, len(octets), length) + octets)
