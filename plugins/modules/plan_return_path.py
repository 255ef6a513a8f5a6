#!/usr/bin/python
# Documentation of the action plan_return_path; plugins/action/plan_return_path.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: plan_return_path
short_description: Plan the policy routes that end floods
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - Makes of a verdict on floods a plan, which host is to send which address's replies by which gateway, or opens and
    checks a plan that was saved. Floods that need something else are listed with their own way out.
  - Runs on the controller only; nothing is done on the hosts, and nothing is written. Fails where a host of the play
    holds a variable of this collection as a fact, since no host may make settings.
options:
  verdict:
    description:
      - The verdict, as P(netops.layer2.flooding_causes#filter) returns it, or a report on it, as data or as the path of
        the JSON file that M(netops.layer2.judge_flooding) returns.
    type: raw
    required: true
  plan:
    description: The path of a saved plan, relative to where C(ansible-playbook) was called. It is taken instead of a
      new one.
    type: str
    default: ''
  statuses:
    description: Findings that are planned, V(flooding), V(latent).
    type: list
    elements: str
    default: [flooding, latent]
  gateways:
    description: The gateway of a host's replies, or a list with one for each family, where the operator knows better
      than the finding.
    type: dict
    default: {}
extends_documentation_fragment:
  - netops.layer2.attributes.step
seealso:
  - module: netops.layer2.judge_flooding
  - module: netops.layer2.check_return_path
  - plugin: netops.layer2.policy_route
    plugin_type: role
"""

EXAMPLES = r"""
- name: Plan
  netops.layer2.plan_return_path:
    verdict: "{{ my_floods.report }}"
  register: my_plan
  run_once: true
"""

RETURN = r"""
plan:
  description: The plan, with C(steps), C(refused) (floods for which no route could be planned, and why) and C(others)
    (floods that no route ends).
  returned: success
  type: dict
routes:
  description: The steps as the P(netops.layer2.policy_route#role) role takes them.
  returned: success
  type: list
  elements: dict
is_todo:
  description: Whether there is any route to make.
  returned: success
  type: bool
text:
  description: The plan for a person.
  returned: success
  type: str
hosts:
  description: The hosts of the plan.
  returned: success
  type: list
  elements: str
absent:
  description: Hosts of the plan that are not in the play, or gave no snapshot.
  returned: success
  type: list
  elements: str
refusal:
  description: Why the plan must not be applied, since hosts of it are C(absent). Empty otherwise.
  returned: success
  type: str
open:
  description: A line for each flood that the plan leaves as it is.
  returned: success
  type: list
  elements: str
"""
