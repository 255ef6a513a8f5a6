"""The action write_timer_lines: make a switch's configuration lines against flooding, and write them to a file on the
controller.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.netops.layer2.plugins.plugin_utils._actions._own_step import OwnStep
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._documents import DocumentError
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding import _timer_file, _timers


class ActionModule(OwnStep):
    """Make the lines of the host that the task runs for, and write them; nothing runs on the host."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "platform": {"type": "str", "default": ""},
        "arp": {"type": "int", "default": 1200},
        "mac": {"type": "int", "default": 1800},
        "ports": {"type": "list", "elements": "str", "default": []},
        "gateways": {"type": "list", "elements": "str", "default": []},
        "vlans": {"type": "list", "elements": "int", "default": []},
        "directory": {"type": "path", "required": True},
    }
    ERRORS: ClassVar[tuple[type[Exception], ...]] = (DocumentError, ReportError, _timers.TimerError)

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """The lines, the file, and the module of the table that takes them."""
        given, (host,) = plain(arguments), self.hosts(variables)
        lists = {name: tuple(given[name]) for name in ("ports", "gateways", "vlans")}
        made = _timers.timer_lines(given["platform"], _timers.Wanted(given["arp"], given["mac"], **lists))
        if not made["text"]:
            return made
        saved = _timer_file.write(made, host, given["directory"], self._task.check_mode)
        told = {"table": _timer_file.table(made, host, saved.path), "refusal": _timer_file.refusal(made, host)}
        return {**made, **told, **self.saved_result(saved)}
