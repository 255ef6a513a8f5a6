#!/usr/bin/python
# Module prove_return_path: argument spec, the questions to kernel and wire, and the verdict over them.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: prove_return_path
short_description: Prove that what leaves with an address leaves for its gateway
version_added: 0.1.0
description:
  - Asks the kernel by which way a reply from an address would go to each client, asks the gateway on the wire for its
    MAC address, and watches the frames that leave the interface with that source address. All of them must be for the
    gateway's MAC address, and there must be some.
  - Sends a datagram to the discard port (UDP 9) of each client now and then, so that there is something to watch.
  - Fails, with everything that was found, where that is not so. Changes nothing.
author:
  - netops.layer2 contributors (@netops)
extends_documentation_fragment:
  - netops.layer2.attributes
  - netops.layer2.attributes.linux
  - netops.layer2.attributes.actiongroup_all
options:
  vip:
    description:
      - The address that replies come from. The host must have it.
    type: str
    required: true
  interface:
    description:
      - The interface that replies are to leave by.
    type: str
    required: true
  gateway:
    description:
      - The router that they are to leave for.
    type: str
    required: true
  clients:
    description:
      - Addresses of clients, of the family of O(vip).
      - Without any, neighbours of the host on O(interface) stand for them, or an address of its subnet.
    type: list
    elements: str
    default: []
  seconds:
    description:
      - How long to watch.
    type: float
    default: 2
attributes:
  check_mode:
    support: full
    details:
      - Does the same in check mode.
  diff_mode:
    support: none
  idempotent:
    support: full
notes:
  - Needs root and iproute2.
seealso:
  - module: netops.layer2.policy_route
"""

EXAMPLES = r"""
- name: Prove that replies leave for the core switch
  netops.layer2.prove_return_path:
    vip: 198.51.100.10
    interface: eth0
    gateway: 192.0.2.1
    clients: [192.0.2.77]
  become: true
"""

RETURN = r"""
ways:
  description: The kernel's answer for each client.
  returned: always
  type: list
  elements: dict
  contains:
    client:
      description: The client.
      type: str
    via:
      description: The next hop. Empty where the kernel would send straight to the client.
      type: str
    interface:
      description: The interface.
      type: str
    problem:
      description: Why there is no way. Empty where there is one.
      type: str
gateway_mac:
  description: The MAC address that answered for the gateway. Empty where none did.
  returned: always
  type: str
frames:
  description: How many frames left for each MAC address.
  returned: always
  type: dict
sent:
  description: How many datagrams of its own the module sent.
  returned: always
  type: int
problems:
  description: What is not as it should be.
  returned: always
  type: list
  elements: str
"""

from typing import Any, Dict, List, Optional

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.netops.layer2.plugins.module_utils import _gateway, _return_path
from ansible_collections.netops.layer2.plugins.module_utils._isolation import refuse_writers
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _interface, _policy_route
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError
from ansible_collections.netops.layer2.plugins.module_utils._runner import BECOME, ReadError, Runner


def _proof(runner: Runner, params: Dict[str, Any]) -> Dict[str, Any]:
    vip, gateway = (_policy_route.address(name, params[name]) for name in ("vip", "gateway"))
    clients = [_policy_route.address("clients", text) for text in params["clients"]]
    world = _interface.read_world(runner)
    record = _interface.find(world, params["interface"])
    own = ["%s/%d" % (entry["address"], entry["prefix"]) for entry in record.get("addresses", []) if "prefix" in entry]
    clients = clients or _return_path.stand_ins(own, _neighbours(world, record["name"]), gateway)
    mac = _gateway.answers(record["name"], gateway, str(record.get("mac", "")), own) or ""
    ways = [_return_path.way(runner, client, vip) for client in clients]
    found: List[str] = []
    seen: Optional[_return_path.Seen] = None
    try:
        seen = _return_path.watch(record["name"], vip, clients, params["seconds"])
    except OSError as error:
        found.append("%s cannot be sent from: %s; is it an address of this host?" % (vip, error.strerror or error))
    found += _return_path.problems(ways, seen, record["name"], gateway, mac, vip)
    return dict(_return_path.document(ways, seen), gateway_mac=mac, problems=found)


def _neighbours(world: _interface.World, interface: str) -> List[str]:
    """The addresses that the kernel knows a MAC of on INTERFACE."""
    return [
        str(entry.get("dst")) for entry in world.neighbours if entry.get("dev") == interface and entry.get("lladdr")
    ]


def main() -> None:
    """Look, and fail where it is not so."""
    refuse_writers()
    module = AnsibleModule(
        argument_spec={
            "vip": {"type": "str", "required": True},
            "interface": {"type": "str", "required": True},
            "gateway": {"type": "str", "required": True},
            "clients": {"type": "list", "elements": "str", "default": []},
            "seconds": {"type": "float", "default": 2},
        },
        supports_check_mode=True,
    )
    try:
        result = _proof(Runner(), module.params)
    except (ConfigError, ReadError) as error:
        module.fail_json(msg=str(error))
    except PermissionError:
        module.fail_json(
            msg="asking and watching on %s needs root (CAP_NET_RAW): %s" % (module.params["interface"], BECOME)
        )
    except OSError as error:
        module.fail_json(msg="%s: %s" % (module.params["interface"], error.strerror or error))
    if result["problems"]:
        module.fail_json(msg="; ".join(result["problems"]), **result)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
