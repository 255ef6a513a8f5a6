#!/usr/bin/python
# Documentation of the action save_document; plugins/action/save_document.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: save_document
short_description: Save data to a JSON file on the controller
version_added: 0.1.0
author: netops.layer2 contributors (@netops)
description:
  - Writes a plan, a report or a list of known MAC addresses as JSON, in one step, so that nobody ever reads half of it.
  - Runs on the controller only; nothing is done on the host. Needs neither root nor a connection.
options:
  document:
    description: The data, or the path of a JSON file that holds it, such as a step of this run returned.
    type: raw
    required: true
  path:
    description: The file, relative to where C(ansible-playbook) was called. Its directory is made if need be.
    type: path
    required: true
extends_documentation_fragment:
  - netops.layer2.attributes.writes
seealso:
  - module: netops.layer2.look_at_plan
"""

EXAMPLES = r"""
- name: Keep the plan for the review
  netops.layer2.save_document:
    document: "{{ my_plan }}"
    path: layer2-report/layer2-plan.json
  run_once: true
"""

RETURN = r"""
path:
  description: The absolute path of the file.
  returned: success
  type: str
"""
