"""What verdicts of every kind have in common: who may judge, the document with summary, findings and coverage, and what the operator excepts."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gc
import typing as t
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hosts import Hosts
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Model
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._observation import Told
from ansible_collections.netops.layer2.plugins.plugin_utils._sources._observe import Observed, observe
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import ExceptionList

Row = dict[str, t.Any]
# How many MACs or addresses were judged, and a finding for each that needs one; None where it is only counted as shared.
Hearing = tuple[int, Iterator[Row | None]]


@dataclass(frozen=True, slots=True)
class Court:
    """What differs between one verdict and another: names, the order of findings after their status, and who judges."""

    schema: str
    version: int
    statuses: tuple[str, ...]
    order: tuple[str, ...]
    counted: str
    sit: t.Callable[[Observed, bool], Hearing]


def judged(
    court: Court,
    hosts: Hosts,
    unreachable: Mapping[str, str] | None,
    exceptions: ExceptionList | None,
    list_shared: bool,
    sources: Iterator[Told],
) -> Row:
    """The verdict document of COURT on HOSTS and what further SOURCES tell of them: summary, findings, coverage."""
    with short_garbage_collection():
        # What is handed out of it no longer holds the model, or the first collection afterwards would walk it once more.
        return _verdict(court, hosts, unreachable or {}, exceptions or ExceptionList(()), list_shared, sources)


def _verdict(
    court: Court, hosts: Hosts, unreachable: Mapping[str, str], exceptions: ExceptionList, list_shared: bool, sources: Iterator[Told]
) -> Row:
    observed = observe(hosts, sources)
    model = observed.model
    number, hearing = court.sit(observed, list_shared)
    counts = dict.fromkeys((*court.statuses, "excepted"), 0)
    findings = []
    for finding in hearing:
        if finding is None:
            counts["shared"] += 1
        else:
            findings.append(_granted(finding, exceptions, counts))
    findings.sort(key=lambda row: (court.statuses.index(row["status"]), *(row[name] for name in court.order)))
    coverage = coverage_of(model, unreachable)
    summary = {
        **counts,
        "hosts_judged": len(coverage["judged"]), "hosts_missing": len(coverage["missing"]),
        "guests_judged": model.guests, court.counted: number,
        "gaps": len(coverage["gaps"]), "quarantined": len(coverage["quarantined"]),
    }
    return {"schema": court.schema, "version": court.version, "summary": summary, "findings": findings, "coverage": coverage}


def _granted(finding: Row, exceptions: ExceptionList, counts: dict[str, int]) -> Row:
    """FINDING with the exception that the operator granted it, if any, and counted accordingly."""
    exception = exceptions.granted(finding) if finding["status"] != "shared" else None
    if exception is not None:
        finding["exception"] = exception
    counts["excepted" if exception is not None else finding["status"]] += 1
    return finding


_OLD = 86_400  # seconds: snapshots of one judgement are read within hours, and no clock that anybody cares for is a day off


def _old(model: Model) -> Iterator[dict[str, str]]:
    """A gap for each host that was read long before the newest: what has changed since is not observed."""
    newest = max(model.collected.values(), default=0.0)
    for host, when in model.collected.items():
        if newest - when > _OLD:
            days = (newest - when) / _OLD
            yield {"host": host, "subset": "snapshot", "reason": f"read {days:.1f} days before the newest, by the hosts' own clocks",
                   "way_out": "Gather it again; if it was read just now, set its clock"}


def coverage_of(model: Model, unreachable: Mapping[str, str]) -> Row:
    """Who was judged, who is missing and why, what could not be read."""
    missing = {gone.host: gone.reason for gone in model.missing}
    missing.update({host: reason for host, reason in unreachable.items() if host not in model.identities})
    return {
        "judged": sorted(model.identities),
        "missing": [{"host": host, "reason": reason} for host, reason in sorted(missing.items())],
        "gaps": sorted([*model.gaps, *_old(model)], key=lambda gap: (gap["host"], gap.get("subset", ""))),
        "quarantined": [error.as_dict() for error in model.quarantined],
    }


@contextmanager
def short_garbage_collection() -> Iterator[None]:
    """Collect only what is newest: older collections would walk the records of the fleet again and again, and those have no cycles."""
    thresholds = gc.get_threshold()
    gc.set_threshold(thresholds[0], 1_000_000, 1_000_000)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
