"""The filter snapshot_document: open a snapshot, compressed or not."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: snapshot_document
short_description: Open a snapshot, compressed or not, for your own use
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - Gives the document that the fact C(layer2_snapshot) holds, whether M(netops.layer2.layer2_facts) handed it over as
    JSON text or compressed (C(compact)). The shape of the document is described in C(docs/snapshot.md).
  - A text that would be out of all proportion when opened is refused.
options:
  _input:
    description: The fact C(layer2_snapshot) of one host.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Open the snapshot
  ansible.builtin.set_fact:
    my_interfaces: "{{ (layer2_snapshot | netops.layer2.snapshot_document).interfaces }}"
"""

RETURN = r"""
_value:
  description: The snapshot.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import (
    SnapshotError,
    Source,
    open_snapshot,
)


def snapshot_document(data: t.Any) -> dict[str, t.Any]:
    """The document in DATA; AnsibleFilterError where there is none."""
    try:
        return open_snapshot(Source("", data))
    except SnapshotError as error:
        raise AnsibleFilterError(f"snapshot_document: {error}") from error


class FilterModule:
    """The filter as Ansible finds it."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name and function."""
        return untrusted_filters({"snapshot_document": snapshot_document})
