#!/usr/bin/python
# Documentation of the action judge_trace; plugins/action/judge_trace.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: judge_trace
short_description: Follow packets through what the hosts of a play captured, and say what became of them
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - Takes the captures of the hosts of the play (M(netops.layer2.packet_capture), registered as C(trace_captured)), and
    the files that were brought (registered as C(trace_fetched)), and follows every packet through them, as
    P(netops.layer2.correlate_captures#filter) does. Shows the verdict.
  - A capture that is broken, that is larger than what was asked for, or that says it is of another point, is a gap of
    the trace. The others are compared. Names of hosts, points and interfaces are those of the plan, whatever a capture
    says.
  - Runs on the controller only. Fails where a host of the play holds a variable of this collection as a fact, since no
    host may make settings.
options:
  plan:
    description: The plan, as M(netops.layer2.plan_trace) returned it.
    type: dict
    required: true
  source:
    description: IP address of the end where the path begins.
    type: str
    default: ''
  destination:
    description: IP address of the end where the path leads.
    type: str
    default: ''
  directory:
    description:
      - Folder for the page (C(trace.html)), the document (C(trace.json)) and the captures (C(captures), a folder a
        host). It is made for its owner alone if it is not there. One that others may write to is refused. All files are
        their owner's alone.
      - Nothing is written without it.
    type: str
    default: ''
attributes:
  check_mode:
    support: full
    description: Shows the verdict and writes nothing in check mode.
  diff_mode:
    support: none
    description: A page is no text to compare.
  action:
    support: full
    description: Has an action plugin that does all the work.
seealso:
  - module: netops.layer2.plan_trace
  - module: netops.layer2.packet_capture
  - plugin: netops.layer2.correlate_captures
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Capture
  netops.layer2.packet_capture:
    host: "{{ inventory_hostname }}"
    points: "{{ my_plan.captures[inventory_hostname] }}"
    filter: "{{ my_plan.filter }}"
    start_at: "{{ my_plan.begin }}"
  register: trace_captured
  when: inventory_hostname in my_plan.captures
  become: true
  timeout: "{{ my_plan.timeout }}"
  ignore_errors: true
  ignore_unreachable: true

- name: Say what became of the packets
  netops.layer2.judge_trace:
    plan: "{{ my_plan }}"
    source: 192.168.100.21
    destination: 192.168.100.30
    directory: ./trace
  register: my_trace
  run_once: true
"""

RETURN = r"""
trace:
  description:
    - The path of a JSON file with the trace; docs/captures.md describes every key. It lies in a folder that goes with
      the run; O(directory) keeps it.
  returned: success
  type: str
verdict:
  description: The C(verdict) of the trace, with C(status) and C(sentence).
  returned: success
  type: dict
summary:
  description: The C(summary) of the trace.
  returned: success
  type: dict
table:
  description: The trace for a terminal.
  returned: success
  type: str
paths:
  description: Where C(page), C(document) and C(captures) are, empty without O(directory).
  returned: success
  type: dict
"""
