"""One machine or two behind one MAC: what unicast ARP, fingerprints of ICMP and TCP, and SSH host keys say, without a
login.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import time
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._runner import shortened
from ansible_collections.netops.layer2.plugins.module_utils._scan import _ssh
from ansible_collections.netops.layer2.plugins.module_utils._scan._document import Record
from ansible_collections.netops.layer2.plugins.module_utils._scan._frames import Frames, Trait
from ansible_collections.netops.layer2.plugins.module_utils._scan._plan import PlanError, Target
from ansible_collections.netops.layer2.plugins.module_utils._scan._wire import Wire, answers_from

KINDS = ("arp", "icmp", "tcp", "ssh")
MOST_ADDRESSES = 8  # behind one MAC; whoever answers for more is a router or a proxy
TRIES = 5
_PORTS = (22, 80, 443)
_INITIAL = (32, 64, 128, 255)  # time to live that systems start with
_NEAR = 64  # two packets of one counter are not further apart
_ENOUGH, _CROSSED = 3, 0.8
_LEAST_FOR_SSH = 3.0  # seconds

# weight: below zero for two machines, above for one. SURE of either side decides alone.
Sign = NamedTuple("Sign", [("weight", int), ("words", str)])
SURE = 2
# How often a question to one address at the MAC was answered right after the other address had spoken: answered, asked.
Crossing = NamedTuple("Crossing", [("answered", int), ("asked", int)])


# --- what the observations mean: pure ---------------------------------------------------------------------------------

def arp_sign(crossing: Crossing) -> Optional[Sign]:
    """Switches have one place for a MAC. Where the other machine has just spoken, a frame for this one goes astray."""
    told = "%d of %d unicast ARP questions were answered right after the other address had spoken" % crossing
    if crossing.asked < _ENOUGH:
        return None
    if crossing.answered == 0:
        return Sign(-SURE - 1, "%s: they are at different ports" % told)
    if crossing.answered >= _CROSSED * crossing.asked:
        return Sign(SURE, "%s: they are at one port" % told)
    return Sign(0, told)


def initial_life(seen: int) -> int:
    """The time to live that a packet started with, if it came from at most a few hops away."""
    return next(start for start in _INITIAL if seen <= start)


def _is_one_counter(numbers: Sequence[int]) -> bool:
    """Whether IP identifications NUMBERS, in the order in which they came, look like those of one machine."""
    steps = [(numbers[place + 1] - numbers[place]) % 65536 for place in range(len(numbers) - 1)]
    return len(steps) >= _ENOUGH and all(0 < step <= _NEAR for step in steps)


def icmp_signs(one: Sequence[Trait], other: Sequence[Trait]) -> List[Sign]:
    """Echo replies of both, in the order in which they came."""
    lives = [{initial_life(trait.life) for trait in traits} for traits in (one, other)]
    if not one or not other:
        return []
    if lives[0] != lives[1]:
        return [Sign(-SURE, "they start with a time to live of %s and %s" % tuple(_joined(values) for values in lives))]
    numbers = [trait.number for trait in sorted([*one, *other], key=lambda trait: trait.at)]
    if _is_one_counter(numbers):
        return [
            Sign(
                SURE,
                "their IP identifications come from one counter (%s)"
                % ", ".join(str(number) for number in numbers[:6]),
            )
        ]
    return [Sign(0, "their echo replies look alike (time to live %s)" % _joined(lives[0]))]


def tcp_sign(one: Dict[int, Trait], other: Dict[int, Trait]) -> Optional[Sign]:
    """Answers to the same SYN, by port; options and their order are the system's."""
    for port in sorted(set(one) & set(other)):
        if one[port].looks != other[port].looks:
            return Sign(
                -1, "they answer on TCP port %d in different ways (%s; %s)" % (port, one[port].looks, other[port].looks)
            )
    common = sorted(set(one) & set(other))
    return Sign(0, "they answer alike on TCP port %s" % _joined(common)) if common else None


def ssh_sign(one: str, other: str) -> Sign:
    """Host keys. A copied machine has the keys of its original, so equal ones are weak."""
    if one == other:
        return Sign(1, "they have the same SSH host key (%s): one machine, or a copy" % one)
    return Sign(-SURE, "their SSH host keys differ (%s; %s)" % (one, other))


def judged(signs: Sequence[Sign]) -> Optional[bool]:
    """True: one machine, False: two, None: the signs do not tell, or contradict each other."""
    weight = sum(sign.weight for sign in signs)
    return True if weight >= SURE else False if weight <= -SURE else None


def _joined(values: Iterable[int]) -> str:
    return ", ".join(str(value) for value in sorted(values))


# --- observing --------------------------------------------------------------------------------------------------------

