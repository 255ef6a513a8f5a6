#!/usr/bin/python
# Documentation of the action prove_renumbering; plugins/action/prove_renumbering.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: prove_renumbering
short_description: Prove that a plan cured what it was made for
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - Judges hosts that were read again after a plan was applied, and says of each MAC of the plan whether it is cured,
    waits for a power cycle, a restart or consent, or is still shared, and what is new since. What could not be read
    again is unknown, not cured.
  - Runs on the controller only; nothing is done on the hosts, and nothing is written. Fails where a host of the run
    holds a variable of this collection as a fact, since no host may make settings.
options:
  plan:
    description: The plan, or the path of its JSON file, relative to where C(ansible-playbook) was called.
    type: raw
    required: true
  before:
    description: The report from before the change, as data or as the path of its JSON file. With it new findings count,
      too.
    type: raw
  exceptions:
    description: Findings that are accepted, as for P(netops.layer2.mac_collisions#filter).
    type: raw
  hosts:
    description: The hosts that the run is about and that were read, by default those of the play.
    type: list
    elements: str
extends_documentation_fragment:
  - netops.layer2.attributes.step
  - netops.layer2.consent
seealso:
  - module: netops.layer2.plan_renumbering
  - module: netops.layer2.look_at_plan
  - plugin: netops.layer2.mac_regenerate
    plugin_type: role
"""

EXAMPLES = r"""
- name: Prove it
  netops.layer2.prove_renumbering:
    plan: "{{ my_plan.plan }}"
    before: "{{ my_plan.report }}"
  run_once: true
  register: my_proof
  failed_when: my_proof.outcome.failures | length > 0
"""

RETURN = r"""
outcome:
  description: What became of the plan.
  returned: success
  type: dict
  contains:
    macs:
      description: One row a MAC, with C(mac), C(new_macs), C(outcome) (V(cured), V(waits), V(stands), V(unknown)),
        C(status) and C(says).
      type: list
      elements: dict
    new:
      description: The C(id) of each new finding that counts, a conflict or one that names an address of the plan.
      type: list
      elements: str
    failures:
      description: Why the cure is not whole, one sentence each.
      type: list
      elements: str
    text:
      description: The same for a terminal.
      type: str
is_settled:
  description: Whether another look would tell nothing else. What neighbours remember of an old address takes a moment
    to go.
  returned: success
  type: bool
"""
