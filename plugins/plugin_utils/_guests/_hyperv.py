"""Hyper-V: a network adapter with a static MAC, set by PowerShell while the VM is off."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# MACs: hosts make dynamic ones of 00:15:5d and two octets of their own address. Commands: Set-VMNetworkAdapter of
# module Hyper-V.

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisor import (
    Change,
    Hypervisor,
    bare,
    powershell,
)


def _commands(change: Change) -> list[str]:
    adapter = f" -Name {powershell(change.nic, 'NIC')}" if change.nic else ""
    name = powershell(change.guest, "VM")
    return [f"Set-VMNetworkAdapter -VMName {name}{adapter} -StaticMacAddress {bare(change.new)}"]


HYPERV = Hypervisor(
    "hyperv", "Hyper-V", "the VM's settings, network adapter, advanced features (powered off)",
    "the virtual switch drops a MAC that is changed inside only, unless spoofing is allowed", "00:15:5d", _commands,
    power="with {} powered off", virtualization=("microsoft",), drivers=("hv_netvsc",), prefixes=("00:15:5d",),
)
