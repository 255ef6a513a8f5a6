"""Filter return_path_outcome: what became of the floods that a plan was to end; the work is done in plugin_utils/_flooding/_cure.py."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: return_path_outcome
short_description: Say what became of the floods that a plan was to end
version_added: 0.1.0
description:
  - Holds a plan of P(netops.layer2.return_path_plan#filter) against the verdicts from before and after. A flood counts as ended only
    if its sender was read again, and everybody who had received it was listened to again.
author:
  - netops.layer2 contributors (@netops)
positional: _input, before, after
options:
  _input:
    description: The plan.
    type: dict
    required: true
  before:
    description: The verdict that it was made of.
    type: dict
    required: true
  after:
    description: The verdict afterwards.
    type: dict
    required: true
  unreachable:
    description: Hosts that could not be asked this time, so that a remembered snapshot of them proves nothing.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show what became of it
  netops.layer2.show_text:
    text: "{{ (my_plan | netops.layer2.return_path_outcome(my_verdict, hostvars | netops.layer2.flooding_causes)).text }}"
"""

RETURN = r"""
_value:
  description: The outcome.
  type: dict
  contains:
    steps:
      description: Each step with C(outcome), which is V(cured), V(stands) or V(unknown), C(before) and C(after) in bits a second, and C(says).
      type: list
      elements: dict
    new:
      description: Floods that came up meanwhile.
      type: list
      elements: dict
    failures:
      description: A line for everything that is not as it should be.
      type: list
      elements: str
    text:
      description: All of it for people.
      type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding import _cure


def return_path_outcome(plan: object, before: object, after: object, unreachable: object = ()) -> dict[str, t.Any]:
    """Call the core, translate its errors."""
    try:
        return _cure.outcome(_cure.check_plan(plain(plan)), plain(before), plain(after), list(plain(unreachable)))
    except (_cure.CureError, ReportError) as error:
        raise AnsibleFilterError(f"return_path_outcome: {error}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"return_path_outcome": return_path_outcome})
