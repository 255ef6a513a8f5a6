"""What changed since an earlier report: new, still there, gone, or not looked at this time."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._report._fields import ReportError
from ansible_collections.netops.layer2.plugins.plugin_utils._report._kinds import FLOOD_VERDICTS
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import Finding, Report, parse, stamp


def read_earlier(text: str, path: str) -> Report:
    """Return the report in TEXT, the content of the file PATH; raise ReportError naming the file and the way out."""
    try:
        return parse(json.loads(text))
    except RecursionError:
        problem = "it is nested too deeply to be a report"
    except json.JSONDecodeError as error:
        problem = _not_json(text, error)
    except ReportError as error:
        problem = str(error)
    raise ReportError(
        f"cannot compare with {path}: {problem}. Give the JSON report of an earlier run (layer2-report.json), "
        "or run without report_compare_with"
    ) from None


def _not_json(text: str, error: json.JSONDecodeError) -> str:
    """Return why TEXT is no JSON, in plain words."""
    if not text.strip():
        return "the file is empty"
    if error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated"):
        return f"it ends in the middle (line {error.lineno}), so it was cut off"
    return f"it is not JSON (line {error.lineno}, column {error.colno}: {error.msg})"


def compare(now: Report, earlier: Report, path: str) -> dict[str, Any]:
    """Return the ``comparison`` of a report document: the findings of NOW against those of EARLIER, read from PATH."""
    if earlier.kind is not now.kind:
        raise ReportError(f"cannot compare with {path}: it is a report on {earlier.kind.plural}, and this one is on {now.kind.plural}")
    before = {finding.id: finding for finding in earlier.listed}
    current = {finding.id: finding for finding in now.listed}
    past = [_past(finding, now) for identifier, finding in before.items() if identifier not in current]
    return {
        "path": path,
        "created": stamp(earlier.created),
        "new": [identifier for identifier in current if identifier not in before],
        "still": [{"id": key, "status_before": before[key].status} for key in current if key in before],
        "gone": [entry for entry in past if not entry["unchecked_hosts"]],
        "unchecked": [entry for entry in past if entry["unchecked_hosts"]],
    }


def not_compared(path: str, error: str) -> dict[str, Any]:
    """Return the ``comparison`` of a report document whose earlier report, PATH, could not be used because of ERROR."""
    return {"path": path, "error": error}


def _past(finding: Finding, now: Report) -> dict[str, Any]:
    """Return what is kept of an earlier finding, with those of its hosts that NOW did not judge."""
    judged = set(now.judged)
    return {
        "id": finding.id, now.kind.subject: finding.subject, "status": finding.status, "segment": finding.segment,
        "owners": [owner.label for owner in finding.owners],
        "unchecked_hosts": sorted({owner.host for owner in finding.owners if owner.host not in judged}),
    }


def same_verdict(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Return whether two report documents say the same of the same hosts (their times and comparisons may differ)."""
    return _lasting(left) == _lasting(right)


def _lasting(document: Mapping[str, Any]) -> list[Any]:
    """Return what two runs have in common; the rates of a flood are never twice the same."""
    verdict = document.get("verdict")
    if isinstance(verdict, Mapping) and verdict.get("schema") == FLOOD_VERDICTS.schema:
        floods = [(flood.get("id"), flood.get("status")) for flood in verdict.get("findings") or () if isinstance(flood, Mapping)]
        verdict = sorted(map(str, floods))
    return [*(document.get(key) for key in _LASTING), verdict]


_LASTING = ("schema", "version", "target", "limit", "not_asked", "notes")
