#!/usr/bin/python
# Documentation of the action bring_capture; plugins/action/bring_capture.py does the work.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: bring_capture
short_description: Fetch a file of a capture, no larger than what was asked for
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - Fetches one file from a host as M(ansible.builtin.fetch) does, but asks for its size first, and breaks off where the
    host sends more than O(most).
  - A host that sends without end fills neither the controller's disk nor its memory. Nothing of what it sent is left
    then.
options:
  src:
    description: The file on the host.
    type: str
    required: true
  dest:
    description: Where it goes on the controller.
    type: path
    required: true
  most:
    description: Octets that it may have.
    type: int
    required: true
attributes:
  check_mode:
    support: full
    description: Fetches nothing in check mode.
  diff_mode:
    support: none
    description: There is nothing to compare.
  action:
    support: full
    description: Has an action plugin that does all the work.
seealso:
  - module: netops.layer2.packet_capture
  - module: netops.layer2.plan_trace
"""

EXAMPLES = r"""
- name: Bring a capture of at most 10 MB
  netops.layer2.bring_capture:
    src: /var/tmp/trace/eth0.pcap
    dest: captures/eth0.pcap
    most: 10000000
  become: true
"""

RETURN = r"""#"""
