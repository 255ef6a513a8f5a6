"""BRIDGE-MIB and Q-BRIDGE-MIB (RFC 4188, 4363) of a Linux bridge, for `pass_persist` of snmpd.conf(5): bridge_mib.py
BRIDGE. What it tells is what the kernel has; Debian's own snmp-bridge-mib names no port of a learnt address.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = (1, 3, 6, 1, 2, 1, 17)
LEARNED, SELF = "3", "4"  # dot1qTpFdbStatus
STP_STATES = (1, 3, 4, 5, 2)  # dot1dStpPortState of the kernel's disabled, listening, learning, forwarding, blocking
VLAN, TABLE = 1, 101  # dot1qFdbId may be any number
KEPT = 1.0  # seconds that one look serves, which many questions follow
Oid = tuple[int, ...]
Variable = tuple[Oid, str, str]


def ports(bridge: Path) -> dict[str, int]:
    """Interface -> number of its bridge port."""
    return {port.name: int((port / "port_no").read_text(), 16) for port in (bridge / "brif").iterdir()}


def shown(*words: str) -> list[dict[str, str]]:
    """What bridge(8) prints, as data."""
    done = subprocess.run(["bridge", "-j", *words], capture_output=True, text=True, check=True)
    told: list[dict[str, str]] = json.loads(done.stdout or "[]")
    return told


def variables(name: str) -> Iterator[Variable]:
    """Object identifier, type and value of all there is, in the words of `pass_persist`."""
    bridge = Path("/sys/class/net") / name
    yield (*ROOT, 1, 1, 0), "octet", (bridge / "address").read_text().strip().replace(":", " ")
    yield (*ROOT, 4, 2, 0), "integer", str(int((bridge / "bridge" / "ageing_time").read_text()) // 100)
    for port, number in ports(bridge).items():
        state = int((bridge / "brif" / port / "state").read_text())
        yield (*ROOT, 1, 4, 1, 2, number), "integer", (Path("/sys/class/net") / port / "ifindex").read_text().strip()
        yield (*ROOT, 2, 15, 1, 3, number), "integer", str(STP_STATES[state])
    yield from addresses(name, ports(bridge))
    yield from vlans(ports(bridge))


def addresses(name: str, numbers: dict[str, int]) -> Iterator[Variable]:
    """The table of addresses. A bridge that filters no VLANs has one, untagged everywhere."""
    for entry in shown("fdb", "show", "br", name):
        if "vlan" not in entry and entry["ifname"] in numbers:
            index = (TABLE, *bytes.fromhex(entry["mac"].replace(":", "")))
            yield (*ROOT, 7, 1, 2, 2, 1, 2, *index), "integer", str(numbers[entry["ifname"]])
            yield (*ROOT, 7, 1, 2, 2, 1, 3, *index), "integer", SELF if entry.get("state") == "permanent" else LEARNED


def vlans(numbers: dict[str, int]) -> Iterator[Variable]:
    """That VLAN with its ports."""
    carried = sum(1 << (64 - number) for number in numbers.values())
    yield (*ROOT, 7, 1, 4, 2, 1, 3, 0, VLAN), "gauge", str(TABLE)
    for column in (4, 5):  # egress, untagged
        yield (*ROOT, 7, 1, 4, 2, 1, column, 0, VLAN), "octet", carried.to_bytes(8, "big").hex(" ")
    for number in numbers.values():
        yield (*ROOT, 7, 1, 4, 5, 1, 1, number), "gauge", str(VLAN)


def answer(command: str, asked: Oid, told: dict[Oid, tuple[str, str]]) -> str:
    """What snmpd reads: the variable itself, or the one after it."""
    wanted = asked if command == "get" else min((oid for oid in told if oid > asked), default=())
    if wanted not in told:
        return "NONE"
    kind, value = told[wanted]
    return f".{'.'.join(map(str, wanted))}\n{kind}\n{value}"


def main(name: str) -> None:
    """Answer until snmpd ends."""
    told: dict[Oid, tuple[str, str]] = {}
    looked = -KEPT
    for line in sys.stdin:
        if line.strip() == "PING":
            print("PONG", flush=True)
        elif line.strip() in ("get", "getnext"):
            if time.monotonic() - looked > KEPT:
                told = {oid: (kind, value) for oid, kind, value in variables(name)}
                looked = time.monotonic()
            asked = tuple(map(int, sys.stdin.readline().strip().strip(".").split(".")))
            print(answer(line.strip(), asked, told), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
