"""The capture document (docs/captures.md): packets packed into columns of numbers, put together as JSON, and opened
again.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import base64
import binascii
import ipaddress
import itertools
import operator
import struct
import sys
import zlib
from array import array
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._capture import _common_frames, _packet
from ansible_collections.netops.layer2.plugins.module_utils._capture._packet import Flow, Link, Packet
from ansible_collections.netops.layer2.plugins.module_utils._table import row, table

SCHEMA, VERSION = "netops.layer2/capture", 1
ENCODING = "zlib+base64"
PAYLOAD_OCTETS = 64
SNAP_LENGTH = 320
MAX_FLOWS = 65536
MAX_PACKETS = 20000000  # a document that claims more is refused before memory is given to it
FLOW_COLUMNS = ("version", "source", "destination", "protocol", "source_port", "destination_port")
LINK_COLUMNS = (
    "source",
    "destination",
    "vlan",
    "tunnel",
    "outer_source",
    "outer_destination",
    "outer_source_ip",
    "outer_destination_ip",
)
# Column -> the array type code of its numbers; sizes are checked below, since C leaves them open.
TYPES = (
    ("time", "q"),
    ("flow", "I"),
    ("link", "I"),
    ("length", "I"),
    ("id", "H"),
    ("sequence", "I"),
    ("acknowledgement", "I"),
    ("flags", "B"),
    ("payload", "I"),
    ("check", "I"),
    ("marks", "B"),
)
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6"}
# A packet as octets, columns in an order in which each number lies where its size wants it: struct and memoryview of
# native order agree.
_ROW = struct.Struct("=qIIIIIIIHBB")
_PLACES = {name: at for at, name in zip(
    (0, 8, 12, 16, 20, 24, 28, 32, 36, 38, 39),
    ("time", "flow", "link", "length", "sequence", "acknowledgement", "payload", "check", "id", "flags", "marks"),
)}
_BATCH = 4096   # packets that are turned into columns at once
_ARP = 0x0806
_SPEED = 1  # zlib's level: half the time of the default for a tenth more octets

if (array("q").itemsize, array("I").itemsize, array("H").itemsize) != (8, 4, 2):
    raise ImportError("this machine's C has integers of unusual sizes")

Columns = Dict[str, Any]
Records = NamedTuple("Records", [("flows", List[str]), ("links", List[str]), ("columns", Columns)])


class CaptureError(ValueError):
    """A capture document is damaged or foreign; the message says which part, and the way out."""


class Packer:
    """Takes frames one by one in the order of their arrival; keeps 39 octets of each, and each flow and link once."""

    def __init__(self, payload_octets: int = PAYLOAD_OCTETS, max_flows: int = MAX_FLOWS) -> None:
        self.payload_octets = payload_octets
        self.octets = 0
        self.left_out = 0
        self.max_flows = max_flows
        self._columns: Columns = {name: array(code) for name, code in TYPES}
        self._rows: List[bytes] = []    # not in the columns yet
        self._flows: Dict[Flow, int] = {}
        self._links: Dict[Link, int] = {}
        self._known_ends: Dict[Tuple[int, bytes], int] = {}     # octets of headers -> number of the flow
        self._known_links: Dict[Any, int] = {}                  # the same of links
        self._before = 0

    def __len__(self) -> int:
        return len(self._columns["time"]) + len(self._rows)

    @property
    def columns(self) -> Columns:
        """The packets so far, as arrays; ``time`` is the difference to the packet before."""
        self._settle()
        return self._columns

    def _settle(self) -> None:
        """Turn rows into columns."""
        octets: Any = memoryview(b"".join(self._rows))
        self._rows = []
        for name, code in TYPES:
            column = self._columns[name]
            first, step = _PLACES[name] // column.itemsize, _ROW.size // column.itemsize
            column.frombytes(octets.cast(code)[first::step].tobytes())

    def add(self, time_ns: int, frame: bytes, wire_length: int, outgoing: bool = False, vlan: str = "") -> None:
        """Add an Ethernet frame: time in ns since 1970, wire length without FCS, and the VLAN tag that the kernel took
        off.
        """
        common = _common_frames.of_frame(frame, self.payload_octets)
        if common is None:
            self._pack(time_ns, _packet.of_frame(frame, wire_length, vlan, self.payload_octets), wire_length, outgoing)
            return
        carried, protocol, ends, sequence, acknowledgement, payload, check, identifier, flags, marks = common
        flow = self._known_ends.get((protocol, ends))
        link = self._known_links.get((carried, vlan) if vlan else carried)
        if flow is None or link is None:
            flow, link = self._introduced(protocol, ends, carried, vlan)
            if flow is None:
                return
        if outgoing:
            marks |= _packet.OUTGOING
        self._rows.append(
            _ROW.pack(
                time_ns - self._before,
                flow,
                link,
                wire_length,
                sequence,
                acknowledgement,
                payload,
                check,
                identifier,
                flags,
                marks,
            )
        )
        self._before = time_ns
        self.octets += wire_length
        if len(self._rows) >= _BATCH:
            self._settle()

    def add_packet(
        self,
        time_ns: int,
        data: bytes,
        start: int,
        ethertype: int,
        wire_length: int,
        outgoing: bool = False,
        macs: bytes = b"",
    ) -> None:
        """Add what begins at START of DATA, of a link without Ethernet headers; MACS is empty or 12 octets, zeros for
        what is unknown.
        """
        packet = _packet.of_packet(data, start, ethertype, macs, wire_length, "", self.payload_octets)
        self._pack(time_ns, packet, wire_length, outgoing)

    def _introduced(self, protocol: int, ends: bytes, carried: bytes, vlan: str) -> Tuple[Optional[int], int]:
        """Numbers of a flow and a link that were not seen in a common frame yet; no flow where there are too many."""
        flow = self._flow(_common_frames.flow_of(protocol, ends))
        if flow is None:
            return None, 0
        self._known_ends[protocol, ends] = flow
        found = _common_frames.link_of(carried, vlan)
        link = self._known_links[(carried, vlan) if vlan else carried] = self._links.setdefault(found, len(self._links))
        return flow, link

    def _flow(self, flow: Flow) -> Optional[int]:
        """The number of a flow; None, and one packet more left out, beyond the most."""
        number = self._flows.get(flow)
        if number is None:
            number = len(self._flows)
            if number >= self.max_flows:
                self.left_out += 1
                return None
            self._flows[flow] = number
        return number

    def _pack(self, time_ns: int, packet: Packet, wire_length: int, outgoing: bool) -> None:
        flow = self._flow(packet.flow)
        if flow is None:
            return
        link = self._links.setdefault(packet.link, len(self._links))
        marks = packet.marks | (_packet.OUTGOING if outgoing else 0)
        self._rows.append(
            _ROW.pack(
                time_ns - self._before,
                flow,
                link,
                wire_length,
                packet.sequence,
                packet.acknowledgement,
                packet.payload,
                packet.check,
                packet.id,
                packet.flags,
                marks,
            )
        )
        self._before = time_ns
        self.octets += wire_length
        if len(self._rows) >= _BATCH:
            self._settle()

    def flows(self) -> List[str]:
        """The rows of the table of flows, in the order of their first packets."""
        return [flow_row(flow) for flow in sorted(self._flows, key=self._flows.__getitem__)]

    def links(self) -> List[str]:
        """The rows of the table of links, in the order of their first packets."""
        return [link_row(link) for link in sorted(self._links, key=self._links.__getitem__)]


def flow_row(flow: Flow) -> str:
    """A flow as a row of the document's table."""
    return row(
        [
            str(flow.version) if flow.version else None,
            _address(flow.source),
            _address(flow.destination),
            protocol_name(flow),
            str(flow.source_port),
            str(flow.destination_port),
        ]
    )


