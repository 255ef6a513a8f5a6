"""Hyper-V: the words of Get-VM for the states of a guest."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Hyper-V module for PowerShell, enumeration VMState.

from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisor import ENDS, HELD, OFF, RUNS, Hypervisor

_STATES = {
    "Running": RUNS, "Starting": ENDS, "Stopping": ENDS, "Pausing": ENDS, "Resuming": ENDS, "Saving": ENDS,
    "Paused": HELD, "Off": OFF, "Saved": OFF, "Reset": ENDS, "FastSaved": OFF, "FastSaving": ENDS,
}
HYPERV = Hypervisor("hyperv", _STATES, None)
