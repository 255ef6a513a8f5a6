"""The action plan_return_path: plan the source routes that end the floods of a verdict, or open a saved plan."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import ControllerStep
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._documents import DocumentError
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding import _cure


class ActionModule(ControllerStep):
    """Plan; nothing runs on any host, and nothing is written."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "verdict": {"type": "dict", "required": True},
        "plan": {"type": "str", "default": ""},
        "missing": {"type": "dict", "default": {}},
        "statuses": {"type": "list", "elements": "str", "default": ["flooding", "latent"]},
        "gateways": {"type": "dict", "default": {}},
    }
    ERRORS: ClassVar[tuple[type[Exception], ...]] = (_cure.CureError, DocumentError, ReportError)

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """The plan, its routes, the plan for a person, and what no route ends."""
        given = plain(arguments)
        plan = _cure.open_plan(given["plan"]) if given["plan"] else _cure.plan(given["verdict"], given["statuses"], given["gateways"])
        hosts = [step["host"] for step in plan["steps"]]
        present = set(self.hosts(variables)) - set(given["missing"])
        return {"plan": plan, "routes": _cure.routes(plan), "text": _cure.plan_text(plan), "hosts": list(dict.fromkeys(hosts)),
                "absent": [host for host in dict.fromkeys(hosts) if host not in present], "open": _cure.left_open(plan, given["verdict"])}
