"""What changed since an earlier report: new, still there, gone, or not looked at this time."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError
from ansible_collections.netops.layer2.plugins.plugin_utils._common._times import stamp
from ansible_collections.netops.layer2.plugins.plugin_utils._report._flood_compare import (
    earlier_self,
    past_flood,
    still_there,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._report._flood_model import Flood, FloodReport
from ansible_collections.netops.layer2.plugins.plugin_utils._report._formats import opened
from ansible_collections.netops.layer2.plugins.plugin_utils._report._kinds import FLOOD_VERDICTS
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import Finding, Report

_Either = TypeVar("_Either", Finding, Flood)


def read_earlier(text: str, path: str) -> Report | FloodReport:
    """Return the report in TEXT, the content of the file PATH; raise ReportError naming the file and the way out."""
    try:
        return opened(json.loads(text))
    except RecursionError:
        problem = "it is nested too deeply to be a report"
    except json.JSONDecodeError as error:
        problem = _not_json(text, error)
    except ReportError as error:
        problem = str(error)
    raise ReportError(
        f"cannot compare with {path}: {problem}. Give the JSON report of an earlier run (layer2-report.json,"
        " layer2-flooding.json), or run without report_compare_with"
    ) from None


def _not_json(text: str, error: json.JSONDecodeError) -> str:
    """Return why TEXT is no JSON, in plain words."""
    if not text.strip():
        return "the file is empty"
    if error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated"):
        return f"it ends in the middle (line {error.lineno}), so it was cut off"
    return f"it is not JSON (line {error.lineno}, column {error.colno}: {error.msg})"


def compare(now: Report | FloodReport, earlier: Report | FloodReport, path: str) -> dict[str, Any]:
    """Return the ``comparison`` of a report document: the findings of NOW against those of EARLIER, read from PATH."""
    if isinstance(now, FloodReport) and isinstance(earlier, FloodReport):
        return _compared(
            now,
            now.listed,
            earlier,
            earlier.listed,
            path,
            earlier_self,
            still_there,
            lambda flood: past_flood(flood, now),
        )
    if isinstance(now, Report) and isinstance(earlier, Report) and earlier.kind is now.kind:
        return _compared(
            now, now.listed, earlier, earlier.listed, path, _by_id, _still, lambda finding: _past(finding, now)
        )
    raise ReportError(
        f"cannot compare with {path}: it is a report on {earlier.kind.plural}, and this one is on {now.kind.plural}"
    )


def _compared(
    now: Report | FloodReport,
    current: Sequence[_Either],
    earlier: Report | FloodReport,
    before: Sequence[_Either],
    path: str,
    same: Callable[[_Either, Mapping[str, _Either]], _Either | None],
    still: Callable[[_Either, _Either], dict[str, Any]],
    past: Callable[[_Either], dict[str, Any]],
) -> dict[str, Any]:
    """What CURRENT has become of BEFORE. SAME: which one of the earlier findings a current one is, None if it is new.
    """
    known = {finding.id: finding for finding in before}
    pairs = [(finding, same(finding, known)) for finding in current]
    lasting = [(finding, found) for finding, found in pairs if found is not None]
    # What the operator excepted meanwhile is neither gone nor still to be looked at.
    stay = {found.id for _finding, found in lasting} | _excepted(now)
    ended = [past(finding) for finding in before if finding.id not in stay]
    return {
        "path": path,
        "created": stamp(earlier.created),
        "new": [finding.id for finding, found in pairs if found is None],
        "still": [still(finding, found) for finding, found in lasting],
        **_by_look(ended),
    }


def _excepted(now: Report | FloodReport) -> set[str]:
    return {finding.id for finding in now.findings if finding.status == "excepted"}


def _by_look(ended: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What ENDED, by whether all of its hosts were looked at this time."""
    return {
        "gone": [entry for entry in ended if not entry["unchecked_hosts"]],
        "unchecked": [entry for entry in ended if entry["unchecked_hosts"]],
    }


def _by_id(finding: Finding, before: Mapping[str, Finding]) -> Finding | None:
    return before.get(finding.id)


def _still(finding: Finding, before: Finding) -> dict[str, Any]:
    return {"id": finding.id, "status_before": before.status}


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
    """Return what two runs have in common; the rates of a flood are never twice the same, and twins change ports by the
    second.
    """
    verdict = document.get("verdict")
    if isinstance(verdict, Mapping) and verdict.get("schema") == FLOOD_VERDICTS.schema:
        floods = [
            (flood.get("id"), flood.get("status"))
            for flood in verdict.get("findings") or ()
            if isinstance(flood, Mapping)
        ]
        verdict = sorted(map(str, floods))
    elif isinstance(verdict, Mapping) and isinstance(verdict.get("findings"), list):
        verdict = {**verdict, "findings": [_judged(finding) for finding in verdict["findings"]]}
    return [*(document.get(key) for key in _LASTING), verdict]


# What rests on neighbour tables and FDBs, which forget and learn all the time; it is written anew, but is no other
# verdict.
_OBSERVED = frozenset(("evidence", "seen_with", "segment_proof", "confidence", "reason"))


def _judged(finding: Any) -> Any:
    return (
        {key: value for key, value in finding.items() if key not in _OBSERVED}
        if isinstance(finding, Mapping)
        else finding
    )


_LASTING = ("schema", "version", "target", "limit", "not_asked", "notes")
