#!/usr/bin/python
# Documentation of the action fail_change; plugins/action/fail_change.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: fail_change
short_description: Fail, and say why a change did and what became of it
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - For the end of a C(rescue). The reason is the message of the task that failed. Of a task with a loop, it is the
    message of the first item that failed, since the task as a whole says no more than that one did.
  - Runs on the controller only; nothing is done on the host, and nothing is written. Fails where the host holds a
    variable of this collection as a fact, since no host may make settings.
options:
  what:
    description: What was to be changed, for the message.
    type: str
    required: true
  failed:
    description: The result of the task that failed, such as C(ansible_failed_result).
    type: dict
    required: true
  end:
    description: What became of it, where you know. Not used with O(change).
    type: str
    default: ''
  change:
    description: What the task of M(netops.layer2.policy_route) or M(netops.layer2.interface_mac) registered. What
      became of the change is concluded of it, and of O(undone).
    type: dict
  undone:
    description: What the task of M(netops.layer2.confirmed_change) registered that was to take the change back.
    type: dict
    default: {}
  revert_timeout:
    description: Within how many seconds the host takes the change back by itself; V(0) if it does not.
    type: int
    default: 0
  who:
    description: Who that is, for the message.
    type: str
    choices: [host, guest]
    default: host
extends_documentation_fragment:
  - netops.layer2.attributes.step
seealso:
  - module: netops.layer2.look_at_change
  - module: netops.layer2.confirmed_change
"""

EXAMPLES = r"""
- name: Route what leaves with the address by the gateway, or take it back
  block:
    - name: Route it
      netops.layer2.policy_route:
        vip: 198.51.100.10
        interface: eth0
        gateway: 192.0.2.1
        revert_timeout: 120
        revert_id: vip
        revert_token: run
      register: my_change
  rescue:
    - name: Look whether the host may have changed anything
      netops.layer2.look_at_change:
        change: "{{ my_change }}"
      register: my_look

    - name: Take it back now, if the host can be reached
      netops.layer2.confirmed_change:
        state: reverted
        id: vip
        token: run
      register: my_undone
      when: my_look.armed
      ignore_unreachable: true
      ignore_errors: true

    - name: Stop here
      netops.layer2.fail_change:
        what: 198.51.100.10
        failed: "{{ ansible_failed_result }}"
        change: "{{ my_change }}"
        undone: "{{ my_undone }}"
        revert_timeout: 120
"""

RETURN = r"""
msg:
  description: What was to be changed, why it was not, and what became of it.
  returned: always
  type: str
"""
