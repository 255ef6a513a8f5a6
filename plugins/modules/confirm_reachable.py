#!/usr/bin/python
# Documentation of the action confirm_reachable; plugins/action/confirm_reachable.py does the work, from the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: confirm_reachable
short_description: Confirm a change over a new connection, after peers have reached the host too
version_added: 0.1.0
author: netops.layer2 contributors (@netops)
description:
  - The second half of P(netops.layer2.confirmed_change#module). It leaves the connection that lived through the change,
    because that one proves nothing, connects anew, has peers probe the host if asked to, and confirms over the new
    connection.
  - It tries again until O(timeout). If it does not succeed, the task fails, the revert stays armed, and the host undoes
    the change by itself. The message says what was tried and when that happens.
  - With a connection that crosses no network, such as P(ansible.builtin.local#connection), O(probe_from) is required.
options:
  id:
    description: The change, as it was armed.
    type: str
    required: true
  token:
    description: The token of the run that armed it, V(run) where it was armed with V(run) in this run. It is not shown.
    type: str
    required: true
  timeout:
    description:
      - Seconds to go on trying. Choose it shorter than the timeout that the change was armed with.
      - A try that has begun is brought to its end.
    type: float
    default: 60
  deadline:
    description:
      - When the host undoes the change, as the task that armed it returned it. Only shown, where the host itself could
        not be asked.
    type: str
  probe_from:
    description:
      - Hosts of the inventory that must reach the host too, before the change is confirmed. They need Python 3.
      - V(localhost) is the controller. The host itself is left out, so that one list can serve a play over several
        hosts.
    type: list
    elements: str
    default: []
  probe_address:
    description:
      - The address that the peers probe.
      - Without it, C(ansible_host), else the name in the inventory.
    type: str
  probe_ping:
    description: Whether the peers must get an answer to a ping.
    type: bool
    default: true
  probe_ports:
    description: TCP ports that must accept a connection from the peers.
    type: list
    elements: int
    default: []
  probe_mac:
    description: The MAC address that the peers must see behind the address in their neighbour tables, in any notation.
    type: str
attributes:
  check_mode:
    support: full
    description: Does nothing in check mode, where nothing was armed.
  diff_mode:
    support: none
    description: Has nothing to show.
  action:
    support: full
    description: Has an action plugin that does the work from the controller.
seealso:
  - module: netops.layer2.confirmed_change
"""

EXAMPLES = r"""
- name: Keep the change if the host answers anew, and if the gateway and the backup server see its new MAC address
  netops.layer2.confirm_reachable:
    id: new-mac
    token: "{{ my_armed.token }}"
    deadline: "{{ my_armed.deadline }}"
    timeout: 90
    probe_from: [gateway1, backup1]
    probe_ports: [22]
    probe_mac: 52:54:00:0c:1d:f6

- name: The same where the change moved the host to another address
  netops.layer2.confirm_reachable:
    id: new-address
    token: "{{ my_armed.token }}"
  vars:
    ansible_host: 192.0.2.17
"""

RETURN = r"""
state:
  description: V(confirmed), or V(armed) where it failed and the revert waits.
  returned: when the host's state is known
  type: str
connection:
  description: The connection plugin whose new connection proved that the host can be reached.
  returned: success
  type: str
  sample: ssh
probes:
  description: What the peers found.
  returned: success
  type: list
  elements: dict
  contains:
    from:
      description: The peer.
      type: str
    reached:
      description: Whether it found all that was asked for.
      type: bool
    mac:
      description: The MAC address that it sees behind the address. Null across a router.
      type: str
    problems:
      description: What it did not find.
      type: list
      elements: str
attempts:
  description: How many tries it took.
  returned: always
  type: int
seconds:
  description: How long it took, from the first try to the confirmation.
  returned: success
  type: float
tried:
  description: Why each try was not enough, without repetition.
  returned: failure
  type: list
  elements: str
remaining:
  description: Seconds until the host undoes the change, when it was last asked.
  returned: failure
  type: float
"""
