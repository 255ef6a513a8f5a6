"""The ordered list of reasons for one IP address at several owners or MACs: the first that explains all of it wins
(docs/rules.md).
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._rules._address._answers import old_entry, one_machine
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._address._apart import isolated_bridge, link_local
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._address._facts import Rule
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._address._routers import (
    anycast_gateway,
    gateway_mac,
    proxy_arp,
    virtual_router_address,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._address._virtual import (
    anycast,
    load_balancer_vip,
    standby_vip,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._addresses import AddressContest
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import Sharing

# A new reason is a function in a file of this room, and its row here, before the more general ones
# (docs/architecture.md).
RULES: tuple[Rule, ...] = (
    link_local,
    gateway_mac,
    virtual_router_address,
    standby_vip,
    load_balancer_vip,
    anycast_gateway,
    anycast,
    isolated_bridge,
    one_machine,
    proxy_arp,
    old_entry,
)


def legitimate_address(contest: AddressContest) -> Sharing | None:
    """The first rule's reason that explains CONTEST wholly, None if none does."""
    for rule in RULES:
        reason = rule(contest)
        if reason is not None:
            return reason
    return None
