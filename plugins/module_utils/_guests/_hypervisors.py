"""The one list of hypervisors on targets, and the one answer to whether a guest runs."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Any, Dict, Mapping, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._guests._hyperv import HYPERV
from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisor import UNKNOWN, Hypervisor, Presence
from ansible_collections.netops.layer2.plugins.module_utils._guests._incus import INCUS
from ansible_collections.netops.layer2.plugins.module_utils._guests._libvirt import LIBVIRT
from ansible_collections.netops.layer2.plugins.module_utils._guests._lxd import LXD
from ansible_collections.netops.layer2.plugins.module_utils._guests._openstack import OPENSTACK
from ansible_collections.netops.layer2.plugins.module_utils._guests._proxmox import PROXMOX
from ansible_collections.netops.layer2.plugins.module_utils._guests._virtualbox import VIRTUALBOX
from ansible_collections.netops.layer2.plugins.module_utils._guests._vmware import VMWARE
from ansible_collections.netops.layer2.plugins.module_utils._guests._xen import XEN

# A new hypervisor is one file beside this one and one row here; its words and commands are a file and a row of
# plugin_utils/_guests.
HYPERVISORS: Tuple[Hypervisor, ...] = (LIBVIRT, PROXMOX, VMWARE, HYPERV, XEN, VIRTUALBOX, OPENSTACK, INCUS, LXD)


def presence_in(state: Any, hypervisor: Any = None) -> Presence:
    """What STATE, a word of HYPERVISOR, means; without a hypervisor it is libvirt's. UNKNOWN for a word that it does
    not have.
    """
    name = LIBVIRT.name if hypervisor is None else hypervisor
    states: Dict[str, Presence] = next((one.states for one in HYPERVISORS if one.name == name), {})
    return states.get(state, UNKNOWN) if isinstance(state, str) else UNKNOWN


def presence(guest: Mapping[str, Any]) -> Presence:
    """Whether GUEST, a record of a snapshot (docs/snapshot.md), runs, as far as its hypervisor told it."""
    return presence_in(guest.get("state"), guest.get("hypervisor"))
