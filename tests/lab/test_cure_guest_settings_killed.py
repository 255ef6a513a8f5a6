"""The cure of a guest that is a host of the inventory too, with the controller killed in its midst: the settings inside
the guest and its NIC end alike, and the next run finishes. Its cases wait out deadlines, beside those of the other
file.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from .conftest import Running
from .cure import LIVE, kill_at, nic_macs
from .guest_settings import (
    HYPERVISOR,
    PIN,
    STATES,
    app1,
    apply,
    hasty,
    inside,
    options,
    patience,
    settles,
    unanswered,
)
from .system import wait_until
from .twin import GIVE


def test_killed_after_each_step_in_turn_settings_and_nic_end_alike(guest: Running, tmp_path: Path) -> None:
    plan, before = app1(guest, tmp_path, "52:54:00:00:61:04")
    kill_at(guest.name, "Move the settings that name the MAC", tmp_path, *options(plan, *unanswered()), after=2.5)
    # The next run finds the settings moved, and must not go on before the guest has taken them back. What it begins
    # then on the hypervisor
    # goes on without it, so that the step behind is tried with another address.
    for task, new in ((GIVE, "52:54:00:00:61:04"), ("Keep the guest's settings", "52:54:00:00:61:08")):
        plan, old = app1(guest, tmp_path, new) if task != GIVE else (plan, before)
        until = patience()
        kill_at(guest.name, task, tmp_path, *options(plan, *(unanswered() if task == GIVE else hasty())))
        assert settles(guest, until), (task, inside(guest, STATES))
        live, defined = nic_macs(guest.name, HYPERVISOR, "app1")
        assert live == defined and live in ([old], [new]), task
        # Its deadline passed, unconfirmed: with the new NIC in place the settings that fit it stay, with the old one
        # they go
        assert live[0] in inside(guest, f"cat {PIN}"), task
    assert live == [new] and '"confirmed"' in inside(guest, STATES)
    done = apply(guest, tmp_path, plan, *LIVE)
    assert done.status == 0, done.text
    again = apply(guest, tmp_path, plan, *LIVE)
    assert (again.status, again.touched) == (0, set()), again.text


def test_killed_while_the_nic_is_swapped_the_next_run_finishes(guest: Running, tmp_path: Path) -> None:
    new = "52:54:00:00:61:06"
    plan, _old = app1(guest, tmp_path, new)
    until = patience()
    kill_at(guest.name, GIVE, tmp_path, *options(plan, *unanswered()), after=1.5)
    done = apply(guest, tmp_path, plan, *LIVE)
    assert done.status == 0 and nic_macs(guest.name, HYPERVISOR, "app1") == ([new], [new]), done.text
    assert wait_until(lambda: '"confirmed"' in inside(guest, STATES), until, 20), inside(guest, STATES)
    assert new in inside(guest, f"cat {PIN}")
