"""Xen: a virtual interface that is made anew with another MAC."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# MACs: 00:16:3e is the Xen project's (xl-network-configuration(5)). Commands: xe of XenServer and XCP-ng, where the MAC
# of a VIF is read only (XenAPI, class VIF); with xl it is mac= in the domain's file.

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisor import Change, Hypervisor, word


def _commands(change: Change) -> list[str]:
    return [f"xe vif-list vm-name-label={word(change.guest, 'VM')} params=uuid,vm-uuid,network-uuid,device,MAC",
            f"xe vif-destroy uuid=VIF && xe vif-create vm-uuid=VM network-uuid=NETWORK device=DEVICE mac={change.new}"]


XEN = Hypervisor(
    "xen", "Xen", "the mac= of its vif (xl, xe vif-create)",
    "locking mode of the vif may drop a MAC that is changed inside only",
    "00:16:3e", _commands, power="with {} shut down, unless its tools let go of the interface",
    virtualization=("xen",), drivers=("xen-netfront", "xen_netfront", "vif"), prefixes=("00:16:3e",),
)
