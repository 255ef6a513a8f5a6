"""What a user of a guest feels: TCP connects and exchanges, timed; runs on a lab host as a script, prints JSON."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import socket
import sys
import time


def exchange(address: str, port: int, timeout: float) -> float | None:
    """Seconds from the start of a connect to the echo of one line; None if it did not come within the timeout."""
    began = time.monotonic()
    try:
        with socket.create_connection((address, port), timeout) as connection:
            connection.settimeout(max(0.01, timeout - (time.monotonic() - began)))
            connection.sendall(b"hello\n")
            return time.monotonic() - began if connection.recv(64) else None
    except OSError:
        return None


def probe(address: str, port: int, times: int, timeout: float, pause: float) -> list[float | None]:
    """Several exchanges one after the other."""
    results = []
    for _number in range(times):
        results.append(exchange(address, port, timeout))
        time.sleep(pause)
    return results


if __name__ == "__main__":
    print(json.dumps(probe(sys.argv[1], 7, int(sys.argv[2]), float(sys.argv[3]), 0.2)))
