"""Filter plan_steps: what a plan comes to now, host by host; the work is done in plugin_utils/_renumber/_plan_steps.py."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_steps
short_description: Break a plan down into steps, each with its state
version_added: 0.1.0
description:
  - Holds a plan of P(netops.layer2.renumber_plan#filter) against the fleet as it is now, and says for each host that takes part
    whether its step is done, is to be done, waits for a power cycle or a restart, or is held back because consent is missing.
  - A guest that several hypervisors define has a step on each. A guest that is a host of the inventory too has one for the
    settings inside it.
author:
  - netops.layer2 contributors (@netops)
positional: _input
options:
  _input:
    description: The plan.
    type: dict
    required: true
  known:
    description: The fleet now - C(hostvars), a list of snapshots, or the directory of a fact cache.
    type: raw
    required: true
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
seealso:
  - plugin: netops.layer2.plan_problems
    plugin_type: filter
  - plugin: netops.layer2.mac_regenerate
    plugin_type: role
"""

EXAMPLES = r"""
- name: How many steps are left
  ansible.builtin.debug:
    msg: "{{ my_plan | netops.layer2.plan_steps(known=hostvars) | selectattr('state', 'eq', 'todo') | length }}"
"""

RETURN = r"""
_value:
  description:
    - The steps in their order, with C(number), C(change) (the place of the change in the plan, from 0), C(kind) (V(guest), V(pins),
      V(interface), V(machine_id)), C(host), C(owner), C(mac), C(new_mac), C(state) (V(done), V(todo), V(waits), V(held)),
      C(cuts_link), C(says), and what their kind needs.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber import _plan_steps
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._renumbering import PlanError
from ansible_collections.netops.layer2.plugins.plugin_utils._report._fields import ReportError, plain


def plan_steps(
    plan: object, known: object = None, live: bool = False, host_links: bool = False, machine_id: bool = False
) -> list[dict[str, t.Any]]:
    """Call the core, translate its errors."""
    consent = _plan_steps.Consent(bool(live), bool(host_links), bool(machine_id))
    try:
        return _plan_steps.plan_steps(plain(plan), known, consent)
    except (PlanError, ReportError, SnapshotError) as error:
        raise AnsibleFilterError(f"plan_steps: {error}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"plan_steps": plan_steps})
