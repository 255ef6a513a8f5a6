"""What a trace means: the verdict in one sentence, and what speaks for it. Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.netops.layer2.plugins.module_utils._mac import Mac
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import NS, Capture, Flow
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._correlation import Trace, Way
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._evidence import sealed, translated, twins, within
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._hops import Hop
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._matching import Index, Translation
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._plan import Rival

LATE = NS // 5          # a delay between two neighbouring points that a person feels
_MOST_NAMED = 3
_AS_MANY = 0.9          # of the packets that another point saw


@dataclass(frozen=True, slots=True)
class Verdict:
    """``status`` is astray, loss, cannot_tell, unanswered, late, nothing_seen or clean; ``evidence`` are sentences,
    too.
    """

    status: str
    sentence: str
    evidence: list[str] = field(default_factory=list)


def judged(trace: Trace, labels: Mapping[str, str], rivals: Sequence[Rival] = ()) -> Verdict:
    """The verdict on a trace; LABELS are what people call the points, RIVALS are machines that are known to have one
    MAC.
    """
    teller = _Teller(trace, labels, rivals)
    for judge in (teller.nothing, teller.apart, teller.lost, teller.uncompared, teller.unanswered, teller.late):
        verdict = judge()
        if verdict is not None:
            return verdict
    return teller.clean()


class _Teller:
    """Knows the names of the points."""

    def __init__(self, trace: Trace, labels: Mapping[str, str], rivals: Sequence[Rival]) -> None:
        self.trace, self.labels, self.rivals = trace, labels, rivals

    def name(self, number: int) -> str:
        """What people call a point."""
        point = self.trace.captures[number].point
        return self.labels.get(point, point)

    def at(self, way: Way, place: int) -> str:
        """What people call a place of a way."""
        return self.name(way.order[place])

    def nothing(self) -> Verdict | None:
        """No packet of either direction anywhere."""
        if any(len(way.tracks) for way in self.trace.ways):
            return None
        seen = sum(len(capture) for capture in self.trace.captures)
        for number, capture in enumerate(self.trace.captures):
            if capture.beheaded > len(capture) // 2:
                return Verdict(
                    "cannot_tell",
                    f"{capital(self.name(number))} {_cut_short(capture)}: trace again with snap_length 320.",
                )
        if seen:
            return Verdict(
                "nothing_seen",
                f"None of the {seen} packets captured goes between the two ends: check the addresses and the filter.",
            )
        return Verdict("nothing_seen", "No point saw any packet: nobody sent, or the filter fits nothing.")

    def apart(self) -> Verdict | None:
        """Packets, but none that another point could have seen as well."""
        if any(hop.sent for way in self.trace.ways for hop in way.hops):
            return None
        return Verdict("cannot_tell", f"No packet can be followed. {self._why_apart()}.", self._twins())

    def _why_apart(self) -> str:
        short = [
            number
            for number in self.trace.path
            if self.trace.captures[number].beheaded > len(self.trace.captures[number]) // 2
        ]
        if short:
            return (
                f"{capital(self.name(short[0]))} {_cut_short(self.trace.captures[short[0]])}: capture anew with"
                " snap_length 320"
            )
        silent = [number for number in self.trace.path if not len(self.trace.captures[number])]
        if silent:
            return (
                f"{capital(self.name(silent[0]))} has no packets at all, so nobody knows whether it listened: capture"
                " there anew"
            )
        new = [(way, hop) for way in self.trace.ways for hop in way.hops if hop.appeared]
        if new:
            way, hop = new[0]
            packets = f"{capital(self.at(way, hop.end))} saw packets for {ends(way.destinations)}"
            return (
                f"{packets}, but {self.at(way, hop.start)} listened and saw none of them: they come another way, or its"
                " filter left them out"
            )
        first, last = self.trace.path[0], self.trace.path[-1]
        return (
            f"{capital(self.name(first))} and {self.name(last)} did not listen at the same time: capture at all points"
            " at once"
        )

    def lost(self) -> Verdict | None:
        """The hop that loses most, if any does."""
        losing = [(way, hop) for way in self.trace.ways for hop in way.hops if hop.lost]
        if not losing:
            return None
        way, hop = max(losing, key=lambda pair: (sum(pair[1].astray.values()), len(pair[1].lost)))
        after = self.trace.captures[way.order[hop.end]]
        counted = f"{len(hop.lost)} of {hop.sent}"
        if after.dropped and after.dropped >= len(hop.lost):
            return Verdict(
                "cannot_tell",
                f"{capital(self.at(way, hop.end))} shows {counted} packets for {ends(way.destinations)} missing, but"
                f" its kernel dropped {after.dropped} while capturing: trace again with a narrower filter.",
            )
        if after.odd and after.odd >= min(len(hop.lost) / 2, len(after) // 2):
            return Verdict(
                "cannot_tell",
                f"{capital(self.at(way, hop.end))} shows {counted} packets for {ends(way.destinations)} missing, but it"
                f" {_cut_short(after)}: trace again with snap_length 320.",
            )
        followed = self._otherwise(way, hop)
        if followed is not None:
            return followed
        evidence = self._all_losses(hop) + self._twins() + self._delays()
        if after.odd:
            evidence.append(
                f"As many as {after.odd} of those may have arrived: {self.at(way, hop.end)} {_cut_short(after)}."
            )
        if hop.astray:
            return Verdict("astray", self._astray(way, hop), evidence)
        sentence = (
            f"Frames for {ends(way.destinations)} leave {self.at(way, hop.start)}, but"
            f" {percent(len(hop.lost), hop.sent)} ({counted}) never arrive at {self.at(way, hop.end)}."
        )
        return Verdict("loss", sentence, evidence)

    def _otherwise(self, way: Way, hop: Hop) -> Verdict | None:
        """What seems lost may have come out of the hop as something else: with other addresses, or in a tunnel."""
        changed = translated(self.trace.index.flows, way.tracks, hop)
        if changed is not None:
            return self._translated(way, hop, *changed)
        carried = within(self.trace.index.flows, way.tracks, hop)
        return self._sealed(way, hop, *carried) if carried is not None else None

    def _astray(self, way: Way, hop: Hop) -> str:
        # Of those that saw as many the one farthest in; each began to capture at its own moment, which costs a few.
        most = max(hop.astray.values())
        place = max(each for each, count in hop.astray.items() if count >= _AS_MANY * most)
        count = hop.astray[place]
        macs = {
            carried.link.destination
            for carried in way.carried[place]
            if carried.link.destination != "-" and not _is_group(carried.link.destination)
        }
        mac = f" to {next(iter(macs))}" if len(macs) == 1 else ""
        return (
            f"Frames for {ends(way.destinations)} leave {self.at(way, hop.start)}, but {percent(count, hop.sent)}"
            f" ({count} of {hop.sent}) arrive at {self.at(way, place)}{mac} instead of at {self.at(way, hop.end)}."
        )

    def _translated(self, way: Way, hop: Hop, count: int, before: Flow, after: Flow) -> Verdict:
        """What seems lost arrives with other addresses or ports."""
        return Verdict(
            "cannot_tell",
            f"Packets for {ends(way.destinations)} arrive at {self.at(way, hop.end)} with other addresses than they"
            f" leave {self.at(way, hop.start)} with ({count} of {hop.sent}, such as {before} as {after}). They are"
            " translated (NAT) on the way: trace each side by the addresses that it has there.",
            self._twins(),
        )

    def _sealed(self, way: Way, hop: Hop, count: int, tunnel: Flow) -> Verdict:
        """What seems lost may be in a tunnel that cannot be looked into."""
        return Verdict(
            "cannot_tell",
            f"{capital(self.at(way, hop.end))} saw none of the {hop.sent} packets for {ends(way.destinations)}, but"
            f" {count} packets of a tunnel that may carry them and is not opened ({sealed(tunnel)}, such as {tunnel}):"
            " trace at the ends of the tunnel, where they go in and come out.",
            self._twins(),
        )

    def _all_losses(self, first: Hop) -> list[str]:
        """The other hops that lose, and what strays where."""
        found = []
        for way in self.trace.ways:
            for hop in way.hops:
                if hop.lost and hop is not first:
                    between = f"Between {self.at(way, hop.start)} and {self.at(way, hop.end)}"
                    found.append(
                        f"{between} {percent(len(hop.lost), hop.sent)} of the packets for {ends(way.destinations)} are"
                        " lost, too."
                    )
                gone = f"{len(hop.lost)} packets for {ends(way.destinations)} lost behind {self.at(way, hop.start)}"
                found += self._beside(way, hop.astray, gone)
        return found

    def _beside(self, way: Way, seen: Mapping[int, int], packets: str) -> list[str]:
        """What points beside the path saw of PACKETS: place -> number, the most first."""
        return [
            f"{capital(self.at(way, place))} saw {count} of the {packets}."
            for place, count in sorted(seen.items(), key=lambda item: -item[1])
        ]

    def _twins(self) -> list[str]:
        """MACs that frames of two machines carry."""
        claimed = [
            f"{_machine(rival.one, rival.one_sends)} and {_machine(rival.other, rival.other_sends)} both have the MAC"
            f" {rival.mac}."
            for rival in self.rivals
        ]
        claimed += [
            f"Translated before {self.name(number)} (NAT): {said}."
            for number, said in translations(self.trace.index).items()
        ]
        return claimed + [
            f"Two machines send from {one.mac}: {one.address} and {other.address} lie on different sides of"
            f" {self.name(number)}."
            for one, other, number in twins(self.trace.senders)
        ]

    def uncompared(self) -> Verdict | None:
        """Most packets of a hop may have been lost, or sent before the next point listened: no clock tells."""
        found = [
            (way, hop) for way in self.trace.ways for hop in way.hops if not hop.is_compared and hop.outside > hop.sent
        ]
        if not found:
            return None
        way, hop = max(found, key=lambda pair: pair[1].outside)
        start, end = self.at(way, hop.start), self.at(way, hop.end)
        unseen = f"{hop.outside} packets for {ends(way.destinations)} that {end} did not see"
        return Verdict(
            "cannot_tell",
            f"{capital(end)} saw {hop.seen} of {hop.sent + hop.outside} packets for {ends(way.destinations)} that left"
            f" {start}, and too few to compare the two clocks, so nobody knows whether it listened when the others were"
            " sent: trace longer, or while a ping runs.",
            self._beside(way, hop.strays, unseen) + self._twins(),
        )

    def unanswered(self) -> Verdict | None:
        """Everything arrives, nothing comes back."""
        there, back = self.trace.ways
        if (
            not len(there.tracks)
            or len(back.tracks)
            or not there.hops
            or not there.hops[-1].seen
            or not self._expects_answers(there)
        ):
            return None
        end = self.at(there, there.path_length - 1)
        sentence = (
            f"All {there.hops[-1].seen} packets for {ends(there.destinations)} arrive at {end}, and nothing comes back."
        )
        return Verdict("unanswered", sentence, self._twins())

    def _expects_answers(self, way: Way) -> bool:
        flows = [flow for flow, side in zip(self.trace.index.flows, self.trace.sides, strict=True) if side == way.side]
        pairs = {(flow.source, flow.destination) for flow in flows}
        if any((destination, source) in pairs for source, destination in pairs):
            return False  # both directions look alike, and the answers are among these
        return any(flow.protocol in ("tcp", "icmp", "icmp6", "arp") for flow in flows)

    def late(self) -> Verdict | None:
        """Nothing is lost, but something is slow."""
        found = [
            (hop.delays["maximum"], way, hop)
            for way in self.trace.ways
            for hop in way.hops
            if hop.delays and self._certain(way, hop)
        ]
        slowest = max(found, key=lambda item: item[0], default=None)
        if slowest is None or slowest[0] < LATE:
            return None
        delay, way, hop = slowest
        sentence = (
            f"All packets arrive, but those for {ends(way.destinations)} take up to {delay / NS:.1f} s between"
            f" {self.at(way, hop.start)} and {self.at(way, hop.end)} (half of them {duration(hop.delays['p50'])} or"
            " less)."
        )
        return Verdict("late", sentence, self._twins())

    def _certain(self, way: Way, hop: Hop) -> bool:
        captures = [self.trace.captures[way.order[place]] for place in (hop.start, hop.end)]
        uncertainty = self.trace.times.uncertainty(*captures)
        return uncertainty is not None and uncertainty < LATE

    def _delays(self) -> list[str]:
        return [
            f"Packets for {ends(way.destinations)} take up to {hop.delays['maximum'] / NS:.1f} s between"
            f" {self.at(way, hop.start)} and {self.at(way, hop.end)}."
            for way in self.trace.ways
            for hop in way.hops
            if hop.delays and hop.delays["maximum"] >= LATE and self._certain(way, hop)
        ]

    def _longest(self, ways: Sequence[Way]) -> float | None:
        """The longest delay of a hop between clocks that were compared."""
        return max(
            (hop.delays["maximum"] for way in ways for hop in way.hops if hop.delays and self._certain(way, hop)),
            default=None,
        )

    def clean(self) -> Verdict:
        """Nothing to complain of between these points."""
        ways = [way for way in self.trace.ways if len(way.tracks)]
        again = sum(sum(way.retransmitted.values()) for way in ways)
        longest = self._longest(ways)
        counts = " and ".join(f"all {way.hops[0].sent} packets for {ends(way.destinations)}" for way in ways)
        slow = (
            f", the slowest within {duration(longest)} a hop"
            if longest is not None
            else "; how long they take is not known"
        )
        passed = (
            "arrive, though not every point saw them"
            if any(hop.missed for way in ways for hop in way.hops)
            else "pass every point"
        )
        tail = f" {again} were sent again, for a reason that lies outside of these points." if again else ""
        return Verdict("clean", f"{capital(counts)} {passed}{slow}.{tail}", self._twins())


def translations(index: Index) -> dict[int, str]:
    """Number of a point -> which flows came to it with other addresses or ports than they had before, and by how many
    packets that is known.
    """
    found: dict[int, list[Translation]] = {}
    for made in index.translations:
        found.setdefault(made.point, []).append(made)
    said = {}
    for number, flows in found.items():
        first = max(flows, key=lambda made: made.packets)
        more = f", and {len(flows) - 1} more flows" if len(flows) > 1 else ""
        said[number] = (
            f"{index.flows[first.before]} comes as {index.flows[first.after]} (known by {first.packets} packets){more}"
        )
    return said


def _cut_short(capture: Capture) -> str:
    """What was cut within its headers, or damaged, at a point."""
    if capture.beheaded:
        return f"cut {capture.beheaded} of its {len(capture)} packets within their headers (snap length)"
    return f"shows damaged headers in {capture.odd} of its {len(capture)} packets"


def ends(addresses: tuple[str, ...]) -> str:
    shown = [address for address in addresses if address != "-"]
    if not shown:
        return "the other end"
    return (
        " and ".join(shown)
        if len(shown) <= _MOST_NAMED
        else f"{', '.join(shown[:_MOST_NAMED])} and {len(shown) - _MOST_NAMED} more"
    )


def _machine(name: str, addresses: tuple[str, ...]) -> str:
    return f"{name}, which sends as {ends(addresses)}," if addresses else name


def percent(part: int, whole: int) -> str:
    share = 100 * part / whole if whole else 0.0
    return f"{share:.0f} %" if share >= 1 or not part else f"{share:.2g} %"


def duration(nanoseconds: float) -> str:
    """A time as people read it."""
    for unit, size in (("s", NS), ("ms", 1_000_000), ("µs", 1000)):
        if abs(nanoseconds) >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds:.0f} ns"


def capital(text: str) -> str:
    """A sentence's begin; names of hosts stay as they are."""
    return text[:1].upper() + text[1:] if text.startswith(("the ", "all ")) else text


def _is_group(mac: str) -> bool:
    return Mac.parse(mac).is_multicast
