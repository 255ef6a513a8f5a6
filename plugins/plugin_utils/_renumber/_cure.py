"""The steps of a cure on the controller: judge, plan or open a plan, look what is left of it, prove what became of it.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import plain
from ansible_collections.netops.layer2.plugins.plugin_utils._documents import absolute
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._known import taken_macs
from ansible_collections.netops.layer2.plugins.plugin_utils._gathered import Reading
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber import _plan, _plan_outcome, _plan_steps
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._allocation import (
    LOCAL_PREFIX,
    QEMU_PREFIX,
    Allocator,
    read_pool,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan_steps import TODO, Consent
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._renumbering import (
    PlanError,
    Row,
    make_plan,
    read_facts,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._report._compare import compare, read_earlier
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import parse
from ansible_collections.netops.layer2.plugins.plugin_utils._reporting import Circumstances, reported
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import read_exceptions
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions


@dataclass(frozen=True, slots=True)
class Fleet:
    """The hosts of a run: hostvars, the names of those that it is about, and who of them was read in this run.

    Nobody is cured by what a fact cache kept of an earlier one.
    """

    hostvars: Mapping[str, Any]
    hosts: Sequence[str]
    reading: Reading


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the operator wants of a new plan."""

    keep: object = None                    # MAC: the owner that is to keep it
    statuses: object = ("conflict",)
    prefix: object = QEMU_PREFIX
    seed: str = ""
    reserved: object = ()


def judge(fleet: Fleet, exceptions: object, circumstances: Circumstances) -> Row:
    """The report document of FLEET as it is now; ExceptionError for exceptions of no use, SnapshotError where hostvars
    are none.
    """
    verdict = mac_collisions(
        fleet.hostvars, list(fleet.hosts), fleet.reading.missing, read_exceptions(exceptions), False, None
    )
    return reported(plain(verdict), fleet.reading, circumstances)


def new_plan(report: Row, fleet: Fleet, wishes: Wishes, earlier: str = "") -> Row:
    """A plan for the findings of REPORT, with what the plan in the file EARLIER began and did not finish; PlanError,
    PoolError.
    """
    taken = taken_macs(fleet.hostvars, _listed(wishes.reserved))
    guests, hosts = read_pool(wishes.prefix), read_pool(LOCAL_PREFIX)
    allocators = (Allocator(guests, wishes.seed, taken), Allocator(hosts, wishes.seed, taken))
    plan = make_plan(
        report["verdict"]["findings"],
        read_facts(fleet.hostvars),
        allocators,
        wishes.keep or {},  # type: ignore[arg-type]
        wishes.statuses,  # type: ignore[arg-type]
    )
    if not earlier or not os.path.exists(absolute(earlier)):
        return plan
    return _plan_steps.resumed(plan, _plan.open_plan(earlier), fleet.hostvars, fleet.hosts)


def _listed(value: object) -> Iterable[object]:
    """VALUE as a list; one text alone is one element."""
    return value if isinstance(value, (list, tuple)) else [value]


def saved_plan(path: str, fleet: Fleet) -> Row:
    """The plan in the file PATH, all of whose hosts are those of FLEET; PlanError otherwise."""
    plan = _plan.open_plan(path)
    if strangers := _plan.strangers(plan, fleet.hosts):
        raise PlanError(f"{absolute(path)}: {'; '.join(strangers[:4])}")
    return plan


@dataclass(frozen=True, slots=True)
class Look:
    """What a plan comes to now: its steps, and what speaks against taking them."""

    steps: list[Row]
    problems: list[str]

    @property
    def todo(self) -> list[Row]:
        """The steps that are to be taken."""
        return [step for step in self.steps if step["state"] == TODO]


def look(plan: Row, fleet: Fleet, consent: Consent) -> Look:
    """Hold PLAN against FLEET as it is now; PlanError if it is no plan."""
    steps = _plan_steps.plan_steps(plan, fleet.hostvars, consent)
    if strangers := _plan.strangers(plan, fleet.hosts):
        return Look(steps, strangers)
    return Look(
        steps,
        [
            *_plan_steps.step_problems(steps, fleet.hosts),
            *_plan.plan_problems(plan, fleet.hostvars, fleet.reading.missing),
        ],
    )


def prove(plan: Row, steps: Sequence[Row], report: Row, missing: Mapping[str, str], before: Row | None = None) -> Row:
    """What became of PLAN, as `_plan_outcome.outcome` says it; REPORT is compared with that of BEFORE the change, where
    there is one.
    """
    if before is not None:
        name = "the report from before the change"
        report = {
            **report,
            "comparison": compare(_formats.opened(report), read_earlier(json.dumps(before), name), name),
        }
    return _plan_outcome.outcome(plan, steps, parse(report), list(missing))


def is_settled(outcome: Row) -> bool:
    """Whether another look would tell nothing else: what neighbours remember of an old address takes a moment to go."""
    return not outcome["new"] and all(row["outcome"] != _plan_outcome.STANDS for row in outcome["macs"])
