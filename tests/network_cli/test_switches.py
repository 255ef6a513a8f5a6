"""Test of detect_dup_mac over network_cli: a group of switches is read by its command line, and judged with a host."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.network_cli.conftest import Run, played

TWIN = "52:54:00:0c:1d:f5"


@pytest.fixture(scope="module")
def run(inventory: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The status, what was shown, and the report of one run over three switches, a missing one and this machine."""
    folder = tmp_path_factory.mktemp("run")
    return played("detect_dup_mac", folder, [inventory], snapshot_gather_subset=["identity", "interfaces"])


def test_twins_behind_two_switches_are_a_conflict_that_names_both_ports(run: Run) -> None:
    status, shown, report = run
    (finding,) = [found for found in report["verdict"]["findings"] if found["mac"] == TWIN]
    assert (status, finding["status"]) == (2, "conflict"), shown[-3000:]
    evidence = " ".join(finding["evidence"])
    assert "sw1" in evidence and "sw2" in evidence and "GigabitEthernet1/0/1" in evidence
    assert report["verdict"]["summary"]["hosts_judged"] == 4


def test_what_a_switch_refused_and_one_that_is_not_there_are_said(run: Run) -> None:
    _status, _shown, report = run
    coverage = report["verdict"]["coverage"]
    (refused,) = [gap for gap in coverage["gaps"] if gap.get("host") == "sw3" and gap["subset"] == "fdb"]
    assert refused["reason"] == "`show mac address-table`: % Invalid input detected at '^' marker."
    assert "sw4 answered no command" in json.dumps(coverage)
