#!/usr/bin/python
# Module layer2_facts: argument spec, one reading, one JSON text out.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: layer2_facts
short_description: Read what a host knows of its layer 2
version_added: 0.1.0
description:
  - Reads interfaces with their MAC addresses, neighbour tables (ARP and NDP), bridge forwarding tables, bridges and
    their timers, policy rules, routes, the sysctls that matter to them, the NICs of libvirt guests, of
    the instances of Incus and LXD and, on a node of Proxmox VE, of all guests of its cluster (shut off ones included),
    and the network namespaces of containers, in one task.
  - Needs nothing on the target but Python and iproute2. Old iproute2 without JSON output, and hosts with only C(/proc)
    and C(/sys), work too; what is missing then is named in the snapshot.
  - Runs without root. What the user may not read is listed in the snapshot with the way out.
author:
  - netops.layer2 contributors (@netops)
extends_documentation_fragment:
  - netops.layer2.attributes
  - netops.layer2.attributes.facts
  - netops.layer2.attributes.linux
  - netops.layer2.attributes.actiongroup_all
options:
  gather_subset:
    description:
      - Which parts to read.
      - V(all) reads everything. A name with V(!) before it leaves that part out, and V(!all) leaves out all that is not
        named.
      - Possible names are V(all), V(identity), V(containers), V(interfaces), V(addresses), V(neighbors), V(fdb),
        V(bridges), V(rules), V(routes), V(sysctls), V(guests), and V(pins).
      - V(addresses) brings V(interfaces) along, which hold them.
    type: list
    elements: str
    default: [all]
  host:
    description:
      - Name under which the host appears in findings and reports, usually C({{ inventory_hostname }}).
      - Without it, the host's own name is used.
    type: str
  timeout:
    description:
      - Seconds that one command on the target may take. A command that takes longer becomes a gap in the snapshot.
    type: float
    default: 20
  max_routes:
    description:
      - Where an address family has more routes than this, only default routes and those to connected networks are read,
        and the snapshot says so. A router with the whole Internet in its tables stays quick to read.
    type: int
    default: 5000
  compact:
    description:
      - Whether to hand the snapshot over compressed, as C(zlib:) and the base64 of the zlib-compressed JSON text, some
        4 to 6 times shorter. Results, the events of AWX jobs and fact caches get smaller by that.
      - All filters, modules and roles of the collection take both. P(netops.layer2.snapshot_document#filter) opens
        either for your own use.
    type: bool
    default: false
    version_added: 0.2.0
seealso:
  - plugin: netops.layer2.snapshot_document
    plugin_type: filter
  - plugin: netops.layer2.snapshot_from_text
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read everything
  netops.layer2.layer2_facts:
    host: "{{ inventory_hostname }}"
  become: true

- name: Read what the search for duplicate MAC addresses needs
  netops.layer2.layer2_facts:
    host: "{{ inventory_hostname }}"
    gather_subset: ['!rules', '!routes', '!sysctls']
  become: true

- name: Open the snapshot
  ansible.builtin.set_fact:
    my_interfaces: "{{ (layer2_snapshot | netops.layer2.snapshot_document).interfaces }}"
"""

RETURN = r"""
ansible_facts:
  description: The facts that are added to the host's.
  returned: always
  type: dict
  contains:
    layer2_snapshot:
      description:
        - The snapshot, as one JSON text; with O(compact) that text compressed.
        - It is a text and not nested data because ansible-core handles one text thousands of times faster than a
          neighbour table of dictionaries. C(from_json) opens it.
        - The collection's document C(docs/snapshot.md) and the schema C(docs/schemas/snapshot-v1.json) describe it.
      returned: always
      type: str
      sample: '{"schema":"netops.layer2/snapshot","version":1,"host":"hv1","interfaces":[]}'
summary:
  description: What was read, in numbers, for people who read the output of the task.
  returned: always
  type: dict
  sample:
    interfaces: 12
    neighbors: 40
    gaps: ["guests: /run/libvirt/libvirt-sock: permission denied"]
"""

import json
import sys
from typing import Sequence

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.respawn import has_respawned, probe_interpreters_for_module, respawn_module
from ansible_collections.netops.layer2.plugins.module_utils import _snapshot
from ansible_collections.netops.layer2.plugins.module_utils._guests import _libvirt
from ansible_collections.netops.layer2.plugins.module_utils._isolation import leave_working_directory, refuse_writers
from ansible_collections.netops.layer2.plugins.module_utils._packed import packed
from ansible_collections.netops.layer2.plugins.module_utils._runner import Runner

# Where distributions install libvirt-python for; the interpreter of the task may be another one.
_SYSTEM_PYTHONS = ("/usr/bin/python3", "/usr/libexec/platform-python", "/usr/bin/python")


def _respawn_for_libvirt(runner: Runner, subsets: Sequence[str]) -> None:
    """Start over under the Python that has libvirt's binding, if nothing else reads the guests of this host."""
    if "guests" not in subsets or has_respawned() or not _libvirt.wants_other_python(runner):
        return
    others = [path for path in _SYSTEM_PYTHONS if path != sys.executable]
    interpreter = probe_interpreters_for_module(others, "libvirt")
    if interpreter:
        respawn_module(interpreter)


def main() -> None:
    """Read, and hand over one text."""
    leave_working_directory()
    refuse_writers()
    module = AnsibleModule(
        argument_spec={
            "gather_subset": {"type": "list", "elements": "str", "default": ["all"]},
            "host": {"type": "str"},
            "timeout": {"type": "float", "default": 20},
            "max_routes": {"type": "int", "default": 5000},
            "compact": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        subsets = _snapshot.chosen_subsets(module.params["gather_subset"])
    except _snapshot.SubsetError as error:
        module.fail_json(msg=str(error))
    runner = Runner(module.params["timeout"])
    _respawn_for_libvirt(runner, subsets)
    snapshot = _snapshot.collect(runner, subsets, module.params["host"], module.params["max_routes"])
    text = json.dumps(snapshot, separators=(",", ":"))
    module.exit_json(
        changed=False,
        ansible_facts={"layer2_snapshot": packed(text) if module.params["compact"] else text},
        summary=_snapshot.summary(snapshot),
    )


if __name__ == "__main__":
    main()
