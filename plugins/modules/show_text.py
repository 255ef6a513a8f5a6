#!/usr/bin/python
# Documentation of the action show_text; plugins/action/show_text.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: show_text
short_description: Print text to the screen as it is
version_added: 0.1.0
author: netops.layer2 contributors (@netops)
description:
  - Prints several lines so that a person can read them. M(ansible.builtin.debug) prints them as one JSON string.
  - Control characters and escape sequences are shown as escapes, so text from the network cannot steer the terminal.
  - Runs on the controller only; nothing is done on the host.
options:
  text:
    description: The text.
    type: str
    required: true
  next:
    description:
      - A command that comes next, shown behind the text. One for a playbook of this collection (C(ansible-playbook
        netops.layer2.NAME ...)) is shown as the caller of this run would type it, with the same inventory and limit.
    type: str
    default: ""
    version_added: 0.2.0
  target:
    description: The pattern of hosts that O(next) is about; empty for all.
    type: str
    default: ""
    version_added: 0.2.0
attributes:
  check_mode:
    support: full
    description: Prints in check mode too.
  diff_mode:
    support: none
    description: There is nothing to compare.
  action:
    support: full
    description: Has an action plugin that does all the work.
seealso:
  - module: ansible.builtin.debug
"""

EXAMPLES = r"""
- name: Show the report
  netops.layer2.show_text:
    text: "{{ my_report | netops.layer2.render_report('table') }}"
  run_once: true
"""

RETURN = r"""#"""
