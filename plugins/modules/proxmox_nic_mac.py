#!/usr/bin/python
# Module proxmox_nic_mac: argument spec, one change of one NIC, what was done and what is left to do.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: proxmox_nic_mac
short_description: Give one NIC of a Proxmox VE guest another MAC address
version_added: 0.2.0
description:
  - Changes the MAC address of exactly one NIC of one guest, a VM or a container, by C(qm set) or C(pct set) on the node
    where the guest is.
  - Every other option in the line of the NIC stays as it is (bridge, VLAN, firewall, model, queues, rate, addresses).
    Snapshots and all other settings are not touched.
  - Proxmox VE plugs the NIC of a running guest anew at once, which cuts its link for a moment. That needs O(live).
    Without it a running guest is left alone, and the task fails. A VM whose V(hotplug) setting is without networks is
    none of these, its new MAC waits until the VM was shut down and started; a reboot inside is not enough.
  - Whether the running guest has the new MAC is read from the guest's configuration and from the interfaces of the node
    after the change, and told as RV(live) and RV(power_cycle_needed). Success of the tool is not taken
    for it.
  - Where the change fails, or what was written is not what was asked for, the old line is set again.
author:
  - netops.layer2 contributors (@netops)
extends_documentation_fragment:
  - netops.layer2.attributes
  - netops.layer2.attributes.linux
  - netops.layer2.attributes.actiongroup_all
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  vmid:
    description:
      - Number of the guest (VMID). It must be a guest of the node that the task runs on; that of another node is named
        with its node.
    type: str
    required: true
  kind:
    description: Whether a V(vm) or a V(container) is meant. Where it is given, a guest of the other kind is refused.
    type: str
    choices: [vm, container]
  nic:
    description:
      - Which NIC of the guest, as its configuration calls it, for example V(net0).
      - May be left out where O(mac) or the guest leaves no doubt. In doubt the task fails and lists the NICs.
    type: str
  mac:
    description:
      - The MAC address that the NIC has before the change. A NIC with any other one is left alone and the task fails.
      - Without O(nic) it also chooses the NIC.
    type: str
  new_mac:
    description:
      - The MAC address that the NIC is to have. P(netops.layer2.unique_mac#filter) finds one.
      - It must be no group address, and no other guest of the cluster, snapshot or NIC of this guest may have it,
        unless O(allow_taken).
    type: str
    required: true
  live:
    description: Consent to plug the NIC of a running guest anew, which cuts its link for a moment.
    type: bool
    default: false
  timeout:
    description:
      - Seconds that C(qm) or C(pct) may take. They wait for the guest to let go of its NIC, and for others that work on
        the guest.
    type: float
    default: 60
  allow_taken:
    description:
      - Accept a O(new_mac) that another guest, snapshot or NIC has.
      - Meant for the way back after a change that did not prove itself, which has to end where it began.
    type: bool
    default: false
  expects:
    description:
      - What a plan found when it was made, with the keys V(state) (V(running), V(stopped)), V(persistent_mac) and
        V(live_mac). Where something else is found now, nothing is changed and the task fails. Keys without a value are
        not compared.
    type: dict
notes:
  - A guest that is locked is refused, for example while it migrates, is backed up or suspended. So is a running guest
    whose NIC has another change that waits for the next start.
  - Reverting to a snapshot brings its MAC address back. The task warns of each such snapshot.
  - C(qm) and C(pct) make all changes that wait for the next start of a guest that is off. The task warns and names
    them.
seealso:
  - module: netops.layer2.libvirt_nic_mac
  - plugin: netops.layer2.unique_mac
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Give the NIC of a guest that is off a new address
  netops.layer2.proxmox_nic_mac:
    vmid: "100"
    nic: net0
    mac: bc:24:11:2c:69:ec
    new_mac: bc:24:11:8a:31:07
  become: true

- name: Change a running container's, which cuts its link for a moment
  netops.layer2.proxmox_nic_mac:
    vmid: "101"
    kind: container
    mac: bc:24:11:0a:0b:0c
    new_mac: bc:24:11:8a:31:08
    live: true
  become: true
"""

RETURN = r"""
name:
  description: Name and number of the guest.
  returned: when the guest was found
  type: str
  sample: web (100)
vmid:
  description: Number of the guest.
  returned: when the guest was found
  type: str
  sample: "100"
kind:
  description: Whether it is a C(vm) or a C(container).
  returned: when the guest was found
  type: str
  sample: vm
node:
  description: The node that it is on.
  returned: when the guest was found
  type: str
  sample: pve1
nic:
  description: The NIC, as the guest's configuration calls it.
  returned: when the NIC was found
  type: str
  sample: net0
line:
  description: The line of the NIC in the configuration after the task, with what waits for the next start.
  returned: when the NIC was found
  type: str
  sample: virtio=BC:24:11:8A:31:07,bridge=vmbr0,firewall=1,tag=20
old_line:
  description: The same before the task; set again, it is the way back.
  returned: when something was changed
  type: str
  sample: virtio=BC:24:11:2C:69:EC,bridge=vmbr0,firewall=1,tag=20
persistent:
  description: MAC address that the NIC has from the guest's next start on, after the task.
  returned: when the NIC was found
  type: str
  sample: bc:24:11:8a:31:07
live:
  description: MAC address of the NIC in the running guest, after the task; null where the guest is off or does not have
    the NIC.
  returned: when the NIC was found
  type: str
  sample: bc:24:11:2c:69:ec
power_cycle_needed:
  description: Whether running guest and configuration differ, so that the configuration takes effect only when the
    guest was shut down and started. A reboot inside is not enough.
  returned: when the NIC was found
  type: bool
  sample: true
steps:
  description: What was done, or would be done in check mode, C(configuration) and C(running guest).
  returned: success
  type: list
  elements: str
  sample: ["configuration", "running guest"]
unchanged:
  description: Whether everything is as it was before. Where this is missing, nobody knows how far the change came.
  returned: failure
  type: bool
  sample: true
"""

from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.netops.layer2.plugins.module_utils import _nic_change, _proxmox_change
from ansible_collections.netops.layer2.plugins.module_utils._detached import conclude
from ansible_collections.netops.layer2.plugins.module_utils._guests._proxmox import KINDS
from ansible_collections.netops.layer2.plugins.module_utils._isolation import leave_working_directory, refuse_writers
from ansible_collections.netops.layer2.plugins.module_utils._proxmox_nic import checked_number
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner


def _question(params: Dict[str, Any]) -> _proxmox_change.Question:
    """What the options ask for; NicError."""
    return _proxmox_change.Question(
        checked_number(params["vmid"]), params["kind"], params["nic"] or None, _nic_change.read_wish(params),
        params["allow_taken"],
    )


def _outcome(params: Dict[str, Any], check_mode: bool) -> Dict[str, Any]:
    """The result of the task, and ``told``: its warnings."""
    runner = Runner(params["timeout"])
    try:
        question = _question(params)
        result = _proxmox_change.change_nic(runner, question, check_mode)
        return _proxmox_change.report(result, question.wish, check_mode)
    except _nic_change.ChangeFailed as error:
        return _nic_change.failure(error, _now(runner, question))
    except (ReadError, _nic_change.NicError, _nic_change.Refused) as error:
        return _nic_change.refusal(error)


def _now(runner: Runner, question: _proxmox_change.Question) -> Dict[str, Any]:
    """What the NIC is like after a failure, if that can be told."""
    try:
        return _proxmox_change.described(_proxmox_change.look(runner, question))
    except (ReadError, _nic_change.NicError):
        return {}  # the message says already that it is not known


def main() -> None:
    """Change one NIC, and report."""
    leave_working_directory()
    refuse_writers()
    module = AnsibleModule(argument_spec={
        "vmid": {"type": "str", "required": True},
        "kind": {"type": "str", "choices": [kind.name for kind in KINDS]},
        "nic": {"type": "str"},
        "mac": {"type": "str"},
        "new_mac": {"type": "str", "required": True},
        "live": {"type": "bool", "default": False},
        "timeout": {"type": "float", "default": 60},
        "allow_taken": {"type": "bool", "default": False},
        "expects": {"type": "dict"},
    }, supports_check_mode=True)
    # Whoever waits no longer does not leave a guest without its NIC.
    conclude(module, lambda: _outcome(module.params, module.check_mode))


if __name__ == "__main__":
    main()
