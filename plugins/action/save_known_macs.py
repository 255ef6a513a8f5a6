"""The action save_known_macs: write every MAC that the snapshots of this run know to a file on the controller."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.netops.layer2.plugins.plugin_utils import _documents
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import ControllerStep
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet import _known
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError


class ActionModule(ControllerStep):
    """Collect and write; nothing runs on any host."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {"path": {"type": "path", "required": True}}
    ERRORS = (_known.KnownError, _documents.DocumentError, SnapshotError)

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Where the file is, and whether it changed."""
        saved = _documents.save(_known.known_macs(variables["hostvars"]), str(arguments["path"]), self._task.check_mode)
        return self.saved_result(saved)
