#!/usr/bin/python
# Documentation of the action plan_trace; plugins/action/plan_trace.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: plan_trace
short_description: Plan where and when to capture packets between two addresses
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - Finds in the snapshots that the hosts of the play gave in this run the machines with two IP addresses, and names the
    interfaces between them, in the order of the path. These are the NIC of a host, the tap of a guest, and the uplink
    of its hypervisor.
  - A machine that is no host of the inventory is found by its MAC address, which others know as its neighbour. If
    several guests have that MAC, all of them are points, since the captures show whose packets pass where.
  - Or takes points that are named. Adds all that the tasks of a trace need, such as a common begin, how long to wait
    for a host, and where files go.
  - Runs on the controller only; nothing is done on the hosts, and nothing is written. Fails where a host of the play
    holds a variable of this collection as a fact, since no host may make settings.
options:
  hosts:
    description: The hosts whose snapshots tell the points. The default is all hosts of the play.
    type: list
    elements: str
  source:
    description: IP address of one end. Not needed with O(points).
    type: str
    default: ''
  destination:
    description: IP address of the other end. Not needed with O(points).
    type: str
    default: ''
  points:
    description:
      - Points that are taken instead of finding them, in the order of the path. Each has C(host), C(interface) and, if
        wanted, C(label), C(beside) for one that is not on the path, and C(point), a name of its own (made of host and
        interface without it).
    type: list
    elements: dict
    default: []
  filter:
    description: What to capture, in tcpdump's words, instead of what is made of the two ends.
    type: str
    default: ''
  duration:
    description: Seconds to capture.
    type: float
    default: 10
  packets:
    description: Packets that a point captures at most. A capture with more is not taken.
    type: int
    default: 200000
  bytes:
    description: Bytes on the wire that a point captures at most.
    type: int
    default: 1000000000
  snap_length:
    description: Bytes that are kept of a frame.
    type: int
    default: 320
  start_after:
    description: Seconds, by the controller's clock, until all points begin. At most 300.
    type: float
    default: 10
  margin:
    description: Seconds that a host gets beside capturing, to connect, to start Python and to hand over. Whoever needs
      longer is given up.
    type: float
    default: 120
  pcap:
    description: Whether files are to be brought from the hosts.
    type: bool
    default: false
  remote:
    description: How the folder for these files on the hosts begins. A name that nobody can know beforehand follows.
    type: str
    default: /var/tmp/netops-layer2-trace
extends_documentation_fragment:
  - netops.layer2.attributes.step
seealso:
  - module: netops.layer2.packet_capture
  - module: netops.layer2.judge_trace
  - plugin: netops.layer2.correlate_captures
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Plan
  netops.layer2.plan_trace:
    source: 192.168.100.21
    destination: 192.168.100.30
  register: my_plan
  run_once: true

- name: Show what is captured where
  netops.layer2.show_text:
    text: "{{ my_plan.text }}"
  run_once: true
"""

RETURN = r"""
points:
  description:
    - Each with C(point), C(host), C(interface), C(label), and what tells whose packets pass it (C(end), C(branch),
      C(address), C(sends)).
  returned: success
  type: list
  elements: dict
captures:
  description: Host name to what O(netops.layer2.packet_capture#module:points) takes.
  returned: success
  type: dict
ends:
  description: Address and MAC addresses of both ends.
  returned: success
  type: dict
filter:
  description: What to capture, in tcpdump's words.
  returned: success
  type: str
duration:
  description: Seconds to capture.
  returned: success
  type: float
packets:
  description: Packets that a point captures at most.
  returned: success
  type: int
bytes:
  description: Bytes that a point captures at most.
  returned: success
  type: int
snap_length:
  description: Bytes that are kept of a frame.
  returned: success
  type: int
begin:
  description: Unix time at which all points begin.
  returned: success
  type: float
timeout:
  description: Seconds that a host gets for its captures, and for all that goes with them.
  returned: success
  type: int
most:
  description: Octets that one of these files may have.
  returned: success
  type: int
fetch_timeout:
  description: Seconds that a host gets for one file.
  returned: success
  type: int
folder:
  description: The folder for files on the hosts, empty without O(pcap).
  returned: success
  type: str
folders:
  description: Host name to the name of the folder for its captures.
  returned: success
  type: dict
files:
  description: Host name to its files, each with C(src) on the host and C(dest) in a folder of this run on the
    controller, which goes with the run.
  returned: success
  type: dict
gaps:
  description: Hosts that could not be asked for points, and why.
  returned: success
  type: list
  elements: dict
text:
  description: What is captured where, for a person.
  returned: success
  type: str
"""
