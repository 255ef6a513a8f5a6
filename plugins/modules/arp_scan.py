#!/usr/bin/python
# Module arp_scan: argument spec, one part of a scan, one JSON text out; plugins/action/arp_scan.py asks for part after
# part.
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: arp_scan
short_description: Ask everybody on a segment who has which address, or listen to what they say
version_added: 0.1.0
description:
  - Asks for every address of the given or discovered prefixes behind this host's interfaces, with ARP for IPv4 and, for
    IPv6, with a multicast echo and neighbour solicitations. So machines are seen that are in no inventory and in no
    neighbour table.
  - Every answer is kept, several MAC addresses for one IP address and several IP addresses at one MAC address included.
  - Only who has not answered is asked again. How often depends on how many answers get lost, which the scan measures.
    Where none is lost it is asked twice if many answered at once, three times if few did, and more often otherwise, up
    to O(retries) times again. Where answers get lost, those who answered are asked again, too, since a second machine's
    answer may have been the lost one. Addresses of the host's own neighbour table are asked five times before silence
    counts.
  - In O(mode=watch) it asks nothing, and listens for O(duration) to who announces, moves or disputes an address.
  - Changes nothing on the host, nor on the segment, but that who is asked enters the asking host into its neighbour
    table, as it does for every talk. O(probe=true) avoids that.
author:
  - netops.layer2 contributors (@netops)
extends_documentation_fragment:
  - netops.layer2.attributes
  - netops.layer2.attributes.linux
  - netops.layer2.attributes.actiongroup_all
