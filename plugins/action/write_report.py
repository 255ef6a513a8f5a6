"""The action write_report: write a report document to files on the controller."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import ControllerStep
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _files, _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._report._kinds import FAIL_ON
from ansible_collections.netops.layer2.plugins.plugin_utils._reporting import as_report


class ActionModule(ControllerStep):
    """Write the files; nothing runs on any host."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "report": {"type": "raw", "required": True},
        "directory": {"type": "path", "required": True},
        "formats": {
            "type": "list",
            "elements": "str",
            "choices": list(_formats.FORMATS),
            "default": _formats.defaults(),
        },
        "fail_on": {"type": "list", "elements": "str", "choices": list(FAIL_ON), "default": []},
    }
    ERRORS = (ReportError,)

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Where the files are, and whether the verdict changed."""
        outcome = _files.write(
            as_report(arguments["report"]),
            str(arguments["directory"]),
            plain(arguments["formats"]),
            self._task.check_mode,
            plain(arguments["fail_on"]),
        )
        shown = {"diff": {"before": outcome.before, "after": outcome.after}} if self._task.diff else {}
        return {"changed": outcome.changed, "paths": dict(outcome.paths), **shown}
