"""The pcapng format (draft-ietf-opsawg-pcapng), block by block."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import struct
from collections.abc import Iterator

from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import NS
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._pcap_file import File, Interface, Raw

MAGIC = b"\x0a\x0d\x0d\x0a"
_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, _STATISTICS, _PACKET = 0x0A0D0D0A, 1, 2, 3, 5, 6
_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_LONGEST_BLOCK = 1 << 24
_TOO_LATE = 1 << 62     # ns


def packets(file: File) -> Iterator[Raw]:
    """The packets of a file whose first four octets were read."""
    section = _Section(file)
    data, at = MAGIC, 0
    while True:
        if at + 12 > len(data):
            data, at = file.refill(data[at:], 12, "a block's header"), 0
            if not data:
                return
        if data[at:at + 4] == MAGIC:
            section = _Section(file, _order(file, data, at))
        kind, length = section.head.unpack_from(data, at)
        if not 12 <= length <= _LONGEST_BLOCK:
            raise file.error(
                f"a block of {length} octets, the file is damaged",
                "fetch it again in binary mode, or capture anew",
                len(data) - at,
            )
        padded = (length + 3) & ~3
        if at + padded > len(data):
            data, at = file.refill(data[at:], padded, "a block"), 0
        if kind == _PACKET:
            yield section.packet(data, at + 8, at + length - 4)
        else:
            section.other(kind, data[at + 8:at + length - 4])
        at += padded


def _order(file: File, data: bytes, at: int) -> str:
    """In which order of octets a section is written."""
    magic = data[at + 8:at + 12]
    if magic not in _ORDERS:
        raise file.error(
            f"{magic.hex(' ')} is no byte-order magic", "give what tcpdump or Wireshark wrote", len(data) - at
        )
    return _ORDERS[magic]


class _Section:
    """What the blocks of one section mean: its interfaces have numbers of their own."""

    def __init__(self, file: File, order: str = "<") -> None:
        self.file, self.order = file, order
        self.head, self.packet_head = struct.Struct(order + "II"), struct.Struct(order + "IIIII")
        self.places: list[int] = []

    def other(self, kind: int, body: bytes) -> None:
        """A block that holds no packet."""
        if kind == _INTERFACE:
            self.places.append(self.file.described(self._described(body)))
        elif kind == _STATISTICS:
            self._statistics(body)
        elif kind in (_SIMPLE, _OLD_PACKET):
            raise self.file.error(
                "packets without a time of their own, or of an obsolete kind",
                "write it anew with tshark -r FILE -w NEW -F pcap",
            )

    def packet(self, data: bytes, begin: int, end: int) -> Raw:
        """The packet in an enhanced packet block from BEGIN to END."""
        number, high, low, captured, length = self.packet_head.unpack_from(data, begin)
        behind = len(data) - begin
        if number >= len(self.places):
            raise self.file.error(
                f"a packet of interface {number}, which the file does not describe",
                "fetch it again, or capture anew",
                behind,
            )
        self.file.check_length(captured, behind)
        begin += 20
        if begin + captured > end:
            raise self.file.error(
                "a packet longer than its block, the file is damaged",
                "fetch it again in binary mode, or capture anew",
                behind,
            )
        place = self.places[number]
        interface = self.file.interfaces[place]
        time = (high << 32 | low) * NS // interface.units + interface.shift * NS
        if abs(time) >= _TOO_LATE:
            raise self.file.error(
                "a time beyond the year 2100, the file is damaged", "fetch it again, or capture anew", behind
            )
        options = begin + ((captured + 3) & ~3)
        outgoing = options < end and self._went_out(data[options:end])
        return place, time, data[begin:begin + captured], max(length, captured), outgoing

    def _went_out(self, octets: bytes) -> bool:
        flags = self._options(octets).get(2, b"")
        return len(flags) == 4 and int(struct.unpack(self.order + "I", flags)[0]) & 3 == 2

    def _options(self, octets: bytes) -> dict[int, bytes]:
        found, at = {}, 0
        while at + 4 <= len(octets):
            code, length = struct.unpack_from(self.order + "HH", octets, at)
            if code == 0:
                break
            found[code] = octets[at + 4:at + 4 + length]
            at += 4 + ((length + 3) & ~3)
        return found

    def _described(self, body: bytes) -> Interface:
        linktype = struct.unpack_from(self.order + "H", body)[0]
        options = self._options(body[8:])
        resolution = options.get(9, b"\6")[:1] or b"\6"
        power = resolution[0] & 0x7F
        if power > 63 or (power > 18 and not resolution[0] & 0x80):
            raise self.file.error(f"time stamps of 10^-{power} s", "write it anew with tcpdump -r FILE -w NEW")
        units = 2 ** power if resolution[0] & 0x80 else 10 ** power
        shift = options.get(14, b"")
        seconds = struct.unpack(self.order + "q", shift)[0] if len(shift) == 8 else 0
        name = options.get(2, b"").decode("utf-8", "replace")
        return Interface(
            len(self.places), linktype, name, units, seconds, (options.get(13, b"\0") or b"\0")[0], order=self.order
        )

    def _statistics(self, body: bytes) -> None:
        """What was dropped, by the interface (5) and by the system (7)."""
        number = struct.unpack_from(self.order + "I", body)[0]
        options = self._options(body[12:])
        found = [
            struct.unpack(self.order + "Q", options[code])[0] for code in (5, 7) if len(options.get(code, b"")) == 8
        ]
        if number < len(self.places) and found:
            self.file.interfaces[self.places[number]].dropped = sum(found)
