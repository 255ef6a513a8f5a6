"""Real captures of tcpdump (golden/make_captures.bash made them) read and correlated; damaged and foreign files refused
in words, never with a crash.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._capture._records import Packer, document
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import TraceError, opened
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._html import render as as_page
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._open import captures_of
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._run import correlate
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._text import render as as_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .capture_builders import ethernet, ipv4, tcp

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = Path(__file__).resolve().parents[5] / "docs" / "schemas" / "trace-v1.json"
LOSSY = [str(GOLDEN / f"lossy-{name}.pcap") for name in ("client", "switch", "guest")]


def hops(trace: dict[str, Any], way: int) -> list[tuple[int, int, int]]:
    """(sent, seen, lost) of every hop."""
    return [(hop["sent"], hop["seen"], hop["lost"]) for hop in trace["ways"][way]["hops"]]


@pytest.fixture(scope="module")
def lossy() -> dict[str, Any]:
    """The trace of three captures in microseconds and nanoseconds, while a switch dropped frames and counted them."""
    return correlate(LOSSY)


def test_as_many_are_lost_as_the_switch_says_it_dropped(lossy: dict[str, Any]) -> None:
    dropped = int((GOLDEN / "lossy-dropped.txt").read_text().split()[1])
    assert hops(lossy, 0) == [(42, 42, 0), (42, 42 - dropped, dropped)]
    assert [lost for _sent, _seen, lost in hops(lossy, 1)] == [0, 0]
    assert (
        lossy["verdict"]["sentence"]
        == "Frames for 192.0.2.30 leave lossy-switch, but 19 % (8 of 42) never arrive at lossy-guest."
    )
    assert lossy["ways"][0]["retransmitted"] == 5
    assert lossy["ways"][0]["first_loss"] == 1


def test_one_machine_has_one_clock_and_that_is_what_comes_out(lossy: dict[str, Any]) -> None:
    for clock in lossy["clocks"][1:]:
        assert abs(clock["offset"]) <= clock["uncertainty"] < 1e-5


def test_tso_super_segments_of_a_real_kernel() -> None:
    trace = correlate([str(GOLDEN / "bulk-client.pcap"), str(GOLDEN / "bulk-guest.pcap")])
    assert hops(trace, 0) == [(131, 131, 0)]
    assert trace["points"][0]["packets"] < trace["points"][1]["packets"]
    assert trace["summary"]["joined"] == 126


def test_cooked_captures_of_all_interfaces_and_ipv6() -> None:
    trace = correlate([str(GOLDEN / "any6-client.pcap"), str(GOLDEN / "any6-guest.pcap")])
    assert (hops(trace, 0), hops(trace, 1)) == ([(11, 11, 0)], [(9, 9, 0)])
    assert trace["ways"][0]["links"][0]["pairs"][0]["source"] == "02:00:00:00:00:21"


def test_into_a_vxlan_and_out_of_it() -> None:
    trace = correlate([str(GOLDEN / f"vxlan-{name}.pcap") for name in ("client", "switch", "guest")])
    assert [seen for _sent, seen, _lost in hops(trace, 0)] == [11, 11] and [
        lost for *_others, lost in hops(trace, 0)
    ] == [0, 0]
    outer = trace["ways"][0]["links"][1]["pairs"][0]
    assert (outer["tunnel"], outer["outer_source_ip"], outer["outer_destination_ip"]) == (
        "vxlan:42",
        "192.0.2.21",
        "192.0.2.30",
    )


def test_raw_and_old_cooked_link_types() -> None:
    raw, cooked = captures_of([str(GOLDEN / "raw-tun.pcap"), str(GOLDEN / "cooked-any.pcap")])
    assert (
        [str(flow) for flow in raw.flows] == [str(flow) for flow in cooked.flows] == ["icmp 203.0.113.1 > 203.0.113.9"]
    )
    assert list(raw.columns["check"]) == list(cooked.columns["check"])
    assert all(mark & 1 for mark in cooked.columns["marks"])


def test_pcapng_is_the_same_as_pcap() -> None:
    one, other = captures_of([LOSSY[2], str(GOLDEN / "lossy-guest.pcapng")])
    assert one.columns == other.columns and one.flows == other.flows and one.links == other.links


def swapped(data: bytes) -> bytes:
    """A little-endian pcap file as a big-endian machine would have written it."""
    made = b"".join(data[at:at + 4][::-1] for at in (0,)) + data[4:6][::-1] + data[6:8][::-1]
    made += b"".join(data[at:at + 4][::-1] for at in range(8, 24, 4))
    at = 24
    while at < len(data):
        made += b"".join(data[at + part:at + part + 4][::-1] for part in range(0, 16, 4))
        length = struct.unpack_from("<I", data, at + 8)[0]
        made += data[at + 16:at + 16 + length]
        at += 16 + length
    return made


def test_both_orders_of_octets_and_both_precisions(tmp_path: Path) -> None:
    for name in LOSSY[1:]:
        other = tmp_path / "big.pcap"
        other.write_bytes(swapped(Path(name).read_bytes()))
        one, two = captures_of([name, str(other)])
        assert one.columns == two.columns and one.resolution == two.resolution
    assert captures_of([LOSSY[1]])[0].resolution == 1
    assert captures_of([LOSSY[2]])[0].resolution == 1000


def test_a_file_cut_short_is_refused_or_taken_as_far_as_it_goes(tmp_path: Path) -> None:
    data = Path(LOSSY[0]).read_bytes()
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(data[:-30])
    with pytest.raises(
        TraceError,
        match=r"cut\.pcap: octet \d+: the file ends in the midst of a packet; fetch the file again, or accept",
    ):
        captures_of([str(cut)])
    (made,) = captures_of([{"path": str(cut), "host": "client", "accept_truncated": True}])
    assert (made.ended, made.host, len(made)) == ("truncated", "client", 70)
    assert "midst of a packet" in made.gaps[0]["reason"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "octet 0: the file is empty"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "octet 0: the compressed file ends too early; fetch the file again"),
        (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
        (b"GIF89a...", "begins neither a pcap nor a pcapng file"),
        (b"# tcpdump output as text\n", "begins neither a pcap nor a pcapng file"),
        (b"\xd4\xc3\xb2\xa1\x02\0\x04\0", "the file ends in the midst of its header"),
        (b"\xd4\xc3\xb2\xa1" + struct.pack("<HHiIII", 1, 9, 0, 0, 65535, 1), "version 1.9 of the format is unknown"),
        (
            b"\xd4\xc3\xb2\xa1" + struct.pack("<HHiIII", 2, 4, 0, 0, 65535, 220),
            "octet 24: link type 220 is unknown; capture on an Ethernet interface",
        ),
        (
            b"\xd4\xc3\xb2\xa1" + struct.pack("<HHiIII", 2, 4, 0, 0, 65535, 1) + b"\xff" * 16,
            "no packet begins here, the file is damaged",
        ),
        (b"\x0a\x0d\x0d\x0a" + struct.pack("<I", 28) + b"abcd", "61 62 63 64 is no byte-order magic"),
        (b"\x0a\x0d\x0d\x0a" + struct.pack("<I", 4) + b"\x4d\x3c\x2b\x1a", "a block of 4 octets"),
        (b'{"schema": "netops.layer2/capture"', "no JSON"),
        (b'{"schema": "netops.layer2/flood-sample"}', "schema: 'netops.layer2/flood-sample' is no capture"),
        (b'{"schema": "netops.layer2/capture", "version": 2}', "version: 2 is unknown, 1 is known"),
    ],
)
def test_foreign_and_damaged_files_are_refused_in_words(tmp_path: Path, data: bytes, problem: str) -> None:
    path = tmp_path / "given"
    path.write_bytes(data)
    with pytest.raises(TraceError) as error:
        captures_of([str(path)])
    assert problem in str(error.value) and "given" in str(error.value)


@pytest.mark.parametrize(
    ("given_", "problem"),
    [
        (5, "captures: int is no list"),
        ([5], r"captures[0]: int is no capture"),
        (["/nowhere/at.all"], "/nowhere/at.all: No such file or directory"),
        (
            [{"path": "x", "hots": "y"}],
            "captures[0]: hots: is unknown; path, host, point, interface, accept_truncated are known",
        ),
        ([{"path": LOSSY[0], "interface": True}], "captures[0]: interface: True is no number and no name"),
        ([{"path": LOSSY[0], "interface": 7}], "no packet came through number 7; the file has 0"),
        (LOSSY[:1], "at least two points are needed"),
    ],
)
def test_what_is_no_capture_is_refused_in_words(given_: object, problem: str) -> None:
    with pytest.raises(TraceError) as error:
        correlate(given_)
    assert problem in str(error.value)


@pytest.mark.parametrize(("options", "problem"), [
    ({"source": ["nobody"]}, "endpoints: 'nobody' does not appear to be an IPv4 or IPv6 address; give IP addresses"),
    ({"source": 5}, "source: a list of texts is expected"),
    ({"points": "x"}, "points: str is no list"),
    ({"points": [{}]}, "points[0]: no mapping with the name of a point"),
    ({"beside": ["x"]}, "beside: x: no capture has this point"),
    ({"reasons": []}, "reasons: a mapping"),
])
def test_what_is_no_option_is_refused_in_words(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(TraceError) as error:
        correlate(LOSSY, **options)
    assert problem in str(error.value)


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage_to_a_real_file_is_an_error_in_words_or_a_capture(tmp_path: Path, data: st.DataObject) -> None:
    name = data.draw(
        st.sampled_from(
            [
                *LOSSY,
                str(GOLDEN / "lossy-guest.pcapng"),
                str(GOLDEN / "vxlan-switch.pcap"),
                str(GOLDEN / "any6-client.pcap"),
            ]
        )
    )
    octets = bytearray(Path(name).read_bytes())
    for _number in range(data.draw(st.integers(1, 8))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    del octets[data.draw(st.integers(0, len(octets))):]
    path = tmp_path / "damaged"
    path.write_bytes(octets)
    try:
        made = captures_of([{"path": str(path), "accept_truncated": data.draw(st.booleans())}])
    except TraceError as error:
        assert "damaged" in str(error)
    else:
        assert len(made[0].columns["time"]) == len(made[0].columns["marks"])


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_octets_behind_a_header_are_an_error_in_words_or_a_capture(tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "made"
    for head in (Path(LOSSY[0]).read_bytes()[:24], (GOLDEN / "lossy-guest.pcapng").read_bytes()[:180]):
        path.write_bytes(head + octets)
        try:
            captures_of([str(path)])
        except TraceError as error:
            assert "made" in str(error)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


def _document() -> dict[str, Any]:
    packer = Packer()
    for at in range(5):
        frame = ethernet(ipv4(tcp(b"abc", at), identifier=at))
        packer.add(at * 1000, frame, len(frame))
    return document(packer, host="a", point="a:eth0", interface="eth0", collected_at=1.0, duration=2.0)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_any_value_in_any_field_is_an_error_in_words_or_a_capture(data: st.DataObject) -> None:
    made = _document()
    target: Any = made
    for _level in range(data.draw(st.integers(0, 2))):
        inner = [value for value in target.values() if isinstance(value, dict)]
        if inner:
            target = data.draw(st.sampled_from(inner))
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(_JSON | st.text("ABCDabcd0123+/= ", max_size=40))
    try:
        opened(json.loads(json.dumps(made)), "the test")
    except TraceError as error:
        assert "the test" in str(error) or "a:eth0" in str(error)


def test_the_schema_says_what_the_document_is(lossy: dict[str, Any]) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="the jsonschema package is not installed")
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    for made in (
        lossy,
        correlate(LOSSY[:2]),
        correlate([str(GOLDEN / "raw-tun.pcap"), str(GOLDEN / "cooked-any.pcap")]),
    ):
        plain = json.loads(json.dumps(made, allow_nan=False))
        assert [error.json_path for error in validator.iter_errors(plain)] == []
    broken = {**lossy, "verdict": {"status": "fine"}}
    assert list(validator.iter_errors(broken))


def test_text_and_page_show_the_verdict_and_hostile_names_as_text(lossy: dict[str, Any]) -> None:
    evil = "<script>alert(1)</script>\x1b[2J"
    made = json.loads(json.dumps(lossy))
    for point in made["points"]:
        point["label"] = evil
    made["verdict"]["sentence"] += evil
    text, page = as_text(made), as_page(made)
    assert "\x1b" not in text and "\x1b" not in page
    assert "never arrive at lossy-guest" in text and "never arrive at lossy-guest" in page
    assert "<script>alert" not in page and page.count("<script") == 1
    assert page.count('class="step"') == 40 and "8 (19 %)" in page


def test_two_interfaces_in_one_file_are_not_mixed(tmp_path: Path) -> None:
    data = (GOLDEN / "any6-client.pcap").read_bytes()
    at, count = 24, 0
    made = bytearray(data)
    while at < len(made):
        length = struct.unpack_from("<I", made, at + 8)[0]
        struct.pack_into(">I", made, at + 16 + 4, 2 + count % 2)     # sll2_if_index
        at, count = at + 16 + length, count + 1
    path = tmp_path / "two.pcap"
    path.write_bytes(made)
    with pytest.raises(
        TraceError,
        match=r"its packets came through several interfaces \(2, 3\); choose one with interface \(number or name\)",
    ):
        captures_of([str(path)])
    (one,) = captures_of([{"path": str(path), "interface": 3}])
    assert len(one) == count // 2
