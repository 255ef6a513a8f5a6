#!/usr/bin/python
# Module interface_mac: argument spec, one plan, its diff, and its execution.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: interface_mac
short_description: Change the MAC address of a host's own interface, now and for good
version_added: 0.1.0
description:
  - Gives an interface another MAC address, in the running kernel and in the files of whichever network manager owns it,
    which are NetworkManager (keyfiles), systemd-networkd, netplan, ifupdown, ifcfg (network-scripts, wicked), OpenWrt's
    uci, or a systemd C(.link) file where none of them does.
  - Finds every place that pins the old address, in whatever notation, and moves those that have to move. The result
    names each one, and what became of it.
  - Works over the connection that it changes. The running interface keeps its addresses, routes and connections. The
    change is made by a process that survives the session, and the neighbours are told with gratuitous ARP (request and
    reply) and unsolicited neighbour advertisements.
  - OpenWrt's netifd is told with C(/etc/init.d/network reload) and configures the interface anew; what others had put
    on it is put back.
  - All files are written or none. Where anything fails, everything is put back. With O(revert_timeout) the host also
    puts everything back by itself, unless P(netops.layer2.confirm_reachable#module) confirms the change over a new
    connection.
author:
  - netops.layer2 contributors (@netops)
extends_documentation_fragment:
  - netops.layer2.attributes
  - netops.layer2.attributes.linux
  - netops.layer2.attributes.actiongroup_all
  - netops.layer2.reversible
options:
  interface:
    description:
      - The interface, by name or alternative name.
      - One that has its MAC address from another one is refused, and the other one named. That is a port of a bond,
        team or bridge, a VLAN that follows its parent, C(ipvlan), or C(macvlan) in passthru mode.
    type: str
    required: true
  mac:
    description:
      - The new MAC address, in any common notation. Quote it, since YAML reads some unquoted ones as numbers.
    type: str
    required: true
  old_mac:
    description:
      - The MAC address that the interface is expected to have, or to have had before an earlier run. Any other one but
        O(mac) is refused.
      - Give it where a run may have been interrupted, so that the next one still knows which pins to move.
    type: str
  change:
    description:
      - V(address), the host gives its NIC another address. The permanent address of the NIC stays, and with it whatever
        matches by it, such as C(HWADDR), the C(mac-address) of NetworkManager, udev rules, and the C(match) of netplan.
      - V(hardware), the hypervisor gives a guest's NIC another permanent address, now or at its next start. All pins
        move along, and nothing changes in the running kernel. Where the NIC is to change under a running guest, give
        O(swap_timeout).
      - With V(hardware) and O(revert_timeout), the NIC decides at the deadline. Where the guest has the new one by
        then, the files that fit it stay. Where it has none at all, the decision waits for one.
    type: str
    choices: [address, hardware]
    default: address
  swap_timeout:
    description:
      - Seconds in which the hypervisor swaps the NIC under this running guest, with O(change=hardware). Nobody reaches
        the guest then, so it waits for the new NIC by itself, in a process of its own, and has a network manager
        configure it that would not, or would by its old files. That is systemd-networkd and netplan where files
        changed, and ifupdown without C(allow-hotplug). With O(announce) it then tells the neighbours, too.
      - It does the same when the old NIC comes back within that time.
      - V(0) waits for nothing. A warning says then what the guest has to run.
    type: float
    default: 0
  persistent:
    description:
      - Whether to change the files, so that it is the same after the next boot.
    type: bool
    default: true
  runtime:
    description:
      - Whether to change the running interface. Without meaning for O(change=hardware).
    type: bool
    default: true
  announce:
    description:
      - Whether to tell the neighbours. Three rounds within two seconds, for every address of the interface and of what
        is stacked on it.
    type: bool
    default: true
  taken:
    description:
      - MAC addresses that others have. A new one that is among them is refused.
      - An address that another interface or a neighbour of this host has is refused in any case.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Values of passwords and keys in the files are not shown.
  idempotent:
    support: full
notes:
  - Needs root.
  - The network manager is not told to configure the interface anew, which could cut connections. It gets to know its
    new files where that touches nothing, and reads them otherwise when it configures the interface next. The exception
    is systemd-networkd where a file matches the interface by its current MAC address. It would drop the interface, so
    it reloads its files before the address changes, and what others had put on the interface is put back.
seealso:
  - plugin: netops.layer2.unique_mac
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Change the MAC address that this very connection uses, and survive a mistake
  become: true
  block:
    - name: Change it, for a minute at first
      netops.layer2.interface_mac:
        interface: eth0
        old_mac: "52:54:00:0c:1d:f5"
        mac: "52:54:00:7e:11:02"
        revert_timeout: 60
      register: my_change

    - name: Keep it if the host can be reached anew
      netops.layer2.confirm_reachable:
        id: "{{ my_change.revert.id }}"
        token: "{{ my_change.revert.token }}"
      when: my_change.revert is defined

- name: Prepare a guest for the MAC address that its hypervisor gives it at the next start
  netops.layer2.interface_mac:
    interface: enp1s0
    mac: "52:54:00:7e:11:02"
    change: hardware
  become: true
"""

RETURN = r"""
interface:
  description: The interface, by its own name.
  returned: always
  type: str
old_mac:
  description: The MAC address before.
  returned: always
  type: str
mac:
  description: The new MAC address.
  returned: always
  type: str
manager:
  description: The network manager whose files were looked at, empty with O(persistent=false) and where none owns the
    interface.
  returned: always
  type: str
  sample: systemd-networkd
files:
  description: The files that changed, or would.
  returned: always
  type: list
  elements: str
backup_files:
  description: Copies of the old files.
  returned: changed, not in check mode
  type: list
  elements: str
pins:
  description: Every place that held the old address.
  returned: always
  type: list
  elements: dict
  contains:
    file:
      description: The file. Left out for an address that was made of the MAC address.
      type: str
    line:
      description: The line, from 1.
      type: int
    mac:
      description: The address that it held.
      type: str
    kind:
      description: What it is, as in C(docs/snapshot.md).
      type: str
    action:
      description: V(rewritten), V(extended) (holds both), V(kept), or V(reported) (for you to decide).
      type: str
    reason:
      description: Why.
      type: str
moved:
  description: The interfaces whose running address changed, those stacked on it included.
  returned: changed, not in check mode
  type: list
  elements: str
announced:
  description: How many frames told the neighbours.
  returned: changed, not in check mode
  type: int
revert:
  description: What confirms the change.
  returned: a revert was armed
  type: dict
  contains:
    id:
      description: The name of the change.
      type: str
    token:
      description: Proof of being the run that made it.
      type: str
    deadline:
      description: When the host undoes it, Unix time.
      type: float
unchanged:
  description: Whether the host is as it was. Where this is missing or false, what waits for its confirmation takes back
    whatever was changed.
  returned: failure
  type: bool
waits:
  description: Seconds until the host takes back what another run changed. After that the task can be tried again.
  returned: refused for a change that waits for its confirmation, or that is being confirmed or taken back
  type: int
"""

from typing import Any, Dict, List, Optional

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.netops.layer2.plugins.module_utils import _revert
from ansible_collections.netops.layer2.plugins.module_utils._isolation import refuse_writers
from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _carry_out, _mac_change, _mac_plan, _show
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner


def _mac(name: str, text: Optional[str]) -> Optional[str]:
    try:
        return canonical(text) if text is not None else None
    except MacError as error:
        raise ConfigError("%s: %s; write it as \"52:54:00:0c:1d:f5\"" % (name, error)) from None


def _request(params: Dict[str, Any]) -> _mac_plan.Request:
    taken = [str(_mac("taken", text)) for text in params["taken"]]
    return _mac_plan.Request(params["interface"], str(_mac("mac", params["mac"])), _mac("old_mac", params["old_mac"]),
                             params["change"], params["persistent"], params["runtime"], taken, params["swap_timeout"])


def _diff(plan: _mac_plan.Plan) -> List[Dict[str, str]]:
    parts = _show.diff(plan.changes)
    if plan.switch:
        parts.append(_show.part(plan.interface, "running MAC: %s\n" % plan.old, "running MAC: %s\n" % plan.new))
    return parts


def _carried_out(
    runner: Runner, plan: _mac_plan.Plan, params: Dict[str, Any], backups: Optional[str]
) -> _carry_out.Outcome:
    """Do it, once the host is armed: who watches for the new NIC must not be left behind by a task that is refused."""
    _mac_change.watch(runner, plan, params["swap_timeout"], params["announce"])
    return _mac_change.carry_out(runner, plan, backups, params["announce"])


def _run(module: AnsibleModule) -> Dict[str, Any]:
    runner = Runner()
    if not runner.is_root():
        raise ConfigError("only root may change a MAC: run the task with `become: true`")
    request, seen = _request(module.params), _revert.history()
    plan = _carry_out.planned(module.params, seen, lambda: _mac_plan.plan(runner, request))
    result: Dict[str, Any] = {
        "interface": plan.interface,
        "old_mac": plan.old,
        "mac": plan.new,
        "manager": plan.manager,
        "files": [change.path for change in plan.changes],
        "pins": plan.pins,
        "changed": bool(plan.changes or plan.switch),
    }
    warnings = list(plan.warnings)
    undoing = _mac_change.revert_of(plan)
    if not result["changed"]:
        result.update(_carry_out.in_place(module.params, undoing, seen))
        if not module.check_mode:
            _mac_change.watch(runner, plan, module.params["swap_timeout"], module.params["announce"])
    if result["changed"]:
        result["diff"] = _diff(plan)
        outcome = _carry_out.reversible(
            module.params,
            module.check_mode,
            plan.interface,
            undoing,
            lambda backups: _carried_out(runner, plan, module.params, backups),
            seen,
        )
        warnings += outcome.pop("warnings", [])
        result.update(outcome)
    for warning in warnings:
        module.warn(warning)
    return result


def main() -> None:
    """Plan, show, and unless in check mode do it."""
    refuse_writers()
    module = AnsibleModule(
        argument_spec={
            "interface": {"type": "str", "required": True},
            "mac": {"type": "str", "required": True},
            "old_mac": {"type": "str"},
            "change": {"type": "str", "choices": ["address", "hardware"], "default": "address"},
            "swap_timeout": {"type": "float", "default": 0},
            "persistent": {"type": "bool", "default": True},
            "runtime": {"type": "bool", "default": True},
            "announce": {"type": "bool", "default": True},
            "taken": {"type": "list", "elements": "str", "default": []},
            **_carry_out.OPTIONS
        },
        supports_check_mode=True,
    )
    try:
        result = _carry_out.replanned(lambda: _run(module))
    except (ConfigError, ReadError, _revert.RevertError) as error:
        module.fail_json(**_carry_out.refusal(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
