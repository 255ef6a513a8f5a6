#!/usr/bin/python
# Documentation of the action look_at_plan; plugins/action/look_at_plan.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: look_at_plan
short_description: Hold a plan against the fleet as it is now
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - Opens and checks a plan of M(netops.layer2.plan_renumbering) or P(netops.layer2.renumber_plan#filter), breaks it
    down into steps, and says what speaks against taking them. A guest that several hypervisors define has a step on
    each. A guest that is a host of the inventory too has one for the settings inside it.
  - A change fits no longer if its host could not be read or is none of O(hosts), if the old address is not where the
    plan found it, or if the new one is known meanwhile, if the guest is gone, is on another host or is another one of
    its name, or if it has a managed save. A change that was made
    already is no problem, so that an interrupted plan can be applied again.
  - Runs on the controller only; nothing is done on the hosts, and nothing is written. Fails where a host of the run
    holds a variable of this collection as a fact, since no host may make settings.
options:
  plan:
    description: The plan, or the path of its JSON file, relative to where C(ansible-playbook) was called.
    type: raw
    required: true
  hosts:
    description: The hosts that the run is about and that were read, by default those of the play. A plan leads to no
      other.
    type: list
    elements: str
extends_documentation_fragment:
  - netops.layer2.attributes.step
  - netops.layer2.consent
seealso:
  - module: netops.layer2.plan_renumbering
  - module: netops.layer2.prove_renumbering
  - plugin: netops.layer2.mac_regenerate
    plugin_type: role
"""

EXAMPLES = r"""
- name: How many steps are left
  netops.layer2.look_at_plan:
    plan: layer2-fix/layer2-plan.json
  run_once: true
  register: my_look
  failed_when: my_look.problems | length > 0
"""

RETURN = r"""
plan:
  description: The plan, once it was checked.
  returned: success
  type: dict
token:
  description: What stands for the token that the controller makes for each change of these steps (V(run:) and a word),
    not a token itself.
  returned: success
  type: str
steps:
  description:
    - The steps in their order, with C(number), C(change) (the place of the change in the plan, from 0), C(kind)
      (V(guest), V(pins), V(interface), V(machine_id)), C(host), C(owner), C(mac), C(new_mac), C(state) (V(done),
      V(todo), V(waits), V(held)), C(cuts_link), C(says), and what their kind needs.
  returned: success
  type: list
  elements: dict
todo:
  description: The steps that are to be taken.
  returned: success
  type: list
  elements: dict
table:
  description: Plan and steps for a person.
  returned: success
  type: str
problems:
  description: Why the steps must not be taken, one sentence each.
  returned: success
  type: list
  elements: str
"""
