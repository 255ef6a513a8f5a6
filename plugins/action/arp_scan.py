"""The action arp_scan: runs the module for some seconds at a time, and prints how far the scan is in between."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.netops.layer2.plugins.module_utils._scan import _document, _machines
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._host_module import (
    HostModule,
    host_of,
    planted_failure,
    stamped,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._patience import GivenUp, patience
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import visible
from ansible_collections.netops.layer2.plugins.plugin_utils._scan._parts import (
    Bounds,
    PartError,
    longest_part,
    merged,
    opened,
    progress,
)

Record = dict[str, Any]


class ActionModule(HostModule):
    """Part after part; the result is that of one run."""

    MODULE = "arp_scan"

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run all parts and put their documents together; a part that fails, or that no scan can give, ends the scan.
        """
        variables = task_vars or {}
        result: dict[str, Any] = ActionBase.run(self, tmp, variables)
        self._host = host_of(self._task, variables)
        if refused := planted_failure(variables):
            return {**result, **refused}
        try:
            return {**result, **self._scanned(dict(self._task.args), variables)}
        except GivenUp:
            return {
                **result,
                "failed": True,
                "changed": False,
                "msg": (
                    f"{self._host}: arp_scan has not answered for {self._waited:.0f} s, and no part of a scan takes as"
                    " long. Look whether the host hangs; until then let another host scan (snapshot_scan_vantages)"
                ),
            }
        except PartError as error:
            return {
                **result,
                "failed": True,
                "changed": False,
                "msg": (
                    f"{self._host}: arp_scan gave an answer that no scan gives: {error}. Look at the host's Python and"
                    " at who can change it; until then let another host scan (snapshot_scan_vantages)"
                ),
            }

    def _scanned(self, arguments: Record, variables: dict[str, Any]) -> Record:
        if arguments.get("mode") == "watch" and not self._task.check_mode:
            self._say(f"listening for {arguments.get('duration', 60)} s")
        parts: list[Record] = []
        bounds = Bounds.of(arguments)
        while True:
            answer = self._part(arguments, variables)
            if answer.get("failed") or "progress" not in answer:
                if answer.get("plan"):
                    self._say(str(answer.get("msg")))
                return answer
            parts.append(opened(answer, bounds))
            if answer.get("resume") is None:
                break
            self._show(answer, parts, bounds)
            arguments["resume"] = answer["resume"]
        document = merged(parts)
        if arguments.get("evidence") and (failed := self._tell_apart(arguments, document, variables, bounds)):
            return failed
        kept = {name: value for name, value in answer.items() if name not in ("progress", "resume")}
        return stamped({**kept, "summary": _document.summary(document),
                        "ansible_facts": {"layer2_scan": json.dumps(document, separators=(",", ":"))}})

    def _part(self, arguments: Record, variables: dict[str, Any]) -> dict[str, Any]:
        """The answer to one part; GivenUp where it does not come."""
        self._waited = longest_part(arguments)
        with patience(self._waited):
            return self.answer(self.MODULE, arguments, variables)

    def _tell_apart(self, arguments: Record, document: Record, variables: dict[str, Any], bounds: Bounds) -> Record:
        """Enter the machines behind one MAC, if any MAC has several addresses, into the document; the answer of the
        module if that failed.
        """
        groups = _machines.several(document["replies"]["rows"])
        if not groups:
            return {}
        self._say(f"holding the addresses behind {len(groups)} MACs against each other")
        answer = self._part({**arguments, "tell_apart": document["replies"]["rows"], "resume": None}, variables)
        if answer.get("failed"):
            return answer
        document["machines"] = opened(answer, bounds)["machines"]
        return {}

    def _show(self, answer: Mapping[str, Any], parts: list[Record], bounds: Bounds) -> None:
        """One line: how far, what was found, about how long it takes yet."""
        asked, total = progress(answer, bounds, time.monotonic())
        found = _document.summary(merged(parts))
        left = bounds.seconds(time.monotonic()) * (total - asked) / asked if asked else 0.0
        self._say(f"{asked} of {total} addresses asked, {found['answered']} answered, about {left:.0f} s to go")

    def _say(self, text: str) -> None:
        Display().display(visible(f"{self._host}: {text}"))
