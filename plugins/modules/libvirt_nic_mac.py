#!/usr/bin/python
# Module libvirt_nic_mac: argument spec, one change of one NIC, what was done and what is left to do.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: libvirt_nic_mac
short_description: Give one NIC of a libvirt domain another MAC address
version_added: 0.1.0
description:
  - Changes the MAC address of exactly one NIC of one domain, in its persistent definition, in the DHCP reservations of
    its libvirt network, and, with consent, in the running guest.
  - The persistent definition keeps every byte but the address. On a running guest that alone takes effect at the next
    power cycle. A reboot inside the guest is none.
  - The running guest is changed by unplugging the NIC at its exact place and plugging it in again with the same PCI
    address, model, filter, bandwidth, VLAN, boot order and link state. This cuts the guest's link for a moment, and the
    guest has to configure the new NIC as it configured the old one.
  - Where a step fails, all that was done before is put back. Where that is impossible because libvirt went away, the
    next run finishes what was begun.
  - Works through C(virsh), which every libvirt host has, and needs nothing else on the target.
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
  uri:
    description:
      - Connection of libvirt, as C(virsh --connect) takes it.
      - A URI can run commands as root. The drivers qemu, xen, lxc, bhyve, ch, vz, openvz, vbox and test are taken, by
        way of unix, ssh, libssh, libssh2, tls or tcp, with no parameters but C(mode), C(name), C(no_tty), C(socket),
        C(sshauth) and C(tls_priority).
    type: str
    default: qemu:///system
  domain:
    description: UUID or name of the domain. A UUID is safer, names are reused.
    type: str
    required: true
  nic:
    description:
      - Which NIC of the domain. The surest of the keys that are given decides, in the order O(nic.address),
        O(nic.alias), O(nic.tap), O(mac); the next is asked only while several NICs are left.
      - May be left out where O(mac) or the domain leaves no doubt. In doubt the task fails and lists the NICs.
      - A change of kind V(guest) from P(netops.layer2.renumber_plan#filter) can be given as it is.
    type: dict
    suboptions:
      address:
        description: Its place in the guest, as C(layer2_facts) shows it, for example V(pci 0000:01:00.0). It survives
          all changes.
        type: str
      alias:
        description: libvirt's alias of the running NIC, for example V(net0).
        type: str
      tap:
        description: Its interface on the host, for example V(vnet3).
        type: str
  mac:
    description:
      - The MAC address that the NIC has before the change. A NIC with any other one is left alone and the task fails.
      - Without O(nic) it also chooses the NIC.
    type: str
  new_mac:
    description:
      - The MAC address that the NIC is to have. P(netops.layer2.unique_mac#filter) finds one.
      - It must be no group address, and no other guest, snapshot or NIC on this host may have it, unless
        O(allow_taken).
    type: str
    required: true
  live:
    description:
      - Consent to change the running guest too, which cuts the link of this NIC for a moment.
      - A NIC that an interrupted run left outside of its guest is put back without this consent.
    type: bool
    default: false
  timeout:
    description: Seconds that the guest has to let go of its NIC, and libvirt to come back where it goes away during the
      change.
    type: float
    default: 30
  dhcp_reservation:
    description:
      - Move what the NIC's libvirt network reserves for the old address to the new one.
      - The running network follows only when the running guest has the new address, because it would lose its lease
        otherwise.
      - A reservation stays where another guest here has the old address as well, unless it names this domain.
    type: bool
    default: true
  allow_taken:
    description:
      - Accept a O(new_mac) that another guest, snapshot or NIC on this host has.
      - Meant for the way back after a change that did not prove itself, which has to end where it began.
    type: bool
    default: false
  expects:
    description:
      - What a plan found when it was made, with the keys V(state), V(persistent_mac) and V(live_mac). Where something
        else is found now, nothing is changed and the task fails. Keys without a value are not compared.
    type: dict
  state_dir:
    description:
      - Folder for copies of the definitions before each change, and for the note that puts a NIC back after an
        interruption.
      - The copies may hold passwords, so only its owner can read them. The newest ten of each guest's definition, live
        and persistent, stay; older ones are removed once a change is whole, and never while a NIC is out of its guest.
    type: path
    default: /var/lib/netops-layer2/libvirt_nic_mac
notes:
  - A domain with a managed save is refused, because restoring it with another MAC address fails. So is one on which a
    job runs, for example a migration, and the half of a failover pair.
  - Reverting to a snapshot brings its MAC address back. The task warns of each such snapshot.
seealso:
  - plugin: netops.layer2.renumber_plan
    plugin_type: filter
  - plugin: netops.layer2.unique_mac
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Give a guest's NIC a new address from its next power cycle on
  netops.layer2.libvirt_nic_mac:
    domain: web01
    mac: 52:54:00:0c:1d:f5
    new_mac: 52:54:00:8a:31:07
  become: true

- name: Change it now, which cuts its link for a moment
  netops.layer2.libvirt_nic_mac:
    domain: 5d3f6c1e-8f6e-4a70-9a39-5b2f3d0a7c11
    nic:
      address: pci 0000:01:00.0
    mac: 52:54:00:0c:1d:f5
    new_mac: 52:54:00:8a:31:07
    live: true
  become: true

- name: Carry out the changes of a plan that concern guests of this host
  netops.layer2.libvirt_nic_mac:
    domain: "{{ item.uuid }}"
    nic: "{{ item.nic }}"
    mac: "{{ item.mac }}"
    new_mac: "{{ item.new_mac }}"
    live: "{{ item.live }}"
    expects: "{{ item.expects }}"
  loop: "{{ plan.changes | selectattr('kind', 'eq', 'guest') | selectattr('host', 'eq', inventory_hostname) }}"
  become: true
"""

RETURN = r"""
name:
  description: Name of the domain.
  returned: when the domain was found
  type: str
  sample: web01
uuid:
  description: UUID of the domain.
  returned: when the domain was found
  type: str
  sample: 5d3f6c1e-8f6e-4a70-9a39-5b2f3d0a7c11
nic:
  description: The NIC, as it was before the change, with the keys V(address), V(alias), V(tap) and V(type) as far as
    they are known.
  returned: when the NIC was found
  type: dict
  sample: {"address": "pci 0000:01:00.0", "alias": "net0", "tap": "vnet0", "type": "bridge"}
persistent:
  description: MAC address of the NIC in the persistent definition, after the task; null where no definition has the
    NIC.
  returned: when the NIC was found
  type: str
  sample: 52:54:00:8a:31:07
live:
  description: MAC address of the NIC in the running guest, after the task; null where the guest is off or does not have
    the NIC.
  returned: when the NIC was found
  type: str
  sample: 52:54:00:0c:1d:f5
power_cycle_needed:
  description: Whether guest and definition differ, so that the definition takes effect only when the guest was off
    once.
  returned: when the NIC was found
  type: bool
  sample: true
steps:
  description: What was done, or would be done in check mode.
  returned: success
  type: list
  elements: str
  sample: ["persistent definition", "reservation in network default (config)", "running guest"]
backups:
  description: Copies of the definitions from before the change.
  returned: when something was changed
  type: list
  elements: str
  sample: ["/var/lib/netops-layer2/libvirt_nic_mac/5d3f6c1e-8f6e-4a70-9a39-5b2f3d0a7c11-20260102T030405-persistent.xml"]
unchanged:
  description: Whether everything is as it was before. Where this is missing, nobody knows how far the change came.
  returned: failure
  type: bool
  sample: true
unplug_pending:
  description: Whether the guest was asked to let go of its NIC and may still do so. Another run then puts it back.
  returned: when a step failed
  type: bool
  sample: false
"""

import re
from typing import Any, Dict, List

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.netops.layer2.plugins.module_utils import _libvirt_change, _libvirt_look, _nic_change
from ansible_collections.netops.layer2.plugins.module_utils._detached import conclude
from ansible_collections.netops.layer2.plugins.module_utils._isolation import leave_working_directory, refuse_writers
from ansible_collections.netops.layer2.plugins.module_utils._libvirt_uri import UriError, checked_uri
from ansible_collections.netops.layer2.plugins.module_utils._libvirt_xml import XmlError
from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError
from ansible_collections.netops.layer2.plugins.module_utils._nic_change import NicError
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner

_STEPS = {
    "define": "persistent definition",
    "swap": "running guest",
    "attach": "running guest, NIC of an interrupted change put back",
}


def _question(params: Dict[str, Any]) -> _libvirt_look.Question:
    """What the options ask for; NicError."""
    nic = {key: value for key, value in (params["nic"] or {}).items() if value}
    if re.match(r"[0-9a-f]{4}:[0-9a-f]{2}:", nic.get("address", "")):
        nic["address"] = "pci " + nic["address"]
    wish = _nic_change.read_wish(params)
    return _libvirt_look.Question(
        params["domain"], dict(nic, mac=wish.mac or ""), wish, params["dhcp_reservation"], params["allow_taken"]
    )


def _described(view: _libvirt_look.View) -> Dict[str, Any]:
    sides = [side for side in (view.candidate.live, view.candidate.lost, view.candidate.persistent) if side]
    nic = {key: side[key] for side in reversed(sides) for key in ("address", "alias", "tap", "type") if key in side}
    return {"name": view.name, "uuid": view.uuid, "nic": nic}


def _done(view: _libvirt_look.View) -> List[str]:
    moves = ["reservation in network %s (%s)" % (move.name, move.side) for move in view.moves]
    steps = [_STEPS[step] for step in view.decision.steps]
    return steps[:steps.count(_STEPS["define"])] + moves + steps[steps.count(_STEPS["define"]):]


def _failed(virsh: _libvirt_look.Virsh, question: _libvirt_look.Question, notes: _libvirt_change.Notes,
            error: _libvirt_change.SwapFailed) -> Dict[str, Any]:
    """What failed, and what the NIC is like now, if libvirt still tells."""
    state: Dict[str, Any] = {"unplug_pending": error.unplug_pending, "backups": error.backups}
    try:
        view = _libvirt_look.look(virsh, question, notes.lost())
        live, persistent = (
            side.get("mac") if side else None for side in (view.candidate.live, view.candidate.persistent)
        )
        state.update(
            _described(view),
            live=live,
            persistent=persistent,
            power_cycle_needed=None not in (live, persistent) and live != persistent,
        )
    except (ReadError, NicError, XmlError):
        pass  # the message says already that libvirt is away
    return _nic_change.failure(error, state)


def _report(result: _libvirt_change.Result, new_mac: str) -> Dict[str, Any]:
    view = result.view
    return dict(
        _described(view),
        told=view.warnings,
        changed=bool(view.decision.steps or view.moves),
        persistent=view.decision.persistent,
        live=view.decision.live,
        power_cycle_needed=view.decision.power_cycle_needed,
        steps=_done(view),
        backups=result.backups,
        diff=_libvirt_change.differences(view, new_mac),
    )


def _outcome(params: Dict[str, Any], check_mode: bool) -> Dict[str, Any]:
    """The result of the task, and ``told``: its warnings."""
    timeout, notes = params["timeout"], _libvirt_change.Notes(params["state_dir"])
    try:
        virsh = _libvirt_look.Virsh(Runner(max(20.0, timeout)), checked_uri(params["uri"]))
        question = _question(params)
        return _report(_libvirt_change.change_nic(virsh, question, notes, timeout, check_mode), question.wish.new_mac)
    except _libvirt_change.SwapFailed as error:
        return _failed(virsh, question, notes, error)
    except (ReadError, NicError, MacError, UriError, XmlError, _nic_change.Refused) as error:
        return _nic_change.refusal(error)


def main() -> None:
    """Change one NIC, and report."""
    leave_working_directory()
    refuse_writers()
    module = AnsibleModule(argument_spec={
        "uri": {"type": "str", "default": "qemu:///system"},
        "domain": {"type": "str", "required": True},
        "nic": {"type": "dict", "options": {key: {"type": "str"} for key in ("address", "alias", "tap")}},
        "mac": {"type": "str"},
        "new_mac": {"type": "str", "required": True},
        "live": {"type": "bool", "default": False},
        "timeout": {"type": "float", "default": 30},
        "dhcp_reservation": {"type": "bool", "default": True},
        "allow_taken": {"type": "bool", "default": False},
        "expects": {"type": "dict"},
        "state_dir": {"type": "path", "default": _libvirt_change.STATE},
    }, supports_check_mode=True)
    # Whoever waits no longer does not leave a guest without its NIC.
    conclude(module, lambda: _outcome(module.params, module.check_mode))


if __name__ == "__main__":
    main()
