"""What a point tells beside its times: who carried the packets (MAC pairs), and what was sent again. Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.module_utils._capture._packet import ODD, OUTGOING
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import Flow, Link
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._hops import Hop
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._matching import Index
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._tracks import Seen, Tracks

_SYN, _FIN, _RST = 2, 1, 4
_HALF, _ALL = 1 << 31, 1 << 32
_SAME = (
    "id",
    "sequence",
    "acknowledgement",
    "flags",
    "payload",
    "check",
)  # what a translation of addresses leaves as it is
_FEWEST_TRANSLATED = 3


@dataclass(frozen=True, slots=True)
class Carried:
    """How many packets went with one link (MACs, VLAN, tunnel) at a point."""

    link: Link
    packets: int


@dataclass(frozen=True, slots=True)
class Sender:
    """A MAC with an address that it sends as; ``points``: number of the point -> whether its frames went out there
    (True) or came in.
    """

    mac: str
    address: str
    points: dict[int, set[bool]]


def links_of(seen: Seen) -> list[Carried]:
    """The links of one direction at a point, the most used first."""
    column = seen.capture.columns["link"]
    counts = Counter(map(column.__getitem__, seen.records))
    return [Carried(seen.capture.links[number], count) for number, count in counts.most_common()]


def retransmitted(seen: Seen, streams: frozenset[int]) -> dict[int, int]:
    """Flow -> TCP segments with nothing but octets (SYN and FIN count as one) that were sent before, as seen at one
    point.

    Probes of a connection that idles (RFC 9293, 3.8.4: one old octet or none) are left out.
    """
    columns = seen.capture.columns
    size = max(seen.flow, default=-1) + 1
    is_stream = list(map(streams.__contains__, range(size)))
    highest: list[int | None] = [None] * size
    found: Counter[int] = Counter()
    segments = zip(
        map(columns["sequence"].__getitem__, seen.records),
        map(columns["payload"].__getitem__, seen.records),
        map(columns["flags"].__getitem__, seen.records),
        map(seen.flow.__getitem__, seen.records),
        strict=True,
    )
    for sequence, length, flag, number in segments:
        if flag & (_SYN | _FIN):
            length += 1
        if not length or not is_stream[number] or flag & _RST:
            continue
        end = (sequence + length) % _ALL
        known = highest[number]
        if known is None or 0 < (end - known) % _ALL < _HALF or _begins_anew(sequence, flag, known):
            highest[number] = end
        elif length > 1 or flag & (_SYN | _FIN) or end != known:
            found[number] += 1
    return dict(found)


def _begins_anew(sequence: int, flag: int, highest: int) -> bool:
    """Whether it opens another connection between the same ports, not the one whose only octet so far was its SYN."""
    return bool(flag & _SYN) and (highest - sequence) % _ALL != 1


def senders(index: Index) -> list[Sender]:
    """Everybody who was seen to send IP or ARP: MAC and address, at which points, and whether frames came in or went
    out there.
    """
    found: dict[tuple[str, str], dict[int, set[bool]]] = {}
    for number, point in enumerate(index.points):
        capture = point.capture
        for link, flow, marks in set(zip(capture.columns["link"], point.flow, capture.columns["marks"], strict=True)):
            mac, source = capture.links[link].source, index.flows[flow].source
            if not marks & ODD and "-" not in (mac, source):
                found.setdefault((mac, source), {}).setdefault(number, set()).add(bool(marks & OUTGOING))
    return [Sender(mac, source, points) for (mac, source), points in sorted(found.items())]


def twins(found: Sequence[Sender]) -> list[tuple[Sender, Sender, int]]:
    """Pairs with one MAC that lie on different sides of a point: there the frames of one only come in, those of the
    other only go out.

    A machine with several addresses, or a router, is on one side with all of them. Link-local addresses follow from the
    MAC, twins share them.
    """
    sides: dict[tuple[str, int], dict[bool, Sender]] = {}
    for sender in found:
        if sender.address.startswith("fe80:"):
            continue
        for number, ways in sender.points.items():
            if len(ways) == 1:
                sides.setdefault((sender.mac, number), {}).setdefault(next(iter(ways)), sender)
    pairs: dict[str, tuple[Sender, Sender, int]] = {}
    for (mac, number), by_way in sides.items():
        if len(by_way) == 2:
            one, other = sorted(by_way.values(), key=lambda sender: sender.address)
            pairs.setdefault(mac, (one, other, number))
    return list(pairs.values())


def translated(flows: Sequence[Flow], tracks: Tracks, hop: Hop) -> tuple[int, Flow, Flow] | None:
    """How many packets that a hop lost came out of it with other addresses or ports, and the flows of one of them; None
    if not most of them.

    Only flows that the point before the hop does not know are looked at.
    """
    here, there = tracks.points[hop.start], tracks.points[hop.end]
    new = set(there.flow) - set(here.flow)
    if not new:
        return None
    arrived = {
        identity: flow
        for flow, identity in _identities(there, (record for record, flow in enumerate(there.flow) if flow in new))
    }
    gone = list(_identities(here, (tracks.where[hop.start][packet] for packet in hop.lost)))
    found = [
        (flow, arrived[identity])
        for flow, identity in gone
        if identity in arrived and flows[arrived[identity]].protocol == flows[flow].protocol
    ]
    if len(found) < max(_FEWEST_TRANSLATED, len(gone) / 2):
        return None
    return len(found), flows[found[0][0]], flows[found[0][1]]


# What carries packets that nobody can look into: encrypted, or with nothing that tells where they begin.
_SEALED = {"47": "GRE", "50": "ESP", "51": "AH", "97": "EtherIP", "115": "L2TPv3"}
_SEALED_PORTS = {
    "4500": "IPsec",
    "51820": "WireGuard",
    "1194": "OpenVPN",
    "1701": "L2TP",
    "2152": "GTP",
    "5555": "FOU",
    "6080": "GUE",
}


def sealed(flow: Flow) -> str:
    """What kind of tunnel that is not opened a flow is; empty for others."""
    if flow.protocol == "udp":
        return _SEALED_PORTS.get(flow.destination_port) or _SEALED_PORTS.get(flow.source_port) or ""
    return _SEALED.get(flow.protocol, "")


def within(flows: Sequence[Flow], tracks: Tracks, hop: Hop) -> tuple[int, Flow] | None:
    """How many packets of tunnels that are not opened came out of a hop which nothing else came out of, and one of
    their flows; None where they are too few to carry what it lost.
    """
    here, there = tracks.points[hop.start], tracks.points[hop.end]
    if hop.seen:
        return None
    new = {flow for flow in set(there.flow) - set(here.flow) if sealed(flows[flow])}
    count = sum(1 for flow in there.flow if flow in new) if new else 0
    return (count, flows[min(new)]) if count and 2 * count >= len(hop.lost) else None


def _identities(seen: Seen, records: Iterable[int]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Flow, and what no translation changes, of records that carry something or are a stream's."""
    columns = [seen.capture.columns[name] for name in _SAME]
    payload, sequence = seen.capture.columns["payload"], seen.capture.columns["sequence"]
    for record in records:
        if payload[record] or sequence[record]:
            yield seen.flow[record], tuple(column[record] for column in columns)
