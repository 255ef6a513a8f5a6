"""The verdict on IP addresses: each that several owners or MACs stand for, judged conflict, latent, suspected or
shared.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from ansible_collections.netops.layer2.plugins.module_utils._mac import is_made_of, virtual_router
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import listed
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arp_settings import ArpSettings
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hosts import Hosts
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._segments import Link
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._sightings import is_of_engine
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Fleet
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._address._facts import (
    ANNOUNCES,
    ANSWERS,
    UNKNOWN,
    arp_role,
    live_answers,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._address._list import legitimate_address
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._addresses import (
    AddressContest,
    Addresses,
    Answer,
    Holding,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import Sharing, place
from ansible_collections.netops.layer2.plugins.plugin_utils._sources._list import read
from ansible_collections.netops.layer2.plugins.plugin_utils._sources._observe import Observed
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict import _address_explain as words
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._assessment import (
    Assessment,
    Evaluation,
    Row,
    judged,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import ExceptionList
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._explain import (
    HOW_TO_PROVE,
    PROVE_BY_SCAN,
    common_subnet,
    segment_name,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import Ruling

SCHEMA = "netops.layer2/ip-verdict"
VERSION = 1
STATUSES = ("conflict", "suspected", "latent", "handed_over", "shared")
_VIP_RULES = ("vip_answers", "vip_may_answer", "vip_announced")


def _ruling(contest: AddressContest, sharing: Sharing | None) -> Ruling:
    """Decide CONTEST. SHARING: the reason to have it twice, if there is one."""
    return _decide(contest) if sharing is None else _shared(contest, sharing)


def _shared(contest: AddressContest, sharing: Sharing) -> Ruling:
    return Ruling("shared", sharing.rule, sharing.reason, "high", _segment(contest))


def _decide(contest: AddressContest) -> Ruling:
    """No reason explains it: the proof decides."""
    failed = [holding for holding in contest.holdings if holding.dad_failed]
    contested = _made_of_contested(contest, failed)
    if contested:
        return _handed_over(contest, _names(failed), contested)
    others = [holding for holding in contest.holdings if holding.up]
    if failed and any(one.owner != holding.owner for one in failed for holding in others):
        return _proven_otherwise(contest, failed, others)
    return _apart(contest) if contest.point is None else _in_one_segment(contest, failed)


def _in_one_segment(contest: AddressContest, failed: list[Holding]) -> Ruling:
    """Who answers for it decides; FAILED found another user by duplicate address detection, who is not known."""
    sure = _by_role(contest, ANSWERS)
    if _owners_of(sure) > 1:
        return _two_owners(contest, sure)
    live = live_answers(contest)
    if _both_answered(sure, live):
        return _answered_twice(contest, sure, live)
    if failed or (sure and live) or len(live) > 1 or not contest.owners:
        return _suspected(contest, sure, live, failed)
    return _of_virtual(contest, sure, live) or _one_is_off(contest, live)


def _of_virtual(contest: AddressContest, sure: list[Holding], live: list[Answer]) -> Ruling | None:
    """What is said of those that have it on a loopback, dummy or tunnel, beside SURE and LIVE."""
    rest, announcers = _by_role(contest, UNKNOWN), _by_role(contest, ANNOUNCES)
    if rest and _owners_of(sure + rest) + len(live) > 1:
        return Ruling(
            "suspected",
            "vip_may_answer",
            f"on {_names(rest)} it is on a loopback, dummy or tunnel, and whether ARP is answered for it there was not"
            " read (sysctls arp_ignore and arp_announce)",
            "low",
            _segment(contest),
        )
    if announcers and _owners_of(sure + announcers) + len(live) > 1:
        return Ruling(
            "latent",
            "vip_announced",
            f"on {_names(announcers)} nothing answers ARP for it, but ARP requests from there name it as their sender"
            " (arp_announce below 2): harmless until one is sent",
            "high",
            _segment(contest),
        )
    return None


def _owners_of(holdings: list[Holding]) -> int:
    """How many owners HOLDINGS are of."""
    return len({holding.owner for holding in holdings})


def _by_role(contest: AddressContest, role: str) -> list[Holding]:
    """One up holding of each owner that plays ROLE towards who asks by ARP; whoever has it on a NIC answers."""
    found = [held[0] for held in contest.wired_up.values()] if role == ANSWERS else []
    for held in contest.unwired_up.values():
        found += [holding for holding in held if arp_role(contest, holding) == role][:1]
    return sorted(found, key=lambda holding: (holding.claim.host, holding.claim.guest or ""))


def _names(holdings: Iterable[Holding]) -> str:
    return listed(place(holding.claim) for holding in holdings)


def _segment(contest: AddressContest) -> str:
    if contest.point is None:
        return "different" if _proven_different(contest) else "not proven"
    return segment_name(contest.model, contest.point)


def _proven_otherwise(contest: AddressContest, failed: list[Holding], others: list[Holding]) -> Ruling:
    reason = (f"IPv6 duplicate address detection failed on {_names(failed)}, which {_names(others)} has up: "
              "the network itself found two machines with it")
    return Ruling(
        "conflict", "proven_otherwise", reason, "certain" if contest.point is not None else "high", _segment(contest)
    )


def _two_owners(contest: AddressContest, sure: list[Holding]) -> Ruling:
    mac = _one_mac(sure)
    if mac and not _comes_first(contest, mac):
        return _handed_over(contest, _names(sure), mac)
    segment, proof = _segment(contest), _proof(contest, sure)
    if any(link.weak for link in proof):
        reason = (
            f"{_names(sure)} have it up, and only a virtual gateway address, which two networks set up alike would"
            f" share, says that they are in one segment ({segment})"
        )
        return Ruling("suspected", "weakly_proven", reason, "medium", segment, proof)
    rule, extra = "two_owners", "whoever answered last gets the traffic of both"
    if not all(holding.wired for holding in sure):
        rule, extra = "vip_answers", "it is on a loopback, dummy or tunnel, but the kernel answers ARP for it there too"
    confidence = "certain" if len(contest.answers) > 1 else "high"
    return Ruling(
        "conflict", rule, f"{_names(sure)} have it up in one segment ({segment}): {extra}", confidence, segment, proof
    )


def _comes_first(contest: AddressContest, mac: str) -> bool:
    """Whether the MAC follows from the address: made of it (02:42, as container engines do), or a virtual router's."""
    return virtual_router(mac) is not None or is_of_engine(contest.address, mac)


