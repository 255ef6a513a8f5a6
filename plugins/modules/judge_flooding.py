#!/usr/bin/python
# Documentation of the action judge_flooding; plugins/action/judge_flooding.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: judge_flooding
short_description: Explain the floods that the hosts of a play heard
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - Takes the snapshots of the hosts of the play, and the samples that they took in this run (registered as
    C(flood_sampled)), and says which floods there are, why, and what ends them, as
    P(netops.layer2.flooding_causes#filter) does. A host that gave no answer, or one of no use, is named.
  - Runs on the controller only; nothing is done on the hosts, and nothing is written. Fails where a host of the play
    holds a variable of this collection as a fact, since no host may make settings.
options:
  exceptions:
    description: Findings that are accepted, as for P(netops.layer2.flooding_causes#filter).
    type: raw
  switches:
    description: What is known of switches that are no hosts of the play, as for
      P(netops.layer2.flooding_causes#filter).
    type: raw
  target:
    description: The host pattern that was asked for.
    type: str
    default: ''
extends_documentation_fragment:
  - netops.layer2.attributes.step
seealso:
  - plugin: netops.layer2.flooding_causes
    plugin_type: filter
  - module: netops.layer2.flood_sample
  - module: netops.layer2.plan_return_path
  - module: netops.layer2.report_fleet
"""

EXAMPLES = r"""
- name: Listen
  netops.layer2.flood_sample:
  register: flood_sampled
  ignore_errors: true

- name: Judge
  netops.layer2.judge_flooding:
  register: my_floods
  run_once: true

- name: Show and write it
  netops.layer2.report_fleet:
    verdict: "{{ my_floods.report }}"
    directory: ./layer2-report
    fail_on: [flooding]
  run_once: true
"""

RETURN = r"""
report:
  description:
    - The path of a JSON file with the report, which holds the verdict, who gave no snapshot, and who could not listen.
      It lies in a folder that goes with the run, so M(netops.layer2.report_fleet) or M(netops.layer2.save_document) has
      to keep it.
  returned: success
  type: str
summary:
  description: The counts of the verdict; docs/flooding.md describes every key.
  returned: success
  type: dict
table:
  description: The report for a terminal.
  returned: success
  type: str
"""
