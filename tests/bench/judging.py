"""The verdict measured: through ansible-playbook and alone, against the naive filter and DuckDB, each result checked.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import typing as t
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from . import material
from .fleet import Fleet
from .measure import BenchError, Run, median, run
from .part import COLUMNS, Part, Say, figures, table

SECONDS, MEGABYTES, GROWTH = 10.0, 400.0, 2.3  # on 10,000 hosts; the time there against that on 5,000
LARGE = 10_000
NAIVE_UP_TO = 5000  # the naive filter would take minutes beyond
_TEXT = """## The verdict on cached facts

A host has 8 NICs and 200 neighbour entries; one host of five is a hypervisor with two guests. Facts lie in a
`jsonfile` fact cache.

- *hostvars*: `ansible-playbook` from start to end with `hostvars | netops.layer2.mac_collisions(hosts=groups['all'])`
- *not injected*: the same with `inject_facts_as_vars = false` in ansible.cfg
- *cache folder*: the same as the first, with the path of the fact cache in place of `hostvars`
- *alone*: the filter's function without Ansible, from the fact cache
- *naive*: `ansible-playbook` with a filter that walks `hostvars` over lists of dictionaries
- *GROUP BY*: DuckDB with one thread on the flat rows, already loaded
- *nothing*: `ansible-playbook` with the same inventory and no judging

Time ratios are to *hostvars*; memory is that of the largest process.

"""


@dataclass(frozen=True, slots=True)
class Sized:
    """All figures of one size of fleet; None where a measurement was left out."""

    hosts: int
    rows: int
    hostvars: Run  # ansible-playbook, hostvars | mac_collisions
    lean: Run  # the same with inject_facts_as_vars = false
    folder: Run  # ansible-playbook, the cache's folder | mac_collisions
    nothing: Run  # ansible-playbook with the same inventory, judging nothing
    alone: Run  # the filter's function without Ansible
    naive: Run | None
    group_by: Run | None


def obstacle() -> str:
    """Why it cannot be measured here: nothing is needed."""
    return ""


def part(fleets: Sequence[Fleet], repeat: int, say: Say) -> Part:
    """Measured, and as a part of the page; what was written for a fleet is removed before the next one."""
    sizes = []
    with tempfile.TemporaryDirectory(prefix="layer2-bench-verdict-") as folder:
        for fleet in fleets:
            place = Path(folder) / str(fleet.hosts)
            sizes.append(measure(fleet, place, fleet.hosts <= NAIVE_UP_TO, repeat, say))
            shutil.rmtree(place)
    return Part(_TEXT + "".join(map(_table, sizes)), list(targets(sizes)))


def _table(sized: Sized) -> str:
    ways = {
        "hostvars": sized.hostvars,
        "not injected": sized.lean,
        "cache folder": sized.folder,
        "alone": sized.alone,
        "naive": sized.naive,
        "GROUP BY": sized.group_by,
        "nothing": sized.nothing,
    }
    rows = [figures(name, run, sized.hostvars) for name, run in ways.items() if run is not None]
    left_out = [name for name, run in ways.items() if run is None]
    text = table([f"{sized.hosts:,} hosts, {sized.rows:,} rows", *COLUMNS], rows)
    return text + (f"\nNot run at this size: {', '.join(left_out)}.\n\n" if left_out else "\n")


def targets(sizes: Sequence[Sized]) -> Iterator[tuple[bool, str]]:
    """Yield (whether it was reached, what) for each figure to reach whose size was measured."""
    by_hosts = {sized.hosts: sized for sized in sizes}
    large, half = by_hosts.get(LARGE), by_hosts.get(LARGE // 2)
    if large:
        ways = {
            "hostvars": large.hostvars,
            "hostvars with facts not injected": large.lean,
            "the cache folder": large.folder,
        }
        for name, run in ways.items():
            yield (
                run.wall <= SECONDS,
                f"{LARGE:,} hosts within {SECONDS:.0f} s end to end, through {name}: {run.wall:.1f} s",
            )
            yield (
                run.megabytes <= MEGABYTES,
                f"{LARGE:,} hosts within {MEGABYTES:.0f} MB, through {name}: {run.megabytes:.0f} MB",
            )
    if large and half:
        ratio, by_cpu = large.hostvars.wall / half.hostvars.wall, large.hostvars.cpu / half.hostvars.cpu
        yield (
            ratio <= GROWTH,
            f"time on {LARGE:,} hosts at most {GROWTH} times that on {LARGE // 2:,}: {ratio:.2f} (CPU {by_cpu:.2f})",
        )


def measure(fleet: Fleet, folder: Path, naive: bool, repeat: int, say: Say) -> Sized:
    """Measure FLEET in FOLDER; BenchError if any verdict is not what was planted."""
    say(f"{fleet.hosts} hosts: writing their facts")
    write(fleet, folder, naive)
    runs: dict[str, list[Run]] = {"judge": [], "judge-lean": [], "judge-folder": [], "nothing": [], "alone": []}
    for number in range(repeat):
        say(f"{fleet.hosts} hosts: round {number + 1} of {repeat}")
        for name, made in runs.items():
            made.append(alone(fleet, folder) if name == "alone" else play(fleet, folder, name))
    walked = None
    if naive:
        say(f"{fleet.hosts} hosts: the naive filter")
        walked = _naive(fleet, folder)
    grouped, rows = _group_by(fleet, folder, repeat)
    middle = {name: median(made) for name, made in runs.items()}
    return Sized(
        fleet.hosts,
        rows,
        middle["judge"],
        middle["judge-lean"],
        middle["judge-folder"],
        middle["nothing"],
        middle["alone"],
        walked,
        grouped,
    )


def write(fleet: Fleet, folder: Path, naive: bool = False) -> None:
    """Write what FLEET is judged by; what the naive filter reads, too, if NAIVE."""
    folder.mkdir(parents=True, exist_ok=True)
    words = ["--hosts", str(fleet.hosts), "--segment", str(fleet.segment), *(["--naive"] if naive else [])]
    step("write", folder, *words)


def step(name: str, folder: Path, *words: str, tree: Path = material.ROOT) -> Run:
    """One step of ``steps.py``, in a process of its own, with the collection of TREE."""
    settings = material.environment(folder, tree=tree)
    return run([sys.executable, "-m", "tests.bench.steps", name, folder, *words], folder, settings)


def _inner(made: Run) -> tuple[Run, t.Any]:
    """The run with the figures that the step took itself, and the step's result."""
    answer = json.loads(made.output)
    return replace(made, wall=answer["wall"], cpu=answer["cpu"], output=""), answer["result"]


