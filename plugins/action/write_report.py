"""The action write_report: write a report document to files on the controller."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _files, _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._report._kinds import FAIL_ON

ARGUMENTS = {
    "report": {"type": "dict", "required": True},
    "directory": {"type": "path", "required": True},
    "formats": {"type": "list", "elements": "str", "choices": list(_formats.FORMATS), "default": _formats.defaults()},
    "fail_on": {"type": "list", "elements": "str", "choices": list(FAIL_ON), "default": []},
}


class ActionModule(ActionBase):
    """Write the files; nothing runs on the host."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Write the files and return their paths; errors become task errors."""
        super().run(tmp, task_vars)
        _checked, arguments = self.validate_argument_spec(ARGUMENTS)
        try:
            outcome = _files.write(
                plain(arguments["report"]), str(arguments["directory"]), plain(arguments["formats"]), self._task.check_mode,
                plain(arguments["fail_on"]),
            )
        except ReportError as error:
            raise AnsibleActionFail(f"write_report: {error}") from error
        result: dict[str, Any] = {"changed": outcome.changed, "paths": dict(outcome.paths)}
        if self._task.diff:
            result["diff"] = {"before": outcome.before, "after": outcome.after}
        return result
