"""The verdict in a few values, for set_stats and for the task that fails the play."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._report import _flood_table
from ansible_collections.netops.layer2.plugins.plugin_utils._report._flood_model import FloodReport
from ansible_collections.netops.layer2.plugins.plugin_utils._report._kinds import FLOOD_VERDICTS, check_statuses
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import Comparison, Report
from ansible_collections.netops.layer2.plugins.plugin_utils._report._table import failure_lines, summary_line

MACS_MOST = 500         # AWX keeps stats in one database column; the report files hold them all


def summarise(report: Report, fail_on: Sequence[str] = ()) -> dict[str, Any]:
    """Return counts, MACs (of a report on IP addresses: those) by status, the summary line, and a line for each finding whose status is in FAIL_ON."""
    check_statuses(report.kind, fail_on)
    return {
        "counts": dict(report.summary),
        "macs": {status: macs for status in report.kind.statuses if (macs := _macs(report, status))},
        "missing_hosts": [remark.host for remark in report.missing][:MACS_MOST],
        "cached_hosts": {aged.host: aged.age for aged in report.cached[:MACS_MOST]},
        "oldest_snapshot": report.cached[0].age if report.cached else 0,
        "line": summary_line(report),
        "failures": failure_lines(report, fail_on),
        **_compared(report.comparison),
    }


def summarise_floods(report: FloodReport, fail_on: Sequence[str] = ()) -> dict[str, Any]:
    """Return the same of a report on floods; C(macs) are those that are flooded."""
    check_statuses(FLOOD_VERDICTS, fail_on)
    macs = {status: [flood.destination.mac for flood in report.findings if flood.status == status and flood.destination.mac]
            for status in FLOOD_VERDICTS.statuses}
    return {
        "counts": {**report.summary, "bits_per_second": report.highest},
        "macs": {status: found[:MACS_MOST] for status, found in macs.items() if found},
        "missing_hosts": [remark.host for remark in report.missing][:MACS_MOST],
        "cached_hosts": {aged.host: aged.age for aged in report.cached[:MACS_MOST]},
        "oldest_snapshot": report.cached[0].age if report.cached else 0,
        "line": _flood_table.summary_line(report),
        "failures": _flood_table.failure_lines(report, fail_on),
        **_compared(report.comparison),
    }


def _compared(comparison: Comparison[Any] | None) -> dict[str, Any]:
    return {"changes": comparison.sizes if comparison else {}, "compare_error": comparison.error if comparison else ""}


def _macs(report: Report, status: str) -> list[str]:
    return [finding.subject for finding in report.findings if finding.status == status][:MACS_MOST]
