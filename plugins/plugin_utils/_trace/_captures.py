"""Capture documents (docs/captures.md) opened and checked: one Capture per point, its packets as columns."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from ansible_collections.netops.layer2.plugins.module_utils._capture._packet import CUT, ODD
from ansible_collections.netops.layer2.plugins.module_utils._capture._records import (
    SCHEMA,
    VERSION,
    CaptureError,
    unpacked,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._common._lenient import objects_in

Row = tuple[str, ...]
NS = 1_000_000_000


class TraceError(ValueError):
    """The captures cannot be correlated; names point or file, field and the way out."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One direction of a conversation, as texts."""

    version: str
    source: str
    destination: str
    protocol: str
    source_port: str
    destination_port: str

    def __str__(self) -> str:
        if self.source == "-":
            return self.protocol
        if self.protocol in ("tcp", "udp"):
            return (
                f"{self.protocol} {_end(self.source, self.source_port)} >"
                f" {_end(self.destination, self.destination_port)}"
            )
        return f"{self.protocol} {self.source} > {self.destination}"


def _end(address: str, port: str) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


@dataclass(frozen=True, slots=True)
class Link:
    """How a frame was carried at a point, as texts; ``-`` is nothing."""

    source: str
    destination: str
    vlan: str
    tunnel: str
    outer_source: str
    outer_destination: str
    outer_source_ip: str
    outer_destination_ip: str


@dataclass(frozen=True, slots=True)
class Capture:
    """What one point saw. Times are ns since 1970 by the clock of its host; ``window`` is when it listened, by the same
    clock.
    """

    host: str
    point: str
    interface: str
    flows: list[Flow]
    links: list[Link]
    columns: dict[str, t.Any]
    window: tuple[int, int]
    dropped: int | None
    ended: str
    resolution: int  # ns
    stepped: float  # s, by the host's own measure
    filter: str
    gaps: list[dict[str, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.columns["time"])

    def marked(self, mark: int) -> int:
        """How many packets carry a mark."""
        return sum(count for value, count in enumerate(_histogram(self.columns["marks"])) if value & mark)

    @property
    def cut(self) -> int:
        """Packets whose payload was cut too short to be compared."""
        return self.marked(CUT) - self.beheaded

    @property
    def beheaded(self) -> int:
        """Packets that were cut within their headers, by the snap length."""
        return sum(
            count for value, count in enumerate(_histogram(self.columns["marks"])) if value & CUT and value & ODD
        )

    @property
    def odd(self) -> int:
        """Packets whose headers are damaged or cut."""
        return self.marked(ODD)


def _histogram(marks: t.Any) -> list[int]:
    octets = marks.tobytes()
    present = set(octets)
    return [octets.count(value) if value in present else 0 for value in range(32)]


def opened(data: Mapping[str, t.Any], place: str) -> Capture:
    """The Capture of a document; TraceError names PLACE (where the document came from) or its point, the field, and the
    way out.
    """
    if data.get("schema") != SCHEMA:
        raise TraceError(
            f"{place}: schema: {data.get('schema')!r:.60} is no capture; give what packet_capture returned"
        )
    if data.get("version") != VERSION:
        raise TraceError(
            f"{place}: version: {data.get('version')!r:.40} is unknown, {VERSION} is known; use one version of"
            " netops.layer2 for all points"
        )
    host, interface = _text(data, "host", place), _text(data, "interface", place)
    point = _text(data, "point", place, f"{host}:{interface}")
    try:
        records = unpacked(data)
    except CaptureError as error:
        raise TraceError(f"{point} ({place}): {error}") from error
    clock = data.get("clock")
    clock = clock if isinstance(clock, Mapping) else {}
    return Capture(
        host,
        point,
        interface,
        [_flow(text, point) for text in records.flows],
        [Link(*text.split(" ")) for text in records.links],
        records.columns,
        _window(data, records.columns["time"], point),
        _dropped(data, point),
        _text(data, "ended", point, "time"),
        1000 if clock.get("resolution") == "us" else 1,
        _seconds(clock, "stepped", point, 0.0),
        _text(data, "filter", point, ""),
        _gaps(data),
    )


def _flow(text: str, place: str) -> Flow:
    flow = Flow(*text.split(" "))
    for address in (flow.source, flow.destination):
        try:
            if address != "-":
                ip_address(address)
        except ValueError as error:
            raise TraceError(f"{place}: flows: {error}; capture anew with this version of the collection") from error
    return flow


def _text(data: Mapping[str, t.Any], name: str, place: str, default: str | None = None) -> str:
    value = data.get(name, default)
    if not isinstance(value, str) or not (value or default == ""):
        raise TraceError(f"{place}: {name}: {value!r:.60} is no text; capture anew with this version of the collection")
    return value


def _seconds(data: Mapping[str, t.Any], name: str, place: str, default: float | None = None) -> float:
    value = data.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e10:
        raise TraceError(
            f"{place}: {name}: {value!r:.60} is no number of seconds; capture anew with this version of the collection"
        )
    return float(value)


def _dropped(data: Mapping[str, t.Any], place: str) -> int | None:
    value = data.get("dropped")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise TraceError(f"{place}: dropped: {value!r:.60} is no number of packets; leave it out if nobody counted")
    return value


def _gaps(data: Mapping[str, t.Any]) -> list[dict[str, str]]:
    return [
        {"reason": "unknown", **{str(key): str(value) for key, value in gap.items()}}
        for gap in objects_in(data.get("gaps"))
    ]


def _window(data: Mapping[str, t.Any], times: t.Any, place: str) -> tuple[int, int]:
    """From when to when the point listened. A file does not say: there only the time between its first and last packet
    is certain.
    """
    if "duration" in data:
        begin = _seconds(data, "collected_at", place)
        return int(begin * NS), int((begin + _seconds(data, "duration", place)) * NS)
    return (min(times), max(times)) if len(times) else (0, 0)