def _one_mac(holdings: list[Holding]) -> str:
    """The MAC at which all HOLDINGS have the address on a wire; empty if there are several, or one is not known."""
    macs = {holding.claim.mac if holding.wired else "" for holding in holdings}
    return macs.pop() if len(macs) == 1 else ""


def _made_of_contested(contest: AddressContest, failed: list[Holding]) -> str:
    """The MAC that the address of FAILED detections is made of, where others claim it too; empty otherwise: its cure
    ends both.
    """
    disputed = contest.fleet.disputed
    return next(
        (
            holding.claim.mac
            for holding in failed
            if is_made_of(contest.address, holding.claim.mac) and holding.claim.mac in disputed
        ),
        "",
    )


def _handed_over(contest: AddressContest, names: str, mac: str) -> Ruling:
    made_from = ", which the address is made from" if is_made_of(contest.address, mac) else ""
    have = "have" if " and " in names or ", " in names else "has"
    reason = f"{names} {have} it at one MAC as well ({mac}{made_from}): mac_collisions judges that; cure the MAC first"
    return Ruling("handed_over", "one_mac", reason, "high", _segment(contest))


def _proof(contest: AddressContest, sure: list[Holding]) -> tuple[Link, ...]:
    """The chain of links between the first two owners."""
    segments = contest.model.segments
    ends = {
        holding.owner: next(point for point in holding.places if segments.find(point) == contest.point)
        for holding in sure
    }
    one, other = list(ends.values())[:2]
    return tuple(segments.proof(one, other))


def _both_answered(sure: list[Holding], live: list[Answer]) -> bool:
    """Whether a scan was answered by machines that are not one: a MAC that is none of the holder's, or those of two
    known owners.

    Two MACs that nobody claims may be two NICs of one machine (ARP flux), so they alone prove nothing.
    """
    answered = [answer for answer in live if answer.answered]
    owners = {owner for answer in answered for owner in answer.owners}
    unknown = any(not answer.owners for answer in answered)
    return bool(answered) if sure else len(owners) > 1 or (bool(owners) and unknown)


