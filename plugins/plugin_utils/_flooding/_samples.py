"""Flood samples as the controller reads them: checked, typed, what is wrong in them quarantined; grouped into floods by
who sends to whom.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._table import finite, natural
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Reader
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import (
    Document,
    Fleet,
    Kind,
    Missing,
    NoSnapshot,
    SnapshotError,
    open_snapshot,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._return_path import IP, Net, address
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened

SAMPLE = Kind("netops.layer2/flood-sample", 1, "layer2_flood_sample", "flood sample", "flood_sample")
FLOOD, QUIET, CANNOT_TELL = "flood", "quiet", "cannot_tell"
_VERDICTS = (FLOOD, QUIET, CANNOT_TELL)
_COLUMNS = (
    "vlan",
    "source",
    "destination",
    "source_ip",
    "destination_ip",
    "protocol",
    "source_port",
    "destination_port",
    "frames",
    "bytes",
)
_MOST_TALKERS = 10_000
# A conversation counts as seen both ways if the way back has at least one frame for so many; acknowledgements are that
# frequent.
_FRAMES_PER_ANSWER = 500
_MIRRORED = 0.5


class Talker(t.NamedTuple):
    """One row of a sample: SOURCE sent FRAMES to DESTINATION, neither of which is the sampling host."""

    vlan: str
    source: str
    destination: str
    source_ip: str | None
    destination_ip: str | None
    protocol: str | None
    source_port: int | None
    destination_port: int | None
    frames: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Sampled:
    """One sampled interface. Rates are of all its unicast frames that are for nobody on the host; talkers are the
    dissected part.
    """

    host: str
    interface: str
    netns: str
    verdict: str
    reason: str
    seconds: float
    interval: float
    packets_per_second: float
    bits_per_second: float
    frames: int
    bytes: int
    dropped: int
    sampled: int
    series: tuple[tuple[int, int], ...]
    otherhost: int | None
    talkers: tuple[Talker, ...]

    @property
    def name(self) -> str:
        """The interface as people say it."""
        return f"{self.interface} in {self.netns}" if self.netns else self.interface

    def is_mirror(self) -> bool:
        """Whether most of it are conversations seen both ways: a SPAN port or a hub, since a flood has one direction.
        """
        frames: dict[tuple[str, str], int] = {}
        for talker in self.talkers:
            pair = (talker.source, talker.destination)
            frames[pair] = frames.get(pair, 0) + talker.frames
        both = sum(
            talker.bytes for talker in self.talkers
            if _answers(frames[(talker.source, talker.destination)], frames.get((talker.destination, talker.source), 0))
        )
        total = sum(talker.bytes for talker in self.talkers)
        return total > 0 and both / total > _MIRRORED


def _answers(one: int, other: int) -> bool:
    return min(one, other) * _FRAMES_PER_ANSWER >= max(one, other) > 0


@dataclass(slots=True)
class Samples:
    """All samples of one judgement."""

    interfaces: list[Sampled] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    owners: dict[str, str] = field(default_factory=dict)  # a sampling host's own MAC -> host
    gaps: list[dict[str, str]] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    quarantined: list[SnapshotError] = field(default_factory=list)


def read_samples(data: object, hosts: Iterable[str] | None = None) -> Samples:
    """Read the samples in DATA: hostvars, a list of documents or JSON texts, one of them, or a fact cache's directory.

    None is no sample at all. SnapshotError if DATA as a whole is unusable; what is wrong in one sample is quarantined.
    """
    found = Samples()
    if data is None:
        return found
    fleet = Fleet(data, hosts, SAMPLE)
    for source in fleet:
        try:
            document = open_snapshot(source)
            if document["host"] in found.hosts:
                raise SnapshotError(document["host"], "host", "a second flood sample with this host name",
                                    "Give each host's sample once; the first one was judged")
        except NoSnapshot as error:
            if not error.is_empty:
                found.missing.append(Missing(error.host, "no flood sample was gathered"))
            continue
        except SnapshotError as error:
            found.quarantined.append(error)
            continue
        _add(found, document)
    found.missing.extend(fleet.missing)
    return found


def _add(samples: Samples, document: Document) -> None:
    reader = Reader(document, samples.quarantined.append)
    samples.hosts.add(reader.host)
    own = document.get("own_macs")
    for mac in own if isinstance(own, list) else ():
        known = _mac(mac)
        if known:
            samples.owners[known] = reader.host
    for path, item in reader.objects("interfaces"):
        sampled = _sampled(reader, item, path)
        if sampled is not None:
            samples.interfaces.append(sampled)
    for path, gap in reader.objects("gaps"):
        texts = {name: reader.text(gap, name, path) for name in ("subset", "reason", "hint", "item")}
        samples.gaps.append(
            {"host": reader.host, "subset": "flood_sample", **{name: text for name, text in texts.items() if text}}
        )


def _sampled(reader: Reader, item: dict[str, t.Any], path: str) -> Sampled | None:
    name = reader.text(item, "name", path)
    if not name:
        reader.reject(f"{path}.name", "missing")
        return None
    verdict = str(item.get("verdict"))
    if verdict not in _VERDICTS:
        reader.reject(
            f"{path}.verdict",
            f"is {shortened(verdict, 40)}, none of {', '.join(_VERDICTS)}",
            "It is taken for cannot_tell",
        )
        verdict = CANNOT_TELL
    number = {key: _number(reader, item, key, path) for key in (
        "seconds", "interval", "packets_per_second", "bits_per_second", "frames", "bytes", "dropped", "sampled")}
    otherhost = item.get("otherhost")
    return Sampled(
        host=reader.host,
        interface=name,
        netns=reader.text(item, "netns", path) or "",
        verdict=verdict,
        reason=reader.text(item, "reason", path) or "",
        seconds=number["seconds"],
        interval=number["interval"],
        packets_per_second=number["packets_per_second"],
        bits_per_second=number["bits_per_second"],
        frames=int(number["frames"]),
        bytes=int(number["bytes"]),
        dropped=int(number["dropped"]),
        sampled=int(number["sampled"]),
        series=tuple(_series(item.get("series"))),
        otherhost=otherhost if isinstance(otherhost, int) else None,
        talkers=tuple(_talkers(reader, item.get("talkers"), path)),
    )


def _number(reader: Reader, item: dict[str, t.Any], field_name: str, path: str) -> float:
    value = item.get(field_name, 0)
    number = finite(value)
    if number is not None and number >= 0:
        return t.cast(float, value)
    reader.reject(
        f"{path}.{field_name}", f"is {shortened(value, 40)}, no number from 0", "It counts as 0; take the sample again"
    )
    return 0


def _series(value: object) -> Iterator[tuple[int, int]]:
    for step in value if isinstance(value, list) else ():
        if (
            isinstance(step, (list, tuple))
            and len(step) == 2
            and all(isinstance(count, int) and 0 <= count < 1 << 64 for count in step)
        ):
            yield step[0], step[1]


def _talkers(reader: Reader, table: object, path: str) -> Iterator[Talker]:
    rows = table.get("rows") if isinstance(table, dict) else None
    columns = table.get("columns", list(_COLUMNS)) if isinstance(table, dict) else None
    if not isinstance(rows, list) or not isinstance(columns, list) or not set(_COLUMNS) <= set(map(str, columns)):
        if table is not None:
            reader.reject(f"{path}.talkers", "no table with the columns of a flood sample")
        return
    places = [columns.index(name) for name in _COLUMNS]
    broken = 0
    for row in rows[:_MOST_TALKERS]:
        talker = _talker(row, places, len(columns))
        if talker is not None:
            yield talker
        else:
            broken += 1
    if broken:
        reader.reject(f"{path}.talkers.rows", f"{broken} of {len(rows)} rows cannot be read")


def _talker(row: object, places: list[int], width: int) -> Talker | None:
    parts = row.split(" ") if isinstance(row, str) else []
    if len(parts) != width:
        return None
    vlan, source, destination, source_ip, destination_ip, protocol, source_port, destination_port, frames, size = (
        parts[place] for place in places)
    macs = _mac(source), _mac(destination)
    counted = natural(frames), natural(size)
    if not (macs[0] and macs[1]) or counted[0] is None or counted[1] is None:
        return None
    return Talker(
        vlan, macs[0], macs[1], _known(source_ip), _known(destination_ip), _known(protocol), natural(source_port),
        natural(destination_port), counted[0], counted[1],
    )


def _known(text: str) -> str | None:
    return None if text == "-" else text


def _mac(value: object) -> str | None:
    try:
        return canonical(value)
    except MacError:
        return None


# --- floods ---------------------------------------------------------------------------------------------------------

class Receiver(t.NamedTuple):
    """What one interface got of one flood; rates are its share of the interface's exact totals."""

    sampled: Sampled
    share: float
    vlan: str

    @property
    def packets_per_second(self) -> float:
        """Frames a second of this flood."""
        return self.sampled.packets_per_second * self.share

    @property
    def bits_per_second(self) -> float:
        """Bits a second of this flood, on the wire without FCS."""
        return self.sampled.bits_per_second * self.share

    def series(self) -> list[list[int]]:
        """[frames, bytes] of each interval, this flood's share."""
        return [[round(frames * self.share), round(size * self.share)] for frames, size in self.sampled.series]


