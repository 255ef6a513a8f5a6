"""A step on the controller, taken as ansible-core takes it, with nothing of ansible-core around it but the action
plugin itself.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

ACTIONS = "ansible_collections.netops.layer2.plugins.action"


def step(name: str) -> Any:
    """The class of the action plugin NAME."""
    return importlib.import_module(f"{ACTIONS}.{name}").ActionModule


def take(
    name: str,
    arguments: dict[str, Any],
    hostvars: Any = None,
    check: bool = False,
    diff: bool = False,
    **variables: Any,
) -> dict[str, Any]:
    """The result of the step NAME; HOSTVARS are those of the play's hosts."""
    task = SimpleNamespace(
        action=f"netops.layer2.{name}", args=arguments, check_mode=check, diff=diff, async_val=0, delegate_to=None
    )
    shell = SimpleNamespace(tmpdir="/nowhere")
    connection = SimpleNamespace(transport="ssh", _shell=shell)
    known = {} if hostvars is None else hostvars
    played = list(known) or ["localhost"]
    made = step(name)(task, connection, SimpleNamespace(), None, None, None)
    result: dict[str, Any] = made.run(
        task_vars={"inventory_hostname": played[0], "ansible_play_hosts_all": played, "hostvars": known, **variables}
    )
    return result
