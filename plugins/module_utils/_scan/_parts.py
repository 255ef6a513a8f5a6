"""One scan in parts: as much of a plan as fits into a time, and where to go on, so that the controller can show
progress.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import time
from typing import Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._scan import _document
from ansible_collections.netops.layer2.plugins.module_utils._scan._ask import Manner, Scan
from ansible_collections.netops.layer2.plugins.module_utils._scan._document import Record, Replies
from ansible_collections.netops.layer2.plugins.module_utils._scan._frames import Frames
from ansible_collections.netops.layer2.plugins.module_utils._scan._pace import FEWEST
from ansible_collections.netops.layer2.plugins.module_utils._scan._plan import Plan, Target, addresses_of, count
from ansible_collections.netops.layer2.plugins.module_utils._scan._wire import Wire, WireDown

_SMALLEST_PART = 64  # addresses; less would only wait for answers
_IN_USE = ("REACHABLE", "STALE", "DELAY", "PROBE", "PERMANENT")

# target, offset: where to go on. history: Scan's. plan: what the offsets are of.
Place = NamedTuple("Place", [("target", int), ("offset", int), ("history", List[int]), ("plan", List[str])])
START = Place(0, 0, [], [])


class ResumeError(ValueError):
    """There is no going on from there."""


def read_place(text: Optional[str], plan: Plan) -> Place:
    """The place that an earlier part of the scan handed back; ResumeError if it is of another plan."""
    if not text:
        return START._replace(plan=_names(plan))
    try:
        target, offset, history, names = json.loads(text)
        place = Place(int(target), int(offset), [int(number) for number in history], names)
    except (ValueError, TypeError) as error:
        raise ResumeError("resume: not what an earlier part returned (%s): start anew without it" % error) from None
    if place.plan != _names(plan) or not 0 <= place.target < len(plan.targets):
        raise ResumeError("resume: the interfaces or networks of this host changed since the scan began: start anew")
    return place


def _names(plan: Plan) -> List[str]:
    return ["%s %s %s" % (target.interface, target.vlan or "-", target.prefix) for target in plan.targets]


def known_addresses(snapshot: Record, target: Target) -> List[str]:
    """Addresses that the host's own neighbour table has behind an interface: worth asking."""
    found, sign = [], "." if target.family == "inet" else ":"
    for row in snapshot.get("neighbors", {}).get("rows", []):
        netns, interface, address, _mac, state, _flags = row.split(" ")
        is_here = netns == "-" and interface == target.interface and target.vlan is None
        if is_here and sign in address and state in _IN_USE:
            found.append(address)
    return found


def progress(plan: Plan, place: Optional[Place]) -> Record:
    """How far a scan is: addresses asked, and in all."""
    total = sum(count(target) for target in plan.targets)
    if place is None:
        return {"asked": total, "total": total}
    return {
        "asked": min(total, sum(count(target) for target in plan.targets[: place.target]) + place.offset),
        "total": total,
    }


class PartialScan:
    """Runs a plan from a place on, for about BUDGET seconds (0: to its end)."""

    def __init__(self, plan: Plan, snapshot: Record, frames: Frames, manner: Manner, budget: float) -> None:
        self._plan, self._snapshot, self._frames, self._manner, self._budget = plan, snapshot, frames, manner, budget
        self._began = time.time()
        self._replies = Replies(self._began)
        self._gaps: List[Record] = list(plan.gaps)
        self._probes: List[Record] = []
        self._wires: Dict[str, Wire] = {}

    def run(self, place: Place) -> Tuple[Record, Optional[Place]]:
        """The document of this part, and where the next one begins, None at the end."""
        following: Optional[Place] = place
        try:
            while following is not None:
                following = self._step(following)
                if self._budget and time.time() - self._began >= self._budget:
                    break
            self._note_drops()
        finally:
            for wire in self._wires.values():
                wire.close()
        return self._document(), following

    def _step(self, place: Place) -> Optional[Place]:
        target = self._plan.targets[place.target]
        addresses = list(addresses_of(target))
        part = addresses[place.offset:place.offset + self._part_size()] if self._budget else addresses
        scan = Scan(self._wire(target.interface), self._frames, self._manner, self._replies)
        scan.history = place.history
        known = known_addresses(self._snapshot, target)
        try:
            self._probes.append(scan.run(target, part, known, place.offset == 0))
        except WireDown as down:
            self._gaps.append(down.gap(target.interface))
            self._wires.pop(target.interface).close()
            return self._after(place)
        if not self._wires[target.interface].has_carrier():
            self._gaps.append(
                {
                    "subset": "scan",
                    "item": target.interface,
                    "reason": "%s has lost its carrier" % target.interface,
                    "hint": "see what is plugged in, and scan again",
                }
            )
        offset = place.offset + len(part)
        if offset < len(addresses):
            return place._replace(offset=offset, history=scan.history)
        return self._after(place)

    def _after(self, place: Place) -> Optional[Place]:
        """The place where the next target begins."""
        return (
            place._replace(target=place.target + 1, offset=0, history=[])
            if place.target + 1 < len(self._plan.targets)
            else None
        )

    def _part_size(self) -> int:
        return max(_SMALLEST_PART, int(self._budget * self._manner.rate / FEWEST))

    def _wire(self, interface: str) -> Wire:
        if interface not in self._wires:
            self._wires[interface] = Wire(interface)
        return self._wires[interface]

    def _note_drops(self) -> None:
        self._gaps += _document.lost_frames((name, wire.dropped()) for name, wire in sorted(self._wires.items()))
        if self._replies.refused:
            self._gaps.append({"subset": "scan", "reason": "%d replies were left out: more than %d different ones came"
                               % (self._replies.refused, _document.MOST_REPLIES)})

    def _document(self) -> Record:
        made = _document.document(self._snapshot["host"], "scan", self._began)
        made["duration"] = round(time.time() - self._began, 3)
        made["interfaces"] = _document.vantage_interfaces(
            self._snapshot, [target.interface for target in self._plan.targets]
        )
        made["probes"], made["replies"], made["gaps"] = self._probes, self._replies.table(), self._gaps
        return made
