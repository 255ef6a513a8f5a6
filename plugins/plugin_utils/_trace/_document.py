"""A trace as the document that the filter returns (docs/captures.md, docs/schemas/trace-v1.json). Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections import Counter
from collections.abc import Mapping, Sequence

from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import NS, Capture
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._clocks import Piece, steps
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._correlation import Trace, Way
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._evidence import twins
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._hops import Hop
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._ladder import ladder
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._plan import Rival
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._sides import THERE
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._times import Clock
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._words import ends, judged, translations

SCHEMA, VERSION = "netops.layer2/trace", 1
_MOST_FLOWS = 50
_MOST_LINKS = 20
_LITTLE = 0.5   # more of a point's packets than this share outside all directions are worth a remark

Document = dict[str, t.Any]


def document(trace: Trace, labels: Mapping[str, str], rivals: Sequence[Rival] = ()) -> Document:
    """The document; times are seconds, those within the trace since ``begin`` (Unix time by the clock of the first
    point).
    """
    begin = _begin(trace)
    verdict = judged(trace, labels, rivals)
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "begin": begin / NS,
        "verdict": {"status": verdict.status, "sentence": verdict.sentence, "evidence": verdict.evidence},
        "summary": _summary(trace),
        "points": [_point(trace, number, labels, begin) for number in (*trace.path, *trace.beside)],
        "clocks": [_clock(clock, begin) for clock in trace.times.clocks.values()],
        "ways": [_way(trace, way, begin) for way in trace.ways],
        "twins": [
            {"mac": one.mac, "addresses": [one.address, other.address], "point": trace.captures[number].point}
            for one, other, number in twins(trace.senders)
        ],
        "claimed": [
            {
                "mac": rival.mac,
                "machines": [rival.one, rival.other],
                "addresses": [list(rival.one_sends), list(rival.other_sends)],
            }
            for rival in rivals
        ],
        "ladder": ladder(trace, begin),
        "gaps": _gaps(trace),
    }


def _begin(trace: Trace) -> int:
    return min((times[0] for times in trace.times.corrected if len(times)), default=trace.captures[0].window[0])


def _summary(trace: Trace) -> Document:
    return {
        "points": len(trace.captures),
        "captured": sum(len(capture) for capture in trace.captures),
        "packets": sum(len(way.tracks) for way in trace.ways),
        "lost": sum(len(hop.lost) for way in trace.ways for hop in way.hops),
        "doubled": sum(hop.doubled for way in trace.ways for hop in way.hops),
        "retransmitted": sum(sum(way.retransmitted.values()) for way in trace.ways),
        "joined": sum(way.tracks.joined for way in trace.ways),
        "passing": trace.passing,
    }


def _point(trace: Trace, number: int, labels: Mapping[str, str], begin: int) -> Document:
    capture = trace.captures[number]
    made: Document = {
        "point": capture.point,
        "host": capture.host,
        "interface": capture.interface,
        "label": labels.get(capture.point, capture.point),
        "beside": number in trace.beside,
        "packets": len(capture),
        "ended": capture.ended,
        "cut": capture.cut,
        "odd": capture.odd,
        "window": [round(_within(trace, number, moment, begin), 6) for moment in capture.window],
    }
    if capture.dropped is not None:
        made["dropped"] = capture.dropped
    return made


def _within(trace: Trace, number: int, moment: int, begin: int) -> float:
    """A reading of a point's clock as seconds since the begin."""
    raw, corrected = trace.captures[number].columns["time"], trace.times.corrected[number]
    shift = raw[0] - corrected[0] if len(raw) else 0
    return (moment - shift - begin) / NS


def _clock(clock: Clock, begin: int) -> Document:
    made: Document = {
        "host": clock.host,
        "reference": clock.reference,
        "packets": clock.packets,
        "through": clock.through,
    }
    if clock.pieces:
        last = clock.pieces[-1]
        made |= {
            "offset": last.at(begin) / NS, "skew_ppm": last.skew * 1e6,
            "uncertainty": None if clock.uncertainty is None else clock.uncertainty / NS,
            "skew_ppm_bounds": None if last.skew_bounds is None else [bound * 1e6 for bound in last.skew_bounds],
            "steps": _steps(clock.pieces, begin),
        }
    return made


def _steps(pieces: tuple[Piece, ...], begin: int) -> list[Document]:
    return [{"at": (moment - begin) / NS, "by": jump / NS} for moment, jump in steps(pieces)]


def _way(trace: Trace, way: Way, begin: int) -> Document:
    first = way.first_loss
    return {
        "direction": "there" if way.side == THERE else "back",
        "sources": [address for address in way.sources if address != "-"],
        "destinations": [address for address in way.destinations if address != "-"],
        "packets": len(way.tracks),
        "joined": way.tracks.joined,
        "retransmitted": sum(way.retransmitted.values()),
        "first_loss": None if first is None else way.hops.index(first),
        "hops": [_hop(trace, way, hop, begin) for hop in way.hops],
        "beside": [_strays(trace, way, place) for place in range(way.path_length, len(way.order))],
        "links": [_links(trace, way, place) for place in range(len(way.order))],
        "flows": _flows(trace, way),
    }