@dataclass(slots=True)
class Flood:
    """Frames from SOURCE to DESTINATION that others receive too. All receivers of it are here: it is one flood."""

    source: str
    destination: str
    source_ip: str | None
    destination_ip: str | None
    receivers: list[Receiver] = field(default_factory=list)
    services: dict[tuple[str, int | None, int | None], int] = field(default_factory=dict)  # protocol, ports -> bytes
    remote: tuple[str, ...] = ()  # of a router: the addresses behind it that send

    def service(self) -> tuple[str, int | None, int | None] | None:
        """Protocol, source and destination port that most of it has."""
        return max(self.services, key=lambda key: (self.services[key], key[0]), default=None)


def floods(interfaces: Iterable[Sampled], least_share: float) -> tuple[list[Flood], int]:
    """The floods that INTERFACES got, biggest first, and how many pairs were left out because they are less than
    LEAST_SHARE everywhere.
    """
    found: dict[tuple[str, str, str | None, str | None], Flood] = {}
    for sampled in interfaces:
        _receive(found, sampled)
    kept = [flood for flood in found.values() if max(receiver.share for receiver in flood.receivers) >= least_share]
    kept.sort(
        key=lambda flood: (
            -sum(receiver.bits_per_second for receiver in flood.receivers),
            flood.source,
            flood.destination,
        )
    )
    return kept, len(found) - len(kept)


