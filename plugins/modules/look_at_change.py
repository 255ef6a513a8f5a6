#!/usr/bin/python
# Documentation of the action look_at_change; plugins/action/look_at_change.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: look_at_change
short_description: Say whether a host may have changed something before its task failed
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - For a C(rescue). The answer of M(netops.layer2.policy_route) or M(netops.layer2.interface_mac) may get lost with the
    connection, and a task that was given up or broken off never said that nothing is changed.
  - Runs on the controller only; nothing is done on the host, and nothing is written. Fails where the host holds a
    variable of this collection as a fact, since no host may make settings.
options:
  change:
    description: What the task of the module that was to change the host registered, or was last seen to.
    type: dict
    required: true
extends_documentation_fragment:
  - netops.layer2.attributes.step
seealso:
  - module: netops.layer2.policy_route
  - module: netops.layer2.confirmed_change
  - module: netops.layer2.fail_change
"""

EXAMPLES = r"""
# In the rescue of a block that routes something; fail_change has the whole block.
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
"""

RETURN = r"""
armed:
  description: Whether there may be something to take back. V(false) in check mode.
  returned: success
  type: bool
"""