def _answered_twice(contest: AddressContest, sure: list[Holding], live: list[Answer]) -> Ruling:
    """Caches can be old, answers cannot."""
    answered = [answer for answer in live if answer.answered]
    who, segment = listed(_whose(answer) for answer in answered), _segment(contest)
    if not sure:
        reason = f"{who} all answered a scan for it: they are different machines in one segment ({segment})"
        return Ruling("conflict", "answered_twice", reason, "high", segment)
    is_certain = _answered_too(contest, sure) or _saw_it_themselves(sure, answered)
    reason = (
        f"{_names(sure)} has it up, and {who} answered a scan for it, too: two machines in one segment ({segment})"
        " have it"
    )
    return Ruling("conflict", "answered_twice", reason, "certain" if is_certain else "high", segment)


def _answered_too(contest: AddressContest, holders: list[Holding]) -> bool:
    """Whether one of HOLDERS answered a scan with its own MAC."""
    own = {holding.claim.mac for holding in holders}
    return any(answer.answered and answer.mac in own for answer in contest.answers)


def _saw_it_themselves(holders: list[Holding], answers: list[Answer]) -> bool:
    """Whether the host of one of HOLDERS saw one of ANSWERS."""
    hosts = {holding.claim.host for holding in holders}
    return any(entry.host in hosts for answer in answers for entry in answer.seen)


def _suspected(contest: AddressContest, sure: list[Holding], live: list[Answer], failed: list[Holding]) -> Ruling:
    """Somebody has it who was not asked, or whose addresses are not known."""
    answers = listed(_whose(answer) for answer in live or contest.strangers)
    if failed:
        seen = f", seen at {answers}" if answers else ""
        reason = (
            f"IPv6 duplicate address detection failed on {_names(failed)}: another machine has it{seen} (or a loop sent"
            " it back)"
        )
        return Ruling("suspected", "unknown_owner", reason, "medium", _segment(contest))
    if sure:
        reason = f"{_names(sure)} has it up, but neighbours have it at {answers} too"
        return Ruling("suspected", "unknown_owner", reason, _sureness(live), _segment(contest))
    reason = f"neighbours in one segment have it at several MACs: {answers}, and nobody who was asked has it up"
    return Ruling("suspected", "several_macs", reason, _sureness(live), _segment(contest))


def _sureness(live: list[Answer]) -> str:
    return "medium" if live and all(answer.confirmed for answer in live) else "low"


def _whose(answer: Answer) -> str:
    known = listed(place(claim) for claim in answer.claims if claim.in_use)
    return f"{answer.mac} ({known})" if known else answer.mac


def _one_is_off(contest: AddressContest, live: list[Answer]) -> Ruling:
    idle = listed(
        f"{place(holding.claim)} ({_why_idle(holding)})" for holding in words.holders(contest) if not holding.up
    )
    beside = f"; {listed(_whose(answer) for answer in live)} answers for it" if live else ""
    return Ruling(
        "latent",
        "one_is_off",
        f"harmless until a start: not on the wire now: {idle}{beside}",
        "high",
        _segment(contest),
    )


def _why_idle(holding: Holding) -> str:
    return "tentative" if holding.claim.state == "up" else holding.claim.state


def _apart(contest: AddressContest) -> Ruling:
    """Several owners, and nothing that puts them into one segment."""
    up = [holding for holding in words.holders(contest) if holding.up]
    if len(up) < 2:
        return _one_is_off(contest, [])
    mac = _one_mac(up)
    if mac and not _comes_first(contest, mac):
        return _handed_over(contest, _names(up), mac)
    if _proven_different(contest):
        reason = (
            f"{_names(up)} have it up in different segments: harmless unless somebody routes between them, or joins"
            " them"
        )
        return Ruling("latent", "different_segments", reason, "high", "different")
    shared = common_subnet(holding.claim for holding in up if holding.wired)
    if shared:
        reason = (
            f"{_names(up)} have it up with addresses of one subnet ({shared}), so they are probably in one segment;"
            f" that is not proven ({HOW_TO_PROVE})"
        )
        return Ruling("latent", "probably_one_segment", reason, "medium", "not proven")
    reason = (f"{_names(up)} have it up, but nothing proves that they share a segment: harmless if they do not "
              "(name it with layer2_segment, or gather more hosts of theirs)")
    return Ruling("latent", "segment_not_proven", reason, "medium", "not proven")


