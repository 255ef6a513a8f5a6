#!/usr/bin/python
# Documentation of the action look_at_routes; plugins/action/look_at_routes.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: look_at_routes
short_description: Say which policy routes a host is to be given
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - Takes the policy routes that are for the host that the task runs for, and gives each the id of its change.
  - Fails where a change could not be confirmed, because the connection crosses no network and nobody else is to probe,
    or because who is to probe is not in the inventory.
  - Runs on the controller only; nothing is done on the hosts, and nothing is written. Fails where a host of the play
    holds a variable of this collection as a fact, since no host may make settings.
options:
  routes:
    description: The policy routes, as the role P(netops.layer2.policy_route#role) takes them.
    type: list
    elements: dict
    required: true
  clients:
    description: Addresses of clients that the way to is proved for, besides those of each route.
    type: list
    elements: str
    default: []
  probe_from:
    description: Hosts of the inventory that must reach the address before a change is kept. The host itself is left
      out.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - netops.layer2.attributes.step
seealso:
  - module: netops.layer2.policy_route
  - module: netops.layer2.confirm_reachable
"""

EXAMPLES = r"""
- name: Look which policy routes this host is to be given
  netops.layer2.look_at_routes:
    routes:
      - host: web1
        vip: 198.51.100.10
        interface: eth0
        gateway: 192.0.2.1
    probe_from: [client1]
  register: my_routes
"""

RETURN = r"""
todo:
  description:
    - The policy routes of this host, in order. Each has C(vips), C(clients), the C(id) of its change, C(token) (what
      stands for the token that the controller makes for it), and those of C(interface), C(gateway), C(table),
      C(priority) and C(arrives_on) that were given.
  returned: success
  type: list
  elements: dict
peers:
  description: Who must reach the address.
  returned: success
  type: list
  elements: str
"""
