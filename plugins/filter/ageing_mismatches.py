"""Filter ageing_mismatches: compare ARP and MAC ageing of every segment; the work is done in
plugin_utils/_flooding/_ageing.py.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ageing_mismatches
short_description: Compare ARP ageing with MAC ageing, segment by segment
version_added: 0.1.0
description:
  - Says for each segment how long an ARP entry can live in it, how soon a switch forgets a MAC, where both figures come
    from, and whether the rule holds that keeps unicast frames from being flooded, which is ARP < MAC.
  - Timers of hosts and Linux bridges are read from the snapshots. Those of switches and routers are what O(switches)
    says, or the defaults of their platform.
  - What was not observed never counts as right. A segment whose switches or routers are not known is V(not_observed).
author:
  - netops.layer2 contributors (@netops)
positional: _input
extends_documentation_fragment:
  - netops.layer2.fleet
  - netops.layer2.fleet.switches
seealso:
  - plugin: netops.layer2.flooding_causes
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Compare the timers of all segments
  ansible.builtin.set_fact:
    timers: "{{ hostvars | netops.layer2.ageing_mismatches(switches=known_switches) }}"
  vars:
    known_switches:
      core1: {platform: ios, addresses: [192.0.2.1]}
      sw2: {platform: eos, mac: 1800, segments: [192.0.2.0/24]}

- name: Show where ARP entries outlive MAC table entries
  ansible.builtin.debug:
    msg: "{{ timers | selectattr('verdict', 'eq', 'mismatch') | map(attribute='reason') }}"
"""

RETURN = r"""
_value:
  description: One row a segment, mismatches first, then what is not known, then what is right.
  type: list
  elements: dict
  contains:
    segment:
      description: Name of the segment, as in the verdicts.
      type: str
      sample: 192.0.2.0/24
    verdict:
      description: V(mismatch), V(not_observed) or V(ok).
      type: str
      sample: mismatch
    reason:
      description: The verdict in a sentence.
      type: str
    arp:
      description: The ARP entry that can live longest, with C(seconds), C(device) and C(from) (V(read), V(operator),
        V(platform default)).
      type: dict
      sample: {seconds: 14400.0, device: core1, from: platform default}
    mac:
      description: The MAC table that forgets first, in the same shape.
      type: dict
      sample: {seconds: 300.0, device: br0 on hv1, from: read}
    timers:
      description: Every distinct timer, C(kind) being V(arp) or V(mac).
      type: list
      elements: dict
    not_observed:
      description: What of the segment is not known.
      type: list
      elements: str
    hosts:
      description: How many hosts with addresses are in it.
      type: int
    fix:
      description: The step that makes ARP < MAC.
      type: str
    cure:
      description: What the role P(netops.layer2.ageing_timers#role) takes, of a mismatch.
      type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.text.converters import to_native
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import ArgumentError, read_hosts
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._ageing import SwitchFactsError, read_switches
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._flooding import ageing_mismatches


def compare(data: object, switches: object = None, hosts: object = None) -> list[dict[str, t.Any]]:
    """Check the types, call the core, translate its errors."""
    try:
        return ageing_mismatches(data, read_switches(switches), read_hosts(hosts))
    except (ArgumentError, SnapshotError, SwitchFactsError) as error:
        raise AnsibleFilterError(f"ageing_mismatches: {to_native(error)}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"ageing_mismatches": compare})
