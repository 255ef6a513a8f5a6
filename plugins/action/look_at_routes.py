"""The action look_at_routes: say which policy routes a host is to be given, and why none of them could be kept."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.netops.layer2.plugins.plugin_utils._actions._run_token import attempt
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import ControllerStep
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding import _routes


class ActionModule(ControllerStep):
    """Look; nothing runs on any host, and nothing is written."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "routes": {"type": "list", "elements": "dict", "required": True},
        "clients": {"type": "list", "elements": "str", "default": []},
        "probe_from": {"type": "list", "elements": "str", "default": []},
    }
    ERRORS: ClassVar[tuple[type[Exception], ...]] = (ReportError, _routes.RouteError)

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """The routes of the host that the task runs for, and who must reach it."""
        given = plain(arguments)
        asked = _routes.Asked(given["routes"], tuple(given["clients"]), tuple(given["probe_from"]))
        host = _routes.Host(
            str(variables["inventory_hostname"]), self._connection.transport == "local", variables["hostvars"]
        )
        found = _routes.look(asked, host)
        return {**found, "todo": [{**step, "token": attempt()} for step in found["todo"]]}
