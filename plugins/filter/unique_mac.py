"""Filter unique_mac: give an owner's NIC an address that nobody has; the work is done in
plugin_utils/_renumber/_allocation.py.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: unique_mac
short_description: Give a NIC a MAC address that nobody in the fleet has
version_added: 0.1.0
description:
  - Returns a free unicast MAC for a NIC of an owner. The same seed, owner, NIC and fleet give the same MAC again.
  - An address is not free if any snapshot, report, plan or text that is given knows it, however it knows it - as a NIC
    of a host, container or guest, shut-off guests included, as neighbour, FDB entry or reservation.
  - Twenty-four random bits without that check collide with a probability of one half at 5,000 guests.
author:
  - netops.layer2 contributors (@netops)
positional: _input
options:
  _input:
    description: The owner, best by its UUID, or a list of owners; a list is answered by a list.
    type: raw
    required: true
  nic:
    description: Which NIC of the owner, for instance V(net0).
    type: str
    default: ""
  prefix:
    description:
      - One to five octets, or a range FIRST-LAST, from which the address is taken.
      - Group addresses, makers' prefixes that are not meant for generated addresses, and C(fe) are refused.
    type: str
    default: "52:54:00"
  seed:
    description: The fleet's secret; it keeps addresses of different fleets apart.
    type: str
    default: ""
  known:
    description: C(hostvars), a list of snapshots, or the directory of a fact cache, whose addresses are all taken.
    type: raw
  reserved:
    description:
      - More that is taken - MAC addresses, texts such as domain XML or DHCP configurations, reports, earlier plans.
      - Put addresses here that were freed lately; neighbours and switches may remember them.
    type: list
    elements: raw
    default: []
seealso:
  - plugin: netops.layer2.mac_collisions
    plugin_type: filter
"""

EXAMPLES = r"""
- name: A MAC for the first NIC of a new guest
  ansible.builtin.set_fact:
    guest_mac: "{{ guest_uuid | netops.layer2.unique_mac(nic='net0', seed=fleet_secret, known=hostvars) }}"

- name: Ten at once, from a range that is set aside, none of them in the DHCP server's file
  ansible.builtin.set_fact:
    macs: >-
      {{ guests | map(attribute='uuid')
         | netops.layer2.unique_mac(prefix='02:10:00:00:00:00-02:10:00:00:ff:ff',
                                    reserved=[lookup('file', 'dhcpd.conf')]) }}
"""

RETURN = r"""
_value:
  description: The MAC, or the list of MACs in the order of the owners.
  type: raw
  sample: "52:54:00:3f:a0:1b"
"""

import typing as t
from collections.abc import Iterable, Mapping

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.text.converters import to_native
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._known import taken_macs
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import type_name
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._allocation import (
    QEMU_PREFIX,
    Allocator,
    PoolError,
    read_pool,
)


def unique_mac(
    owner: object,
    nic: str = "",
    prefix: object = QEMU_PREFIX,
    seed: str = "",
    known: object = None,
    reserved: object = (),
) -> t.Any:
    """Check the types, call the core, translate its errors."""
    if isinstance(reserved, (str, Mapping)) or not isinstance(reserved, Iterable):
        raise AnsibleFilterError("unique_mac: reserved must be a list of addresses, texts, reports or plans")
    single = isinstance(owner, str)
    owners = [owner] if single else owner
    if isinstance(owners, Mapping) or not isinstance(owners, Iterable):
        raise AnsibleFilterError(f"unique_mac: {type_name(owner)} is neither an owner nor a list of owners")
    try:
        allocator = Allocator(read_pool(prefix), str(seed), taken_macs(known, reserved))
        macs = [allocator.allocate(_named(one), str(nic)) for one in owners]
    except (PoolError, SnapshotError) as error:
        raise AnsibleFilterError(f"unique_mac: {to_native(error)}") from error
    return macs[0] if single else macs


def _named(owner: object) -> str:
    if not isinstance(owner, str) or not owner:
        raise AnsibleFilterError(
            f"unique_mac: an owner must be a text that is not empty, such as a UUID, not {owner!r:.60}"
        )
    return owner


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"unique_mac": unique_mac})
