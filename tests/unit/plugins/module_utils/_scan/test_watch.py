"""Tests of watching: what moves, conflicts, failed detections and scanners look like, frame by frame."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._scan import _plan, _watch
from ansible_collections.netops.layer2.plugins.module_utils._scan._document import Replies
from ansible_collections.netops.layer2.plugins.module_utils._scan._frames import Heard
from hypothesis import given
from hypothesis import strategies as st

OWN, SECOND, A, B = "52:54:00:00:00:01", "52:54:00:00:00:02", "52:54:00:0a:0a:0a", "52:54:00:0b:0b:0b"
ALL = "ff:ff:ff:ff:ff:ff"
TARGET = _plan.Target(
    "eth0", OWN, None, "inet", "", "", None, None, frozenset(["192.0.2.1"]), frozenset([OWN, SECOND]), ()
)


def request(mac, address, target="192.0.2.77"):
    return Heard("request", address, mac, mac, target, ALL)


def announced(mac, address):
    return request(mac, address, address)


def dad(mac, address):
    return Heard("dad", "::", mac, mac, address, "33:33:ff:00:00:02")


def advertised(mac, address):
    return Heard("advertisement", address, mac, mac, "ff02::1", "33:33:00:00:00:01")


def observed(heard, known=None, apart=1.0):
    observer = _watch.Observer(TARGET, known or {}, 100.0, Replies(100.0))
    for number, one in enumerate(heard):
        observer.hear(one, None, 100.0 + number * apart)
    return [(event["kind"], event["address"], event["mac"], event.get("mac_before")) for event in observer.events()]


@pytest.mark.parametrize(
    ("heard", "known", "events"),
    [
        ([request(A, "192.0.2.9"), request(A, "192.0.2.9")], {}, []),
        ([request(A, "192.0.2.9")], {"192.0.2.9": A}, []),
        ([request(B, "192.0.2.9")], {"192.0.2.9": A}, [("move", "192.0.2.9", B, A)]),
        (
            [request(A, "192.0.2.9"), request(B, "192.0.2.9"), request(B, "192.0.2.9")],
            {},
            [("move", "192.0.2.9", B, A)],
        ),
        (
            [request(A, "192.0.2.9"), request(B, "192.0.2.9"), request(A, "192.0.2.9"), request(B, "192.0.2.9")],
            {},
            [("move", "192.0.2.9", B, A), ("conflict", "192.0.2.9", A, B)],
        ),
        ([announced(A, "192.0.2.9"), announced(A, "192.0.2.9")], {}, [("gratuitous", "192.0.2.9", A, None)]),
        ([request(A, "192.0.2.1")], {}, [("own_address", "192.0.2.1", A, OWN)]),
        ([request(SECOND, "192.0.2.1")], {}, []),
        ([request(OWN, "192.0.2.30")], {}, [("own_address", "192.0.2.30", OWN, None)]),
        (
            [dad(A, "fe80::2"), advertised(B, "fe80::2")],
            {},
            [("dad_failed", "fe80::2", A, B), ("gratuitous", "fe80::2", B, None)],
        ),
        ([dad(A, "fe80::2"), advertised(A, "fe80::2")], {}, [("gratuitous", "fe80::2", A, None)]),
        ([dad(A, "fe80::2"), dad(B, "fe80::2")], {}, [("dad_failed", "fe80::2", B, A)]),
        ([Heard("probe", "0.0.0.0", A, A, "192.0.2.9", ALL)], {"192.0.2.9": B}, []),
    ],
)
def test_what_frames_amount_to(heard, known, events):
    assert observed(heard, known) == events


def test_an_advertisement_long_after_a_probe_is_no_failed_detection():
    assert observed([dad(A, "fe80::2"), advertised(B, "fe80::2")], apart=5.0) == [("gratuitous", "fe80::2", B, None)]


def test_whoever_probes_for_many_addresses_is_a_scanner_and_fails_none():
    frames = [one for number in range(20) for one in (dad(A, f"fe80::{number:x}"), advertised(B, f"fe80::{number:x}"))]
    assert {kind for kind, *_rest in observed(frames)} == {"gratuitous"}


def test_vlans_are_apart():
    observer = _watch.Observer(TARGET, {}, 100.0, Replies(100.0))
    observer.hear(request(A, "192.0.2.9"), 7, 101.0)
    observer.hear(request(B, "192.0.2.9"), 8, 102.0)
    assert observer.events() == []


def test_the_hosts_own_table_tells_where_addresses_were():
    rows = ["- eth0 192.0.2.9 %s STALE -" % A, "- eth0 192.0.2.8 - FAILED -", "- eth1 192.0.2.7 %s REACHABLE -" % A]
    assert _watch.known_neighbours({"neighbors": {"rows": rows}}, "eth0") == {"192.0.2.9": A}


WHO = st.sampled_from([A, B, OWN, SECOND])
WHAT = st.sampled_from(["request", "reply", "advertisement", "solicitation", "echo", "probe", "dad"])
WHERE = st.sampled_from(["192.0.2.1", "192.0.2.9", "fe80::2", "::", "0.0.0.0"])


@given(st.lists(st.builds(Heard, WHAT, WHERE, WHO, WHO, WHERE, WHO), max_size=60))
def test_no_conflict_without_a_move_before_it(heard):
    events = observed(heard)
    for number, (kind, address, *macs) in enumerate(events):
        if kind == "conflict":
            assert any(one == "move" and where == address for one, where, *_macs in events[:number]), macs
