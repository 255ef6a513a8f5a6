"""Test of one run over all kinds of witnesses: one table, in which each twin has its owner and its place."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.network_cli import mixed_fleet
from tests.network_cli.conftest import played
from tests.playbooks.conftest import telling


@pytest.fixture(scope="module")
def run(inventory: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What was shown, and the findings of one run by MAC."""
    folder = tmp_path_factory.mktemp("mixed")
    shutil.copy(inventory, folder / "switches")
    told = {one["host"]: telling(folder, one) for one in mixed_fleet.hosts()}
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": told}}), encoding="utf-8")
    _status, shown, report = played(
        "detect_dup_mac",
        folder,
        [folder / "switches", folder / "hosts.json"],
        snapshot_gather_subset=["identity"],
        report_documents=mixed_fleet.documents(folder),
    )
    return shown, {found["mac"]: found for found in report["verdict"]["findings"]}


@pytest.mark.parametrize(
    ("mac", "status", "owners", "places"),
    [
        (
            mixed_fleet.PROXMOX_AND_LXD,
            "conflict",
            {("pve1", "shop"), ("lxd1", "cache")},
            [
                "pve1: shop has it on net0 on vmbr0 (up), id 100",
                "sw5: the FDB of switch has it on port Gi0/2 in VLAN 10",
            ],
        ),
        (
            mixed_fleet.LIBVIRT_AND_VCENTER,
            "latent",  # nothing proves that br0 of hv1 and the port group of esx1 are one segment
            {("hv1", "db"), ("vcenter", "mail")},
            ["vcenter: mail of node esx1 has it on ethernet-1 on LAN (up)"],
        ),
        (
            mixed_fleet.SERVER_AND_REGISTER,
            "latent",
            {("web1", None), ("cmdb", "old-web")},
            ["web1: it has it on eth0 (up) with 192.0.2.21"],
        ),
        (mixed_fleet.TWO_CLIENTS, "suspected", set(), ["dhcp1", "192.0.2.31", "192.0.2.32"]),
        (mixed_fleet.BEHIND_SWITCHES, "conflict", set(), ["sw1", "sw2", "GigabitEthernet1/0/1"]),
    ],
    ids=["proxmox-and-lxd", "libvirt-and-vcenter", "server-and-register", "two-clients", "behind-switches"],
)
def test_each_twin_has_its_owner_and_its_place(
    run: tuple[str, dict[str, Any]], mac: str, status: str, owners: set[tuple[str, str | None]], places: list[str]
) -> None:
    shown, findings = run
    found = findings[mac]
    assert found["status"] == status, found
    assert {(owner["host"], owner["guest"]) for owner in found["owners"]} == owners
    evidence = "\n".join(found["evidence"])
    assert [place for place in places if place not in evidence] == [], evidence
    assert mac in shown  # all stand in one table
