"""Watching: what others announce of their addresses, and the moves, conflicts and failed detections that this amounts
to.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import select
import time
from typing import Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._scan import _document
from ansible_collections.netops.layer2.plugins.module_utils._scan._ask import kind_of
from ansible_collections.netops.layer2.plugins.module_utils._scan._document import Key, Record, Replies
from ansible_collections.netops.layer2.plugins.module_utils._scan._frames import Frames, Heard
from ansible_collections.netops.layer2.plugins.module_utils._scan._plan import Target
from ansible_collections.netops.layer2.plugins.module_utils._scan._wire import Wire, WireDown

DETECTION = (
    2.0  # seconds after which a detection of duplicates has ended (RFC 4862, 5.1: one probe, RetransTimer of a second)
)
SCANNER = 8  # whoever probes for more addresses than this looks for others and wants none of them
_PROBES = ("probe", "dad")

Place = Tuple[Optional[int], str]  # VLAN, address
Detection = NamedTuple("Detection", [("mac", str), ("at", float)])


class Observer:
    """What is heard on one interface, put together. Pure: frames come in as records, with their times.

    An address that shows up at another MAC has moved; when it goes back and forth, two have it at once. KNOWN: address
    -> MAC of the host's own neighbour table, so that the first frame can already be a move.
    """

    def __init__(self, target: Target, known: Dict[str, str], started: float, replies: Replies) -> None:
        self._target, self._started, self._replies = target, started, replies
        self._current: Dict[Place, str] = {(None, address): mac for address, mac in known.items()}
        self._heard: Dict[Place, Set[str]] = {}
        self._detections: Dict[Place, Detection] = {}
        self._probed: Dict[str, Set[str]] = {}
        self._told: Set[Tuple[str, str, str, str]] = set()
        self._events: List[Record] = []

    def hear(self, heard: Heard, vlan: Optional[int], at: float) -> None:
        """Take in what one frame says."""
        if heard.source == self._target.mac and heard.what not in _PROBES:
            self._tell(
                "own_address", heard.address, heard.source, "", at
            )  # the kernel's "received packet with own address as source"
            return
        if heard.what in _PROBES:
            self._probe(heard, vlan, at)
            return
        kind = kind_of(heard, self._target)
        if not kind:
            return
        self._replies.add(Key(self._target.interface, vlan, heard.address, heard.mac, kind), at)
        if kind == "own-address":
            self._tell("own_address", heard.address, heard.mac, self._target.mac, at)
            return
        if heard.what == "advertisement":
            self._detected(heard, vlan, at)
        if kind == "gratuitous":
            self._tell("gratuitous", heard.address, heard.mac, "", at)
        if kind != "echo":
            self._place(heard, vlan, at)

    def _place(self, heard: Heard, vlan: Optional[int], at: float) -> None:
        """Where the address is now, and whether that is news."""
        place = (vlan, heard.address)
        before, seen = self._current.get(place), self._heard.setdefault(place, set())
        if before not in (None, heard.mac):
            back = heard.mac in seen and before in seen
            self._tell("conflict" if back else "move", heard.address, heard.mac, str(before), at)
        self._current[place] = heard.mac
        seen.add(heard.mac)

    def _probe(self, heard: Heard, vlan: Optional[int], at: float) -> None:
        if not heard.target or heard.mac in self._target.own_macs:
            return
        self._replies.add(Key(self._target.interface, vlan, heard.target, heard.mac, "probe"), at)
        if len(self._probed.setdefault(heard.mac, set())) <= SCANNER:
            self._probed[heard.mac].add(heard.target)
        if heard.what != "dad":
            return
        other = self._detections.get((vlan, heard.target))
        if other is not None and other.mac != heard.mac and at - other.at <= DETECTION:
            self._tell("dad_failed", heard.target, heard.mac, other.mac, at)  # both were about to take it
        self._detections[vlan, heard.target] = Detection(heard.mac, at)

    def _detected(self, heard: Heard, vlan: Optional[int], at: float) -> None:
        """An advertisement soon after somebody asked whether the address is free says that it is not (RFC 4862, 5.4.4).
        """
        wants = self._detections.get((vlan, heard.address))
        if wants is not None and wants.mac != heard.mac and at - wants.at <= DETECTION:
            self._tell("dad_failed", heard.address, wants.mac, heard.mac, at)

    def _tell(self, kind: str, address: str, mac: str, before: str, at: float) -> None:
        """Note an event, each of its kind once: what repeats is counted in the replies."""
        one, other = sorted((mac, before)) if kind == "conflict" else (mac, before)
        key = (kind, address, one, other)
        if key in self._told or len(self._events) >= _document.MOST_EVENTS:
            return
        self._told.add(key)
        event: Record = {
            "kind": kind,
            "address": address,
            "mac": mac,
            "at": round(at - self._started, 3),
            "interface": self._target.interface,
        }
        if before:
            event["mac_before"] = before
        self._events.append(event)

    def events(self) -> List[Record]:
        """What happened, in order; the probes of scanners are no failed detections."""
        scanners = {mac for mac, asked in self._probed.items() if len(asked) > SCANNER}
        return [event for event in self._events if event["kind"] != "dad_failed" or event["mac"] not in scanners]


def known_neighbours(snapshot: Record, interface: str) -> Dict[str, str]:
    """Address -> MAC of the host's own neighbour table behind an interface, those that were of use lately."""
    found = {}
    for row in snapshot.get("neighbors", {}).get("rows", []):
        netns, name, address, mac, state, _flags = row.split(" ")
        if netns == "-" and name == interface and mac != "-" and state not in ("FAILED", "INCOMPLETE", "NOARP"):
            found[address] = mac
    return found


def watch(targets: Sequence[Target], snapshot: Record, frames: Frames, duration: float) -> Record:
    """Listen on the interfaces of TARGETS for DURATION seconds; returns the document."""
    started = time.time()
    replies, made = Replies(started), _document.document(snapshot["host"], "watch", started)
    observers = {
        target.interface: Observer(target, known_neighbours(snapshot, target.interface), started, replies)
        for target in targets
    }
    wires: List[Wire] = []
    try:
        wires.extend(Wire(name) for name in observers)
        while wires and time.time() < started + duration:
            _listen(wires, observers, frames, started + duration - time.time(), made["gaps"])
        made["gaps"] += _document.lost_frames((wire.interface, wire.dropped()) for wire in wires)
    finally:
        for wire in wires:
            wire.close()
    made["duration"], made["replies"] = round(time.time() - started, 3), replies.table()
    made["events"] = sorted(
        (event for observer in observers.values() for event in observer.events()), key=lambda event: float(event["at"])
    )
    made["interfaces"] = _document.vantage_interfaces(snapshot, list(observers))
    return made


def _listen(
    wires: List[Wire], observers: Dict[str, Observer], frames: Frames, timeout: float, gaps: List[Record]
) -> None:
    """Take in what comes next; an interface that goes down is a gap, and the others are listened to."""
    for wire in select.select(wires, [], [], max(0.0, timeout))[0]:
        try:
            received = wire.receive(0)
        except WireDown as down:
            gaps.append(dict(down.gap(wire.interface)))
            wires.remove(wire)
            wire.close()
            continue
        for frame in received:
            heard = frames.read(frame.octets)
            if heard is not None:
                observers[wire.interface].hear(heard, frame.vlan, frame.at)
