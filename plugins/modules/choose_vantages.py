#!/usr/bin/python
# Documentation of the action choose_vantages; plugins/action/choose_vantages.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: choose_vantages
short_description: Choose the hosts that scan, one for each segment
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - A segment needs to be scanned once, not by each of its hosts. Chooses from the snapshots of this run as few hosts as
    reach every segment in which the fleet has an IPv4 network, and the interfaces on which they do.
  - Interfaces that nothing proves to be in one segment count as two, since equal networks prove nothing.
  - Runs on the controller only, once for all hosts (C(run_once)); nothing is done on a host.
options:
  hosts:
    description: The hosts to choose from. The default is all hosts of the play.
    type: list
    elements: str
  vantages:
    description: The vantages, host to interfaces, where the operator names them; they are returned as they are.
    type: dict
    default: {}
attributes:
  check_mode:
    support: full
    description: Changes nothing in any mode.
  diff_mode:
    support: none
    description: There is nothing to compare.
  action:
    support: full
    description: Has an action plugin that does all the work.
seealso:
  - module: netops.layer2.arp_scan
  - module: netops.layer2.report_fleet
"""

EXAMPLES = r"""
- name: Choose who scans
  netops.layer2.choose_vantages:
  run_once: true
  register: my_chosen

- name: Scan every segment once
  netops.layer2.arp_scan:
    host: "{{ inventory_hostname }}"
    interfaces: "{{ my_chosen.vantages[inventory_hostname] }}"
  become: true
  when: inventory_hostname in my_chosen.vantages
"""

RETURN = r"""
vantages:
  description: Host to the interfaces to scan on.
  returned: success
  type: dict
  sample: {"hv1": ["br0"], "web7": ["eth1"]}
"""
