"""Segments: joined by links, connected by exactly one chain of proof."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._segments import Link, Segments
from hypothesis import given
from hypothesis import strategies as st

POINTS = 12
_EDGES = st.lists(st.tuples(st.integers(0, POINTS - 1), st.integers(0, POINTS - 1)), max_size=30)


def _reachable(edges, start):
    found, grown = set(), {start}
    while found != grown:
        found = set(grown)
        grown |= {b for a, b in edges if a in found} | {a for a, b in edges if b in found}
    return found


@given(_EDGES)
def test_same_is_reachability_and_proof_is_a_chain(edges):
    segments = Segments()
    for number in range(POINTS):
        segments.point(str(number))
    made = {(a, b) for a, b in edges if segments.join(a, b, Link(f"{a}-{b}"))}
    for other in range(POINTS):
        connected = other in _reachable(edges, 0)
        assert segments.same(0, other) is connected
        proof = [tuple(map(int, link.why.split("-"))) for link in segments.proof(0, other)]
        assert bool(proof) is (connected and other != 0)
        here = 0
        for a, b in proof:
            assert (a, b) in made and here in (a, b)
            here = b if here == a else a
        assert not proof or here == other


def test_a_join_that_adds_nothing_is_said_and_not_kept():
    segments = Segments()
    left, right = segments.point("left"), segments.point("right")
    assert segments.join(left, right, Link("first", weak=True))
    assert not segments.join(right, left, Link("second"))
    assert segments.proof(right, left) == [Link("first", weak=True)]
    assert segments.label(left) == "left" and len(segments) == 2
