"""pcap and pcapng files as tcpdump and Wireshark write them, read packet by packet into a Capture."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import struct
from array import array
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any

from ansible_collections.netops.layer2.plugins.module_utils._capture._records import Packer
from ansible_collections.netops.layer2.plugins.plugin_utils._trace import _pcapng
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import NS, Capture, Flow, Link, TraceError
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._chosen import Chosen, Wanted, unknown
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._link_types import ETHERNET, LINKS
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._octets import GZIP, Bomb, Damaged, Octets
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._pcap_file import (
    LONGEST,
    File,
    Interface,
    Raw,
    Truncated,
)

# pcap-savefile(5): magic -> (byte order, ns of one unit of the second part of a time stamp)
_PCAP = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}


def read(
    path: str, host: str, point: str, interfaces: Collection[Wanted] = (), accept_truncated: bool = False
) -> Capture:
    """The Capture of a pcap or pcapng file, packed with gzip or not; TraceError names file, octet and way out.

    INTERFACES chooses by number (pcapng: position in its section, LINUX_SLL2: interface index) or name (pcapng) where
    the file holds several; ALL is every one. Packets of several make one point, in the order of their times.
    """
    packer = Packer()
    with _opened(path) as file:
        file.kept = packer.__len__
        chosen = Chosen(file, packer, interfaces)
        takers = chosen.takers
        for place, time, data, length, outgoing in _packets(file, accept_truncated):
            if place >= len(takers):
                chosen.learn()
            takers[place](time, data, length, outgoing)
        chosen.check()
    return _capture(file, chosen, host, point)


def check(path: str) -> None:
    """Walk through a file that is not packed, packet by packet; TraceError where it is none that can be read to its
    end.
    """
    with _opened(path, may_be_packed=False) as file:
        for _raw in _packets(file, False):
            pass


@contextmanager
def _opened(path: str, may_be_packed: bool = True) -> Iterator[File]:
    """A file; what goes wrong while it is read, in words."""
    try:
        with Path(path).open("rb") as stream:
            is_packed = may_be_packed and stream.read(len(GZIP)) == GZIP
            stream.seek(0)
            yield File(path, Octets(stream, is_packed))
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror}; give a file that the controller can read") from error


def _dropped(interfaces: Iterable[Interface]) -> int | None:
    """Packets that the kernel dropped at INTERFACES, None where the file does not tell."""
    drops = [one.dropped for one in interfaces if one.dropped is not None]
    return sum(drops) if drops else None


def _capture(file: File, chosen: Chosen, host: str, point: str) -> Capture:
    packer, interfaces = chosen.packer, chosen.interfaces or file.interfaces
    columns = _columns(packer, is_mixed=len(chosen.interfaces) > 1)
    times = columns["time"]
    names = list(dict.fromkeys(one.name for one in interfaces if one.name))
    return Capture(
        host,
        point,
        "+".join(names) if names else Path(file.path).name,
        [Flow(*row.split(" ")) for row in packer.flows()],
        [Link(*row.split(" ")) for row in packer.links()],
        columns,
        (min(times), max(times)) if times else (0, 0),
        _dropped(interfaces),
        "truncated" if file.truncated else "file",
        max((max(1, NS // one.units) for one in interfaces), default=1),
        0.0,
        "",
        _gaps(file, chosen),
    )


def _columns(packer: Packer, is_mixed: bool) -> dict[str, Any]:
    """All columns, with times since 1970. A file holds what came through several interfaces in the order in which it
    got it.
    """
    columns = dict(packer.columns)
    columns["time"] = times = array("q", accumulate(packer.columns["time"]))
    if is_mixed:
        order = sorted(range(len(times)), key=times.__getitem__)
        columns = {name: array(column.typecode, map(column.__getitem__, order)) for name, column in columns.items()}
    return columns


def _gaps(file: File, chosen: Chosen) -> list[dict[str, str]]:
    gaps = (
        [{"subset": "packets", "reason": file.truncated, "hint": "fetch the file again, or capture anew"}]
        if file.truncated
        else []
    )
    if chosen.packer.left_out:
        gaps.append(
            {
                "subset": "flows",
                "reason": f"{chosen.packer.left_out} packets of more flows than fit were left out",
                "hint": "filter the file",
            }
        )
    if chosen.empty:
        gaps.append(
            {
                "subset": "frames",
                "reason": (
                    f"{chosen.empty} frames hold no packet that can be read (beacons, link control, encrypted, cut) and"
                    " were left out"
                ),
                "hint": "capture on an interface of the host itself, where frames are readable",
            }
        )
    return gaps


def _packets(file: File, accept_truncated: bool) -> Iterator[Raw]:
    """All packets of a file; what stops within one is an error, unless it is accepted."""
    try:
        magic = file.octets.read(4)
        if file.octets.is_cut:
            raise Truncated(f"octet {len(magic)}: the compressed file ends too early")
        if magic in _PCAP:
            yield from _pcap(file, *_PCAP[magic])
        elif magic == _pcapng.MAGIC:
            yield from _pcapng.packets(file)
        else:
            raise _foreign(file, magic)
    except Truncated as error:
        if not accept_truncated:
            hint = "fetch the file again, or accept what comes before with accept_truncated"
            raise TraceError(f"{file.path}: {error}; {hint}") from error
        file.truncated = str(error)
    except struct.error as error:
        raise file.error(f"a damaged block ({error})", "fetch the file again") from error
    except Damaged as error:
        raise file.error(str(error), "fetch it again in binary mode, or capture anew") from error
    except Bomb as error:
        raise file.error(
            str(error), "no real capture does; look where it comes from, and unpack it yourself if you trust it"
        ) from error


def _foreign(file: File, magic: bytes) -> TraceError:
    known = {GZIP: "gzip", b"\x28\xb5": "zstd", b"BZ": "bzip2", b"\xfd7": "xz"}.get(magic[:2])
    if known:
        return TraceError(f"{file.path}: octet 0: compressed with {known}; unpack it first")
    if not magic:
        return TraceError(
            f"{file.path}: octet 0: the file is empty; was the capture stopped before its first packet was written?"
        )
    return TraceError(
        f"{file.path}: octet 0: {magic.hex(' ')} begins neither a pcap nor a pcapng file nor a capture document; give"
        " what tcpdump -w wrote"
    )


def _pcap(file: File, order: str, unit: int) -> Iterator[Raw]:
    """The classic format: pcap-savefile(5)."""
    header = struct.Struct(order + "HHiIII")
    major, minor, zone, _figures, _snap, network = header.unpack(file.take(header.size, "its header"))
    if major != 2:
        raise file.error(
            f"version {major}.{minor} of the format is unknown", "write it anew with tcpdump -r FILE -w NEW"
        )
    # The upper bits may tell that frames end in their FCS, and how long that is in 16 bit words.
    fcs = (network >> 28) * 2 if network & 0x04000000 else 0
    linktype = network & 0xFFFF
    if linktype != ETHERNET and linktype not in LINKS:
        raise unknown(file, linktype)
    file.described(Interface(0, linktype, "", NS // unit, zone, fcs, order=order))
    yield from _records(file, struct.Struct(order + "IIII"), zone * NS, unit)


def _records(file: File, head: struct.Struct, shift: int, unit: int) -> Iterator[Raw]:
    unpack, units = head.unpack_from, NS // unit
    data, at = b"", 0
    while True:
        begin = at + 16
        if begin > len(data):
            data, at, begin = file.refill(data[at:], 16, "a packet's header"), 0, 16
            if not data:
                return
        seconds, part, captured, length = unpack(data, at)
        if captured > LONGEST or part >= units:
            raise file.damaged(len(data) - at)
        end = begin + captured
        if end > len(data):
            data, begin, end = file.refill(data[at:], 16 + captured, "a packet"), 16, 16 + captured
        # No packet is shorter on the wire than what was captured of it, whatever a damaged header says.
        yield 0, seconds * NS + part * unit + shift, data[begin:end], length if length > captured else captured, False
        at = end
