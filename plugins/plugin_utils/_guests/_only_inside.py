"""Hypervisors whose guests are only known by what they tell themselves: words, no commands."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisor import Hypervisor

PARALLELS = Hypervisor(
    "parallels", "Parallels", "prlctl set VM --device-set net0 --mac auto (powered off)",
    virtualization=("parallels",), drivers=("prl_eth",), prefixes=("00:1c:42",))
KUBEVIRT = Hypervisor(
    "kubevirt", "KubeVirt",
    "macAddress of the interface in the VirtualMachine (spec.template.spec.domain.devices.interfaces)",
    "the network plugin may drop a MAC that is changed inside only (macspoofchk)",
    systems=("KubeVirt", "Red Hat KubeVirt"))
NUTANIX = Hypervisor(
    "nutanix", "Nutanix AHV", "the VM's NIC: remove it and add a new one", systems=("Nutanix",), prefixes=("50:6b:8d",))
OVIRT = Hypervisor(
    "ovirt", "oVirt", "the VM's network interface, custom MAC address",
    "the vNIC profile's filter drops a MAC that is changed inside only",
    systems=("oVirt", "Red Hat RHEV"), prefixes=("00:1a:4a", "56:6f"))  # 56:6f and two octets of each engine's own
BHYVE = Hypervisor("bhyve", "bhyve", "mac= of its network device", virtualization=("bhyve",), prefixes=("58:9c:fc",))
ANY = Hypervisor("", "its hypervisor", "the MAC of the NIC in the VM's settings", virtualization=("unknown",))
