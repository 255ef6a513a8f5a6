"""arp_scan beside arp-scan and nmap: one segment of forty machines in namespaces, the same pace, with and without lost
answers, and a /18.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import material
from .measure import BenchError, Run, run
from .part import Part, Say, table

MACHINES, SMALL, LARGE = 40, "10.9.0.0/24", "10.9.0.0/18"
PACE, LARGE_PACE = 500, 5000  # questions a second
LOST = 20  # percent of the ARP replies
OURS, ALONE = "arp_scan", "scan alone"
SLOWER = 1.05  # within the noise of one run
_ADDRESS = re.compile(r"\b10\.9\.[0-9]+\.[0-9]+\b")
_MODULE = """
import sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = sys.argv[1].encode(), "legacy"
from ansible_collections.netops.layer2.plugins.modules import arp_scan
arp_scan.main()
"""
_TEXT = """## A scan

{machines} machines in network namespaces on one bridge, asked for with ARP at {pace} questions a second; {rounds}
rounds in turns, {lossy} with losses, one of the /18, whose {large_pace} questions a second are asked; wall time as
medians, *missed* as the sum of all rounds. With *lost*, every machine drops {lost} % of its ARP replies at random
(nftables).

- *arp_scan*: the module as a process of its own from start to end, with the start of Python and the loading of scapy,
  without Ansible around it
- *scan alone*: the same processes, from the first question to the end of the last wait
- *arp-scan*: as it is; *patient*: with `--retry=8 --backoff=1`
- *nmap*: `-n -sn -PR`

"""


@dataclass(frozen=True, slots=True)
class Scanned:
    """One way at one task: seconds a round, and how many machines were missed in all rounds."""

    walls: tuple[float, ...]
    missed: int

    @property
    def wall(self) -> float:
        """The median."""
        return statistics.median(self.walls)


def obstacle() -> str:
    """Why it cannot be measured here; empty if it can."""
    if os.geteuid() != 0:
        return "it needs root, for namespaces"
    lacking = [
        name
        for name in ("arp-scan", "nmap", "nft", "ip")
        if shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None
    ]
    return f"these are not installed: {', '.join(lacking)}" if lacking else ""


def commands(prefix: str, pace: int) -> dict[str, list[str]]:
    """What is run, by name."""
    options = {"prefixes": [prefix], "rate": pace, "ipv6": False, "slice": 0, "max_addresses": 16384, "host": "vantage"}
    network = ["-I", "eth0", "-N", "-q", f"--interval={1_000_000 // pace}u"]
    return {
        OURS: [sys.executable, "-c", _MODULE, json.dumps({"ANSIBLE_MODULE_ARGS": options})],
        "arp-scan": ["arp-scan", *network, prefix],
        "patient": ["arp-scan", *network, "--retry=8", "--backoff=1", prefix],
        "nmap": ["nmap", "-n", "-sn", "-PR", "--min-rate", str(pace), "--max-rate", str(pace), prefix],
    }


def part(repeat: int, say: Say) -> Part:
    """Measure, and put it into words."""
    from tests.lab import segment

    with segment.running("bench") as made, tempfile.TemporaryDirectory(prefix="layer2-bench-scan-") as folder:
        network = "10.9.{}.{}/18"
        made.add("vantage", network.format(0, 250))
        # one machine in each 400 addresses of the /18, all of them in the /24 as well by a second address
        places = {f"10.9.0.{number}": f"10.9.{number * 3 // 2}.77" for number in range(1, MACHINES + 1)}
        for number, (near, far) in enumerate(places.items(), 1):
            made.add(f"r{number}", f"{near}/18", *([f"{far}/18"] if far.split(".")[2] != "0" else []))
        prefix = [str(word) for word in made.inside("vantage")]
        names = [f"r{number}" for number in range(1, MACHINES + 1)]
        results = {"none lost": _in_turns(prefix, SMALL, PACE, set(places), Path(folder), repeat, say)}
        made.lose(names, LOST)
        results["lost"] = _in_turns(prefix, SMALL, PACE, set(places), Path(folder), max(repeat, 3), say)
        made.lose(names, 0)
        wide = set(places) | {far for far in places.values() if far.split(".")[2] != "0"}
        results["/18"] = _in_turns(prefix, LARGE, LARGE_PACE, wide, Path(folder), 1, say)
    text = _TEXT.format(
        machines=MACHINES, pace=PACE, rounds=repeat, lossy=max(repeat, 3), lost=LOST, large_pace=LARGE_PACE
    )
    return Part(text + _tables(results) + "\n", list(_targets(results)))


def _in_turns(
    prefix: Sequence[str], network: str, pace: int, there: set[str], folder: Path, repeat: int, say: Say
) -> dict[str, Scanned]:
    ways = commands(network, pace)
    walls: dict[str, list[float]] = {name: [] for name in (OURS, ALONE, *ways)}
    missed = dict.fromkeys(walls, 0)
    for number in range(1, repeat + 1):
        say(f"scanning {network} with {pace} questions a second: round {number} of {repeat}")
        for name, command in ways.items():
            one: Run = run([*prefix, *command], folder, material.ansible(folder))
            seen = _seen(name, one.output) & there
            if not seen:
                raise BenchError(f"{name} found nobody in {network}\n{one.output[-2000:]}")
            walls[name].append(one.wall)
            missed[name] += len(there - seen)
            if name == OURS:
                walls[ALONE].append(_document(one.output)["duration"])
                missed[ALONE] = missed[name]
    return {name: Scanned(tuple(walls[name]), missed[name]) for name in walls}


def _document(output: str) -> dict[str, Any]:
    """What the module returned."""
    document: dict[str, Any] = json.loads(json.loads(output)["ansible_facts"]["layer2_scan"])
    return document


def _seen(name: str, output: str) -> set[str]:
    """The addresses that a tool says are there."""
    if name != OURS:
        return set(_ADDRESS.findall(output))
    return {row.split(" ")[2] for row in _document(output)["replies"]["rows"] if row.split(" ")[4] == "arp"}


def _tables(results: dict[str, dict[str, Scanned]]) -> str:
    columns = [f"{task}: {figure}" for task in results for figure in ("wall s", "missed")]
    rows = []
    for name in next(iter(results.values())):
        cells = [figure for task in results.values() for figure in (f"{task[name].wall:.2f}", str(task[name].missed))]
        rows.append([name, *cells])
    return table(["way", *columns], rows)


def _targets(results: dict[str, dict[str, Scanned]]) -> Iterator[tuple[bool, str]]:
    calm, lossy, wide = (results[name] for name in ("none lost", "lost", "/18"))
    for name, what in (
        (ALONE, "a scan is no slower than arp-scan at the same pace"),
        (OURS, "nor with the start of Python and scapy"),
    ):
        yield (
            calm[name].wall <= calm["arp-scan"].wall * SLOWER,
            f"{what}: {calm[name].wall:.2f} s against {calm['arp-scan'].wall:.2f} s",
        )
    missed = sum(task[OURS].missed for task in results.values())
    others = lossy["arp-scan"].missed
    yield (
        missed == 0,
        (
            f"arp_scan misses nobody, {LOST} % of the answers lost or not: {missed} (arp-scan by default, with losses:"
            f" {others})"
        ),
    )
    ours, theirs = wide[OURS], wide["arp-scan"]
    yield ours.wall <= theirs.wall * SLOWER, f"nor on a /18 in one run: {ours.wall:.1f} s against {theirs.wall:.1f} s"
