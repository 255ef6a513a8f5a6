"""Sentences that reports of every family have in common: what was not judged, in numbers, and what fails the run."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import counted, named, visible
from ansible_collections.netops.layer2.plugins.plugin_utils._report._kinds import MISSING
from ansible_collections.netops.layer2.plugins.plugin_utils._report._neutral import Remark

PARTIAL = "this run saw a part of the inventory: whatever its hosts share with those of other parts is not judged here"
NAMES_MOST = 10         # names of hosts in such a line
FAILURES_MOST = 20      # findings that the message of a failed task names; further ones are counted
_Finding = TypeVar("_Finding")


def blind(parts: Sequence[tuple[int, str]]) -> str:
    """Return the end of a summary line: the texts of PARTS whose number is not zero."""
    said = [text for number, text in parts if number]
    return "; " + ", ".join(said) if said else "; nothing missing"


def nobody_judged(total: int, rest: str) -> str:
    """Return the summary line of a report on TOTAL hosts none of which could be judged; REST is its end."""
    who = "the one host could not be judged" if total == 1 else f"none of {total} hosts could be judged"
    return f"NO VERDICT: {who}{rest}."


class Covering(Protocol):
    """What a report tells of whom it covers."""

    @property
    def missing(self) -> Iterable[Remark]:
        """Who was not judged."""

    @property
    def part(self) -> str:
        """Which part of the inventory the run saw; empty for all of it."""


def failures(
    fail_on: Sequence[str],
    findings: Sequence[_Finding],
    one: Callable[[_Finding], str],
    unknown: str,
    covering: Covering,
) -> list[str]:
    """Return what fails a run that is to fail on the FINDINGS: a line for each, what is UNKNOWN, and what COVERING
    lacks.
    """
    # Nobody judged is nobody found clean.
    lines = _first(findings, one) + ([visible(unknown)] if fail_on and unknown else [])
    return lines + _missing([remark.host for remark in covering.missing], fail_on) + _partial(covering.part, fail_on)


def by_status(statuses: Iterable[str], subjects: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return what was found by status, of SUBJECTS: (status, MAC or address); what has none is left out."""
    found: dict[str, list[str]] = {status: [] for status in statuses}
    for status, subject in subjects:
        if subject and status in found:
            found[status].append(subject)
    return found


def _first(findings: Sequence[_Finding], one: Callable[[_Finding], str]) -> list[str]:
    """Return ONE line for each of the first FINDINGS, as a terminal may show it, the rest counted."""
    rest = len(findings) - FAILURES_MOST
    return [visible(one(finding)) for finding in findings[:FAILURES_MOST]] + ([f"and {rest} more"] if rest > 0 else [])


def _partial(part: str, fail_on: Sequence[str]) -> list[str]:
    """Return that the run saw only PART of the inventory, whose verdict proves nothing for the fleet."""
    if not part or not fail_on:
        return []
    return [visible(f"a partial verdict ({part}): {PARTIAL}")]


def _missing(hosts: Sequence[str], fail_on: Sequence[str]) -> list[str]:
    """Return that HOSTS are missing, where the run is to fail on that."""
    if MISSING not in fail_on or not hosts:
        return []
    return [visible(f"{counted(len(hosts), 'host')} missing: {named(hosts, NAMES_MOST)}")]


def excepted(reason: str, expires: str, judged: str = "") -> str:
    """Return that the operator excepted a finding, why and until when; empty if nobody did."""
    if not (reason or expires):
        return ""
    return f"Excepted until {expires}: {reason}" + (f" (judged {judged})" if judged else "")