class Examiner:
    """Asks two addresses behind one MAC, at a polite pace."""

    def __init__(self, target: Target, mac: str, frames: Frames, rate: float, timeout: float) -> None:
        self._target, self._mac, self._frames, self._timeout = target, mac, frames, timeout
        self._pause = 1.0 / rate
        self._wire = Wire(target.interface, answers_from(mac))

    def close(self) -> None:
        """Close the wire."""
        self._wire.close()

    def machine(self, one: str, other: str, kinds: Sequence[str]) -> Record:
        """The row of ``machines`` for two addresses."""
        signs: List[Sign] = []
        if "arp" in kinds:
            sign = arp_sign(self._crossing(one, other))
            signs += [sign] if sign else []
        if "icmp" in kinds:
            signs += icmp_signs(*self._echoes(one, other))
        if "tcp" in kinds:
            sign = tcp_sign(self._ports(one), self._ports(other))
            signs += [sign] if sign else []
        if "ssh" in kinds:
            signs += self._host_keys(one, other)
        words = [sign.words for sign in signs] or ["neither answered what would tell them apart"]
        return {"addresses": [one, other], "mac": self._mac, "same": judged(signs), "evidence": words}

    def _crossing(self, one: str, other: str) -> Crossing:
        answered = asked = 0
        for number in range(TRIES):
            for first, second in ((one, other), (other, one)):
                if self._speaks(first):
                    asked += 1
                    answered += self._asked(second, self._mac)
            time.sleep(self._pause * (number + 1 < TRIES))
        return Crossing(answered, asked)

    def _speaks(self, address: str) -> bool:
        """Have ADDRESS say something, so that its port is where switches think the MAC is."""
        return self._asked(address, "ff:ff:ff:ff:ff:ff")

    def _asked(self, address: str, to: str) -> bool:
        target = self._target
        frame = self._frames.arp_unicast(target.mac, target.sender, address, to, target.vlan)

        def is_answer(octets: bytes, _at: float) -> Optional[object]:
            heard = self._frames.read(octets)
            return True if heard is not None and (heard.what, heard.address) == ("reply", address) else None

        return bool(self._exchange(frame, is_answer))

    def _exchange(self, frame: bytes, wanted: Callable[[bytes, float], Optional[object]]) -> object:
        """Send, and return what WANTED finds in the frames that come in time."""
        self._wire.receive(0)  # what came before is no answer
        self._wire.send(frame)
        until = time.time() + self._timeout
        while time.time() < until:
            for received in self._wire.receive(until - time.time()):
                found = wanted(received.octets, received.at)
                if found is not None and received.vlan == self._target.vlan:
                    return found
        return None

    def _echoes(self, one: str, other: str) -> Tuple[List[Trait], List[Trait]]:
        """Echo replies of both, asked in turns; each speaks first, so that the question finds it."""
        found: Dict[str, List[Trait]] = {one: [], other: []}
        for address in [one, other] * 3:
            if self._speaks(address):
                trait = self._exchange(
                    self._frames.ping(self._target, self._mac, address), self._frames.trait_of(address)
                )
                found[address] += [trait] if isinstance(trait, Trait) else []
            time.sleep(self._pause)
        return found[one], found[other]

    def _ports(self, address: str) -> Dict[int, Trait]:
        found: Dict[int, Trait] = {}
        for port in _PORTS:
            if self._speaks(address):
                trait = self._exchange(
                    self._frames.syn(self._target, self._mac, address, port), self._frames.trait_of(address, port)
                )
                if isinstance(trait, Trait):
                    found[port] = trait
            time.sleep(self._pause)
        return found

    def _host_keys(self, one: str, other: str) -> List[Sign]:
        keys = []
        for address in (one, other):
            self._speaks(address)
            try:
                keys.append(_ssh.host_key(address, max(_LEAST_FOR_SSH, self._timeout)))
            except _ssh.SshError:
                return []
        return [ssh_sign(*keys)]


def several(replies: Sequence[str]) -> Dict[Tuple[str, str, str], List[str]]:
    """(interface, VLAN, MAC) of a scan's rows -> its IPv4 addresses, where it answered for more than one."""
    found: Dict[Tuple[str, str, str], List[str]] = {}
    for line in replies:
        cells = line.split(" ")
        if len(cells) < 5:
            raise PlanError(
                "tell_apart: %s is no row of a scan: leave it to the controller's side of this module"
                % shortened(line, 60)
            )
        interface, vlan, address, mac, kind = cells[:5]
        if kind == "arp" and address not in found.setdefault((interface, vlan, mac), []):
            found[interface, vlan, mac].append(address)
    return {key: addresses for key, addresses in found.items() if 1 < len(addresses) <= MOST_ADDRESSES}


def examined(
    targets: Sequence[Target],
    groups: Dict[Tuple[str, str, str], List[str]],
    frames: Frames,
    kinds: Sequence[str],
    rate: float,
    timeout: float,
) -> List[Record]:
    """The rows of ``machines``: the first address behind each MAC held against each other one. Nothing is asked from no
    address.
    """
    found: List[Record] = []
    for (interface, vlan, mac), addresses in sorted(groups.items()):
        target = next(
            (
                one
                for one in targets
                if one.interface == interface and str(one.vlan or "-") == vlan and one.family == "inet" and one.sender
            ),
            None,
        )
        if target is None:
            continue
        examiner = Examiner(target, mac, frames, rate, timeout)
        try:
            found += [examiner.machine(addresses[0], other, kinds) for other in addresses[1:]]
        finally:
            examiner.close()
    return found
