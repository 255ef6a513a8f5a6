"""Slices of an AWX job: which part of the inventory a run saw, what it tells of its reading, and whether that arrived.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.netops.layer2.plugins.module_utils._table import finite
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import counted, cut, named
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hostvars import registered
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._received import received
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import FACT, WRAPPED
from ansible_collections.netops.layer2.plugins.plugin_utils._gathered import Reading

PREFIX = "layer2_gathered_"  # of the stats in which a job tells what it read; a number of its own follows
MOST_SLICES = 10_000
MISSING_MOST = 40  # hosts that are named on the screen
_CLAIM = re.compile(re.escape(PREFIX) + r"[0-9]{1,18}\Z")
# AWX gives its jobs these variables; AAP the same under its earlier name.
_JOBS = ("awx_job_id", "tower_job_id")
_NUMBERS, _COUNTS = ("awx_job_slice_number", "tower_job_slice_number"), ("awx_job_slice_count", "tower_job_slice_count")


@dataclass(frozen=True, slots=True)
class Slice:
    """The slice NUMBER, from 1, of COUNT; of a job without slices 1 of 1."""

    number: int = 1
    count: int = 1

    @property
    def label(self) -> str:
        """In words, empty where it is all of the job."""
        return f"slice {self.number} of {self.count}" if self.count > 1 else ""


class SliceError(ValueError):
    """A run is a slice, and what it is to do needs the whole inventory."""


def this_slice(variables: Mapping[str, Any]) -> Slice:
    """The slice that a run with these VARIABLES is."""
    number, count = _first(variables, _NUMBERS), _first(variables, _COUNTS)
    return Slice(number, count) if number and count else Slice()


def part_of(variables: Mapping[str, Any]) -> str:
    """The part of the inventory that a run with these VARIABLES sees, in words; empty where it sees all."""
    return this_slice(variables).label


def refuse_part(variables: Mapping[str, Any], deed: str) -> None:
    """SliceError where a run with these VARIABLES sees a part of the inventory, which is too little for DEED."""
    if part := part_of(variables):
        raise SliceError(f"{deed} needs the whole inventory, and this is {part}: run the job template without slices")


def _first(variables: Mapping[str, Any], names: Iterable[str]) -> int:
    """The first of the variables NAMES that is a number from 1; 0 without one. From a survey numbers come as texts."""
    for name in names:
        value = str(variables.get(name) or "")
        if value.isdecimal() and 0 < int(value[:6]) <= MOST_SLICES:
            return int(value[:6])
    return 0


def claim(variables: Mapping[str, Any], run: str, at: float, read: int) -> dict[str, Any]:
    """What a run with these VARIABLES tells the jobs after it: that RUN put READ snapshots into the fact cache until
    AT.

    Each job has a name of its own for it, since AWX hands on one value of each name.
    """
    part = this_slice(variables)
    name = next((str(variables[job]) for job in _JOBS if str(variables.get(job) or "").isdecimal()), str(part.number))
    return {
        PREFIX + name[:18]: {"slice": part.number, "slices": part.count, "run": run, "at": round(at, 3), "read": read}
    }


@dataclass(frozen=True, slots=True)
class Told:
    """Who of a play was READ in this run, and why the MISSING were not, by host."""

    read: tuple[str, ...]
    missing: Mapping[str, str]

    @classmethod
    def of(cls, hostvars: Mapping[str, Any], hosts: Iterable[str], reading: Reading) -> Told:
        """From what the tasks of the run left of HOSTS, and the READING of it."""
        missing = dict(reading.missing)
        read = []
        for host, variables in registered(hostvars, hosts):
            if host not in missing and received(variables, FACT) is None:
                missing[host] = "no snapshot was gathered"
            if host not in missing:
                read.append(host)
        return cls(tuple(read), missing)

    def text(self, part: Slice) -> str:
        """What is shown: numbers first, then a line for each host that is missing, up to a few dozens."""
        total = len(self.read) + len(self.missing)
        where = f" ({part.label})" if part.label else ""
        lines = [
            f"{len(self.read)} of {counted(total, 'host')} read{where}, into the fact cache. This is no verdict:"
            " judge_layer2 makes it."
        ]
        rows = sorted(self.missing.items())
        lines += [f"  missing  {cut(host, 60)}: {cut(reason, 300)}" for host, reason in rows[:MISSING_MOST]]
        if len(rows) > MISSING_MOST:
            lines.append(f"  and {len(rows) - MISSING_MOST} more")
        return "\n".join(lines)

    def failures(self) -> list[str]:
        """A run that read nobody is none."""
        if self.read:
            return []
        total = len(self.missing)
        return ["the one host could not be read" if total == 1 else f"none of {total} hosts could be read"]


def forgetful(plugin: str, files: Iterable[str], hosts: Iterable[str]) -> list[str]:
    """Why what was read will not be there for the job that judges: texts, none where nothing speaks against it.

    PLUGIN: the short name of the cache plugin. FILES: the names in its folder after the HOSTS were read.
    """
    if plugin == "memory":
        return [
            "what was read is forgotten with this run: no fact cache is configured. In AWX switch on fact storage"
            " (use_fact_cache) of the job template; elsewhere set fact_caching=jsonfile and fact_caching_connection in"
            " ansible.cfg"
        ]
    names = set(files)
    both = [host for host in hosts if host in names and WRAPPED + host in names]
    return [f"{named(both, 5)}: {STALE}"] if plugin == "jsonfile" and both else []


@dataclass(frozen=True, slots=True)
class _Claim:
    number: int
    count: int
    run: str
    at: float
    read: int


def claimed_runs(variables: Mapping[str, Any]) -> list[str]:
    """The runs that read for this job, whose facts count as of now; their claims are variables, from ``set_stats``."""
    return [each.run for each in _claims(variables)]


def unmet(variables: Mapping[str, Any]) -> list[str]:
    """Why the fact cache cannot be what the reading jobs of this workflow left: texts, none where nobody claims that.

    VARIABLES: of a task, with `hostvars` of the whole inventory.
    """
    claims = list(_claims(variables))
    if not claims:
        return []
    arrived = _arrived(claims, variables["hostvars"])
    lost = [each for each in claims if arrived[each] < each.read]
    return [*_silent(claims), *(_lost(each, arrived[each]) for each in lost), *([STALE] if lost else [])]


def _arrived(claims: list[_Claim], hostvars: Mapping[str, Any]) -> dict[_Claim, int]:
    """Of each claim how many snapshots are of its run, or newer: another job may have read the host again since."""
    by_run: dict[str, int] = {}
    times: list[float] = []
    for _host, told in registered(hostvars, hostvars):
        if when := received(told, FACT):
            by_run[when.run] = by_run.get(when.run, 0) + 1
            times.append(when.at)
    times.sort()
    return {each: by_run.get(each.run, 0) + len(times) - bisect_right(times, each.at) for each in claims}


STALE = (
    "the facts in the cache are older than the jobs that claim to have read them. Either fact storage (use_fact_cache)"
    " is off in one of the job templates, or the host left the inventory or the limit, or the execution environment has"
    " ansible-core 2.19 or newer, which names the files of the cache s1_HOST where AWX up to 24.6 reads and writes"
    " HOST: use an execution environment with ansible-core 2.16 to 2.18"
)


def _lost(each: _Claim, arrived: int) -> str:
    name = Slice(each.number, each.count).label or "the reading job"
    return (
        f"{name} says that it read {counted(each.read, 'host')}, and the fact cache holds {arrived} of these snapshots"
    )


def _silent(claims: list[_Claim]) -> list[str]:
    """The slices of which nobody told anything: they failed before their end, or still run."""
    most = max(each.count for each in claims)
    told = {each.number for each in claims}
    silent = [str(number) for number in range(1, most + 1) if number not in told]
    return (
        [f"of {most} slices nothing is known of {named(silent, 10)}: the job did not get to its end"] if silent else []
    )


def _claims(variables: Mapping[str, Any]) -> Iterable[_Claim]:
    for name in sorted(str(name) for name in variables if isinstance(name, str) and _CLAIM.match(name)):
        told = variables[name]
        if not isinstance(told, Mapping):
            continue
        number, count, read = (_whole(told.get(key)) for key in ("slice", "slices", "read"))
        run, at = told.get("run"), finite(told.get("at"))
        if number and count and read is not None and at is not None and isinstance(run, str):
            yield _Claim(number, min(count, MOST_SLICES), run, at, read)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
