"""Filter scanned_machines: machines that only scans have seen; the work is done in plugin_utils/_scan/_unknown.py."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: scanned_machines
short_description: List the machines on the segments that no host of the fleet claims
version_added: 0.1.0
description:
  - Holds what M(netops.layer2.arp_scan) heard against the snapshots of all hosts. Every MAC address that answered, and that no host, guest
    or container has, is a machine outside the inventory. It is listed with its addresses, its vendor, where it was seen and, if a bridge
    of the fleet has learnt it, behind which port or guest.
  - Guests that nobody logs in to get their addresses the same way, since their hypervisor knows no more than their MAC address.
author:
  - netops.layer2 contributors (@netops)
positional: _input
options:
  _input:
    description:
      - The snapshots, as P(netops.layer2.mac_collisions#filter) takes them. C(hostvars), a list of snapshots, or the directory of a fact cache.
    type: raw
    required: true
  scans:
    description: The scans. C(hostvars), a list of documents or texts, or the directory of a fact cache.
    type: raw
    required: true
  hosts:
    description: Names of the hosts to judge by.
    type: list
    elements: str
requirements:
  - netaddr (for the vendors; without it they are left out)
seealso:
  - module: netops.layer2.arp_scan
  - plugin: netops.layer2.mac_collisions
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Say who else is there
  ansible.builtin.debug:
    msg: "{{ (hostvars | netops.layer2.scanned_machines(hostvars)).unknown }}"
"""

RETURN = r"""
_value:
  description: The document; docs/scan.md describes every key.
  type: dict
  contains:
    summary:
      description: How many machines were seen, how many of them are unknown, how many are guests.
      type: dict
      sample: {seen: 41, unknown: 2, guests: 12}
    unknown:
      description: The machines that nobody claims.
      type: list
      elements: dict
    guests:
      description: Guests, with the addresses that answered at their MAC address.
      type: list
      elements: dict
    coverage:
      description: Who was judged, who is missing and why, what could not be read, what was quarantined.
      type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.text.converters import to_native
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import ArgumentError, read_hosts
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._scan._unknown import machines


def judge(data: object, scans: object, hosts: object = None) -> dict[str, t.Any]:
    """Check the types, call the core, translate its errors."""
    try:
        return machines(data, scans, read_hosts(hosts))
    except (SnapshotError, ArgumentError) as error:
        raise AnsibleFilterError(f"scanned_machines: {to_native(error)}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"scanned_machines": judge})
