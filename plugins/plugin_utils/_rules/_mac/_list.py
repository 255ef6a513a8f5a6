"""The ordered list of reasons for one MAC on several NICs: the first that explains all of it wins (docs/rules.md)."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import Contest, Rule, Sharing
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._mac._guests import (
    failover_pair,
    inventory_guest,
    one_domain,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._mac._meaning import (
    calico,
    cloud_network,
    load_balancer,
    multicast,
    not_ethernet,
    placeholder,
    virtual_router_address,
    xen_vif,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._mac._routers import (
    anycast_gateway,
    mlag,
    neutron_router,
    router,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._mac._stacks import (
    isolated_bridge,
    one_host,
    one_owner_several_addresses,
)

# A new reason is a function in a file of this room, and its row here, before the more general ones
# (docs/architecture.md).
RULES: tuple[Rule, ...] = (
    placeholder,
    multicast,
    virtual_router_address,
    load_balancer,
    xen_vif,
    calico,
    cloud_network,
    not_ethernet,
    inventory_guest,
    one_domain,
    failover_pair,
    one_host,
    neutron_router,
    anycast_gateway,
    mlag,
    isolated_bridge,
    one_owner_several_addresses,
    router,
)


def legitimate(contest: Contest) -> Sharing | None:
    """The first rule's reason that explains CONTEST wholly, None if none does."""
    for rule in RULES:  # a loop, since every MAC of a host's stack comes through here
        reason = rule(contest)
        if reason is not None:
            return reason
    return None
