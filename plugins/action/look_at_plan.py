"""The action look_at_plan: hold a plan against the fleet as it is now, and say which steps are left and what speaks
against them.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.netops.layer2.plugins.plugin_utils._actions._cure_step import CONSENT, CureStep
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._run_token import attempt
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import plain
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber import _cure
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan import open_plan
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan_text import plan_table


class ActionModule(CureStep):
    """Open, check, compare; nothing runs on any host."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "plan": {"type": "raw", "required": True},
        "hosts": {"type": "list", "elements": "str"},
        **CONSENT,
    }

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """The plan, its steps, those to take, and why they must not be taken."""
        given = plain(arguments)
        fleet, plan = self.fleet(variables, given["hosts"]), open_plan(given["plan"])
        look = _cure.look(plan, fleet, self.consent(given))
        return {
            "plan": plan,
            "token": attempt(),
            "steps": look.steps,
            "todo": look.todo,
            "table": plan_table(plan, look.steps),
            "problems": look.problems,
        }
