"""Filter snapshot_from_records: checks its input, calls the plain function, translates its errors."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: snapshot_from_records
short_description: Make a document to judge out of rows of a register or a manager
version_added: 0.2.0
description:
  - Turns rows that a source of truth has (NetBox, a CMDB, a CSV file), or a manager that the collection does not read
    (Hyper-V, Nutanix, oVirt, XCP-ng), into the document that O(netops.layer2.mac_collisions#filter:scans) and
    C(report_documents) of the role P(netops.layer2.report#role) take beside the hosts.
  - Without O(hypervisor) the rows are records. A record is a claim that is never in use, so it makes a finding
    V(latent) at most. One of the machine that was read with the MAC, by its name, says nothing new.
  - A row that cannot be used is named in the document's C(gaps), and thus in the report.
author:
  - netops.layer2 contributors (@netops)
positional: _input
options:
  _input:
    description:
      - One mapping for each NIC. C(owner) (the machine's name) and C(mac) are needed; C(nic) (the NIC's name),
        C(addresses) (a list, or a text with commas), C(state), C(node) (the host that it is on), C(network), C(id)
        (unique there; else C(owner) takes its place) and C(product_uuid) (that its own DMI shows) are used where they
        are there.
      - C(state) is V(running), V(stopped) or V(unknown), or the hypervisor's own word; records need none.
      - C(network) is a name, or a mapping of C(id), C(name), C(vlan) and C(switch). NICs with one C(id) are taken to be
        in one broadcast domain, so leave it out where it does not stand for one.
    type: list
    elements: dict
    required: true
  host:
    description: What the register or the manager is called in reports, such as V(netbox).
    type: str
    required: true
  hypervisor:
    description: Whose guests the rows are, if a manager told them.
    type: str
    choices: [libvirt, proxmox, vmware, hyperv, xen, virtualbox, openstack, incus, lxd]
  collected_at:
    description: When the rows were read, in Unix time. The report leaves out what is older than C(report_max_age).
    type: float
seealso:
  - plugin: netops.layer2.snapshot_from_text
    plugin_type: filter
  - plugin: netops.layer2.mac_collisions
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Take the records of a CSV file (owner,nic,mac,addresses)
  community.general.read_csv:
    path: cmdb.csv
  delegate_to: localhost
  run_once: true
  register: cmdb

- name: Judge the hosts together with them
  ansible.builtin.import_role:
    name: netops.layer2.report
  vars:
    report_documents:
      - "{{ cmdb.list | netops.layer2.snapshot_from_records(host='cmdb') }}"
"""

RETURN = r"""
_value:
  description:
    - The document, a dictionary as the collection's document C(docs/snapshot.md) describes it, with C(source)
      V(records), or V(manager) where O(hypervisor) is given.
  type: dict
"""

import typing as t
from collections.abc import Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._record_snapshot import RecordError, snapshot_from_records


def _filter(rows: t.Any, host: t.Any = None, hypervisor: t.Any = None, collected_at: t.Any = None) -> dict[str, t.Any]:
    try:
        return snapshot_from_records(rows, host, hypervisor, collected_at)
    except RecordError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Filters of this file, by name."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        return untrusted_filters({"snapshot_from_records": _filter})
