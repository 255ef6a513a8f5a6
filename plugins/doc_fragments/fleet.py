"""The options that every filter has which judges a fleet of snapshots, each explained once."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Fragments, composed with ``extends_documentation_fragment: netops.layer2.fleet.NAME``."""

    # The snapshots, and which hosts of them.
    DOCUMENTATION = r"""
options:
  _input:
    description:
      - C(hostvars) after M(netops.layer2.layer2_facts) ran, a list of snapshots (JSON texts or documents, such as
        P(netops.layer2.snapshot_from_text#filter) returns), one snapshot, or the path of the directory of a C(jsonfile)
        fact cache.
    type: raw
    required: true
  hosts:
    description: Names of the hosts to judge. Those without a snapshot are listed as missing, all others are left out.
    type: list
    elements: str
notes:
  - Set the variable C(layer2_segment) for a host (a name, or a mapping of interface to name) where the segment cannot
    be proven from what hosts see.
seealso:
  - module: netops.layer2.layer2_facts
  - plugin: netops.layer2.snapshot_from_text
    plugin_type: filter
"""

    # For filters whose result is a verdict with findings and coverage.
    VERDICT = r"""
options:
  unreachable:
    description:
      - Hosts that could not be read, host name to reason. They are missing, and a snapshot that is left of them from an
        earlier run is not judged.
    type: dict
    default: {}
  exceptions:
    description: Findings that are accepted for a time. An expired exception counts no longer.
    type: list
    elements: dict
    default: []
    suboptions:
      match:
        description: JMESPath expression on a finding; the exception holds where its result is true.
        type: str
        required: true
      reason:
        description: Why it is accepted.
        type: str
        required: true
      expires:
        description: The last day on which it holds, C(YYYY-MM-DD).
        type: str
        required: true
requirements:
  - jmespath (only with O(exceptions))
"""

    # For verdicts that know legitimate reasons for sharing.
    SHARED = r"""
options:
  list_shared:
    description: List the legitimate cases as findings, too, instead of only counting them.
    type: bool
    default: false
"""

    # What is known of switches that no snapshot can be had of.
    SWITCHES = r"""
options:
  switches:
    description:
      - Timers of switches and routers that cannot be read. Maps the name of each device to a mapping with one or more
        of the following keys.
      - C(platform) is whose defaults count where a timer is not given, V(ios), V(nxos), V(eos), V(junos), V(vrp),
        V(comware), V(cumulus), V(linux) or V(openvswitch); names of C(ansible_network_os) are understood, too.
      - C(arp) and C(mac) are how long an ARP entry and an entry of the MAC table live, in seconds.
      - C(segments) (or C(segment)) are names of the segments that it is in, as in the verdict or in C(layer2_segment).
      - C(addresses) are its IP addresses; it is in the segments in which hosts route through one of them.
      - A device with neither is taken to be in every segment that leads outside of a host.
    type: dict
"""

    # Filters that take what scans heard, too.
    SCANS = r"""
options:
  scans:
    description:
      - What M(netops.layer2.arp_scan) heard, as further sightings. C(hostvars) after it ran, a list of its documents or
        texts, or the directory of a fact cache. A host with a scan needs a snapshot as well.
      - Documents of managers, registers and DHCP servers are taken in such a list, too
        (P(netops.layer2.snapshot_from_records#filter)).
    type: raw
"""
