"""VMware: the words of vSphere for the states of a guest."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# vSphere Web Services API, VirtualMachinePowerState. A suspended guest stands in a file, as one that is off.

from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisor import OFF, RUNS, Hypervisor

_STATES = {
    "poweredOn": RUNS, "poweredOff": OFF, "suspended": OFF,
}
VMWARE = Hypervisor("vmware", _STATES, None)