def protocol_name(flow: Flow) -> str:
    """A flow's protocol in the words of docs/captures.md."""
    if flow.version:
        return PROTOCOLS.get(flow.protocol, str(flow.protocol))
    if flow.protocol == _ARP and flow.source:
        return "arp"
    return "eth-%04x" % flow.protocol if flow.protocol >= _packet.LLC_BELOW else "eth-llc"


def link_row(link: Link) -> str:
    """A link as a row of the document's table."""
    tunnel = link.tunnel
    outer: Tuple[Optional[str], ...] = (None,) * 5
    if tunnel is not None:
        addresses = (_address(tunnel.source), _address(tunnel.destination))
        outer = (tunnel.name, _mac(tunnel.macs[6:12]), _mac(tunnel.macs[:6])) + addresses
    return row((_mac(link.macs[6:12]), _mac(link.macs[:6]), link.vlan) + outer)


def _address(octets: bytes) -> Optional[str]:
    return str(ipaddress.ip_address(octets)) if octets else None


def _mac(octets: bytes) -> Optional[str]:
    digits = binascii.hexlify(octets).decode("ascii")
    return ":".join(digits[at:at + 2] for at in range(0, 12, 2)) if any(octets) else None


def document(packer: Packer, **about: Any) -> Dict[str, Any]:
    """The capture document of what PACKER took; ABOUT holds the keys of docs/captures.md that only the caller knows."""
    made = {"schema": SCHEMA, "version": VERSION, "gaps": []}  # type: Dict[str, Any]
    made.update(about)
    if packer.left_out:
        reason = "%d packets belong to flows beyond the first %d and were left out" % (
            packer.left_out,
            packer.max_flows,
        )
        made["gaps"] = list(made["gaps"]) + [
            {"subset": "flows", "reason": reason, "hint": "capture with a narrower filter"}
        ]
    made.update({
        "payload_octets": packer.payload_octets,
        "packets": len(packer),
        "bytes": packer.octets,
        "flows": table(FLOW_COLUMNS, packer.flows()),
        "links": table(LINK_COLUMNS, packer.links()),
        "records": {"encoding": ENCODING, "columns": {name: packed(packer.columns[name]) for name, _code in TYPES}},
    })
    return made


