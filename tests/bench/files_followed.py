"""Existing captures followed: correlate_captures beside tshark, twice, and a join of what it prints, on the same two
files. Each result is checked.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from . import material
from .measure import BenchError, Run, median, run
from .part import COLUMNS, Part, Say, figures, table

PACKETS, FLOWS, SNAP = 300_000, 50, 200
WALL, MEMORY = 0.5, 0.6     # of tshark's
LOST = 0.01
EDGE = 1000     # packets at both ends that none is lost of: a file does not say when it began and ended
BEGIN, AHEAD = 1_700_000_000_000_000_000, 3_000_000_000     # ns; by how much the second clock is ahead
CLIENT, GUEST = bytes([192, 0, 2, 21]), bytes([192, 0, 2, 30])
POINTS = ("near", "far")
_MACS = (bytes.fromhex("5254000c1df5020000000021"), bytes.fromhex("0200000000995254000c1df5"))
_FIELDS = (
    "frame.time_epoch",
    "ip.src",
    "ip.dst",
    "ip.proto",
    "tcp.srcport",
    "tcp.dstport",
    "ip.id",
    "tcp.seq_raw",
    "tcp.ack_raw",
    "tcp.flags",
    "tcp.len",
)
# What costs it most, and is of no use here.
_PLAIN = ("-o", "tcp.desegment_tcp_streams:FALSE", "-o", "tcp.analyze_sequence_numbers:FALSE")
_TEXT = """{packets:,} packets of {flows} TCP connections with time stamps in two pcap files of {snap} octets a
packet, one of a hundred lost between them.

- *correlate_captures*: everything that the filter says, from the files, in a process of its own without Ansible
- *tshark x2 + join*: `tshark -T fields` on one file after the other, without reassembly and analysis of TCP, and a
  dictionary of their rows that counts losses; no clocks, no delays, no payloads

