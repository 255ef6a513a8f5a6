"""The action arp_scan: runs the module for some seconds at a time, and prints how far the scan is in between."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.netops.layer2.plugins.module_utils._scan import _document, _machines

MODULE = "netops.layer2.arp_scan"


class ActionModule(ActionBase):
    """Part after part; the result is that of one run."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run all parts and put their documents together; a part that fails ends the scan."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        self._host, began = str(self._task.delegate_to or variables.get("inventory_hostname")), time.monotonic()
        arguments = dict(self._task.args)
        if arguments.get("mode") == "watch" and not self._task.check_mode:
            Display().display(f"{self._host}: listening for {arguments.get('duration', 60)} s")
        parts: list[dict[str, Any]] = []
        while True:
            answer = self._execute_module(module_name=MODULE, module_args=arguments, task_vars=variables)
            if answer.get("failed") or "progress" not in answer:
                if "plan" in answer:
                    Display().display(f"{self._host}: {answer['msg']}")
                return {**result, **answer}
            parts.append(json.loads(answer["ansible_facts"]["layer2_scan"]))
            if "resume" not in answer:
                break
            self._show(answer["progress"], parts, time.monotonic() - began)
            arguments["resume"] = answer["resume"]
        document = _document.merged(parts)
        groups = _machines.several(document["replies"]["rows"]) if arguments.get("evidence") else {}
        if groups:
            Display().display(f"{self._host}: holding the addresses behind {len(groups)} MACs against each other")
            failed = self._tell_apart(arguments, document, variables)
            if failed:
                return {**result, **failed}
        return {**result, **_result(answer, document)}

    def _tell_apart(self, arguments: dict[str, Any], document: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Enter the machines behind one MAC into the document; the answer of the module if that failed."""
        more = {**arguments, "tell_apart": document["replies"]["rows"], "resume": None}
        answer: dict[str, Any] = self._execute_module(module_name=MODULE, module_args=more, task_vars=variables)
        if answer.get("failed"):
            return answer
        document["machines"] = json.loads(answer["ansible_facts"]["layer2_scan"])["machines"]
        return {}

    def _show(self, progress: dict[str, int], parts: list[dict[str, Any]], seconds: float) -> None:
        """One line: how far, what was found, about how long it takes yet."""
        asked, total = progress["asked"], progress["total"]
        found = _document.summary(_document.merged(parts))
        left = seconds * (total - asked) / asked if asked else 0.0
        Display().display(f"{self._host}: {asked} of {total} addresses asked, {found['answered']} answered, about {left:.0f} s to go")


def _result(answer: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in answer.items() if name not in ("progress", "resume")}
    return {
        **kept, "summary": _document.summary(document),
        "ansible_facts": {"layer2_scan": json.dumps(document, separators=(",", ":"))},
    }
