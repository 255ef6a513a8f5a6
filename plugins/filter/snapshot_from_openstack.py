"""Filter snapshot_from_openstack: checks its input, calls the plain function, translates its errors."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: snapshot_from_openstack
short_description: Make a document to judge out of OpenStack's ports
version_added: 0.2.0
description:
  - Turns what C(openstack.cloud.port_info) returns into the document that O(netops.layer2.mac_collisions#filter:scans)
    and C(report_documents) of the role P(netops.layer2.report#role) take beside the hosts. Neutron refuses a MAC twice
    in one network, and not in two.
  - Each server is a guest with its compute node and its ports. Ports in one network are in one broadcast domain. A
    subport of a trunk with the MAC of its parent is the same NIC.
  - Ports of routers (distributed and HA ones, too), DHCP and floating addresses are left out and counted in the
    document's C(gaps), since nodes tell of them in their namespaces.
author:
  - netops.layer2 contributors (@netops)
positional: _input
options:
  _input:
    description: The result of C(openstack.cloud.port_info), or its list C(ports).
    type: raw
    required: true
  host:
    description: What the cloud is called in reports.
    type: str
    required: true
  servers:
    description: The result of C(openstack.cloud.server_info), or its list; names and states. Without it nobody knows
      what runs.
    type: raw
  networks:
    description: The result of C(openstack.cloud.networks_info), or its list; names and VLANs.
    type: raw
  collected_at:
    description: When they were read, in Unix time. The report leaves out what is older than C(report_max_age).
    type: float
seealso:
  - plugin: netops.layer2.snapshot_from_records
    plugin_type: filter
  - plugin: netops.layer2.mac_collisions
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Ask the cloud for its ports
  openstack.cloud.port_info:
    cloud: ours
  register: ports

- name: Ask the cloud for its servers
  openstack.cloud.server_info:
    cloud: ours
    all_projects: true
  register: servers

- name: Judge the hosts together with them
  ansible.builtin.import_role:
    name: netops.layer2.report
  vars:
    report_documents:
      - "{{ ports | netops.layer2.snapshot_from_openstack(host='ours', servers=servers) }}"
"""

RETURN = r"""
_value:
  description: The document, a dictionary as the collection's document C(docs/snapshot.md) describes it, with C(source)
    V(manager).
  type: dict
"""

import typing as t
from collections.abc import Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._openstack_snapshot import (
    OpenstackError,
    snapshot_from_openstack,
)


def _filter(
    ports: t.Any, host: t.Any = None, servers: t.Any = None, networks: t.Any = None, collected_at: t.Any = None
) -> dict[str, t.Any]:
    try:
        return snapshot_from_openstack(ports, host, servers, networks, collected_at)
    except OpenstackError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Filters of this file, by name."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        return untrusted_filters({"snapshot_from_openstack": _filter})
