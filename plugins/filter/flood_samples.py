"""The filter flood_samples: what the hosts heard in this very run, and why some could not listen."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: flood_samples
short_description: Gather what hosts heard, and why some could not listen
version_added: 0.1.0
author: netops.layer2 contributors (@netops)
description:
  - Reads what a task of M(netops.layer2.flood_sample) that registers C(flood_sampled) left in the variables of each host.
  - A sample that a fact cache remembers from an earlier run is left out.
positional: _input, hosts
options:
  _input:
    description: C(hostvars).
    type: raw
    required: true
  hosts:
    description: The hosts that were to listen.
    type: list
    elements: str
    required: true
  missing:
    description: Hosts that are known to have given nothing, by name. No note says so once more.
    type: dict
    default: {}
seealso:
  - plugin: netops.layer2.flooding_causes
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Judge what was heard
  ansible.builtin.set_fact:
    my_verdict: "{{ hostvars | netops.layer2.flooding_causes(samples=heard.samples, hosts=ansible_play_hosts_all) }}"
  vars:
    heard: "{{ hostvars | netops.layer2.flood_samples(ansible_play_hosts_all) }}"
"""

RETURN = r"""
_value:
  description: Samples, and reasons by host name.
  type: dict
  contains:
    samples:
      description: The samples, as P(netops.layer2.flooding_causes#filter) takes them.
      type: list
      elements: str
    notes:
      description: Why a host could not listen.
      type: dict
      sample: {"hv3": "could not listen: only root may listen"}
"""

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils import _gathered
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import ArgumentError, read_hosts


def flood_samples(hostvars: Any, hosts: Sequence[str], missing: Container[str] = ()) -> dict[str, Any]:
    """Return samples, and the reasons by host name; wrong arguments become filter errors."""
    if not isinstance(hostvars, Mapping) or not isinstance(missing, Container):
        raise AnsibleFilterError("flood_samples: give hostvars, which maps hosts to their variables, and a list or mapping of missing hosts")
    try:
        names = read_hosts(hosts) or []
    except ArgumentError as error:
        raise AnsibleFilterError(f"flood_samples: {error}") from error
    heard = _gathered.flood_samples(hostvars, names, missing)
    return {"samples": heard.samples, "notes": heard.notes}


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return untrusted_filters({"flood_samples": flood_samples})
