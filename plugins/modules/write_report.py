#!/usr/bin/python
# Documentation of the action write_report; plugins/action/write_report.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: write_report
short_description: Write a verdict or a report to files on the controller
version_added: 0.1.0
author: netops.layer2 contributors (@netops)
description:
  - Writes a verdict, as P(netops.layer2.mac_collisions#filter), P(netops.layer2.ip_conflicts#filter) and
    P(netops.layer2.flooding_causes#filter) return it, or a report. Each format is one file, whole or not at all.
  - The files are written at every run, because they carry its time. The task says changed only if the verdict
    differs from the one that the JSON file in the directory held before, or if a file was not there.
  - Runs on the controller only; nothing is done on the host.
options:
  report:
    description: The verdict or the report, as a dictionary or as its JSON text.
    type: raw
    required: true
  directory:
    description:
      - Where to write. It is made if need be. A relative path starts at the directory that C(ansible-playbook) was
        called in.
    type: path
    required: true
  formats:
    description:
      - Which files to write. They are called C(layer2-report) with the endings C(.txt), C(.json), C(.csv), C(.prom),
        C(.html) and C(.junit.xml).
    type: list
    elements: str
    choices: [table, json, csv, prometheus, html, junit]
    default: [table, json, csv, prometheus, html]
  fail_on:
    description:
      - Statuses (or the rule V(probably_one_segment)) whose findings are failures in the JUnit file, beside conflicts
        and floods that are heard, which always are.
    type: list
    elements: str
    choices: [conflict, suspected, latent, shared, excepted, flooding, probably_one_segment, missing]
    default: []
    version_added: 0.2.0
attributes:
  check_mode:
    support: full
    description: Writes nothing in check mode.
  diff_mode:
    support: full
    description: Shows the table of the report before and after.
  action:
    support: full
    description: Has an action plugin that does all the work.
seealso:
  - module: netops.layer2.report_fleet
  - plugin: netops.layer2.render_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Keep the report
  netops.layer2.write_report:
    report: "{{ hostvars | netops.layer2.mac_collisions }}"
    directory: /var/lib/layer2
    formats: [json, html]
  run_once: true
"""

RETURN = r"""
paths:
  description: The absolute path of each file, by format.
  returned: success
  type: dict
  sample: {"html": "/var/lib/layer2/layer2-report.html", "json": "/var/lib/layer2/layer2-report.json"}
"""
