"""Observations of further sources, entered in the model of a fleet: each is placed on an interface of the host that it
was made on.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.netops.layer2.plugins.module_utils._table import natural
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim, Model, add_told
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._observation import (
    CLAIMED,
    LEARNED,
    SEEN,
    WANTED,
    Comparison,
    Gap,
    Lease,
    Observation,
    Statement,
    Table,
    Told,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Key
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened

_HINT = "It was left out; look at the source itself"


class Placing:
    """Enters what sources tell into MODEL, once all hosts are in it. What is programmed or recorded proves nothing, and
    is left out.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._unplaced: set[tuple[str, str]] = set()  # host, witness
        self._claimed: dict[Key, list[Observation]] = {}  # host, interface -> what is claimed there
        self._tagged: dict[tuple[str, str, int], str] = {}  # host, interface, VLAN -> the interface of that VLAN
        self._told: list[Told] = []
        self.compared: dict[str, list[Comparison]] = {}  # by MAC

    def enter(self, source: Iterable[Statement]) -> None:
        """Take in all that one SOURCE tells."""
        for told in source:
            if isinstance(told, Observation):
                self._observed(told)
            elif isinstance(told, Table):
                for observation in told.observations():
                    self._observed(observation)
            elif isinstance(told, Comparison):
                self.compared.setdefault(told.mac, []).append(told)
            elif isinstance(told, Told):
                self._told.append(told)
            elif isinstance(told, Lease):
                self._model.leases.setdefault(told.mac, []).append(told)
            elif isinstance(told, Gap):
                self._model.gaps.append(told.row)
            else:
                self._model.quarantined.append(told)

    def close(self) -> None:
        """Enter what had to wait for all of it: claims, guests of managers, and gaps for hosts that nobody knows the
        interfaces of.
        """
        self._model.tables.settle()
        if self._claimed:
            self._enter_claims()
        for told in self._told:
            add_told(self._model, told.host, told.guest)
        for host, witness in sorted(self._unplaced):
            self._model.gaps.append({
                "host": host, "subset": witness, "hint": "Gather the host with layer2_facts",
                "reason": f"its {witness} was left out: there is no snapshot of this host to place it by"})

    def _observed(self, seen: Observation) -> None:
        topology = self._model.topologies.get(seen.host)
        if topology is None:
            if seen.host not in self._model.identities:
                self._unplaced.add((seen.host, seen.witness))
            return
        if seen.kind == CLAIMED:
            self._claimed.setdefault((seen.host, seen.interface), []).append(seen)
        elif seen.kind == LEARNED or (seen.kind == SEEN and seen.state != WANTED):
            placed = seen._replace(interface=self._interface(seen)) if seen.kind == SEEN and seen.vlan else seen
            self._model.tables.note(placed, lambda field, problem: self._reject(seen.host, field, problem))

    def _interface(self, seen: Observation) -> str:
        """The interface on which the host has the frames that were observed."""
        vlan = natural(seen.vlan)
        if not vlan:
            return seen.interface
        key = (seen.host, seen.interface, vlan)
        if key not in self._tagged:
            self._tagged[key] = self._model.topologies[seen.host].tagged(seen.interface, vlan)
        return self._tagged[key]

    def _reject(self, host: str, field: str, problem: str) -> None:
        self._model.quarantined.append(SnapshotError(host, field, problem, _HINT))

    def _enter_claims(self) -> None:
        """What hosts claim on interfaces beside what their snapshots say; found by what those say of the interface."""
        carriers = {
            (claim.host, claim.interface): claim for claim in self._model.all_claims()
            if claim.owner_kind == "host" and claim.in_use and (claim.host, claim.interface) in self._claimed
        }
        for key, claimed in self._claimed.items():
            for seen in dict.fromkeys(claimed):
                if key in carriers:
                    self._enter_claim(carriers[key], seen)
                elif seen.mac:
                    self._reject(
                        seen.host,
                        seen.witness,
                        f"its snapshot has no interface {shortened(seen.interface, 40)} with a MAC",
                    )

    def _enter_claim(self, carrier: Claim, seen: Observation) -> None:
        """The claim of the interface that was observed on CARRIER to the MAC, or to the carrier's own; what the
        snapshot says goes first.
        """
        name, topology = self._interface(seen), self._model.topologies[carrier.host]
        found = carrier._replace(mac=seen.mac or carrier.mac, addresses=(), prefixes=(), dad_failed=False)
        made = topology.interfaces.get(("", name))
        if name != seen.interface and made is not None:
            if made.mac and not seen.mac:
                return
            point = topology.point(made.key)
            found = found._replace(
                interface=name,
                kind="vlan",
                lower_kind=carrier.kind,
                state="up",
                assign_type=2,
                permanent_mac=None,
                bridge=None,
                point=carrier.point if point is None else point,
                external=topology.is_external(point),
            )
        self._model.claims.setdefault(found.mac, []).append(found)
