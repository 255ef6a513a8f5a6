"""What rules and verdicts ask of an address in contest: who answers for it, whose entry is old, who is a proxy."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._proxies import proxy_network
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._addresses import AddressContest, Answer, Holding
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import PROXY_ADDRESSES, Sharing

ANSWERS, SILENT, ANNOUNCES, UNKNOWN = "answers", "silent", "announces", "unknown"
Rule = Callable[[AddressContest], Sharing | None]


def arp_role(contest: AddressContest, holding: Holding) -> str:
    """What the host does about an address of its loopback, dummy or tunnel in the contest's segment.

    ``arp_ignore`` 1, 2 and 8 silence it; below ``arp_announce`` 2 it still names the address as the sender of its own
    requests (kernel's Documentation/networking/ip-sysctl.rst). Containers' settings are not read.
    """
    if holding.wired:
        return ANSWERS
    if holding.claim.owner_kind == "container":
        return UNKNOWN
    roles = {_role_at(contest, holding.claim.host, point) for point in holding.places}
    return next((role for role in (ANSWERS, UNKNOWN, ANNOUNCES) if role in roles), SILENT)


def _role_at(contest: AddressContest, host: str, point: int) -> str:
    segments, topology = contest.model.segments, contest.model.topologies[host]
    if contest.point is not None and not segments.same(point, contest.point):
        return SILENT
    interface = next((key[1] for key in topology.interfaces if topology.point(key) == point), "")
    ignores = contest.fleet.arp.effective(host, interface, "arp_ignore")
    if ignores is None:
        return UNKNOWN
    if ignores not in (1, 2, 8):
        return ANSWERS
    return SILENT if contest.fleet.arp.effective(host, interface, "arp_announce") == 2 else ANNOUNCES


def is_proxy(contest: AddressContest, answer: Answer) -> bool:
    """Whether ANSWER's MAC is a router's, which may answer in others' place, or that of a network that answers for
    everybody.
    """
    if proxy_network(answer.mac) and not answer.claims:
        return True
    if contest.is_next_hop:
        return False
    fleet = contest.fleet
    if (
        answer.mac in fleet.next_hop_macs
        or answer.mac in contest.model.tables.routers
        or fleet.behind[answer.mac] >= PROXY_ADDRESSES
    ):
        return True
    return any(_forwards(contest, claim) for claim in answer.claims if claim.in_use)


def _forwards(contest: AddressContest, claim: Claim) -> bool:
    proxies = (
        contest.fleet.arp.effective(claim.host, claim.interface, "proxy_arp") if claim.owner_kind == "host" else None
    )
    return bool(proxies) or (claim.owner_kind == "host" and claim.host in contest.model.forwarding)


def live_answers(contest: AddressContest) -> list[Answer]:
    """Answers of strangers that are neither outdated nor a proxy's."""
    return [answer for answer in contest.strangers if not is_outdated(answer) and not is_proxy(contest, answer)]


def is_outdated(answer: Answer) -> bool:
    """Whether only caches know the MAC: nobody who is up claims it, or its owner was read and has no such address."""
    if answer.answered:
        return False  # it answered a scan, which no cache does
    up = [claim for claim in answer.claims if claim.up]
    if not up:
        return bool(answer.claims) or not answer.confirmed
    return not answer.confirmed and all(claim.owner_kind in ("host", "container") for claim in up)
