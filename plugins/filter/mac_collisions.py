"""Filter mac_collisions: judge which MACs of a fleet are used twice; the work is done in
plugin_utils/_verdict/_verdicts.py.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: mac_collisions
short_description: Judge which MAC addresses of a fleet are used twice
version_added: 0.1.0
description:
  - Puts the snapshots of all hosts together and gives a verdict on every MAC that more than one NIC claims, or that
    neighbours see behind several IPv4 addresses.
  - A MAC is a V(conflict) if distinct owners are up with it in one proven segment, V(latent) if one of them is off or
    the segment is not proven, V(suspected) if no known owner explains what was seen, and V(shared) if there is a
    legitimate reason (VRRP, anycast gateway, one host's own stack and so on).
  - Broken or hostile data of one host is quarantined and named in the coverage; the others are still judged.
author:
  - netops.layer2 contributors (@netops)
positional: _input
extends_documentation_fragment:
  - netops.layer2.fleet
  - netops.layer2.fleet.verdict
  - netops.layer2.fleet.shared
  - netops.layer2.fleet.scans
"""

EXAMPLES = r"""
- name: Judge all hosts that were gathered
  ansible.builtin.set_fact:
    verdict: "{{ hostvars | netops.layer2.mac_collisions(hosts=groups['all']) }}"

- name: Accept a known pair until it is cured
  ansible.builtin.set_fact:
    verdict: "{{ hostvars | netops.layer2.mac_collisions(exceptions=accepted) }}"
  vars:
    accepted:
      - match: mac == '52:54:00:0c:1d:f5'
        reason: web25 is renumbered in change window 4711
        expires: "2026-12-31"
"""

RETURN = r"""
_value:
  description: The verdict; docs/findings.md describes every key.
  type: dict
  contains:
    summary:
      description: How many MACs got which status, how many hosts and guests were judged, how many hosts are missing.
      type: dict
      sample: {conflict: 1, latent: 1, suspected: 0, shared: 7, excepted: 0, hosts_judged: 6, hosts_missing: 0}
    findings:
      description: The findings, most serious first, each with MAC, status, reason, segment, owners, evidence and fix.
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
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import ExceptionError, read_exceptions
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions


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
        return mac_collisions(
            data,
            read_hosts(hosts),
            read_unreachable(unreachable),
            read_exceptions(exceptions),
            bool(list_shared),
            scans,
        )
    except (ArgumentError, SnapshotError, ExceptionError) as error:
        raise AnsibleFilterError(f"mac_collisions: {to_native(error)}") from error
    except ImportError as error:
        raise AnsibleFilterError(
            f"mac_collisions: exceptions need the Python library jmespath: {to_native(error)}"
        ) from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"mac_collisions": judge})
