#!/usr/bin/python
# Documentation of the action plan_renumbering; plugins/action/plan_renumbering.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: plan_renumbering
short_description: Judge the hosts of the play, and plan new MAC addresses for what is found
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - Judges the snapshots of the hosts of the play, and plans which NIC gets which new MAC, or opens a plan that was
    saved. Says for each host that takes part whether its step is done, is to be done, waits for a power cycle or a
    restart, or is held back for want of consent.
  - A saved plan is input like any other. Each field is held to its alphabet, and all its hosts must be hosts of the
    play.
  - Runs on the controller only; nothing is done on the hosts, and nothing is written. Fails where a host of the run
    holds a variable of this collection as a fact, since no host may make settings.
options:
  plan:
    description: The file of a saved plan to open instead of planning anew, relative to where C(ansible-playbook) was
      called.
    type: str
    default: ""
  earlier:
    description:
      - The file of an earlier run's plan, which need not exist. What that run began and did not finish is put before
        the new plan, such as a guest whose NIC was unplugged and not plugged in again.
    type: str
    default: ""
  keep:
    description: MAC to the owner that is to keep it (guest name, UUID or host), where the operator knows better.
    type: raw
  statuses:
    description: Statuses of findings that are planned.
    type: raw
    default: [conflict]
  prefix:
    description: Prefix or range for the new addresses of libvirt's guests, as for P(netops.layer2.unique_mac#filter).
      Guests of Proxmox VE get one of their cluster's C(mac_prefix), else of its own range.
    type: raw
    default: "52:54:00"
  seed:
    description: The fleet's secret, as for P(netops.layer2.unique_mac#filter).
    type: str
    default: ""
  reserved:
    description: More that is taken, as for P(netops.layer2.unique_mac#filter).
    type: raw
    default: []
  exceptions:
    description: Findings that are accepted, as for P(netops.layer2.mac_collisions#filter).
    type: raw
  target:
    description: What the run was for, as the report says it.
    type: str
    default: ""
extends_documentation_fragment:
  - netops.layer2.attributes.step
  - netops.layer2.consent
seealso:
  - module: netops.layer2.look_at_plan
  - module: netops.layer2.prove_renumbering
  - plugin: netops.layer2.renumber_plan
    plugin_type: filter
  - plugin: netops.layer2.mac_regenerate
    plugin_type: role
"""

EXAMPLES = r"""
- name: Plan, and show the plan
  netops.layer2.plan_renumbering:
    seed: "{{ fleet_secret }}"
  run_once: true
  register: my_plan

- name: Show it
  netops.layer2.show_text:
    text: "{{ my_plan.table }}"
  run_once: true
"""

RETURN = r"""
report:
  description:
    - The path of a JSON file with the report of the hosts as they are; its JSON Schema is
      C(docs/schemas/report-v1.json) of the collection. It lies in a folder that goes with the run, so
      M(netops.layer2.save_document) has to keep it.
  returned: success
  type: str
verdict:
  description: The report for a person.
  returned: success
  type: str
plan:
  description: The plan, once it was checked.
  returned: success
  type: dict
steps:
  description:
    - The steps in their order, with C(number), C(change) (the place of the change in the plan, from 0), C(kind)
      (V(guest), V(pins), V(interface), V(machine_id)), C(host), C(owner), C(mac), C(new_mac), C(state) (V(done),
      V(todo), V(waits), V(held)), C(cuts_link), C(says), and what their kind needs.
  returned: success
  type: list
  elements: dict
is_todo:
  description: Whether any step is to be done.
  returned: success
  type: bool
table:
  description: Plan and steps for a person.
  returned: success
  type: str
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
"""
