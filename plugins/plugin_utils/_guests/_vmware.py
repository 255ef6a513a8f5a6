"""VMware vSphere: an adapter of the VM, set by hand while the VM is off."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# MACs: vSphere takes static ones from 00:50:56:00:00:00 to 00:50:56:3f:ff:ff ("Static MAC Addresses", vSphere
# Networking), and gives out the rest, 00:0c:29 and 00:05:69 itself. Commands: govc, vm.network.change, which wants -net
# with -net.address.

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisor import Change, Hypervisor, word


def _commands(change: Change) -> list[str]:
    network, nic = word(change.network, "NETWORK"), word(change.nic, "ethernet-0")
    return [f"govc vm.network.change -vm {word(change.guest, 'VM')} -net {network} -net.address {change.new} {nic}"]


VMWARE = Hypervisor(
    "vmware", "VMware", "the VM's settings, network adapter, MAC address (powered off)",
    "the port group may drop a MAC that is changed inside only (MAC address changes, forged transmits)",
    "00:50:56", _commands, power="with {} powered off", virtualization=("vmware",), drivers=("vmxnet3",),
    prefixes=("00:50:56", "00:0c:29", "00:05:69"),
)
