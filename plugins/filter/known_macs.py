"""Filter known_macs: who has which MAC, as one document; the work is done in plugin_utils/_fleet/_known.py."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: known_macs
short_description: List every MAC address that the fleet knows, with its owner
version_added: 0.1.0
description:
  - Makes one document of all snapshots - each MAC of hosts, containers, guests (shut off or not), their snapshots and DHCP reservations,
    with the owner, and those that were only seen, with the place.
  - Saved to a file, it lets P(netops.layer2.mac_guard#role) work where the fleet cannot be asked, for example in a job of a forge.
author:
  - netops.layer2 contributors (@netops)
positional: _input
options:
  _input:
    description: C(hostvars), a list of snapshots, the directory of a fact cache, or a document or file that this filter made before.
    type: raw
    required: true
seealso:
  - module: netops.layer2.check_macs
  - module: netops.layer2.save_document
"""

EXAMPLES = r"""
- name: Keep what is known
  netops.layer2.save_document:
    document: "{{ hostvars | netops.layer2.known_macs }}"
    path: known-macs.json
  run_once: true
"""

RETURN = r"""
_value:
  description: The document.
  type: dict
  contains:
    macs:
      description: Entries by MAC address, each with C(owner) (null if nobody known claims it), C(names) and C(place).
      type: dict
    hosts:
      description: The hosts that told.
      type: list
      elements: str
    broken:
      description: Snapshots that could not be used, and why.
      type: list
      elements: str
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._documents import DocumentError
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet import _known
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError


def known_macs(data: object) -> dict[str, t.Any]:
    """Call the core, translate its errors."""
    try:
        return _known.known_macs(data)
    except (_known.KnownError, DocumentError, SnapshotError) as error:
        raise AnsibleFilterError(f"known_macs: {error}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"known_macs": known_macs})
