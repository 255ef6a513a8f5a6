"""Captures at points: bounds, what waits, the common start, the clock, and pcap files that tcpdump reads."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import ctypes
import errno
import io
import shutil
import subprocess
import time

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._capture import _clock, _pcap, _points
from ansible_collections.netops.layer2.plugins.module_utils._capture._bpf import everything
from ansible_collections.netops.layer2.plugins.module_utils._capture._points import Bounds, Capture, Point
from ansible_collections.netops.layer2.plugins.module_utils._capture._ring import Frame, Statistics

from .shared import block, frame, record, tcp

BOUNDS = Bounds(0.1, 1000, 10**9, 1 << 20)


class StandInRing:
    """Blocks that are there from the beginning, without a kernel."""

    ethernet = True

    def __init__(self, blocks=(), dropped=0, trouble=None):
        self._blocks, self._trouble = list(blocks), trouble
        self._statistics = Statistics(sum(made.count for made in self._blocks) + dropped, dropped)
        self.program, self.ended = None, 0

    def begin(self, program):
        self.program = program

    def end(self):
        self.ended += 1

    def blocks(self):
        while self._blocks:
            yield self._blocks.pop(0)

    def statistics(self):
        return self._statistics

    def trouble(self):
        return self._trouble

    def fileno(self):
        return 0


def blocks(*counts):
    return [block([record(tcp(46, 1000 + number)) for number in range(count)]) for count in counts]


def captured(points, bounds=BOUNDS, start_at=None, asked=lambda: False):
    made = Capture(points, bounds, asked)
    made.run(start_at)
    return made


@pytest.fixture(autouse=True)
def no_descriptor_to_wait_for(monkeypatch):
    monkeypatch.setattr(_points, "wait", lambda _rings, seconds: time.sleep(max(0.0, min(seconds, 0.01))))


def test_everything_that_the_ring_had_is_packed():
    point = Point("p", StandInRing(blocks(3, 1, 2)), everything(96), BOUNDS)
    made = captured([point])
    assert len(point.packer) == 6 and point.ended == "time" and point.ring.ended == 1 and made.lasted >= 0.1
    assert point.ring.program == everything(96)


BOUNDED = {
    "packets": (BOUNDS._replace(packets=4), "packets", 4),
    "packets, at the end of a block": (BOUNDS._replace(packets=3), "packets", 3),
    "bytes": (BOUNDS._replace(octets=250), "bytes", 3),
    "time": (BOUNDS, "time", 7),
    "little memory": (BOUNDS._replace(memory=1), "time", 7),
}


@pytest.mark.parametrize(("bounds", "ended", "packets"), BOUNDED.values(), ids=BOUNDED.keys())
def test_bounds(bounds, ended, packets):
    point = Point("p", StandInRing(blocks(3, 3, 1)), everything(96), bounds)
    captured([point], bounds)
    assert (point.ended, len(point.packer)) == (ended, packets)


def test_one_point_that_is_full_does_not_end_the_others():
    bounds = BOUNDS._replace(packets=2)
    full, other = (
        Point("a", StandInRing(blocks(5)), everything(96), bounds),
        Point("b", StandInRing(blocks(1)), everything(96), bounds),
    )
    made = captured([full, other], bounds)
    assert (full.ended, other.ended, len(full.packer), len(other.packer)) == (
        "packets",
        "time",
        2,
        1,
    ) and made.lasted >= 0.1


def test_asked_to_end_it_hands_over_what_it_has():
    point = Point("p", StandInRing(blocks(2)), everything(96), BOUNDS)
    captured([point], BOUNDS._replace(duration=60), asked=lambda: True)
    assert (point.ended, len(point.packer)) == ("asked", 2)


def test_it_waits_for_the_common_start():
    point = Point("p", StandInRing(), everything(96), BOUNDS)
    start = time.time() + 0.3
    made = captured([point], start_at=start)
    assert made.clock.began >= start and made.late == 0
    assert _points.about(made, point, [])["gaps"] == []


def test_the_window_begins_when_the_last_ring_takes_frames():
    class Slow(StandInRing):
        def begin(self, program):
            time.sleep(0.05)
            super().begin(program)
            self.begun = time.time()

    rings = [Slow(), Slow()]
    points = [Point(str(place), ring, everything(96), BOUNDS) for place, ring in enumerate(rings)]
    made = captured(points)
    assert all(_points.about(made, point, [])["collected_at"] >= rings[-1].begun - 1e-6 for point in points)


def test_a_start_that_has_passed_is_a_gap():
    point = Point("p", StandInRing(trouble="eth0 went down"), everything(96), BOUNDS)
    made = captured([point], start_at=time.time() - 7)
    gaps = _points.about(made, point, [{"subset": "filter", "reason": "known before"}])["gaps"]
    assert [gap["subset"] for gap in gaps] == ["filter", "start", "interfaces"] and "7.0 s after" in gaps[1]["reason"]


def test_what_the_document_says_of_a_point():
    point = Point("p", StandInRing(blocks(1), dropped=5), everything(96), BOUNDS)
    before = time.time()
    about = _points.about(captured([point]), point, [])
    assert (about["dropped"], about["point"], about["ended"]) == (5, "p", "time")
    assert before - 1 < about["collected_at"] < time.time() + 1 and about["clock"]["source"] == "realtime"


def test_a_link_without_ethernet_headers():
    ring = StandInRing([block([record(tcp(46)[14:], kind=3)])])
    ring.ethernet = False
    point = Point("p", ring, everything(96), BOUNDS)
    captured([point])
    assert len(point.packer) == 1


def test_a_clock_that_steps_is_seen(monkeypatch):
    clock = _clock.Clock()
    steady = clock.document()
    assert abs(steady["stepped"]) < 0.01 and steady["resolution"] == "ns"
    real = time.clock_gettime
    monkeypatch.setattr(time, "clock_gettime", lambda which: real(which) + (2.5 if which == time.CLOCK_REALTIME else 0))
    assert abs(clock.document()["stepped"] - 2.5) < 0.01


def test_whether_the_clock_is_synchronised_is_asked_of_the_kernel():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.adjtimex(ctypes.create_string_buffer(512)) < 0 and ctypes.get_errno() == errno.EPERM:
        pytest.skip("the container that this runs in may not ask for the clock's state (adjtimex)")
    assert _clock.is_synchronised() in (True, False)


def test_a_pcap_file_puts_the_tag_back():
    stream = io.BytesIO()
    _pcap.begin(stream, 96, True)
    _pcap.add(stream, Frame(1700000000123456789, frame(60), 60, "100", False, 0, b"\x81\x00\x00\x64", 0x0800))
    data = stream.getvalue()
    assert data[:4] == b"\x4d\x3c\xb2\xa1" and data[24:40] == b"".join(
        number.to_bytes(4, "little") for number in (1700000000, 123456789, 64, 64))
    assert data[52:58] == b"\x81\x00\x00\x64\x08\x00"


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed")
def test_tcpdump_reads_the_pcap_file(tmp_path):
    path = tmp_path / "x.pcap"
    with path.open("wb") as stream:
        _pcap.begin(stream, 96, True)
        _pcap.add(stream, Frame(1700000000123456789, tcp(46), 100, "100", False, 0, b"\x81\x00\x00\x64", 0x0800))
    done = subprocess.run(
        ["tcpdump", "-n", "-e", "-tt", "--nano", "-r", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    said = done.stdout.decode()
    assert (
        said.startswith("1700000000.123456789 ")
        and "vlan 100" in said
        and "192.0.2.1.443 > 192.0.2.9.80" in said
        and "length 104" in said
    )
