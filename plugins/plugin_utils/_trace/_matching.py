"""What makes two records one packet: one number per record that is equal wherever the packet is seen. Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from operator import mul

from ansible_collections.netops.layer2.plugins.module_utils._capture._packet import CUT, ODD
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import Capture, Flow

_ANEW = 1_000_000       # ns; retransmissions come much later
_SHARE = 0.4            # of a mirrored flow's records, half are copies but for what the mirror dropped
_FEWEST_COPIES = 4


@dataclass(frozen=True, slots=True)
class Indexed:
    """A capture whose flows have numbers that hold for all captures, and whose packets have keys."""

    capture: Capture
    flow: Sequence[int]
    keys: Sequence[int]
    copies: frozenset[int] = frozenset()     # records that show a packet again, as mirrors and ``-i any`` do

    @property
    def mirrored(self) -> bool:
        """Whether the point shows about every packet twice."""
        return len(self.copies) >= _SHARE * len(self.flow) > 0


@dataclass(frozen=True, slots=True)
class Translation:
    """A flow that came to a point under another number than it had before; ``packets`` show it, others may have gone
    the same way.
    """

    point: int
    before: int
    after: int
    packets: int


@dataclass(frozen=True, slots=True)
class Index:
    """All captures with one numbering of flows. ``unchecked``: flows in which a point kept too little payload to
    compare it; ``unfollowed``: fragments and ICMP errors of which nothing tells what they were before a translation.
    """

    flows: list[Flow]
    points: list[Indexed]
    unchecked: frozenset[int]
    translations: tuple[Translation, ...] = ()
    unfollowed: frozenset[int] = frozenset()


def indexed(captures: Sequence[Capture]) -> Index:
    """Number the flows of all captures and give every packet its key."""
    numbers: dict[Flow, int] = {}
    columns = [_renumbered(capture, numbers) for capture in captures]
    unchecked = frozenset(
        flow for capture, column in zip(captures, columns, strict=True)
        for flow, mark in set(zip(column, capture.columns["marks"], strict=True)) if mark & CUT
    )
    flows = list(numbers)
    points = [
        _indexed(capture, column, _keys(capture, column, flows, unchecked))
        for capture, column in zip(captures, columns, strict=True)
    ]
    return Index(flows, points, unchecked)


def _indexed(capture: Capture, flow: Sequence[int], keys: Sequence[int]) -> Indexed:
    return Indexed(capture, flow, keys, _copies(capture, flow, keys))


def renumbered(point: Indexed, names: Mapping[int, int], flows: Sequence[Flow], unchecked: frozenset[int]) -> Indexed:
    """A point whose flows got other numbers, and so its packets other keys; others keep those that they were given."""
    flow = array("I", (names.get(number, number) for number in point.flow))
    made = _keys(point.capture, flow, flows, unchecked)
    kept = (
        old if number == before and number not in unchecked else new
        for old, new, number, before in zip(point.keys, made, flow, point.flow, strict=True)
    )
    return _indexed(point.capture, flow, array("q", kept))


def rekeyed(point: Indexed, keys: Mapping[int, int]) -> Indexed:
    """A point some of whose packets have the keys of others, since they are these."""
    return _indexed(point.capture, point.flow, array("q", (keys.get(key, key) for key in point.keys)))


def _copies(capture: Capture, flow: Sequence[int], keys: Sequence[int]) -> frozenset[int]:
    """Records that show a packet again within a millisecond.

    No sender uses an IPv4 identification that soon anew. Without one (IPv6, DF with identification 0) a second
    duplicate ACK looks the same: there a repetition is a copy only in flows that a point shows twice throughout.
    """
    if len(set(keys)) == len(keys):
        return frozenset()
    times, identifiers = capture.columns["time"], capture.columns["id"]
    again = {key for key, count in Counter(keys).items() if count > 1}
    last: dict[int, int] = {}
    sure, likely = [], []
    for record in compress(range(len(keys)), map(again.__contains__, keys)):
        key = keys[record]
        before = last.get(key)
        if before is None or not 0 <= times[record] - before < _ANEW:
            last[key] = times[record]
        elif identifiers[record]:
            sure.append(record)
        else:
            likely.append(record)
            del last[key]
    mirrored = _mirrored(flow, sure, likely)
    return frozenset(sure).union(record for record in likely if flow[record] in mirrored)


def _mirrored(flow: Sequence[int], sure: Sequence[int], likely: Sequence[int]) -> set[int]:
    """Flows of which about every second record repeats one."""
    again = Counter(map(flow.__getitem__, chain(sure, likely)))
    everywhere = _SHARE * len(flow) <= len(sure) + len(likely)
    counts = Counter(flow)
    return {
        number
        for number, count in again.items()
        if count >= _SHARE * counts[number] and (everywhere or count >= _FEWEST_COPIES)
    }


def _renumbered(capture: Capture, numbers: dict[Flow, int]) -> Sequence[int]:
    translation = [numbers.setdefault(flow, len(numbers)) for flow in capture.flows]
    return array("I", map(translation.__getitem__, capture.columns["flow"]))


def _keys(capture: Capture, flow: Sequence[int], flows: Sequence[Flow], unchecked: frozenset[int]) -> Sequence[int]:
    """One 64-bit number a packet, from all that stays the same on the way; hash() of a tuple of ints is the same for
    all of them in a process.

    Headers that are damaged or cut identify nothing: such a record gets a key of its own, which nobody else has.
    """
    columns = capture.columns
    check = columns["check"]
    if unchecked:
        wanted = [0 if number in unchecked else 1 for number in range(len(flows))]
        check = map(mul, check, map(wanted.__getitem__, flow))
    parts = (columns[name] for name in ("id", "sequence", "acknowledgement", "flags", "payload"))
    keys = array("q", map(hash, zip(flow, *parts, check, strict=True)))
    if capture.odd:
        for at, mark in enumerate(columns["marks"]):
            if mark & ODD:
                keys[at] = hash((id(capture), at))
    return keys


def aligned(sent: Sequence[int], arrived: Sequence[int], slack: int) -> list[int]:
    """For each of several equal packets that ARRIVED, which of those SENT it is, or -1; both are times in ns, in order.

    Equal packets (retransmissions, pings with one payload) are told apart by their order and by time: none arrives more
    than SLACK before it was sent, none overtakes another. If fewer arrived than were sent, each is the latest that it
    can be; if more did, the copies are what comes behind.
    """
    return _latest(sent, arrived, slack) if len(arrived) <= len(sent) else _earliest(sent, arrived, slack)


def _latest(sent: Sequence[int], arrived: Sequence[int], slack: int) -> list[int]:
    made = [-1] * len(arrived)
    at = len(sent) - 1
    for number in range(len(arrived) - 1, -1, -1):
        while at >= 0 and sent[at] > arrived[number] + slack:
            at -= 1
        made[number] = at
        at = max(at - 1, -1)
    return made


def _earliest(sent: Sequence[int], arrived: Sequence[int], slack: int) -> list[int]:
    made = [-1] * len(arrived)
    number = 0
    for at, moment in enumerate(sent):
        while number < len(arrived) and arrived[number] + slack < moment:
            number += 1
        if number == len(arrived):
            break
        made[number] = at
        number += 1
    return made
