"""Filter snapshot_from_text: checks its input, calls the plain function, translates its errors."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: snapshot_from_text
short_description: Make a snapshot out of raw command output
version_added: 0.1.0
description:
  - Turns the text of C(ip -d address show), C(ip neigh show), and C(bridge fdb show) into the same snapshot that
    M(netops.layer2.layer2_facts) returns, so that output collected by other means can be judged, too.
  - The text of C(snmpbulkwalk -On) becomes the document of a switch; no host's texts can stand beside it. Contexts of
    Cisco's VLANs are further keys, C(snmpbulkwalk -On vlan-10). Each may be a list, one text a reading in the order of
    time; what moved between them is in C(moves).
  - Texts that are missing are listed in the snapshot's C(gaps) as not observed. Lines that are damaged are listed there
    with their text.
author:
  - netops.layer2 contributors (@netops)
options:
  _input:
    description:
      - C(host) with the host's name, and the output of each command under the command as the key.
      - C(collected_at) may say when they were read, in seconds since 1970. Without it nobody can tell old ones.
      - An C(os) key is accepted and not used. Any further key is named in the snapshot's C(gaps), as it has no reader.
    type: dict
    required: true
seealso:
  - module: netops.layer2.layer2_facts
  - plugin: netops.layer2.mac_collisions
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Judge what a script collected
  ansible.builtin.set_fact:
    snapshot: >-
      {{
        {
          'host': 'server101',
          'ip -d address show': lookup('ansible.builtin.file', 'server101/address.txt'),
          'ip neigh show': lookup('ansible.builtin.file', 'server101/neigh.txt'),
          'bridge fdb show': lookup('ansible.builtin.file', 'server101/fdb.txt'),
        } | netops.layer2.snapshot_from_text
      }}

- name: Make a document of a switch that was walked twice
  ansible.builtin.set_fact:
    switch: >-
      {{
        {
          'host': 'sw1',
          'collected_at': now(utc=true).timestamp(),
          'snmpbulkwalk -On': [
            lookup('ansible.builtin.file', 'sw1/first.txt'),
            lookup('ansible.builtin.file', 'sw1/second.txt'),
          ],
        } | netops.layer2.snapshot_from_text
      }}
"""

RETURN = r"""
_value:
  description: The snapshot, a dictionary as the collection's document C(docs/snapshot.md) describes it, with C(source)
    V(text), of a switch V(snmp).
  type: dict
"""

import typing as t
from collections.abc import Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._text_snapshot import TextSnapshotError, snapshot_from_text


def _filter(texts: t.Any) -> dict[str, t.Any]:
    try:
        return snapshot_from_text(texts)
    except TextSnapshotError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Filters of this file, by name."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        return untrusted_filters({"snapshot_from_text": _filter})
