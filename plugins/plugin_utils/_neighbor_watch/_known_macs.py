"""MAC addresses that are made to move or to be in several places: the rules of sharing know them."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from functools import lru_cache

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Model
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import Contest
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._mac import _meaning

# The rules that need nothing but the address.
_RULES = (
    _meaning.placeholder,
    _meaning.multicast,
    _meaning.virtual_router_address,
    _meaning.load_balancer,
    _meaning.xen_vif,
    _meaning.calico,
    _meaning.cloud_network,
)


@lru_cache(maxsize=4096)
def reason_to_move(mac: str) -> str | None:
    """Why the canonical MAC may be in several places, in words; None for one that can be one machine's only."""
    contest = Contest(mac, (), Model())
    reasons = (rule(contest) for rule in _RULES)
    return next((reason.reason for reason in reasons if reason), None)
