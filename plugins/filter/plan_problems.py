"""Filter plan_problems: whether a saved plan still fits the fleet; the work is done in plugin_utils/_renumber/_plan.py."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_problems
short_description: Say what speaks against applying a saved plan now
version_added: 0.1.0
description:
  - Holds a plan of P(netops.layer2.renumber_plan#filter) against the fleet as it is now. A change fits no longer if its
    host has no snapshot, if the old address is not where the plan found it, or if the new one is known meanwhile.
  - A guest that got a managed save meanwhile does not fit either, nor does a host that could not be read now.
  - A change that was made already is no problem, so that an interrupted plan can be applied again.
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
  unreachable:
    description: Why hosts could not be read now, by name. Older snapshots of them are not trusted then.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Refuse a plan that the fleet has outrun
  ansible.builtin.assert:
    that: plan | netops.layer2.plan_problems(known=hostvars) == []
"""

RETURN = r"""
_value:
  description: One sentence a problem, empty if the plan fits.
  type: list
  elements: str
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.text.converters import to_native
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber import _plan
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._renumbering import PlanError


def plan_problems(plan: object, known: object = None, unreachable: t.Any = None) -> list[str]:
    """Call the core, translate its errors."""
    try:
        return _plan.plan_problems(plan, known, unreachable)
    except (PlanError, SnapshotError) as error:
        raise AnsibleFilterError(f"plan_problems: {to_native(error)}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"plan_problems": plan_problems})
