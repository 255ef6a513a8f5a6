"""The ordered list of causes of a flood: the first that fits is the cause, the others are told besides
(docs/flooding.md).
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._case import Case
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._causes._destinations import (
    cluster_address,
    duplicate_mac,
    silent_destination,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._causes._return_path import (
    asymmetric_return,
    asymmetric_router,
    asymmetric_unread,
    router_return,
    undone_by_link_loss,
    undone_by_redirects,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._causes._ruling import Finder, Ruling
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._causes._switches import (
    ageing_mismatch,
    hub,
    learning_off,
    table_overflow,
    topology_change,
)


class Row(t.NamedTuple):
    """A rule, and the cause that it finds."""

    cause: str
    find: Finder


# In this order: what makes the others hopeless to look at, the root before what it brings about, the sure before the
# likely.
RULES: tuple[Row, ...] = (
    Row("duplicate_mac", duplicate_mac),
    Row("asymmetric_return", asymmetric_return),
    Row("asymmetric_return", asymmetric_router),
    Row("asymmetric_return", asymmetric_unread),
    Row("asymmetric_return", undone_by_redirects),
    Row("asymmetric_return", undone_by_link_loss),
    Row("silent_destination", cluster_address),
    Row("learning_off", learning_off),
    Row("table_overflow", table_overflow),
    Row("ageing_mismatch", hub),
    Row("topology_change", topology_change),
    Row("silent_destination", silent_destination),
    Row("ageing_mismatch", ageing_mismatch),
    Row("asymmetric_return", router_return),
)


def cause_names() -> list[str]:
    """Every cause that a rule can find, once, and `unknown`."""
    return [*dict.fromkeys(row.cause for row in RULES), "unknown"]


def unknown(case: Case) -> Ruling:
    """Nothing that was read explains it; what was not read is named."""
    unread = [*case.reply.doubts]
    if case.source.claim is None:
        unread.append(f"who sends from {case.source.mac}")
    elif case.routing is None:
        unread.append(f"the routes of {case.source.name}")
    if not case.bridges:
        unread.append("any switch of the segment")
    if case.destination.claim is None:
        unread.append(f"who has {case.destination.mac}")
    why = (
        f"not observed: {', '.join(unread)}"
        if unread
        else "routes, learning, tables and timers that were read look right"
    )
    return Ruling(
        "unknown",
        "unknown",
        f"nothing that was read explains why the switches do not know {case.destination.mac} ({why})",
        "low",
    )


def rulings(case: Case) -> list[Ruling]:
    """What explains CASE, the root cause first; [unknown] for a flood that nothing explains, and nothing for what is
    right.
    """
    found = [ruling for ruling in (row.find(case) for row in RULES) if ruling is not None]
    return found or ([unknown(case)] if case.flood is not None else [])
