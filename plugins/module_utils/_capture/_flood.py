"""The flood-sample document (docs/flooding.md): which interfaces to sample, what the counts mean, and where they mean
nothing.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import errno
import socket
import time
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils import _snapshot
from ansible_collections.netops.layer2.plugins.module_utils._capture import _own_macs, _sample
from ansible_collections.netops.layer2.plugins.module_utils._capture._bpf import OwnMac, for_nobody_here
from ansible_collections.netops.layer2.plugins.module_utils._capture._interfaces import chosen, key_of, label
from ansible_collections.netops.layer2.plugins.module_utils._capture._rates import bit_rate
from ansible_collections.netops.layer2.plugins.module_utils._capture._records import flow_row
from ansible_collections.netops.layer2.plugins.module_utils._capture._ring import Ring
from ansible_collections.netops.layer2.plugins.module_utils._capture._sample import Bounds, Sampler, Tally
from ansible_collections.netops.layer2.plugins.module_utils._capture._socket import Counters, opened
from ansible_collections.netops.layer2.plugins.module_utils._runner import BECOME, Denied, Missing, ReadError, Runner
from ansible_collections.netops.layer2.plugins.module_utils._table import Record, row, table

SCHEMA = "netops.layer2/flood-sample"
VERSION = 1
TALKER_COLUMNS = (
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
FLOOD, QUIET, CANNOT_TELL = "flood", "quiet", "cannot_tell"
_MOST_IN_KERNEL = 700  # MACs: as many as surely fit into the kernel's 4,096 instructions
_MIRRORED = 0.5  # share of the sampled bytes that belong to conversations heard in both directions
# Drivers of clouds' and hypervisors' NICs whose switch gives a machine only what is for its own MAC, whatever it asks
# for.
_FILTERED_OUTSIDE = {
    "vmxnet3": "VMware", "hv_netvsc": "Hyper-V", "ena": "AWS", "gve": "Google Cloud", "mana": "Azure",
}

# interfaces: names as the user gave them. threshold: frames a second. own: canonical MACs. memory: octets of all rings.
Options = NamedTuple(
    "Options",
    [
        ("interfaces", Sequence[str]),
        ("bounds", Bounds),
        ("talkers", int),
        ("threshold", float),
        ("memory", int),
        ("own", Sequence[str]),
    ],
)
# What decides about one interface. before, after: the kernel's counters.
Counted = NamedTuple(
    "Counted",
    [
        ("record", Record),
        ("tally", Tally),
        ("seconds", float),
        ("dropped", int),
        ("trouble", Optional[str]),
        ("blind", Optional[str]),
        ("before", Dict[str, int]),
        ("after", Dict[str, int]),
        ("own", FrozenSet[bytes]),
    ],
)


def unable(record: Record) -> Optional[str]:
    """Why nothing can be heard at this interface, None if something can."""
    if record.get("link_type") != "ether":
        return "%s is no Ethernet (%s), so nothing is flooded to it" % (
            record["name"],
            record.get("link_type", "unknown"),
        )
    if not record.get("up"):
        return "%s is down" % record["name"]
    if record.get("carrier") is False:
        return "%s has no carrier" % record["name"]
    return None


def blind(record: Record, wireless: bool) -> Optional[str]:
    """Why hearing nothing at this interface proves nothing, None if it proves that nothing is flooded there."""
    name, kind, driver = record["name"], record.get("kind"), record.get("driver", "")
    if record.get("vf_of"):
        return (
            "%s is a virtual function of %s: the card gives it only what is for its own MAC, unless it is trusted"
            % (name, record["vf_of"])
        )
    if kind in ("macvlan", "macvtap", "ipvlan", "ipvtap", "macsec") and record.get("mode") != "passthru":
        return "%s is a %s: it gets only what is for its own MAC; sample the interface below it" % (name, kind)
    if driver in _FILTERED_OUTSIDE:
        return "%s hangs on a switch of %s (driver %s), which delivers only what is for its own MAC" % (
            name,
            _FILTERED_OUTSIDE[driver],
            driver,
        )
    if wireless:
        return "%s is wireless: the access point sends only what is for its stations" % name
    return None


def mirrored(name: str, tally: Tally, own: FrozenSet[bytes]) -> Optional[str]:
    """Why what was heard looks like a copy made on purpose (a SPAN port), or like a hub, rather than like a flood; None
    if it does not.
    """
    pairs: Dict[bytes, int] = {}
    for talker, counted in tally.talkers.items():
        pairs[talker.macs] = pairs.get(talker.macs, 0) + counted[1]
    total = sum(pairs.values())
    echoed = sum(octets for macs, octets in pairs.items() if macs[6:12] in own)
    both = sum(octets for macs, octets in pairs.items() if macs[6:12] + macs[:6] in pairs)
    if echoed > total * _MIRRORED:
        return (
            "frames come in from its own MAC, as at a mirror (SPAN) port, in a loop, or where another machine has the"
            " same MAC"
        )
    if both > total * _MIRRORED:
        return (
            "both directions of %d %% of the traffic arrive, as at a mirror (SPAN) port, on a hub, or where a switch"
            " learns nothing at all; a flood mostly has one direction. Leave the port out with `!%s` if it is a mirror"
            % (100 * both // total, name)
        )
    return None


def judged(counted: Counted, threshold: float) -> Tuple[str, str]:
    """(verdict, reason) for one interface."""
    name, rate = counted.record["name"], counted.tally.frames / counted.seconds if counted.seconds else 0.0
    if rate >= threshold:
        copy = mirrored(name, counted.tally, counted.own)
        if copy:
            return CANNOT_TELL, copy
        return FLOOD, "%s unicast frames a second arrived that are for nobody on this host" % _rounded(rate)
    if counted.trouble:
        return CANNOT_TELL, "%s while it was sampled" % counted.trouble
    if counted.seconds <= 0:
        return CANNOT_TELL, "no time was left to sample"
    if counted.blind:
        return CANNOT_TELL, counted.blind
    if not counted.tally.frames:
        received = counted.after.get("rx_packets", 1) - counted.before.get("rx_packets", 0)
        silent = "" if received else "; no frame of any kind arrived"
        return QUIET, "in promiscuous mode no unicast frame arrived that is for nobody on this host%s" % silent
    return QUIET, (
        "%s such frames a second, fewer than %g: single ones are normal while switches learn"
        % (_rounded(rate), threshold)
    )


def _rounded(rate: float) -> str:
    return "%.0f" % rate if rate >= 10 else "%.2g" % rate


def entry(counted: Counted, options: Options) -> Record:
    """One interface of the document."""
    tally, seconds = counted.tally, counted.seconds
    verdict, reason = judged(counted, options.threshold)
    made: Record = {
        "name": counted.record["name"],
        "verdict": verdict,
        "reason": reason,
        "seconds": round(seconds, 3),
        "interval": tally.interval,
        "frames": tally.frames,
        "bytes": tally.octets,
        "dropped": counted.dropped,
        "estimated": tally.estimated,
        "sampled": tally.sampled,
        "packets_per_second": round(tally.frames / seconds, 2) if seconds else 0,
        "bits_per_second": round(8 * tally.octets / seconds) if seconds else 0,
        "series": tally.series_of(seconds),
        "talkers": talker_table(tally, options.talkers),
    }
    if counted.record.get("netns"):
        made["netns"] = counted.record["netns"]
    for name in ("otherhost", "rx_missed"):
        if name in counted.before and name in counted.after:
            made[name] = counted.after[name] - counted.before[name]
    return made


def talker_table(tally: Tally, count: int) -> Record:
    """The COUNT talkers with the most sampled bytes, as a table."""
    rows = []
    for talker, counted in tally.heaviest(count):
        flow = flow_row(talker.flow).split(" ")[1:]
        destination, source = (
            ":".join("%02x" % octet for octet in bytearray(half)) for half in (talker.macs[:6], talker.macs[6:12])
        )
        rows.append(row([talker.vlan or None, source, destination] + flow + [str(number) for number in counted]))
    return table(TALKER_COLUMNS, rows)


def _nothing(record: Record, options: Options, reason: str) -> Record:
    counted = Counted(record, Tally(options.bounds.interval), 0.0, 0, None, None, {}, {}, frozenset())
    made = entry(counted, options)
    made["reason"] = reason
    return made


class Sampling:
    """Samples one host: reads it, opens the rings, counts, and judges."""

    def __init__(self, runner: Runner, options: Options) -> None:
        self.options = options
        self._runner = runner
        self.gaps = _snapshot.Gaps()
        self._snapshot: Record = {}
        self._entries: Dict[str, Record] = {}
        self._open: List[Tuple[Record, Sampler, FrozenSet[bytes]]] = []
        self.own: Set[str] = set()

    def document(self, host: Optional[str]) -> Record:
        """The whole document. Raises ChoiceError, and Denied without the rights for a packet socket."""
        _ask_for_rights()
        started = time.time()
        self._snapshot = _snapshot.collect(self._runner, _own_macs.SUBSETS, host)
        self.gaps.found.extend(self._snapshot["gaps"])
        records = chosen(self._snapshot.get("interfaces", []), self.options.interfaces)
        if not records:
            self.gaps.add("interfaces", "no interface that is up leads out of this host", "name one in `interfaces`")
        try:
            self._sample(records)
        finally:
            for _record, sampler, _own in self._open:
                sampler.ring.close()
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "host": self._snapshot["host"],
            "collected_at": round(started, 3),
            "duration": round(time.time() - started, 3),
            "collector": _snapshot.COLLECTOR,
            "interfaces": [self._entries[label(record)] for record in records],
            "own_macs": sorted(self.own),
            "gaps": self.gaps.found,
        }

    def _sample(self, records: Sequence[Record]) -> None:
        paths = {
            container["id"]: container["path"]
            for container in self._snapshot.get("containers", [])
            if "path" in container
        }
        able = []
        for record in records:
            reason = unable(record)
            if reason:
                self._entries[label(record)] = _nothing(record, self.options, reason)
            else:
                able.append(record)
        for record in able:
            self._prepare(record, paths.get(record.get("netns", "")), self.options.memory // len(able))
        counters = {
            label(record): _counters(paths.get(record.get("netns", ""))) for record, _sampler, _own in self._open
        }
        before = self._read(counters)
        seconds = (
            _sample.run([sampler for _record, sampler, _own in self._open], self.options.bounds) if self._open else 0.0
        )
        after = self._read(counters)
        for record, sampler, own in self._open:
            name = label(record)
            counted = Counted(
                record,
                sampler.tally,
                seconds,
                sampler.dropped,
                sampler.trouble,
                blind(record, self._is_wireless(record)),
                before[name],
                after[name],
                own,
            )
            self._entries[name] = entry(counted, self.options)
            self._note_bounds(name, sampler)

    def _prepare(self, record: Record, path: Optional[str], memory: int) -> None:
        """Open and start the ring of one interface; an interface that refuses gets its reason."""
        own = _own_macs.own_macs(self._snapshot, key_of(record), self.options.own)
        self.own.update(item.mac for item in own)
        sent = _own_macs.sent_through(key_of(record), self._snapshot["interfaces"])
        octets = frozenset(_own_macs.octets(mac) for mac in sent)
        try:
            ring = Ring(record["name"], memory, path)
        except ReadError as error:
            self._entries[label(record)] = _nothing(record, self.options, error.reason)
            return
        late = _start(ring, _own_macs.for_kernel(own))
        self._open.append((record, Sampler(ring, late, self.options.bounds), octets))

    def _read(self, counters: Dict[str, Optional[Counters]]) -> Dict[str, Dict[str, int]]:
        found: Dict[str, Dict[str, int]] = {}
        for record, sampler, _own in self._open:
            channel = counters[label(record)]
            try:
                found[label(record)] = channel.read(sampler.ring.index) if channel else {}
            except OSError:
                found[label(record)] = {}
        return found

    def _is_wireless(self, record: Record) -> bool:
        return not record.get("netns") and self._runner.exists("/sys/class/net/%s/wireless" % record["name"])

    def _note_bounds(self, name: str, sampler: Sampler) -> None:
        tally = sampler.tally
        if tally.estimated:
            self.gaps.add(
                "samples",
                "%d of %d frames were counted without their lengths (%d of them dropped): these are taken to be as long"
                " as the others" % (tally.estimated, tally.frames, sampler.dropped),
                "raise `memory` or `cpu`",
                item=name,
            )
        if tally.merged:
            self.gaps.add(
                "samples",
                "this kernel does not tell how many frames %d super-frames (GRO) were; each counts as one"
                % tally.merged,
                "ethtool -K %s gro off" % sampler.ring.interface,
                item=name,
            )


def _ask_for_rights() -> None:
    try:
        opened(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
    except PermissionError:
        raise Denied("hearing what is for others needs root (CAP_NET_RAW)", BECOME) from None
    except OSError as error:
        raise Missing("this kernel has no packet sockets: %s" % error.strerror, "modprobe af_packet") from None


def _counters(path: Optional[str]) -> Optional[Counters]:
    try:
        return Counters(path)
    except OSError:
        return None


def _start(ring: Ring, own: Sequence[OwnMac]) -> FrozenSet[bytes]:
    """Let RING count; returns the own MACs that its filter has no room for, and that are sorted out here."""
    fits = min(len(own), _MOST_IN_KERNEL)
    # Those without a first octet only the kernel can compare.
    ordered = sorted(own, key=lambda mac: not mac.any_first)
    while True:
        try:
            ring.begin(for_nobody_here(ordered[:fits], _sample.SNAP_LENGTH))
        except OSError as error:
            if error.errno != errno.ENOMEM or not fits:  # net.core.optmem_max
                raise
            fits //= 2
        else:
            return frozenset(mac.octets for mac in ordered[fits:])


def summary(document: Record) -> Record:
    """What was found, for people who read the output of the task."""
    return {
        "interfaces": {label(item): _in_words(item) for item in document["interfaces"]},
        "gaps": ["%s: %s" % (gap["subset"], gap["reason"]) for gap in document["gaps"]],
    }


def _in_words(item: Record) -> str:
    if item["verdict"] == CANNOT_TELL:
        return "cannot tell: %s" % item["reason"]
    return "%s: %s frames/s, %s" % (
        item["verdict"],
        _rounded(item["packets_per_second"]),
        bit_rate(item["bits_per_second"]),
    )
