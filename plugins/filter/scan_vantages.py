"""Filter scan_vantages: which hosts scan on which interfaces; the work is done in plugin_utils/_scan/_vantages.py."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: scan_vantages
short_description: Choose the hosts that scan, one for each segment
version_added: 0.1.0
description:
  - A segment needs to be scanned once, not by each of its hosts. Chooses from the snapshots as few hosts as reach every segment in which
    the fleet has an IPv4 network, and the interfaces on which they do.
  - Interfaces that nothing proves to be in one segment count as two, since equal networks prove nothing.
author:
  - netops.layer2 contributors (@netops)
positional: _input
extends_documentation_fragment:
  - netops.layer2.fleet
"""

EXAMPLES = r"""
- name: Scan every segment once
  netops.layer2.arp_scan:
    host: "{{ inventory_hostname }}"
    interfaces: "{{ vantages[inventory_hostname] }}"
  become: true
  when: inventory_hostname in vantages
  vars:
    vantages: "{{ hostvars | netops.layer2.scan_vantages(hosts=ansible_play_hosts_all) }}"
"""

RETURN = r"""
_value:
  description: Host to the interfaces to scan on.
  type: dict
  sample: {hv1: [br0], web7: [eth1]}
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.text.converters import to_native
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import ArgumentError, read_hosts
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._scan._vantages import vantages


def choose(data: object, hosts: object = None) -> dict[str, list[str]]:
    """Check the types, call the core, translate its errors."""
    try:
        return vantages(data, read_hosts(hosts))
    except (SnapshotError, ArgumentError) as error:
        raise AnsibleFilterError(f"scan_vantages: {to_native(error)}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"scan_vantages": choose})
