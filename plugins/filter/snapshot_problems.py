"""The filter snapshot_problems: which hosts gave the snapshot role nothing, or less, and why."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: snapshot_problems
short_description: Name the hosts that gave no snapshot, and why
version_added: 0.1.0
author: netops.layer2 contributors (@netops)
description:
  - Reads what the tasks of the P(netops.layer2.snapshot#role) role left in the variables of each host.
positional: _input, hosts
options:
  _input:
    description: C(hostvars).
    type: raw
    required: true
  hosts:
    description: The hosts that were asked.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Judge, and say who could not be asked
  ansible.builtin.set_fact:
    my_verdict: >-
      {{ hostvars | netops.layer2.mac_collisions(hosts=ansible_play_hosts_all, unreachable=problems.missing) }}
  vars:
    problems: "{{ hostvars | netops.layer2.snapshot_problems(ansible_play_hosts_all) }}"
"""

RETURN = r"""
_value:
  description: Reasons by host name.
  type: dict
  contains:
    missing:
      description: Why a host gave no snapshot.
      type: dict
      sample: {"hv9": "unreachable: connection timed out"}
    notes:
      description: Why a host was read without root.
      type: dict
      sample: {"hv3": "read without root: Missing sudo password"}
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils import _gathered
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import ArgumentError, read_hosts


def snapshot_problems(hostvars: Any, hosts: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the reasons by host name; wrong arguments become filter errors."""
    if not isinstance(hostvars, Mapping):
        raise AnsibleFilterError("snapshot_problems: give hostvars, which maps hosts to their variables")
    try:
        names = read_hosts(hosts) or []
    except ArgumentError as error:
        raise AnsibleFilterError(f"snapshot_problems: {error}") from error
    problems = _gathered.snapshot_problems(hostvars, names)
    return {"missing": problems.missing, "notes": problems.notes}


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return untrusted_filters({"snapshot_problems": snapshot_problems})
