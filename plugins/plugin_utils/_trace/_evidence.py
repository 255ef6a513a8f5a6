"""What a point tells beside its times: who carried the packets (MAC pairs), and what was sent again. Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.module_utils._capture._packet import ODD
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import Link
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._matching import Index
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._tracks import Seen

_SYN, _FIN, _RST = 2, 1, 4
_HALF, _ALL = 1 << 31, 1 << 32


@dataclass(frozen=True, slots=True)
class Carried:
    """How many packets went with one link (MACs, VLAN, tunnel) at a point."""

    link: Link
    packets: int


def links_of(seen: Seen) -> list[Carried]:
    """The links of one direction at a point, the most used first."""
    column = seen.capture.columns["link"]
    counts = Counter(map(column.__getitem__, seen.records))
    return [Carried(seen.capture.links[number], count) for number, count in counts.most_common()]


def retransmitted(seen: Seen, streams: frozenset[int]) -> dict[int, int]:
    """Flow -> TCP segments with nothing but octets (SYN and FIN count as one) that were sent before, as seen at one point.

    Probes of a connection that idles (RFC 9293, 3.8.4: one old octet or none) are left out.
    """
    columns = seen.capture.columns
    sequences, payloads, flags, flow = columns["sequence"], columns["payload"], columns["flags"], seen.flow
    highest: dict[int, int] = {}
    found: Counter[int] = Counter()
    for record in seen.records:
        flag = flags[record]
        length = payloads[record]
        if flag & (_SYN | _FIN):
            length += 1
        number = flow[record]
        if not length or number not in streams or flag & _RST:
            continue
        end = (sequences[record] + length) % _ALL
        known = highest.get(number)
        if known is None or 0 < (end - known) % _ALL < _HALF or _begins_anew(sequences[record], flag, known):
            highest[number] = end
        elif length > 1 or flag & (_SYN | _FIN) or end != known:
            found[number] += 1
    return dict(found)


def _begins_anew(sequence: int, flag: int, highest: int) -> bool:
    """Whether it opens another connection between the same ports, not the one whose only octet so far was its SYN."""
    return bool(flag & _SYN) and (highest - sequence) % _ALL != 1


def senders(index: Index) -> dict[str, dict[str, set[str]]]:
    """MAC -> source address of IP or ARP -> points, of all frames seen: who sends as what, where."""
    found: dict[str, dict[str, set[str]]] = {}
    for point in index.points:
        capture = point.capture
        for link, flow, marks in set(zip(capture.columns["link"], point.flow, capture.columns["marks"], strict=True)):
            source = index.flows[flow].source
            if not marks & ODD and source != "-":
                found.setdefault(capture.links[link].source, {}).setdefault(source, set()).add(capture.point)
    found.pop("-", None)
    return found
