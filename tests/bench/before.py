"""The verdict of this code beside that of the code before observations, which read hosts' tables itself: what the house
for growth cost. Both judge the same fleet, in turns.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from . import judging
from .fleet import Fleet
from .material import ROOT
from .measure import Run, median
from .part import COLUMNS, Part, Say, figures, table

BEFORE = "db46845e9e1a29bec76538b8316eeaea48b7a689"  # the last commit without observations
HOSTS = 10_000
WORSE = 1.10  # at most so many times the time and the memory
_TEXT = f"""## Before and after observations

Since the model is fed with observations of every source, it no longer reads hosts' tables itself. This code (*after*)
beside commit {BEFORE[:7]} (*before*), on the same fleet of {HOSTS:,} hosts, in turns. Ratios are to *before*; ways as
above.

"""
Way = Callable[[Fleet, Path, Path], Run]
WAYS: Mapping[str, Way] = {
    "hostvars": lambda fleet, folder, tree: judging.play(fleet, folder, "judge", tree),
    "cache folder": lambda fleet, folder, tree: judging.play(fleet, folder, "judge-folder", tree),
    "alone": judging.alone,
}
Pair = tuple[Run, Run]  # before, after


def _git(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", "-c", "safe.directory=*", "-C", str(ROOT), *words], capture_output=True, check=False)


def obstacle() -> str:
    """Why it cannot be measured here: the commit has to be there, which a shallow clone or an archive lacks."""
    try:
        known = _git("cat-file", "-e", f"{BEFORE}^{{commit}}").returncode == 0
    except FileNotFoundError:
        return "git is not installed"
    return "" if known else f"this checkout does not have commit {BEFORE[:7]}"


def unpack(folder: Path) -> Path:
    """The collection as it was before, in a folder of its own."""
    tree = folder / "before"
    packed = _git("archive", BEFORE, "plugins", "meta", "galaxy.yml")
    packed.check_returncode()
    tree.mkdir()
    subprocess.run(["tar", "-x", "-C", str(tree)], input=packed.stdout, check=True)
    return tree


def part(repeat: int, say: Say) -> Part:
    """Measured, and as a part of the page."""
    fleet = Fleet(HOSTS)
    with tempfile.TemporaryDirectory(prefix="layer2-bench-before-") as name:
        folder = Path(name)
        tree = unpack(folder)
        say(f"{HOSTS:,} hosts: writing their facts for both")
        judging.write(fleet, folder)
        measured: dict[str, list[Pair]] = {way: [] for way in WAYS}
        for number in range(repeat):
            say(f"{HOSTS:,} hosts, before and after: round {number + 1} of {repeat}")
            for way, judged in WAYS.items():
                measured[way].append((judged(fleet, folder, tree), judged(fleet, folder, ROOT)))
    middle = {way: _middle(pairs) for way, pairs in measured.items()}
    return Part(_TEXT + _table(middle), list(targets(middle)))


def _middle(pairs: Sequence[Pair]) -> Pair:
    return median([before for before, _after in pairs]), median([after for _before, after in pairs])


def _table(measured: Mapping[str, Pair]) -> str:
    rows = [
        figures(f"{way}, {when}", made, before)
        for way, (before, after) in measured.items()
        for when, made in (("before", before), ("after", after))
    ]
    return table([f"{HOSTS:,} hosts", *COLUMNS], rows) + "\n"


def targets(measured: Mapping[str, Pair]) -> Iterator[tuple[bool, str]]:
    """Yield (whether it was reached, what) for each figure to reach."""
    for way, (before, after) in measured.items():
        time, memory = after.cpu / before.cpu, after.peak / before.peak
        yield (
            max(time, memory) <= WORSE,
            f"at most {WORSE} times the CPU time and memory of the code before observations, {way}: {time:.2f} and"
            f" {memory:.2f}",
        )
