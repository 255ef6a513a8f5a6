"""Targets: frames off the wire, and what an SSH server says before anybody trusts it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import struct
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from itertools import accumulate
from typing import Any

from ansible_collections.netops.layer2.plugins.module_utils._capture import _packet, _records, _sample
from ansible_collections.netops.layer2.plugins.module_utils._mac import canonical
from ansible_collections.netops.layer2.plugins.module_utils._scan import _frames, _ssh

from . import samples
from .target import Target, promise

_HEAD = struct.Struct("!IHBB")  # wire length, EtherType, octets of payload to check, kind of link


def _packets() -> Iterator[bytes]:
    for frame in samples.captured():
        yield _HEAD.pack(len(frame), 0, 64, 0) + frame
        yield _HEAD.pack(len(frame), struct.unpack_from("!H", frame, 12)[0], 0, 1) + frame[14:]


def read_packet(octets: bytes) -> None:
    """Any frame becomes a row of a capture document that can be read again."""
    if len(octets) < _HEAD.size:
        return
    length, kind, payload, link = _HEAD.unpack_from(octets)
    frame = octets[_HEAD.size:]
    packer = _records.Packer(payload)
    for moment in (1, 1 << 60, 5):
        if link & 1:
            packer.add_packet(
                moment,
                frame,
                min(link >> 1, len(frame)),
                kind,
                length,
                macs=b"" if link & 2 else frame[:12].ljust(12, b"\0"),
            )
        else:
            packer.add(moment, frame, length, bool(link & 2), "7" if link & 4 else "")
    made = json.loads(json.dumps(_records.document(packer, host="h", interface="eth0")))
    again = _records.unpacked(made)
    promise(list(again.columns["time"]) == list(accumulate(packer.columns["time"])), "times are those that went in")
    promise(
        all(again.columns[name] == column for name, column in packer.columns.items() if name != "time"),
        "columns are those that went in",
    )
    promise(again.flows == packer.flows() and again.links == packer.links(), "tables are those that went in")


def read_talker(octets: bytes) -> None:
    """Whole frames with one mark have one talker: only then may a talker be remembered by its mark."""
    place, value, frame = int.from_bytes(octets[:2], "big"), octets[2:4], octets[4:]
    other = bytearray(frame)
    for offset, octet in enumerate(value):
        if frame:
            other[(place + offset * 7) % len(frame)] ^= octet
    marks = [_sample.talker_mark(b"", each[:58]) for each in (frame, bytes(other))]
    packets = [_packet.of_frame(each, len(each), "", 0) for each in (frame, bytes(other))]
    if (
        len(frame) >= 58
        and marks[0]
        and marks[0] == marks[1]
        and not any(packet.marks & _packet.ODD for packet in packets)
    ):
        promise(_sample.talker_of(packets[0]) == _sample.talker_of(packets[1]), "one mark, one talker")


@cache
def _scapy() -> _frames.Frames:
    return _frames.Frames(tempfile.mkdtemp(prefix="fuzz-scapy-"))


def read_answer(octets: bytes) -> None:
    """A scan takes what a frame says only where it is one machine's, and never breaks on one."""
    heard = _scapy().read(octets)
    if heard is not None:
        promise(canonical(heard.mac) == heard.mac and canonical(heard.source) == heard.source, "MACs are canonical")
        promise(" " not in heard.address + heard.target, "addresses fit into a row")
    for port in (0, 22):
        trait = _scapy().trait_of("192.0.2.9", port)(octets, 1.0)
        promise(trait is None or 0 <= trait.life < 256, "a time to live is an octet")


class _Channel:
    """A connection whose server sends OCTETS, in pieces, and closes."""

    def __init__(self, octets: bytes) -> None:
        self._octets, self._at = octets, 0

    def settimeout(self, _seconds: float) -> None:
        """Nothing waits here."""

    def sendall(self, _octets: bytes) -> None:
        """Nobody listens."""

    def recv(self, size: int) -> bytes:
        """The next piece."""
        piece = self._octets[self._at:self._at + min(size, 999)]
        self._at += len(piece)
        return piece


def read_ssh(octets: bytes) -> None:
    """What a server sends before anybody trusts it."""
    channel: Any = _Channel(octets)
    told = _ssh._exchange(_ssh._Stream(channel, time.monotonic() + 60))
    promise(" SHA256:" in told and len(told) <= _ssh.SSH_TYPE.longest + len(" SHA256:") + 43, "a fingerprint is short")


def _ssh_talks() -> Iterator[bytes]:
    def packet(payload: bytes) -> bytes:
        return struct.pack("!IB", len(payload) + 5, 4) + payload + bytes(4)

    key = struct.pack("!I", 11) + b"ssh-ed25519" + struct.pack("!I", 32) + bytes(32)
    reply = packet(b"\x1f" + struct.pack("!I", len(key)) + key + struct.pack("!I", 32) + bytes(32))
    yield b"SSH-2.0-OpenSSH_9.2p1\r\n" + packet(b"\x14" + bytes(60)) + packet(b"\x02ignore") + reply
    yield b"Welcome\r\nSSH-2.0-x\n" + packet(b"\x14") + packet(b"\x01\0\0\0\x02bye")


TARGETS = [
    Target("packet", "frames taken apart, packed into a capture document, unpacked", read_packet, _packets),
    Target(
        "flood-talker",
        "who talks in a flooded frame, by mark and by header",
        read_talker,
        lambda: (b"\0\x14\1\0" + frame for frame in samples.captured()),
    ),
    Target(
        "scan-answer",
        "what scapy reads of a frame that answers a scan",
        read_answer,
        lambda: samples.captured(4),
        obstacle=lambda: "" if find_spec("scapy") else "scapy is not installed",
    ),
    Target(
        "ssh-server",
        "what an SSH server says up to its host key",
        read_ssh,
        _ssh_talks,
        (_ssh.SshError, OSError, struct.error),
    ),
]
