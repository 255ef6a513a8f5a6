"""Switches of FakeNOS behind real SSH servers, run in its own environment: serve.py INVENTORY.json, until ended. The
output {"text": TEXT, "after": SECONDS} of a command comes so late.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fakenos import FakeNOS
from fakenos.plugins.servers import ssh_server_paramiko

tap = ssh_server_paramiko.channel_to_shell_tap


class Replied:
    """Tells at once that the shell has replied: FakeNOS at times clears the event after the reply that it waits for,
    and then waits 10 s before each octet.
    """

    def wait(self, _seconds: float) -> bool:
        return True

    def clear(self) -> None:
        """There is nothing to forget."""


def late(text: str, after: float) -> Callable[..., str]:
    def output(*_device: object, **_call: object) -> str:
        time.sleep(after)
        return text

    return output


def hosts(inventory: dict[str, Any]) -> dict[str, Any]:
    for host in inventory["hosts"].values():
        for command in host["nos"]["configuration"]["commands"].values():
            if isinstance(command["output"], dict):
                command["output"] = late(**command["output"])
    return inventory


ssh_server_paramiko.channel_to_shell_tap = lambda channel, shell, _replied, running: tap(
    channel, shell, Replied(), running
)
with FakeNOS(inventory=hosts(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))):
    print("ready", flush=True)
    threading.Event().wait()