def _hop(trace: Trace, way: Way, hop: Hop, begin: int) -> Document:
    start, end = (trace.captures[way.order[place]] for place in (hop.start, hop.end))
    uncertainty = trace.times.uncertainty(start, end)
    comparable = start.host == end.host or all(trace.times.clocks[capture.host].known for capture in (start, end))
    return {
        "from": start.point,
        "to": end.point,
        "sent": hop.sent,
        "seen": hop.seen,
        "lost": len(hop.lost),
        "missed": hop.missed,
        "outside": hop.outside,
        "appeared": hop.appeared,
        "doubled": hop.doubled,
        "delay": {name: value / NS for name, value in hop.delays.items()} if comparable and hop.delays else None,
        "uncertainty": None if uncertainty is None else uncertainty / NS,
        "first_lost": _moment(way, hop, begin),
        "astray": {trace.captures[way.order[place]].point: count for place, count in hop.astray.items()},
        "series": _series(hop, begin),
    }


def _series(hop: Hop, begin: int) -> Document:
    """Packets and delays of a hop over time, in seconds since BEGIN."""
    return {
        "begin": (hop.begin - begin) / NS if hop.series else 0.0,
        "step": hop.step / NS,
        "columns": ["sent", "lost", "p50", "maximum"],
        "rows": [
            [sent, lost, *(None if delay is None else delay / NS for delay in delays)]
            for sent, lost, *delays in hop.series
        ],
    }


def _moment(way: Way, hop: Hop, begin: int) -> float | None:
    """When the first packet that got lost was last seen."""
    if not hop.lost:
        return None
    seen = way.tracks.points[hop.start]
    return min((seen.times[way.tracks.where[hop.start][packet]] - begin) / NS for packet in hop.lost)


def _strays(trace: Trace, way: Way, place: int) -> Document:
    """What a point beside the path saw of a direction, although it lies on no way of it."""
    where = way.tracks.where[place]
    seen = sum(1 for record in where if record >= 0)
    return {"point": trace.captures[way.order[place]].point, "seen": seen, "of": len(way.tracks)}


def _links(trace: Trace, way: Way, place: int) -> Document:
    capture = trace.captures[way.order[place]]
    rows = []
    for carried in way.carried[place][:_MOST_LINKS]:
        row = {name: getattr(carried.link, name) for name in carried.link.__slots__}
        rows.append({name: value for name, value in row.items() if value != "-"} | {"packets": carried.packets})
    return {"point": capture.point, "pairs": rows, "more": max(0, len(way.carried[place]) - _MOST_LINKS)}


def _flows(trace: Trace, way: Way) -> list[Document]:
    """The flows with most losses, then most packets, as the first point of the way saw them."""
    first = way.tracks.points[0]
    packets = Counter(map(first.flow.__getitem__, first.records))
    lost: Counter[int] = Counter()
    for hop in way.hops:
        seen, where = way.tracks.points[hop.start], way.tracks.where[hop.start]
        lost.update(seen.flow[where[packet]] for packet in hop.lost)
    chosen = sorted(packets.keys() | lost.keys(), key=lambda flow: (-lost[flow], -packets[flow], flow))[:_MOST_FLOWS]
    return [
        {
            "flow": str(trace.index.flows[flow]),
            "packets": packets[flow],
            "lost": lost[flow],
            "retransmitted": way.retransmitted.get(flow, 0),
        }
        for flow in chosen
    ]


def _gaps(trace: Trace) -> list[dict[str, str]]:
    """What limits the trace: the captures' own gaps, packets that cannot be compared, clocks that cannot."""
    found = [{"point": capture.point, **gap} for capture in trace.captures for gap in capture.gaps]
    for capture in trace.captures:
        found += [
            {"point": capture.point, "subset": subset, "reason": reason, "hint": hint}
            for subset, reason, hint in _limits(capture)
        ]
    found += _blind(trace) + _doubled(trace) + _passing(trace) + _altered(trace) + _renamed(trace) + _tangled(trace)
    found += _unfollowed(trace)
    hosts = {trace.captures[number].host for number in trace.path}  # of a point beside the path nothing is timed
    for clock in (clock for host, clock in trace.times.clocks.items() if host in hosts):
        if not clock.known:
            found.append(
                {
                    "host": clock.host,
                    "subset": "clock",
                    "reason": "too few packets in common with the path to compare its clock",
                    "hint": "trace longer, or with a wider filter",
                }
            )
        elif clock.uncertainty is None:
            found.append(
                {
                    "host": clock.host,
                    "subset": "clock",
                    "reason": "traffic went one way only, so delays are relative to the fastest packet",
                    "hint": "trace traffic that is answered, a ping beside it is enough",
                }
            )
    return found