def play(fleet: Fleet, folder: Path, name: str, tree: Path = material.ROOT) -> Run:
    """One of the playbooks that material.write() made; BenchError if the verdict is not what was planted."""
    cache = "naive-cache" if name == "naive" else "cache"
    settings = material.environment(folder, cache, inject=name != "judge-lean", tree=tree)
    made = run([material.PLAYBOOK, "-i", "inventory", f"{name.removesuffix('-lean')}.yml"], folder, settings)
    if name.startswith("judge"):
        _checked(f"{name}, {fleet.hosts} hosts", printed(made.output), fleet)
    return made if name == "naive" else replace(made, output="")


def printed(output: str) -> t.Any:
    """The value that the play's one task printed."""
    start = output.find("{")
    if start < 0:
        raise BenchError(f"the play printed no result: {output[-2000:]}")
    said = json.loads(output[start:output.rindex("}") + 1])["msg"]
    return (
        json.loads(said) if isinstance(said, str) else said
    )  # ansible-core before 2.19 makes data of what looks like it


def _checked(what: str, verdict: t.Any, fleet: Fleet) -> None:
    problem = material.check(verdict, fleet.expected(), fleet.hosts)
    if problem:
        raise BenchError(f"{what}: the verdict is not what was planted: {problem}")


def alone(fleet: Fleet, folder: Path, tree: Path = material.ROOT) -> Run:
    """The filter's work without Ansible on the cache in FOLDER; BenchError if the verdict is not what was planted."""
    made, verdict = _inner(step("filter", folder, tree=tree))
    _checked(f"the filter alone, {fleet.hosts} hosts", verdict, fleet)
    return made


def _naive(fleet: Fleet, folder: Path) -> Run:
    made = play(fleet, folder, "naive")
    _found("the naive filter", printed(made.output)["macs"], fleet)
    return replace(made, output="")


def _found(what: str, macs: Sequence[str], fleet: Fleet) -> None:
    """The baselines know no guests, so they must find at least the twins among hosts."""
    twins = {mac for mac in fleet.expected().conflict if not mac.startswith("52:54:00")}
    if not twins <= set(macs):
        raise BenchError(f"{what} at {fleet.hosts} hosts missed {sorted(twins - set(macs))[:5]}")


def _group_by(fleet: Fleet, folder: Path, repeat: int) -> tuple[Run | None, int]:
    try:
        import duckdb  # noqa: F401
    except ImportError:
        return None, sum(1 for _line in (folder / "rows.csv").open())
    runs = []
    for _number in range(repeat):
        made, result = _inner(step("groupby", folder))
        _found("DuckDB", result["macs"], fleet)
        runs.append(made)
    return median(runs), result["rows"]
