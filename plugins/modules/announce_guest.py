#!/usr/bin/python
# Module announce_guest: argument spec, one call of _announce.py, whom it spoke for.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: announce_guest
short_description: Tell the neighbours of a guest that it has another MAC address
version_added: 0.1.0
description:
  - For the hypervisor, after a running guest got a new MAC address. Neighbours keep the old one, for minutes or until
    they talk to the guest again, unless somebody tells them. Not every guest does.
  - Listens on the guest's tap for the addresses that it names itself by with the new MAC, in ARP requests and neighbour
    solicitations, and announces exactly those in the guest's name, with gratuitous ARP (request and reply) and
    unsolicited neighbour advertisements, three times within two seconds.
  - A guest that is not heard is not announced. That is a warning, since nothing is broken by it.
author:
  - netops.layer2 contributors (@netops)
extends_documentation_fragment:
  - netops.layer2.attributes
  - netops.layer2.attributes.linux
  - netops.layer2.attributes.actiongroup_all
options:
  mac:
    description: The MAC address that the guest's NIC has now.
    type: str
    required: true
  addresses:
    description:
      - IPv4 addresses that the guest may have, for instance all that were seen with its old MAC address. It is asked
        for them, in case it says nothing by itself. Only those that it answers for are announced. Others are ignored.
    type: list
    elements: str
    default: []
  tap:
    description:
      - The host's side of the guest's NIC, for example V(tap100i0). It is given where the hypervisor keeps its name, as
        Proxmox VE does. Without it, it is found by the MAC address that libvirt gives it.
    type: str
    default: ""
    version_added: 0.2.0
  timeout:
    description: Seconds in which the guest must be heard.
    type: float
    default: 15
attributes:
  check_mode:
    support: full
    description: Says nothing in check mode.
  diff_mode:
    support: none
    description: Nothing on the host changes.
  idempotent:
    support: full
notes:
  - Needs root, and a guest on a Linux bridge.
seealso:
  - module: netops.layer2.libvirt_nic_mac
  - module: netops.layer2.proxmox_nic_mac
"""

EXAMPLES = r"""
- name: Let everybody know at once
  netops.layer2.announce_guest:
    mac: 52:54:00:8a:31:07
  become: true
"""

RETURN = r"""
tap:
  description: The host's side of the guest's NIC, empty if there is none.
  returned: not in check mode
  type: str
bridge:
  description: The bridge that the announcements went into.
  returned: not in check mode
  type: str
addresses:
  description: The addresses that the guest was heard to use.
  returned: not in check mode
  type: list
  elements: str
frames:
  description: How many frames went out.
  returned: not in check mode
  type: int
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.netops.layer2.plugins.module_utils import _announce
from ansible_collections.netops.layer2.plugins.module_utils._isolation import leave_working_directory, refuse_writers
from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical


def main() -> None:
    """Listen, announce, report."""
    leave_working_directory()
    refuse_writers()
    module = AnsibleModule(
        argument_spec={
            "mac": {"type": "str", "required": True},
            "addresses": {"type": "list", "elements": "str", "default": []},
            "tap": {"type": "str", "default": ""},
            "timeout": {"type": "float", "default": 15},
        },
        supports_check_mode=True,
    )
    try:
        mac = canonical(module.params["mac"])
    except MacError as error:
        module.fail_json(msg="mac: %s" % error)
    if module.check_mode:
        module.exit_json(changed=False)
    done = _announce.announce(mac, module.params["timeout"], module.params["addresses"], module.params["tap"])
    if done.problem:
        module.warn("the neighbours of %s were not told: %s" % (mac, done.problem))
    module.exit_json(changed=False, tap=done.tap, bridge=done.bridge, addresses=done.addresses, frames=done.frames)


if __name__ == "__main__":
    main()