def _doubled(trace: Trace) -> list[dict[str, str]]:
    """Points that show packets twice."""
    return [
        {
            "point": point.capture.point,
            "subset": "copies",
            "reason": (
                f"shows {len(point.copies)} of its {len(point.capture)} records again within a millisecond; each packet"
                " is counted once"
            ),
            "hint": "capture on one interface and one direction of a mirror port; nothing is wrong with the packets",
        }
        for point in trace.index.points
        if point.copies
    ]


_CHANGES = {
    "options": "with other TCP options (such as time stamps) than before",
    "numbers": "with other TCP sequence numbers than before",
    "fragments": "cut into fragments, or put together again",
}


def _altered(trace: Trace) -> list[dict[str, str]]:
    """What was changed on the way to a point; the packets are followed all the same."""
    return [
        {
            "point": trace.captures[way.order[place]].point,
            "subset": "changed",
            "reason": f"{count} packets for {ends(way.destinations)} came {_CHANGES[kind]}",
            "hint": (
                "nothing is lost by it; look for a middlebox, or for a link with a smaller MTU, on the hop before this"
                " point"
            ),
        }
        for way in trace.ways
        for place, kinds in enumerate(way.tracks.changed)
        for kind, count in kinds.items()
        if count
    ]


def _renamed(trace: Trace) -> list[dict[str, str]]:
    """Where addresses or ports were translated; the packets are followed all the same."""
    return [
        {"point": trace.captures[number].point, "subset": "translated", "reason": f"translated here (NAT): {said}",
         "hint": "nothing is lost by it; the addresses of this trace are those before the translation"}
        for number, said in translations(trace.index).items()
    ]


def _unfollowed(trace: Trace) -> list[dict[str, str]]:
    """What came through a translation, or did not, without telling which conversation it belongs to."""
    flows = sorted(trace.index.unfollowed)
    if not flows:
        return []
    more = f", and {len(flows) - 1} more flows" if len(flows) > 1 else ""
    return [
        {
            "subset": "translated",
            "reason": (
                f"{trace.index.flows[flows[0]]}{more}: fragments or ICMP errors at a translation (NAT), which hold no"
                " ports; several conversations could be theirs, or nothing agrees, so they are not followed, and none"
                " of them counts as lost"
            ),
            "hint": "trace each side by the addresses that it has there, or a path MTU that needs no fragments",
        }
    ]


def _tangled(trace: Trace) -> list[dict[str, str]]:
    """Points whose TCP data overlaps so often with what others saw that nobody can tell in time which is which."""
    return [
        {
            "point": trace.captures[way.order[place]].point,
            "subset": "data",
            "reason": (
                f"TCP data for {ends(way.destinations)} overlaps that of the points before beyond any real"
                " conversation; what was cut or joined on the way counts as lost, or as new"
            ),
            "hint": "look who captured these, and trace without them",
        }
        for way in trace.ways
        for place in sorted(way.tracks.tangled)
    ]


def _passing(trace: Trace) -> list[dict[str, str]]:
    """What belongs to no direction, and so is not followed."""
    if not trace.passing:
        return []
    return [
        {
            "subset": "passing",
            "reason": (
                f"{trace.passing} packets belong to no conversation between the two ends and are not followed (ARP,"
                " groups, other hosts, conversations that only one point saw)"
            ),
            "hint": "name source and destination, or filter by them while capturing",
        }
    ]


def _blind(trace: Trace) -> list[dict[str, str]]:
    """Points that saw none of the packets that were seen before and behind them."""
    return [
        {"point": trace.captures[way.order[hop.end]].point, "subset": "packets",
         "reason": f"saw none of {hop.missed} packets that were seen before and behind it",
         "hint": "check its interface and filter; if the packets go another way, leave it out"}
        for way in trace.ways for hop in way.hops if hop.missed and not hop.seen and not hop.lost
    ]


def _limits(capture: Capture) -> list[tuple[str, str, str]]:
    found = []
    if capture.cut:
        found.append(
            (
                "payload",
                f"{capture.cut} packets were cut before their payload could be told apart",
                "capture with snap_length 320 or more",
            )
        )
    if capture.beheaded:
        found.append(
            (
                "headers",
                (
                    f"{capture.beheaded} packets were cut within their headers by the snap length of the capture and"
                    " match nothing; they are no loss"
                ),
                "capture with snap_length 320 or more (tcpdump -s 320)",
            )
        )
    if capture.odd > capture.beheaded:
        found.append(
            (
                "headers",
                f"{capture.odd - capture.beheaded} packets have damaged headers and match nothing",
                "look at the interface's error counters",
            )
        )
    if capture.dropped:
        found.append(
            (
                "drops",
                f"the kernel dropped {capture.dropped} packets while capturing",
                "trace with a narrower filter or more memory",
            )
        )
    if capture.ended in ("packets", "bytes"):
        found.append(
            (
                "bounds",
                f"ended by its bound of {capture.ended} before its time was up",
                "raise the bound, or narrow the filter",
            )
        )
    return found
