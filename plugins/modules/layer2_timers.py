#!/usr/bin/python
# Module layer2_timers: argument spec, one plan, its diff, and its execution; the work is done in
# module_utils/_timers.py.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: layer2_timers
short_description: Have a host's bridges remember MAC addresses longer than anybody remembers neighbours
version_added: 0.1.0
description:
  - Sets how long Linux bridges and bridges of Open vSwitch keep a MAC address, turns learning on for bridge ports where
    it is off, and limits how long the host itself believes in a neighbour without asking again. All of it at once and
    for good.
  - What lasts is written to the files of whichever network manager makes the bridge (systemd-networkd, NetworkManager,
    netplan, ifupdown), to the database of Open vSwitch, to C(/etc/sysctl.d), and to a systemd unit for what no network
    manager's file can hold.
  - Timers that are fine already are left alone, longer ones too. Nothing here blocks unknown unicast.
author:
  - netops.layer2 contributors (@netops)
extends_documentation_fragment:
  - netops.layer2.attributes
  - netops.layer2.attributes.linux
  - netops.layer2.attributes.actiongroup_all
options:
  mac:
    description:
      - Seconds that bridges are to keep a MAC address, at least. They are left as they are if this is not given.
      - A bridge that keeps none (ageing 0) was set so by somebody, and is only changed if O(bridges) names it.
    type: int
  arp:
    description:
      - Seconds for which the host may believe in a neighbour without asking again, at most. Left as it is if not given.
      - The kernel believes for up to one and a half times C(base_reachable_time_ms), which is 45 s unless somebody
        changed it.
    type: int
  learning:
    description:
      - Whether to turn learning on for ports where it is off.
      - Tunnels (VXLAN) and locked ports are left alone, since a control plane tells those what to know.
    type: bool
    default: true
  bridges:
    description: The bridges to look at, by name. All that have ports if empty.
    type: list
    elements: str
    default: []
  exact:
    description: Whether to set O(mac) and O(arp) also where the timers are on the right side of them already.
    type: bool
    default: false
  persistent:
    description: Whether to change the files, so that it is the same after the next boot. Open vSwitch keeps it in any
      case.
    type: bool
    default: true
  runtime:
    description: Whether to change the running bridges and the running kernel.
    type: bool
    default: true
  ask_again:
    description:
      - Whether to have the host ask for all its neighbours once more, by unicast, after everything else. The switches
        in between learn from the answers where the neighbours are, so that a flood ends now and not when somebody asks
        by himself. It changes no setting.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
notes:
  - Needs root.
seealso:
  - name: The role C(netops.layer2.ageing_timers)
    description: Sets the timers of whole segments, switches of other vendors included.
    link: https://github.com/netops/layer2/blob/main/roles/ageing_timers/README.md
"""

EXAMPLES = r"""
- name: Let bridges remember for half an hour, and nobody believe in a neighbour for longer than twenty minutes
  netops.layer2.layer2_timers:
    mac: 1800
    arp: 1200
  become: true
"""

RETURN = r"""
bridges:
  description: The bridges that were looked at.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The bridge.
      type: str
    kind:
      description: V(linux) or V(openvswitch).
      type: str
    ageing_before:
      description: Seconds before.
      type: float
    ageing:
      description: Seconds after.
      type: float
    learning_enabled:
      description: Ports that learn now and did not before.
      type: list
      elements: str
    manager:
      description: The network manager whose files were looked at, empty for none.
      type: str
neighbours:
  description: Each interface whose neighbours were believed in for too long, with milliseconds of
    C(base_reachable_time_ms) before and after.
  returned: always
  type: list
  elements: dict
files:
  description: The files that changed, or would.
  returned: always
  type: list
  elements: str
asked:
  description: How many neighbours were asked for once more.
  returned: O(ask_again=true), not in check mode
  type: int
"""

from typing import Any, Dict, List

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.netops.layer2.plugins.module_utils import _timers
from ansible_collections.netops.layer2.plugins.module_utils._isolation import refuse_writers
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _show
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner

_SHORTEST = 10
_LONGEST = 1000000


def _request(params: Dict[str, Any]) -> _timers.Request:
    for name in ("mac", "arp"):
        if params[name] is not None and not _SHORTEST <= params[name] <= _LONGEST:
            raise ConfigError("%s: %d s is out of range: use %d to %d" % (name, params[name], _SHORTEST, _LONGEST))
    if params["mac"] is not None and params["arp"] is not None and params["arp"] >= params["mac"]:
        raise ConfigError(
            "arp: %d s is not below mac (%d s): a bridge that forgets a MAC before the neighbour entry ends floods"
            % (params["arp"], params["mac"])
        )
    return _timers.Request(
        params["mac"],
        params["arp"],
        params["learning"],
        params["bridges"],
        params["exact"],
        params["persistent"],
        params["runtime"],
    )


def _diff(plan: _timers.Plan) -> List[Dict[str, str]]:
    parts = _show.diff(plan.changes)
    if plan.steps:
        before, after = ("".join("%s %s\n" % (step.what, value) for step, value in zip(plan.steps, values))
                         for values in ([step.before for step in plan.steps], [step.after for step in plan.steps]))
        parts.append(_show.part("running", before, after))
    return parts


def _run(module: AnsibleModule) -> Dict[str, Any]:
    runner = Runner()
    if not runner.is_root():
        raise ConfigError("only root may change timers: run the task with `become: true`")
    plan = _timers.plan(runner, _request(module.params))
    result: Dict[str, Any] = {
        "bridges": plan.bridges,
        "neighbours": plan.neighbours,
        "files": [change.path for change in plan.changes],
        "changed": bool(plan.changes or plan.steps),
    }
    if result["changed"]:
        result["diff"] = _diff(plan)
    if result["changed"] and not module.check_mode:
        _timers.carry_out(runner, plan)
    if module.params["ask_again"] and not module.check_mode:
        result["asked"] = _timers.ask_again(runner)
    for warning in plan.warnings:
        module.warn(warning)
    return result


def main() -> None:
    """Plan, show, and unless in check mode do it."""
    refuse_writers()
    module = AnsibleModule(
        argument_spec={
            "mac": {"type": "int"},
            "arp": {"type": "int"},
            "learning": {"type": "bool", "default": True},
            "bridges": {"type": "list", "elements": "str", "default": []},
            "exact": {"type": "bool", "default": False},
            "persistent": {"type": "bool", "default": True},
            "runtime": {"type": "bool", "default": True},
            "ask_again": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        result = _run(module)
    except (ConfigError, ReadError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
