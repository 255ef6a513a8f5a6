"""Waits, inside a namespace, until SSH or echo servers answer; prints each name as it does. Runs as a script."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor


def answers(address: str, port: int, timeout: float = 2) -> bool:
    """Whether a server really speaks: an accepted connection alone may be a service that is just starting."""
    try:
        with socket.create_connection((address, port), timeout) as connection:
            connection.settimeout(timeout)
            if port != 22:
                connection.sendall(b"hello\n")
            return bool(connection.recv(64))
    except OSError:
        return False


def wait(name: str, address: str, port: int, deadline: float) -> bool:
    """Wait for one server; prints its name when it answers."""
    while time.monotonic() < deadline:
        if answers(address, port):
            # One write: print() sends name and line end apart, and another thread's name would come between.
            sys.stdout.write(f"{name}\n")
            sys.stdout.flush()
            return True
        time.sleep(0.1)
    return False


def main(text: str) -> int:
    """Wait for all of {"timeout": seconds, "targets": {name: [address, port]}}; 0 if all answered."""
    order = json.loads(text)
    deadline = time.monotonic() + order["timeout"]
    with ThreadPoolExecutor(max(1, len(order["targets"]))) as pool:
        jobs = [pool.submit(wait, name, address, port, deadline) for name, (address, port) in order["targets"].items()]
        return 0 if all(job.result() for job in jobs) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
