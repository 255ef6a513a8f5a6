"""A process that tries inputs on one target for a while: node by node, then guided by coverage where atheris is
installed, else by chance.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .mutation import every_node, mutated
from .target import JSON, OCTETS, Target
from .trial import LONGEST, Finding, prepare, tried

MOST_ADDRESSES = 6 << 30  # octets of address space: what runs away ends in a MemoryError, not in a dead machine
_NO_LIMIT = 86400  # s
_REPORT = 1.0  # s between two writes of the tally
_COLLECTION = "ansible_collections"


class Session:
    """Inputs of one target: counted, the ones that broke it kept, the smallest for each place."""

    def __init__(self, target: Target, folder: Path) -> None:
        self.target, self.folder = target, folder
        self.executions = 0
        self._sizes: dict[str, int] = {}
        self._next = 0.0

    def __call__(self, octets: bytes) -> None:
        """Try one input."""
        self.executions += 1
        found = tried(self.target, octets)
        if found is not None:
            self._keep(found)
        if found is not None or time.monotonic() >= self._next:
            self.report()

    def _keep(self, found: Finding) -> None:
        if len(found.octets) < self._sizes.get(found.key, sys.maxsize):
            self._sizes[found.key] = len(found.octets)
            place = self.folder / "found" / self.target.name
            place.mkdir(parents=True, exist_ok=True)
            (place / found.key).write_bytes(found.octets)
            (place / f"{found.key}.txt").write_text(found.told, encoding="utf-8", errors="backslashreplace")

    def report(self) -> None:
        """Write the tally of this process, for whoever started it."""
        self._next = time.monotonic() + _REPORT
        tally = {"executions": self.executions, "cpu": time.process_time(), "findings": sorted(self._sizes)}
        (self.folder / "tally.json").write_text(json.dumps(tally))


def corpus(target: Target, folder: Path) -> Path:
    """The folder of the target's inputs, the samples in it."""
    place = folder / "corpus" / target.name
    place.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (place / f"seed-{number:03}").write_bytes(seed)
    return place


def by_chance(session: Session, inputs: list[bytes], seconds: float, seed: int, most: int = sys.maxsize) -> None:
    """Try INPUTS, then changed ones, without looking at coverage."""
    chance = random.Random(seed)
    until = time.monotonic() + seconds
    for octets in inputs:
        session(octets)
    while time.monotonic() < until and session.executions < most:
        session(mutated(session.target, chance.choice(inputs), inputs, chance)[:LONGEST])


def by_node(session: Session, seconds: float, seed: int) -> None:
    """Try the samples of a target that reads documents with one node changed at a time, as many as fit into SECONDS."""
    until = time.monotonic() + seconds
    for octets in every_node(list(session.target.seeds()), random.Random(seed)):
        if time.monotonic() >= until:
            return
        if len(octets) <= LONGEST:
            session(octets)


def by_coverage(atheris: Any, session: Session, place: Path, seconds: float, seed: int) -> None:
    """Hand over to libFuzzer, which ends the process when the time is over."""
    seeds = list(session.target.seeds())

    def mutate(octets: bytes, longest: int, number: int) -> bytes:
        chance = random.Random(number)
        if session.target.shape == OCTETS and chance.random() < 0.7:
            return bytes(atheris.Mutate(octets, longest))
        return mutated(session.target, octets, seeds, chance)[:longest]

    # libFuzzer's own limits count real time and the whole process; trial.py sets better ones.
    limits = [f"-timeout={_NO_LIMIT}", "-rss_limit_mb=0", f"-artifact_prefix={session.folder}/"]
    flags = [f"-max_total_time={int(seconds)}", f"-max_len={LONGEST}", f"-seed={seed}", "-len_control=0", *limits]
    atheris.Setup([sys.argv[0], *flags, str(place)], _quiet(session), custom_mutator=mutate)
    atheris.Fuzz()


def _quiet(session: Session) -> Callable[[bytes], None]:
    return lambda octets: session(bytes(octets))


def target_of(name: str, atheris: Any) -> Target:
    """The target called NAME; its collection's files are instrumented as they are imported."""
    if atheris is None:
        made: Target = import_module(f"{__package__}.targets").TARGETS[name]
        return made
    with atheris.instrument_imports(include=[_COLLECTION]):
        return target_of(name, None)


def main() -> None:
    """Try inputs on one target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSES, MOST_ADDRESSES))
    atheris = import_module("atheris") if find_spec("atheris") else None
    target = target_of(options.target, atheris)
    session = Session(target, options.folder)
    place = corpus(target, options.folder)
    prepare()
    session.report()
    begun = time.monotonic()
    if target.shape == JSON:
        by_node(session, options.seconds / 2, options.seed)
    left = options.seconds - (time.monotonic() - begun)
    if atheris is not None:
        by_coverage(atheris, session, place, left, options.seed)
    else:
        by_chance(session, [path.read_bytes() for path in sorted(place.iterdir())], left, options.seed)
        session.report()


if __name__ == "__main__":
    main()
