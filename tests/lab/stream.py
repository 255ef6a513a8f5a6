"""A download that goes on and on: the server that paces it, and the client that notes how it goes. Runs as a script on
hosts.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
import time

PIECE = 10000
PATIENCE = 5.0  # seconds without a byte after which the client connects anew


def serve(port: int, rate: float) -> None:
    """Send RATE bytes a second to whoever connects."""
    # Not bound to one address: the VIP may come later, go and come back.
    with socket.create_server(("0.0.0.0", port)) as server:
        while True:
            connection, _peer = server.accept()
            threading.Thread(target=_send, args=(connection, rate), daemon=True).start()


def _send(connection: socket.socket, rate: float) -> None:
    began, sent = time.monotonic(), 0
    with connection, contextlib.suppress(OSError):
        while True:
            connection.sendall(b"x" * PIECE)
            sent += PIECE
            time.sleep(max(0.0, began + sent / rate - time.monotonic()))


def load(address: str, port: int, log: str) -> None:
    """Download for ever, connecting anew where the connection breaks; one line of LOG every 0.2 s."""
    counts = {"bytes": 0, "connections": 0, "gap": 0.0}
    with open(log, "w", encoding="ascii", buffering=1) as lines:
        while True:
            with contextlib.suppress(OSError), socket.create_connection((address, port), PATIENCE) as connection:
                counts["connections"] += 1
                _receive(connection, counts, lines)
            time.sleep(0.2)


def _receive(connection, counts, lines):  # type: ignore[no-untyped-def]
    last = noted = time.monotonic()
    while data := connection.recv(65536):
        now = time.monotonic()
        counts["bytes"] += len(data)
        counts["gap"] = max(counts["gap"], now - last)
        last = now
        if now - noted >= 0.2:
            lines.write(json.dumps({"at": now, **counts}) + "\n")
            counts["gap"], noted = 0.0, now


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]), float(sys.argv[3]))
    load(sys.argv[2], int(sys.argv[3]), sys.argv[4])
