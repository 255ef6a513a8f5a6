"""Filter saved_plan: a plan as data, or the file that holds it; the work is done in plugin_utils/_renumber/_plan.py."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: saved_plan
short_description: Open a plan that was saved
version_added: 0.1.0
description:
  - Returns a plan of P(netops.layer2.renumber_plan#filter), read from a file on the controller or as it is, once it was checked.
author:
  - netops.layer2 contributors (@netops)
positional: _input
options:
  _input:
    description: The plan, or the path of its JSON file, relative to where C(ansible-playbook) was called.
    type: raw
    required: true
seealso:
  - module: netops.layer2.save_document
"""

EXAMPLES = r"""
- name: Look who would be changed
  ansible.builtin.debug:
    msg: "{{ ('layer2-report/layer2-plan.json' | netops.layer2.saved_plan).changes | map(attribute='owner') }}"
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan import open_plan
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._renumbering import PlanError
from ansible_collections.netops.layer2.plugins.plugin_utils._report._fields import ReportError, plain


def saved_plan(plan: object) -> dict[str, t.Any]:
    """Call the core, translate its errors."""
    try:
        return open_plan(plain(plan))
    except (PlanError, ReportError) as error:
        raise AnsibleFilterError(f"saved_plan: {error}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"saved_plan": saved_plan})
