#!/usr/bin/python
# Documentation of the action switch_facts; plugins/action/switch_facts.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: switch_facts
short_description: Read a switch by its command line, as a snapshot to judge
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - Asks a switch for its table of addresses, ARP and ND, interfaces, link aggregations, VLANs and LLDP neighbours, and
    makes the same kind of snapshot of the answers that M(netops.layer2.layer2_facts) makes of a host. It takes the
    place of that module for this host, so that whatever judges hosts judges it, too.
  - Runs the commands over the connection of the task, C(ansible.netcommon.network_cli) or C(ansible.netcommon.httpapi),
    on SONiC over SSH. Each of them only reads.
  - What a switch refuses, or what cannot be read, is in the snapshot's C(gaps), with the command and what helps.
requirements:
  - the Python package C(ntc-templates) where Ansible runs, but for SONiC
  - the collection C(ansible.netcommon), and that of the platform, for its connection
extends_documentation_fragment:
  - netops.layer2.attributes.step
attributes:
  facts:
    description: Action returns an C(ansible_facts) dictionary that will update existing host facts.
    support: full
options:
  platform:
    description:
      - What kind of switch it is, V(ios) (also IOS-XE), V(nxos), V(eos), V(junos), V(comware), V(vrp), V(procurve)
        (also ArubaOS-Switch), V(aoscx), V(routeros) or V(sonic), or what C(ansible_network_os) says for it.
      - V(cumulus) and V(os10) are refused with words on how they are read.
    type: str
    required: true
  host:
    description: The name of the switch in the snapshot. Without it, its name in the inventory.
    type: str
  readings:
    description: How often to read it. Addresses that changed ports in between are in C(moves); 10 at most.
    type: int
    default: 1
  pause:
    description: Seconds between two readings.
    type: float
    default: 60
  compact:
    description: Whether the fact is compressed, as in M(netops.layer2.layer2_facts).
    type: bool
    default: false
seealso:
  - module: netops.layer2.layer2_facts
  - plugin: netops.layer2.snapshot_from_text
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read the switches twice
  hosts: switches
  gather_facts: false
  tasks:
    - name: Read this switch
      netops.layer2.switch_facts:
        platform: "{{ ansible_network_os }}"
        readings: 2
"""

RETURN = r"""
ansible_facts:
  description: The snapshot, one JSON text, and when the controller received it.
  returned: success
  type: dict
  contains:
    layer2_snapshot:
      description: The snapshot, as the collection's document C(docs/snapshot.md) describes it, with C(source) V(cli).
      type: str
    layer2_snapshot_received:
      description: The time of the controller, and the run.
      type: str
summary:
  description: How many addresses the switch knows, which subsets were read, and which gaps there are.
  returned: success
  type: dict
"""
