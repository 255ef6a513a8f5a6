"""The verdict: every MAC on several NICs, or with several addresses, judged conflict, latent, suspected or shared."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import typing as t
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ansible_collections.netops.layer2.plugins.module_utils._table import natural
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import listed
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hosts import Hosts
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim, Model
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._observation import Comparison, Lease
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._segments import Link
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._sightings import (
    Learned,
    Neighbour,
    Sightings,
    learned_beyond,
    twins_seen_by_themselves,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Fleet
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._switching import Apart, Fight, Loop, Spot, Switching
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import (
    Contest,
    Sharing,
    held_addresses,
    place,
    rival_nics,
    seen_from_outside,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._mac._list import legitimate
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._mac._routers import router
from ansible_collections.netops.layer2.plugins.plugin_utils._sources._list import read
from ansible_collections.netops.layer2.plugins.plugin_utils._sources._observe import Observed
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict import _explain, _switch_words
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._assessment import (
    Assessment,
    Evaluation,
    Row,
    judged,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import ExceptionList

SCHEMA = "netops.layer2/verdict"
VERSION = 1
STATUSES = ("conflict", "suspected", "latent", "shared")


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided about one contest, and by which rule."""

    status: str
    rule: str
    reason: str
    confidence: str
    segment: str
    proof: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Signs:
    """Proof of twins other than a common segment, and what was seen besides."""

    itself: list[Neighbour]
    beyond: list[Learned]
    dad_failed: list[Claim]
    neighbours: list[Neighbour]
    learned: list[Learned]
    fights: list[Fight]
    apart: list[Apart]

    @property
    def strong(self) -> bool:
        """Whether they show that another machine uses the MAC, or did so."""
        return bool(self.itself or self.beyond or self.dad_failed or self.on_switches)

    @property
    def on_switches(self) -> bool:
        """Whether switches show two places of it more than once; what one reading shows may have moved in between."""
        return bool(self.fights or any(pair.again for pair in self.apart))

    @property
    def present(self) -> bool:
        """Whether another one uses it now: an address stays marked for as long as it is there, also when its rival is
        long gone (RFC 4862, 5.4.5).
        """
        return bool(self.itself or self.beyond or self.fights or self.apart)

    def words(self) -> Iterator[str]:
        """One sentence a sign."""
        for entry in self.itself[:3]:
            yield f"{entry.host}: sees its own address behind {entry.address}, so another machine answers with it"
        for learned in self.beyond[:3]:
            yield f"{learned.host}: its own guest's address comes in through {learned.port} of {learned.bridge} too"
        for claim in self.dad_failed[:3]:
            inside = f" of container {claim.guest}" if claim.owner_kind == "container" else ""
            yield f"{claim.host}: IPv6 duplicate address detection failed on {claim.interface}{inside}"
        yield from _switch_words.evidence(self.fights, self.apart)


