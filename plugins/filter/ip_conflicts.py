"""Filter ip_conflicts: judge which IP addresses of a fleet are used twice; the work is done in
plugin_utils/_verdict/_address_verdicts.py.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ip_conflicts
short_description: Judge which IP addresses of a fleet are used twice
version_added: 0.1.0
description:
  - Puts the snapshots of all hosts together and gives a verdict on every IPv4 and IPv6 address that more than one owner
    has, or that neighbours of one segment know at a MAC that is not its owner's.
  - An address is a V(conflict) if distinct owners have it up in one proven segment, V(latent) if one of them is off or
    the segment is not proven, V(suspected) if somebody answers for it whom no snapshot explains, and V(shared) if there
    is a legitimate reason (VRRP, a load balancer's virtual IP, anycast, isolated bridges, proxy ARP, old cache entries
    and so on).
  - Owners that share the MAC as well are full clones. They are V(handed_over) to
    P(netops.layer2.mac_collisions#filter), which judges the MAC, so that one fault is not counted twice.
  - Neighbour tables alone never make a V(conflict), since an old entry outlives a replaced NIC or a moved address.
  - Broken or hostile data of one host is quarantined and named in the coverage; the others are still judged.
author:
  - netops.layer2 contributors (@netops)
positional: _input
extends_documentation_fragment:
  - netops.layer2.fleet
  - netops.layer2.fleet.verdict
  - netops.layer2.fleet.shared
  - netops.layer2.fleet.scans
notes:
  - Gather the subset V(sysctls) to let virtual IPs of load balancers be told from faults; without it they are
    V(suspected).
seealso:
  - plugin: netops.layer2.mac_collisions
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Judge the addresses of all hosts that were gathered
  ansible.builtin.set_fact:
    verdict: "{{ hostvars | netops.layer2.ip_conflicts(hosts=groups['all']) }}"

- name: Stop where two machines have one address
  ansible.builtin.assert:
    that: verdict.summary.conflict == 0
    fail_msg: "{{ verdict.findings | map(attribute='reason') | join('; ') }}"

- name: Accept an address until it is cured
  ansible.builtin.set_fact:
    verdict: "{{ hostvars | netops.layer2.ip_conflicts(exceptions=accepted) }}"
  vars:
    accepted:
      - match: address == '192.168.100.30'
        reason: web25 is renumbered in change window 4711
        expires: "2026-12-31"
"""

RETURN = r"""
_value:
  description: The verdict; docs/findings.md describes every key.
  type: dict
  contains:
    summary:
      description: How many addresses got which status, how many hosts and guests were judged, how many hosts are
        missing.
      type: dict
      sample: {conflict: 1, latent: 0, suspected: 1, handed_over: 0, shared: 5, excepted: 0, hosts_judged: 6,
        hosts_missing: 0}
    findings:
      description: The findings, most serious first, each with address, MACs, status, reason, segment, owners, evidence
        and fix.
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
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import (
    ArgumentError,
    read_hosts,
    read_unreachable,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._address_verdicts import ip_conflicts
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import ExceptionError, read_exceptions


def judge(
    data: object,
    hosts: object = None,
    unreachable: object = None,
    exceptions: object = None,
    list_shared: bool = False,
    scans: object = None,
) -> dict[str, t.Any]:
    """Check the types, call the core, translate its errors."""
    try:
        return ip_conflicts(
            data,
            read_hosts(hosts),
            read_unreachable(unreachable),
            read_exceptions(exceptions),
            bool(list_shared),
            scans,
        )
    except (ArgumentError, SnapshotError, ExceptionError) as error:
        raise AnsibleFilterError(f"ip_conflicts: {to_native(error)}") from error
    except ImportError as error:
        raise AnsibleFilterError(
            f"ip_conflicts: exceptions need the Python library jmespath: {to_native(error)}"
        ) from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"ip_conflicts": judge})
