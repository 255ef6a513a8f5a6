"""Fuzz: python -m tests.fuzz [--minutes N] [TARGET...]; --list says what there is, --replay FILE tries one input,
--minimise FILE makes it small.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .minimise import minimised
from .target import Target
from .targets import TARGETS
from .trial import prepare, tried

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".build" / "fuzz"
_LEAST, _MOST = 5.0, 90.0  # seconds of one target's turn
_GRACE = 120.0  # s after which a part that does not end by itself is killed
_STEP = 2.0

Tally = dict[str, Any]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    made.add_argument("--minutes", type=float, default=10.0, help="for all targets together (default: 10)")
    made.add_argument("--folder", type=Path, default=FOLDER, help="inputs, findings and tallies (default: .build/fuzz)")
    made.add_argument("--list", action="store_true", help="say which targets there are")
    made.add_argument("--replay", type=Path, metavar="FILE", help="try this file's octets on the one TARGET given")
    made.add_argument(
        "--minimise",
        type=Path,
        metavar="FILE",
        help="write the least input that breaks TARGET at the same place into FILE.least",
    )
    made.add_argument("targets", nargs="*", metavar="TARGET", help="default: all")
    return made


def say(text: str) -> None:
    """Progress, on standard error."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def chosen(names: list[str]) -> list[Target]:
    """The targets of these names, or all; what cannot run here is said and left out."""
    unknown = [name for name in names if name not in TARGETS]
    if unknown:
        raise SystemExit(f"error: no target {unknown[0]}; there are: {', '.join(TARGETS)}")
    found = [TARGETS[name] for name in names or TARGETS]
    for target in found:
        if target.obstacle():
            say(f"left out: {target.name}: {target.obstacle()}")
    return [target for target in found if not target.obstacle()]


def replayed(target: Target, path: Path) -> int:
    """Try one input; whether it breaks the target."""
    prepare()
    found = tried(target, path.read_bytes())
    print(found.told if found else f"{target.name} bears it")
    return int(found is not None)


def minimise(target: Target, path: Path) -> int:
    """Write what is left of a finding when all that it does not need is gone."""
    prepare()
    least = minimised(target, path.read_bytes())
    path.with_name(f"{path.name}.least").write_bytes(least)
    print(f"{len(least)} octets: {least[:200]!r}")
    return 0


class Run:
    """All turns of a run, and what they came to, in FOLDER/stats.json over all runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "stats.json"
        self.stats: dict[str, Tally] = json.loads(self._path.read_text()) if self._path.exists() else {}
        self.findings: set[tuple[str, str]] = set()

    def turn(self, target: Target, seconds: float) -> None:
        """Let one process search for SECONDS."""
        tally = self.folder / "tally.json"
        tally.unlink(missing_ok=True)
        command = [
            sys.executable,
            "-m",
            f"{__package__}.part",
            target.name,
            "--folder",
            str(self.folder),
            "--seconds",
            str(seconds),
            "--seed",
            str(random.randrange(1, 2**31)),
        ]
        with (self.folder / f"{target.name}.log").open("wb") as log:
            begun = time.monotonic()
            status = _ended(subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log), seconds)
        made: Tally = json.loads(tally.read_text()) if tally.exists() else {"executions": 0, "cpu": 0.0, "findings": []}
        if status:
            made["findings"].append(f"process-died-{status}")
        self._add(target, made, time.monotonic() - begun)

    def _add(self, target: Target, made: Tally, seconds: float) -> None:
        known = self.stats.setdefault(target.name, {"executions": 0, "cpu": 0.0, "seconds": 0.0, "turns": 0})
        for name, value in (
            ("executions", made["executions"]),
            ("cpu", made["cpu"]),
            ("seconds", seconds),
            ("turns", 1),
        ):
            known[name] = round(known[name] + value, 1)
        self.findings |= {(target.name, key) for key in made["findings"]}
        self._path.write_text(json.dumps(self.stats, indent=1))
        say(
            f"{target.name}: {made['executions']} inputs in {seconds:.0f} s"
            + "".join(f"; FOUND {key}" for key in made["findings"])
        )


def _ended(process: subprocess.Popen[bytes], seconds: float) -> int:
    """Exit status; a process that is late is killed. Counted in steps, so that a run may be stopped for a while and go
    on.
    """
    for _step in range(int((seconds + _GRACE) / _STEP)):
        with suppress(subprocess.TimeoutExpired):
            return process.wait(_STEP)
    process.kill()
    return process.wait()


def turns(targets: list[Target], seconds: float) -> Iterator[tuple[Target, float]]:
    """(target, seconds of its turn), round and round until the time is over."""
    until = time.monotonic() + seconds
    share = min(_MOST, max(_LEAST, seconds / max(1, len(targets))))
    while True:
        for target in targets:
            left = until - time.monotonic()
            if left < 1:
                return
            yield target, max(1.0, min(share, left))


def main() -> int:
    """Fuzz, list or replay."""
    options = parser().parse_args()
    targets = chosen(options.targets)
    if options.list:
        print("\n".join(f"{target.name:18} {target.about}" for target in targets))
        return 0
    if options.replay:
        return replayed(targets[0], options.replay)
    if options.minimise:
        return minimise(targets[0], options.minimise)
    if not find_spec("atheris"):
        say("atheris is not installed here: inputs are changed by chance, without looking at coverage")
    run = Run(options.folder)
    for target, seconds in turns(targets, options.minutes * 60):
        run.turn(target, seconds)
    for name, key in sorted(run.findings):
        print(f"{name}: {key}: see {run.folder / 'found' / name / key}.txt")
    print(
        f"{sum(tally['executions'] for tally in run.stats.values()):.0f} inputs in all runs, {len(run.findings)}"
        " findings in this one"
    )
    return int(bool(run.findings))


if __name__ == "__main__":
    sys.exit(main())
