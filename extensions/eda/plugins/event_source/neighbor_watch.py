"""Event source: what moves in the neighbour tables and forwarding tables of hosts, and what two machines fight for."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import importlib
import sys
from pathlib import Path
from typing import Any

DOCUMENTATION = r"""
---
short_description: Watch neighbour tables and forwarding tables for addresses that move
description:
  - Follows the notifications of the kernel on this machine, or through SSH on several hosts, with C(ip monitor neigh)
    and C(bridge monitor fdb).
  - Tells one move from a fight. An address that keeps coming back to where it was is C(flapping), which is what two
    machines with one MAC do to a bridge, and two with one IP address to a neighbour table. Every other change is
    C(moved), or C(returned) after one trip.
  - Each host's tables are read at the start, and again after each cut connection. What has moved in between is told
    as such (C(between)).
  - Addresses that are made to move raise nothing, such as those of VRRP, HSRP, CARP, GLBP, load balancers and clouds.
  - Reads only, and needs no privilege. Network namespaces need root (C(become)).
  - Events follow C(docs/schemas/watch-event-v1.json). Their C(meta.hosts) is their C(limit), which ansible-rulebook
    takes for actions.
options:
  hosts:
    description:
      - Hosts that are watched through C(ssh). Each is a name of the inventory, or a mapping with C(name), C(address)
        (the name if it is left out), C(user), C(port), C(become) and C(netns).
      - The host keys have to be known, and the login must need no password. All else is the matter of C(ssh_config).
      - Without it this machine is watched.
    type: list
    elements: raw
    default: []
  name:
    description: The name of this machine in the inventory, where this machine is watched.
    type: str
    default: localhost
  become:
    description: Whether C(ip) and C(bridge) are run through C(sudo -n). Only network namespaces need it.
    type: bool
    default: false
  netns:
    description: Names of the network namespaces to watch, as C(ip netns) lists them. An empty text is that of the
      host itself.
    type: list
    elements: str
    default: [""]
  tables:
    description: Which tables are followed.
    type: list
    elements: str
    choices: [neighbor, fdb]
    default: [neighbor, fdb]
  ssh_config:
    description: Absolute path of a configuration file for C(ssh).
    type: str
  debounce:
    description: Seconds without another change after which a move is told.
    type: float
    default: 2
  window:
    description: Seconds within which changes of one address belong together.
    type: float
    default: 60
  returns:
    description:
      - How often an address has to come back to where it was, within C(window), to be called flapping.
      - With V(1) the first return is enough, which is also what one restart of keepalived makes of an address without
        a virtual MAC.
    type: int
    default: 2
  repeat:
    description: Seconds after which a fight that goes on is told again.
    type: float
    default: 60
  heartbeat:
    description: Seconds between two C(heartbeat) events of each host, which say what was read and left out. V(0)
      makes none.
    type: float
    default: 60
  retry:
    description: Longest wait in seconds before a host is tried again. The first is one second, and each is twice the
      one before.
    type: float
    default: 60
  queue:
    description: How many events wait for a busy rulebook. What does not fit is dropped, counted, and told in a
      C(dropped) event.
    type: int
    default: 1000
  limits:
    description:
      - Whom to ask about what happens where. The first row that fits counts. Each has C(limit), a pattern of hosts,
        and any of C(host) and C(interface) (with C(*) and C(?)) and C(vlan).
      - Where none fits, the limit is the watched hosts whose own tables hold one of the MACs. Where that is the host
        itself alone, it is V(all).
    type: list
    elements: dict
    default: []
  exceptions:
    description: What raises nothing, as C(report_exceptions) has it - C(match) (JMESPath of an event), C(reason) and
      C(expires).
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- netops.layer2.neighbor_watch:
    name: hv1

- netops.layer2.neighbor_watch:
    hosts:
      - hv1
      - name: hv2
        address: 192.0.2.12
        user: watch
    tables: [fdb]
    limits:
      - host: "hv*"
        interface: br0
        limit: hypervisors
    exceptions:
      - match: address == '192.0.2.1'
        reason: the routers of this office fail over without a virtual MAC
        expires: 2027-03-31
"""


def _find_collection() -> None:
    """Let Python find the collection that this file is a part of, since ansible-rulebook loads it by its path."""
    above = Path(__file__).absolute().parents
    if len(above) < 8 or above[6].name != "ansible_collections":
        return  # a checkout under another path: whoever runs it sets PYTHONPATH
    if str(above[7]) not in sys.path:
        sys.path.append(str(above[7]))
    collections = importlib.import_module(above[6].name)
    if str(above[6]) not in collections.__path__:  # another folder of collections was found first
        collections.__path__.append(str(above[6]))


_find_collection()


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Watch as ARGS ask, and put events into QUEUE until cancelled; ValueError if ARGS cannot be used."""
    from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._settings import read_settings
    from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._watch import Watch

    await Watch(read_settings(args)).run(queue)


if __name__ == "__main__":

    class _Printer:
        """A queue that prints, for a first look: `python neighbor_watch.py` watches this machine."""

        async def put(self, event: Any) -> None:
            print(event)

    asyncio.run(main(_Printer(), {}))  # type: ignore[arg-type]
