"""Captures as they lie about: every link type that is read, packed with gzip, several interfaces in one file, cut
within headers.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gzip
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._trace import _octets
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import Capture, TraceError
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._link_types import LINKS, inside
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._open import captures_of
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._run import correlate
from hypothesis import example, given, settings
from hypothesis import strategies as st

from .capture_builders import CLIENT, GUEST, NS, T0, ethernet, ipv4, tcp, udp

MAC = bytes.fromhex("020000000021")
PACKETS = [ipv4(udp(bytes([at]) * 30), protocol=17, identifier=at + 1) for at in range(6)]
SIX = struct.pack("!IHBB", 6 << 28, 13, 17, 64) + bytes(15) + b"\1" + bytes(15) + b"\2" + udp(b"hello")
ENDS = {"source": [CLIENT], "destination": [GUEST]}
Timed = list[tuple[int, bytes]]


def pcap(frames: Timed, linktype: int, order: str = "<") -> bytes:
    """A file in nanoseconds."""
    made = struct.pack(order + "IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, linktype)
    return made + b"".join(
        struct.pack(order + "IIII", *divmod(time, NS), len(data), len(data)) + data for time, data in frames
    )


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A block of pcapng."""
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, 12 + len(body)) + body + struct.pack(order + "I", 12 + len(body))


def option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def section() -> bytes:
    return block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(linktype: int, name: str = "", *options: bytes) -> bytes:
    return block(
        1, struct.pack("<HHI", linktype, 0, 262144) + (option(2, name.encode()) if name else b"") + b"".join(options)
    )


