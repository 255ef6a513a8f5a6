"""The action plan_return_path: plan the policy routes that end the floods of a verdict, or open a saved plan."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.netops.layer2.plugins.plugin_utils._actions._handed_on import verdict_of
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import ControllerStep
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._documents import DocumentError
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding import _cure


class ActionModule(ControllerStep):
    """Plan; nothing runs on any host, and nothing is written."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "verdict": {"type": "raw", "required": True},
        "plan": {"type": "str", "default": ""},
        "statuses": {"type": "list", "elements": "str", "default": ["flooding", "latent"]},
        "gateways": {"type": "dict", "default": {}},
    }
    ERRORS: ClassVar[tuple[type[Exception], ...]] = (_cure.CureError, DocumentError, ReportError)

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """The plan, its routes, the plan for a person, and what no route ends."""
        given = plain(arguments)
        verdict = verdict_of(given["verdict"], "verdict")
        if given["plan"]:
            plan = _cure.open_plan(given["plan"])
        else:
            plan = _cure.plan(verdict, given["statuses"], given["gateways"])
        absent = _cure.absent(plan, verdict, self.hosts(variables))
        routes = _cure.routes(plan)
        return {"plan": plan, "routes": routes, "is_todo": bool(routes), "text": _cure.plan_text(plan),
                "hosts": _cure.hosts(plan), "absent": list(absent), "refusal": _cure.refusal(absent),
                "open": _cure.left_open(plan, verdict)}
