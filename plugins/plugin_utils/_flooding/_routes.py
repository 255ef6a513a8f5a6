"""The policy routes of one host: which it is to be given, and who must reach it afterwards."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.plugin_utils._alphabets import revert_id
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened

Row = dict[str, t.Any]
_OPTIONS = (
    "interface",
    "gateway",
    "table",
    "priority",
    "arrives_on",
)  # as policy_route has them, left out where they are not given


class RouteError(ValueError):
    """The routes cannot be made; the text names the host or the field, and the way out."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. ROUTES: as the role policy_route takes them. CLIENTS: proved for in each. PROBE_FROM: who must
    reach the address.
    """

    routes: Sequence[Mapping[str, t.Any]]
    clients: tuple[str, ...] = ()
    probe_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Host:
    """Where it is to be done. IS_LOCAL: its connection crosses no network. KNOWN: the hosts of the inventory."""

    name: str
    is_local: bool
    known: Container[str]


def look(asked: Asked, host: Host) -> Row:
    """``{"todo", "peers"}``: what HOST is to be given, in order, and who must reach it afterwards. RouteError where
    that could not be kept.

    Each of ``todo`` has ``vips``, ``clients`` and the ``id`` of its change, and of interface, gateway, table, priority
    and arrives_on what was given.
    """
    peers = [peer for peer in asked.probe_from if peer != host.name]
    todo = [_step(route, asked.clients) for route in asked.routes if route.get("host") in (None, host.name)]
    if not todo:
        return {"todo": [], "peers": peers}
    if strangers := [peer for peer in peers if peer not in host.known]:
        raise RouteError(
            f"policy_route_probe_from: {shortened(', '.join(strangers))} not in the inventory, so nothing was changed: "
            "name hosts of the inventory"
        )
    if host.is_local and not peers:
        raise RouteError(f"{host.name} is reached without any network, which proves nothing after the change: "
                         "name another host in policy_route_probe_from")
    return {"todo": todo, "peers": peers}


def _step(route: Mapping[str, t.Any], clients: Sequence[str]) -> Row:
    vips = [*(route.get("vips") or ()), *([route["vip"]] if route.get("vip") else ())]
    if not vips:
        raise RouteError(f"policy_route_routes: {shortened(dict(route))} names no address: give it vip or vips")
    given = {name: route[name] for name in _OPTIONS if route.get(name) is not None}
    name = revert_id("policy-route", str(route.get("interface") or "none"))
    return {**given, "vips": vips, "clients": [*(route.get("clients") or ()), *clients], "id": name}
