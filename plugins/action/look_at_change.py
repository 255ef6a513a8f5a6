"""The action look_at_change: whether a host may have changed something before its task failed."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.netops.layer2.plugins.plugin_utils._actions._own_step import OwnStep
from ansible_collections.netops.layer2.plugins.plugin_utils._failed_change import may_have_changed


class ActionModule(OwnStep):
    """Look; nothing runs on the host."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {"change": {"type": "dict", "required": True}}

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Whether anything is armed."""
        return {"armed": may_have_changed(arguments["change"], bool(self._task.check_mode))}
