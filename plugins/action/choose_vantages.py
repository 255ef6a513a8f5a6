"""The action choose_vantages: which hosts of the play scan on which interfaces."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.netops.layer2.plugins.plugin_utils import _reporting
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import ControllerStep
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._this_run import now
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import plain
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import ArgumentError
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError


class ActionModule(ControllerStep):
    """One host for each segment, by the snapshots of this run; or those that the operator names."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "hosts": {"type": "list", "elements": "str"},
        "vantages": {"type": "dict", "default": {}},
    }
    ERRORS = (ArgumentError, SnapshotError)

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """The vantages, host to interfaces."""
        if arguments["vantages"]:
            return {
                "vantages": {
                    str(host): _interfaces(str(host), names) for host, names in plain(arguments["vantages"]).items()
                }
            }
        return {
            "vantages": _reporting.choose_vantages(
                variables["hostvars"], self.hosts(variables, arguments["hosts"]), now()
            )
        }


def _interfaces(host: str, names: object) -> list[str]:
    """The interfaces that the operator names for a host; ArgumentError if they are no list of names."""
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ArgumentError(f"vantages: {host}: give a list of interfaces, such as [eth0]; an empty one stands for all")
    return names
