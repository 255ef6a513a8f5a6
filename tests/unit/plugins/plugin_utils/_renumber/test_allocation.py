"""The allocator: deterministic, never a known address, clear about pools that cannot serve, a million without a
collision.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._mac import Mac
from ansible_collections.netops.layer2.plugins.module_utils._packed import packed
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._known import macs_in, taken_macs
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._allocation import (
    Allocator,
    PoolError,
    propose,
    read_pool,
)
from hypothesis import given
from hypothesis import strategies as st

from ..builders import TWIN, guest, hypervisor, learned, neighbour

UUID = "11111111-2222-3333-4444-555555555555"


@pytest.mark.slow
def test_a_million_allocations_are_free_of_collisions():
    allocator = Allocator(read_pool("02:10"), "secret")
    assert len({allocator.allocate(f"guest-{number}", "net0") for number in range(1_000_000)}) == 1_000_000


def test_the_same_input_gives_the_same_address():
    assert Allocator(read_pool(), "s").allocate(UUID, "net0") == Allocator(read_pool(), "s").allocate(UUID, "net0")
    others = {
        Allocator(read_pool(), seed).allocate(owner, nic)
        for seed, owner, nic in [("s", UUID, "net0"), ("t", UUID, "net0"), ("s", UUID, "net1"), ("s", "x", "net0")]
    }
    assert len(others) == 4


@given(st.text(), st.text(), st.text())
def test_addresses_are_unicast_and_in_the_pool(seed, owner, nic):
    mac = Mac(Allocator(read_pool("0a:00:01"), seed).allocate(owner, nic))
    assert str(mac).startswith("0a:00:01:") and mac.is_local and not mac.is_multicast


@pytest.mark.parametrize("known", ["neighbour", "fdb", "shut off guest", "tap"])
def test_nothing_that_the_fleet_knows_is_given_out(known):
    first = Allocator(read_pool("02:00:00"), "s").allocate(UUID)
    host = {
        "neighbour": lambda: hypervisor("h", 1, neighbours=[neighbour("br0", f"10.0.0.9 {first}")]),
        "fdb": lambda: hypervisor("h", 1, learnt=[learned("eth0", first, "br0")]),
        "shut off guest": lambda: hypervisor("h", 1, guest("g", first, "shut off")),
        "tap": lambda: hypervisor("h", 1, guest("g", "fe" + first[2:])),
    }[known]()
    assert Allocator(read_pool("02:00:00"), "s", taken_macs([host])).allocate(UUID) != first


SHAPES = {
    "a document": lambda text, _folder: [json.loads(text)],
    "a text": lambda text, _folder: [text],
    "a compressed text": lambda text, _folder: [packed(text)],
    "hostvars": lambda text, _folder: {"h": {"ansible_facts": {"layer2_snapshot": packed(text)}}},
    "a task's result": lambda text, _folder: [{"ansible_facts": {"layer2_snapshot": packed(text)}}],
    "a fact cache": lambda text, folder: cached(folder, json.dumps({"layer2_snapshot": packed(text)})),
    "a wrapped fact cache": lambda text, folder: cached(
        folder, json.dumps({"__payload__": json.dumps({"layer2_snapshot": packed(text)})})
    ),
    "a compressed text without its end": lambda text, _folder: [packed(text + " " * 40)[:-9]],
    "a compressed text with a damaged end": lambda text, _folder: [packed(text + " " * 40)[:-8] + "AAAAAAAA"],
}


def cached(folder, text):
    """A folder of Ansible's jsonfile cache with one host."""
    (folder / "h").write_text(text)
    return str(folder)


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_that_a_snapshot_names_is_given_out_in_whatever_shape_it_comes(shape, tmp_path):
    first = Allocator(read_pool(), "s").allocate(UUID)
    text = json.dumps(hypervisor("h", 1, neighbours=[neighbour("br0", f"10.0.0.9 {first}")]))
    taken = taken_macs(SHAPES[shape](text, tmp_path))
    assert first in taken
    assert Allocator(read_pool(), "s", taken).allocate(UUID) != first


