"""Causes in switches: ports that do not learn, full tables, no memory, topology changes, ARP that outlives it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import listed
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding import _ageing
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._case import Case
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._causes._ruling import TIMERS, Ruling


def learning_off(case: Case) -> Ruling | None:
    """A bridge in the segment lacks the destination and has a port that does not learn."""
    ports = case.deaf_ports
    if not ports:
        return None
    names = listed(f"{port.name} of {port.bridge} on {port.host}" for port in ports)
    return Ruling(
        "learning_off",
        "deaf_port",
        f"learning is off on {names}, and the bridge does not know {case.destination.mac}: "
        "what comes in there is never learnt",
        "high" if len(case.not_learning) == 1 else "medium",
        TIMERS,
    )


def table_overflow(case: Case) -> Ruling | None:
    """A bridge in the segment lacks the destination, and its table is full."""
    full = [bridge for bridge in case.not_learning if bridge.full]
    if not full:
        return None
    names = listed(f"{bridge.name} ({bridge.learned} of {bridge.limit})" for bridge in full)
    return Ruling(
        "table_overflow",
        "full_table",
        f"the MAC table is full on {names}: it cannot learn {case.destination.mac}",
        "high",
    )


def hub(case: Case) -> Ruling | None:
    """A bridge in the segment has ageing 0: it remembers nothing."""
    hubs = [bridge for bridge in case.on_the_way if bridge.ageing == 0]
    if not hubs:
        return None
    return Ruling(
        "ageing_mismatch",
        "no_memory",
        f"{listed(bridge.name for bridge in hubs)} remembers no MAC (ageing 0) and floods every frame, like a hub",
        "high",
        TIMERS,
    )


def topology_change(case: Case) -> Ruling | None:
    """A bridge in the segment lacks the destination while spanning tree tells it to forget fast."""
    changing = [bridge for bridge in case.not_learning if bridge.topology_change]
    if not changing:
        return None
    return Ruling(
        "topology_change",
        "flushed",
        f"spanning tree reports a topology change on {listed(bridge.name for bridge in changing)}, "
        "which makes bridges forget MACs after the forward delay instead of their ageing",
        "medium",
    )


def ageing_mismatch(case: Case) -> Ruling | None:
    """ARP entries live longer than MAC table entries, so that frames are sent on after the switches forgot."""
    ageing = case.ageing
    if ageing is None or ageing.verdict() != _ageing.MISMATCH or case.flood is None:
        return None
    arp, mac = ageing.longest_arp, ageing.shortest_mac
    read = arp is not None and mac is not None and _ageing.DEFAULT not in (arp.origin, mac.origin)
    return Ruling(
        "ageing_mismatch",
        "arp_outlives_mac",
        f"in segment {ageing.name} {_ageing.reason(ageing)}",
        "high" if read else "medium",
        TIMERS,
    )
