#!/usr/bin/python
# Documentation of the action write_timer_lines; plugins/action/write_timer_lines.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: write_timer_lines
short_description: Write a switch's configuration lines against flooding to a file
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - Makes the lines that P(netops.layer2.timer_lines#filter) makes, for the host that the task runs for, and writes them
    to a file of its name on the controller, to be reviewed. Says which module takes them to the switch, one of a fixed
    table, whatever the platform is called.
  - Runs on the controller only; nothing is done on the host. Fails where that host holds a variable of this collection
    as a fact, since no host may make settings.
options:
  platform:
    description:
      - The platform, as C(ansible_network_os) has it or V(ios), V(nxos), V(eos), V(junos), V(vrp), V(comware),
        V(cumulus). Another one is refused.
      - For V(linux), V(openvswitch) and an empty text there are no lines, and nothing is written, since
        M(netops.layer2.layer2_timers) changes those.
    type: str
    default: ''
  directory:
    description:
      - Where to write. The file is called as the host in the inventory, with the ending C(.cfg); a name with C(/) or a
        dot in front is refused, as is a link in the place of the file.
      - It is made if need be. A relative path starts at the directory that C(ansible-playbook) was called in.
    type: path
    required: true
extends_documentation_fragment:
  - netops.layer2.timers
  - netops.layer2.attributes.writes
seealso:
  - plugin: netops.layer2.timer_lines
    plugin_type: filter
  - module: netops.layer2.layer2_timers
"""

EXAMPLES = r"""
- name: Write what the core switches should be told
  netops.layer2.write_timer_lines:
    platform: eos
    gateways: [Vlan10]
    ports: [Ethernet1]
    directory: layer2-timers
  register: my_lines

- name: Show it
  netops.layer2.show_text:
    text: "{{ my_lines.table }}"
"""

RETURN = r"""
platform:
  description: The platform by its short name.
  returned: success
  type: str
blocks:
  description: Groups of C(lines) below the C(parents) that lead to them.
  returned: success
  type: list
  elements: dict
text:
  description: The same as a person types it, empty for a platform that needs none.
  returned: success
  type: str
arp:
  description: Seconds that ARP entries will live.
  returned: success
  type: int
mac:
  description: Seconds that MAC addresses will live.
  returned: success
  type: int
push:
  description: The module that takes such lines, null where there is none.
  returned: success
  type: str
present:
  description: Whether that module is installed on the controller.
  returned: success
  type: bool
notes:
  description: What else is worth knowing about this platform.
  returned: success
  type: list
  elements: str
path:
  description: The absolute path of the file.
  returned: where there are lines
  type: str
table:
  description: The lines and the notes, for a terminal.
  returned: where there are lines
  type: str
refusal:
  description: Why no module on this controller takes the lines, with the way out. Empty where one does.
  returned: where there are lines
  type: str
"""
