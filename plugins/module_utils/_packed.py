"""A long JSON text packed into a short one for results, events and fact caches, and opened again within bounds."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import base64
import binascii
import zlib
from contextlib import suppress

MARK = "zlib:"  # no JSON text begins with it
LARGEST = 128 << 20  # bytes of an opened text, as much as a host may tell openly
MOST_TIMES = 100  # larger than the packed one; real snapshots are 5 to 10 times larger
ALWAYS = 1 << 20  # bytes that any packed text may have opened
_PIECE = 64  # bytes that are opened at once where the end may be damaged: what lies before the damage counts


class PackedError(ValueError):
    """A text cannot be opened, or would be larger than any that a host packs."""


def is_packed(text: str) -> bool:
    """Whether TEXT is one that ``packed`` made."""
    return text.startswith(MARK)


def packed(text: str) -> str:
    """TEXT as ``zlib:`` and the base64 of its UTF-8 bytes, compressed by zlib."""
    return MARK + base64.b64encode(zlib.compress(text.encode("utf-8"), 9)).decode("ascii")


def unpacked(text: str) -> str:
    """The text in TEXT, which ``packed`` made; PackedError where it holds none, or one out of all proportion."""
    most = _most(text)
    opener = zlib.decompressobj()
    try:
        opened = opener.decompress(base64.b64decode(text[len(MARK):].encode("ascii"), validate=True), most)
        if opener.unconsumed_tail:
            raise PackedError(
                "it is larger than %d bytes when opened, and no host packs that much into %d characters"
                % (most, len(text))
            )
        if not opener.eof or opener.unused_data:
            raise PackedError("it was cut short, or something follows it")
        return opened.decode("utf-8")
    except (binascii.Error, zlib.error, UnicodeError) as error:
        raise PackedError("it cannot be opened: %s" % error) from error


def readable(text: str) -> str:
    """What can be read of TEXT, which ``packed`` made, wherever it was cut or changed since; within the same bounds."""
    try:
        return unpacked(text)
    except PackedError:
        return _undamaged(text)


def _undamaged(text: str) -> str:
    """What lies before the damage in TEXT."""
    body = text[len(MARK):].rstrip("=")
    whole = len(body) // 4 * 4
    octets, opener, left, parts = base64.b64decode(body[:whole].encode("ascii")), zlib.decompressobj(), _most(text), []
    with suppress(zlib.error):
        for start in range(0, len(octets), _PIECE):
            end = start + _PIECE
            parts.append(opener.decompress(octets[start:end], left))
            left -= len(parts[-1])
            if left <= 0:
                break
    return b"".join(parts).decode("utf-8", "replace")


def _most(text: str) -> int:
    """Bytes that TEXT may have when opened."""
    return min(LARGEST, max(ALWAYS, MOST_TIMES * len(text)))
