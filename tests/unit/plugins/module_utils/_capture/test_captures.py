"""Points resolved, filters compiled here or by tcpdump, files for their owner alone, and what is refused."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import shutil

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._capture import _captures
from ansible_collections.netops.layer2.plugins.module_utils._capture._bpf import Instruction, everything
from ansible_collections.netops.layer2.plugins.module_utils._capture._captures import CaptureRefused, Options, Wanted
from ansible_collections.netops.layer2.plugins.module_utils._capture._interfaces import ChoiceError
from ansible_collections.netops.layer2.plugins.module_utils._capture._points import Bounds
from ansible_collections.netops.layer2.plugins.module_utils._capture._records import unpacked
from ansible_collections.netops.layer2.plugins.module_utils._runner import Runner

from ...may import needs_packet_sockets


def options(*points, **more):
    return Options(points, "", Bounds(0.3, 1000, 10**9, 4 << 20), 320, False, None, None, False, "me")._replace(**more)


def planned(*points, **more):
    return _captures.planned(Runner(), options(*points, **more))


def lo(name="", text=""):
    return Wanted("lo", name, text)


def test_a_point_is_named_by_host_and_interface_unless_it_has_a_name():
    assert [plan.name for plan in planned(lo(), lo("tap of vm30"))] == ["me:lo", "tap of vm30"]


def test_a_point_may_have_a_filter_of_its_own():
    first, second = planned(lo("a"), lo("b", "arp"), filter="")
    assert first.program == everything(320) and second.filter == "arp" and len(second.program) > 3
    assert _captures.in_words(options(filter=""), [first, second]) == [
        "a: lo, all frames, at most 0.3 s and 1000 packets", "b: lo, arp, at most 0.3 s and 1000 packets"]


@pytest.mark.parametrize(("names", "words"), [(("x", "x"), "x and x"), (("a/b", "a b"), "a/b and a b")])
def test_points_that_are_named_alike_are_refused(names, words):
    with pytest.raises(CaptureRefused, match="points: two are named alike.*" + words):
        planned(*[lo(name) for name in names])


def test_an_unknown_interface_is_refused():
    with pytest.raises(ChoiceError, match="points: there is no eth99 here"):
        planned(Wanted("eth99", "", ""))


class WithoutTcpdump(Runner):
    def find(self, name):
        return None if name == "tcpdump" else super().find(name)


def test_a_filter_beyond_this_compiler_needs_tcpdump():
    with pytest.raises(CaptureRefused, match=r"filter: not understood from `gateway lo` on. Install tcpdump"):
        _captures.planned(WithoutTcpdump(), options(lo(), filter="gateway lo"))


@needs_packet_sockets
@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed")
def test_tcpdump_compiles_the_rest_and_the_gap_says_so():
    (plan,) = planned(lo(), filter="tcp[(tcp[12] & 0xf0) >> 2:4] = 0x47455420")
    assert plan.program[-1].code == 6 and plan.gaps[0]["subset"] == "filter"
    with pytest.raises(CaptureRefused, match=r"filter: tcpdump refuses it: .*syntax error"):
        planned(lo(), filter="what is this")
    with pytest.raises(CaptureRefused, match="filter: tcpdump refuses it"):
        planned(lo(), filter="-w /tmp/never")
    assert not os.path.exists("/tmp/never")


def test_a_program_of_tcpdump():
    assert _captures.by_tcpdump("2\n40 0 0 12\n6 0 0 320\n") == [Instruction(40, 0, 0, 12), Instruction(6, 0, 0, 320)]


@pytest.mark.parametrize(
    "text", ["", "0\n", "2\n6 0 0 320\n", "1\nrubbish\n", "1\n6 0 0 99999999999\n", "x\n6 0 0 320\n", "1\n6 0 0\n"]
)
def test_no_program(text):
    with pytest.raises(CaptureRefused, match="tcpdump answered with no program"):
        _captures.by_tcpdump(text)


def test_a_folder_that_is_not_its_users_alone_is_refused(tmp_path):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(CaptureRefused, match=r"^dest: .*belongs to user"):
        _captures.capture(options(dest=str(tmp_path / "open")), [], lambda: False)


def test_too_much_for_a_result_is_refused_with_the_hint():
    _captures.refuse_too_much([{"document": "x" * 1000, "packets": 1}, {"path": "/x", "packets": 10**9}])
    with pytest.raises(CaptureRefused, match=r"7 packets make 10 MiB.*give `dest`"):
        _captures.refuse_too_much([{"document": "x" * (10 << 20), "packets": 7}])


@pytest.fixture
def port():
    """A UDP port of the loopback that nobody else sends to, whatever else is tested beside."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        yield receiver.getsockname()[1]


@needs_packet_sockets
def test_the_loopback_is_captured_for_real(tmp_path, port):
    import json
    import socket
    import threading

    wanted = options(lo(), filter=f"udp port {port}", dest=str(tmp_path / "new"), bounds=Bounds(5.0, 6, 10**9, 4 << 20))
    plans = _captures.planned(Runner(), wanted)

    def send():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
            for number in range(3):
                channel.sendto(b"%d" % number, ("127.0.0.1", port))

    timer = threading.Timer(0.5, send)
    timer.start()
    (result,) = _captures.capture(wanted, plans, lambda: False)
    timer.join()
    assert (result["packets"], result["ended"], result["dropped"], result["gaps"]) == (6, "packets", 0, []), (
        "sent, and received"
    )
    with open(result["path"], encoding="utf-8") as stream:
        document = json.load(stream)
    records = unpacked(document)
    assert list(records.columns["payload"]) == [1] * 6 and [mark & 1 for mark in records.columns["marks"]] == [1, 0] * 3
    assert document["host"] == "me" and document["point"] == "me:lo" and document["filter"] == f"udp port {port}"


@needs_packet_sockets
def test_a_folder_that_cannot_be_made_is_named():
    wanted = options(lo(), dest="/proc/none", bounds=Bounds(0.1, 10, 10**9, 4 << 20))
    with pytest.raises(CaptureRefused, match="dest: /proc/none"):
        _captures.capture(wanted, _captures.planned(Runner(), wanted), lambda: False)
