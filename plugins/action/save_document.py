"""The action save_document: write data to a JSON file on the controller, whole or not at all."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.netops.layer2.plugins.plugin_utils import _documents
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._handed_on import opened
from ansible_collections.netops.layer2.plugins.plugin_utils._report._fields import ReportError

ARGUMENTS = {"document": {"type": "raw", "required": True}, "path": {"type": "path", "required": True}}


class ActionModule(ActionBase):
    """Write the file; nothing runs on the host."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Write the file and return its path; errors become task errors."""
        super().run(tmp, task_vars)
        _checked, arguments = self.validate_argument_spec(ARGUMENTS)
        try:
            document = opened(arguments["document"], "document")
            saved = _documents.save(document, str(arguments["path"]), self._task.check_mode)
        except (ReportError, _documents.DocumentError) as error:
            raise AnsibleActionFail(f"save_document: {error}") from error
        result: dict[str, Any] = {"changed": saved.changed, "path": saved.path}
        if self._task.diff:
            result["diff"] = saved.diff
        return result
