#!/usr/bin/python
# Module packet_capture: argument spec, captures at several points of one host at once, one document a point out.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: packet_capture
short_description: Capture packets at points of a host, as compact records
version_added: 0.1.0
description:
  - Captures at several interfaces of a host at once, from a common time on, and returns records with what identifies a
    packet wherever it is seen. C(docs/captures.md) describes them. M(netops.layer2.flood_sample) counts, this module
    follows packets.
  - A capture is bounded by time, packets, and bytes. What the kernel had to drop is counted and reported.
  - The filter is in tcpdump's words (C(pcap-filter(7))), needs no tcpdump on the target, and looks into VLAN tags and
    VXLAN tunnels. Not known are names of hosts, C(gateway), C(ip broadcast), comparisons of two fields of a packet, and
    protocols that no IP network has. A filter with such words is compiled by the target's tcpdump.
  - The interfaces leave promiscuous mode with the process, however that ends.
author:
  - netops.layer2 contributors (@netops)
extends_documentation_fragment:
  - netops.layer2.attributes
  - netops.layer2.attributes.linux
  - netops.layer2.attributes.actiongroup_all
options:
  points:
    description: Where to capture.
    type: list
    elements: dict
    required: true
    suboptions:
      interface:
        description:
          - Name of the interface. One of a container is named V(ID/NAME), with the container's C(id) of
            C(docs/snapshot.md).
        type: str
        required: true
      name:
        description: Name of the point, unique in a trace. Without it, it is C(host:interface).
        type: str
      filter:
        description: A filter for this point only, in place of the common one.
        type: str
  filter:
    description: Which frames to keep, in the words of C(pcap-filter(7)). An empty one keeps all.
    type: str
    default: ''
  duration:
    description: Seconds to capture, at most 3600.
    type: float
    default: 10
  packets:
    description: Stop at a point after this many packets.
    type: int
    default: 200000
  bytes:
    description: Stop at a point after this many bytes on the wire.
    type: int
    default: 1000000000
  snap_length:
    description: Bytes that are kept of a frame. The records need no more than 320.
    type: int
    default: 320
  start_at:
    description:
      - Unix time at which to begin, by the target's clock, so that all points begin at once. Without it, at once.
      - At most 300 seconds ahead.
    type: float
  promiscuous:
    description: Whether to hear frames for other MAC addresses as well, which is what finds a twin.
    type: bool
    default: true
  memory:
    description: MiB of the buffers that the kernel puts frames in, and as much again for what waits to be packed.
    type: int
    default: 32
  dest:
    description:
      - Folder on the target for the documents, one file a point, readable for its owner only. It is made if it is not
        there.
      - Without it, the documents come with the answer, as long as they are less than 8 MiB.
    type: path
  pcap:
    description: Write a pcap file with nanoseconds for each point, too. Needs O(dest).
    type: bool
    default: false
  host:
    description:
      - Name under which the host appears in reports, usually C({{ inventory_hostname }}).
      - Without it, the host's own name is used.
    type: str
  timeout:
    description: Seconds that one command on the target may take, when the interfaces are read.
    type: float
    default: 20
attributes:
  check_mode:
    support: full
    description: Captures nothing in check mode, and returns what it would capture.
  diff_mode:
    support: none
    description: Nothing on the host changes.
  idempotent:
    support: full
notes:
  - Needs root.
seealso:
  - module: netops.layer2.flood_sample
"""

EXAMPLES = r"""
- name: Capture at the uplink and at a guest's tap, from the same moment on everywhere
  netops.layer2.packet_capture:
    host: "{{ inventory_hostname }}"
    points:
      - interface: eth0
      - interface: vnet3
        name: tap of vm30
    filter: host 192.168.100.21 and host 192.168.100.30
    start_at: "{{ capture_begins }}"
    duration: 20
  become: true
  register: captured

- name: Capture much, and keep the frames as well
  netops.layer2.packet_capture:
    points: [{interface: eth0}]
    packets: 2000000
    dest: /var/tmp/trace
    pcap: true
  become: true
