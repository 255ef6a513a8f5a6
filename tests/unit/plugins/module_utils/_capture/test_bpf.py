"""The kernel's filters, run by the kernel itself: a socket pair needs no rights and applies them as a packet socket
does.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import random
import struct

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._capture import _bpf
from ansible_collections.netops.layer2.plugins.module_utils._capture._bpf import OwnMac
from hypothesis import given, settings
from hypothesis import strategies as st

from .shared import kept, kept_of_each

SNAP = 20
PADDING = bytes(60)


def own(text, any_first=False):
    return OwnMac(bytes.fromhex(text), any_first)


def test_nothing_and_everything():
    assert kept(_bpf.nothing(), PADDING) == 0
    assert kept(_bpf.everything(14), PADDING) == 14


CASES = {
    "another MAC": ("525400000002", SNAP),
    "the own MAC": ("525400000001", 0),
    "equal in the last four octets only": ("52ff00000001", SNAP),
    "equal in the first two octets only": ("525400000101", SNAP),
    "two of its own share the last four octets": ("025500000001", 0),
    "behind a tap, another first octet": ("aa7711223344", 0),
    "behind a tap, the tap's own": ("fe7711223344", 0),
    "like a tap, another second octet": ("fe7811223344", SNAP),
    "zero": ("000000000000", SNAP),
}
OWN = [own("525400000001"), own("025500000001"), own("fe7711223344", True), own("ffffffffffff")]


@pytest.mark.parametrize(("destination", "wanted"), CASES.values(), ids=CASES.keys())
def test_a_destination_of_its_own_is_not_counted(destination, wanted):
    assert kept(_bpf.unless_destination(OWN, SNAP), bytes.fromhex(destination) + PADDING) == wanted


def test_without_any_own_mac_everything_passes():
    assert kept(_bpf.unless_destination([], SNAP), PADDING) == SNAP


MACS = st.binary(min_size=6, max_size=6)
# Few different octets, so that MACs share parts.
CLOSE_MACS = st.lists(st.sampled_from([0, 1, 2, 255]), min_size=6, max_size=6).map(bytes)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.builds(OwnMac, MACS | CLOSE_MACS, st.booleans()), max_size=60), st.lists(MACS | CLOSE_MACS, max_size=20)
)
def test_the_search_tree_knows_what_a_set_knows(owned, others):
    others = others + [mac.octets for mac in owned]
    exact = {mac.octets for mac in owned}
    tails = {mac.octets[1:] for mac in owned if mac.any_first}
    wanted = [0 if other in exact or other[1:] in tails else SNAP for other in others]
    assert kept_of_each(_bpf.unless_destination(owned, SNAP), [other + PADDING for other in others]) == wanted


def test_seven_hundred_macs_fit():
    chance = random.Random(7)
    owned = [OwnMac(chance.getrandbits(48).to_bytes(6, "big"), False) for number in range(700)]
    program = _bpf.for_nobody_here(owned, SNAP)
    assert len(program) <= _bpf.MOST_INSTRUCTIONS
    tree = _bpf.unless_destination(owned, SNAP)
    assert kept_of_each(tree, [mac.octets + PADDING for mac in owned[::50]]) == [0] * 14


def test_many_macs_with_one_tail_need_a_long_jump():
    owned = [OwnMac(struct.pack("!H", number) + b"\1\2\3\4", False) for number in range(200)]
    frames = [struct.pack("!H", number) + b"\1\2\3\4" + PADDING for number in (0, 199, 200)] + [
        b"\0\0\1\2\3\5" + PADDING
    ]
    assert kept_of_each(_bpf.unless_destination(owned, SNAP), frames) == [0, 0, SNAP, SNAP]


def test_a_frame_that_did_not_come_in_for_another_mac_is_not_counted():
    # A local datagram has the packet type PACKET_HOST.
    assert kept(_bpf.for_nobody_here([], SNAP), bytes.fromhex("525400000002") + PADDING) == 0
