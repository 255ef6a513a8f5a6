"""The action fail_change: end a change that failed, with the words of the task that did, and what became of it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.netops.layer2.plugins.plugin_utils._actions._own_step import OwnStep
from ansible_collections.netops.layer2.plugins.plugin_utils._common._problems import failure
from ansible_collections.netops.layer2.plugins.plugin_utils._failed_change import ending


class ActionModule(OwnStep):
    """Fail; nothing runs on the host."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "what": {"type": "str", "required": True},
        "failed": {"type": "dict", "required": True},
        "end": {"type": "str", "default": ""},
        "change": {"type": "dict"},
        "undone": {"type": "dict", "default": {}},
        "revert_timeout": {"type": "int", "default": 0},
        "who": {"type": "str", "choices": ["host", "guest"], "default": "host"},
    }

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """A failed result, which ansible-core marks as it marks others: it holds what the host said."""
        end = arguments["end"]
        if arguments["change"] is not None:
            undone, seconds = arguments["undone"], arguments["revert_timeout"]
            end = ending(arguments["change"], undone, seconds, bool(self._task.check_mode), arguments["who"])
        return {"failed": True, "msg": f"{arguments['what']}: {failure(arguments['failed'])} {end}".rstrip()}
