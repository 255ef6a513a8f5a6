"""What one host's snapshot takes of a job's events and of a fact cache: as JSON text, and compressed."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from . import material
from .fleet import Fleet
from .measure import BenchError, run
from .part import Part, Say, table

HOSTS = 200
MOST = 8192  # characters of a host in the events of a job
_TEXT = """## Events of a job

A host has 8 NICs and 200 neighbour entries; one host of five is a hypervisor with two guests. AWX keeps what each host
returned among the events of a job, and the facts in its database. {hosts} hosts; the times are those of packing and
opening on one core.

"""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Characters of each host's snapshot, open and packed, and seconds for packing and for opening all of them."""

    open: list[int]
    packed: list[int]
    packing: float
    opening: float


def obstacle() -> str:
    """Why it cannot be measured here: nothing is needed."""
    return ""


def part(_repeat: int, say: Say) -> Part:
    """Measured, and as a part of the page."""
    say(f"events: {HOSTS} snapshots packed and opened")
    with tempfile.TemporaryDirectory(prefix="layer2-bench-events-") as name:
        folder = Path(name)
        made = run([sys.executable, "-m", "tests.bench.events"], folder, material.ansible(folder))
    found = Sizes(**json.loads(made.output))
    rows = [
        ["JSON text", *_figures(found.open, found.open), "-"],
        ["compressed", *_figures(found.packed, found.open), f"{1000 * (found.packing + found.opening) / HOSTS:.1f}"],
    ]
    head = ["snapshot", "characters", "at most", "ratio", "ms a host"]
    return Part(_TEXT.format(hosts=HOSTS) + table(head, rows) + "\n", list(targets(found)))


def targets(found: Sizes) -> Iterator[tuple[bool, str]]:
    """Yield (whether it was reached, what) for the figure to reach."""
    yield (
        max(found.packed) <= MOST,
        f"a host's snapshot takes at most {MOST} characters of an event: {max(found.packed)}",
    )


def measure(hosts: int) -> Sizes:
    """Pack and open the snapshots of a fleet of HOSTS."""
    from ansible_collections.netops.layer2.plugins.module_utils import _packed

    fleet = Fleet(hosts, 200)
    texts = [json.dumps(fleet.snapshot(number), separators=(",", ":")) for number in range(hosts)]
    begun = time.perf_counter()
    packed = [_packed.packed(text) for text in texts]
    middle = time.perf_counter()
    if [_packed.unpacked(text) for text in packed] != texts:
        raise BenchError("a snapshot is another one after packing")
    return Sizes(list(map(len, texts)), list(map(len, packed)), middle - begun, time.perf_counter() - middle)


def _figures(sizes: Sequence[int], base: Sequence[int]) -> list[str]:
    return [f"{sum(sizes) / len(sizes):.0f}", str(max(sizes)), f"{sum(sizes) / sum(base):.2f}"]


if __name__ == "__main__":
    print(json.dumps(asdict(measure(HOSTS))))
