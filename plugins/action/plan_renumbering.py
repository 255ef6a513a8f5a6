"""The action plan_renumbering: judge the hosts of the play, plan new MACs or open a saved plan, and say what there is
to do.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.netops.layer2.plugins.plugin_utils._actions._cure_step import CONSENT, CureStep
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._handed_on import keep
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._this_call import in_words_of_caller
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import plain
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber import _cure
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._allocation import QEMU_PREFIX
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan_text import plan_table
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._reporting import Circumstances
from ansible_collections.netops.layer2.plugins.plugin_utils._slices import refuse_part


class ActionModule(CureStep):
    """Judge and plan; nothing runs on any host, and nothing is written."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "plan": {"type": "str", "default": ""},
        "earlier": {"type": "str", "default": ""},
        "keep": {"type": "raw"},
        "statuses": {"type": "raw", "default": ["conflict"]},
        "prefix": {"type": "raw", "default": QEMU_PREFIX},
        "seed": {"type": "str", "default": "", "no_log": True},
        "reserved": {"type": "raw", "default": []},
        "exceptions": {"type": "raw"},
        "target": {"type": "str", "default": ""},
        **CONSENT,
    }

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """The report from before, the plan, its steps, and all of it for a person."""
        refuse_part(variables, "a new MAC that nobody has")
        fleet, given = self.fleet(variables), plain(arguments)
        report = _cure.judge(
            fleet,
            given["exceptions"],
            Circumstances(given["target"], self.limit(), written=in_words_of_caller(given["target"])),
        )
        if given["plan"]:
            plan = _cure.saved_plan(given["plan"], fleet)
        else:
            wishes = _cure.Wishes(given["keep"], given["statuses"], given["prefix"], given["seed"], given["reserved"])
            plan = _cure.new_plan(report, fleet, wishes, given["earlier"])
        look = _cure.look(plan, fleet, self.consent(given))
        return {
            "report": keep(report, "macs"), "verdict": _formats.render(report, "table"),
            "plan": plan, "steps": look.steps, "table": plan_table(plan, look.steps),
            "is_todo": bool(look.todo), "outcome": _cure.prove(plan, look.steps, report, fleet.reading.missing),
        }
