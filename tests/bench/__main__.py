"""Run the bench: python -m tests.bench [--quick] [--write docs/bench.md]; fails only if something computed a wrong result."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from . import collecting, correlating, flooding, judging, report, scanning
from .fleet import Fleet
from .measure import BenchError
from .part import Part

QUICK = Fleet(20, 10)
NAIVE_UP_TO = 5000  # the naive filter would take minutes beyond
# Each has obstacle(), why it cannot be measured here, and part(rounds, say), which measures it.
PARTS = {"flooding": flooding, "scanning": scanning, "correlating": correlating}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    made.add_argument("--quick", action="store_true", help="twenty hosts, once, no lab: does the bench itself work?")
    made.add_argument("--sizes", type=int, nargs="+", default=[1000, 5000, 10000], metavar="HOSTS")
    made.add_argument("--repeat", type=int, default=3, help="rounds of which the medians are shown (default: 3)")
    made.add_argument("--only", choices=["verdict", "collecting", *PARTS])
    made.add_argument("--write", type=Path, metavar="FILE", help="write the page to a file, too")
    return made


def say(text: str) -> None:
    """Progress, on standard error."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def verdicts(fleets: Sequence[Fleet], repeat: int, folder: Path) -> list[judging.Sized]:
    """Measure each fleet; what was written for it is removed before the next one."""
    sizes = []
    for fleet in fleets:
        place = folder / str(fleet.hosts)
        sizes.append(judging.measure(fleet, place, fleet.hosts <= NAIVE_UP_TO, repeat, say))
        shutil.rmtree(place)
    return sizes


def more_parts(options: argparse.Namespace, repeat: int, left_out: list[str]) -> list[Part]:
    """Those of PARTS that were asked for and can be measured here; the others are noted as left out."""
    found = []
    for name, module in PARTS.items():
        reason = "it was not asked for" if options.quick or options.only not in (None, name) else module.obstacle()
        if reason:
            left_out.append(f"{name}, since {reason}")
        else:
            found.append(module.part(repeat, say))
    return found


def measure(options: argparse.Namespace, folder: Path) -> str:
    """Everything that was asked for, as a page."""
    fleets = [QUICK] if options.quick else [Fleet(hosts) for hosts in options.sizes]
    repeat = 1 if options.quick else options.repeat
    sizes = verdicts(fleets, repeat, folder) if options.only in (None, "verdict") else []
    left_out, collected = [], None
    reason = "" if options.only in (None, "collecting") and not options.quick else "it was not asked for"
    reason = reason or collecting.obstacle()
    if reason:
        left_out.append(f"collecting, since {reason}")
    else:
        collected = collecting.measure(folder / "collecting", repeat, say)
    more = more_parts(options, repeat, left_out)
    return report.page(sizes, collected, left_out, more)


def main() -> int:
    """Measure, print, write."""
    options = parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="layer2-bench-") as folder:
        try:
            page = measure(options, Path(folder))
        except BenchError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    print(page, end="")
    if options.write:
        options.write.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
