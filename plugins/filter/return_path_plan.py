"""Filter return_path_plan: from a verdict on floods to source routes; the work is done in plugin_utils/_flooding/_cure.py."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: return_path_plan
short_description: Plan which host sends the replies of which virtual IP by which gateway
version_added: 0.1.0
description:
  - Takes the verdict of P(netops.layer2.flooding_causes#filter) and plans a source route for each flood that one ends. Floods
    that need something else are listed with their own way out.
  - Takes a plan as well, as data or as the path of its JSON file, checks it and returns it.
author:
  - netops.layer2 contributors (@netops)
positional: _input
options:
  _input:
    description: The verdict, or a plan, or the path of a plan's JSON file on the controller.
    type: raw
    required: true
  statuses:
    description: Findings to plan for, V(flooding) and V(latent).
    type: list
    elements: str
    default: [flooding, latent]
  gateways:
    description: Host name to gateway, or to a list of one per family, where the operator knows better than the finding.
    type: dict
    default: {}
seealso:
  - plugin: netops.layer2.return_path_outcome
    plugin_type: filter
  - plugin: netops.layer2.source_route
    plugin_type: role
"""

EXAMPLES = r"""
- name: Show what would be done
  netops.layer2.show_text:
    text: "{{ (hostvars | netops.layer2.flooding_causes | netops.layer2.return_path_plan).text }}"
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    steps:
      description: One for each host, interface and gateway, with C(host), C(interface), C(gateway), C(vips), C(findings), C(reason), C(receivers).
      type: list
      elements: dict
    refused:
      description: Floods that a source route would end, and why none could be planned.
      type: list
      elements: dict
    others:
      description: Floods that need something else, with C(cause), C(reason) and C(fix).
      type: list
      elements: dict
    routes:
      description: The steps as the P(netops.layer2.source_route#role) role takes them.
      type: list
      elements: dict
    text:
      description: All of it for people.
      type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._documents import DocumentError
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding import _cure
from ansible_collections.netops.layer2.plugins.plugin_utils._plan_digest import FIELD, sealed


def return_path_plan(source: object, statuses: object = ("flooding", "latent"), gateways: object = None) -> dict[str, t.Any]:
    """Call the core, translate its errors."""
    try:
        planned = _planned(plain(source), plain(statuses), plain(gateways or {}))
    except (_cure.CureError, ReportError, DocumentError) as error:
        raise AnsibleFilterError(f"return_path_plan: {error}") from error
    whole = {**planned, "routes": _cure.routes(planned), "text": _cure.plan_text(planned)}
    return sealed(whole) if FIELD in planned else whole  # what a caller saves is all of this


def _planned(source: t.Any, statuses: t.Any, gateways: t.Any) -> dict[str, t.Any]:
    if not isinstance(statuses, list) or not all(isinstance(status, str) for status in statuses) or not isinstance(gateways, dict):
        raise _cure.CureError("statuses is a list of statuses, gateways a mapping of host to gateway")
    if isinstance(source, str):
        return _cure.open_plan(source)
    if not isinstance(source, dict):
        raise _cure.CureError("input: give a verdict, a plan, or the path of a plan")
    return _cure.check_plan(source) if source.get("schema") == _cure.SCHEMA else _cure.plan(source, statuses, gateways)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"return_path_plan": return_path_plan})