def _proven_different(contest: AddressContest) -> bool:
    """Each but one is without a way out, or the operator named every segment."""
    find = contest.model.segments.find
    named = {find(point) for point in contest.model.declared.values()}
    places = [[find(point) for point in holding.places] for holding in contest.holdings if holding.up]
    inside = [holding for holding in contest.holdings if holding.up and holding.wired and not holding.claim.external]
    return len(inside) >= len(places) - 1 or all(points and named.issuperset(points) for points in places)


def _finding(contest: AddressContest, sharing: Sharing | None) -> Row:
    decided = _ruling(contest, sharing)
    cause, text = _cause(contest, decided)
    return {
        "id": _identifier(contest),
        "address": contest.address,
        "macs": words.macs(contest),
        "status": decided.status,
        "rule": decided.rule,
        "reason": decided.reason,
        "cause": cause,
        "cause_text": text,
        "confidence": decided.confidence,
        "segment": decided.segment,
        "segment_proof": [link.why for link in decided.proof],
        "owners": words.owner_rows(contest),
        "evidence": list(words.evidence(contest)),
        "seen_with": sorted({answer.mac for answer in contest.answers}),
        "fix": _fix(contest, decided, cause),
    }


def _cause(contest: AddressContest, decided: Ruling) -> tuple[str, str]:
    """(root cause, sentence)."""
    if decided.status == "shared":
        return "none", "a legitimate reason"
    if decided.status == "handed_over":
        return "one_mac", "the MAC is what they have in common: its finding tells the cause"
    return words.cause(contest)


def _fix(contest: AddressContest, decided: Ruling, cause: str) -> str:
    if decided.status == "shared":
        return "nothing to do"
    if decided.status == "handed_over":
        return "follow the finding of mac_collisions for this MAC; judge the address again afterwards"
    if decided.rule in _VIP_RULES:
        return words.silence(holding for held in contest.unwired_up.values() for holding in held)
    cure = words.fix(contest, cause)
    return f"{PROVE_BY_SCAN}\n{cure}" if decided.rule == "probably_one_segment" else cure


def _identifier(contest: AddressContest) -> str:
    """The same in every run: neither neighbour tables nor the proof of a segment, which come and go, make another
    finding of known owners.
    """
    parts = sorted(contest.owners) + (
        sorted(answer.mac for answer in contest.strangers) if len(contest.owners) < 2 else []
    )
    return f"ip-{hashlib.sha256(' '.join([contest.address, *parts]).encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def ip_conflicts(
    data: object,
    hosts: Iterable[str] | None = None,
    unreachable: Mapping[str, str] | None = None,
    exceptions: ExceptionList | None = None,
    list_shared: bool = False,
    scans: object = None,
    documents: object = None,
) -> Row:
    """Judge the IP addresses of a fleet (docs/findings.md).

    DATA: hostvars, a list of snapshots, or the directory of a fact cache. HOSTS: names that were to be judged; those
    without a snapshot are listed as missing. UNREACHABLE: host -> reason; these are missing, whatever
    is left of them from an earlier time. Raises SnapshotError only if
    DATA as a whole is unusable; what is wrong in one snapshot is quarantined. SCANS: what arp_scan heard (or another
    source, ``_sources/_list.py``);
    DOCUMENTS: the same of further sources.
    """
    arp = ArpSettings()
    assessment = Assessment(SCHEMA, VERSION, STATUSES, ("address", "id"), "addresses_judged", partial(_evaluate, arp))
    fleet = Hosts(Fleet(data, hosts, lost=unreachable or ())).beside(arp.keep)
    return judged(assessment, fleet, unreachable, exceptions, list_shared, read(scans), read(documents))


def _evaluate(arp: ArpSettings, observed: Observed, list_shared: bool) -> Evaluation:
    addresses = Addresses(observed.model, arp)
    return addresses.judged, _findings(addresses, list_shared)


def _findings(addresses: Addresses, list_shared: bool) -> Iterator[Row | None]:
    """One for each contest; None for an address that several may have, unless such are listed too."""
    for contest in addresses.contests():
        sharing = legitimate_address(contest)
        yield None if sharing is not None and not list_shared else _finding(contest, sharing)
