"""OpenStack: the words of Nova for the states of a server."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Compute API guide, "Server concepts": status of a server.

from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisor import ENDS, HELD, OFF, RUNS, Hypervisor

_STATES = {
    "ACTIVE": RUNS, "PASSWORD": RUNS, "RESCUE": RUNS, "REBOOT": ENDS, "HARD_REBOOT": ENDS, "MIGRATING": ENDS,
    "RESIZE": ENDS, "VERIFY_RESIZE": RUNS, "REVERT_RESIZE": ENDS, "REBUILD": ENDS, "PAUSED": HELD, "SUSPENDED": OFF,
    "SHUTOFF": OFF, "STOPPED": OFF, "SHELVED": OFF, "SHELVED_OFFLOADED": OFF, "SOFT_DELETED": OFF, "DELETED": OFF,
    "BUILD": OFF,
}
OPENSTACK = Hypervisor("openstack", _STATES, None)
