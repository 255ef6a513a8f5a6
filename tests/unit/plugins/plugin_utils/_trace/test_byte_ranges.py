"""Octets of TCP data cut and joined: a real conversation is told apart, and one that is made to overlap without end is
given up in time.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._byte_ranges import Span, Tangled, spread
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._correlation import correlated
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._document import document

from .capture_builders import NS, capture, ethernet, ipv4, tcp


def test_large_segments_cut_into_frames_are_told_apart_each() -> None:
    whole = [Span(at * 64000, 64000, at, at) for at in range(200)]
    cut = [Span(at * 1000, 1000, at // 64, at) for at in range(200 * 64)]
    assert all(
        [part[2] for part in parts] == list(range(at * 64, at * 64 + 64)) for at, parts in spread(whole, cut, 0).items()
    )
    assert len(spread(cut, whole, 100)) == len(cut)


@pytest.mark.parametrize("length", [10_000, 1 << 31])
def test_what_overlaps_without_end_is_given_up(length: int) -> None:
    sent = [Span(at, length, 0, at) for at in range(3000)]
    with pytest.raises(Tangled):
        spread(sent, [Span(at, 5000, 1, at) for at in range(3000)], 0)


def test_a_conversation_that_was_given_up_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.netops.layer2.plugins.plugin_utils._trace import _byte_ranges
    monkeypatch.setattr(_byte_ranges, "_FREE_OVERLAPS", -1)
    monkeypatch.setattr(_byte_ranges, "_MOST_OVERLAPS", 0)
    whole = [(NS, ethernet(ipv4(tcp(b"x" * 200, 1), identifier=1)))]
    cut = [(NS, ethernet(ipv4(tcp(b"x" * 100, 1 + at * 100), identifier=2 + at))) for at in range(2)]
    made = document(correlated([capture("a:0", whole), capture("b:0", cut)]), {})
    assert [gap["point"] for gap in made["gaps"] if gap["subset"] == "data"] == ["b:0"]
