#!/usr/bin/python
# Documentation of the action report_fleet; plugins/action/report_fleet.py does the work, on the controller.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: report_fleet
short_description: Judge what the hosts of the play told, show it and write it to files
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - Takes the snapshots (M(netops.layer2.layer2_facts)) and, with O(scans), the scans (M(netops.layer2.arp_scan)) of the
    hosts, judges, shows a table, and writes the report files on the controller. The role P(netops.layer2.report#role)
    is this step, and what follows from its result.
  - A host that was not read in this run is missing, whatever a fact cache holds of it, unless O(cached) is set.
  - What hosts said is never evaluated as a template. The step refuses to run where the facts of a host hold a variable
    of the collection, since those are settings, which no host may make.
  - Runs on the controller only, once for all hosts (C(run_once)); nothing is done on a host.
options:
  hosts:
    description: The hosts that are expected to have a snapshot. The default is all hosts of the play.
    type: list
    elements: str
  target:
    description: The host pattern that was asked for; with it, hosts left out by C(--limit) are reported as not asked.
    type: str
    default: ''
  exceptions:
    description: Exceptions from the verdict, as in P(netops.layer2.mac_collisions#filter).
    type: list
    elements: dict
    default: []
  list_shared:
    description: Whether to list what is legitimately shared too.
    type: bool
    default: false
  verdict:
    description: A verdict that was made already, such as that of P(netops.layer2.flooding_causes#filter), to be
      reported instead of judging.
    type: raw
    default: {}
  notes:
    description: Remarks by host name that the reader has to know.
    type: dict
    default: {}
  scans:
    description: Whether to judge by what M(netops.layer2.arp_scan) heard in this run, too. A scan that failed is a gap
      of the report.
    type: bool
    default: false
  addresses:
    description: Whether to judge IP addresses too, in a report of their own.
    type: bool
    default: false
  what:
    description:
      - What to judge of what the hosts told, each in a report of its own, whatever their order that on V(mac) last.
        Empty is V(mac), and with O(addresses) V(ip) too.
      - V(flood) takes the samples that tasks of this run registered as C(flood_sampled), and with O(cached) those of a
        fact cache.
      - Of O(fail_on), each report takes the statuses that it can have.
    type: list
    elements: str
    choices: [ip, flood, mac]
    default: []
  switches:
    description: What is known of switches that are no hosts, as for P(netops.layer2.flooding_causes#filter).
    type: raw
  flood_exceptions:
    description: Exceptions from the verdict on floods.
    type: list
    elements: dict
    default: []
  stats_size:
    description: Characters up to which a report stands in RV(reports) as one JSON text, for later jobs of an AWX
      workflow; V(0) never.
    type: int
    default: 0
  documents:
    description:
      - Documents of managers, registers, switches and others to judge beside the hosts. Each is the path of a JSON file
        on the controller, a JSON text, a mapping, or the registered result of the task that made it. One that is not
        there, is broken, or was made more than O(max_age) days ago is missing, as a host is.
    type: list
    elements: raw
    default: []
  cached:
    description: Whether a snapshot of an earlier run, from a fact cache, stands in for a host that was not read in this
      one.
    type: bool
    default: false
  max_age:
    description: Days after which such a snapshot counts no longer, from 0 to 36500. The controller's clock counts.
    type: float
    default: 1
  directory:
    description: Where to write. It is made if need be.
    type: path
    required: true
  formats:
    description: Which files to write. V(junit) is for CI servers, and is written only where it is asked for.
    type: list
    elements: str
    choices: [table, json, csv, prometheus, html, junit]
    default: [table, json, csv, prometheus, html]
  prometheus_directory:
    description: A directory that gets the Prometheus file too.
    type: str
    default: ''
  known_macs:
    description: A file that gets every MAC address that is known, with its owner.
    type: str
    default: ''
  compare_with:
    description:
      - The JSON report of an earlier run, to say what is new, still there or gone. One that cannot be used is a
        failure, and costs no verdict.
      - The JSON report in O(directory) that this very run is the first to write may be missing.
    type: str
    default: ''
  fail_on:
    description:
      - Statuses (or the rule V(probably_one_segment)) whose findings are RV(failures), in the JUnit file too.
      - A run in which not a single host could be judged is one as well, unless the list is empty.
    type: list
    elements: str
    choices: [conflict, suspected, latent, shared, excepted, flooding, probably_one_segment, missing]
    default: [conflict]
attributes:
  check_mode:
    support: full
    description: Shows the report and writes nothing in check mode.
  diff_mode:
    support: full
    description: Shows the table of the report before and after.
  action:
    support: full
    description: Has an action plugin that does all the work.
seealso:
  - plugin: netops.layer2.report
    plugin_type: role
"""

EXAMPLES = r"""
- name: Read the hosts
  netops.layer2.layer2_facts:
    host: "{{ inventory_hostname }}"
  become: true
  ignore_unreachable: true
  ignore_errors: true

- name: Judge and report
  netops.layer2.report_fleet:
    directory: ./layer2-report
  run_once: true
  register: my_report

- name: Stop where MACs are used twice
  ansible.builtin.fail:
    msg: "{{ my_report.failures | join('; ') }}"
  run_once: true
  when: my_report.failures | length > 0
"""

RETURN = r"""
paths:
  description: The absolute path of each file, by format.
  returned: success
  type: dict
  sample: {"html": "/var/lib/layer2/layer2-report.html"}
counts:
  description: The numbers of the verdict's summary.
  returned: success
  type: dict
  sample: {"conflict": 1, "latent": 0, "hosts_judged": 6}
macs:
  description: MAC addresses by status, at most 500 of each.
  returned: success
  type: dict
  sample: {"conflict": ["52:54:00:0c:1d:f5"]}
missing_hosts:
  description: Hosts that were expected and gave no snapshot, at most 500.
  returned: success
  type: list
  elements: str
cached_hosts:
  description: The oldest 500 hosts that were judged by a snapshot of an earlier run, with its age in seconds.
  returned: success
  type: dict
  sample: {"hv9": 18120}
oldest_snapshot:
  description: The age of the oldest of these in seconds, 0 without any.
  returned: success
  type: int
newest_snapshot:
  description: The age of the newest of these in seconds, 0 without any.
  returned: success
  type: int
line:
  description: The one line that sums it up.
  returned: success
  type: str
changes:
  description: How many findings are V(new), V(still) there, V(gone) and V(unchecked) since the earlier report, empty if
    none was compared.
  returned: success
  type: dict
  sample: {"new": 0, "still": 1, "gone": 2, "unchecked": 0}
addresses:
  description: The same values of the report on IP addresses, empty without one.
  returned: success
  type: dict
floods:
  description: The same values of the report on floods, empty without one.
  returned: success
  type: dict
reports:
  description: With O(stats_size), what was judged (V(mac), V(ip), V(flood)) and its report as one JSON text, or why it
    is too large for that.
  returned: success
  type: dict
failures:
  description: Why the play should fail, one text for each report.
  returned: success
  type: list
  elements: str
"""