"""

RETURN = r"""
captures:
  description: One for each point, in the order of O(points).
  returned: not in check mode
  type: list
  elements: dict
  contains:
    point:
      description: Its name.
      returned: always
      type: str
    interface:
      description: Its interface.
      returned: always
      type: str
    packets:
      description: How many packets were captured.
      returned: always
      type: int
    bytes:
      description: How many bytes these were on the wire.
      returned: always
      type: int
    dropped:
      description: How many packets the kernel had to drop.
      returned: always
      type: int
    ended:
      description: Which bound ended it, V(time), V(packets), or V(bytes), or V(asked) if the process was told to end.
      returned: always
      type: str
    duration:
      description: Seconds that were captured.
      returned: always
      type: float
    clock:
      description: What is known of the clock, as in C(docs/captures.md).
      returned: always
      type: dict
    gaps:
      description: What was not captured, and why.
      returned: always
      type: list
      elements: dict
    document:
      description:
        - The path on the controller of a JSON file with the capture document, as
          P(netops.layer2.correlate_captures#filter) takes it. It lies in a folder that goes with the run.
      returned: without O(dest)
      type: str
    path:
      description: The file with the capture document.
      returned: with O(dest)
      type: str
    pcap:
      description: The pcap file.
      returned: with O(pcap)
      type: str
plan:
  description: What is captured, or would be, a line a point.
  returned: always
  type: list
  elements: str
  sample: ["hv1:vnet3: vnet3, host 192.168.100.30, at most 10 s and 200000 packets"]
"""

import signal
import time
from typing import List

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.netops.layer2.plugins.module_utils._capture import _bounds, _captures
from ansible_collections.netops.layer2.plugins.module_utils._capture._interfaces import ChoiceError
from ansible_collections.netops.layer2.plugins.module_utils._capture._points import Bounds
from ansible_collections.netops.layer2.plugins.module_utils._isolation import refuse_writers
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner


def _options(module: AnsibleModule) -> _captures.Options:
    given = module.params
    for problem in _bounds.problems(given):
        module.fail_json(msg=problem)
    if not given["points"]:
        module.fail_json(msg="points: name at least one interface")
    if (
        given["start_at"] is not None and not given["start_at"] <= time.time() + _bounds.LONGEST_WAIT
    ):  # not a number, either
        module.fail_json(
            msg="start_at: %s is more than %d s ahead of this host's clock, which reads %.0f: compare the clocks"
            % (given["start_at"], _bounds.LONGEST_WAIT, time.time())
        )
    if given["pcap"] and given["dest"] is None:
        module.fail_json(msg="pcap: give `dest`, the folder for the files")
    bounds = Bounds(given["duration"], given["packets"], given["bytes"], given["memory"] << 20)
    points = [
        _captures.Wanted(point["interface"], point["name"] or "", point["filter"] or "") for point in given["points"]
    ]
    return _captures.Options(
        points,
        given["filter"],
        bounds,
        given["snap_length"],
        given["promiscuous"],
        given["start_at"],
        given["dest"],
        given["pcap"],
        given["host"],
    )


def _asked(stops: List[int]) -> None:
    """A polite end hands over what was captured so far."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_arguments: stops.append(1))


def main() -> None:
    """Capture, and hand over one document a point."""
    refuse_writers()
    point = {"interface": {"type": "str", "required": True}, "name": {"type": "str"}, "filter": {"type": "str"}}
    module = AnsibleModule(
        argument_spec={
            "points": {"type": "list", "elements": "dict", "required": True, "options": point},
            "filter": {"type": "str", "default": ""},
            "duration": {"type": "float", "default": 10},
            "packets": {"type": "int", "default": 200000},
            "bytes": {"type": "int", "default": 1000000000},
            "snap_length": {"type": "int", "default": 320},
            "start_at": {"type": "float"},
            "promiscuous": {"type": "bool", "default": True},
            "memory": {"type": "int", "default": 32},
            "dest": {"type": "path"},
            "pcap": {"type": "bool", "default": False},
            "host": {"type": "str"},
            "timeout": {"type": "float", "default": 20},
        },
        supports_check_mode=True,
    )
    options = _options(module)
    stops: List[int] = []
    try:
        plans = _captures.planned(Runner(module.params["timeout"]), options)
        if module.check_mode:
            module.exit_json(changed=False, plan=_captures.in_words(options, plans))
        _asked(stops)
        results = _captures.capture(options, plans, lambda: bool(stops))
        _captures.refuse_too_much(results)
    except (ChoiceError, _captures.CaptureRefused) as error:
        module.fail_json(msg=str(error))
    except ReadError as error:
        module.fail_json(msg=": ".join(part for part in (error.reason, error.hint) if part))
    module.exit_json(changed=False, captures=results, plan=_captures.in_words(options, plans))


if __name__ == "__main__":
    main()
