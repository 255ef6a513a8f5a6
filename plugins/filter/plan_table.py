"""Filter plan_table: a plan and its steps as text for a terminal; the work is done in plugin_utils/_renumber/_plan_text.py."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_table
short_description: Show a plan to a person
version_added: 0.1.0
description:
  - A block for each change, with its reason, its warnings and what it takes on which host, and one line that sums it up.
author:
  - netops.layer2 contributors (@netops)
positional: _input, steps
options:
  _input:
    description: The plan.
    type: dict
    required: true
  steps:
    description: Its steps, as P(netops.layer2.plan_steps#filter) returns them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the plan
  netops.layer2.show_text:
    text: "{{ my_plan | netops.layer2.plan_table(my_plan | netops.layer2.plan_steps(known=hostvars)) }}"
"""

RETURN = r"""
_value:
  description: The text.
  type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber import _plan_text
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan import check_plan
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._renumbering import PlanError
from ansible_collections.netops.layer2.plugins.plugin_utils._report._fields import ReportError, plain


def plan_table(plan: object, steps: object) -> str:
    """Call the core, translate its errors."""
    try:
        return _plan_text.plan_table(check_plan(plain(plan)), plain(steps))
    except (PlanError, ReportError) as error:
        raise AnsibleFilterError(f"plan_table: {error}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"plan_table": plan_table})
