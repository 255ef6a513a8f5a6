"""Filter correlate_captures: follow every packet through several captures; the work is done in plugin_utils/_trace/."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: correlate_captures
short_description: Follow every packet through captures of several points, and say where it is lost or late
version_added: 0.1.0
description:
  - Matches every packet of a capture with the same packet at the other points, by what no hop changes. These are
    addresses, ports, IP identification, TCP numbers and flags, lengths and a checksum of the payload. Equal packets are
    told apart by their order and time, and super-segments (TSO, GRO) by the octets that they carry.
  - Compares the clocks of all hosts by the packets themselves, with offset, skew and how uncertain both are, and finds
    steps.
  - Says for each hop and direction how many packets were seen, lost, doubled and how late they were, where losses
    begin, which MAC addresses carried the packets at every point, what was sent again, and the verdict in one sentence.
author:
  - netops.layer2 contributors (@netops)
positional: _input
options:
  _input:
    description:
      - The captures in the order of the path from the source to the destination. Each is a capture document as
        M(netops.layer2.packet_capture) makes it (a mapping or JSON text), the path of a file with one, or the path of a
        pcap or pcapng file.
      - A mapping with C(path) names a file, too, and may have C(host), C(point), C(interface) (number or name of the
        one to read in a file with several, a list of these, or C(*) for all), and C(accept_truncated) (true takes what
        comes before the place where a file stops).
      - Files may be packed with gzip.
    type: raw
    required: true
  points:
    description:
      - The plan of M(netops.layer2.plan_trace), or rows with C(point) and, if wanted, C(label) (what people call it)
        and C(beside). Captures are sorted as these rows are.
    type: list
    elements: dict
    default: []
  source:
    description: IP addresses of the end where the path begins. Without both ends, the direction of packets is inferred
      from their times.
    type: list
    elements: str
    default: []
  destination:
    description: IP addresses of the end where the path leads.
    type: list
    elements: str
    default: []
  beside:
    description: Names of points that are not on the path, but may see strays or copies.
    type: list
    elements: str
    default: []
  reasons:
    description: Why hosts, or points, sent no capture, name to reason, for the list of what was not seen.
    type: dict
    default: {}
seealso:
  - module: netops.layer2.packet_capture
  - module: netops.layer2.plan_trace
  - plugin: netops.layer2.render_trace
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Correlate what tcpdump wrote on three machines
  ansible.builtin.debug:
    msg: "{{ (files | netops.layer2.correlate_captures(source=['192.168.100.21'],
      destination=['192.168.100.30'])).verdict.sentence }}"
  vars:
    files:
      - {path: captures/client.pcap, host: client}
      - {path: captures/hypervisor.pcap, host: hv1, point: uplink of hv1}
      - {path: captures/guest.pcap, host: vm30}
"""

RETURN = r"""
_value:
  description: The trace; docs/captures.md describes every key.
  type: dict
  contains:
    verdict:
      description: A C(status) (V(astray), V(loss), V(late), V(unanswered), V(clean), V(cannot_tell), V(nothing_seen)),
        one sentence, and evidence.
      type: dict
    summary:
      description: How many packets were followed, lost, doubled, sent again.
      type: dict
    points:
      description: The points, those of the path first.
      type: list
      elements: dict
    clocks:
      description: Every host's clock against the first one's.
      type: list
      elements: dict
    ways:
      description: Both directions, each with its hops, MAC pairs and flows.
      type: list
      elements: dict
    ladder:
      description: A few packets around the first loss, with their time at every point.
      type: list
      elements: dict
    gaps:
      description: What could not be seen or compared, and why.
      type: list
      elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.text.converters import to_native
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._untrusted import untrusted_filters
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import TraceError
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._run import correlate


def judge(data: object, **options: object) -> dict[str, t.Any]:
    """One call into the core; its errors translated."""
    strangers = options.keys() - {"points", "source", "destination", "beside", "reasons"}
    if strangers:
        raise AnsibleFilterError(f"correlate_captures: {min(strangers)} is no option of this filter")
    try:
        return correlate(data, **options)
    except TraceError as error:
        raise AnsibleFilterError(f"correlate_captures: {to_native(error)}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name -> function."""
        return untrusted_filters({"correlate_captures": judge})
