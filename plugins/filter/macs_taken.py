"""Filter macs_taken: which MACs about to be used are taken, by whom and where; the work is done in plugin_utils/_renumber/_guard.py."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: macs_taken
short_description: Find out which MAC addresses about to be used are taken
version_added: 0.1.0
description:
  - Reads the MAC addresses that somebody is about to use, and says for each that is taken who has it and where. Two that are about
    to get the same one are found as well.
  - What its own owner has already is not taken. The owner is recognised by the UUID or name of the domain, the host of the inventory,
    the name of the file or of its folder, or O(owner).
  - Of libvirt's XML, NICs and DHCP reservations count. In other texts (cloud-init, netplan, ifcfg, inventories) everything that is
    a MAC does, but for comments.
author:
  - netops.layer2 contributors (@netops)
positional: _input
options:
  _input:
    description: MAC addresses, each a text, or a dictionary of C(mac) and C(owner).
    type: list
    elements: raw
    required: true
  known:
    description: What is known - the document or file of P(netops.layer2.known_macs#filter), C(hostvars), or a list of snapshots.
    type: raw
    required: true
  texts:
    description: Texts with MAC addresses that are about to be used.
    type: list
    elements: str
    default: []
  files:
    description: Files on the controller with such texts, relative to where C(ansible-playbook) was called.
    type: list
    elements: str
    default: []
  owner:
    description: Who wants them, where that does not follow from the texts. A name, a UUID or the name of a host.
    type: str
    default: ""
  reservations:
    description: The file of reserved addresses, as M(netops.layer2.reserve_macs) keeps it.
    type: str
    default: ""
  days:
    description: After how many days a reservation is void, from 0 to 36500.
    type: float
    default: 30
seealso:
  - plugin: netops.layer2.mac_guard
    plugin_type: role
"""

EXAMPLES = r"""
- name: Look whether a definition may be used
  ansible.builtin.assert:
    that: my_taken == []
    fail_msg: "{{ my_taken | map(attribute='says') | join(', ') }}"
  vars:
    my_taken: "{{ [] | netops.layer2.macs_taken(known='known-macs.json', files=['guests/web31.xml']) }}"
"""

RETURN = r"""
_value:
  description: One row each, with C(mac), C(where), C(wanted_by), C(owner), C(place), and all of it in C(says). Empty if none is taken.
  type: list
  elements: dict
"""

import typing as t
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._documents import DocumentError
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet import _known
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import ArgumentError, read_days
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import type_name
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber import _guard, _wanted_macs


def macs_taken(
    macs: t.Any, known: object = None, texts: t.Any = (), files: t.Any = (), owner: str = "", reservations: str = "", days: float = 30
) -> list[dict[str, t.Any]]:
    """Call the core, translate its errors."""
    for name, given in (("input", macs), ("texts", texts), ("files", files)):
        if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable):
            raise AnsibleFilterError(f"macs_taken: {name}: give a list, not {type_name(given)}")
    try:
        wanted = _wanted_macs.read_wanted(macs, texts, files, str(owner))
        document = _known.known_macs(known)
        kept = _guard.open_reservations(reservations) if reservations else {"macs": {}}
        return _guard.taken(wanted, document, _guard.live_reservations(kept, document, datetime.now(timezone.utc), read_days("days", days)))
    except (ArgumentError, _wanted_macs.WantedError, _known.KnownError, DocumentError, SnapshotError) as error:
        raise AnsibleFilterError(f"macs_taken: {error}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"macs_taken": macs_taken})
