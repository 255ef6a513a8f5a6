"""The one list of hypervisors on the controller, and what is told of a guest by the name of its hypervisor."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hyperv import HYPERV
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisor import Change, Hypervisor
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._incus import INCUS
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._libvirt import LIBVIRT
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._lxd import LXD
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._only_inside import (
    ANY,
    BHYVE,
    KUBEVIRT,
    NUTANIX,
    OVIRT,
    PARALLELS,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._openstack import OPENSTACK
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._proxmox import PROXMOX
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._virtualbox import VIRTUALBOX
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._vmware import VMWARE
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._xen import XEN

# A new hypervisor is one file beside this one and one row here; the states of its guests are a file and a row of
# module_utils/_guests.
HYPERVISORS: tuple[Hypervisor, ...] = (
    LIBVIRT, PROXMOX, VMWARE, HYPERV, XEN, VIRTUALBOX, OPENSTACK, INCUS, LXD,
    PARALLELS, KUBEVIRT, NUTANIX, OVIRT, BHYVE, ANY,
)


def hypervisor(key: str | None) -> Hypervisor:
    """The hypervisor that a snapshot calls KEY; a snapshot that names none is libvirt's, and nothing is known of
    another name.
    """
    return LIBVIRT if key is None else next((one for one in HYPERVISORS if one.key == key), ANY)


def steps(key: str | None, change: Change) -> list[str]:
    """What sets the new MAC of CHANGE in hypervisor KEY: commands, or where nobody knows one, words."""
    known = hypervisor(key)
    if known.commands is None:
        return [f"in {known.name}: {known.place}, from {change.old} to {change.new}"]
    return known.commands(change)
