"""VirtualBox: the words of VBoxManage for the states of a guest."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Oracle VirtualBox SDK, enumeration MachineState, as `VBoxManage showvminfo --machinereadable` writes VMState.

from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisor import ENDS, HELD, OFF, RUNS, Hypervisor

_STATES = {
    "running": RUNS, "starting": ENDS, "stopping": ENDS, "saving": ENDS, "restoring": ENDS,
    "livesnapshotting": RUNS, "teleporting": ENDS, "paused": HELD, "gurumeditation": HELD, "poweroff": OFF,
    "saved": OFF, "aborted": OFF, "aborted-saved": OFF, "teleported": OFF,
}
VIRTUALBOX = Hypervisor("virtualbox", _STATES, None)
