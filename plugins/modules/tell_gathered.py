#!/usr/bin/python
# Documentation of the action tell_gathered; plugins/action/tell_gathered.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: tell_gathered
short_description: Say who was read, and whether the fact cache keeps it for the job that judges
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - For runs that only read, such as the slices of an AWX job. Shows how many hosts of the play gave a snapshot in this
    run, and names the others.
  - RV(stats), given to M(ansible.builtin.set_stats), tells the job that judges how many snapshots it has to find in the
    fact cache, and of which run. M(netops.layer2.report_fleet) with its option
    O(netops.layer2.report_fleet#module:cached) fails where they did not arrive, and takes those that did as read in its
    own run.
  - Runs on the controller only; nothing is done on the hosts, and nothing is written.
extends_documentation_fragment:
  - netops.layer2.attributes.step
seealso:
  - module: netops.layer2.layer2_facts
  - module: netops.layer2.report_fleet
"""

EXAMPLES = r"""
- name: Read the hosts
  netops.layer2.layer2_facts:
    host: "{{ inventory_hostname }}"
  become: true
  ignore_unreachable: true
  ignore_errors: true

- name: Count who was read
  netops.layer2.tell_gathered:
  run_once: true
  register: my_reading

- name: Tell the job that judges
  ansible.builtin.set_stats:
    data: "{{ my_reading.stats }}"
  run_once: true
"""

RETURN = r"""
read:
  description: How many hosts gave a snapshot in this run.
  returned: success
  type: int
missing:
  description: Why the others gave none, by host.
  returned: success
  type: dict
  sample: {"hv9": "unreachable: no route to host"}
stats:
  description: What the jobs after this one have to know, under a name that no other slice uses.
  returned: success
  type: dict
  sample: {"layer2_gathered_2": {"slice": 2, "slices": 4, "run": "ansible-local-17x", "at": 1795889504.7, "read": 250}}
failures:
  description: Why the run should fail, such as a fact cache that keeps nothing.
  returned: success
  type: list
  elements: str
"""
