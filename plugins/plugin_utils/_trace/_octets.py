"""The octets of a capture file from its begin on, unpacked where it was compressed with gzip, within bounds. Pure but
for reading.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import zlib
from typing import BinaryIO

GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20
_GZIP_WINDOW = 31           # zlib: 15 bits of window, gzip's header and trailer
_MOST_UNPACKED = 1 << 36    # octets; nobody traces 64 GiB in Python
_FREE_PACKETS = 65536


class Bomb(ValueError):
    """What is unpacked is out of all proportion to the file."""


class Damaged(ValueError):
    """What was compressed is damaged."""


class Octets:
    """Reads a file piece by piece; ``position`` is how many octets were handed out, of what is inside."""

    def __init__(self, stream: BinaryIO, is_packed: bool) -> None:
        self._stream = stream
        self._inflate = zlib.decompressobj(_GZIP_WINDOW) if is_packed else None
        self._pending = b""
        self._between = False   # what follows is another compressed file, if anything
        self._taken = 0     # octets of the file
        self.position = 0
        self.is_cut = False     # a compressed file stops before its end

    def read(self, length: int) -> bytes:
        """The next LENGTH octets, or fewer at the end. Bomb, Damaged."""
        octets = self._plain(length) if self._inflate is None else self._unpacked(length)
        self.position += len(octets)
        if self._inflate is not None and self.position > _MOST_UNPACKED:
            raise Bomb(f"unpacks to more than {_MOST_UNPACKED >> 30} GiB")
        return octets

    def more(self, rest: bytes, need: int) -> bytes:
        """REST and what follows it: at least NEED octets, unless the file ends before."""
        return rest + self.read(max(need - len(rest), _CHUNK))

    def check_packets(self, count: int) -> None:
        """Bomb where a compressed file has more packets than octets: a real one needs some for the time of each."""
        if self._inflate is not None and count > max(_FREE_PACKETS, self._taken):
            raise Bomb(f"unpacks to more than {count} packets from {self._taken} octets")

    def _plain(self, length: int) -> bytes:
        octets = self._stream.read(length)
        self._taken += len(octets)
        return octets

    def _unpacked(self, length: int) -> bytes:
        parts = []
        while length:
            octets = self._some(length)
            if not octets:
                break
            parts.append(octets)
            length -= len(octets)
        return b"".join(parts)

    def _some(self, length: int) -> bytes:
        """Some of the next octets; none at the end."""
        made = b""
        while not made and self._inflate is not None:
            self._pending = self._pending or self._plain(_CHUNK >> 4)
            if self._between:
                self._pending = self._pending.lstrip(b"\0")
                if not self._pending:
                    break
            made = self._inflated(self._inflate, length)
            if self.is_cut:
                break
        return made

    def _inflated(self, inflate: zlib._Decompress, length: int) -> bytes:
        """What the pending octets give; there may be more of it than asked for, for which none are needed."""
        has_ended = not self._pending
        try:
            made = inflate.decompress(self._pending, length)
        except zlib.error as error:
            raise Damaged(f"compressed with gzip, and damaged ({error})") from error
        self._pending, self._between = inflate.unconsumed_tail, inflate.eof
        self.is_cut = has_ended and not made and not inflate.eof
        if inflate.eof:
            # Several compressed files may stand behind each other (RFC 1952, 2.2), with zeros behind the last.
            self._pending, self._inflate = inflate.unused_data, zlib.decompressobj(_GZIP_WINDOW)
        return made
