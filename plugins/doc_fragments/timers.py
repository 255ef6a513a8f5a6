"""The options that say how long a switch is to remember, and where that is set, each explained once."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The fragment ``extends_documentation_fragment: netops.layer2.timers``."""

    DOCUMENTATION = r"""
options:
  arp:
    description: Seconds that ARP entries may live, less than O(mac).
    type: int
    default: 1200
  mac:
    description: Seconds that MAC addresses are to live.
    type: int
    default: 1800
  ports:
    description: Layer-2 interfaces that are to learn, where that is a setting of interfaces.
    type: list
    elements: str
    default: []
  gateways:
    description: Layer-3 interfaces that hold ARP entries, such as C(Vlan10).
    type: list
    elements: str
    default: []
  vlans:
    description: VLANs that are to learn, where that is a setting of VLANs.
    type: list
    elements: int
    default: []
"""
