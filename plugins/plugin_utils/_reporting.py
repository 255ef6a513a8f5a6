"""From what the tasks of a run left to report documents: who counts as read, the verdicts, their circumstances, the
earlier report.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils import _gathered
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._documents import absolute
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import ArgumentError
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hostvars import Beside
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import FACT, SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._ageing import read_switches
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._flooding import flooding_causes
from ansible_collections.netops.layer2.plugins.plugin_utils._given import Given
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._report._compare import compare, not_compared, read_earlier
from ansible_collections.netops.layer2.plugins.plugin_utils._report._files import read
from ansible_collections.netops.layer2.plugins.plugin_utils._report._kinds import KINDS
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import document
from ansible_collections.netops.layer2.plugins.plugin_utils._report._version import collection_version
from ansible_collections.netops.layer2.plugins.plugin_utils._scan._unknown import machines
from ansible_collections.netops.layer2.plugins.plugin_utils._scan._vantages import vantages
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._address_verdicts import ip_conflicts
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import ExceptionError, ExceptionList
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

Document = dict[str, Any]
Judge = Callable[..., Document]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is written into every report of a run beside its verdict."""

    target: str = ""
    limit: str = ""
    not_asked: Sequence[str] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    part: str = ""  # of the inventory, as of _slices
    created: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    collection: str = field(default_factory=collection_version)
    written: Callable[[str], str] = str  # a suggested fix as the caller of the run would type it


@dataclass(frozen=True, slots=True)
class Judged:
    """A report document that was made; or, without one, why not."""

    document: Document | None
    error: str = ""


def reported(
    verdict: Mapping[str, Any], reading: _gathered.Reading, about: Circumstances, others: Document | None = None
) -> Document:
    """The report document of a VERDICT on hosts that were read as READING says; OTHERS answered scans. ReportError if
    it is no verdict.
    """
    return document(
        with_commands(verdict, about.written),
        created=about.created,
        collection=about.collection,
        target=about.target,
        limit=about.limit,
        not_asked=about.not_asked,
        part=about.part,
        notes={**reading.notes, **about.notes},
        unreachable=reading.missing,
        machines=others,
        cached={host: (each.age, each.reason) for host, each in reading.cached.items()},
    )


def with_commands(verdict: Mapping[str, Any], written: Callable[[str], str]) -> Mapping[str, Any]:
    """VERDICT with its fixes as WRITTEN has them; what is no finding is left to whoever checks the document."""
    findings = verdict.get("findings")
    if not isinstance(findings, list):
        return verdict
    return {
        **verdict,
        "findings": [
            {**each, "fix": written(each["fix"])}
            if isinstance(each, dict) and isinstance(each.get("fix"), str)
            else each
            for each in findings
        ],
    }


def as_report(given: object) -> Document:
    """A report that was GIVEN as data or JSON text; of a verdict, its report without circumstances. Or ReportError."""
    opened = _opened(given)
    made = reported(opened, _gathered.Reading(), Circumstances()) if opened.get("schema") in KINDS else opened
    _formats.check(made)
    return made


def _opened(given: object) -> Document:
    """A document as plain data."""
    try:
        opened = plain(json.loads(given) if isinstance(given, str) else given)
    except (ValueError, RecursionError) as error:
        if isinstance(error, ReportError):
            raise
        raise ReportError(f"{_NO_REPORT}; this is no JSON ({error})") from None
    if not isinstance(opened, dict):
        raise ReportError(_NO_REPORT)
    return opened


_NO_REPORT = ("give a verdict, as mac_collisions, ip_conflicts and flooding_causes return it, "
              "or a report, as its JSON file holds it")