options:
  mode:
    description:
      - V(scan) asks, V(watch) listens.
    type: str
    choices: [scan, watch]
    default: scan
  prefixes:
    description:
      - What to ask for, such as V(192.168.100.0/23). Each must lie within a network of one of the interfaces, since ARP
        passes no router.
      - Without it, all IPv4 networks of the interfaces are scanned.
      - An IPv6 prefix with more than O(max_addresses) addresses cannot be asked address by address. Who answers the
        multicast echo, who is in the neighbour table, and who has an address made from a MAC address that was heard, is
        asked.
    type: list
    elements: str
    default: []
  interfaces:
    description:
      - The interfaces to scan from or to listen on. Without it, all Ethernet interfaces that are up and lead to more
        than this host's own guests.
    type: list
    elements: str
    default: []
  vlan:
    description:
      - Sends tagged frames, for a trunk that this host has no VLAN interface on. Needs O(interfaces) and O(prefixes).
    type: int
  ipv6:
    description: Whether to look for IPv6 neighbours, too, on the interfaces that have a link-local address.
    type: bool
    default: true
  probe:
    description:
      - Asks from no address, as RFC 5227 and RFC 4862 do before they use one. So nobody's neighbour table is touched,
        and prefixes can be scanned that this host has no address in.
      - Proxy ARP does not answer such questions, and for IPv6 there is no multicast echo, so fewer are found.
      - A machine that is just about to take an address into use may take the probe for somebody else's and give up.
        That is a window of some seconds at its start.
    type: bool
    default: false
  rate:
    description:
      - Questions a second. Each is a broadcast that interrupts every machine of the segment, and control planes of
        switches drop more than some hundred a second. The default is a fifth of what arp-scan sends.
      - Switches with dynamic ARP inspection shut ports that send more than 15 a second, unless they trust them. Set
        V(10) there.
    type: float
    default: 100
  retries:
    description: How often one address is asked again at most.
    type: int
    default: 9
  timeout:
    description: Seconds that an answer may take.
    type: float
    default: 0.5
  max_addresses:
    description:
      - Prefixes with more addresses are refused. Raise it to scan a large one, if the segment may carry the broadcasts.
        A V(/18) has 16384.
    type: int
    default: 4096
  duration:
    description: Seconds to listen in O(mode=watch).
    type: float
    default: 60
  evidence:
    description:
      - What to ask the addresses behind one MAC address for, to tell whether they are one machine or several that share
        the MAC address (which neighbour tables cannot tell), without a login. Up to eight IPv4 addresses behind one MAC
        address are held against each other.
      - V(arp), unicast questions right after the other address has spoken. Two machines at different ports of a switch
        cannot both get them.
      - V(icmp) and V(tcp), fingerprints of echo replies and of the answers on ports 22, 80 and 443.
      - V(ssh), the host keys, read from the first messages of a connection to port 22.
    type: list
    elements: str
    choices: [arp, icmp, tcp, ssh]
    default: []
  tell_apart:
    description: The rows of a scan whose addresses to hold against each other. Only for the controller's side of this
      module.
    type: list
    elements: str
  host:
    description:
      - Name under which the host appears in findings and reports, usually C({{ inventory_hostname }}).
      - Without it, the host's own name is used.
    type: str
  scapy_python:
    description:
      - Python interpreter of the virtual environment that has scapy. It is used where the interpreter of the task has
        none, and the system's Pythons are tried after it.
      - The default is where role P(netops.layer2.snapshot#role) installs it.
    type: path
    default: /opt/netops.layer2/scan/bin/python
  slice:
    description:
      - Seconds of scanning after which the target reports to the controller, which prints how far the scan is. V(0)
        scans in one go and prints nothing.
    type: float
    default: 10
  resume:
    description: Where an earlier part of the scan ended. Only for the controller's side of this module, which goes on
      from there.
    type: str
attributes:
  check_mode:
    support: full
    description: Sends nothing in check mode, and says what it would send.
  diff_mode:
    support: none
    description: Nothing changes.
  idempotent:
    support: full
  action:
    description: Has an action plugin that runs the scan in parts and prints its progress.
    support: full
requirements:
  - scapy >= 2.4 on the target (role P(netops.layer2.snapshot#role) installs it with C(snapshot_scan_install))
  - root, or CAP_NET_RAW
seealso:
  - module: netops.layer2.layer2_facts
  - plugin: netops.layer2.ip_conflicts
    plugin_type: filter
  - plugin: netops.layer2.mac_collisions
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Scan the networks of this host
  netops.layer2.arp_scan:
    host: "{{ inventory_hostname }}"
  become: true

- name: Scan a large segment, which is consented to
  netops.layer2.arp_scan:
    prefixes: [10.20.0.0/18]
    max_addresses: 16384
    rate: 1000
  become: true

- name: Look into a VLAN of the trunk without leaving a trace in anybody's cache
  netops.layer2.arp_scan:
    interfaces: [eno1]
    vlan: 120
    prefixes: [10.120.0.0/24]
    probe: true
  become: true

- name: Listen for five minutes to who disputes an address
  netops.layer2.arp_scan:
    mode: watch
    duration: 300
  become: true
"""

RETURN = r"""
ansible_facts:
  description: The facts that are added to the host's.
  returned: not in check mode
  type: dict
  contains:
    layer2_scan:
      description:
        - The scan document of O(mode=scan), as one JSON text. The collection's document C(docs/scan.md) and the schema
          C(docs/schemas/scan-v1.json) describe it.
      returned: with O(mode=scan)
      type: str
      sample: '{"schema":"netops.layer2/scan","version":1,"host":"hv1","mode":"scan"}'
    layer2_watch:
      description: The same of O(mode=watch).
      returned: with O(mode=watch)
      type: str
      sample: '{"schema":"netops.layer2/scan","version":1,"host":"hv1","mode":"watch"}'
summary:
  description: What was found, in numbers, for people who read the output of the task.
  returned: not in check mode
  type: dict
  sample: {asked: 509, answered: 43, addresses: 61, macs: 42, seconds: 15.8, gaps: []}
reason:
  description: Why the scan was not possible, the first part of the message.
  returned: where scapy is missing
  type: str
hint:
  description: What to do about it, the second part of the message.
  returned: where scapy is missing
  type: str
plan:
  description: What would be sent, a line for each prefix.
  returned: in check mode
  type: list
  elements: str
  sample: ["192.168.100.0/23 on eth0: 509 addresses from 192.168.100.21, at most 10 times each, 100 a second, 51 s at
    most"]
"""

import json
import os
import sys
import time
from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.respawn import has_respawned, probe_interpreters_for_module, respawn_module
from ansible_collections.netops.layer2.plugins.module_utils import _snapshot
from ansible_collections.netops.layer2.plugins.module_utils._isolation import leave_working_directory, refuse_writers
from ansible_collections.netops.layer2.plugins.module_utils._runner import BECOME, Runner
from ansible_collections.netops.layer2.plugins.module_utils._scan import _document, _machines, _parts, _plan, _watch
from ansible_collections.netops.layer2.plugins.module_utils._scan._ask import Manner
from ansible_collections.netops.layer2.plugins.module_utils._scan._frames import Frames, ScapyMissing
from ansible_collections.netops.layer2.plugins.module_utils._scan._wire import Wire

_SYSTEM_PYTHONS = ("/usr/bin/python3", "/usr/libexec/platform-python")
# Option -> (least, most). Beyond 100,000 questions a second it is no scan any more, and nobody waits a minute for an
# ARP reply.
_LIMITS = (
    ("rate", 0.1, 100000),
    ("timeout", 0.01, 60),
    ("duration", 1, 86400),
    ("retries", 0, 100),
    ("slice", 0, 3600),
)
_SUBSETS = ("interfaces", "addresses", "neighbors", "routes")
_INSTALL = (
    "install it with role netops.layer2.snapshot and `snapshot_scan_install: true`, or as the distribution's package "
    "python3-scapy, or name an interpreter that has it in `scapy_python`"
)


def load_frames(module: AnsibleModule, all_layers: bool = True) -> Frames:
    """scapy, under this Python or, started over, under one that has it; ends the module where there is none."""
    cache = os.path.join(sys.prefix, "cache") if sys.prefix != sys.base_prefix else module.tmpdir
    try:
        return Frames(cache, all_layers)
    except ScapyMissing as error:
        if not has_respawned():
            found = probe_interpreters_for_module(
                [module.params["scapy_python"]] + list(_SYSTEM_PYTHONS), "scapy.layers.l2"
            )
            if found:
                respawn_module(found)
        module.fail_json(msg="%s; %s" % (error, _INSTALL), reason=str(error), hint=_INSTALL)
        raise  # fail_json has ended the module


def check(module: AnsibleModule) -> None:
    """End the module where an option is out of range, or the user may not send frames."""
    params = module.params
    for name, least, most in _LIMITS:
        if not least <= params[name] <= most:  # not a number, either
            module.fail_json(msg="%s: %g is not between %g and %g" % (name, params[name], least, most))
    try:
        Wire("lo").close()
    except PermissionError:
        module.fail_json(msg="scanning needs raw frames, which only root may send and hear (CAP_NET_RAW): %s" % BECOME)
    except OSError as error:
        module.fail_json(msg="this host has no packet sockets: %s" % error)


def scan(module: AnsibleModule, snapshot: Dict[str, Any]) -> Dict[str, Any]:
    """The result of one part of a scan, or of its plan in check mode."""
    params = module.params
    wanted = _plan.Wanted(params["prefixes"], params["interfaces"], params["vlan"], params["probe"], params["ipv6"],
                          params["max_addresses"])
    plan = _plan.make_plan(wanted, snapshot)
    manner = Manner(params["rate"], params["retries"] + 1, params["timeout"])
    if module.check_mode:
        lines = _plan.in_words(plan, manner.rate, manner.most, manner.timeout)
        return {"plan": lines, "msg": "would ask %s" % "; ".join(lines)}
    if params["tell_apart"] is not None:
        document = _document.document(snapshot["host"], "scan", time.time())
        document["machines"] = _machines.examined(
            plan.targets,
            _machines.several(params["tell_apart"]),
            load_frames(module),
            params["evidence"],
            manner.rate,
            manner.timeout,
        )
        return {"ansible_facts": {"layer2_scan": json.dumps(document, separators=(",", ":"))}}
    place = _parts.read_place(params["resume"], plan)
    frames = load_frames(module, any(target.family == "inet6" for target in plan.targets))
    document, following = _parts.PartialScan(plan, snapshot, frames, manner, params["slice"]).run(place)
    result: Dict[str, Any] = {
        "ansible_facts": {"layer2_scan": json.dumps(document, separators=(",", ":"))},
        "summary": _document.summary(document),
        "progress": _parts.progress(plan, following),
    }
    if following is not None:
        result["resume"] = json.dumps(following)
    return result


def watch(module: AnsibleModule, snapshot: Dict[str, Any]) -> Dict[str, Any]:
    """The result of listening, or what it would listen on in check mode."""
    wanted = _plan.Wanted([], module.params["interfaces"], None, False, False, module.params["max_addresses"])
    targets, duration = _plan.listeners(wanted, snapshot), module.params["duration"]
    if module.check_mode:
        line = "listen for %g s on %s, and send nothing" % (duration, ", ".join(target.interface for target in targets))
        return {"plan": [line], "msg": "would %s" % line}
    document = _watch.watch(targets, snapshot, load_frames(module), duration)
    return {
        "ansible_facts": {"layer2_watch": json.dumps(document, separators=(",", ":"))},
        "summary": _document.summary(document),
    }


def main() -> None:
    """Read the host's interfaces, scan or watch, hand over one text."""
    leave_working_directory()
    refuse_writers()
    module = AnsibleModule(
        argument_spec={
            "mode": {"type": "str", "choices": ["scan", "watch"], "default": "scan"},
            "prefixes": {"type": "list", "elements": "str", "default": []},
            "interfaces": {"type": "list", "elements": "str", "default": []},
            "vlan": {"type": "int"},
            "ipv6": {"type": "bool", "default": True},
            "probe": {"type": "bool", "default": False},
            "rate": {"type": "float", "default": 100},
            "retries": {"type": "int", "default": 9},
            "timeout": {"type": "float", "default": 0.5},
            "max_addresses": {"type": "int", "default": 4096},
            "duration": {"type": "float", "default": 60},
            "evidence": {"type": "list", "elements": "str", "choices": list(_machines.KINDS), "default": []},
            "tell_apart": {"type": "list", "elements": "str"},
            "host": {"type": "str"},
            "scapy_python": {"type": "path", "default": "/opt/netops.layer2/scan/bin/python"},
            "slice": {"type": "float", "default": 10},
            "resume": {"type": "str"},
        },
        supports_check_mode=True,
    )
    check(module)
    snapshot = _snapshot.collect(Runner(), _SUBSETS, module.params["host"])
    try:
        act = scan if module.params["mode"] == "scan" else watch
        module.exit_json(changed=False, **act(module, snapshot))
    except (_plan.PlanError, _parts.ResumeError) as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg="the scan broke off: %s" % error)


if __name__ == "__main__":
    main()
