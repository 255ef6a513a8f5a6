#!/usr/bin/python
# Documentation of the action check_macs; plugins/action/check_macs.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: check_macs
short_description: Say which MAC addresses about to be used are taken
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - Names owner and place of each MAC address that somebody has, that is wanted twice, or that is reserved. What its own
    owner has already is not taken.
  - Runs on the controller only; nothing is done on the hosts, and nothing is written. Fails where a host of the run
    holds a variable of this collection as a fact, since no host may make settings.
options:
  macs:
    description: MAC addresses about to be used, each a text, or a dictionary of C(mac) and C(owner).
    type: list
    elements: raw
    default: []
  texts:
    description: Texts about to be used, such as domain XML, cloud-init, netplan or ifcfg files, inventories.
    type: list
    elements: raw
    default: []
  files:
    description: Files on the controller with such texts, relative to where C(ansible-playbook) was called.
    type: list
    elements: path
    default: []
  owner:
    description: Who is about to use them, where that does not follow from the texts.
    type: str
    default: ""
  known:
    description:
      - What is known. A document of known MAC addresses or its file, the directory of a fact cache, or a list of
        snapshots.
      - Empty, it is the snapshots that the hosts of this run or the fact cache have.
    type: raw
  reservations:
    description: The file of reserved addresses of M(netops.layer2.reserve_macs), which need not exist.
    type: path
  days:
    description: After how many days a reservation is void, from 0 to 36500.
    type: float
    default: 30
extends_documentation_fragment:
  - netops.layer2.attributes.step
seealso:
  - module: netops.layer2.reserve_macs
  - plugin: netops.layer2.unique_mac
    plugin_type: filter
  - plugin: netops.layer2.mac_guard
    plugin_type: role
"""

EXAMPLES = r"""
- name: Look whether the new guest's address is free
  netops.layer2.check_macs:
    files: [web31.xml]
  run_once: true
  register: my_check
  failed_when: my_check.refusal | length > 0
"""

RETURN = r"""
known:
  description: The path of a JSON file with the known MAC addresses that were compared with. It lies in a folder that
    goes with the run.
  returned: success
  type: str
counts:
  description: How many C(macs) are known, of how many C(hosts).
  returned: success
  type: dict
refusal:
  description: Why they must not be used, because nothing is known or because they are taken. Empty if they may.
  returned: success
  type: str
taken:
  description: A row for each address that must not be used, with C(mac), C(where), C(wanted_by), C(owner), C(place) and
    C(says).
  returned: success
  type: list
  elements: dict
"""
