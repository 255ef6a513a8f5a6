"""The action show_text: print text to the screen as it is, line by line."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._show import show
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._this_call import in_words_of_caller


class ActionModule(ActionBase):
    """Print the text; nothing runs on the host."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Print and return the result; control characters are shown as escapes, never sent to the terminal."""
        super().run(tmp, task_vars)
        _checked, arguments = self.validate_argument_spec(
            {
                "text": {"type": "str", "required": True},
                "next": {"type": "str", "default": ""},
                "target": {"type": "str", "default": ""},
            }
        )
        show(str(arguments["text"]))
        if arguments["next"]:
            show(f"Next: {in_words_of_caller(str(arguments['target']))(str(arguments['next']).strip())}")
        return {"changed": False}
