"""Xen: the words of XAPI and xl for the states of a guest."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# XenAPI, enumeration vm_power_state; xl(1), list: the state letters r and b are both a domain that runs, b waits for
# something.

from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisor import ENDS, HELD, OFF, RUNS, Hypervisor

_STATES = {
    "running": RUNS, "Running": RUNS, "blocked": RUNS, "paused": HELD, "Paused": HELD, "Suspended": OFF,
    "suspended": OFF, "Halted": OFF, "halted": OFF, "shutdown": OFF, "crashed": HELD, "dying": ENDS,
}
XEN = Hypervisor("xen", _STATES, None)
