"""Filter trace_points: where to capture to follow packets between two addresses; the work is done in plugin_utils/_trace/_points.py."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: trace_points
short_description: Find the points at which packets between two addresses can be captured
version_added: 0.1.0
description:
  - Finds in the snapshots of a fleet the machines with two IP addresses, and names the interfaces between them, in the order of the path. These
    are the NIC of a host, the tap of a guest, and the uplink of its hypervisor.
  - A machine that is no host of the inventory is found by its MAC address, which others know as its neighbour. If several guests have that
    MAC, all of them are points, since the captures show whose packets pass where.
author:
  - netops.layer2 contributors (@netops)
positional: _input
options:
  _input:
    description:
      - C(hostvars) after M(netops.layer2.layer2_facts) ran, a list of snapshots, or the path of the directory of a C(jsonfile) fact cache.
    type: raw
    required: true
  source:
    description: IP address of one end. Not needed with O(points).
    type: str
  destination:
    description: IP address of the other end. Not needed with O(points).
    type: str
  points:
    description:
      - Points that are taken instead of finding them, in the order of the path. Each has C(host), C(interface) and, if wanted, C(label), and
        C(beside) for one that is not on the path.
    type: list
    elements: dict
    default: []
seealso:
  - module: netops.layer2.plan_trace
  - plugin: netops.layer2.correlate_captures
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show where packets between a client and a guest can be captured
  ansible.builtin.debug:
    msg: "{{ (hostvars | netops.layer2.trace_points('192.168.100.21', '192.168.100.30')).points | map(attribute='label') }}"
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    points:
      description: Each with C(point), C(host), C(interface), C(label), and what tells whose packets pass it (C(end), C(branch), C(address), C(sends)).
      type: list
      elements: dict
    captures:
      description: Host name to what O(netops.layer2.packet_capture#module:points) takes.
      type: dict
    filter:
      description: What to capture, in tcpdump's words.
      type: str
    ends:
      description: Address and MAC addresses of both ends.
      type: dict
    gaps:
      description: Hosts whose points may be left out, and why.
      type: list
      elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.text.converters import to_native
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import TraceError
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._points import plan


def find(data: object, source: object = None, destination: object = None, points: object = None) -> dict[str, t.Any]:
    """One call into the core; its errors translated."""
    try:
        return plan(data, source, destination, points)
    except (TraceError, SnapshotError) as error:
        raise AnsibleFilterError(f"trace_points: {to_native(error)}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"trace_points": find})
