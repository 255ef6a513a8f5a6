"""The guest app1 of the lab "guest": a plan that gives it another MAC, the settings inside it that name its MAC, and
what waits in it for a confirmation.
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
from .cure import LIVE, cure, nic_macs, saved_plan
from .play import AT_WORK, Play
from .system import slowness, stretched, wait_until

HYPERVISOR = "hv1"
PIN = "/etc/udev/rules.d/70-persistent-net.rules"
# The guest's deadline is what the role's steps may take one after another: 123 s of a quiet machine.
HASTY = {
    "mac_regenerate_confirm_timeout": 6,
    "mac_regenerate_revert_timeout": 20,
    "mac_regenerate_timeout": 6,
    "mac_regenerate_answer_timeout": 15,
}
# Where the controller is killed before the guest answers, nobody waits for that: 65 s of a quiet machine, of which only
# the 36 for work of hypervisor and guest are stretched.
UNANSWERED = {"mac_regenerate_confirm_timeout": 2, "mac_regenerate_answer_timeout": 5}
WORK = {"mac_regenerate_revert_timeout": 30, "mac_regenerate_timeout": 6}
PATIENCE = 300  # seconds until it counts as missed
LOOK = 20  # seconds after which an emulated guest is looked at again: what that costs it is CPU, too


def app1(guest: Running, folder: Path, new: str) -> tuple[str, str]:
    """A saved plan that gives the guest app1, a host of the inventory too, another MAC; returns its path and the MAC
    now.
    """
    known = next(each for each in guest.topology.guests if each.name == "app1")
    (old,), _persistent = nic_macs(guest.name, HYPERVISOR, "app1")
    change = {
        "kind": "guest",
        "host": HYPERVISOR,
        "owner": "guest app1 on hv1",
        "guest": "app1",
        "uuid": known.uuid,
        "mac": old,
        "new_mac": new,
        "nic": {"alias": "net0"},
        "reason": "a test",
    }
    rule = f'SUBSYSTEM=="net", ACTION=="add", ATTR{{address}}=="{old}", NAME="eth0"'
    write = f"mkdir -p /etc/udev/rules.d; echo '{rule}' > {PIN}; cat {PIN}"
    assert wait_until(lambda: rule in inside(guest, write), 120, 1), "app1 is not reached"
    return saved_plan(folder, change), old


def inside(guest: Running, line: str) -> str:
    """What a line says in app1, over SSH, since the lab has no other way into a guest; nothing while it is not reached.
    """
    argv = [*lab.in_controller(guest.name), *lab.ssh(guest.name, guest.topology, "app1", line)]
    return subprocess.run(
        argv, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL
    ).stdout


def hasty() -> tuple[str, ...]:
    """Options of a cure that does not wait long."""
    return "-e", json.dumps(stretched(HASTY))


def unanswered() -> tuple[str, ...]:
    """Options of a cure whose controller is killed before the guest answers: the guest waits no longer than it must."""
    return "-e", json.dumps({**UNANSWERED, **stretched(WORK)})


def patience() -> float:
    """Seconds until a deadline counts as missed that is set now: the machine may be less busy when it comes."""
    return PATIENCE * slowness()


def apply(guest: Running, folder: Path, plan: str, *options: str) -> Play:
    """Apply a saved plan to app1."""
    return cure(guest.name, folder, "-e", "target=hv1:app1", "-e", f"fix_plan={plan}", *options)


STATES = "cat /var/lib/netops-layer2/revert/mac-pins-eth0/state.json 2>/dev/null || echo '{\"state\": \"none\"}'"


def settles(guest: Running, until: float) -> bool:
    """Wait so many seconds at most until the guest is reached, and inside it no module of the killed run is at work nor
    a change waits for its confirmation; whether it came to that.
    """
    return wait_until(lambda: _settled(guest), until, LOOK * slowness())


def _settled(guest: Running) -> bool:
    said = inside(guest, f"{AT_WORK} || {STATES}")
    return bool(said) and json.loads(said)["state"] != "armed"


def options(plan: str, *hurry: str) -> tuple[str, ...]:
    """Those of a cure of app1 by a saved plan, in a HURRY that `hasty` or `unanswered` tells."""
    return ("-e", "target=hv1:app1", "-e", f"fix_plan={plan}", *LIVE, *hurry)
