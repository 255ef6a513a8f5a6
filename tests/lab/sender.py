"""Sends frames as fast as asked, or as fast as it goes: python sender.py INTERFACE COUNT RATE [SECONDS], the frames in
hex on standard input.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import ctypes
import json
import os
import socket
import sys
import time
from collections.abc import Sequence
from typing import ClassVar

SOL_PACKET, PACKET_QDISC_BYPASS = 263, 20
ENOBUFS = 105
BATCH = 256  # frames a system call
PAUSE = 0.002  # seconds between two batches at a given rate


class Vector(ctypes.Structure):
    """struct iovec."""

    _fields_: ClassVar = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class Message(ctypes.Structure):
    """struct mmsghdr, a struct msghdr and how much of it was sent."""

    _fields_: ClassVar = [
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.POINTER(Vector)),
        ("count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("sent", ctypes.c_uint),
    ]


class Sender:
    """A packet socket on one interface, and the frames that it sends in turn."""

    def __init__(self, interface: str, frames: Sequence[bytes]) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._socket.bind((interface, 0))
        self._socket.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
        self._send = ctypes.CDLL(None, use_errno=True).sendmmsg
        times = -(-BATCH // len(frames))
        self._buffers = [ctypes.create_string_buffer(frame, len(frame)) for frame in frames]
        vectors = [Vector(ctypes.addressof(buffer), len(buffer)) for buffer in self._buffers]
        self._messages = (Message * (times * len(frames)))()
        for number, message in enumerate(self._messages):
            message.vectors, message.count = ctypes.pointer(vectors[number % len(frames)]), 1
        self._turn = len(frames)
        self._at = 0

    def send(self, count: int) -> int:
        """Send at most COUNT frames, go on where the last call ended; returns how many the kernel took."""
        count = min(count, len(self._messages) - self._at)
        start = ctypes.byref(self._messages, self._at * ctypes.sizeof(Message))
        sent = int(self._send(self._socket.fileno(), start, count, 0))
        if sent < 0:
            if ctypes.get_errno() == ENOBUFS:
                return 0
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        self._at = (self._at + sent) % self._turn
        return sent


def run(sender: Sender, count: int, rate: float, seconds: float) -> dict[str, float]:
    """Send COUNT frames, RATE a second (0: no limit), for at most SECONDS."""
    began = time.monotonic()
    sent = 0
    while sent < count and time.monotonic() - began < seconds:
        due = min(count, int((time.monotonic() - began) * rate) + 1) if rate else count
        if due > sent:
            sent += sender.send(min(due - sent, BATCH))
        else:
            time.sleep(PAUSE)
    return {"sent": sent, "seconds": time.monotonic() - began, "cpu": time.process_time()}


if __name__ == "__main__":
    lines = [bytes.fromhex(line) for line in sys.stdin.read().split()]
    print(
        json.dumps(
            run(Sender(sys.argv[1], lines), int(sys.argv[2]), float(sys.argv[3]), float((sys.argv[4:] or ["600"])[0]))
        )
    )
