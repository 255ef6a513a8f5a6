"""Incident 1 rebuilt: the symptom, then the exact verdict of detect_dup_mac on real hosts, read-only, also with a host
gone.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from pathlib import Path

import pytest

from . import fingerprint, hosts, lab, symptom
from .conftest import Running
from .detect import Detection, detect

TWINS = "52:54:00:0c:1d:f5"
CLONED = "52:54:00:31:31:31"
JUDGED = ["app1", "client", "db1", "hv1", "hv2", "lb1", "lb2", "web1"]


@pytest.fixture(scope="module")
def untouched(incident1: Running) -> dict[str, list[str]]:
    """The hosts before anybody looked at them through Ansible."""
    return fingerprint.of_all(incident1.name, incident1.topology)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the report files go."""
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="module")
def check(incident1: Running, untouched: dict[str, list[str]], reports: Path) -> Detection:
    """The playbook in check mode, before it ran for real."""
    return detect(incident1.name, reports / "files", "--check", "--diff")


@pytest.fixture(scope="module")
def real(incident1: Running, check: Detection, reports: Path) -> Detection:
    """The playbook for real."""
    return detect(incident1.name, reports / "files")


def test_exchanges_with_the_target_stall_and_those_with_a_clean_guest_do_not(incident1: Running) -> None:
    target, clean = symptom.feel(incident1.name, "client", ["192.168.100.30", "192.168.100.31"])
    assert target.stalled >= 4, str(target)
    assert clean.stalled == 0, str(clean)


def test_the_mac_moves_between_two_ports_of_the_switch(incident1: Running) -> None:
    moves = symptom.moves(incident1.name, "sw1", TWINS)
    assert {"hv1-eth0", "to-sw2"} <= set(moves), moves
    assert symptom.moves(incident1.name, "sw1", CLONED, 2) == []


def test_check_mode_judges_and_changes_nothing(check: Detection, reports: Path) -> None:
    assert f"CONFLICT  {TWINS}" in check.text, check.text
    assert not (reports / "files").exists()
    assert check.status == 2


def test_one_conflict_with_the_right_owners(real: Detection) -> None:
    assert real.status == 2, real.text
    (conflict,) = [finding for finding in real.verdict["findings"] if finding["status"] == "conflict"]
    owners = [
        (owner["host"], owner["guest"], owner["state"], owner["kind"], owner["bridge"]) for owner in conflict["owners"]
    ]
    assert conflict["mac"] == TWINS
    assert sorted(owners) == [("hv1", "vm30", "up", "guest", "br0"), ("hv2", "vm25", "up", "guest", "br0")]
    assert conflict["seen_with"] == ["192.168.100.25", "192.168.100.30"]
    assert conflict["rule"] == "proven_twins"
    assert conflict["cause"] == "cloned_definition"


def test_the_shut_off_clone_is_latent(real: Detection) -> None:
    (latent,) = [finding for finding in real.verdict["findings"] if finding["status"] == "latent"]
    assert latent["mac"] == CLONED
    owners = sorted((owner["host"], owner["guest"], owner["state"]) for owner in latent["owners"])
    assert owners == [("hv1", "vm31", "up"), ("hv2", "vm31-old", "shut off")]


def test_every_look_alike_is_shared_and_nothing_else_is_found(real: Detection) -> None:
    verdict = real.verdict
    shared = [finding for finding in verdict["findings"] if finding["status"] == "shared"]
    owners = sorted((finding["rule"], *sorted({owner["host"] for owner in finding["owners"]})) for finding in shared)
    assert owners == [
        ("inventory_guest", "hv2"),
        ("isolated_bridge", "hv1", "hv2", "web1"),
        ("one_host", "db1"),
        ("one_host", "hv1"),
        ("one_host", "hv2"),
        ("one_owner", "web1"),
        ("virtual_router", "lb1", "lb2"),
    ]
    summary = verdict["summary"]
    assert [summary[status] for status in ("conflict", "latent", "suspected", "shared", "quarantined")] == [
        1,
        1,
        0,
        7,
        0,
    ]
    assert verdict["coverage"]["judged"] == JUDGED
    assert not verdict["coverage"]["missing"]


def test_a_second_run_changes_nothing(
    real: Detection, reports: Path, incident1: Running, untouched: dict[str, list[str]]
) -> None:
    again = detect(incident1.name, reports / "files")
    assert again.changed == {}, again.text
    assert again.verdict["summary"] == real.verdict["summary"]
    for host, before in untouched.items():
        now = fingerprint.of_host(incident1.name, host)
        assert sorted(set(now) ^ set(before)) == [], host


def test_an_unreachable_host_is_named_and_the_rest_is_judged(
    incident1: Running, real: Detection, tmp_path: Path
) -> None:
    hosts.inside(incident1.name, "lb2", ["systemctl", "stop", "ssh.socket", "ssh.service"])
    lab.drop_connections(incident1.name)  # else the connection of the run before would still serve
    try:
        lame = detect(incident1.name, tmp_path)
    finally:
        hosts.inside(incident1.name, "lb2", ["systemctl", "start", "ssh.service"])
    assert [missing["host"] for missing in lame.verdict["coverage"]["missing"]] == ["lb2"]
    assert lame.verdict["coverage"]["judged"] == [name for name in JUDGED if name != "lb2"]
    assert lame.verdict["summary"]["conflict"] == 1
    assert "1 host MISSING" in lame.text
    assert re.search(r"missing +lb2: unreachable", lame.text), lame.text
