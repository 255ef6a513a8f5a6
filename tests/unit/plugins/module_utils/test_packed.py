"""A packed text is what it was when opened, and no host can have the controller open more than a host tells."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
import zlib

import pytest
from ansible_collections.netops.layer2.plugins.filter.snapshot_document import FilterModule
from ansible_collections.netops.layer2.plugins.module_utils import _packed
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions
from hypothesis import given
from hypothesis import strategies as st

SNAPSHOT = {
    "schema": "netops.layer2/snapshot",
    "version": 1,
    "host": "hv1",
    "observed": [],
    "gaps": [],
    "interfaces": [],
}


def raw(data: bytes) -> str:
    return _packed.MARK + base64.b64encode(data).decode()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_opened_is_what_was_packed(text: str) -> None:
    assert _packed.is_packed(_packed.packed(text)) and _packed.unpacked(_packed.packed(text)) == text


BOMB = raw(zlib.compress(b" " * (64 << 20), 9))


@pytest.mark.parametrize(
    "text, words",
    [
        (BOMB, "larger than .* bytes when opened"),
        (raw(zlib.compress(b"{}")[:-3]), "cut short"),
        (raw(zlib.compress(b"{}") + b"x"), "follows"),
        ("zlib:%%%", "cannot be opened"),
        ("zlib:é", "cannot be opened"),
        (raw(b"no zlib"), "cannot be opened"),
        (raw(zlib.compress(b"\xff")), "cannot be opened"),
        ("zlib:", "cut short"),
    ],
)
def test_what_no_host_packs_is_refused(text: str, words: str) -> None:
    with pytest.raises(_packed.PackedError, match=words):
        _packed.unpacked(text)
    verdict = mac_collisions({"hv1": {"ansible_facts": {"layer2_snapshot": text}}})
    (row,) = verdict["coverage"]["quarantined"]
    assert row["host"] == "hv1" and not verdict["coverage"]["judged"]


def test_a_bomb_is_small_and_costs_no_more_than_the_bound() -> None:
    assert len(BOMB) < 100_000 and len(BOMB) * _packed.MOST_TIMES < 64 << 20


def test_snapshots_are_read_in_either_form() -> None:
    text = json.dumps(SNAPSHOT)
    opened = FilterModule().filters()["snapshot_document"]
    for form in (text, _packed.packed(text), SNAPSHOT):
        assert opened(form)["host"] == "hv1"
        assert mac_collisions([form])["coverage"]["judged"] == ["hv1"]
    assert mac_collisions(_packed.packed(text))["coverage"]["judged"] == ["hv1"]


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(min_value=0))
def test_what_lies_before_a_cut_can_be_read(text: str, cut: int) -> None:
    whole = _packed.packed(text)
    kept = whole[: max(len(_packed.MARK), cut % (len(whole) + 1))]
    assert text.startswith(_packed.readable(kept).rstrip("\ufffd")) or "\ufffd" in text
    assert _packed.readable(whole) == text


def test_what_can_be_read_of_a_bomb_is_bounded() -> None:
    assert len(_packed.readable(BOMB)) <= max(_packed.ALWAYS, _packed.MOST_TIMES * len(BOMB))


@given(st.text("ABab09+/"))
def test_whatever_looks_packed_can_be_asked(body: str) -> None:
    assert isinstance(_packed.readable(_packed.MARK + body), str)