def packed(column: Any) -> str:
    """An array of numbers as the text of a column."""
    return base64.b64encode(zlib.compress(_little(column).tobytes(), _SPEED)).decode("ascii")


def _little(column: Any) -> Any:
    """The column with its octets in the order of the document."""
    if sys.byteorder == "little":
        return column
    turned = array(column.typecode, column)
    turned.byteswap()
    return turned


def unpacked(data: Mapping[str, Any]) -> Records:
    """The tables and columns of a document, with `time` in ns since 1970; CaptureError for whatever is not as
    docs/captures.md says.
    """
    count = data.get("packets")
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MAX_PACKETS:
        raise CaptureError("packets: %.40r is no number from 0 to %d" % (count, MAX_PACKETS))
    flows, links = _rows(data, "flows", FLOW_COLUMNS), _rows(data, "links", LINK_COLUMNS)
    records = data.get("records")
    if not isinstance(records, Mapping) or not isinstance(records.get("columns"), Mapping):
        raise CaptureError("records: no object with columns; capture anew with this version of the collection")
    if records.get("encoding") != ENCODING:
        raise CaptureError("records.encoding: %.40r is unknown, %s is expected" % (records.get("encoding"), ENCODING))
    columns = {name: _column(records["columns"], name, code, count) for name, code in TYPES}
    for name, rows in (("flow", flows), ("link", links)):
        if count and max(columns[name]) >= len(rows):
            raise CaptureError(
                "records.%s: points to row %d of %ss, which has %d" % (name, max(columns[name]), name, len(rows))
            )
    try:
        columns["time"] = array("q", itertools.accumulate(columns["time"], operator.add))
    except OverflowError:
        raise CaptureError("records.time: runs out of 64 bits") from None
    return Records(flows, links, columns)


def _rows(data: Mapping[str, Any], name: str, columns: Tuple[str, ...]) -> List[str]:
    """The rows of a table, each with as many cells as there are columns."""
    found = data.get(name)
    if not isinstance(found, Mapping) or found.get("columns") != list(columns):
        raise CaptureError("%s: no table with the columns %s" % (name, " ".join(columns)))
    rows = found.get("rows")
    if not isinstance(rows, list):
        raise CaptureError("%s.rows: no list" % name)
    for number, text in enumerate(rows):
        if not isinstance(text, str) or len(text.split(" ")) != len(columns):
            raise CaptureError("%s.rows[%d]: %d cells are expected: %.60r" % (name, number, len(columns), text))
    return rows


def _column(columns: Mapping[str, Any], name: str, code: str, count: int) -> Any:
    """One column as an array of COUNT numbers."""
    text = columns.get(name)
    if not isinstance(text, str):
        raise CaptureError("records.%s: is missing" % name)
    made = array(code)
    wanted = count * made.itemsize
    try:
        stream = zlib.decompressobj()
        octets = stream.decompress(base64.b64decode(text.encode("ascii"), validate=True), wanted + 1)
    except (ValueError, zlib.error) as error:
        raise CaptureError("records.%s: %s; the document is damaged, fetch it again" % (name, error)) from None
    if len(octets) != wanted or (not stream.eof and stream.decompress(stream.unconsumed_tail, 1)):
        raise CaptureError("records.%s: %d octets where %d packets need %d" % (name, len(octets), count, wanted))
    made.frombytes(octets)
    if sys.byteorder != "little":
        made.byteswap()
    return made
