"""The verdict in a few values, for set_stats and for the task that fails the play."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._report._neutral import Sheet

MACS_MOST = 500         # AWX keeps stats in one database column; the report files hold them all


def summarise(sheet: Sheet) -> dict[str, Any]:
    """Return counts, MACs (of a report on IP addresses: those) by status, the summary line, and a line for each finding
    that fails the run.
    """
    covered, comparison = sheet.covered, sheet.comparison
    return {
        "counts": dict(sheet.outcome.counts),
        "macs": {status: list(found[:MACS_MOST]) for status, found in sheet.outcome.subjects.items() if found},
        "missing_hosts": [remark.host for remark in covered.missing][:MACS_MOST],
        "cached_hosts": {aged.host: aged.age for aged in covered.cached[:MACS_MOST]},
        "oldest_snapshot": covered.cached[0].age if covered.cached else 0,
        "newest_snapshot": covered.cached[-1].age if covered.cached else 0,
        "line": sheet.outcome.line,
        "failures": list(sheet.outcome.failures),
        "changes": comparison.sizes if comparison else {},
        "compare_error": comparison.error if comparison else "",
    }
