"""Every packet of one direction followed from point to point: which record it is at each of them. Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat

from ansible_collections.netops.layer2.plugins.module_utils._capture._packet import FRAGMENT
from ansible_collections.netops.layer2.plugins.plugin_utils._trace import _changed as changed
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._byte_ranges import Span, Tangled, spread
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import Capture
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._matching import aligned

_UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Seen:
    """What one point saw of one direction: the numbers of its records, and of all its records flow, key and corrected
    time.
    """

    capture: Capture
    records: Sequence[int]
    flow: Sequence[int]
    keys: Sequence[int]
    times: Sequence[int]
    copies: Sequence[int] = ()      # further records of packets that the point shows twice, not among ``records``


@dataclass(slots=True)
class Tracks:
    """Packets of one direction in the smallest pieces in which any point saw them.

    ``where[point][packet]`` is a record of that point or -1; ``spans`` says which octets of a TCP flow a packet has
    that is only a part of its record; ``copies[point]`` are records beyond the first of one packet.
    """

    points: list[Seen]
    where: list[array[int]]
    copies: list[list[int]]
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)
    changed: list[Counter[str]] = field(
        default_factory=list
    )  # per point: packets that came otherwise than before, by what changed
    tangled: set[int] = field(
        default_factory=set
    )  # points whose TCP data could not be told from that of the points before
    joined: int = 0     # records that are several packets of another point, or parts of one

    def __len__(self) -> int:
        return len(self.where[0])


class _Follower:
    """Works through the points in the order in which the packets pass them."""

    def __init__(self, points: list[Seen], streams: frozenset[int], slack: int, conversations: Sequence[int]) -> None:
        self.conversations = conversations
        self.tracks = Tracks(points, [array("i") for _point in points], [list(point.copies) for point in points],
                             changed=[Counter() for _point in points])
        self.streams = streams
        self.slack = slack
        self._pool: dict[int, int] = {}             # key -> packet; below -1: -2 minus the number of a group
        self._groups: list[list[int]] = []          # packets that have one key
        self._whole: dict[int, list[int]] = {}      # key of a record -> the packets that it consists of

    def follow(self) -> Tracks:
        """Fill the tracks."""
        for number in range(len(self.tracks.points)):
            fresh = self._known(number)
            if number and fresh:
                fresh = self._by_octets(number, self._changed(number, fresh))
            self._new(number, fresh)
        return self.tracks

    def _known(self, number: int) -> list[int]:
        """Place the records whose packets other points saw before; return the others."""
        seen = self.tracks.points[number]
        where, keys, get = self.tracks.where[number], seen.keys, self._pool.get
        fresh: list[int] = []
        if not self._pool:
            return list(seen.records)
        crowded: set[int] = set()
        packets = map(get, map(keys.__getitem__, seen.records), repeat(_UNKNOWN))
        for record, packet in zip(seen.records, packets, strict=True):
            if packet >= 0 and where[packet] < 0:
                where[packet] = record
            elif packet == _UNKNOWN:
                fresh.append(record)
            else:
                crowded.add(keys[record])
        if crowded:
            self._crowded(number, crowded)
        return self._composed(number, fresh) if self._whole else fresh

    def _crowded(self, number: int, crowded: set[int]) -> None:
        """Tell equal packets apart by order and time."""
        seen = self.tracks.points[number]
        where, keys, times = self.tracks.where[number], seen.keys, seen.times
        arrived: dict[int, list[int]] = {}
        for record in seen.records:
            if keys[record] in crowded:
                arrived.setdefault(keys[record], []).append(record)
        for key, records in arrived.items():
            packets = self._packets(key)
            for packet in packets:
                where[packet] = -1
            found = aligned(
                [self._sent(packet, number) for packet in packets], [times[record] for record in records], self.slack
            )
            for record, at in zip(records, found, strict=True):
                if at < 0:
                    self.tracks.copies[number].append(record)
                else:
                    where[packets[at]] = record

    def _packets(self, key: int) -> list[int]:
        packet = self._pool[key]
        return [packet] if packet >= 0 else self._groups[-2 - packet]

    def _sent(self, packet: int, before: int) -> int:
        """When the nearest point before this one saw a packet."""
        for number in range(before - 1, -1, -1):
            record = self.tracks.where[number][packet]
            if record >= 0:
                return self.tracks.points[number].times[record]
        raise AssertionError("a packet that no point saw")

    def _composed(self, number: int, fresh: list[int]) -> list[int]:
        """Place records that another point saw as one, too, though a third saw it in parts."""
        seen, where, left = self.tracks.points[number], self.tracks.where[number], []
        for record in fresh:
            packets = self._whole.get(seen.keys[record])
            if packets is None:
                left.append(record)
            elif any(where[packet] >= 0 for packet in packets):
                self.tracks.copies[number].append(record)
            else:
                for packet in packets:
                    where[packet] = record
        return left

    def _new(self, number: int, fresh: list[int]) -> None:
        """Number the packets that this point is the first to see."""
        if not fresh:
            return
        packet = len(self.tracks)
        keys = self.tracks.points[number].keys
        if packet or not self._enter_first(keys, fresh):
            self._group(map(keys.__getitem__, fresh), packet)
        for at, where in enumerate(self.tracks.where):
            where.extend(fresh if at == number else array("i", [-1]) * len(fresh))

    def _enter_first(self, keys: Sequence[int], fresh: list[int]) -> bool:
        """Enter the first point's packets, where each has a key of its own, as they mostly have; whether that is so."""
        self._pool.update(zip(map(keys.__getitem__, fresh), range(len(fresh)), strict=True))
        if len(self._pool) == len(fresh):
            return True
        self._pool.clear()
        return False

    def _group(self, keys: Iterable[int], packet: int) -> None:
        """Enter the KEYS of new packets, of which PACKET is the first; packets with one key are a group."""
        pool = self._pool
        for key in keys:
            known = pool.get(key, _UNKNOWN)
            if known == _UNKNOWN:
                pool[key] = packet
            elif known >= 0:
                pool[key] = -2 - len(self._groups)
                self._groups.append([known, packet])
            else:
                self._groups[-2 - known].append(packet)
            packet += 1

    def _changed(self, number: int, fresh: list[int]) -> list[int]:
        """Place records of packets that were changed on the way, but not beyond recognition; return the rest."""
        where = self.tracks.where[number]
        missing = [packet for packet, record in enumerate(where) if record < 0]
        if not missing:
            return fresh
        taken = self._reassembled(number, fresh, missing)
        for kind in (changed.OPTIONS, changed.NUMBERS):
            taken |= self._rewritten(number, kind, [record for record in fresh if record not in taken], missing)
        return [record for record in fresh if record not in taken]

    def _rewritten(self, number: int, kind: str, fresh: list[int], missing: list[int]) -> set[int]:
        """TCP segments with other options or numbers than before."""
        seen, where = self.tracks.points[number], self.tracks.where[number]
        arrived = changed.grouped(
            (changed.stream_key(kind, seen.flow[record], seen.capture.columns, record), record)
            for record in fresh
            if seen.flow[record] in self.streams
        )
        sent = self._sent_with(number, kind, arrived, missing) if arrived else {}
        taken: set[int] = set()
        for key, packets in sent.items():
            records = arrived[key]
            found = aligned(
                [self._sent(packet, number) for packet in packets],
                [seen.times[record] for record in records],
                self.slack,
            )
            for record, at in zip(records, found, strict=True):
                if at >= 0:
                    where[packets[at]] = record
                    taken.add(record)
        self.tracks.changed[number][kind] += len(taken)
        return taken

    def _reassembled(self, number: int, fresh: list[int], missing: list[int]) -> set[int]:
        """Packets that were cut into fragments before this point, or put together again."""
        seen = self.tracks.points[number]
        columns = seen.capture.columns
        arrived = changed.grouped(
            (changed.fragment_key(self.conversations[seen.flow[record]], columns, record), record) for record in fresh
        )
        origins = {packet: self._origin(packet, number) for packet in missing} if self._has_fragments(number) else {}
        sent: dict[changed.Key, list[int]] = {}
        for packet, (point, record) in origins.items():
            before = self.tracks.points[point]
            key = changed.fragment_key(self.conversations[before.flow[record]], before.capture.columns, record)
            if key in arrived:
                sent.setdefault(key, []).append(packet)
        taken: set[int] = set()
        for key, packets in sent.items():
            if self._one_packet(number, [origins[packet] for packet in packets], arrived[key]):
                last = max(arrived[key], key=seen.times.__getitem__)
                for packet in packets:
                    self.tracks.where[number][packet] = last
                taken.update(arrived[key])
                self.tracks.changed[number][changed.FRAGMENTS] += 1
        return taken

    def _has_fragments(self, number: int) -> bool:
        """Whether this point or one before it saw any fragment."""
        return any(seen.capture.marked(FRAGMENT) for seen in self.tracks.points[:number + 1])

    def _one_packet(self, number: int, sent: list[tuple[int, int]], arrived: list[int]) -> bool:
        """Whether one whole packet was SENT that ARRIVED in fragments, or the other way round."""
        there = self.tracks.points[number].capture.columns
        here = self.tracks.points[sent[0][0]].capture.columns
        records = [record for point, record in sent if point == sent[0][0]]
        cut, joined = (
            [changed.is_fragment(here, record) for record in records],
            [changed.is_fragment(there, record) for record in arrived],
        )
        if len(records) != len(sent):
            return False
        if cut == [False] and all(joined):
            return changed.makes_whole(there, arrived, here["payload"][records[0]])
        return joined == [False] and all(cut) and changed.makes_whole(here, records, there["payload"][arrived[0]])

    def _sent_with(
        self, number: int, kind: str, arrived: dict[changed.Key, list[int]], missing: list[int]
    ) -> dict[changed.Key, list[int]]:
        """Those of the MISSING packets that were sent with a key of what ARRIVED, and are whole and in no place yet."""
        where = self.tracks.where[number]
        sent: dict[changed.Key, list[int]] = {}
        for packet in missing:
            point, record = self._origin(packet, number)
            before = self.tracks.points[point]
            key = changed.stream_key(kind, before.flow[record], before.capture.columns, record)
            if key in arrived and where[packet] < 0 and packet not in self.tracks.spans:
                sent.setdefault(key, []).append(packet)
        return sent

    def _by_octets(self, number: int, fresh: list[int]) -> list[int]:
        """Place TCP data that was cut or joined otherwise on the way (TSO, GRO), by the octets that it carries; return
        the rest.
        """
        seen = self.tracks.points[number]
        payload = seen.capture.columns["payload"]
        data = [record for record in fresh if payload[record] and seen.flow[record] in self.streams]
        flows = {seen.flow[record] for record in data}
        sent = self._open(number, flows) if flows else {}
        if not sent:
            return fresh
        arrived: dict[int, list[Span]] = {}
        for record in data:
            arrived.setdefault(seen.flow[record], []).append(_span(seen, record, record))
        placed = self._placed(number, sent, arrived)
        self._remember(number, placed)
        self.tracks.joined += len(placed)
        return [record for record in fresh if record not in placed]

    def _placed(
        self, number: int, sent: Mapping[int, list[Span]], arrived: Mapping[int, list[Span]]
    ) -> set[int]:
        """The records whose octets are those of packets SENT, both flow by flow; the packets are split as they ARRIVED.
        """
        placed: set[int] = set()
        for flow, spans in sent.items():
            for packet, parts in self._spread(number, spans, arrived[flow]).items():
                self._split(number, packet, parts)
                placed.update(record for _begin, _end, record in parts if record >= 0)
        return placed

    def _spread(self, number: int, sent: list[Span], arrived: list[Span]) -> dict[int, list[tuple[int, int, int]]]:
        try:
            return spread(sent, arrived, self.slack)
        except Tangled:
            self.tracks.tangled.add(number)
            return {}

    def _open(self, number: int, flows: set[int]) -> dict[int, list[Span]]:
        """The packets with data of some flows that this point has not been seen to see, flow by flow."""
        tracks = self.tracks
        found: dict[int, list[Span]] = {}
        missing = [packet for packet, record in enumerate(tracks.where[number]) if record < 0]
        for packet in missing:
            point, record = self._origin(packet, number)
            seen = tracks.points[point]
            if seen.flow[record] in flows and seen.capture.columns["payload"][record]:
                span = _span(seen, record, packet)
                sequence, length = tracks.spans.get(packet, (span.sequence, span.length))
                found.setdefault(seen.flow[record], []).append(
                    Span(sequence, length, self._sent(packet, number), packet)
                )
        return found

    def _origin(self, packet: int, before: int) -> tuple[int, int]:
        """(point, record) of the first point that saw a packet."""
        for number in range(before):
            record = self.tracks.where[number][packet]
            if record >= 0:
                return number, record
        raise AssertionError("a packet that no point saw")

    def _split(self, number: int, packet: int, parts: list[tuple[int, int, int]]) -> None:
        """Make one packet several, PARTS being (sequence, length, record or -1) of each; the first keeps the number."""
        tracks = self.tracks
        numbers = [packet, *range(len(tracks), len(tracks) + len(parts) - 1)]
        for where in tracks.where:
            where.extend([where[packet]] * (len(parts) - 1))
        for made, (sequence, length, record) in zip(numbers, parts, strict=True):
            tracks.where[number][made] = record
            if len(parts) > 1:
                tracks.spans[made] = (sequence, length)
        if len(parts) > 1:
            self._compose(number, packet, numbers)

    def _compose(self, before: int, packet: int, numbers: list[int]) -> None:
        """Have the records of the points BEFORE that saw a packet stand for all its parts."""
        for number in range(before):
            record = self.tracks.where[number][packet]
            if record >= 0:
                key = self.tracks.points[number].keys[record]
                if self._pool.get(key) == packet:
                    del self._pool[key]
                held = self._whole.setdefault(key, [packet])
                there = set(held)
                held.extend(made for made in numbers if made not in there)

    def _remember(self, number: int, placed: set[int]) -> None:
        """Have the keys of records that were placed by their octets stand for their packets, too."""
        where, keys = self.tracks.where[number], self.tracks.points[number].keys
        packets: dict[int, list[int]] = {}
        for packet, record in enumerate(where):
            if record in placed:
                packets.setdefault(record, []).append(packet)
        for record, held in packets.items():
            if keys[record] not in self._pool:
                self._whole.setdefault(keys[record], held)


def _span(seen: Seen, record: int, number: int) -> Span:
    columns = seen.capture.columns
    return Span(columns["sequence"][record], columns["payload"][record], seen.times[record], number)


def follow(points: list[Seen], streams: frozenset[int], slack: int, conversations: Sequence[int]) -> Tracks:
    """Follow the packets of one direction through POINTS, which stand in the order in which it passes them.

    STREAMS are the flows whose data may be cut and joined on the way (TCP); SLACK is how wrong times can be, ns;
    CONVERSATIONS has a number for every flow, which flows of equal addresses and protocol share (a fragment has no
    ports).
    """
    return _Follower(points, streams, slack, conversations).follow()
