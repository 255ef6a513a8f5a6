"""The action switch_facts: asks a switch over the connection of its task, and makes a snapshot of what it answers."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.module_utils.connection import Connection
from ansible.module_utils.connection import ConnectionError as NoConnection
from ansible_collections.netops.layer2.plugins.module_utils._packed import packed
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._host_module import stamped
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._own_step import OwnStep
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import FACT
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._cli import Answer, NoAnswer, read_switch
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._platforms import PlatformError
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._rows import is_lost, said
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._templates import ParserMissing


class ActionModule(OwnStep):
    """Commands that only read, one after the other; parsing and mapping are the core's."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "platform": {"type": "str", "required": True},
        "host": {"type": "str"},
        "readings": {"type": "int", "default": 1},
        "pause": {"type": "float", "default": 60},
        "compact": {"type": "bool", "default": False},
    }
    ERRORS = (PlatformError, ParserMissing, NoAnswer)
    _requires_connection = True

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """The snapshot as a fact, and what of the switch could not be read."""
        host = str(arguments["host"] or variables["inventory_hostname"])
        begun = time.time()
        read = read_switch(host, str(arguments["platform"]), self._ask, arguments["readings"], arguments["pause"])
        document = {**read, "collected_at": begun, "duration": round(time.time() - begun, 3)}
        text = json.dumps(document, separators=(",", ":"))
        gaps = [f"{gap['subset']}: {gap['reason']}" for gap in read["gaps"]]
        summary = {"addresses": len(read.get("fdb", {}).get("rows", ())), "observed": read["observed"], "gaps": gaps}
        return stamped({"ansible_facts": {FACT: packed(text) if arguments["compact"] else text}, "summary": summary})

    def _ask(self, command: str) -> Answer:
        """What the switch answers to COMMAND, over its persistent connection (network_cli, httpapi) or by its shell."""
        socket = getattr(self._connection, "socket_path", None)
        if not socket:
            answer = self._low_level_execute_command(command)
            failed = answer.get("rc", 0) != 0
            return Answer(answer.get("stdout", ""), said(answer.get("stderr") or "it failed") if failed else "")
        try:
            return Answer(Connection(socket).get(command=command))
        except NoConnection as error:
            return Answer(trouble=said(error), lost=is_lost(error))
