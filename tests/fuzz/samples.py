"""Samples that targets begin with: what the tests keep of real frames, files and texts."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

UNIT = Path(__file__).resolve().parents[1] / "unit" / "plugins"
PCAPS = UNIT / "plugin_utils" / "_trace" / "golden"


def files(folder: str, pattern: str, longest: int = 1 << 16) -> Iterator[bytes]:
    """Files below tests/unit/plugins/FOLDER."""
    for path in sorted((UNIT / folder).rglob(pattern)):
        if path.is_file() and path.stat().st_size <= longest:
            yield path.read_bytes()


def texts(folder: str, pattern: str) -> Iterator[str]:
    """The same as texts."""
    return (octets.decode("utf-8", "replace") for octets in files(folder, pattern))


def captured(most: int = 8) -> Iterator[bytes]:
    """Really captured Ethernet frames: the first of each pcap file of the tests."""
    for path in sorted(PCAPS.glob("*.pcap")):
        octets = path.read_bytes()
        if octets[:4] not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") or struct.unpack_from("<I", octets, 20)[0] != 1:
            continue
        at = 24
        for _number in range(most):
            if at + 16 > len(octets):
                break
            length = struct.unpack_from("<I", octets, at + 8)[0]
            yield octets[at + 16:at + 16 + length]
            at += 16 + length


def as_json(*documents: Any) -> Iterator[bytes]:
    """Documents as inputs."""
    return (json.dumps(document).encode() for document in documents)


def loaded(octets: bytes) -> Any:
    """The document of an input, None for what is no JSON: then there is nothing to hand over."""
    try:
        return json.loads(octets)
    except (ValueError, RecursionError):
        return None
