"""What the operator allows a cure to do beside changing definitions and files, each explained once."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The fragment ``extends_documentation_fragment: netops.layer2.consent``."""

    DOCUMENTATION = r"""
options:
  live:
    description: Whether running guests may be changed, which cuts their link for seconds.
    type: bool
    default: false
  host_links:
    description: Whether running interfaces of hosts may be changed.
    type: bool
    default: false
  machine_id:
    description: Whether hosts may be given another machine-id.
    type: bool
    default: false
"""
