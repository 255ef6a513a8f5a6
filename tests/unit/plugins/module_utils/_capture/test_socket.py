"""The kernel's counters, asked for real, and messages that are cut or foreign."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import socket
import struct

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._capture import _socket
from hypothesis import given
from hypothesis import strategies as st

COUNTERS = [10 * number for number in range(25)]


def message(values, kind=16):
    stats = struct.pack("%dQ" % len(values), *values)
    name = struct.pack("HH", 7, 3) + b"lo\0\0"
    return struct.pack("IHHII", 0, kind, 0, 0, 0) + bytes(16) + name + struct.pack("HH", 4 + len(stats), 23) + stats


def test_this_machine_counts_what_it_sends_to_itself():
    counters = _socket.Counters()
    index = socket.if_nametoindex("lo")
    before = counters.read(index)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.sendto(b"x" * 100, ("127.0.0.1", 9))
    after = counters.read(index)
    counters.close()
    assert after["rx_packets"] > before["rx_packets"] and after["rx_bytes"] >= before["rx_bytes"] + 128


def test_a_new_kernel_has_the_counter_of_frames_for_others():
    assert _socket.counters_in(message(COUNTERS)) == {
        "rx_packets": 0,
        "rx_bytes": 20,
        "rx_missed": 150,
        "otherhost": 240,
    }


def test_an_old_kernel_does_not():
    assert _socket.counters_in(message(COUNTERS[:23])) == {"rx_packets": 0, "rx_bytes": 20, "rx_missed": 150}


@pytest.mark.parametrize("answer", [b"", b"\0" * 31, message(COUNTERS, kind=2), message([])])
def test_what_is_no_answer_has_no_counters(answer):
    assert _socket.counters_in(answer) == {}


@given(st.binary(max_size=300))
def test_damage_does_no_harm(data):
    _socket.counters_in(message(COUNTERS)[:32] + data)


def test_a_namespace_that_is_gone():
    with pytest.raises(OSError):
        _socket.opened(socket.AF_INET, socket.SOCK_DGRAM, 0, "/run/netns/none-such")
