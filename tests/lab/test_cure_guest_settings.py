"""The cure of a guest that is a host of the inventory too: the settings inside it that name its MAC move with its NIC,
or neither does.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from .conftest import Running
from .cure import LIVE, answers, full_disk, nic_macs
from .guest_settings import HYPERVISOR, PIN, app1, apply, hasty, inside, patience
from .system import wait_until


def test_a_guest_whose_settings_name_its_mac_is_left_alone_without_consent(guest: Running, tmp_path: Path) -> None:
    plan, old = app1(guest, tmp_path, "52:54:00:00:61:01")
    alone = apply(guest, tmp_path, plan)
    assert f"Left alone: guest app1 on hv1. Settings inside it name {old} ({PIN})" in " ".join(alone.text.split()), (
        alone.text
    )
    assert nic_macs(guest.name, HYPERVISOR, "app1") == ([old], [old]) and old in inside(guest, f"cat {PIN}")


def test_a_guest_without_room_for_its_settings_is_left_alone(guest: Running, tmp_path: Path) -> None:
    plan, old = app1(guest, tmp_path, "52:54:00:00:61:02")
    with full_disk(guest.name, "app1", "/etc/udev/rules.d", lambda _host, script: inside(guest, script)):
        refused = apply(guest, tmp_path, plan, *LIVE)
    assert refused.status == 2 and "No space left on device; nothing was changed" in refused.message, refused.text
    assert nic_macs(guest.name, HYPERVISOR, "app1") == ([old], [old]) and old in inside(guest, f"cat {PIN}")


def test_a_guest_that_does_not_come_back_gets_its_old_nic_and_its_old_settings(
    guest: Running, tmp_path: Path
) -> None:
    plan, old = app1(guest, tmp_path, "52:54:00:00:61:03")
    inside(guest, "echo 52:54:00:00:61:03 > /run/unwanted")
    until = patience()
    failed = apply(guest, tmp_path, plan, *LIVE, *hasty())
    assert failed.status == 2 and "the guest has its old NIC again" in failed.message, failed.text
    assert nic_macs(guest.name, HYPERVISOR, "app1") == ([old], [old])
    assert answers(guest.name, "client", "192.168.100.61", 90)
    assert wait_until(lambda: old in inside(guest, f"cat {PIN}"), until, 5)


def test_a_guest_that_is_a_host_moves_with_its_settings(guest: Running, tmp_path: Path) -> None:
    plan, old = app1(guest, tmp_path, "52:54:00:00:61:05")
    checked = apply(guest, tmp_path, plan, *LIVE, "--check", "--diff")
    assert checked.status == 0 and "52:54:00:00:61:05" in checked.text and PIN in checked.text, checked.text
    assert nic_macs(guest.name, HYPERVISOR, "app1") == ([old], [old]) and old in inside(guest, f"cat {PIN}")
    done = apply(guest, tmp_path, plan, *LIVE)
    assert done.status == 0, done.text
    assert nic_macs(guest.name, HYPERVISOR, "app1") == (["52:54:00:00:61:05"], ["52:54:00:00:61:05"])
    assert "52:54:00:00:61:05" in inside(guest, f"cat {PIN}")
    again = apply(guest, tmp_path, plan, *LIVE)
    assert (again.status, again.changed) == (0, {}), again.text
