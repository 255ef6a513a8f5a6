"""No task of a role or playbook that waits for a host waits for ever: each such task has a `timeout:`, or its action
has patience of its own.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.netops.layer2.plugins.plugin_utils._answers import ANSWERS

ROOT = Path(__file__).resolve().parents[2]
# Modules that run on hosts. arp_scan's action gives up a vantage by itself (plugin_utils/_actions/_patience.py).
ON_HOSTS = {
    f"netops.layer2.{name}"
    for name in (*ANSWERS, "confirm_reachable", "bring_capture", "guest_nic_mac")
    if name != "arp_scan"
}
# Of ansible.builtin, what asks no host; all else does.
BUILTIN, HERE = "ansible.builtin.", {"assert", "debug", "fail", "meta", "pause", "set_fact", "set_stats"}
FILES = sorted([*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/*.yml"), *ROOT.glob("playbooks/tasks/*.yml")])


def tasks_in(node: Any) -> Iterator[dict[str, Any]]:
    """Every mapping below NODE."""
    for item in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from tasks_in(item)
    if isinstance(node, dict):
        yield node


@cache
def waiting() -> dict[str, dict[str, Any]]:
    """Each task that waits for a host, by file and name."""
    found = {}
    for path in FILES:
        for task in tasks_in(yaml.safe_load(path.read_text(encoding="utf-8"))):
            if any(name in ON_HOSTS or _is_builtin_on_hosts(name) for name in task):
                found[f"{path.relative_to(ROOT)}: {task['name']}"] = task
    return found


def _is_builtin_on_hosts(name: str) -> bool:
    module = name.removeprefix(BUILTIN)
    return module not in (name, *HERE) and not module.startswith(("import_", "include_"))


def test_they_are_found() -> None:
    files = {place.split(":")[0] for place in waiting()}
    assert {
        f"roles/{name}"
        for name in (
            "mac_regenerate/tasks/guest.yml",
            "policy_route/tasks/route.yml",
            "ageing_timers/tasks/main.yml",
            "snapshot/tasks/main.yml",
        )
    } <= files and "playbooks/tasks/trace_points.yml" in files


@pytest.mark.parametrize("place", waiting())
def test_each_has_an_end(place: str) -> None:
    assert waiting()[place].get("timeout"), "a host that never answers this task holds everybody"
