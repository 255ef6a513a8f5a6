"""Reasons that holders are apart: link-local addresses, networks without a way out of their host."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import listed
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._addresses import AddressContest
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import Sharing

_UNNUMBERED = "169.254.0.1"  # FRRouting and Cumulus Linux enter it for IPv4 routes with IPv6 next hops (RFC 8950)


def link_local(contest: AddressContest) -> Sharing | None:
    """Link-local addresses mean something on one link only (RFC 3927, RFC 4291 2.5.6): other segments may have them
    too.
    """
    if contest.address == _UNNUMBERED and not contest.owners:
        return Sharing("link_local", "the stand-in that routing daemons give to neighbours without an IPv4 address")
    if not contest.ip.is_link_local or contest.point is not None or contest.dad_failed:
        return None
    return Sharing("link_local", "a link-local address: each segment has its own")


def isolated_bridge(contest: AddressContest) -> Sharing | None:
    """docker0, virbr0 and what hangs on them: each is a segment without a way out, and one holder at most has it
    outside.
    """
    outside = {holding.owner for holding in contest.holdings if holding.claim.external or not holding.wired}
    inside = [holding for holding in contest.holdings if holding.wired and not holding.claim.external]
    if contest.point is not None or not inside or len(outside) > 1:
        return None
    where = listed(f"{holding.claim.interface} on {holding.claim.host}" for holding in inside)
    return Sharing("isolated_bridge", f"networks without a way out of their host, each its own segment: {where}")
