"""Filter snapshot_from_leases: checks its input, calls the plain function, translates its errors."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: snapshot_from_leases
short_description: Make a document to judge out of a DHCP server's leases
version_added: 0.2.0
description:
  - Turns the leases of dnsmasq, Kea (its CSV file, or what its API answers to C(lease4-get-all)) or ISC's DHCP server
    into the document that O(netops.layer2.mac_collisions#filter:scans) and C(report_documents) of the role
    P(netops.layer2.report#role) take beside the hosts.
  - Leases are evidence for findings that others make. A MAC that holds leases of several machines, by their client
    identifiers, is V(suspected); identifiers that are made of the MAC, and those of firmware, tell no machine apart.
  - Lines that are broken are named in the document's C(gaps), and thus in the report. Leases of DHCPv6 without a MAC
    are left out.
author:
  - netops.layer2 contributors (@netops)
positional: _input
options:
  _input:
    description: The content of the server's lease file; of Kea also the answer of its API, as text or opened.
    type: raw
    required: true
  host:
    description: What the DHCP server is called in reports.
    type: str
    required: true
  server:
    description: Whose leases they are.
    type: str
    choices: [dnsmasq, kea, isc]
    required: true
  collected_at:
    description:
      - When the leases were read, in Unix time. What had run out then counts no longer, and the report leaves out what
        is older than C(report_max_age).
    type: float
seealso:
  - plugin: netops.layer2.snapshot_from_records
    plugin_type: filter
  - plugin: netops.layer2.mac_collisions
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read the leases of dnsmasq
  ansible.builtin.slurp:
    path: /var/lib/misc/dnsmasq.leases
  delegate_to: dhcp1
  run_once: true
  register: leases

- name: Judge the hosts together with them
  ansible.builtin.import_role:
    name: netops.layer2.report
  vars:
    report_documents:
      - "{{ leases.content | b64decode | netops.layer2.snapshot_from_leases(host='dhcp1', server='dnsmasq') }}"
"""

RETURN = r"""
_value:
  description: The document, a dictionary as the collection's document C(docs/snapshot.md) describes it, with C(source)
    V(leases).
  type: dict
"""

import typing as t
from collections.abc import Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._lease_snapshot import LeaseError, snapshot_from_leases


def _filter(text: t.Any, host: t.Any = None, server: t.Any = None, collected_at: t.Any = None) -> dict[str, t.Any]:
    try:
        return snapshot_from_leases(text, host, server, collected_at)
    except LeaseError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Filters of this file, by name."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        return untrusted_filters({"snapshot_from_leases": _filter})
