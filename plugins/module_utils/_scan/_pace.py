"""How fast and how often a scan asks: the pace of questions, and how many rounds it takes to miss nobody. Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import List, Sequence

FEWEST = 2  # rounds, where every answer of many machines came at once
KNOWN = 5  # times that an address is asked for at least which somebody is known to have: in a neighbour table, or heard
ALONE = 3  # rounds, where nobody answers at all
_MADE_UP = 0.02  # seconds
CONVINCED = 0.0003  # machines that may be missed, on average, before the scan stops asking


class Pacer:
    """Times at which questions may leave: RATE a second. Time lost to a busy host is made up for by a burst of BURST at
    most.
    """

    def __init__(self, rate: float, now: float) -> None:
        self._step = 1.0 / rate
        self.burst = max(4.0, rate * _MADE_UP)
        self._slack = self.burst * self._step
        self._next = now

    def wait(self, now: float) -> float:
        """Seconds until the next question may leave, 0 if it may now."""
        return max(0.0, self._next - now)

    def sent(self, now: float) -> None:
        """A question left."""
        self._next = max(self._next, now - self._slack) + self._step


def loss(new_a_round: Sequence[int]) -> float:
    """The share of answers that seem to get lost, from how many machines answered for the first time in each round.

    A machine that answered first in round n did not in the n-1 before it. A tenth of a loss is added to what was seen,
    because 40 first answers of 40 do not prove that none is ever lost.
    """
    found = sum(new_a_round)
    lost = sum(number * machines for number, machines in enumerate(new_a_round))
    return min(0.9, (lost + 0.1) / (found + lost + 1.0)) if found else 0.0


def late_loss(new_a_round: Sequence[int]) -> float:
    """The same among those alone that did not answer in the first round: losses keep to some machines, behind a bad
    cable or radio.
    """
    late = sum(new_a_round[1:])
    lost = sum(number * machines for number, machines in enumerate(new_a_round[1:]))
    return min(0.9, (lost + 0.5) / (late + lost + 1.0)) if late else 0.0


def expected(new_a_round: Sequence[int], rounds: int, before: Sequence[int] = ()) -> float:
    """Machines that are still to be expected among the silent after so many rounds.

    Of FOUND machines FOUND * p**rounds, where p is the loss seen; but if losses keep to some machines, the late ones
    tell of these: LATE * q**(rounds-1), where q is the loss among the late.
    """
    seen = summed(new_a_round, before)
    several, late = max(sum(new_a_round), int(any(before[1:]))), max(sum(new_a_round[1:]), int(any(before[1:])))
    return max(several * loss(seen) ** rounds, late * late_loss(seen) ** (rounds - 1))


def summed(one: Sequence[int], other: Sequence[int]) -> List[int]:
    """Two scans' counts as if they had been one."""
    longer = max(len(one), len(other))
    return [sum(counts[number] for counts in (one, other) if number < len(counts)) for number in range(longer)]


def another_round(new_a_round: Sequence[int], most: int, before: Sequence[int] = ()) -> bool:
    """Whether those who have not answered are asked again after the rounds so far.

    Of forty that answer at once two rounds are enough, of a few three; with every fifth answer lost it takes seven or
    eight. BEFORE: the same counts of earlier parts of the scan on this wire, for the loss; where they saw one, a part
    in which nobody answers may hide a machine too.
    """
    rounds = len(new_a_round)
    if rounds >= most:
        return False
    if rounds < FEWEST:
        return True
    if not any(new_a_round) and not any(before):
        return rounds < ALONE
    return expected(new_a_round, rounds, before) > CONVINCED


def repeats(new_a_round: Sequence[int], most: int, before: Sequence[int] = ()) -> int:
    """How often those who have answered are asked once more, because a second machine's answer may have been the lost
    one.

    None where no answer seems to have been lost: every question reaches all, so both had their chance at once.
    """
    seen = summed(new_a_round, before)
    if not any(seen[1:]):
        return 0
    p = max(loss(seen), late_loss(seen))
    missed, times = p, 0
    while missed > CONVINCED and times < most - 1:
        missed *= p
        times += 1
    return times