@dataclass(frozen=True)
class Judge:
    """Judges contests of one fleet."""

    model: Model
    sightings: Sightings
    machines: Mapping[str, list[Comparison]] = field(
        default_factory=dict
    )  # what scans found out of addresses behind one MAC
    switching: Switching = field(default_factory=Switching)
    _taps: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def contests(self) -> Iterator[Contest]:
        """Every MAC that needs a verdict."""
        told = set()
        for contest in self._told():
            told.add(contest.mac)
            yield contest
        for mac in sorted({*self.switching.fights, *self.switching.apart, *self.switching.mlag} - told):
            seen = tuple(self._in_one_segment(mac))
            yield Contest(mac, tuple(self.model.claims.get(mac, ())), self.model, seen, self._routes(mac, seen))

    def _told(self) -> Iterator[Contest]:
        """The same of those that claims and tables of hosts tell of."""
        for mac, claims in self.model.contested().items():
            seen = tuple(self.sightings.addresses(mac))
            yield Contest(mac, tuple(claims), self.model, seen, self._routes(mac, seen))
        for mac in self.sightings.several:
            if len(self.model.claims.get(mac, ())) > 1:
                continue  # judged above
            claims = self.model.claims.get(mac, [])
            together = self._not_flux(mac, claims)
            if len(together) > 1:
                yield Contest(mac, tuple(claims), self.model, tuple(together), self._routes(mac, tuple(together)))
        yield from self._contradicted()
        yield from self._behind_two_ports()
        yield from self._two_clients()

    def _not_flux(self, mac: str, claims: t.Sequence[Claim]) -> list[str]:
        """What ``_in_one_segment`` says of MAC, without what the machine of CLAIMS answers for with several NICs."""
        return [address for address in self._in_one_segment(mac) if not self._is_flux(address, claims)]

    def _is_flux(self, address: str, claims: t.Sequence[Claim]) -> bool:
        """Whether ADDRESS was seen at several MACs, all of the machine of CLAIMS: it answers for it, whoever holds it.
        """
        macs = self._several_macs.get(address, ())
        if not claims or not all(mac in self.model.claims for mac in macs):
            return False
        owners = {self.model.owner_of(claim) for mac in macs for claim in self.model.claims[mac]}
        return owners == {self.model.owner_of(claim) for claim in claims}

    @cached_property
    def _several_macs(self) -> dict[str, list[str]]:
        """Address -> its MACs, of those that neighbours have at several."""
        found: dict[str, list[str]] = {}
        for address, mac in self.model.tables.pairs:
            if mac:
                found.setdefault(address, []).append(mac)
        return {address: macs for address, macs in found.items() if len(macs) > 1}

    def _behind_two_ports(self) -> Iterator[Contest]:
        """MACs of guests that nobody asked, which the bridges of several hypervisors have learnt from a guest of their
        own.
        """
        for mac in sorted(self.sightings.behind_ports):
            claims = self.model.claims.get(mac, ())
            if len(claims) < 2 and mac not in self.sightings.several and len(self.guest_ports(mac)) > 1:
                yield Contest(mac, tuple(claims), self.model)

    def _two_clients(self) -> Iterator[Contest]:
        """MACs that nothing speaks against but the leases of two machines."""
        for mac in sorted(self.model.leases):
            claims = self.model.claims.get(mac, ())
            spoken = {
                *self.sightings.several,
                *self.sightings.itself,
                *self.sightings.learned,
                *self.sightings.behind_ports,
            }
            if len(claims) < 2 and mac not in spoken and len(self.clients(mac)) > 1:
                yield Contest(mac, tuple(claims), self.model)

    def clients(self, mac: str) -> list[Lease]:
        """One held lease for each machine that its client identifier names, if several ask with MAC."""
        first: dict[str, Lease] = {}
        for lease in self.model.leases.get(mac, ()):
            if lease.is_held and lease.machine:
                first.setdefault(lease.machine, lease)
        return list(first.values()) if len(first) > 1 else []

    def guest_ports(self, mac: str) -> list[Learned]:
        """One port to a guest for each hypervisor that has learnt MAC there, if they are several."""
        first: dict[str, Learned] = {}
        for entry in self.sightings.behind_ports.get(mac, ()):
            first.setdefault(entry.host, entry)
        return [first[host] for host in sorted(first)] if len(first) > 1 else []

    def _contradicted(self) -> Iterator[Contest]:
        """MACs of one claim each that nothing but a sign of another machine speaks against."""
        told = {*self.sightings.itself, *self.sightings.learned}
        for mac in sorted(told):
            claims = self.model.claims.get(mac, ())
            if len(claims) == 1 and len(self._in_one_segment(mac)) < 2:
                behind = {entry.address for entry in self.sightings.itself.get(mac, ())}
                contest = Contest(
                    mac, tuple(claims), self.model, tuple(sorted({*behind, *self.sightings.addresses(mac)}))
                )
                if self._signs(contest).present:
                    yield contest

    def _routes(self, mac: str, seen: tuple[str, ...]) -> bool:
        return mac in self.sightings.routers or not self.sightings.next_hops.isdisjoint(seen)

    def _in_one_segment(self, mac: str) -> list[str]:
        """The largest group of IPv4 addresses that were seen behind MAC in one segment."""
        groups: dict[object, set[str]] = {}
        for entry in (*self.sightings.several.get(mac, {}).values(), *self.sightings.neighbours.get(mac, ())):
            if ":" not in entry.address:
                key = self.model.segments.find(entry.point) if entry.point >= 0 else (entry.host, entry.interface)
                groups.setdefault(key, set()).add(entry.address)
        largest: set[str] = max(groups.values(), key=len, default=set())
        return sorted(largest)

    def findings(self, list_shared: bool) -> Iterator[Row | None]:
        """One for each contest; None for a MAC that is shared with good reason, unless such are listed too."""
        yield from (_loop_finding(loop) for loop in self.switching.loops)
        for contest in self.contests():
            sharing = self._reason(contest)
            yield None if not list_shared and self._is_shared(contest, sharing) else _finding(self, contest, sharing)

    def ruling(self, contest: Contest) -> tuple[Ruling, Signs]:
        """Decide CONTEST."""
        return self.decided(contest, self._reason(contest))

    def _reason(self, contest: Contest) -> Sharing | None:
        """The reason that makes it legitimate, unless it explains only why one machine has the MAC, and another uses it
        too.
        """
        sharing = legitimate(contest) or self._behind_mlag(contest)
        if sharing is None or not sharing.one_machine or not self._is_noticed(contest.mac):
            return sharing
        if self._signs(contest).present:
            return None
        together = self._not_flux(contest.mac, contest.claims)
        return sharing if len(together) < 2 or set(together) <= held_addresses(contest) else router(contest)

    def _behind_mlag(self, contest: Contest) -> Sharing | None:
        """A machine on a link aggregation of two switches is on both of them."""
        spots = self.switching.mlag.get(contest.mac)
        if spots is None or len(contest.claims) > 1 or len(contest.seen) > 1:
            return None
        return Sharing(
            "mlag_port",
            f"a machine on one link aggregation of two switches: {_switch_words.spots(spots)}",
            one_machine=True,
        )

    def _is_noticed(self, mac: str) -> bool:
        """Whether anything was seen of MAC that needs a closer look; most of a fleet's stacks are as quiet as they
        should be.
        """
        kept = self.sightings
        return (
            mac in kept.several
            or mac in kept.neighbours
            or mac in kept.learned
            or mac in kept.itself
            or self.switching.noticed(mac)
        )

    def decided(self, contest: Contest, sharing: Sharing | None) -> tuple[Ruling, Signs]:
        """The same where the reason to share it is known already."""
        signs = self._signs(contest)
        if sharing is not None:
            return _shared(self.model, contest, sharing), signs
        few = len(contest.claims) < 2 or legitimate(contest) is not None
        ruling = self._suspected(contest, signs) if few else self._decide(contest, signs)
        if ruling.status != "conflict" and signs.on_switches:
            ruling = self._on_ports(contest, signs)
        return ruling, signs

    def _on_ports(self, contest: Contest, signs: Signs) -> Ruling:
        """Switches see it in two places, and saw so more than once."""
        where = _switch_words.places(signs.fights, signs.apart)
        owner = next((claim for claim in contest.claims if claim.up), None)
        whose = f", and {place(owner)} claims it" if owner else ""
        bond = next(
            (claim for claim in contest.claims if claim.kind in ("bond", "team") and len(contest.owners) == 1), None
        )
        if bond is not None and not signs.apart:
            why = (
                f"switches move it between {where} again and again{whose}: its {bond.kind} {bond.interface} sends on"
                " several ports that the switch does not take for one link, or another machine uses it"
            )
            return Ruling("suspected", "bond_on_ports", why, "medium", self._segment_on(signs))
        why = f"two machines use it: switches have it on {where} again and again{whose}"
        return Ruling("conflict", "two_switch_ports", why, "high", self._segment_on(signs))

    def _segment_on(self, signs: Signs) -> str:
        spots = [spot for fight in signs.fights for spot in fight.spots] + [pair.here for pair in signs.apart]
        for spot in spots:
            topology = self.model.topologies[spot.host]
            for bridge in topology.bridges:
                place = topology.in_vlan(bridge, natural(spot.vlan))
                if place is not None:
                    return _explain.segment_name(self.model, place)
        return "not proven"

    def _signs(self, contest: Contest) -> Signs:
        claims = list(contest.claims)
        itself = self.sightings.itself.get(contest.mac, [])
        neighbours = self.sightings.neighbours.get(contest.mac) or list(
            self.sightings.several.get(contest.mac, {}).values()
        ) or itself
        learned = self.sightings.learned.get(contest.mac, [])
        local = {
            (claim.host, contest.mac): set(self._guest_ports(claim)) for claim in claims
        }
        return Signs(
            twins_seen_by_themselves(claims, [*neighbours, *(entry for entry in itself if entry not in neighbours)]),
            learned_beyond(claims, learned, local),
            [claim for claim in claims if claim.dad_failed and claim.in_use],
            neighbours,
            learned,
            self.switching.fights.get(contest.mac, []),
            self.switching.apart.get(contest.mac, []),
        )

    def _guest_ports(self, claim: Claim) -> Iterator[str]:
        """Ports of the guest's bridge that lead to guests, not to the wire."""
        topology = self.model.topologies[claim.host]
        for interface in topology.interfaces.values():
            if interface.master == claim.bridge and topology.leads_to_guest(interface):
                yield interface.name

    def _suspected(self, contest: Contest, signs: Signs) -> Ruling:
        seen = listed(contest.seen)
        told = self.told_apart(contest)
        if told is not None and told.same is False:
            why = f"one address answers for {seen}, and they are different machines: {'; '.join(told.evidence)}"
            return Ruling("conflict", "told_apart", why, "high", self._seen_segment(contest))
        if told is not None and told.same:
            why = f"one machine, which nobody claims, has {seen}: {'; '.join(told.evidence)}"
            return Ruling("shared", "told_together", why, "medium", self._seen_segment(contest))
        if (signs.strong or signs.apart) and contest.claims:
            return self._unknown_twin(contest.claims, signs)
        if signs.apart:
            return self._seen_on_ports(signs)
        clients = self.clients(contest.mac)
        if clients:
            return self._leased_twice(contest, clients)
        ports = self.guest_ports(contest.mac)
        if ports:
            return self._behind_ports(ports)
        if not contest.claims:
            why = f"one address answers for {seen}, and no host or guest that was asked claims it"
        else:
            who = place(contest.claims[0])
            why = f"{who} claims it, but it answers for {seen}, and {who} is not known to hold all of them"
        return Ruling("suspected", "several_addresses", why, "low", self._seen_segment(contest))

    def _leased_twice(self, contest: Contest, clients: list[Lease]) -> Ruling:
        """A system that was installed anew has another identifier, and its earlier lease is held until it runs out."""
        leased = listed(f"{lease.address} ({lease.host})" for lease in clients)
        why = (
            f"DHCP clients with {len(clients)} identifiers hold leases with it: {leased}; as many machines have it, or"
            " one was installed anew"
        )
        return Ruling(
            "suspected", "two_clients", why, "medium" if len(contest.seen) > 1 else "low", self._seen_segment(contest)
        )

    def _seen_on_ports(self, signs: Signs) -> Ruling:
        """Tables are read one after another, and remember for minutes: a machine that has just moved looks the same
        once.
        """
        where = _switch_words.places(signs.fights, signs.apart)
        why = (
            f"switches have it on {where}, which do not lead to each other: two machines have it, or one has just moved"
        )
        return Ruling("suspected", "two_switch_ports", why, "low", self._segment_on(signs))

    def _behind_ports(self, ports: list[Learned]) -> Ruling:
        """An FDB remembers for minutes, so a guest that has just moved looks the same as two guests."""
        where = listed(_explain.port_words(entry) for entry in ports)
        why = (
            f"bridges have learnt it behind guests of different hypervisors: {where}; two guests have it, or one has"
            " just moved"
        )
        point = self.model.topologies[ports[0].host].in_vlan((ports[0].netns, ports[0].bridge), natural(ports[0].vlan))
        segment = "not proven" if point is None else _explain.segment_name(self.model, point)
        return Ruling("suspected", "behind_two_ports", why, "low", segment)

    def _is_shared(self, contest: Contest, sharing: Sharing | None) -> bool:
        """Whether the MAC is shared with good reason; cheap, since most are."""
        if sharing is not None:
            return True
        told = self.told_apart(contest) if len(contest.claims) < 2 and self.machines else None
        return told is not None and told.same is True

    def told_apart(self, contest: Contest) -> Comparison | None:
        """What a scan found out about the addresses behind the MAC: that two of them are different machines decides."""
        found = [
            told for told in self.machines.get(contest.mac, ()) if len(set(told.addresses) & set(contest.seen)) > 1
        ]
        return min(found, key=lambda told: {False: 0, True: 1}.get(t.cast(bool, told.same), 2), default=None)

    def _seen_segment(self, contest: Contest) -> str:
        for entry in self.sightings.several.get(contest.mac, {}).values():
            if entry.point >= 0:
                return _explain.segment_name(self.model, entry.point)
        return "not proven"

    def _decide(self, contest: Contest, signs: Signs) -> Ruling:
        up = seen_from_outside(self.model, (claim for claim in contest.claims if claim.up))
        together = self._together(up)
        rivals = rival_nics(contest)
        if rivals:
            return self._two_nics(rivals)
        if any(claim.recorded for claim in contest.claims) and not signs.present:
            return self._recorded(contest, up)
        if self._may_have_moved(contest, up, signs):
            return self._moved(up)
        if together:
            return self._conflict(together, signs)
        return self._of_no_segment(contest, up, signs)

    def _of_no_segment(self, contest: Contest, up: list[Claim], signs: Signs) -> Ruling:
        """No segment is known to hold two of those that are UP: SIGNS decide, then how many there are."""
        several_up = len({self.model.owner_of(claim) for claim in up}) > 1
        if signs.strong and several_up:
            return Ruling("conflict", "proven_otherwise", "both are up, and the network shows two machines with it: "
                          + "; ".join(signs.words()), "high", self._segment_of(up))
        if signs.present and up:
            return self._unknown_twin(up, signs)
        if several_up or len({claim.host for claim in up if claim.owner_kind == "guest"}) > 1:
            return self._apart(up)
        return self._one_is_off(contest, up)

    def _two_nics(self, rivals: list[Claim]) -> Ruling:
        names = listed(claim.interface for claim in rivals)
        segment = _explain.segment_name(self.model, rivals[0].point)
        why = (f"{names} of {rivals[0].host} are separate NICs with one MAC in one segment ({segment}): "
               "switches send the frames of each to the other")
        proof = self.model.segments.proof(rivals[0].point, rivals[1].point)
        weak = any(link.weak for link in proof)
        return Ruling("suspected", "two_nics", why, "low" if weak else "medium", segment, tuple(proof))

    def _unknown_twin(self, claims: t.Sequence[Claim], signs: Signs) -> Ruling:
        known = next((claim for claim in claims if claim.up), claims[0])
        why = f"{place(known)} is the only known owner that is up, yet another machine uses it: " + "; ".join(
            signs.words()
        )
        return Ruling("suspected", "unknown_twin", why, "medium", self._segment_of([known]))

    def _may_have_moved(self, contest: Contest, up: list[Claim], signs: Signs) -> bool:
        """Whether one domain that was running on several hypervisors may have migrated between the readings: nothing
        shows two machines.
        """
        guests = [claim for claim in up if claim.owner_kind == "guest"]
        hosts = {claim.host for claim in guests}
        return (
            len({self.model.owner_of(claim) for claim in up}) == 1
            and len({claim.guest for claim in guests}) == 1
            and len(hosts) > 1
            and len({(claim.host, claim.interface) for claim in guests}) == len(hosts)
            and not signs.strong
            and _is_seen_as_one(contest)
        )

    def _moved(self, up: list[Claim]) -> Ruling:
        guests = [claim for claim in up if claim.owner_kind == "guest"]
        why = (
            f"guest {guests[0].guest} was running on {listed(claim.host for claim in guests)} when each of them was"
            " read: it moved in between, or it runs twice"
        )
        return Ruling("suspected", "domain_running_twice", why, "medium", self._segment_of(guests))

    def _segment_of(self, claims: list[Claim]) -> str:
        return _explain.segment_name(self.model, claims[0].point) if claims else "not proven"

    def _together(self, up: list[Claim]) -> list[Claim]:
        """Up claims of distinct owners (or two NICs of one guest) in one segment; the largest such group."""
        groups: dict[int, dict[tuple[str, str], Claim]] = {}
        for claim in up:
            # Two NICs of one guest with one MAC fight like two guests; one host's NICs are its stack.
            part = f"{claim.host}/{claim.interface}" if claim.owner_kind == "guest" else ""
            owner = self.model.owner_of(claim)
            groups.setdefault(self.model.segments.find(claim.point), {}).setdefault((owner, part), claim)
        best = max(groups.values(), key=len, default={})
        return self._distinct(best) if len(best) > 1 else []

    def _distinct(self, group: dict[tuple[str, str], Claim]) -> list[Claim]:
        owners = {owner for owner, _part in group}
        guests = [claim for claim in group.values() if claim.owner_kind == "guest"]
        if len(owners) == 1 and len(guests) < 2:
            return []  # a guest and its own inside view
        return list(group.values())

    def _conflict(self, together: list[Claim], signs: Signs) -> Ruling:
        proof = self.model.segments.proof(together[0].point, together[1].point)
        weak = any(link.weak for link in proof)
        confidence = "medium" if weak else "certain" if any(signs.words()) or signs.neighbours else "high"
        segment = _explain.segment_name(self.model, together[0].point)
        rule, names, extra = self._proven(together)
        reason = f"{names} are up in one segment ({segment}) with one MAC: {extra}"
        return Ruling("conflict", rule, reason, confidence, segment, tuple(proof))

    @staticmethod
    def _proven(together: list[Claim]) -> tuple[str, str, str]:
        """The rule, who they are, and what it does, of those that are up TOGETHER in one segment."""
        names, frames = listed([place(claim) for claim in together]), "switches send the frames of each to the other"
        if len({claim.owner for claim in together}) > 1:
            return "proven_twins", names, frames
        if len({claim.host for claim in together}) > 1:
            return "domain_running_twice", names, "one guest runs on two hypervisors at once"
        return "twin_nics", f"{listed([claim.interface for claim in together])} of {names}", frames

    def _one_is_off(self, contest: Contest, up: list[Claim]) -> Ruling:
        unknown = [claim for claim in contest.claims if claim.owner_kind == "guest" and claim.state == "unknown"]
        if unknown:
            return self._may_be_on(contest, up, unknown)
        off = [claim for claim in contest.claims if not claim.up]
        idle = listed([f"{place(claim)} ({_state(claim)})" for claim in off])
        reason = f"harmless until a start: not on the wire now: {idle}"
        return Ruling("latent", "one_is_off", reason, "high", self._segment_of(up or off))

    def _may_be_on(self, contest: Contest, up: list[Claim], unknown: list[Claim]) -> Ruling:
        """Nobody says whether some of the guests run: they are not called off."""
        nodes = listed(claim.managed.node for claim in unknown if claim.managed and claim.managed.node)
        hint = f"read {nodes} as well" if nodes else "look there, and read again"
        whom = listed(place(claim) for claim in unknown)
        reason = (f"nobody told whether {whom} runs ({hint}): "
                  "it is a conflict where it does, in one segment with another that has the MAC")
        return Ruling("latent", "state_unknown", reason, "medium", self._segment_of(up or list(contest.claims)))

    def _recorded(self, contest: Contest, up: list[Claim]) -> Ruling:
        """A register names another machine than the one that has it, or several: a record is never in use."""
        records = [claim for claim in contest.claims if claim.recorded]
        told = listed(place(claim) for claim in records)
        real = listed(place(claim) for claim in contest.claims if not claim.recorded)
        if real:
            reason = (
                f"{told} has it too, and {real} has it: the record is wrong, or its machine was read by nobody, and is"
                " a twin where it runs"
            )
        else:
            reason = f"{told} have it, and no machine that was read: twins where both exist and run"
        return Ruling("latent", "recorded", reason, "low", self._segment_of(up or records))

    def _apart(self, up: list[Claim]) -> Ruling:
        names = listed([place(claim) for claim in up])
        if self._proven_different(up):
            reason = f"{names} are up in different segments: harmless until a migration or a stretched VLAN"
            return Ruling("latent", "different_segments", reason, "high", "different")
        shared = _explain.common_subnet(up)
        if shared:
            reason = (
                f"{names} are up with addresses of one subnet ({shared}), so they are probably in one segment; that is"
                f" not proven ({_explain.HOW_TO_PROVE})"
            )
            return Ruling("latent", "probably_one_segment", reason, "medium", "not proven")
        reason = (f"{names} are up, but nothing proves that they share a segment: harmless if they do not "
                  "(name it with layer2_segment, or gather more hosts of theirs)")
        return Ruling("latent", "segment_not_proven", reason, "medium", "not proven")

    def _proven_different(self, up: list[Claim]) -> bool:
        """Each but one is on a bridge without a way out, or the operator named every segment."""
        find = self.model.segments.find
        named = {find(point) for point in self.model.declared.values()}
        return sum(claim.external for claim in up) <= 1 or all(find(claim.point) in named for claim in up)