class Reporting:
    """One run's reports on HOSTS. SCANS: whether what arp_scan heard counts, beside other sources; CHOSEN: the
    vantages, None where nobody chose any.

    GIVEN: documents beside those of the hosts; one that does not count is missing as a host is.
    """

    def __init__(
        self,
        hostvars: Mapping[str, Any],
        hosts: Sequence[str],
        now: _gathered.Now,
        circumstances: Circumstances,
        exceptions: ExceptionList | None = None,
        list_shared: bool = False,
        scans: bool = False,
        chosen: Mapping[str, Any] | None = None,
        flood_exceptions: ExceptionList | None = None,
        given: Given | None = None,
    ) -> None:
        self._circumstances = circumstances
        self._exceptions, self._list_shared = exceptions, list_shared
        self._flood_exceptions, self._now = flood_exceptions, now
        self._reading = _gathered.reading(hostvars, hosts, now)
        self._given = given or Given()
        self._reading.missing.update(self._given.missing)
        self._reading.notes.update(self._given.notes)
        self._is_scanned = scans
        told = {name: {"ansible_facts": {FACT: switch}} for name, switch in self._given.switches.items()}
        self._hostvars = Beside(hostvars, told) if told else hostvars
        self._hosts, self._judged = hosts, [*hosts, *told]
        self._told = self._heard(now, chosen) if scans else _gathered.others(hostvars, hosts, now)

    def macs(self) -> Document:
        """The report on MACs; who answered scans is a part of it. SnapshotError where the data as a whole is of no use.
        """
        read = [host for host in self._judged if host not in self._reading.missing]
        others = machines(self._hostvars, self._told, read, self._given.documents) if self._is_scanned else None
        return reported(self._verdict(mac_collisions), self._reading, self._circumstances, others)

    def addresses(self) -> Judged:
        """The report on IP addresses; where they cannot be judged, why: the MACs are judged all the same."""
        try:
            return Judged(reported(self._verdict(ip_conflicts), self._reading, self._circumstances))
        except (ArgumentError, SnapshotError, ExceptionError, ReportError) as error:
            return Judged(None, f"the IP addresses could not be judged: {error}")

    def floods(self, switches: object = None) -> Document:
        """The report on floods; SWITCHES: what is known of those that are no hosts. The errors of `flooding_causes`."""
        heard = _gathered.flood_samples(self._hostvars, self._hosts, self._reading.missing, self._now)
        judged = flooding_causes(
            self._hostvars,
            heard.samples,
            self._judged,
            self._reading.missing,
            self._flood_exceptions,
            read_switches(switches),
        )
        about = replace(self._circumstances, notes={**heard.notes, **self._circumstances.notes})
        return reported(plain(judged), self._reading, about)

    def of_verdict(self, verdict: Mapping[str, Any]) -> Document:
        """The report on a VERDICT that was made before; ReportError where it is none."""
        return reported(verdict, self._reading, self._circumstances)

    def _verdict(self, judge: Judge) -> Document:
        missing, documents = self._reading.missing, self._given.documents
        return judge(
            self._hostvars, self._judged, missing, self._exceptions, self._list_shared, self._told or None, documents
        )

    def _heard(self, now: _gathered.Now, chosen: Mapping[str, Any] | None) -> dict[str, Any]:
        known = [*self._hosts, *(host for host in chosen or () if host not in self._hosts)]
        found = _gathered.scans(self._hostvars, known, now, chosen or ())
        if chosen is not None and not chosen:
            for host in self._hosts:
                if host not in self._reading.missing:
                    found.setdefault(
                        host,
                        _gathered.unheard(host, "nothing was scanned: no snapshot shows an IPv4 network on a wire", ""),
                    )
        return found


def choose_vantages(hostvars: Mapping[str, Any], hosts: Sequence[str], now: _gathered.Now) -> dict[str, list[str]]:
    """Host -> interfaces to scan on, by the snapshots that count now; SnapshotError where the data as a whole is of no
    use.
    """
    missing = _gathered.reading(hostvars, hosts, now).missing
    return vantages(hostvars, [host for host in hosts if host not in missing])


def is_first(made: Document, path: str, directory: str, formats: Sequence[str]) -> bool:
    """Whether the earlier report PATH is missing because this run is the first that writes it: its own JSON file in
    DIRECTORY.

    Any other file that is missing is a mistake, and nothing would ever be compared.
    """
    own = os.path.join(absolute(directory), f"{_formats.opened(made).kind.stem}.json")
    return "json" in formats and absolute(path) == own and not os.path.lexists(own)


def compared(made: Document, path: str) -> Document:
    """MADE with what changed since the report in the file PATH, or with the reason why that could not be used: it must
    not cost the verdict.
    """
    try:
        return {**made, "comparison": compare(_formats.opened(made), read_earlier(read(path), path), path)}
    except ReportError as error:
        return {**made, "comparison": not_compared(path, str(error))}
