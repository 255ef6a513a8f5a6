"""Run the bench: python -m tests.bench [--quick] [--write docs/bench.md]; fails only if something computed a wrong
result, or could not be measured though nothing stood in its way.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse
import sys
import time
import traceback
from pathlib import Path

from . import before, collecting, correlating, events, flooding, judging, report, scaling, scanning
from .fleet import Fleet
from .measure import BenchError
from .part import Part

QUICK = Fleet(20, 10)
# Each has obstacle(), why it cannot be measured here, and part(), which measures it.
PARTS = {
    "verdict": judging,
    "before": before,
    "scale": scaling,
    "events": events,
    "collecting": collecting,
    "flooding": flooding,
    "scanning": scanning,
    "correlating": correlating,
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    made.add_argument(
        "--quick", action="store_true", help="the verdict on twenty hosts, once: does the bench itself work?"
    )
    made.add_argument("--sizes", type=int, nargs="+", default=[1000, 5000, 10000], metavar="HOSTS")
    made.add_argument("--repeat", type=int, default=3, help="rounds of which the medians are shown (default: 3)")
    made.add_argument("--only", choices=[*PARTS], nargs="+", metavar="PART", help=f"some of {', '.join(PARTS)}")
    made.add_argument("--write", type=Path, metavar="FILE", help="write the page to a file, too, anew after each part")
    return made


def say(text: str) -> None:
    """Progress, on standard error."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class Bench:
    """The page as far as it was measured."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.only: list[str] | None = ["verdict"] if options.quick else options.only
        self.repeat = 1 if options.quick else options.repeat
        self.fleets = [QUICK] if options.quick else [Fleet(hosts) for hosts in options.sizes]
        self.file: Path | None = options.write
        self.parts: list[Part] = []
        self.left_out: list[str] = []
        self.failed = False

    def measured(self, name: str) -> Part:
        """One part; BenchError if something computed a wrong result."""
        if name == "verdict":
            return judging.part(self.fleets, self.repeat, say)
        module = PARTS[name]
        made: Part = module.part(self.repeat, say)
        return made

    def add(self, name: str) -> None:
        """Measure one part; what goes wrong there spoils no other one."""
        asked = self.only is None or name in self.only
        reason = PARTS[name].obstacle() if asked else "it was not asked for"
        if not reason:
            try:
                self.parts.append(self.measured(name))
            except Exception as error:  # of whatever kind: other parts are measured, and the page is written
                self.failed = True
                reason = f"it went wrong: {str(error) or type(error).__name__}"
                say(f"error: {name}: {error}" if isinstance(error, BenchError) else traceback.format_exc())
        if reason:
            self.left_out.append(f"{name}, since {reason}")
        if self.file:
            self.file.write_text(self.page(), encoding="utf-8")

    def page(self) -> str:
        """What there is."""
        return report.page(self.parts, self.left_out)


def main() -> int:
    """Measure, print, write."""
    bench = Bench(parser().parse_args())
    for name in PARTS:
        bench.add(name)
    print(bench.page(), end="")
    return int(bench.failed)


if __name__ == "__main__":
    sys.exit(main())
