"""Incus: a device of the instance, set by its client."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# MACs: Incus makes them of 10:66:6a (volatile.NAME.hwaddr). Commands: incus config device set; `override` first where a
# profile brings the device.

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisor import Change, Hypervisor
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._instances import PLUGGED_ANEW, device_commands


def _commands(change: Change) -> list[str]:
    return device_commands("incus", change)


INCUS = Hypervisor(
    "incus", "Incus",
    "incus config device set INSTANCE DEVICE hwaddr=MAC (override in place of set where a profile brings the device)",
    "security.mac_filtering drops a MAC that is changed inside only", "10:66:6a", _commands,
    power=PLUGGED_ANEW, prefixes=("10:66:6a",),
)
