"""Frames as nearly all are (one VLAN tag at most, IPv4 or IPv6 without options, TCP or UDP) taken apart in one look.
Pure, no I/O.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import struct
from typing import Optional, Tuple
from zlib import crc32

from ansible_collections.netops.layer2.plugins.module_utils._capture import _tunnels
from ansible_collections.netops.layer2.plugins.module_utils._capture._packet import CUT, TIMESTAMP, Flow, Link

_IPV4, _IPV6, _TAG = 0x0800, 0x86DD, 0x8100
_TCP, _UDP = 6, 17
_VLAN = 0xFFF
# MACs, EtherType, the IP header, and of it addresses with the ports behind them; the rest of a TCP header.
_HEADERS4 = struct.Struct("!12sHBxHHHxB2x12sIIBB")
_HEADERS6 = struct.Struct("!12sHB3xHBx36sIIBB")
_PORTS = struct.Struct("!HH")
_MARKS = (0, CUT)  # by whether octets are missing

# The octets of MACs and VLAN tag, protocol, octets of addresses and ports; then columns: sequence, acknowledgement,
# payload, check, id, flags, marks.
_Common = Tuple[bytes, int, bytes, int, int, int, int, int, int, int]


def of_frame(frame: bytes, payload_octets: int, shift: int = 0) -> Optional[_Common]:
    """What _Common says of a frame that is such a one, else None; SHIFT is 4 behind a VLAN tag."""
    if len(frame) < 48 + shift:
        return None
    macs, kind, lead, total, identifier, fragment, protocol, ends, sequence, acknowledgement, offset, flags = (
        _HEADERS4.unpack_from(frame, shift)
    )
    if kind != _IPV4:
        return _other(frame, payload_octets, shift, kind)
    if (lead ^ 0x45) | (fragment & 0x3FFF):  # options, or a part of a packet
        return None
    end = shift + 14 + total
    if protocol == _TCP:
        header = offset >> 2 & 60
        start = shift + 34 + header
        at = shift + 54
        begun = crc32(frame[at + 4:at + 12]) if header >= 32 and frame[at:at + 4] == TIMESTAMP else 0
        if header < 20:
            return None
    elif protocol == _UDP and not _tunnels.may_be_tunnel(ends[10:12]):
        start, begun, sequence, acknowledgement, flags = shift + 42, 0, 0, 0, 0
    else:
        return None
    if start > end:  # so it is, too, where the kernel has yet to fill in the length
        return None
    wanted = start + payload_octets if start + payload_octets < end else end
    return (
        macs,
        protocol,
        ends,
        sequence,
        acknowledgement,
        end - start,
        crc32(frame[start:wanted], begun),
        identifier,
        flags,
        _MARKS[len(frame) < wanted],
    )


def _other(frame: bytes, payload_octets: int, shift: int, kind: int) -> Optional[_Common]:
    if kind == _IPV6:
        return _of_ipv6(frame, payload_octets, shift)
    if kind != _TAG or shift:
        return None
    inner = of_frame(frame, payload_octets, 4)
    return None if inner is None else (bytes(frame[:16]),) + inner[1:]


def _of_ipv6(frame: bytes, payload_octets: int, shift: int) -> Optional[_Common]:
    if len(frame) < 68 + shift:
        return None
    macs, _kind, lead, length, protocol, ends, sequence, acknowledgement, offset, flags = _HEADERS6.unpack_from(
        frame, shift
    )
    if lead >> 4 != 6 or not length:
        return None
    end, header, begun = shift + 54 + length, 8, 0
    if protocol == _TCP:
        header = offset >> 2 & 60
        at = shift + 74
        if header >= 32 and frame[at:at + 4] == TIMESTAMP:
            begun = crc32(frame[at + 4:at + 12])
        if header < 20:
            return None
    elif protocol == _UDP and not _tunnels.may_be_tunnel(ends[34:36]):
        sequence, acknowledgement, flags = 0, 0, 0
    else:
        return None
    start = shift + 54 + header
    if start > end:
        return None
    wanted = min(start + payload_octets, end)
    return (macs, protocol, ends, sequence, acknowledgement, end - start, crc32(frame[start:wanted], begun), 0, flags,
            CUT if len(frame) < wanted else 0)


def flow_of(protocol: int, ends: bytes) -> Flow:
    """The flow between two ends."""
    size = (len(ends) - 4) // 2
    source_port, destination_port = _PORTS.unpack(ends[2 * size:])
    return Flow(4 if size == 4 else 6, ends[:size], ends[size:2 * size], protocol, source_port, destination_port)


def link_of(carried: bytes, vlan: str) -> Link:
    """The link of MACs and VLAN tag; VLAN is the tag that the kernel took off."""
    tag = str(_PORTS.unpack(carried[12:16])[1] & _VLAN) if len(carried) > 12 else ""
    return Link(carried[:12], ".".join([part for part in (vlan, tag) if part]), None)
