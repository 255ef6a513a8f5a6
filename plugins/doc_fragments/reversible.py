"""The options of modules that change a host so that it can undo the change by itself
(module_utils/_netconfig/_carry_out.py), each explained once.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The fragment, composed with ``extends_documentation_fragment: netops.layer2.reversible``."""

    DOCUMENTATION = r"""
options:
  backup:
    description:
      - Whether to keep the old files, in a folder of their own below C(/var/lib/netops-layer2/backups). Beside the
        files, some network managers would read them as configuration.
      - The newest ten copies of each file stay. Older ones are removed once a change needs no confirmation, or has it,
        and never while any change of the host waits for one.
    type: bool
    default: true
  revert_timeout:
    description:
      - Seconds after which the host undoes the change by itself unless it is confirmed. V(0) arms no revert.
      - Nothing is armed where nothing has to change. Where the change of another run is in place and waits for its
        confirmation, the task fails, whatever this says, because the host is about to take back what the task found as
        it should be.
    type: float
    default: 0
  revert_id:
    description:
      - Name under which the revert is armed. The default is made of what is changed, C(interface-mac-) or
        C(policy-route-), and the interface.
    type: str
  revert_token:
    description:
      - What confirms the change, at least 16 characters. Made by the host and returned if not given; one that is given
        is not shown.
      - V(run) has the controller make it, the same for this run, host and O(revert_id), known to nobody else and kept
        in no variable. Where one run makes several changes of one name, V(run:) and a word of small letters and digits
        tells them apart.
    type: str
seealso:
  - module: netops.layer2.confirmed_change
  - module: netops.layer2.confirm_reachable
"""
