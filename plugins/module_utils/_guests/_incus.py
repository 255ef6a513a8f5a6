"""Incus: the words of its API for the states of an instance, and where its daemon is asked."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Incus, REST API, status codes of instances.

from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisor import ENDS, HELD, OFF, RUNS, Hypervisor
from ansible_collections.netops.layer2.plugins.module_utils._guests._instances import reader

_STATES = {
    "Running": RUNS, "Ready": RUNS, "Starting": ENDS, "Stopping": ENDS, "Aborting": ENDS, "Freezing": ENDS,
    "Thawed": RUNS, "Frozen": HELD, "Stopped": OFF,
}
_SOCKETS = ("/var/lib/incus/unix.socket",)
INCUS = Hypervisor("incus", _STATES, reader("incus", _STATES, _SOCKETS))