def enhanced(number: int, time: int, data: bytes) -> bytes:
    return block(6, struct.pack("<IIIII", number, time >> 32, time & 0xFFFFFFFF, len(data), len(data)) + data)


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("<HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


SNAP = b"\xaa\xaa\x03\0\0\0\x08\0"
A, B, C = MAC, bytes.fromhex("020000000099"), bytes.fromhex("5254000c1df5")
AIR = {
    "from-ds": b"\x08\x02\0\0" + C + B + A + bytes(2) + SNAP,
    "to-ds": b"\x08\x01\0\0" + B + A + C + bytes(2) + SNAP,
    "no-ds": b"\x08\0\0\0" + C + A + B + bytes(2) + SNAP,
    "both": b"\x08\x03\0\0" + B + B + C + bytes(2) + A + SNAP,
    "qos": b"\x88\x01\0\0" + B + A + C + bytes(2) + bytes(2) + SNAP,
    "qos-order": b"\x88\x81\0\0" + B + A + C + bytes(2) + bytes(6) + SNAP,
}
PADDED = AIR["qos"][:26] + bytes(2) + SNAP
RADIOTAP = struct.pack("<BBHIQB", 0, 0, 17, 3, 5, 0x10)
CHAINED = struct.pack("<BBHIIB", 0, 0, 13, 1 << 31 | 2, 0, 0x20)
# Link type, what stands before a packet, what stands behind it.
KINDS: dict[str, tuple[int, bytes, bytes]] = {
    "null": (0, struct.pack("<I", 2), b""),
    "null-other-order": (0, struct.pack(">I", 2), b""),
    "loop": (108, struct.pack(">I", 2), b""),
    "raw": (101, b"", b""),
    "raw-old": (12, b"", b""),
    "raw-ipv4": (228, b"", b""),
    "sll": (113, struct.pack("!HHH", 0, 1, 6) + MAC + bytes(2) + b"\x08\0", b""),
    "sll-tun": (113, struct.pack("!HHH", 0, 65534, 0) + bytes(8) + b"\x08\0", b""),
    "sll2": (276, struct.pack("!HHIHBB", 0x0800, 0, 3, 1, 0, 6) + MAC + bytes(2), b""),
    "ppp": (9, b"\xff\x03\0\x21", b""),
    "ppp-bare": (9, b"\0\x21", b""),
    "ppp-short": (9, b"\x21", b""),
    "ppp-serial": (50, b"\xff\x03\0\x21", b""),
    "ppp-ether": (51, b"\x11\0\0\x11" + struct.pack("!H", 2 + len(PACKETS[0])) + b"\0\x21", b""),
    "pppd": (166, b"\1\x03\0\x21", b""),
    "ppp-directed": (204, b"\0\xff\x03\0\x21", b""),
    "cisco": (104, b"\x0f\0\x08\0", b""),
    "nflog": (
        239,
        b"\2\0\0\5"
        + attribute(1, b"\x08\0\1\0")
        + attribute(8, b"\0\6\0\0" + MAC + bytes(2))
        + struct.pack("<HH", 4 + len(PACKETS[0]), 9),
        b"",
    ),
    "nflog-bridge": (
        239,
        b"\7\0\0\5" + attribute(1, b"\x08\0\1\0") + attribute(5, bytes(4)) + struct.pack("<HH", 4 + len(PACKETS[0]), 9),
        b"",
    ),
    **{f"802.11-{name}": (105, head, b"") for name, head in AIR.items()},
    **{f"radiotap-{name}": (127, RADIOTAP + head, b"\1\2\3\4") for name, head in AIR.items()},
    "radiotap-padded": (127, CHAINED + PADDED, b""),
}


def captured(path: Path, octets: bytes, **options: Any) -> Capture:
    path.write_bytes(octets)
    return captures_of([{"path": str(path), **options}])[0]


def wrapped(name: str) -> bytes:
    linktype, before, behind = KINDS[name]
    return pcap([(T0 + at * NS, before + packet + behind) for at, packet in enumerate(PACKETS)], linktype)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """The same packets in Ethernet."""
    path = tmp_path / "plain.pcap"
    path.write_bytes(pcap([(T0 + at * NS - 1000, ethernet(packet)) for at, packet in enumerate(PACKETS)], 1))
    return path


@pytest.mark.parametrize("name", sorted(KINDS))
def test_packets_of_every_link_are_the_same(tmp_path: Path, plain: Path, name: str) -> None:
    made, (ether,) = captured(tmp_path / "other.pcap", wrapped(name)), captures_of([str(plain)])
    assert made.flows == ether.flows and made.gaps == []
    for column in ("id", "payload", "check", "sequence"):
        assert made.columns[column] == ether.columns[column]
    trace = correlate([str(plain), str(tmp_path / "other.pcap")], **{key: [*value] for key, value in ENDS.items()})
    assert trace["summary"]["lost"] == 0 and trace["ways"][0]["hops"][0]["seen"] == len(PACKETS)


@pytest.mark.parametrize("name", sorted(KINDS.keys() - {"pppd"}))     # which Wireshark does not know
def test_tshark_reads_the_files_alike(tmp_path: Path, name: str) -> None:
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    path = tmp_path / "other.pcap"
    path.write_bytes(wrapped(name))
    done = subprocess.run(
        ["tshark", "-n", "-r", path, "-T", "fields", "-e", "ip.id", "-e", "ip.src"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [word for at in range(len(PACKETS)) for word in (f"0x{at + 1:04x}", CLIENT)]


@pytest.mark.parametrize(
    ("name", "source", "destination"),
    [
        *(
            (f"{air}-{name}", "02:00:00:00:00:21", "52:54:00:0c:1d:f5")
            for air in ("802.11", "radiotap")
            for name in AIR
        ),
        ("sll2", "02:00:00:00:00:21", "-"),
        ("nflog", "02:00:00:00:00:21", "-"),
        ("ppp", "-", "-"),
    ],
)
def test_who_sent_to_whom_is_known_where_the_link_tells(
    tmp_path: Path, name: str, source: str, destination: str
) -> None:
    (link,) = captured(tmp_path / "x", wrapped(name)).links
    assert (link.source, link.destination) == (source, destination)


@pytest.mark.parametrize(
    ("name", "outgoing"), [("pppd", True), ("ppp-directed", False), ("nflog-bridge", True), ("nflog", False)]
)
def test_directions_are_known_where_the_link_tells(tmp_path: Path, name: str, outgoing: bool) -> None:
    assert {bool(mark & 1) for mark in captured(tmp_path / "x", wrapped(name)).columns["marks"]} == {outgoing}


def test_ipv6_on_loopbacks_and_ppp(tmp_path: Path) -> None:
    for linktype, before in [(0, struct.pack("<I", family)) for family in (10, 24, 28, 30)] + [
        (9, b"\xff\x03\0\x57"),
        (101, b""),
        (229, b""),
    ]:
        made = captured(tmp_path / "six", pcap([(T0, before + SIX)], linktype))
        assert [str(flow) for flow in made.flows] == ["udp [::1]:5000 > [::2]:53"]


def test_frames_without_a_packet_are_left_out_and_said(tmp_path: Path) -> None:
    beacon, encrypted, several = (
        b"\x80\0" + bytes(40),
        b"\x08\x41" + bytes(60),
        b"\x88\x01" + bytes(22) + b"\x80\0" + bytes(60),
    )
    made = captured(
        tmp_path / "air", pcap([(T0, frame) for frame in (beacon, encrypted, several, AIR["qos"] + PACKETS[0])], 105)
    )
    assert len(made) == 1
    assert made.gaps[0]["reason"].startswith("3 frames hold no packet")
    assert captured(tmp_path / "lcp", pcap([(T0, b"\xff\x03\xc0\x21\1\1\0\4")], 9)).gaps[0]["subset"] == "frames"


@example(105, b"\x08\0\0\0\0", "<")  # cut within its addresses
@given(st.sampled_from(sorted(LINKS)), st.binary(max_size=80), st.sampled_from("<>"))
@settings(max_examples=300, deadline=None)
def test_any_octets_of_any_link_are_no_error(linktype: int, data: bytes, order: str) -> None:
    found = inside(linktype, data, order)
    assert found is None or (found.start >= 0 and len(found.macs) in (0, 12))


def test_compressed_files_are_read_as_they_are(tmp_path: Path, plain: Path) -> None:
    octets = plain.read_bytes()
    (one,) = captures_of([str(plain)])
    halves = gzip.compress(octets[:200]) + gzip.compress(octets[200:])
    for packed in (gzip.compress(octets), halves, halves + bytes(512), gzip.compress(octets, 0)):
        made = captured(tmp_path / "x.pcap.gz", packed)
        assert (made.columns, made.flows, made.ended) == (one.columns, one.flows, "file")


def test_long_compressed_files_are_read_to_their_end(tmp_path: Path) -> None:
    frames = [(T0 + at * 997, ethernet(ipv4(tcp(bytes(1400), at), identifier=at & 0xFFFF))) for at in range(3000)]
    octets = pcap(frames, 1)
    made = captured(tmp_path / "x", gzip.compress(octets))
    assert len(octets) > 3 << 20 and len(made) == 3000 and list(made.columns["sequence"]) == list(range(3000))


def test_a_compressed_file_cut_short_is_refused_or_taken_as_far_as_it_goes(tmp_path: Path) -> None:
    frames = [
        (T0 + at, ethernet(ipv4(udp(bytes([at * 7 % 251, at % 256]) * 20), protocol=17, identifier=at + 1)))
        for at in range(200)
    ]
    packed = gzip.compress(pcap(frames, 1))
    for length in (len(packed) // 2, len(packed) - 9, len(packed) - 4):
        with pytest.raises(TraceError, match=r"octet \d+: .*ends (too early|in the midst of a packet)"):
            captured(tmp_path / "x", packed[:length])
        made = captured(tmp_path / "x", packed[:length], accept_truncated=True)
        assert made.ended == "truncated" and 0 < len(made) <= 200


def test_a_damaged_compressed_file_is_refused_in_words(tmp_path: Path, plain: Path) -> None:
    packed = bytearray(gzip.compress(plain.read_bytes()))
    packed[len(packed) // 2] ^= 0xFF
    with pytest.raises(TraceError, match="compressed with gzip, and damaged"):
        captured(tmp_path / "x", bytes(packed))
    with pytest.raises(TraceError, match="begins neither a pcap nor a pcapng file"):
        captured(tmp_path / "x", gzip.compress(b"no capture"))
    with pytest.raises(TraceError, match="the file is empty"):
        captured(tmp_path / "x", gzip.compress(b""))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["no octets", "one octet", "blocks"])
def test_what_unpacks_out_of_all_proportion_is_refused_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(_octets, "_MOST_UNPACKED", 1 << 24)
    head = pcap([], 1)
    bomb = {
        "no octets": head + bytes(1 << 25), "one octet": head + (struct.pack("<IIII", 1, 1, 1, 1) + b"x") * (1 << 20),
        "blocks": section() + interface(1) + block(0x0BAD, bytes(1 << 20)) * 40,
    }[kind]
    packed = gzip.compress(bomb, 9)
    with pytest.raises(TraceError, match="unpacks to more than"):
        captured(tmp_path / "bomb", packed)


def test_a_returned_file_may_not_be_compressed(tmp_path: Path, plain: Path) -> None:
    from ansible_collections.netops.layer2.plugins.plugin_utils._trace._pcap import check

    path = tmp_path / "x"
    path.write_bytes(gzip.compress(plain.read_bytes()))
    check(str(plain))
    with pytest.raises(TraceError, match="compressed with gzip; unpack it first"):
        check(str(path))


def several(tmp_path: Path) -> Path:
    """Three interfaces: Ethernet in microseconds; a tunnel in nanoseconds with an offset; a loopback in 2^-20 s; one
    that nobody reads.
    """
    ether = [enhanced(0, (T0 + at * NS) // 1000, ethernet(packet)) for at, packet in enumerate(PACKETS[:3])]
    raw = [enhanced(1, T0 - 1000 * NS + at * NS + NS // 2, packet) for at, packet in enumerate(PACKETS[3:5])]
    loop = [enhanced(2, (T0 // NS) << 20, struct.pack("<I", 2) + PACKETS[5])]
    path = tmp_path / "several.pcapng"
    path.write_bytes(
        section()
        + interface(1, "eth0")
        + interface(101, "tun0", option(9, b"\x09"), option(14, struct.pack("<q", 1000)))
        + interface(0, "lo", option(9, b"\x94"))
        + interface(220, "usb0")
        + b"".join(ether + raw + loop)
    )
    return path


@pytest.mark.parametrize(
    ("chosen", "identifiers", "name"),
    [
        ("eth0", [1, 2, 3], "eth0"),
        (0, [1, 2, 3], "eth0"),
        ("tun0", [4, 5], "tun0"),
        (1, [4, 5], "tun0"),
        ("lo", [6], "lo"),
        (["eth0", "tun0"], [1, 4, 2, 5, 3], "eth0+tun0"),
        ([0, "lo"], [1, 6, 2, 3], "eth0+lo"),
        ("*", [1, 6, 4, 2, 5, 3], "eth0+tun0+lo"),
    ],
)
def test_interfaces_of_one_file_by_name_number_or_merged(
    tmp_path: Path, chosen: object, identifiers: list[int], name: str
) -> None:
    (made,) = captures_of([{"path": str(several(tmp_path)), "interface": chosen}])
    assert (list(made.columns["id"]), made.interface) == (identifiers, name)
    times = {identifier: time - T0 for identifier, time in zip(made.columns["id"], made.columns["time"], strict=True)}
    assert times == {
        key: value for key, value in {1: 0, 2: NS, 3: 2 * NS, 4: NS // 2, 5: 3 * NS // 2, 6: 0}.items() if key in times
    }
    assert made.resolution == {"eth0": 1000, "tun0": 1, "lo": 953}.get(name, 1000)


@pytest.mark.parametrize(
    ("chosen", "problem"),
    [
        (
            None,
            (
                r"several interfaces (0 (eth0), 1 (tun0), 2 (lo)); choose one with interface (number or name), several"
                r" with a list, or all with '*'"
            ),
        ),
        ("eth9", "interface: no packet came through eth9; the file has 0 (eth0), 1 (tun0), 2 (lo)"),
        (["eth0", 9], "no packet came through number 9"),
        ([""], "interface: '' is no number and no name"),
        ([1.5], "1.5 is no number and no name"),
    ],
)
def test_a_choice_that_is_none_is_refused_in_words(tmp_path: Path, chosen: object, problem: str) -> None:
    with pytest.raises(TraceError) as error:
        captures_of([{"path": str(several(tmp_path)), "interface": chosen}])
    assert problem in str(error.value)


def test_an_unreadable_interface_matters_only_where_it_is_chosen(tmp_path: Path) -> None:
    path = tmp_path / "usb.pcapng"
    path.write_bytes(section() + interface(1, "eth0") + interface(220, "usb0") + enhanced(1, T0 // 1000, b"x" * 9)
                     + enhanced(0, T0 // 1000, ethernet(PACKETS[0])))
    assert len(captures_of([{"path": str(path), "interface": "eth0"}])[0]) == 1
    with pytest.raises(TraceError, match="link type 220 is unknown"):
        captures_of([{"path": str(path), "interface": "usb0"}])


def test_sections_behind_each_other_are_one_file(tmp_path: Path) -> None:
    one = section() + interface(1, "eth0") + enhanced(0, T0 // 1000, ethernet(PACKETS[0]))
    two = section() + interface(1, "eth0", option(9, b"\x09")) + enhanced(0, T0 + NS, ethernet(PACKETS[1]))
    made = captured(tmp_path / "two", one + two)
    assert [time - T0 for time in made.columns["time"]] == [0, NS] and made.interface == "eth0"


def short(frames: Timed, octets: int) -> bytes:
    """A file whose snap length cut every frame."""
    made = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, octets, 1)
    return made + b"".join(
        struct.pack("<IIII", *divmod(time, NS), min(octets, len(data)), len(data)) + data[:octets]
        for time, data in frames
    )


@pytest.mark.parametrize("which", [0, 1, 2])
def test_headers_cut_by_the_snap_length_are_said_as_that(tmp_path: Path, which: int) -> None:
    frames = [(T0 + at * NS // 100, ethernet(ipv4(tcp(b"x" * 90, at * 90), identifier=at + 1))) for at in range(20)]
    files = []
    for number in range(2):
        path = tmp_path / f"point{number}"
        path.write_bytes(short(frames, 40 if which in (number, 2) else 400))
        files.append({"path": str(path), "host": "one"})
    trace = correlate(files, source=[CLIENT], destination=[GUEST])
    assert trace["verdict"]["status"] == "cannot_tell"
    assert (
        "within their headers (snap length)" in trace["verdict"]["sentence"]
        and "snap_length 320" in trace["verdict"]["sentence"]
    )
    assert trace["summary"]["lost"] == (20 if which == 1 else 0)
    reasons = [gap["reason"] for gap in trace["gaps"] if gap["subset"] == "headers"]
    assert len(reasons) == (2 if which == 2 else 1) and "20 packets were cut within their headers" in reasons[0]


def test_a_loss_beside_a_few_cut_headers_is_one_and_they_are_named(tmp_path: Path) -> None:
    frames = [(T0 + at * NS // 100, ethernet(ipv4(tcp(b"x" * 90, at * 90), identifier=at + 1))) for at in range(40)]
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(pcap(frames, 1))
    two.write_bytes(pcap(frames[:10] + frames[20:], 1))
    with two.open("ab") as stream:
        stream.write(struct.pack("<IIII", *divmod(T0, NS), 40, 150) + frames[12][1][:40])
    trace = correlate(
        [{"path": str(one), "host": "h"}, {"path": str(two), "host": "h"}], source=[CLIENT], destination=[GUEST]
    )
    assert trace["verdict"]["status"] == "loss" and trace["summary"]["lost"] == 10
    assert any("As many as 1 of those may have arrived" in sentence for sentence in trace["verdict"]["evidence"])
