#!/usr/bin/python
# Module policy_route: argument spec, one plan, its diff, and its execution.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: policy_route
short_description: Route what leaves with an address by a gateway of its own, now and for good
version_added: 0.1.0
description:
  - Has everything that a host sends from a virtual IP address (VIP) leave by one gateway, whatever its destination.
    Replies of a real server behind a load balancer then go to the router that the switches know, not straight to
    clients whose MAC addresses the switches have forgotten.
  - For each address it sets up a rule C(from VIP lookup TABLE) with a priority of its own, a table of its own with a
    default route by the gateway and an unreachable one as the last resort, and a second rule that makes everything from
    the address unreachable where the table is empty. ICMP redirects are no longer accepted on the interface.
  - Rule and table are written into the files of whichever network manager owns the interface, which are NetworkManager
    (keyfiles), systemd-networkd, netplan, ifupdown or ifcfg, and brought up by it. A systemd unit keeps the second
    rule, and all of it where no network manager brings routes back after the link was down.
  - Refuses a gateway that nobody answers for on the link, addresses that a rule of somebody else or keepalived routes
    already, and numbers that are in use. Rules of others stay. A systemd-networkd that would delete them is told not
    to.
  - Everything is done or nothing. With O(revert_timeout) the host also puts everything back by itself, unless
    P(netops.layer2.confirm_reachable#module) confirms the change over a new connection.
author:
  - netops.layer2 contributors (@netops)
extends_documentation_fragment:
  - netops.layer2.attributes
  - netops.layer2.attributes.linux
  - netops.layer2.attributes.actiongroup_all
  - netops.layer2.reversible
options:
  state:
    description:
      - V(present) or V(absent). An address that has no policy route of this module is left alone by V(absent).
    type: str
    choices: [present, absent]
    default: present
  vip:
    description:
      - The addresses, IPv4 or IPv6, without prefix length.
      - The host need not have them at present.
    type: list
    elements: str
    required: true
  interface:
    description:
      - The interface that replies leave by. Required for O(state=present).
    type: str
  gateway:
    description:
      - The router that replies leave by, on the link of O(interface), of the family of O(vip). Required for
        O(state=present).
    type: str
  table:
    description:
      - The number of the routing table, for one address. Without it, a free one from 20000 on that depends on the
        address.
    type: int
  priority:
    description:
      - The priority of the rule, for one address; the number after it is the second rule's. Without it, a free one from
        20000 on.
    type: int
  arrives_on:
    description:
      - Other interfaces that requests for the address arrive on, such as the tunnel from a load balancer. Where one of
        them has a strict C(rp_filter), which would drop these requests, it is set to V(2) (loose).
    type: list
    elements: str
    default: []
  force:
    description:
      - Whether to take a gateway that nobody answers for, or that cannot be asked for.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    details:
      - Asks on the wire for the gateway in check mode, too.
  diff_mode:
    support: full
    details:
      - Values of passwords and keys in the files are not shown.
  idempotent:
    support: full
notes:
  - Needs root and iproute2.
  - While the link is down, what leaves with the address is unreachable, and never takes another way.
"""

EXAMPLES = r"""
- name: Send replies from the virtual address by the core switch, and survive a mistake
  become: true
  block:
    - name: Set it up, for a minute at first
      netops.layer2.policy_route:
        vip: 198.51.100.10
        interface: eth0
        gateway: 192.0.2.1
        arrives_on: tunl0
        revert_timeout: 60
      register: my_route

    - name: Keep it if the host can be reached anew
      netops.layer2.confirm_reachable:
        id: "{{ my_route.revert.id }}"
        token: "{{ my_route.revert.token }}"
      when: my_route.revert is defined

- name: Take it away again
  netops.layer2.policy_route:
    state: absent
    vip: 198.51.100.10
  become: true
"""

RETURN = r"""
interface:
  description: The interface, by its own name. Empty where there is nothing to remove.
  returned: always
  type: str
manager:
  description: The network manager that owns the interface. Empty where none does.
  returned: always
  type: str
  sample: systemd-networkd
gateway_mac:
  description: The MAC address that answered for the gateway. Empty with O(force=true) and O(state=absent).
  returned: always
  type: str
  sample: 52:54:00:7e:11:02
routes:
  description: The policy routes of the given addresses, as they are afterwards.
  returned: always
  type: list
  elements: dict
  contains:
    vip:
      description: The address.
      type: str
    interface:
      description: The interface.
      type: str
    gateway:
      description: The gateway.
      type: str
    table:
      description: The number of the table.
      type: int
    priority:
      description: The priority of the rule.
      type: int
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

from typing import Any, Dict, List

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.netops.layer2.plugins.module_utils import _revert
from ansible_collections.netops.layer2.plugins.module_utils._isolation import refuse_writers
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import (
    _carry_out,
    _policy_route,
    _route_change,
    _route_plan,
    _show,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner


def _request(params: Dict[str, Any]) -> _route_plan.Request:
    vips = sorted({_policy_route.address("vip", text) for text in params["vip"]})
    return _route_plan.Request(
        params["state"] == "present",
        vips,
        params["interface"] or "",
        params["gateway"] or "",
        params["table"],
        params["priority"],
        params["arrives_on"],
        params["force"],
    )


def _diff(plan: _route_plan.Plan) -> List[Dict[str, str]]:
    before = sorted(plan.before) + ["%s = %s" % (each.path, each.before) for each in plan.sysctls]
    after = sorted(plan.after) + ["%s = %s" % (each.path, each.value) for each in plan.sysctls]
    return _show.diff(plan.changes) + [
        _show.part("running", *("".join(line + "\n" for line in lines) for lines in (before, after)))
    ]


def _run(module: AnsibleModule) -> Dict[str, Any]:
    runner = Runner(timeout=60)
    if not runner.is_root():
        raise ConfigError("only root may change routes: run the task with `become: true`")
    request, seen = _request(module.params), _revert.history()
    plan = _carry_out.planned(module.params, seen, lambda: _route_plan.plan(runner, request))
    result: Dict[str, Any] = {
        "interface": plan.interface,
        "manager": plan.manager,
        "gateway_mac": plan.gateway_mac,
        "routes": [
            {name: getattr(route, name) for name in ("vip", "interface", "gateway", "table", "priority")}
            for route in plan.routes
        ],
        "files": [change.path for change in plan.changes],
        "changed": _route_change.is_changing(plan),
    }
    undoing = _route_change.revert_of(plan)
    if result["changed"]:
        result["diff"] = _diff(plan)
        outcome = _carry_out.reversible(module.params, module.check_mode, plan.interface, undoing,
                                        lambda backups: _route_change.carry_out(runner, plan, backups), seen)
        plan.warnings.extend(outcome.pop("warnings", []))
        result.update(outcome)
    else:
        result.update(_carry_out.in_place(module.params, undoing, seen))
    for warning in plan.warnings:
        module.warn(warning)
    return result


def main() -> None:
    """Plan, show, and unless in check mode do it."""
    refuse_writers()
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "vip": {"type": "list", "elements": "str", "required": True},
            "interface": {"type": "str"},
            "gateway": {"type": "str"},
            "table": {"type": "int"},
            "priority": {"type": "int"},
            "arrives_on": {"type": "list", "elements": "str", "default": []},
            "force": {"type": "bool", "default": False},
            **_carry_out.OPTIONS
        },
        required_if=[("state", "present", ("interface", "gateway"))],
        supports_check_mode=True,
    )
    try:
        result = _carry_out.replanned(lambda: _run(module))
    except (ConfigError, ReadError, _revert.RevertError) as error:
        module.fail_json(**_carry_out.refusal(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
