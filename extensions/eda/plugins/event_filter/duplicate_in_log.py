"""Event filter: log lines in which somebody says that an address is there twice become events of the watch."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

DOCUMENTATION = r"""
---
short_description: Turn log lines about duplicate addresses into events of the watch
description:
  - Takes events of C(ansible.eda.journald), C(ansible.eda.webhook), C(ansible.eda.alertmanager) and of others that
    hold a log line.
  - Knows the sentences of the Linux kernel (C(IPv6 duplicate address ... detected!), C(received packet on ... with
    own address as source address)), of NetworkManager, systemd-networkd, dhcpcd, ifup, arpwatch and of Cisco switches
    (C(MACFLAP_NOTIF), C(DUPADDR)).
  - Such an event becomes one as C(netops.layer2.neighbor_watch) makes it (C(docs/schemas/watch-event-v1.json)), of
    kind C(duplicate) or C(flapping) and with C(table=log). It holds checked values, never the text of the log. Any
    other event passes unchanged.
options:
  limits:
    description:
      - Whom to ask about what happens where, as the source C(netops.layer2.neighbor_watch) takes it. Where no row
        fits, the limit is V(all).
      - Replaces C(meta.hosts), since the sender of a log must not choose it.
    type: list
    elements: dict
    default: []
  message_path:
    description: Where the log line is in the event, keys joined by dots. By default the places where the sources
      named above put it.
    type: str
  host_path:
    description: Where the name of the host is in the event, keys joined by dots.
    type: str
"""

EXAMPLES = r"""
- ansible.eda.journald:
    match: _TRANSPORT=kernel
  filters:
    - netops.layer2.duplicate_in_log:

- ansible.eda.webhook:
    host: 127.0.0.1
    port: 5000
  filters:
    - netops.layer2.duplicate_in_log:
        message_path: payload.log
        host_path: payload.node
        limits:
          - host: "hv*"
            limit: hypervisors
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


def main(
    event: dict[str, Any], limits: object = None, message_path: str | None = None, host_path: str | None = None
) -> dict[str, Any]:
    """EVENT as the watch would tell it if it holds a log line about a duplicate address, else EVENT itself."""
    from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._logged import made_ours
    from ansible_collections.netops.layer2.plugins.plugin_utils._neighbor_watch._settings import read_limits

    return made_ours(event, read_limits(limits), message_path, host_path) or event