def _is_seen_as_one(contest: Contest) -> bool:
    """Whether at most one IPv4 address was seen behind the MAC, or those who claim it are known to have all of them."""
    behind = {address for address in contest.seen if ":" not in address}
    return len(behind) < 2 or behind <= held_addresses(contest)


def _state(claim: Claim) -> str:
    return claim.state if claim.in_use else "only in its persistent definition or burnt in"


def _shared(model: Model, contest: Contest, sharing: Sharing) -> Ruling:
    segment = _explain.segment_name(model, contest.claims[0].point) if contest.claims else "not proven"
    return Ruling("shared", sharing.rule, sharing.reason, "medium" if sharing.likely else "high", segment)


def _finding(judge: Judge, contest: Contest, sharing: Sharing | None) -> Row:
    ruling, signs = judge.decided(contest, sharing)
    rows, ports = _explain.representatives(contest), judge.guest_ports(contest.mac)
    if ruling.rule == "two_nics":
        rows = rival_nics(contest)
    cause, fix = _cure(contest, ruling, rows, ports, _switch_words.all_spots(signs.fights, signs.apart))
    evidence = [*_explain.claims_evidence(rows), *signs.words()]
    evidence += [*_explain.neighbour_evidence(signs.neighbours), *_explain.learned_evidence([*signs.learned, *ports])]
    evidence += _explain.lease_evidence(judge.model.leases.get(contest.mac, ()))
    evidence += _explain.records_evidence(judge.model.records.get(contest.mac, ()))
    owners = [_explain.owner_row(contest, claim) for claim in rows]
    return {
        "id": _identifier(contest), "mac": contest.mac, "status": ruling.status, "rule": ruling.rule,
        "reason": ruling.reason, "cause": cause[0], "cause_text": cause[1], "confidence": ruling.confidence,
        "segment": ruling.segment, "segment_proof": [link.why for link in ruling.proof], "owners": owners,
        "evidence": evidence, "seen_with": list(contest.seen), "fix": fix,
    }