_MANY = 4  # a server answers from a few VIPs, seldom from so many that no link here knows


def is_many(addresses: Collection[str], links: Collection[Net]) -> bool:
    """Whether one MAC that sends from ADDRESSES, which nobody here has, is a router's: many of them lie in none of the
    subnets of LINKS, or they lie in many subnets (/24, /64).
    """
    found = [ip for ip in map(address, sorted(addresses)) if ip is not None]
    lengths = {(net.version, net.prefixlen) for net in links}
    far = [
        ip
        for ip in found
        if not any(version == ip.version and subnet_of(ip, length) in links for version, length in lengths)
    ]
    return len(far) >= _MANY or len({subnet_of(ip) for ip in found}) >= _MANY


def subnet_of(ip: IP, length: int | None = None) -> Net:
    """The subnet of an address; of the usual length (/24, /64) where none is given."""
    usual = 24 if ip.version == 4 else 64
    return ip_network(f"{ip}/{usual if length is None else length}", strict=False)


def through_router(parts: list[Flood]) -> Flood:
    """One flood of what a router passes on to one destination: PARTS differ in the remote sources alone, of which the
    biggest gives the address.
    """
    first = parts[0]
    whole = Flood(first.source, first.destination, first.source_ip, first.destination_ip,
                  remote=tuple(sorted({part.source_ip for part in parts if part.source_ip})))
    received: dict[int, Receiver] = {}
    for part in parts:
        for receiver in part.receivers:
            known = received.get(id(receiver.sampled))
            received[id(receiver.sampled)] = receiver._replace(share=receiver.share + (known.share if known else 0))
        for service, size in part.services.items():
            whole.services[service] = whole.services.get(service, 0) + size
    whole.receivers = list(received.values())
    return whole


def _receive(found: dict[tuple[str, str, str | None, str | None], Flood], sampled: Sampled) -> None:
    # A long list of talkers is cut: what it leaves out of the sample is nobody's share.
    heard = sum(talker.frames for talker in sampled.talkers)
    whole = max(1.0, sampled.sampled / heard) if heard else 1.0
    total = (sum(talker.bytes for talker in sampled.talkers) or 1) * whole
    shares: dict[tuple[str, str, str | None, str | None], int] = {}
    vlans: dict[tuple[str, str, str | None, str | None], str] = {}
    for talker in sampled.talkers:
        key = (talker.source, talker.destination, talker.source_ip, talker.destination_ip)
        flood = found.setdefault(key, Flood(*key))
        service = (talker.protocol or "-", talker.source_port, talker.destination_port)
        flood.services[service] = flood.services.get(service, 0) + talker.bytes
        shares[key] = shares.get(key, 0) + talker.bytes
        vlans[key] = talker.vlan
    for key, size in shares.items():
        found[key].receivers.append(Receiver(sampled, size / total, vlans[key]))
