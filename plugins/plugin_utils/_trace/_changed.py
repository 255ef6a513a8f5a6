"""Packets that were changed on the way and are still recognised: other TCP options or numbers, or cut into fragments.
Pure.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from ansible_collections.netops.layer2.plugins.module_utils._capture._packet import FRAGMENT

OPTIONS, NUMBERS, FRAGMENTS = "options", "numbers", "fragments"
_LONGEST_HEADER = 60    # of TCP; fragments count it as their octets, whole packets do not
Columns = Mapping[str, Sequence[int]]
Key = tuple[int, ...]


def stream_key(kind: str, flow: int, columns: Columns, record: int) -> Key | None:
    """What a TCP segment keeps if its options (OPTIONS), or its sequence numbers (NUMBERS) are rewritten; None if that
    identifies nothing.
    """
    if kind == OPTIONS:
        return (flow, *(columns[name][record] for name in ("id", "sequence", "acknowledgement", "flags", "payload")))
    if not columns["id"][record]:
        return None
    return (flow, *(columns[name][record] for name in ("id", "flags", "payload", "check")))


def fragment_key(conversation: int, columns: Columns, record: int) -> Key | None:
    """What all fragments of a packet and the packet itself have in common (RFC 791: addresses, protocol,
    identification).
    """
    identifier = columns["id"][record]
    return (conversation, identifier) if identifier else None


def is_fragment(columns: Columns, record: int) -> bool:
    """Whether a record is a fragment."""
    return bool(columns["marks"][record] & FRAGMENT)


def makes_whole(columns: Columns, pieces: Collection[int], payload: int) -> bool:
    """Whether fragments follow each other without a hole, and are as long as a packet with PAYLOAD octets behind its
    transport header.
    """
    end = 0
    for record in sorted(pieces, key=columns["sequence"].__getitem__):
        if columns["sequence"][record] != end:
            return False
        end += columns["payload"][record]
    return 0 <= end - payload <= _LONGEST_HEADER


def grouped(pairs: Iterable[tuple[Key | None, int]]) -> dict[Key, list[int]]:
    """Key -> numbers; what has no key is left out."""
    found: dict[Key, list[int]] = {}
    for key, number in pairs:
        if key is not None:
            found.setdefault(key, []).append(number)
    return found
