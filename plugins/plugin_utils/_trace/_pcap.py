"""pcap and pcapng files as tcpdump and Wireshark write them, read packet by packet into a Capture."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

from ansible_collections.netops.layer2.plugins.module_utils._capture._records import Packer
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import Capture, Flow, Link, TraceError

NS = 1_000_000_000
MAGICS = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x0a\x0d\x0d\x0a")
# pcap-savefile(5): magic -> (byte order, ns of one unit of the second part of a time stamp)
_PCAP = {b"\xd4\xc3\xb2\xa1": ("<", 1000), b"\xa1\xb2\xc3\xd4": (">", 1000), b"\x4d\x3c\xb2\xa1": ("<", 1), b"\xa1\xb2\x3c\x4d": (">", 1)}
_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, _STATISTICS, _PACKET = 0x0A0D0D0A, 1, 2, 3, 5, 6
_ETHERNET, _SLL, _SLL2 = 1, 113, 276
_RAW = {101: 0, 12: 0, 14: 0, 228: 0x0800, 229: 0x86DD}     # 0: by the version in the packet
_LONGEST = 1 << 18      # pcap's MAXIMUM_SNAPLEN; Linux' largest super-segment is as long
_LONGEST_BLOCK = 1 << 24
_OUTGOING = 4           # sll_pkttype PACKET_OUTGOING
_MACLESS = b"\0" * 6


@dataclass(frozen=True, slots=True)
class _Raw:
    """One packet of a file: ns since 1970, its octets, its length on the wire, and the interface of the file that it came through."""

    time: int
    data: bytes
    wire_length: int
    interface: int
    outgoing: bool = False


@dataclass(slots=True)
class _Interface:
    linktype: int
    name: str
    units: int          # time stamps a second
    shift: int          # seconds to add
    fcs: int = 0
    dropped: int | None = None


@dataclass(slots=True)
class _File:
    """A file being read: where, and what its headers said so far."""

    path: str
    stream: BinaryIO
    order: str = "<"
    interfaces: list[_Interface] = field(default_factory=list)
    truncated: str = ""

    def error(self, problem: str, way_out: str) -> TraceError:
        """The error for the place at which reading is."""
        return TraceError(f"{self.path}: octet {self.stream.tell()}: {problem}; {way_out}")

    def take(self, length: int, what: str) -> bytes:
        """The next octets; _Truncated if there are fewer."""
        octets = self.stream.read(length)
        if len(octets) < length:
            raise _Truncated(f"octet {self.stream.tell()}: the file ends in the midst of {what}")
        return octets


class _Truncated(Exception):
    """The file stops within a packet, as a capture that was killed does."""


def read(path: str, host: str, point: str, interface: int | None = None, accept_truncated: bool = False) -> Capture:
    """The Capture of a pcap or pcapng file; TraceError names file, octet and way out.

    INTERFACE chooses one by its number (pcapng: position in the file, LINUX_SLL2: interface index) where the file holds several.
    """
    packer = Packer()
    kept: set[int] = set()
    seen: set[int] = set()
    try:
        with Path(path).open("rb") as stream:
            file = _File(path, stream)
            for raw in _packets(file, accept_truncated):
                number = _index(file, raw)
                seen.add(number)
                if interface is None or number == interface:
                    kept.add(number)
                    _add(file, packer, raw)
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror}; give a file that the controller can read") from error
    _one_interface(path, kept, seen, interface)
    return _capture(file, packer, host, point)


def check(path: str) -> None:
    """Walk through a file, packet by packet; TraceError where it is none that can be read to its end."""
    try:
        with Path(path).open("rb") as stream:
            for _raw in _packets(_File(path, stream), False):
                pass
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror}; give a file that the controller can read") from error


def _one_interface(path: str, kept: set[int], seen: set[int], interface: int | None) -> None:
    shown = ", ".join(map(str, sorted(seen)))
    if interface is not None and seen and not kept:
        raise TraceError(f"{path}: interface: no packet came through number {interface}; the file has {shown}")
    if len(kept) > 1:
        raise TraceError(f"{path}: its packets came through several interfaces ({shown}); choose one with interface, or capture with -i NAME")


def _capture(file: _File, packer: Packer, host: str, point: str) -> Capture:
    columns = dict(packer.columns)
    columns["time"] = times = array("q", accumulate(packer.columns["time"]))
    names = [one.name for one in file.interfaces if one.name]
    gaps = [{"subset": "packets", "reason": file.truncated, "way_out": "fetch the file again, or capture anew"}] if file.truncated else []
    if packer.left_out:
        gaps.append({"subset": "flows", "reason": f"{packer.left_out} packets of more flows than fit were left out", "way_out": "filter the file"})
    drops = [one.dropped for one in file.interfaces if one.dropped is not None]
    return Capture(
        host, point, names[0] if names else Path(file.path).name, [Flow(*row.split(" ")) for row in packer.flows()],
        [Link(*row.split(" ")) for row in packer.links()], columns, (min(times), max(times)) if times else (0, 0),
        sum(drops) if drops else None, "truncated" if file.truncated else "file",
        max((max(1, NS // one.units) for one in file.interfaces), default=1), 0.0, "", gaps,
    )


def _packets(file: _File, accept_truncated: bool) -> Iterator[_Raw]:
    """All packets of a file; what stops within one is an error, unless it is accepted."""
    magic = file.stream.read(4)
    try:
        if magic in _PCAP:
            yield from _pcap(file, *_PCAP[magic])
        elif magic == MAGICS[4]:
            yield from _pcapng(file)
        else:
            raise _foreign(file, magic)
    except _Truncated as error:
        if not accept_truncated:
            way_out = "fetch the file again, or accept what comes before with accept_truncated"
            raise TraceError(f"{file.path}: {error}; {way_out}") from error
        file.truncated = str(error)
    except struct.error as error:
        raise file.error(f"a damaged block ({error})", "fetch the file again") from error


def _foreign(file: _File, magic: bytes) -> TraceError:
    known = {b"\x1f\x8b": "gzip", b"\x28\xb5": "zstd", b"BZ": "bzip2", b"\xfd7": "xz"}.get(magic[:2])
    if known:
        return TraceError(f"{file.path}: octet 0: compressed with {known}; unpack it first")
    if not magic:
        return TraceError(f"{file.path}: octet 0: the file is empty; was the capture stopped before its first packet was written?")
    return TraceError(
        f"{file.path}: octet 0: {magic.hex(' ')} begins neither a pcap nor a pcapng file nor a capture document; give what tcpdump -w wrote"
    )


def _pcap(file: _File, order: str, unit: int) -> Iterator[_Raw]:
    """The classic format: pcap-savefile(5)."""
    header = struct.Struct(order + "HHiIII")
    major, minor, zone, _figures, _snap, network = header.unpack(file.take(header.size, "its header"))
    if major != 2:
        raise file.error(f"version {major}.{minor} of the format is unknown", "write it anew with tcpdump -r FILE -w NEW")
    # The upper bits may tell that frames end in their FCS, and how long that is in 16 bit words.
    fcs = (network >> 28) * 2 if network & 0x04000000 else 0
    file.interfaces.append(_Interface(network & 0xFFFF, "", NS // unit, zone, fcs))
    _known_link(file, network & 0xFFFF)
    record = struct.Struct(order + "IIII")
    while octets := file.stream.read(16):
        if len(octets) < 16:
            raise _Truncated(f"octet {file.stream.tell()}: the file ends in the midst of a packet's header")
        seconds, part, captured, length = record.unpack(octets)
        _check_length(file, captured, part, NS // unit)
        # No packet is shorter on the wire than what was captured of it, whatever a damaged header says.
        yield _Raw((seconds + zone) * NS + part * unit, file.take(captured, "a packet"), max(length, captured), 0)


def _check_length(file: _File, captured: int, part: int = 0, units: int = 1) -> None:
    if captured > _LONGEST or part >= units > 1:
        raise file.error("no packet begins here, the file is damaged", "fetch it again in binary mode, or capture anew")


def _known_link(file: _File, linktype: int) -> None:
    if linktype not in (_ETHERNET, _SLL, _SLL2, *_RAW):
        raise file.error(f"link type {linktype} is unknown", "capture on an Ethernet interface, or with tcpdump -y EN10MB where it offers that")


def _pcapng(file: _File) -> Iterator[_Raw]:
    """The newer format: draft-ietf-opsawg-pcapng, block by block."""
    file.stream.seek(0)
    while head := file.stream.read(8):
        if len(head) < 8:
            raise _Truncated(f"octet {file.stream.tell()}: the file ends in the midst of a block's header")
        if head[:4] == MAGICS[4]:
            kind, body = _SECTION, _section(file, head)
        else:
            kind, length = struct.unpack(file.order + "II", head)
            body = _body(file, length)
        raw = _block(file, kind, body)
        if raw is not None:
            yield raw


def _section(file: _File, head: bytes) -> bytes:
    """The head of a section, which says in which order of octets the rest is written."""
    magic = file.take(4, "a section's header")
    orders = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
    if magic not in orders:
        raise file.error(f"{magic.hex(' ')} is no byte-order magic", "give what tcpdump or Wireshark wrote")
    file.order = orders[magic]
    file.interfaces = []
    length = struct.unpack(file.order + "I", head[4:])[0]
    return magic + _body(file, length - 4)


def _body(file: _File, length: int) -> bytes:
    if not 12 <= length <= _LONGEST_BLOCK:
        raise file.error(f"a block of {length} octets, the file is damaged", "fetch it again in binary mode, or capture anew")
    padded = (length + 3) & ~3
    return file.take(padded - 8, "a block")[:length - 12]


def _block(file: _File, kind: int, body: bytes) -> _Raw | None:
    if kind == _INTERFACE:
        file.interfaces.append(_described(file, body))
    elif kind == _PACKET:
        return _enhanced(file, body)
    elif kind == _STATISTICS:
        _statistics(file, body)
    elif kind in (_SIMPLE, _OLD_PACKET):
        raise file.error("packets without a time of their own, or of an obsolete kind", "write it anew with tshark -r FILE -w NEW -F pcap")
    return None


def _options(file: _File, octets: bytes) -> dict[int, bytes]:
    found, at = {}, 0
    while at + 4 <= len(octets):
        code, length = struct.unpack_from(file.order + "HH", octets, at)
        if code == 0:
            break
        found[code] = octets[at + 4:at + 4 + length]
        at += 4 + ((length + 3) & ~3)
    return found


def _described(file: _File, body: bytes) -> _Interface:
    linktype = struct.unpack_from(file.order + "H", body)[0]
    _known_link(file, linktype)
    options = _options(file, body[8:])
    resolution = options.get(9, b"\6")[:1] or b"\6"
    power = resolution[0] & 0x7F
    if power > 63 or (power > 18 and not resolution[0] & 0x80):
        raise file.error(f"time stamps of 10^-{power} s", "write it anew with tcpdump -r FILE -w NEW")
    units = 2 ** power if resolution[0] & 0x80 else 10 ** power
    shift = options.get(14, b"")
    seconds = struct.unpack(file.order + "q", shift)[0] if len(shift) == 8 else 0
    return _Interface(linktype, options.get(2, b"").decode("utf-8", "replace"), units, seconds, (options.get(13, b"\0") or b"\0")[0])


def _enhanced(file: _File, body: bytes) -> _Raw:
    number, high, low, captured, length = struct.unpack_from(file.order + "IIIII", body)
    if number >= len(file.interfaces):
        raise file.error(f"a packet of interface {number}, which the file does not describe", "fetch it again, or capture anew")
    _check_length(file, captured)
    if 20 + captured > len(body):
        raise file.error("a packet longer than its block, the file is damaged", "fetch it again in binary mode, or capture anew")
    interface = file.interfaces[number]
    time = (high << 32 | low) * NS // interface.units + interface.shift * NS
    if abs(time) >= 1 << 62:
        raise file.error("a time beyond the year 2100, the file is damaged", "fetch it again, or capture anew")
    flags = _options(file, body[20 + ((captured + 3) & ~3):]).get(2, b"")
    outgoing = len(flags) == 4 and struct.unpack(file.order + "I", flags)[0] & 3 == 2
    return _Raw(time, body[20:20 + captured], max(length, captured), number, outgoing)


def _statistics(file: _File, body: bytes) -> None:
    """What was dropped, by the interface (5) and by the system (7)."""
    number = struct.unpack_from(file.order + "I", body)[0]
    options = _options(file, body[12:])
    found = [struct.unpack(file.order + "Q", options[code])[0] for code in (5, 7) if len(options.get(code, b"")) == 8]
    if number < len(file.interfaces) and found:
        file.interfaces[number].dropped = sum(found)


def _index(file: _File, raw: _Raw) -> int:
    """The number of the interface: LINUX_SLL2 names it in every packet."""
    if file.interfaces[raw.interface].linktype == _SLL2 and len(raw.data) >= 8:
        return int(struct.unpack_from("!I", raw.data, 4)[0])
    return raw.interface


def _add(file: _File, packer: Packer, raw: _Raw) -> None:
    """Hand a packet to the packer, whatever link it was taken from."""
    interface, data = file.interfaces[raw.interface], raw.data
    if interface.linktype == _ETHERNET:
        length = max(0, raw.wire_length - interface.fcs)
        packer.add(raw.time, data[:length], length, raw.outgoing)
    elif interface.linktype == _SLL and len(data) >= 16:
        sender = data[6:12] if data[4:6] == b"\0\x06" else _MACLESS
        kind = struct.unpack_from("!H", data, 14)[0]
        packer.add_packet(raw.time, data, 16, kind, raw.wire_length, data[:2] == b"\0\x04", _MACLESS + sender)
    elif interface.linktype == _SLL2 and len(data) >= 20:
        sender = data[12:18] if data[11] == 6 else _MACLESS
        kind = struct.unpack_from("!H", data)[0]
        packer.add_packet(raw.time, data, 20, kind, raw.wire_length, data[10] == _OUTGOING, _MACLESS + sender)
    else:
        kind = _RAW.get(interface.linktype, 0) or (0x86DD if data[:1] and data[0] >> 4 == 6 else 0x0800)
        packer.add_packet(raw.time, data, 0, kind, raw.wire_length, raw.outgoing)
