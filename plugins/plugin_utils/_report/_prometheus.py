"""The report for the textfile collector of Prometheus' node exporter."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._report._kinds import Kind
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import Comparison, Finding, Report
from ansible_collections.netops.layer2.plugins.plugin_utils._report._text import cut, named

SERIES_MOST = 1000      # findings that get a series of their own; the totals count all of them
LABEL_MOST = 200        # columns of a label's value

Sample = tuple[Mapping[str, str], int]


def render(report: Report) -> str:
    """Return the metrics in the text exposition format, version 0.0.4."""
    counts, kind = report.summary, report.kind
    many, one = kind.plural, kind.plural.removesuffix("es")
    families: list[tuple[str, str, list[Sample]]] = [
        ("findings", f"{many} with more than one user, by status.",
         [({"status": status}, counts[status]) for status in kind.statuses]),
        ("finding", f"One {one} with more than one user; always 1.",
         [(_labels(finding, kind), 1) for finding in report.listed[:SERIES_MOST]]),
        ("hosts", "Hosts by what became of them: judged (cached: of them, by an older snapshot), missing, not_asked (--limit).",
         [({"state": "judged"}, counts["hosts_judged"]), ({"state": "missing"}, counts["hosts_missing"]),
          ({"state": "not_asked"}, len(report.not_asked)), ({"state": "cached"}, len(report.cached))]),
        ("snapshot_age_seconds", "Age of the snapshot that a host was judged by, where it is of an earlier run, by the controller's clock.",
         [({"host": aged.host}, aged.age) for aged in report.cached[:SERIES_MOST]]),
        ("guests_judged", "Guests that were judged.", [({}, counts["guests_judged"])]),
        (kind.judged, f"Distinct {many} that were judged.", [({}, counts[kind.judged])]),
        ("gaps", "Readers that failed on some host.", [({}, counts["gaps"])]),
        ("quarantined", "Values that could not be used.", [({}, counts["quarantined"])]),
        ("unknown_machines", "Machines that answered a scan and that nobody claims.",
         [({}, len(report.machines))] if report.machines is not None else []),
        ("findings_changed", "Findings against the earlier report, by change.", changed(report.comparison)),
        ("report_timestamp_seconds", "When the report was made, Unix time.", [({}, int(report.created.timestamp()))]),
    ]
    return "".join(family(f"{kind.metrics}{name}", text, samples) for name, text, samples in families)


def _labels(finding: Finding, kind: Kind) -> dict[str, str]:
    return {
        "id": finding.id, kind.subject: finding.subject, "status": finding.status, "segment": finding.segment, "cause": finding.cause,
        "confidence": finding.confidence, "owners": named([owner.label for owner in finding.owners], 8),
    }


def changed(comparison: Comparison[Any] | None) -> list[Sample]:
    """Return how many findings changed in which way; nothing where nothing was compared."""
    return [({"change": change}, number) for change, number in comparison.sizes.items()] if comparison else []


def family(name: str, text: str, samples: Iterable[Sample]) -> str:
    """Return one metric with its help and samples, nothing where there is no sample."""
    full = f"netops_layer2_{name}"
    lines = [f"{full}{_braces(labels)} {value}\n" for labels, value in samples]
    return f"# HELP {full} {text}\n# TYPE {full} gauge\n{''.join(lines)}" if lines else ""


def _braces(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{escape(value)}"' for name, value in labels.items()) + "}"


def escape(value: str) -> str:
    """Return VALUE as it stands between the quotes of a label: short, control characters shown, then escaped."""
    return cut(value, LABEL_MOST).replace("\\", "\\\\").replace('"', '\\"')
