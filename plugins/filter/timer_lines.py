"""Filter timer_lines: a switch's configuration lines against flooding; the work is done in
plugin_utils/_flooding/_timers.py.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: timer_lines
short_description: Make a switch's configuration lines against unknown unicast flooding
version_added: 0.1.0
description:
  - Makes the lines by which a switch keeps a MAC address longer than anybody keeps an ARP entry, and learns on every
    layer-2 port, for Cisco IOS and NX-OS, Arista EOS, Junos, Huawei VRP, H3C Comware and Cumulus Linux.
  - Where the ARP timer is one of each layer-3 interface and none is named, it stays as it is, and the MAC address
    outlives the default.
  - Nothing here blocks unknown unicast, which would cut off silent hosts.
author:
  - netops.layer2 contributors (@netops)
positional: _input
options:
  _input:
    description: The platform, as C(ansible_network_os) has it or V(ios), V(nxos), V(eos), V(junos), V(vrp), V(comware),
      V(cumulus).
        For V(linux) and V(openvswitch) there are no lines, since M(netops.layer2.layer2_timers) changes those.
    type: str
    required: true
extends_documentation_fragment:
  - netops.layer2.timers
seealso:
  - plugin: netops.layer2.ageing_timers
    plugin_type: role
"""

EXAMPLES = r"""
- name: Show what a core switch should be told
  netops.layer2.show_text:
    text: "{{ ('eos' | netops.layer2.timer_lines(gateways=['Vlan10'], ports=['Ethernet1'])).text }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: dict
  contains:
    platform:
      description: The platform by its short name.
      type: str
    blocks:
      description: Groups of C(lines) below the C(parents) that lead to them.
      type: list
      elements: dict
    text:
      description: The same as a person types it.
      type: str
    arp:
      description: Seconds that ARP entries will live.
      type: int
    mac:
      description: Seconds that MAC addresses will live.
      type: int
    push:
      description: The module that takes such lines, null where there is none.
      type: str
    present:
      description: Whether that module is installed on the controller.
      type: bool
    notes:
      description: What else is worth knowing about this platform.
      type: list
      elements: str
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding import _timers
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import type_name


def _number(field: str, value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise AnsibleFilterError(f"timer_lines: {field}: {value!r} is no whole number of seconds") from None


def _list(field: str, value: object) -> list[t.Any]:
    if isinstance(value, (str, dict)) or not isinstance(value, (list, tuple)):
        raise AnsibleFilterError(f"timer_lines: {field}: give a list, not {type_name(value)}")
    return list(plain(value))


def timer_lines(
    platform: object,
    arp: object = 1200,
    mac: object = 1800,
    ports: object = (),
    gateways: object = (),
    vlans: object = (),
) -> dict[str, t.Any]:
    """Call the core, translate its errors."""
    try:
        wanted = _timers.Wanted(
            _number("arp", arp),
            _number("mac", mac),
            tuple(map(str, _list("ports", ports))),
            tuple(map(str, _list("gateways", gateways))),
            tuple(_number("vlans", vlan) for vlan in _list("vlans", vlans)),
        )
        return _timers.timer_lines(str(plain(platform)), wanted)
    except (_timers.TimerError, ReportError) as error:
        raise AnsibleFilterError(f"timer_lines: {error}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"timer_lines": timer_lines})
