"""The figures as a page: tables of ratios, and which of the figures to reach were reached; the screen and docs/bench.md show the same."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version

from .collecting import FORKS, Collected
from .judging import Sized
from .measure import Run
from .part import Part, table

SECONDS, MEGABYTES, GROWTH = 10.0, 400.0, 2.3  # the verdict on 10,000 hosts; its time against that on 5,000
CONTROLLER_CPU = 1.3  # layer2_facts against ping
LARGE = 10_000

_HEAD = """# What `make bench` measured

Written by `make bench`; every figure comes from one run on one machine, so compare figures of this page only with each other.
Each verdict is checked: the run fails if the twins planted in the synthetic fleet are not found, or anything else is.

"""
_VERDICT = """## The verdict on cached facts

A host has 8 NICs and 200 neighbour entries; one host of five is a hypervisor with two guests. Facts lie in a `jsonfile` fact cache.

- *hostvars*: `ansible-playbook` from start to end with `hostvars | netops.layer2.mac_collisions(hosts=groups['all'])`
- *not injected*: the same with `inject_facts_as_vars = false` in ansible.cfg
- *cache folder*: the same as the first, with the path of the fact cache in place of `hostvars`
- *alone*: the filter's function without Ansible, from the fact cache
- *naive*: `ansible-playbook` with a filter that walks `hostvars` over lists of dictionaries
- *GROUP BY*: DuckDB with one thread on the flat rows, already loaded
- *nothing*: `ansible-playbook` with the same inventory and no judging

Time ratios are to *hostvars*; memory is that of the largest process.

"""
_COLLECTING = """## Collecting

{hosts} SSH hosts in network namespaces of the same machine, {forks} forks, a new connection a host in each play, medians of {rounds} rounds in
turns. CPU is the controller's: `ansible-playbook` with its workers, ssh clients and connection masters, without what runs on
the targets. Ratios are to `ping`.

"""


def machine() -> str:
    """One line on what it was measured with."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    try:
        duckdb = f", DuckDB {version('duckdb')}"
    except PackageNotFoundError:
        duckdb = ""
    return (f"{os.cpu_count()} cores, {memory:.0f} GiB of memory, Linux {platform.release().partition('-')[0]}, Python "
            f"{platform.python_version()}, ansible-core {version('ansible-core')}{duckdb}; load at the end {os.getloadavg()[2]:.1f}.")


def _figures(name: str, run: Run, base: Run) -> list[str]:
    return [name, f"{run.wall:.2f}", f"{run.cpu:.2f}", f"{run.wall / base.wall:.2f}", f"{run.cpu / base.cpu:.2f}", f"{run.peak:.0f}"]


_COLUMNS = ["wall s", "CPU s", "wall ratio", "CPU ratio", "peak MiB"]


def verdict_part(sizes: Sequence[Sized]) -> str:
    """One table a size."""
    parts = [_VERDICT]
    for sized in sizes:
        ways = {"hostvars": sized.hostvars, "not injected": sized.lean, "cache folder": sized.folder, "alone": sized.alone, "naive": sized.naive,
                "GROUP BY": sized.group_by, "nothing": sized.nothing}
        rows = [_figures(name, run, sized.hostvars) for name, run in ways.items() if run is not None]
        left_out = [name for name, run in ways.items() if run is None]
        parts.append(table([f"{sized.hosts:,} hosts, {sized.rows:,} rows", *_COLUMNS], rows))
        parts.append(f"\nNot run at this size: {', '.join(left_out)}.\n\n" if left_out else "\n")
    return "".join(parts)


def collecting_part(collected: Collected) -> str:
    """The table of modules."""
    base = collected.runs["ping"]
    rows = [_figures(name, run, base) for name, run in collected.runs.items()]
    text = _COLLECTING.format(hosts=collected.hosts, forks=FORKS, rounds=collected.rounds)
    return text + table(["module", *_COLUMNS], rows) + "\n"


def targets(sizes: Sequence[Sized], collected: Collected | None) -> Iterator[tuple[bool, str]]:
    """Yield (whether it was reached, what) for each figure to reach that was measured."""
    by_hosts = {sized.hosts: sized for sized in sizes}
    large, half = by_hosts.get(LARGE), by_hosts.get(LARGE // 2)
    if large:
        ways = {"hostvars": large.hostvars, "hostvars with facts not injected": large.lean, "the cache folder": large.folder}
        for name, run in ways.items():
            yield run.wall <= SECONDS, f"{LARGE:,} hosts within {SECONDS:.0f} s end to end, through {name}: {run.wall:.1f} s"
            yield run.peak <= MEGABYTES, f"{LARGE:,} hosts within {MEGABYTES:.0f} MB, through {name}: {run.peak:.0f} MiB"
    if large and half:
        ratio = large.hostvars.wall / half.hostvars.wall
        yield ratio <= GROWTH, f"time on {LARGE:,} hosts at most {GROWTH} times that on {LARGE // 2:,}: {ratio:.2f} (CPU " \
            f"{large.hostvars.cpu / half.hostvars.cpu:.2f})"
    if collected:
        ping, ours, setup = (collected.runs[name] for name in ("ping", "layer2_facts", "setup"))
        ratio = ours.cpu / ping.cpu
        yield ratio <= CONTROLLER_CPU, f"layer2_facts costs at most {CONTROLLER_CPU} times ping's controller CPU: {ratio:.2f}"
        yield ours.wall < setup.wall, f"layer2_facts takes less wall time than setup: {ours.wall:.1f} s against {setup.wall:.1f} s"


def page(sizes: Sequence[Sized], collected: Collected | None, left_out: Sequence[str], more: Sequence[Part] = ()) -> str:
    """The whole page."""
    figures = [*targets(sizes, collected), *(figure for part in more for figure in part.reached)]
    reached = [f"- {'reached' if good else '**not reached**'}: {what}" for good, what in figures]
    parts = [_HEAD, f"Measured with {machine()}\n\n"]
    parts += ["## To reach\n\n" + "\n".join(reached) + "\n\n"] if reached else []
    parts += [verdict_part(sizes)] if sizes else []
    parts += [collecting_part(collected)] if collected else []
    parts += [part.text for part in more]
    parts += [f"Left out: {what}.\n" for what in left_out]
    return "".join(parts).rstrip("\n") + "\n"
