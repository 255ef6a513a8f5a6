"""Test of gather_layer2 over network_cli: a group of switches is read into the fact cache, and judged from there."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

from tests.network_cli.conftest import played, started
from tests.network_cli.mixed_fleet import BEHIND_SWITCHES

ONLY = {"snapshot_gather_subset": ["identity", "interfaces"]}


def test_switches_are_read_into_the_fact_cache_beside_hosts(inventory: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    status, shown = started("gather_layer2", tmp_path, [inventory], cache, **ONLY)
    assert status == 0 and "4 of 5 hosts read" in shown, shown[-3000:]
    assert "missing  sw4: " in shown and "answered no command" in shown
    # Nobody is asked any more, so the switches' credentials are not either.
    told = {"ansible_user": "nobody", "ansible_password": "wrong"}
    status, shown, report = played("judge_layer2", tmp_path, [inventory], cache, **told)
    (finding,) = [found for found in report["verdict"]["findings"] if found["mac"] == BEHIND_SWITCHES]
    assert (status, finding["status"]) == (2, "conflict"), shown[-3000:]
    evidence = " ".join(finding["evidence"])
    assert "sw1" in evidence and "sw2" in evidence and "GigabitEthernet1/0/1" in evidence


def test_no_switch_is_listened_on(inventory: Path, tmp_path: Path) -> None:
    only = {**ONLY, "target": "sw1", "flood_duration": 0.1}
    status, shown = started("gather_layer2", tmp_path, [inventory], tmp_path / "cache", **only)
    assert status == 0 and "1 of 1 host read" in shown, shown[-3000:]
    assert "Listen for what is for nobody here" not in shown


def test_a_group_that_is_not_there_is_said(inventory: Path, tmp_path: Path) -> None:
    status, shown = started("gather_layer2", tmp_path, [inventory], tmp_path / "cache", detect_switches="switch")
    assert status != 0 and "the inventory has no group switch, which detect_switches names" in shown, shown[-3000:]
