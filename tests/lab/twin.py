"""The twin of incident 1: which MAC it shares, how its cure is called for where little is looked at, and how it stands.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from .conftest import Running
from .cure import answers, nic_macs

TWINS, IP = "52:54:00:0c:1d:f5", "192.168.100.25"
FEW = ("-e", "target=hypervisors:client:web1")  # enough to judge, and quicker where a fault is tried again and again
GIVE = "Give the guest's NIC its new MAC"  # the task that changes it


def state(running: Running) -> tuple[list[str], list[str]]:
    """The twin's MACs, live and persistent."""
    return nic_macs(running.name, "hv2", "vm25")


def cured(running: Running) -> bool:
    """Whether the twin has a MAC of its own, live and persistent the same, and answers."""
    (live,), (persistent,) = state(running)
    return live == persistent != TWINS and answers(running.name, "client", IP)
