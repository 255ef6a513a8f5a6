"""The action judge_trace: follow the packets through what the hosts of the play captured, show the verdict, write page,
document and captures.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.netops.layer2.plugins.plugin_utils._actions._handed_on import keep, kept_text
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._show import show
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import ControllerStep
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._common._problems import result
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hostvars import registered
from ansible_collections.netops.layer2.plugins.plugin_utils._trace import _files, _text
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import TraceError
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._returned import Results
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._run import judged

# What of a plan is used here.
PLANNED = {
    "captures": dict, "points": list, "gaps": list, "files": dict, "folders": dict, "packets": int, "snap_length": int,
}


class ActionModule(ControllerStep):
    """Read what the tasks of this run left of each host; nothing runs on any host."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "plan": {"type": "dict", "required": True},
        "source": {"type": "str", "default": ""},
        "destination": {"type": "str", "default": ""},
        "directory": {"type": "str", "default": ""},
    }
    ERRORS = (ReportError, TraceError)

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """The verdict, the trace as a file and as a table, and the paths of what was written."""
        given = plain(arguments)
        if any(not isinstance(given["plan"].get(name), kind) for name, kind in PLANNED.items()):
            raise TraceError("plan: give what plan_trace returned")
        hosts = [host for host in self.hosts(variables) if host in given["plan"]["captures"]]
        results = {
            host: Results(_captured(result(found, "trace_captured")), result(found, "trace_fetched"))
            for host, found in registered(variables["hostvars"], hosts)
        }
        trace, kept = judged(given["plan"], results, given["source"], given["destination"])
        table = _text.render(trace)
        show(table)
        figures = {name: trace[name] for name in ("verdict", "summary")}
        outcome: dict[str, Any] = {"trace": keep(trace, "trace"), **figures, "table": table, "paths": {}}
        if given["directory"]:
            dry = bool(self._task.check_mode)
            outcome.update(changed=True, paths=_files.write(given["directory"], trace, kept, dry))
            show(f"{'Would write' if dry else 'Page'}: {outcome['paths']['page']}")
        return outcome


def _captured(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The result of packet_capture with the documents that its action put into files."""
    captures = answer.get("captures")
    if not isinstance(captures, (list, tuple)):
        return answer
    return {**answer, "captures": [_with_document(capture) for capture in captures]}


def _with_document(capture: Any) -> Any:
    if not isinstance(capture, Mapping) or "document" not in capture:
        return capture
    return {**capture, "document": kept_text(capture["document"])}
