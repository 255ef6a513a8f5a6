"""Reasons about who answers: one machine with several NICs, old entries of caches."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import listed
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._address._facts import is_outdated, live_answers
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._addresses import AddressContest, Answer
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import Sharing, place


def one_machine(contest: AddressContest) -> Sharing | None:
    """An address that no interface holds, answered at several MACs of one machine: software answers for it, on each NIC
    (ARP flux).
    """
    answers = [answer for answer in contest.strangers if not is_outdated(answer)]
    if contest.owners or len(answers) < 2 or not _are_of_one(answers):
        return None
    who = listed(place(claim) for answer in answers for claim in answer.claims if claim.in_use)
    macs = listed(answer.mac for answer in answers)
    return Sharing(
        "one_machine",
        f"one machine, {who}, answers for it with several NICs ({macs}): ARP flux, or software that answers for it",
    )


def _are_of_one(answers: list[Answer]) -> bool:
    """Whether one owner, who is known, has the MACs of all ANSWERS."""
    owners = {owner for answer in answers for owner in answer.owners}
    return len(owners) == 1 and all(answer.owners for answer in answers)


def old_entry(contest: AddressContest) -> Sharing | None:
    """A replaced NIC, a moved VIP, a lease given to another: old entries of caches, and one owner besides."""
    old = [answer for answer in contest.strangers if is_outdated(answer)]
    if not old or contest.dad_failed or len(live_answers(contest)) + len(contest.owners) != 1:
        return None
    if contest.owners and not (contest.wired_up or contest.unwired_up):
        return None
    return Sharing("old_entry", f"old entries of caches: nobody has it at {listed(answer.mac for answer in old)} now")
