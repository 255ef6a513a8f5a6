#!/usr/bin/python
# Documentation of the action reserve_macs; plugins/action/reserve_macs.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: reserve_macs
short_description: Hand out MAC addresses that nobody has, and keep others from getting them
version_added: 0.1.0
author: netops.layer2 contributors (@netops)
description:
  - Chooses free addresses as P(netops.layer2.unique_mac#filter) does, and writes them into a file on the controller.
    Runs that share the file do not get the same ones, also at the same time.
  - The same request gets the same address again, while it is reserved, and when its owner has it.
  - A reservation ends when the address is met in the fleet, or after O(days).
  - Runs on the controller only; nothing is done on the host.
options:
  requests:
    description: The NICs that need an address.
    type: list
    elements: dict
    required: true
    suboptions:
      owner:
        description: Who gets it, as the fleet will know that one. The name or UUID of a guest, the name of a host.
        type: str
        required: true
      nic:
        description: Which NIC of the owner.
        type: str
        default: ""
  known:
    description: What is known, as M(netops.layer2.check_macs) returned it, or the file of
      M(netops.layer2.save_known_macs).
    type: raw
    required: true
  path:
    description: The file of the reservations, relative to where C(ansible-playbook) was called. The lock lies beside
      it.
    type: path
    required: true
  prefix:
    description: One to five octets, or a range FIRST-LAST, from which the addresses are taken.
    type: str
    default: "52:54:00"
  seed:
    description: The fleet's secret, as for P(netops.layer2.unique_mac#filter).
    type: str
    default: ""
  days:
    description: After how many days a reservation is void, from 0 to 36500.
    type: float
    default: 30
  reserved:
    description: More that is taken, as for P(netops.layer2.unique_mac#filter).
    type: list
    elements: raw
    default: []
attributes:
  check_mode:
    support: full
    description: Says which addresses it would hand out, and writes nothing.
  diff_mode:
    support: full
    description: Shows the reservations.
  action:
    support: full
    description: Has an action plugin that does all the work.
seealso:
  - plugin: netops.layer2.unique_mac
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Two addresses for a new guest
  netops.layer2.reserve_macs:
    requests:
      - {owner: web31, nic: net0}
      - {owner: web31, nic: net1}
    known: known-macs.json
    path: reserved-macs.json
  register: my_macs
"""

RETURN = r"""
macs:
  description: The addresses, in the order of the requests.
  returned: success
  type: list
  elements: str
  sample: ["52:54:00:3f:a0:1b"]
path:
  description: The absolute path of the file.
  returned: success
  type: str
"""
