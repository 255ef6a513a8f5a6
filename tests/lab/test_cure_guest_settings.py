"""The cure of a guest that is a host of the inventory too: the settings inside it that name its MAC move with its NIC,
or neither does.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import subprocess
from pathlib import Path

from . import lab
from .conftest import Running
from .cure import LIVE, answers, cure, full_disk, kill_at, nic_macs, saved_plan
from .play import Play
from .system import wait_until
from .twin import GIVE

PIN = "/etc/udev/rules.d/70-persistent-net.rules"
HASTY = (
    "-e",
    json.dumps(
        {
            "mac_regenerate_confirm_timeout": 10,
            "mac_regenerate_revert_timeout": 20,
            "mac_regenerate_timeout": 15,
            "mac_regenerate_answer_timeout": 30,
        }
    ),
)


def app1(incident1: Running, folder: Path, new: str) -> tuple[str, str]:
    """A saved plan that gives the guest app1, a host of the inventory too, another MAC; returns its path and the MAC
    now.
    """
    guest = next(guest for guest in incident1.topology.guests if guest.name == "app1")
    (old,), _persistent = nic_macs(incident1.name, "hv2", "app1")
    change = {
        "kind": "guest",
        "host": "hv2",
        "owner": "guest app1 on hv2",
        "guest": "app1",
        "uuid": guest.uuid,
        "mac": old,
        "new_mac": new,
        "nic": {"alias": "net0"},
        "reason": "a test",
    }
    rule = f'SUBSYSTEM=="net", ACTION=="add", ATTR{{address}}=="{old}", NAME="eth0"'
    write = f"mkdir -p /etc/udev/rules.d; echo '{rule}' > {PIN}; cat {PIN}"
    assert wait_until(lambda: rule in inside(incident1, write), 120, 1), "app1 is not reached"
    return saved_plan(folder, change), old


def inside(incident1: Running, line: str) -> str:
    """What a line says in app1, over SSH, since the lab has no other way into a guest; nothing while it is not reached.
    """
    argv = [*lab.in_controller(incident1.name), *lab.ssh(incident1.name, incident1.topology, "app1", line)]
    return subprocess.run(
        argv, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL
    ).stdout


def apply(incident1: Running, folder: Path, plan: str, *options: str) -> Play:
    """Apply a saved plan to app1."""
    return cure(incident1.name, folder, "-e", "target=hv2:app1", "-e", f"fix_plan={plan}", *options)


def test_a_guest_whose_settings_name_its_mac_is_left_alone_without_consent(incident1: Running, tmp_path: Path) -> None:
    plan, old = app1(incident1, tmp_path, "52:54:00:00:61:01")
    alone = apply(incident1, tmp_path, plan)
    assert f"Left alone: guest app1 on hv2. Settings inside it name {old} ({PIN})" in " ".join(alone.text.split()), (
        alone.text
    )
    assert nic_macs(incident1.name, "hv2", "app1") == ([old], [old]) and old in inside(incident1, f"cat {PIN}")


def test_a_guest_without_room_for_its_settings_is_left_alone(incident1: Running, tmp_path: Path) -> None:
    plan, old = app1(incident1, tmp_path, "52:54:00:00:61:02")
    with full_disk(incident1.name, "app1", "/etc/udev/rules.d", lambda _host, script: inside(incident1, script)):
        refused = apply(incident1, tmp_path, plan, *LIVE)
    assert refused.status == 2 and "No space left on device; nothing was changed" in refused.message, refused.text
    assert nic_macs(incident1.name, "hv2", "app1") == ([old], [old]) and old in inside(incident1, f"cat {PIN}")


def test_a_guest_that_does_not_come_back_gets_its_old_nic_and_its_old_settings(
    incident1: Running, tmp_path: Path
) -> None:
    plan, old = app1(incident1, tmp_path, "52:54:00:00:61:03")
    inside(incident1, "echo 52:54:00:00:61:03 > /run/unwanted")
    failed = apply(incident1, tmp_path, plan, *LIVE, *HASTY)
    assert failed.status == 2 and "the guest has its old NIC again" in failed.message, failed.text
    assert nic_macs(incident1.name, "hv2", "app1") == ([old], [old])
    assert answers(incident1.name, "client", "192.168.100.61", 90)
    assert wait_until(lambda: old in inside(incident1, f"cat {PIN}"), 420, 5)


STATES = "cat /var/lib/netops-layer2/revert/mac-pins-eth0/state.json 2>/dev/null || echo '{\"state\": \"none\"}'"
AT_WORK = "grep -qs 'Ansibal[l]Z' /proc/[0-9]*/cmdline"


def settled(incident1: Running) -> bool:
    """Whether the guest is reached, and inside it no module of the killed run is at work nor a change waits for its
    confirmation.
    """
    said = inside(incident1, f"{AT_WORK} || {STATES}")
    return bool(said) and json.loads(said)["state"] != "armed"


def options(plan: str) -> tuple[str, ...]:
    """Those of a cure of app1 by a saved plan that does not wait long."""
    return ("-e", "target=hv2:app1", "-e", f"fix_plan={plan}", *LIVE, *HASTY)


def test_killed_after_each_step_in_turn_settings_and_nic_end_alike(incident1: Running, tmp_path: Path) -> None:
    plan, before = app1(incident1, tmp_path, "52:54:00:00:61:04")
    kill_at(incident1.name, "Move the settings that name the MAC", tmp_path, *options(plan), after=2.5)
    # The next run finds the settings moved, and must not go on before the guest has taken them back. What it begins
    # then on the hypervisor
    # goes on without it, so that the step behind is tried with another address.
    for task, new in ((GIVE, "52:54:00:00:61:04"), ("Keep the guest's settings", "52:54:00:00:61:08")):
        plan, old = app1(incident1, tmp_path, new) if task != GIVE else (plan, before)
        kill_at(incident1.name, task, tmp_path, *options(plan))
        assert wait_until(lambda: settled(incident1), 420, 10), (task, inside(incident1, STATES))
        live, defined = nic_macs(incident1.name, "hv2", "app1")
        assert live == defined and live in ([old], [new]), task
        # Its deadline passed, unconfirmed: with the new NIC in place the settings that fit it stay, with the old one
        # they go
        assert live[0] in inside(incident1, f"cat {PIN}"), task
    assert live == [new] and '"confirmed"' in inside(incident1, STATES)
    done = apply(incident1, tmp_path, plan, *LIVE)
    assert done.status == 0, done.text
    again = apply(incident1, tmp_path, plan, *LIVE)
    assert (again.status, again.touched) == (0, set()), again.text


def test_killed_while_the_nic_is_swapped_the_next_run_finishes(incident1: Running, tmp_path: Path) -> None:
    new = "52:54:00:00:61:06"
    plan, _old = app1(incident1, tmp_path, new)
    kill_at(incident1.name, GIVE, tmp_path, "-e", "target=hv2:app1", "-e", f"fix_plan={plan}", *LIVE, *HASTY, after=1.5)
    done = apply(incident1, tmp_path, plan, *LIVE)
    assert done.status == 0 and nic_macs(incident1.name, "hv2", "app1") == ([new], [new]), done.text
    assert wait_until(lambda: '"confirmed"' in inside(incident1, STATES), 420, 10), inside(incident1, STATES)
    assert new in inside(incident1, f"cat {PIN}")


def test_a_guest_that_is_a_host_moves_with_its_settings(incident1: Running, tmp_path: Path) -> None:
    plan, old = app1(incident1, tmp_path, "52:54:00:00:61:05")
    checked = apply(incident1, tmp_path, plan, *LIVE, "--check", "--diff")
    assert checked.status == 0 and "52:54:00:00:61:05" in checked.text and PIN in checked.text, checked.text
    assert nic_macs(incident1.name, "hv2", "app1") == ([old], [old]) and old in inside(incident1, f"cat {PIN}")
    done = apply(incident1, tmp_path, plan, *LIVE)
    assert done.status == 0, done.text
    assert nic_macs(incident1.name, "hv2", "app1") == (["52:54:00:00:61:05"], ["52:54:00:00:61:05"])
    assert "52:54:00:00:61:05" in inside(incident1, f"cat {PIN}")
    again = apply(incident1, tmp_path, plan, *LIVE)
    assert (again.status, again.changed) == (0, {}), again.text
