"""What verdicts of every kind have in common: who may judge, the document with summary, findings and coverage, and what
the operator excepts.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._coverage import coverage_of
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._garbage import short_garbage_collection
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hosts import Hosts
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._observation import Statement
from ansible_collections.netops.layer2.plugins.plugin_utils._sources._observe import Observed, observe
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import ExceptionList

Row = dict[str, t.Any]
# How many MACs or addresses were judged, and a finding for each that needs one; None where it is only counted as
# shared.
Evaluation = tuple[int, Iterator[Row | None]]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What differs between one verdict and another: names, the order of findings after their status, and who judges."""

    schema: str
    version: int
    statuses: tuple[str, ...]
    order: tuple[str, ...]
    counted: str
    evaluate: t.Callable[[Observed, bool], Evaluation]


def judged(
    assessment: Assessment,
    hosts: Hosts,
    unreachable: Mapping[str, str] | None,
    exceptions: ExceptionList | None,
    list_shared: bool,
    *sources: Iterator[Statement],
) -> Row:
    """The verdict document of COURT on HOSTS and what further SOURCES tell of them: summary, findings, coverage."""
    with short_garbage_collection():
        # What is handed out of it no longer holds the model, or the first collection afterwards would walk it once
        # more.
        return _verdict(assessment, hosts, unreachable or {}, exceptions or ExceptionList(()), list_shared, *sources)


def _verdict(
    assessment: Assessment,
    hosts: Hosts,
    unreachable: Mapping[str, str],
    exceptions: ExceptionList,
    list_shared: bool,
    *sources: Iterator[Statement],
) -> Row:
    observed = observe(hosts, *sources)
    model = observed.model
    number, rows = assessment.evaluate(observed, list_shared)
    counts = dict.fromkeys((*assessment.statuses, "excepted"), 0)
    findings = []
    for finding in rows:
        if finding is None:
            counts["shared"] += 1
        else:
            findings.append(_granted(finding, exceptions, counts))
    findings.sort(key=lambda row: (assessment.statuses.index(row["status"]), *(row[name] for name in assessment.order)))
    coverage = coverage_of(model, unreachable)
    summary = {
        **counts,
        "hosts_judged": len(coverage["judged"]), "hosts_missing": len(coverage["missing"]),
        "guests_judged": model.guests, assessment.counted: number,
        "gaps": len(coverage["gaps"]), "quarantined": len(coverage["quarantined"]),
    }
    return {
        "schema": assessment.schema,
        "version": assessment.version,
        "summary": summary,
        "findings": findings,
        "coverage": coverage,
    }


def _granted(finding: Row, exceptions: ExceptionList, counts: dict[str, int]) -> Row:
    """FINDING with the exception that the operator granted it, if any, and counted accordingly."""
    exception = exceptions.granted(finding) if finding["status"] != "shared" else None
    if exception is not None:
        finding["exception"] = exception
    counts["excepted" if exception is not None else finding["status"]] += 1
    return finding
