"""Blocks of a ring as the kernel lays them out: frames at equal distances, frames of any size, tags, super-frames."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import struct

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._capture import _ring
from ansible_collections.netops.layer2.plugins.module_utils._capture._ring import Ring
from ansible_collections.netops.layer2.plugins.module_utils._runner import Denied, Missing, ReadError
from hypothesis import given
from hypothesis import strategies as st

from .shared import SNAP, block, frame, record


def test_frames_of_one_size_lie_at_equal_distances():
    made = block([record(frame(1500, number)) for number in range(9)])
    places = made.places()
    assert isinstance(places, range) and made.lengths(places) == [1500] * 9 and made.only_length() == 1500
    assert [made.frame(place).octets[14] for place in places] == list(range(9))


@given(st.lists(st.integers(14, 200), max_size=30), st.booleans())
def test_frames_of_any_size_are_found(sizes, vnet):
    made = block([record(frame(size, number), vnet=vnet) for number, size in enumerate(sizes)])
    places = made.places()
    assert made.lengths(places) == sizes and made.only_length() in (0, sizes[0] if len(set(sizes)) == 1 else 0)
    assert [made.frame(place).octets for place in places] == [
        frame(size, number)[:SNAP] for number, size in enumerate(sizes)
    ]


def test_sizes_that_only_add_up_to_equal_distances_are_walked():
    made = block([record(frame(size)) for size in (60, 200, 60, 200)])
    assert made.lengths(made.places()) == [60, 200, 60, 200] and made.only_length() == 0


def test_what_a_record_tells():
    tagged = record(frame(60), tag=0x6000 | 100, status=0x11, kind=4)
    merged = record(frame(100), length=30000, gso=(1, 1448))
    old = record(frame(100), length=30000, vnet=False)
    made = block([tagged, merged, old])
    first, second, third = (made.frame(place) for place in made.places())
    assert (first.vlan, first.outgoing, first.segment, first.time_ns) == ("100", True, 0, 1700000000123456789)
    assert (second.vlan, second.outgoing, second.segment, second.length) == ("", False, 1448, 30000)
    assert third.segment == 0, "an old kernel puts no such header there"


def test_a_copy_is_the_same_block_and_outlives_it():
    records = [record(frame(60)), record(frame(61, 1), tag=7, status=0x11)]
    made = block(records)
    copied = made.copy()
    assert [copied.frame(place) for place in copied.places()] == [made.frame(place) for place in made.places()] and len(
        copied
    ) == len(made)


def test_the_head_is_that_of_the_frame_and_the_tag_that_of_the_record():
    made = block([record(frame(60)), record(frame(300), tag=100, status=0x11, vnet=False)])
    assert {made.head(place, 6) for place in made.places()} == {bytes.fromhex("525400000002")}
    assert [made.tag(place) for place in made.places()] == [bytes(6), struct.pack("=IH", 100, 0x8100)]


def test_an_empty_block():
    assert list(block([]).places()) == []


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (1, Denied, "needs root"),
        (13, Denied, "needs root"),
        (19, Missing, "no interface eth7"),
        (6, Missing, "no interface eth7"),
        (100, ReadError, "eth7 is down"),
        (2, Missing, "namespace of eth7"),
        (12, ReadError, "eth7: Cannot allocate memory"),
    ],
)
def test_what_the_kernel_refuses_is_said_in_words(number, kind, words):
    refused = _ring._explained(OSError(number, "Cannot allocate memory"), "eth7")
    assert refused.__class__ is kind and words in refused.reason


def test_an_interface_that_is_not_there():
    with pytest.raises((Missing, Denied)):
        Ring("none-such", 1 << 20)
