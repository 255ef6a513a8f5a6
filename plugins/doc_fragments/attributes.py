"""The attributes that this collection's modules and actions declare, each explained once."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Fragments, composed with ``extends_documentation_fragment: netops.layer2.attributes.NAME``."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
  diff_mode:
    description: Returns details on what has changed, or would change in C(check_mode), in diff mode.
  idempotent:
    description:
      - Run again with the same options on an unchanged target, the module changes nothing and reports no change.
  platform:
    description: Operating systems of the targets that the module works on.
"""

    # For modules that only read.
    FACTS = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - It reads only, so check mode makes no difference.
  diff_mode:
    support: N/A
    details:
      - It changes nothing.
  idempotent:
    support: full
  facts:
    description: Action returns an C(ansible_facts) dictionary that will update existing host facts.
    support: full
"""

    # For steps on the controller that write nothing.
    STEP = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Does the same in check mode.
  diff_mode:
    support: none
    description: Nothing is changed.
  action:
    support: full
    description: Has an action plugin that does all the work.
"""

    # For steps on the controller that write a file.
    WRITES = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Writes nothing in check mode.
  diff_mode:
    support: full
    description: Shows both contents.
  action:
    support: full
    description: Has an action plugin that does all the work.
"""

    # For modules that read or configure Linux.
    LINUX = r"""
options: {}
attributes:
  platform:
    platforms: linux
    support: full
"""

    # Modules that C(module_defaults) can address as one group.
    ACTIONGROUP_ALL = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/netops.layer2.all) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - netops.layer2.all
"""
