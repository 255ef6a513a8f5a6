"""Filter renumber_plan: from findings to concrete changes; the work is done in plugin_utils/_renumber/_renumbering.py.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: renumber_plan
short_description: Plan which NIC gets a new MAC address, and why that one
version_added: 0.1.0
description:
  - Turns the findings of P(netops.layer2.mac_collisions#filter) into a plan, which is data - print it, save it, review
    it, apply it later as it is.
  - One owner keeps the address. A router keeps it before others, a NIC whose maker gave it the address, a machine
    before a guest, what is up before what is off, what a DHCP reservation names, the older definition before its
    copies, what more neighbours use, what more settings name. Every change says which of these decided.
  - What cannot be planned (an unknown owner, a guest with a managed save) is listed under C(refused) with the way out.
author:
  - netops.layer2 contributors (@netops)
positional: _input
options:
  _input:
    description: The verdict of P(netops.layer2.mac_collisions#filter), or a report that holds one.
    type: dict
    required: true
  known:
    description: The same fleet that was judged - C(hostvars), a list of snapshots, or the directory of a fact cache.
    type: raw
    required: true
  keep:
    description: MAC to the owner that is to keep it (guest name, UUID or host), where the operator knows better.
    type: dict
    default: {}
  statuses:
    description: Statuses of findings that are planned.
    type: list
    elements: str
    default: [conflict]
  prefix:
    description: Prefix or range for the new addresses of libvirt's guests, as for P(netops.layer2.unique_mac#filter).
      Guests of Proxmox VE get one of their cluster's C(mac_prefix), else of its own range.
    type: str
    default: "52:54:00"
  host_prefix:
    description: Prefix or range for hosts' own interfaces whose own address cannot be used again.
    type: str
    default: "02:00:00"
  seed:
    description: The fleet's secret, as for P(netops.layer2.unique_mac#filter).
    type: str
    default: ""
  reserved:
    description: More that is taken, as for P(netops.layer2.unique_mac#filter).
    type: list
    elements: raw
    default: []
seealso:
  - plugin: netops.layer2.mac_collisions
    plugin_type: filter
  - module: netops.layer2.look_at_plan
"""

EXAMPLES = r"""
- name: Plan, and let web30 keep the address
  ansible.builtin.set_fact:
    plan: >-
      {{ hostvars | netops.layer2.mac_collisions
         | netops.layer2.renumber_plan(known=hostvars, seed=fleet_secret, keep={'52:54:00:0c:1d:f5': 'web30'}) }}
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    changes:
      description:
        - One change each, with C(kind) (V(guest), V(interface), V(machine_id)), C(host), C(owner), C(mac), C(new_mac),
          C(reason), C(kept_by), C(kept_on), C(warnings) and C(expects), which is what must still be true when it is
          applied.
        - A guest's change also has C(hypervisor) and what that knows the guest by, C(uuid) of libvirt's, C(id),
          C(guest_kind) and C(manager) of Proxmox VE's. Guests of others are listed under C(refused).
      type: list
      elements: dict
    refused:
      description: What could not be planned, with C(mac), C(finding) and C(reason).
      type: list
      elements: dict
    summary:
      description: How many changes and refusals.
      type: dict
"""

import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.text.converters import to_native
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._known import taken_macs
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._allocation import (
    LOCAL_PREFIX,
    QEMU_PREFIX,
    Allocator,
    PoolError,
    read_pool,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._renumbering import (
    PlanError,
    make_plan,
    read_facts,
)


def renumber_plan(
    verdict: object,
    known: object = None,
    keep: t.Any = None,
    statuses: t.Any = ("conflict",),
    prefix: object = QEMU_PREFIX,
    host_prefix: object = LOCAL_PREFIX,
    seed: str = "",
    reserved: t.Any = (),
) -> dict[str, t.Any]:
    """Check the types, call the core, translate its errors."""
    if known is None:
        raise AnsibleFilterError(
            "renumber_plan: known is needed, the same fleet that was judged, such as known=hostvars"
        )
    try:
        taken = taken_macs(known, reserved)
        guests, hosts = read_pool(prefix), read_pool(host_prefix)
        allocators = (Allocator(guests, str(seed), taken), Allocator(hosts, str(seed), taken))
        return make_plan(_findings(verdict), read_facts(known), allocators, keep, statuses)
    except (PlanError, PoolError, SnapshotError) as error:
        raise AnsibleFilterError(f"renumber_plan: {to_native(error)}") from error


def _findings(verdict: object) -> list[object]:
    if isinstance(verdict, Mapping) and isinstance(verdict.get("verdict"), Mapping):
        verdict = verdict["verdict"]
    findings = verdict.get("findings") if isinstance(verdict, Mapping) else None
    if not isinstance(findings, (list, tuple)):
        raise AnsibleFilterError(
            "renumber_plan: the input has no findings; give the verdict of mac_collisions, or a report"
        )
    return list(findings)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"renumber_plan": renumber_plan})
