"""The report for the textfile collector of Prometheus' node exporter."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import cut
from ansible_collections.netops.layer2.plugins.plugin_utils._report._neutral import Metric, Sheet

LABEL_MOST = 200        # columns of a label's value


def render(sheet: Sheet) -> str:
    """Return the metrics in the text exposition format, version 0.0.4."""
    return "".join(map(_family, sheet.metrics))


def _family(metric: Metric) -> str:
    """Return one metric with its help and samples, nothing where there is no sample."""
    name = f"netops_layer2_{metric.name}"
    lines = [f"{name}{_braces(labels)} {value}\n" for labels, value in metric.samples]
    return f"# HELP {name} {metric.text}\n# TYPE {name} gauge\n{''.join(lines)}" if lines else ""


def _braces(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items()) + "}"


def _escape(value: str) -> str:
    """Return VALUE as it stands between the quotes of a label: short, control characters shown, then escaped."""
    return cut(value, LABEL_MOST).replace("\\", "\\\\").replace('"', '\\"')
