"""The filter failure_reason: why a task failed, from its result."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: failure_reason
short_description: Say why a task failed
version_added: 0.1.0
author: netops.layer2 contributors (@netops)
description:
  - Takes the message out of the result of a task that failed. Of a task with a loop, it is the message of the first item that failed,
    since the task as a whole says no more than that one did.
positional: _input
options:
  _input:
    description: The result, such as C(ansible_failed_result) in a C(rescue).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Change it, and say why it could not be
  block:
    - name: Change all of it
      ansible.builtin.command:
        argv: [/usr/local/sbin/change, "{{ item }}"]
      loop: [one, two]
      changed_when: true
  rescue:
    - name: Stop here
      ansible.builtin.fail:
        msg: "Nothing is left of it: {{ ansible_failed_result | netops.layer2.failure_reason }}"
"""

RETURN = r"""
_value:
  description: The message, V(no reason given) if there is none.
  type: str
  sample: non-zero return code
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._common._problems import failure
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import type_name


def failure_reason(result: Any) -> str:
    """Check the type, call the core."""
    if not isinstance(result, Mapping):
        raise AnsibleFilterError(f"failure_reason: give the result of a task, not {type_name(result)}")
    return failure(result)


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return untrusted_filters({"failure_reason": failure_reason})