def test_what_was_just_freed_or_planned_is_not_given_out():
    first = Allocator(read_pool(), "s").allocate(UUID)
    for reserved in (
        [first.upper()],
        [{"changes": [{"mac": first}]}],
        [f"<mac address='{first}'/>"],
        [first.replace(":", "-")],
    ):
        assert Allocator(read_pool(), "s", taken_macs(None, reserved)).allocate(UUID) != first


def test_a_full_pool_says_so_and_the_last_free_address_is_found():
    pool = read_pool("02:00:00:00:00:00-02:00:00:00:03:ff")
    allocator = Allocator(pool)
    assert len({allocator.allocate("x", str(number)) for number in range(len(pool))}) == 1024
    with pytest.raises(PoolError, match="exhausted"):
        allocator.allocate("one too many")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("02:bf", "load balancing"),
        ("02:bf:00:00:00:00-02:bf:00:00:00:09", "load balancing"),
        ("00:50:56:40", "VMware itself"),
        ("00:50:56:3f:ff:00-00:50:56:40:00:00", "VMware itself"),
        ("01:00:5e", "group address"),
        ("ff", "group address"),
        ("fe:54:00", "taps"),
        ("00:25:90", "maker"),
        ("52:54:0", "no prefix"),
        ("52:54:00\n", "no prefix"),
        ("52-54-00", "no prefix"),
        ("", "no prefix"),
        (5254, "quote it"),
        (None, "quote it"),
        ("02:00:00:00:00:09-02:00:00:00:00:01", "empty"),
        ("02:00:00:00:00:00-06:00:00:00:00:00", "span"),
        ("02:00:00:00:00:00-zz:00:00:00:00:00", "FIRST-LAST"),
        ("02:00:00:00:00:00:00", "FIRST-LAST"),
    ],
)
def test_a_pool_that_cannot_serve_is_refused(text, words):
    with pytest.raises(PoolError, match=words):
        read_pool(text)


@pytest.mark.parametrize(
    ("text", "first", "size"),
    [
        ("52:54:00", "52:54:00:00:00:00", 1 << 24),
        ("00:50:56", "00:50:56:00:00:00", 0x400000),
        ("FA:16:3E", "fa:16:3e:00:00:00", 1 << 24),
        ("02:00:00:00:00:10-02:00:00:00:00:1f", "02:00:00:00:00:10", 16),
        ("02", "02:00:00:00:00:00", 1 << 40),
    ],
)
def test_prefixes_and_ranges(text, first, size):
    pool = read_pool(text)
    assert (pool.at(0), len(pool)) == (first, size)


def test_every_notation_is_found_in_any_text():
    assert macs_in(
        f"x {TWIN.upper()}, 5254.000c.1df6; 52-54-00-0C-1D-F7 5254-000c-1df8 2001:db8::5254:ff:fe0c:1df5"
    ) == {TWIN, TWIN[:-1] + "6", TWIN[:-1] + "7", TWIN[:-1] + "8"}


def test_a_hint_passes_over_what_is_taken():
    first = propose("k", set())
    assert propose("k", {first}) != first


def test_addresses_that_are_somebodys_are_left_to_them():
    """QEMU's default for NICs without an address is free at first sight, and the next guest that is started by hand has
    it, too.
    """
    pool = read_pool("52:54:00:12:33:00-52:54:00:12:36:ff")
    allocator = Allocator(pool)
    given = [allocator.allocate("x", str(number)) for number in range(512)]
    assert not [mac for mac in given if mac.startswith(("52:54:00:12:34:", "52:54:00:12:35:"))]
    # A pool that is nothing else was set aside on purpose.
    assert Allocator(read_pool("52:54:00:12:34")).allocate("x").startswith("52:54:00:12:34:")
