"""Which hosts scan: one for each segment, as few as reach all of them; chosen from the snapshots alone."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._garbage import short_garbage_collection
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hosts import Hosts
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim, Model
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Fleet
from ansible_collections.netops.layer2.plugins.plugin_utils._sources._observe import observe

_INWARD = ("docker0", "virbr", "podman", "cni", "lxcbr", "lxdbr")


def vantages(data: object, hosts: Iterable[str] | None = None) -> dict[str, list[str]]:
    """Host -> interfaces to scan on, so that every segment with an IPv4 network is scanned once.

    Interfaces that nothing proves to be in one segment are scanned both: equal networks may be two segments. DATA and
    HOSTS as of ``mac_collisions``. Raises SnapshotError only if DATA as a whole is unusable.
    """
    with short_garbage_collection():
        return _fewest(dict(_reach(observe(Hosts(Fleet(data, hosts))).model)))


def _reach(model: Model) -> Iterator[tuple[str, dict[int, str]]]:
    """(host, segment -> interface) for every host that could scan; on a switch there is nobody to do it."""
    found: dict[str, dict[int, str]] = {}
    switches = {host for host, switch in model.switches.items() if switch.is_whole}
    for claim in model.all_claims():
        if _can_scan(claim) and claim.host not in switches:
            places = found.setdefault(claim.host, {})
            segment = model.segments.find(claim.point)
            places[segment] = min(places.get(segment, claim.interface), claim.interface)
    yield from sorted(found.items())


def _can_scan(claim: Claim) -> bool:
    """Whether a host has an IPv4 network on a wire there; not those of its own containers, nor of guests."""
    networks = any(
        ":" not in address and prefix is not None and prefix < 32
        for address, prefix in zip(claim.addresses, claim.prefixes, strict=True)
    )
    return (
        claim.owner_kind == "host"
        and claim.up
        and claim.external
        and networks
        and not claim.interface.startswith(_INWARD)
    )


def _fewest(reach: dict[str, dict[int, str]]) -> dict[str, list[str]]:
    """The host that reaches most of what is left, again and again; by name where two reach as many, so that it stays
    the same.
    """
    left, chosen = {segment for places in reach.values() for segment in places}, dict[str, list[str]]()
    while left:
        best = min(reach, key=lambda host: (-len(left.intersection(reach[host])), host))
        chosen[best] = sorted(reach[best][segment] for segment in left.intersection(reach[best]))
        left.difference_update(reach[best])
    return dict(sorted(chosen.items()))
