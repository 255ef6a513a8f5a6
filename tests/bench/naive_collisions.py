"""The baseline: a filter that walks hostvars over lists of dictionaries, as collections do that nobody measured at
scale.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping


def naive_collisions(hostvars: Mapping[str, t.Any]) -> dict[str, list[str]]:
    """MAC -> hosts that have it on a NIC, for those on several hosts; and how many addresses neighbours saw."""
    owners: dict[str, set[str]] = {}
    addresses: dict[str, set[str]] = {}
    for host in hostvars:
        facts = hostvars[host]["ansible_facts"]
        for nic in facts.get("naive_interfaces", []):
            owners.setdefault(nic["mac"], set()).add(host)
        for entry in facts.get("naive_neighbors", []):
            addresses.setdefault(entry["mac"], set()).add(entry["address"])
    found = {mac: sorted(hosts) for mac, hosts in owners.items() if len(hosts) > 1}
    return {"macs": sorted(found), "seen": sorted(mac for mac, seen in addresses.items() if len(seen) > 1)}


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        """Name -> function."""
        return {"naive_collisions": naive_collisions}
