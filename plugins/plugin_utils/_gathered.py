"""What the tasks of this run left of each host: who gave no snapshot, who was read without root, who listened and who
could not.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._common._problems import (
    heard,
    is_asked,
    problem,
    refusal,
    scan_problem,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import age_in_words
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hostvars import registered
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._received import Received, received
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import FACT
from ansible_collections.netops.layer2.plugins.plugin_utils._sources._list import further
from ansible_collections.netops.layer2.plugins.plugin_utils._sources._scan import SCAN


@dataclass(frozen=True, slots=True)
class Samples:
    """The flood samples of this run, each one JSON text, and why a host took none."""

    samples: list[str]
    notes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Now:
    """What counts as now: this RUN, at this TIME of the controller; MAX_AGE seconds for older documents, None to take
    none.

    ALSO: runs whose documents count as of this one, such as the slices that read for a job that only judges.
    """

    run: str
    time: float
    max_age: float | None = None
    also: frozenset[str] = frozenset()

    def is_of(self, when: Received | None) -> bool:
        """Whether a document that was received like that is of this run."""
        return when is not None and (when.run == self.run or when.run in self.also)


@dataclass(frozen=True, slots=True)
class Cached:
    """Why a host was not read in this run, and how many seconds ago the controller received the snapshot that stands
    in.
    """

    reason: str
    age: float


@dataclass(frozen=True, slots=True)
class Reading:
    """Who was read and who was not, by host name; nobody is in two of MISSING, CACHED and the rest."""

    missing: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    cached: dict[str, Cached] = field(default_factory=dict)


def reading(hostvars: Mapping[str, Any], hosts: Iterable[str], now: Now) -> Reading:
    """Tell for each of HOSTS whether its snapshot is of this run; one that a fact cache kept stands in only where NOW
    takes older ones.
    """
    found = Reading()
    for host, variables in registered(hostvars, hosts):
        reason = problem(variables) or _not_read(variables, now)
        if not reason:
            if note := refusal(variables):
                found.notes[host] = note
            continue
        age = _age(received(variables, FACT), now) if _holds(variables, FACT) else None
        if not _holds(variables, FACT) or now.max_age is None:
            found.missing[host] = reason
        elif age is None:
            found.missing[host] = (
                f"{reason}; the snapshot in the fact cache does not say when the controller received it"
            )
        elif age > now.max_age:
            found.missing[host] = (f"{reason}; the snapshot in the fact cache is {age_in_words(age)} old, "
                                   f"and older than {age_in_words(now.max_age)} is not judged")
        else:
            found.cached[host] = Cached(reason, age)
    return found


def others(hostvars: Mapping[str, Any], hosts: Iterable[str], now: Now) -> dict[str, dict[str, Any]]:
    """Host -> variables that hold only its documents of NOW, of further sources that are no scans: they count whether
    anybody scans or not.
    """
    names = [row.kind.fact for row in further() if row.kind.schema != SCAN.schema]
    found = ((host, _facts(variables, names, now)) for host, variables in registered(hostvars, hosts))
    return {host: {"ansible_facts": facts} for host, facts in found if facts}


def scans(
    hostvars: Mapping[str, Any], hosts: Iterable[str], now: Now, chosen: Container[str] = ()
) -> dict[str, dict[str, Any]]:
    """The same with scans; of a scan that failed, the reason as a gap. CHOSEN: the vantages; one that did not scan has
    a gap that says so.
    """
    names = [row.kind.fact for row in further()]
    found: dict[str, dict[str, Any]] = {}
    for host, variables in registered(hostvars, hosts):
        facts = _facts(variables, names, now)
        reason, hint = scan_problem(variables)
        if host in chosen and not reason and "layer2_scan" not in facts:
            reason = "it was to scan, and did not"
        if reason:
            # What a part of the scan heard before it failed is in the other document, if there is one.
            facts.update(
                unheard(host, reason, hint, "layer2_watch" if "layer2_scan" in facts else "layer2_scan")[
                    "ansible_facts"
                ]
            )
        if facts:
            found[host] = {"ansible_facts": facts}
    return found


def _facts(variables: Mapping[str, Any], names: Iterable[str], now: Now) -> dict[str, Any]:
    """The documents among NAMES that count now, by name."""
    return {name: _fact(variables, name) for name in names if _counts(variables, name, now)}


def unheard(host: str, reason: str, hint: str, fact: str = "layer2_scan") -> dict[str, Any]:
    """Variables of HOST with a scan document that holds nothing but the REASON why nobody was heard."""
    gap = {"subset": "scan", "reason": reason, **({"hint": hint} if hint else {})}
    empty: dict[str, list[str]] = {"columns": [], "rows": []}
    return {
        "ansible_facts": {
            fact: {
                "schema": SCAN.schema,
                "version": SCAN.version,
                "host": host,
                "mode": "scan",
                "replies": empty,
                "gaps": [gap],
            }
        }
    }


def _fact(variables: Mapping[str, Any], name: str) -> Any:
    facts = variables.get("ansible_facts")
    found = facts.get(name) if isinstance(facts, Mapping) else None
    return variables.get(name) if found is None else found


def _holds(variables: Mapping[str, Any], name: str) -> bool:
    return _fact(variables, name) is not None


def _is_given(variables: Mapping[str, Any], name: str) -> bool:
    """Whether the operator gave the document: a variable, not a fact that a host returned or a cache kept."""
    facts = variables.get("ansible_facts")
    return variables.get(name) is not None and (not isinstance(facts, Mapping) or facts.get(name) is None)


def _not_read(variables: Mapping[str, Any], now: Now) -> str:
    """Why the snapshot of a host that nothing failed on is not of this run, empty if it is."""
    when = received(variables, FACT)
    if now.is_of(when) or not _holds(variables, FACT):
        return ""  # where there is none at all, the verdict itself says so
    if when is None and _is_given(variables, FACT) and not is_asked(variables):
        return ""
    return "not read in this run"


def _counts(variables: Mapping[str, Any], name: str, now: Now) -> bool:
    """Whether the document NAME of a host is of this run, or as old as NOW takes it."""
    when = received(variables, name)
    if not _holds(variables, name) or now.is_of(when):
        return _holds(variables, name)
    if when is None and _is_given(variables, name):
        return True
    age = _age(when, now)
    return age is not None and now.max_age is not None and age <= now.max_age


def _age(when: Received | None, now: Now) -> float | None:
    """Seconds since the document came; None where nobody knows, as when it came in the future."""
    return None if when is None or when.at > now.time + _SKEW else max(0.0, now.time - when.at)


_SKEW = 5.0  # seconds; several controllers of one fact cache have clocks that agree, but never quite


def flood_samples(
    hostvars: Mapping[str, Any], hosts: Iterable[str], missing: Container[str] = (), now: Now | None = None,
) -> Samples:
    """Read the results of `flood_sample` for HOSTS; nothing is noted of who is MISSING already.

    With NOW, a sample in the fact cache stands in for a host that was not to listen in this run, as far as NOW takes
    it.
    """
    found = {host: _heard(variables, now) for host, variables in registered(hostvars, hosts)}
    return Samples([sample for sample, _why in found.values() if sample is not None],
                   {host: why for host, (_sample, why) in found.items() if why and host not in missing})


def _heard(variables: Mapping[str, Any], now: Now | None) -> tuple[Any, str]:
    """The sample of a host, or why there is none; neither where it was not to listen."""
    sample, why = heard(variables)
    if now is None or sample is not None or why or not _holds(variables, _SAMPLE):
        return sample, why
    if _counts(variables, _SAMPLE, now):
        return _fact(variables, _SAMPLE), ""
    age = _age(received(variables, _SAMPLE), now)
    words = "is of an unknown time" if age is None else f"is {age_in_words(age)} old"
    return None, f"did not listen; the flood sample in the fact cache {words}"


_SAMPLE = "layer2_flood_sample"
