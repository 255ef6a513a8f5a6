#!/usr/bin/python
# Documentation of the action check_return_path; plugins/action/check_return_path.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: check_return_path
short_description: Say what became of each flood of a plan
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - Holds the verdicts from before and after a plan of M(netops.layer2.plan_return_path) was applied against each other.
    A flood is cured only if its sender and everybody who got it were read and listened again.
  - Runs on the controller only; nothing is done on the hosts, and nothing is written. Fails where a host of the play
    holds a variable of this collection as a fact, since no host may make settings.
options:
  plan:
    description: The plan.
    type: dict
    required: true
  before:
    description: The verdict from before the change, or a report on it, as for
      O(netops.layer2.plan_return_path#module:verdict).
    type: raw
    required: true
  after:
    description: The verdict from after it, or a report on it. Hosts that gave no snapshot for it prove nothing.
    type: raw
    required: true
extends_documentation_fragment:
  - netops.layer2.attributes.step
seealso:
  - module: netops.layer2.judge_flooding
  - module: netops.layer2.plan_return_path
"""

EXAMPLES = r"""
- name: Say what became of it
  netops.layer2.check_return_path:
    plan: "{{ my_plan.plan }}"
    before: "{{ my_floods.report }}"
    after: "{{ my_floods_now.report }}"
  register: my_outcome
  run_once: true
"""

RETURN = r"""
outcome:
  description: What became of the plan.
  returned: success
  type: dict
  contains:
    steps:
      description: Each step with C(outcome), which is V(cured), V(stands) or V(unknown), C(before) and C(after) in bits
        a second, and C(says).
      type: list
      elements: dict
    new:
      description: Floods that came up meanwhile.
      type: list
      elements: dict
    failures:
      description: A line for everything that is not as it should be.
      type: list
      elements: str
    text:
      description: All of it for people.
      type: str
"""
