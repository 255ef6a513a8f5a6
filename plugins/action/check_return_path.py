"""The action check_return_path: say what became of each flood of a plan, by the verdicts from before and after."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.netops.layer2.plugins.plugin_utils._actions._handed_on import verdict_of
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import ControllerStep
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding import _cure


class ActionModule(ControllerStep):
    """Compare; nothing runs on any host, and nothing is written."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "plan": {"type": "dict", "required": True},
        "before": {"type": "raw", "required": True},
        "after": {"type": "raw", "required": True},
    }
    ERRORS: ClassVar[tuple[type[Exception], ...]] = (_cure.CureError, ReportError)

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """The outcome; who is missing proves nothing."""
        given = plain(arguments)
        before, after = (verdict_of(given[name], name) for name in ("before", "after"))
        return {"outcome": _cure.outcome(_cure.check_plan(given["plan"]), before, after, _cure.missing(after))}