def _loop_finding(loop: Loop) -> Row:
    """Many addresses that flap between the same ports are a loop: said as such, and no cure of twins applies."""
    digest = hashlib.sha256(
        "\n".join(" ".join(spot) for spot in loop.spots).encode("utf-8", "surrogatepass")
    ).hexdigest()[:12]
    return {
        "id": f"mac-loop-{digest}",
        "mac": loop.macs[0],
        "status": "conflict",
        "rule": "loop",
        "reason": _switch_words.loop_reason(loop),
        "cause": "loop",
        "cause_text": "frames come back on another port than they left by",
        "confidence": "medium",
        "segment": "not proven",
        "segment_proof": [],
        "owners": [],
        "evidence": _switch_words.loop_evidence(loop),
        "seen_with": [],
        "fix": _switch_words.loop_fix(loop),
    }


def _cure(
    contest: Contest, ruling: Ruling, rows: list[Claim], ports: list[Learned], spots: list[Spot]
) -> tuple[tuple[str, str], str]:
    """((root cause, sentence), fix) of what was ruled."""
    if ruling.status == "shared":
        return ("none", "a legitimate reason"), "nothing to do"
    cause = _explain.cause(contest, rows)
    if ruling.rule == "two_nics":
        return cause, _explain.fix_two_nics(contest, rows)
    if ruling.rule == "behind_two_ports":
        return cause, _explain.fix_behind_ports(ports)
    if ruling.rule in ("two_switch_ports", "bond_on_ports"):
        return cause, _switch_words.fix(spots, ruling.rule)
    twice = _explain.fix_running_twice(rows) if ruling.rule == "domain_running_twice" else None
    fix = twice or _explain.fix(contest, rows, cause[0], ruling.status)
    return cause, f"{_explain.PROVE_BY_SCAN}\n{fix}" if ruling.rule == "probably_one_segment" else fix


