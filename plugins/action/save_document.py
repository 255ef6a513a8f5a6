"""The action save_document: write data to a JSON file on the controller, whole or not at all."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.netops.layer2.plugins.plugin_utils import _documents
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._handed_on import opened
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import ControllerStep
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError


class ActionModule(ControllerStep):
    """Write the file; nothing runs on any host."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "document": {"type": "raw", "required": True},
        "path": {"type": "path", "required": True},
    }
    ERRORS = (ReportError, _documents.DocumentError)

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Where the file is, and whether it changed."""
        return self.saved_result(
            _documents.save(opened(arguments["document"], "document"), str(arguments["path"]), self._task.check_mode)
        )
