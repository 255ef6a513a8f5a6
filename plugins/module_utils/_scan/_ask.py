"""Asking: every address of a plan at a given pace, the silent ones again, all answers kept, and what else is heard
meanwhile.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import collections
import time
from typing import Callable, Deque, Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._mac import Mac
from ansible_collections.netops.layer2.plugins.module_utils._scan import _pace
from ansible_collections.netops.layer2.plugins.module_utils._scan._document import Key, Record, Replies
from ansible_collections.netops.layer2.plugins.module_utils._scan._frames import Frames, Heard, arp_question
from ansible_collections.netops.layer2.plugins.module_utils._scan._plan import Target, own_within
from ansible_collections.netops.layer2.plugins.module_utils._scan._wire import Frame, Wire

ECHOES = (
    3  # multicast echoes, a second apart: answers to a multicast are spread over time (RFC 4443, 4.2 lets hosts wait)
)
_SEVERAL, _PATIENT, _LEAST_PATIENCE = 5, 5, 0.2  # machines; times the slowest answer; seconds
_UNHEARD = 16  # frames sent one after the other, where the pace was lost, before answers are fetched
_ANSWERS = ("arp", "na", "probe-conflict")

# rate: questions a second. most: times that one address is asked at most. timeout: seconds to wait for an answer.
Manner = NamedTuple("Manner", [("rate", float), ("most", int), ("timeout", float)])


class Scan:
    """One scan on one wire. Frames of others that are heard meanwhile are kept too: they tell addresses for nothing."""

    def __init__(
        self, wire: Wire, frames: Frames, manner: Manner, replies: Replies, clock: Callable[[], float] = time.time
    ) -> None:
        self._wire, self._frames, self._manner, self._replies, self._clock = wire, frames, manner, replies, clock
        self._pacer = _pace.Pacer(manner.rate, clock())
        self._target: Optional[Target] = None
        self.history: List[int] = []  # machines by the round in which they answered first, over all parts
        self._answered: Dict[str, Set[str]] = {}  # address -> MACs
        self._times: Dict[str, int] = {}  # how often each was asked
        self._first: Dict[str, int] = {}  # how often it had been asked when it answered first
        self._asked_at: Dict[str, float] = {}
        self._known: Set[str] = set()  # addresses that somebody is known to have
        self._owed: Deque[str] = (
            collections.deque()
        )  # those of them that may not have been asked often enough, the next one first
        self._slowest = 0.0  # seconds that any first answer took
        self._sent = 0

    def run(self, target: Target, addresses: List[str], known: Iterable[str] = (), own: bool = True) -> Record:
        """Ask for these ADDRESSES of TARGET, for those KNOWN to be there, and (OWN) who else has this host's; the row
        of ``probes``.
        """
        began, self._target, self._answered, self._sent = self._clock(), target, {}, 0
        ours = set(own_within(target)) if own else set()
        if target.family == "inet":
            asked, rounds = len(addresses), self._ask_inet(target, addresses, ours, known)
        else:
            asked, rounds = self._ask_inet6(target, addresses, known, ours)
        probe: Record = {
            "interface": target.interface,
            "prefix": target.prefix,
            "family": target.family,
            "sender": target.sender or None,
            "asked": asked,
            "answered": len(self._answered.keys() - ours),
            "frames": self._sent,
            "rounds": len(rounds),
            "loss": round(_pace.loss(rounds), 3) if any(rounds[1:]) else 0.0,
            "seconds": round(self._clock() - began, 3),
            "rate": self._manner.rate,
        }
        if target.vlan is not None:
            probe["vlan"] = target.vlan
        return probe

    # --- IPv4 ----------------------------------------------------------------------------------------------------

    def _ask_inet(self, target: Target, addresses: List[str], own: Set[str], known: Iterable[str]) -> List[int]:
        """Own addresses are asked from no address, so that nobody's cache learns anything by it (RFC 5227, 2.1.1)."""
        template = self._frames.arp_template(target.mac, target.sender, target.vlan)
        probe = self._frames.arp_template(target.mac, "", target.vlan)

        def question(address: str) -> bytes:
            return arp_question(probe if address in own else template, address)

        return self._ask_all([*addresses, *sorted(own)], question, [*known, *target.gateways])

    # --- IPv6 ----------------------------------------------------------------------------------------------------

    def _ask_inet6(
        self, target: Target, addresses: List[str], known: Iterable[str], own: Set[str]
    ) -> Tuple[int, List[int]]:
        """The multicast echo, then a solicitation for every address that was heard, is known, or is made from a MAC
        that was.
        """
        if target.sender:
            for _number in range(ECHOES):
                self._send(self._frames.echo(target.mac, target.sender, target.vlan))
                self._listen(self._clock() + max(1.0, self._manner.timeout))
        wanted = dict.fromkeys(addresses)
        wanted.update(dict.fromkeys(self._candidates(target, known)))
        self._answered, self._first = {}, {}  # from here on only an advertisement is an answer

        def question(address: str) -> bytes:
            return self._frames.solicitation(target.mac, "" if address in own else target.sender, address, target.vlan)

        return len(wanted), self._ask_all([*wanted, *sorted(own)], question)

    def _candidates(self, target: Target, known: Iterable[str]) -> List[str]:
        heard = [key for key in self._replies.heard() if (key.interface, key.vlan) == (target.interface, target.vlan)]
        made = [Mac(key.mac).eui64_link_local() for key in heard]
        spoken = [key.address for key in heard if ":" in key.address]
        return [address for address in dict.fromkeys([*spoken, *known, *made]) if address not in target.own]

    # --- both ----------------------------------------------------------------------------------------------------

    def _ask_all(
        self, addresses: Sequence[str], question: Callable[[str], bytes], known: Iterable[str] = ()
    ) -> List[int]:
        """Ask until another round would find nobody; returns how many machines answered first in each round."""
        self._times, self._asked_at, self._known = {}, {}, set(known).intersection(addresses)
        self._owed = collections.deque(address for address in addresses if address in self._known)
        number, rounds = 0, []  # type: int, List[int]
        while addresses:
            number += 1
            self._ask_round([address for address in addresses if address not in self._answered], question, number)
            rounds = self._rounds(addresses, number)
            if not self._goes_on(rounds, addresses):
                self._insist(question)
                self._wait_for(addresses)  # the last ones had no time to answer yet
                rounds = self._rounds(addresses, number)
                if not self._goes_on(rounds, addresses):
                    break
        answered = [address for address in addresses if address in self._answered]
        self._repeat(answered, question, _pace.repeats(rounds, self._manner.most, self.history))
        self.history = _pace.summed(self.history, rounds)
        return rounds

    def _repeat(self, answered: Sequence[str], question: Callable[[str], bytes], times: int) -> None:
        """Ask those who ANSWERED as many TIMES again: another machine with one of these addresses may answer then."""
        for _number in range(times):
            self._ask_round(answered, question, self._manner.most)
        if answered:
            self._listen(max(self._asked_at[address] for address in answered) + self._patience())

    def _goes_on(self, rounds: List[int], addresses: Sequence[str]) -> bool:
        return sum(rounds) < len(addresses) and _pace.another_round(rounds, self._manner.most, self.history)

    def _rounds(self, addresses: Sequence[str], number: int) -> List[int]:
        """Machines by how often they had been asked when they answered first."""
        found = [0] * number
        for address in addresses:
            if address in self._answered:
                found[min(number, max(1, self._first[address])) - 1] += 1
        return found

    def _ask_round(self, addresses: Sequence[str], question: Callable[[str], bytes], number: int) -> None:
        """Ask each once, never sooner than TIMEOUT after it was asked before; in between those again who are known to
        be there.
        """
        for address in addresses:
            self._remind(question)
            before = address in self._answered
            if not before and address in self._known and self._times.get(address, 0) >= number:
                continue
            if address in self._asked_at:
                self._listen(self._asked_at[address] + self._patience())
            if before or address not in self._answered:  # not those who answered since the round began
                self._ask(address, question)

    def _ask(self, address: str, question: Callable[[str], bytes]) -> None:
        self._send(question(address))
        self._asked_at[address] = self._clock()
        self._times[address] = self._times.get(address, 0) + 1

    def _remind(self, question: Callable[[str], bytes]) -> None:
        """Ask those again who are known to be there, are silent, and had their time."""
        while self._owed:
            address = self._owed[0]
            if address in self._answered or self._times.get(address, 0) >= min(_pace.KNOWN, self._manner.most):
                self._owed.popleft()
            elif address not in self._asked_at or self._clock() < self._asked_at[address] + self._patience():
                return
            else:
                self._owed.rotate(-1)
                self._ask(address, question)

    def _insist(self, question: Callable[[str], bytes]) -> None:
        """Have all of them asked as often as they are owed it."""
        self._remind(question)
        while self._owed:
            self._listen(self._asked_at[self._owed[0]] + self._patience())
            self._remind(question)

    def _wait_for(self, addresses: Sequence[str]) -> None:
        """Listen until the silent ones had their time."""
        until = max(self._asked_at.values()) + self._patience()
        while self._clock() < until and any(address not in self._answered for address in addresses):
            self._listen(min(until, self._clock() + 0.05))

    def _patience(self) -> float:
        """Seconds to wait for an answer: TIMEOUT, less where several machines have shown how quick the segment is."""
        if len(self._first) < _SEVERAL:
            return self._manner.timeout
        return min(self._manner.timeout, max(_LEAST_PATIENCE, _PATIENT * self._slowest))

    def _send(self, frame: bytes) -> None:
        wait = self._pacer.wait(self._clock())
        if not self._sent % _UNHEARD:
            self._take(self._wire.receive(0))
        while wait:
            self._take(self._wire.receive(wait))
            wait = self._pacer.wait(self._clock())
        self._wire.send(frame)
        self._pacer.sent(self._clock())
        self._sent += 1

    def _listen(self, until: float) -> None:
        """Take in what comes until then; nothing if that is past."""
        while self._clock() < until:
            self._take(self._wire.receive(until - self._clock()))

    def _take(self, received: List[Frame]) -> None:
        for frame in received:
            heard = self._frames.read(frame.octets)
            if heard is not None and self._target is not None:
                self._keep(heard, frame, self._target)

    def _keep(self, heard: Heard, frame: Frame, target: Target) -> None:
        kind = kind_of(heard, target)
        if not kind:
            return
        self._replies.add(Key(target.interface, frame.vlan, heard.address, heard.mac, kind), frame.at)
        if (
            kind not in _ANSWERS and heard.address in self._asked_at and heard.address not in self._known
        ):  # it is there, and may have answered in vain
            self._known.add(heard.address)
            self._owed.append(heard.address)
        if kind in _ANSWERS and frame.vlan == target.vlan:
            self._answered.setdefault(heard.address, set()).add(heard.mac)
            if heard.address not in self._first:
                self._first[heard.address] = self._times.get(heard.address, 0)
                self._slowest = max(self._slowest, frame.at - self._asked_at.get(heard.address, frame.at))


def kind_of(heard: Heard, target: Target) -> str:
    """The kind of a reply (docs/scan.md), empty for frames that tell no address."""
    if heard.what in ("probe", "dad") or heard.source == target.mac or heard.mac in target.own_macs:
        return ""
    if heard.address in target.own:
        return "probe-conflict" if heard.what in ("reply", "advertisement") else "own-address"
    return _kind_of_other(heard, target)


def _kind_of_other(heard: Heard, target: Target) -> str:
    """The kind of a reply that others sent for an address of theirs."""
    to_us = heard.to == target.mac
    if heard.what == "reply":
        return "arp" if to_us else "gratuitous" if heard.target in (heard.address, "0.0.0.0") else ""
    if heard.what == "advertisement":
        answers_probe = bool(target.prefix) and not target.sender  # those go to all (RFC 4861, 7.2.4)
        return "na" if to_us or answers_probe else "gratuitous"
    if heard.what == "request":
        return "gratuitous" if heard.target == heard.address else "request"
    return "echo" if heard.what == "echo" else "request"