def _identifier(contest: Contest) -> str:
    owners = ",".join(sorted(contest.owners))
    return f"mac-{hashlib.sha256(f'{contest.mac} {owners}'.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def mac_collisions(
    data: object,
    hosts: Iterable[str] | None = None,
    unreachable: Mapping[str, str] | None = None,
    exceptions: ExceptionList | None = None,
    list_shared: bool = False,
    scans: object = None,
    documents: object = None,
) -> Row:
    """Judge the MACs of a fleet (docs/findings.md).

    DATA: hostvars, a list of snapshots, or the directory of a fact cache. HOSTS: names that were to be judged; those
    without a snapshot are listed as missing. UNREACHABLE: host -> reason; these are missing, whatever
    is left of them from an earlier time. Raises SnapshotError only if
    DATA as a whole is unusable; what is wrong in one snapshot is quarantined. SCANS: what arp_scan heard (or another
    source, ``_sources/_list.py``);
    DOCUMENTS: the same of further sources.
    """
    assessment = Assessment(SCHEMA, VERSION, STATUSES, ("mac",), "macs_judged", _evaluate)
    return judged(
        assessment,
        Hosts(Fleet(data, hosts, lost=unreachable or ())),
        unreachable,
        exceptions,
        list_shared,
        read(scans),
        read(documents),
    )


def _evaluate(observed: Observed, list_shared: bool) -> Evaluation:
    return len(observed.model.claims), Judge(*observed).findings(list_shared)
