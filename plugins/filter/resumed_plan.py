"""Filter resumed_plan: a plan, and what an interrupted run left undone; the work is done in plugin_utils/_renumber/_plan_steps.py."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: resumed_plan
short_description: Add to a plan what an interrupted run began and did not finish
version_added: 0.1.0
description:
  - A run that is killed between unplugging a guest's NIC and plugging it in again leaves a guest without a NIC, which is no finding.
    With the plan that the run had saved, the next one finishes it.
author:
  - netops.layer2 contributors (@netops)
positional: _input, earlier
options:
  _input:
    description: The plan of now.
    type: dict
    required: true
  earlier:
    description: The plan of the earlier run, or the path of its JSON file, which need not exist.
    type: raw
    required: true
  known:
    description: The fleet now - C(hostvars), a list of snapshots, or the directory of a fact cache.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Plan, and finish what was begun
  ansible.builtin.set_fact:
    my_plan: >-
      {{ my_report | netops.layer2.renumber_plan(known=hostvars) | netops.layer2.resumed_plan('layer2-plan.json', known=hostvars) }}
"""

RETURN = r"""
_value:
  description: The plan, in which unfinished changes come first.
  type: dict
"""

import os
import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._documents import absolute
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan import open_plan
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan_steps import resumed
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._renumbering import PlanError
from ansible_collections.netops.layer2.plugins.plugin_utils._report._fields import ReportError, plain


def resumed_plan(plan: object, earlier: object, known: object = None) -> dict[str, t.Any]:
    """Call the core, translate its errors."""
    try:
        now, before = plain(plan), plain(earlier)
        if isinstance(before, str) and not os.path.exists(absolute(before)):
            return now
        return resumed(now, open_plan(before), known)
    except (PlanError, ReportError, SnapshotError) as error:
        raise AnsibleFilterError(f"resumed_plan: {error}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"resumed_plan": resumed_plan})
