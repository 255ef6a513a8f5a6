"""VirtualBox: an adapter of the VM, numbered from 1, set while the VM is off."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# MACs: VirtualBox makes them of 08:00:27 (Main API, generateMacAddress). Commands: VBoxManage modifyvm, "Networking
# settings".

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisor import Change, Hypervisor, bare, word


def _commands(change: Change) -> list[str]:
    number = change.nic if change.nic.isascii() and change.nic.isdigit() and len(change.nic) < 3 else "N"
    return [f"VBoxManage modifyvm {word(change.guest, 'VM')} --macaddress{number} {bare(change.new)}"]


VIRTUALBOX = Hypervisor(
    "virtualbox",
    "VirtualBox",
    "VBoxManage modifyvm VM --macaddress1 auto (powered off)",
    pool="08:00:27",
    commands=_commands,
    power="with {} powered off",
    virtualization=("oracle",),
    prefixes=("08:00:27",),
)
