#!/usr/bin/python
# Module flood_sample: argument spec, one sample of what arrives for nobody here, one JSON text out.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: flood_sample
short_description: Measure the unknown unicast flooding that reaches a host
version_added: 0.1.0
description:
  - For a given time, counts the unicast frames that arrive at a host's interfaces though they are for nobody on it, and
    says whose traffic they are. That is what a switch floods because it does not know where the destination is.
  - A host's own MAC addresses are those of all its interfaces (VLANs, bonds, macvlans, virtual routers), of its
    containers and running guests, and what its bridges have learned behind other ports.
  - Counts are exact. The kernel counts what passes the filter, also what it had to drop. Who talks is told from a
    sample of the frames.
  - The interfaces are in promiscuous mode while it runs, and leave it with the process, however that ends.
  - Says V(cannot_tell), with the reason, where hearing nothing proves nothing, and at what looks like a mirror (SPAN)
    port.
  - Needs nothing on the target but Python and, for the most, iproute2.
author:
  - netops.layer2 contributors (@netops)
extends_documentation_fragment:
  - netops.layer2.attributes
  - netops.layer2.attributes.facts
  - netops.layer2.attributes.linux
  - netops.layer2.attributes.actiongroup_all
options:
  interfaces:
    description:
      - Interfaces to sample. A name with V(!) before it leaves that one out.
      - Without names, all Ethernet interfaces are sampled that are up and lead out of the host, ports of bridges and
        bonds included.
      - An interface of a container is named V(ID/NAME), with the container's C(id) of C(docs/snapshot.md).
    type: list
    elements: str
    default: []
  duration:
    description: Seconds to sample, at most 3600.
    type: float
    default: 10
  packets:
    description: Stop earlier, once this many frames were counted on all interfaces together. V(0) sets no limit.
    type: int
    default: 0
  interval:
    description: Seconds of one step of the series of counts.
    type: float
    default: 1
  talkers:
    description: How many talkers to list for each interface, those with the most bytes first.
    type: int
    default: 20
  threshold:
    description:
      - Frames a second from which on the verdict is V(flood). Fewer are normal while switches learn.
    type: float
    default: 10
  sampling:
    description: Frames a second that are taken apart to see who talks, on all interfaces together.
    type: float
    default: 250
  own_macs:
    description: Further MAC addresses that frames to this host may have, for instance of a load balancer that shares
      one.
    type: list
    elements: str
    default: []
  memory:
    description: MiB of the buffers that the kernel puts frames in, of all interfaces together. Each has at least 2.
    type: int
    default: 16
  cpu:
    description:
      - Percent of one processor that the counting may take. Beyond that, frames are still counted exactly, but their
        lengths are estimated, and the sample says so.
    type: float
    default: 50
  host:
    description:
      - Name under which the host appears in findings and reports, usually C({{ inventory_hostname }}).
      - Without it, the host's own name is used.
    type: str
  timeout:
    description: Seconds that one command on the target may take, when the own MAC addresses are read.
    type: float
    default: 20
notes:
  - Needs root.
  - Frames that the card or the kernel merged (GRO) count as the frames they were on the wire.
seealso:
  - module: netops.layer2.layer2_facts
"""

EXAMPLES = r"""
- name: Listen for ten seconds on all interfaces that lead out of the host
  netops.layer2.flood_sample:
    host: "{{ inventory_hostname }}"
  become: true

- name: Listen on one interface until 100,000 frames were counted
  netops.layer2.flood_sample:
    interfaces: [eth1]
    duration: 60
    packets: 100000
  become: true

- name: Leave the mirror port out
  netops.layer2.flood_sample:
    interfaces: ['!eth3']
  become: true
"""

RETURN = r"""
ansible_facts:
  description: The facts that are added to the host's.
  returned: success
  type: dict
  contains:
    layer2_flood_sample:
      description:
        - The sample, as one JSON text. C(from_json) opens it.
        - The collection's document C(docs/flooding.md) and the schema C(docs/schemas/flood-sample-v1.json) describe it.
      returned: success
      type: str
      sample: '{"schema":"netops.layer2/flood-sample","version":1,"host":"web1","interfaces":[]}'
summary:
  description: What was heard, for people who read the output of the task.
  returned: success
  type: dict
  sample:
    interfaces:
      eth0: "flood: 8132 frames/s, 97.6 Mbit/s"
    gaps: []
"""

import json

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.netops.layer2.plugins.module_utils._capture import _flood
from ansible_collections.netops.layer2.plugins.module_utils._capture._interfaces import ChoiceError
from ansible_collections.netops.layer2.plugins.module_utils._capture._sample import Bounds
from ansible_collections.netops.layer2.plugins.module_utils._isolation import refuse_writers
from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner

# Option -> (least, most)
_LIMITS = (
    ("duration", 0.1, 3600),
    ("packets", 0, 10**12),
    ("interval", 0.1, 3600),
    ("talkers", 0, 10000),
    ("threshold", 0, 10**9),
    ("sampling", 0, 100000),
    ("memory", 1, 1024),
    ("cpu", 1, 100),
)


def _options(module: AnsibleModule) -> _flood.Options:
    given = module.params
    for name, least, most in _LIMITS:
        if not least <= given[name] <= most:
            module.fail_json(msg="%s: %s is not between %s and %s" % (name, given[name], least, most))
    try:
        own = [canonical(text) for text in given["own_macs"]]
    except MacError as error:
        module.fail_json(msg="own_macs: %s" % error)
    bounds = Bounds(given["duration"], given["packets"], given["interval"], given["sampling"], given["cpu"])
    return _flood.Options(given["interfaces"], bounds, given["talkers"], given["threshold"], given["memory"] << 20, own)


def main() -> None:
    """Sample, and hand over one text."""
    refuse_writers()
    module = AnsibleModule(
        argument_spec={
            "interfaces": {"type": "list", "elements": "str", "default": []},
            "duration": {"type": "float", "default": 10},
            "packets": {"type": "int", "default": 0},
            "interval": {"type": "float", "default": 1},
            "talkers": {"type": "int", "default": 20},
            "threshold": {"type": "float", "default": 10},
            "sampling": {"type": "float", "default": 250},
            "own_macs": {"type": "list", "elements": "str", "default": []},
            "memory": {"type": "int", "default": 16},
            "cpu": {"type": "float", "default": 50},
            "host": {"type": "str"},
            "timeout": {"type": "float", "default": 20},
        },
        supports_check_mode=True,
    )
    options = _options(module)
    try:
        document = _flood.Sampling(Runner(module.params["timeout"]), options).document(module.params["host"])
    except ChoiceError as error:
        module.fail_json(msg=str(error))
    except ReadError as error:
        module.fail_json(msg=": ".join(part for part in (error.reason, error.hint) if part))
    module.exit_json(
        changed=False,
        ansible_facts={"layer2_flood_sample": json.dumps(document, separators=(",", ":"))},
        summary=_flood.summary(document),
    )


if __name__ == "__main__":
    main()
