"""The typed view of a report on floods, that its formats draw from."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.netops.layer2.plugins.module_utils._table import finite
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import (
    Fields,
    ReportError,
    check_schema,
    counts,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._common._times import unstamp
from ansible_collections.netops.layer2.plugins.plugin_utils._report._kinds import FLOOD_VERDICTS, Kind
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import (
    SCHEMA,
    VERSION,
    aged,
    changes,
    comparison,
    noted,
    remark,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._report._neutral import Aged, Comparison, Remark

_MOST = 1e18  # of any number here: bits a second, seconds
STATUSES = FLOOD_VERDICTS.statuses
_TELLING = ("flood", "quiet")
COUNTS = (
    *STATUSES,
    "hosts_judged",
    "hosts_sampled",
    "hosts_missing",
    "receivers",
    "gaps",
    "quarantined",
    "interfaces_cannot_tell",
)


@dataclass(frozen=True, slots=True)
class Party:
    """One end of a flood, or what is known of it."""

    host: str
    interface: str
    mac: str
    ip: str
    segment: str
    service: str

    @property
    def label(self) -> str:
        """Everything that names it, on one line."""
        parts = (
            self.host,
            self.interface,
            self.mac,
            self.ip,
            self.service,
            f"segment {self.segment}" if self.segment else "",
        )
        return " ".join(part for part in parts if part) or "unknown"

    @property
    def name(self) -> str:
        """The shortest name it has."""
        return self.host or self.ip or self.mac or "unknown"


@dataclass(frozen=True, slots=True)
class Receiver:
    """An interface that heard the flood; SERIES: bytes of each INTERVAL (s)."""

    host: str
    interface: str
    packets_per_second: float
    bits_per_second: float
    share: float
    interval: float
    series: tuple[int, ...]

    @property
    def rates(self) -> tuple[float, ...]:
        """Bits a second of each interval."""
        return tuple(size * 8 / self.interval for size in self.series) if self.interval > 0 else ()


@dataclass(frozen=True, slots=True)
class Flood:
    """One flood, heard or waiting to happen. CLIENTS: the subnet that it waits for; HEARD_BY: hosts that heard it and
    cannot tell.

    CHANGE since the earlier report (new, still), with status and rate as they were then.
    """

    id: str
    status: str
    cause: str
    confidence: str
    reason: str
    source: Party
    destination: Party
    receivers: tuple[Receiver, ...]
    bits_per_second: float
    packets_per_second: float
    reply: str
    gateway: str
    director: str
    request: str
    ageing: str
    also: tuple[str, ...]
    evidence: tuple[str, ...]
    fix: str
    exception_reason: str
    exception_expires: str
    clients: str
    heard_by: tuple[str, ...]
    change: str
    status_before: str
    bits_before: float


@dataclass(frozen=True, slots=True)
class PastFlood:
    """A flood of the earlier report that this one does not have."""

    id: str
    status: str
    cause: str
    source: str
    destination: str
    segment: str
    bits_per_second: float
    unchecked_hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FloodReport:
    """The whole report, ready to be drawn. LISTENED: (host, interface) where hearing nothing means that nothing is
    flooded.
    """

    created: datetime
    collection: str
    target: str
    limit: str
    summary: Mapping[str, int]
    highest: float
    findings: tuple[Flood, ...]
    judged: tuple[str, ...]
    listened: frozenset[tuple[str, str]]
    missing: tuple[Remark, ...]
    gaps: tuple[Remark, ...]
    quarantined: tuple[Remark, ...]
    notes: tuple[Remark, ...]
    not_asked: tuple[str, ...]
    comparison: Comparison[PastFlood] | None
    document: Mapping[str, Any]
    cached: tuple[Aged, ...] = ()
    part: str = ""

    @property
    def kind(self) -> Kind:
        """The kind of its verdict."""
        return FLOOD_VERDICTS

    @property
    def is_deaf(self) -> bool:
        """Whether no interface could tell a flood from none, and none was heard: no verdict, and no quiet network."""
        return not self.listened and not self.summary["flooding"]

    @property
    def listed(self) -> tuple[Flood, ...]:
        """The findings that somebody has to look at."""
        return tuple(flood for flood in self.findings if flood.status != "excepted")


def parse_floods(data: object) -> FloodReport:
    """Return the typed view of a report document on floods; raise ReportError where it is not one."""
    fields = Fields.of(data, "report")
    check_schema(fields.data, SCHEMA, VERSION, "report")
    verdict = fields.nested("verdict")
    check_schema(verdict.data, FLOOD_VERDICTS.schema, FLOOD_VERDICTS.version, "report.verdict")
    coverage, summary = verdict.nested("coverage"), verdict.nested("summary")
    compared = fields.nested("comparison")
    before = {entry.text("id"): _number(entry, "bits_per_second_before") for entry in compared.objects("still")}
    found = [_flood(item, changes(compared), before) for item in verdict.objects("findings")]
    return FloodReport(
        created=unstamp(fields.text("created"), "report.created"),
        collection=fields.text("collection"),
        target=fields.text("target"),
        limit=fields.text("limit"),
        summary=counts(summary, COUNTS),
        highest=_number(summary, "bits_per_second"),
        findings=tuple(sorted(found, key=lambda flood: STATUSES.index(flood.status))),
        judged=coverage.texts("judged"),
        listened=frozenset(
            (item.text("host"), item.text("interface"))
            for item in coverage.objects("listened")
            if item.text("verdict") in _TELLING
        ),
        missing=tuple(remark(item, "", "reason") for item in coverage.objects("missing")),
        gaps=(
            *(remark(item, "subset", "reason") for item in coverage.objects("gaps")),
            *(remark(item, "interface", "reason") for item in coverage.objects("not_sampled")),
        ),
        quarantined=tuple(remark(item, "field", "problem") for item in coverage.objects("quarantined")),
        notes=noted(fields),
        not_asked=fields.texts("not_asked"),
        comparison=comparison(fields, _past),
        document=fields.data,
        cached=aged(fields),
        part=fields.text("part"),
    )


def _number(fields: Fields, name: str) -> float:
    value = fields.data.get(name)
    if value is None:
        return 0.0
    number = finite(value)
    if number is None or abs(number) > _MOST:
        raise ReportError(f"{fields.where}.{name}: expected a number, found {str(value)[:40]!r}")
    return number


def _past(item: Fields) -> PastFlood:
    return PastFlood(
        id=item.text("id"),
        status=item.text("status"),
        cause=item.text("cause"),
        source=item.text("source"),
        destination=item.text("destination"),
        segment=item.text("segment"),
        bits_per_second=_number(item, "bits_per_second"),
        unchecked_hosts=item.texts("unchecked_hosts"),
    )


def _flood(item: Fields, changed: Mapping[str, tuple[str, str]], rates: Mapping[str, float]) -> Flood:
    status, exception = item.text("status"), item.nested("exception")
    if status not in STATUSES:
        raise ReportError(f"{item.where}.status: {status[:40]!r} is none of {', '.join(STATUSES)}")
    route, identifier = item.nested("route"), item.text("id")
    change, before = changed.get(identifier, ("", ""))
    reply, request = route.nested("reply"), route.nested("request")
    return Flood(
        id=identifier,
        status="excepted" if item.has("exception") else status,
        cause=item.text("cause"),
        confidence=item.text("confidence"),
        reason=item.text("reason"),
        source=_party(item.nested("source")),
        destination=_party(item.nested("destination")),
        receivers=tuple(_receiver(row) for row in item.objects("receivers")),
        bits_per_second=_number(item, "bits_per_second"),
        packets_per_second=_number(item, "packets_per_second"),
        reply=_reply(reply),
        gateway=request.text("via"),
        director=request.nested("director").text("host"),
        request=_request(request),
        ageing=_ageing(item.nested("ageing")),
        also=tuple(row.text("reason") for row in item.objects("also")),
        evidence=item.texts("evidence"),
        fix=item.text("fix"),
        exception_reason=exception.text("reason"),
        exception_expires=exception.text("expires"),
        clients=item.nested("destination").text("clients"),
        heard_by=tuple(row.text("host") for row in item.objects("heard")),
        change=change,
        status_before=before,
        bits_before=rates.get(identifier, 0.0),
    )


def _party(item: Fields) -> Party:
    port = item.data.get("port")
    service = " ".join(str(part) for part in (item.text("protocol"), port) if part not in (None, "", "-"))
    return Party(
        item.text("host"), item.text("interface"), item.text("mac"), item.text("ip"), item.text("segment"), service
    )


def _receiver(item: Fields) -> Receiver:
    steps = item.data.get("series")
    if steps is not None and not (isinstance(steps, list) and all(_is_step(step) for step in steps)):
        raise ReportError(f"{item.where}.series: expected a list of [frames, bytes]")
    return Receiver(
        item.text("host"),
        item.text("interface"),
        _number(item, "packets_per_second"),
        _number(item, "bits_per_second"),
        _number(item, "share"),
        _number(item, "interval"),
        tuple(int(step[1]) for step in steps or ()),
    )


def _is_step(step: object) -> bool:
    return (
        isinstance(step, list)
        and len(step) == 2
        and all((number := finite(value)) is not None and abs(number) <= _MOST for value in step)
    )


def _reply(item: Fields) -> str:
    """The way of the reply; empty where it was not observed."""
    kind, via, dev = item.text("kind"), item.text("via"), item.text("dev")
    parts = ["" if kind in ("unknown", "via") else kind, f"through {via}" if via else "", f"on {dev}" if dev else ""]
    return " ".join(part for part in parts if part)


def _request(item: Fields) -> str:
    """The way of the request; empty where it was not observed."""
    via, director, mode = item.text("via"), item.nested("director").text("host"), item.text("mode")
    stops = [f"the gateway {via}" if via else "", f"the director {director}" if director else ""]
    words = " and ".join(stop for stop in stops if stop)
    if not words:
        kind = item.text("kind")
        return {"unknown": "", "gateway": "through a gateway"}.get(kind, kind)
    return f"through {words}{f' ({mode})' if mode else ''}"


def _ageing(item: Fields) -> str:
    arp, mac = (_number(item, name) for name in ("arp", "mac"))
    texts = [f"ARP {arp:g} s ({item.text('arp_device')})" if arp else "ARP not observed",
             f"MAC {mac:g} s ({item.text('mac_device')})" if mac else "MAC not observed"]
    return ", ".join(texts)
