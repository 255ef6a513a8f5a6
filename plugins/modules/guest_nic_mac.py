#!/usr/bin/python
# Documentation of the action guest_nic_mac; plugins/action/guest_nic_mac.py chooses the module that does the work.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: guest_nic_mac
short_description: Take the step of a plan that gives a guest's NIC its new MAC address, whatever its hypervisor
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - Runs the module of the guest's hypervisor on the host that the task is delegated to, with what the step tells of
    guest and NIC. That is M(netops.layer2.libvirt_nic_mac) or M(netops.layer2.proxmox_nic_mac), whose documentation
    says what is done, what is refused, and what is put back.
  - What the plan found when it was made must still be there, else the module changes nothing and the task fails.
options:
  step:
    description: A step of kind V(guest), of M(netops.layer2.look_at_plan). Its C(live) is the consent to cut the NIC's
      link for a moment.
    type: dict
    required: true
  back:
    description:
      - Give the NIC its old MAC address back, after a change that did not prove itself.
      - That ends where it began, so another guest may have that address.
    type: bool
    default: false
  libvirt_uri:
    description: Connection of libvirt, as O(netops.layer2.libvirt_nic_mac#module:uri). Guests of others do without.
    type: str
    default: qemu:///system
  timeout:
    description: Seconds that a running guest has to let go of its NIC, as the modules understand it.
    type: float
    default: 30
attributes:
  check_mode:
    support: full
    description: Says what would be done, and does nothing.
  diff_mode:
    support: full
    description: Shows the lines that change.
  action:
    support: full
    description: Has an action plugin that chooses the module.
seealso:
  - module: netops.layer2.look_at_plan
  - module: netops.layer2.libvirt_nic_mac
  - module: netops.layer2.proxmox_nic_mac
  - plugin: netops.layer2.mac_regenerate
    plugin_type: role
"""

EXAMPLES = r"""
- name: What is left to do
  netops.layer2.look_at_plan:
    plan: layer2-fix/layer2-plan.json
  run_once: true
  register: my_look

- name: Take the steps of guests that are off
  netops.layer2.guest_nic_mac:
    step: "{{ item }}"
  delegate_to: "{{ item.host }}"
  become: true
  run_once: true
  loop: "{{ my_look.todo | selectattr('kind', 'eq', 'guest') | rejectattr('cuts_link') }}"
"""

RETURN = r"""
steps:
  description: What was done, or would be done in check mode. All else is what the module returns.
  returned: success
  type: list
  elements: str
  sample: ["configuration", "running guest"]
persistent:
  description: MAC address that the NIC has from the guest's next start on, after the task.
  returned: when the NIC was found
  type: str
  sample: 52:54:00:8a:31:07
live:
  description: MAC address of the NIC in the running guest, after the task; null where the guest is off.
  returned: when the NIC was found
  type: str
  sample: 52:54:00:8a:31:07
power_cycle_needed:
  description: Whether running guest and definition differ, so that the definition takes effect only after a full power
    cycle.
  returned: when the NIC was found
  type: bool
  sample: false
unchanged:
  description: Whether everything is as it was before. Where this is missing, nobody knows how far the change came.
  returned: failure
  type: bool
  sample: true
"""
