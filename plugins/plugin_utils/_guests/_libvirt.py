"""libvirt and plain QEMU: a definition in XML, changed by libvirt_nic_mac."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# MACs: net/net.c of QEMU and virDomainNetDef of libvirt make them of 52:54:00. Commands: virsh(1).

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping

from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisor import (
    Change,
    Executor,
    Hypervisor,
    KnownBy,
    word,
)

_UUID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z", re.ASCII)


def _commands(change: Change) -> list[str]:
    name = word(change.guest, word(change.uuid, "DOMAIN"))
    first = f"0,/mac address=.{change.old}/I " if change.one_of_several else ""
    return [f"virsh dumpxml --inactive --security-info {name} > nic.xml && "
            f"sed -i '{first}s/{change.old}/{change.new}/I' nic.xml && virsh define nic.xml"]


def _asks(step: Mapping[str, t.Any], uri: str) -> dict[str, t.Any]:
    return {"uri": uri, "domain": step["uuid"], "nic": dict(step.get("nic") or {})}


LIBVIRT = Hypervisor(
    "libvirt", "its hypervisor (KVM)",
    "the MAC of the NIC in the VM's definition, then a power cycle (libvirt: virsh edit DOMAIN; Proxmox VE: qm set)",
    "a network filter may drop a MAC that is changed inside only", "52:54:00", _commands,
    power="then power {} off and on again (a reboot inside keeps the old address)",
    executor=Executor("libvirt_nic_mac", (KnownBy("uuid", "uuid", _UUID),), _asks),
    runs="virsh domstate {}", unsave="virsh managedsave-remove {}",
    virtualization=("kvm", "qemu", "bochs"), drivers=("virtio_net", "virtio-net"), prefixes=("52:54:00",),
)
