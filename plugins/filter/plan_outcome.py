"""Filter plan_outcome: what became of each MAC of a plan; the work is done in plugin_utils/_renumber/_plan_outcome.py."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_outcome
short_description: Prove that a plan cured what it was made for
version_added: 0.1.0
description:
  - Takes the report of a fleet that was read again after a plan was applied, and says of each MAC of the plan whether it is cured,
    waits for a power cycle, a restart or consent, or is still shared, and what is new since.
  - What could not be read again is unknown, not cured.
author:
  - netops.layer2 contributors (@netops)
positional: _input
options:
  _input:
    description: The plan.
    type: dict
    required: true
  steps:
    description: Its steps on the fleet as it is now, as P(netops.layer2.plan_steps#filter) returns them.
    type: list
    elements: dict
    required: true
  report:
    description:
      - The report document of now.
      - Compare it with that of before the change (P(netops.layer2.compare_reports#filter)), and new findings count too,
        those that are conflicts or name an address of the plan.
    type: dict
    required: true
  unreachable:
    description: Why hosts could not be read now, by name.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Prove it
  ansible.builtin.assert:
    that: not (my_plan | netops.layer2.plan_outcome(steps=my_steps, report=my_report)).failures
"""

RETURN = r"""
_value:
  description: What became of the plan.
  type: dict
  contains:
    macs:
      description: One row a MAC, with C(mac), C(new_macs), C(outcome) (V(cured), V(waits), V(stands), V(unknown)), C(status) and C(says).
      type: list
      elements: dict
    new:
      description: The C(id) of each new finding that counts.
      type: list
      elements: str
    failures:
      description: Why the cure is not whole, one sentence each.
      type: list
      elements: str
    text:
      description: The same for a terminal.
      type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan_outcome import outcome
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._renumbering import PlanError
from ansible_collections.netops.layer2.plugins.plugin_utils._report._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import parse


def plan_outcome(plan: object, steps: object = (), report: object = None, unreachable: object = ()) -> dict[str, t.Any]:
    """Call the core, translate its errors."""
    try:
        return outcome(plain(plan), plain(steps), parse(plain(report)), list(plain(unreachable)))
    except (PlanError, ReportError) as error:
        raise AnsibleFilterError(f"plan_outcome: {error}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"plan_outcome": plan_outcome})
