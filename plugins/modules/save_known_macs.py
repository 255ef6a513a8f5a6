#!/usr/bin/python
# Documentation of the action save_known_macs; plugins/action/save_known_macs.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: save_known_macs
short_description: Write the file of known MAC addresses
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - Writes every MAC address that the snapshots of this run or of the fact cache know, with its owner, for runs that
    cannot ask the fleet.
  - Runs on the controller only; nothing is done on the hosts. Fails where a host of the play holds a variable of this
    collection as a fact, since no host may make settings.
options:
  path:
    description: The file, relative to where C(ansible-playbook) was called. Its directory is made if need be.
    type: path
    required: true
extends_documentation_fragment:
  - netops.layer2.attributes.writes
seealso:
  - module: netops.layer2.check_macs
  - module: netops.layer2.reserve_macs
  - plugin: netops.layer2.mac_guard
    plugin_type: role
"""

EXAMPLES = r"""
- name: Keep what the fleet knows
  netops.layer2.save_known_macs:
    path: layer2-known-macs.json
  run_once: true
"""

RETURN = r"""
path:
  description: The absolute path of the file.
  returned: success
  type: str
"""
