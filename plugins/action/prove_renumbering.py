"""The action prove_renumbering: judge hosts that were read again, and say what became of a plan."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.netops.layer2.plugins.plugin_utils._actions._cure_step import CONSENT, CureStep
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._handed_on import opened
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import plain
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber import _cure
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan import open_plan
from ansible_collections.netops.layer2.plugins.plugin_utils._reporting import Circumstances


class ActionModule(CureStep):
    """Judge and compare; nothing runs on any host."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "plan": {"type": "raw", "required": True}, "before": {"type": "raw"}, "exceptions": {"type": "raw"},
        "hosts": {"type": "list", "elements": "str"}, **CONSENT,
    }

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """The outcome, and whether another look would tell anything else."""
        given = plain(arguments)
        fleet, plan = self.fleet(variables, given["hosts"]), open_plan(given["plan"])
        look = _cure.look(plan, fleet, self.consent(given))
        before = opened(given["before"], "before") if given["before"] else None
        report = _cure.judge(fleet, given["exceptions"], Circumstances())
        outcome = _cure.prove(plan, look.steps, report, fleet.reading.missing, before)
        return {"outcome": outcome, "is_settled": _cure.is_settled(outcome)}