"""


def part(repeat: int, say: Say) -> Part:
    """Measure, and put it into words; without tshark only what the filter takes."""
    ways = ["correlate_captures"] + (["tshark x2 + join"] if shutil.which("tshark") else [])
    with tempfile.TemporaryDirectory(prefix="layer2-bench-files-") as name:
        folder = Path(name)
        say(f"files: writing {PACKETS:,} packets at two points")
        lost = int(_step("write", folder).output)
        runs: dict[str, list[Run]] = {way: [] for way in ways}
        for number in range(1, repeat + 1):
            for way, made in runs.items():
                say(f"files: {way}, round {number} of {repeat}")
                made.append(_step(way, folder))
                if int(made[-1].output) != lost:
                    raise BenchError(f"{way} found {made[-1].output.strip()} lost packets where {lost} were")
    return _in_words({way: median(made) for way, made in runs.items()})


def _in_words(middle: dict[str, Run]) -> Part:
    ours, other = middle["correlate_captures"], middle.get("tshark x2 + join")
    rows = [figures(way, one, ours) for way, one in middle.items()]
    text = (
        _TEXT.format(packets=PACKETS, flows=FLOWS, snap=SNAP)
        + table([f"{PACKETS:,} packets, 2 files", *COLUMNS], rows)
        + "\n"
    )
    if other is None:
        return Part(text + "Not compared with tshark, which is not installed (`tests/bench/packages.txt`).\n\n", [])
    wall, memory = ours.wall / other.wall, ours.peak / other.peak
    return Part(
        text,
        [
            (
                wall <= WALL,
                (
                    f"two files followed within {WALL} of the wall time of tshark x2 + join: {wall:.2f} (CPU"
                    f" {ours.cpu / other.cpu:.2f})"
                ),
            ),
            (memory <= MEMORY, f"and within {MEMORY} of its memory: {memory:.2f}"),
        ],
    )


def _step(name: str, folder: Path) -> Run:
    return run([sys.executable, "-m", "tests.bench.files_followed", name, folder], folder, material.environment(folder))


def write(folder: Path, packets: int = PACKETS) -> int:
    """Write one file a point; how many packets were lost."""
    points, lost = _seen(packets)
    for number, name in enumerate(POINTS):
        with (folder / f"{name}.pcap").open("wb") as stream:
            stream.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
            for time, packet in sorted(points[number]):
                frame = (_MACS[number] + b"\x08\0" + packet).ljust(60, b"\0")
                stream.write(
                    struct.pack("<IIII", *divmod(time, 10**9), min(SNAP, len(frame)), len(frame)) + frame[:SNAP]
                )
    return lost


def _seen(packets: int) -> tuple[list[list[tuple[int, bytes]]], int]:
    """What each point saw, and how many the second one did not, whichever way they went."""
    chance = random.Random(1)
    points: list[list[tuple[int, bytes]]] = [[], []]
    sequences, identifiers = [1000] * (2 * FLOWS), [0] * (2 * FLOWS)
    moment, lost = BEGIN, 0
    for number in range(packets):
        moment += chance.randrange(1, 20000)
        flow = chance.randrange(2 * FLOWS)
        length = chance.randrange(100) if flow % 2 else 1448
        identifiers[flow] = identifiers[flow] % 0xFFFF + 1
        numbers = (identifiers[flow], sequences[flow], sequences[flow ^ 1], moment // 1_000_000 & 0xFFFFFFFF)
        packet = _packet(flow, length, *numbers)
        sequences[flow] = (sequences[flow] + length) % (1 << 32)
        near, far = (1, 0) if flow % 2 else (0, 1)
        points[near].append((moment + AHEAD * near, packet))
        if chance.random() < LOST and EDGE < number < packets - EDGE:
            lost += 1
        else:
            points[far].append((moment + 50_000 + int(chance.expovariate(1 / 100_000)) + AHEAD * far, packet))
    return points, lost


def _packet(flow: int, length: int, identifier: int, sequence: int, acknowledgement: int, stamp: int) -> bytes:
    ports = (5001, 1000 + flow // 2)
    ends, ports = (GUEST + CLIENT, ports) if flow % 2 else (CLIENT + GUEST, ports[::-1])
    segment = (
        struct.pack("!HHIIBBHHH", *ports, sequence, acknowledgement, 8 << 4, 24, 500, 0, 0)
        + b"\1\1\x08\x0a"
        + struct.pack("!II", stamp, 5)
    )
    data = struct.pack("!I", sequence * 2654435761 % (1 << 32)) * (length // 4 + 1)
    return struct.pack("!BBHHHBBH", 0x45, 0, 52 + length, identifier, 0x4000, 64, 6, 0) + ends + segment + data[:length]


def ours(folder: Path) -> int:
    """The filter's work; how many packets it says were lost."""
    from ansible_collections.netops.layer2.plugins.plugin_utils._trace._run import correlate

    return int(correlate([str(folder / f"{name}.pcap") for name in POINTS])["summary"]["lost"])


def theirs(folder: Path) -> int:
    """Rows of tshark, one file after the other, and how many of them only one file has."""
    fields = [word for name in _FIELDS for word in ("-e", name)]
    for name in POINTS:
        with (folder / f"{name}.tsv").open("wb") as stream:
            command = ["tshark", "-n", *_PLAIN, "-r", folder / f"{name}.pcap", "-T", "fields", *fields]
            subprocess.run(command, stdout=stream, stderr=subprocess.DEVNULL, check=True)
    times: dict[str, str] = {}
    with (folder / f"{POINTS[0]}.tsv").open() as stream:
        for line in stream:
            time, _tab, key = line.partition("\t")
            times[key] = time
    alone = 0
    with (folder / f"{POINTS[1]}.tsv").open() as stream:
        for line in stream:
            alone += times.pop(line.partition("\t")[2], None) is None
    return alone + len(times)


if __name__ == "__main__":
    print({"write": write, "correlate_captures": ours, "tshark x2 + join": theirs}[sys.argv[1]](Path(sys.argv[2])))
