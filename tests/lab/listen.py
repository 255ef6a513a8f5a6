"""Counts the unicast frames that are for somebody else, on a NIC that takes everything in. Runs as a script on hosts.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import socket
import struct
import sys
import time

ETH_P_ALL = 3
SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC = 263, 1, 1  # packet(7)


def listen(interface: str, seconds: float) -> dict[str, int]:
    """Frames and bytes (without FCS) for neither this NIC nor a group, within SECONDS."""
    with open(f"/sys/class/net/{interface}/address") as file:
        own = bytes.fromhex(file.read().strip().replace(":", ""))
    counts = {"frames": 0, "bytes": 0}
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as tap:
        tap.bind((interface, 0))
        tap.setsockopt(
            SOL_PACKET,
            PACKET_ADD_MEMBERSHIP,
            struct.pack("iHH8s", socket.if_nametoindex(interface), PACKET_MR_PROMISC, 0, b""),
        )
        tap.settimeout(0.1)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                frame, where = tap.recvfrom(1 << 16)
            except TimeoutError:
                continue
            if where[2] != socket.PACKET_OUTGOING and not frame[0] & 1 and frame[:6] != own:
                counts["frames"] += 1
                counts["bytes"] += len(frame)
    return counts


if __name__ == "__main__":
    print(json.dumps(listen(sys.argv[1], float(sys.argv[2]))))
