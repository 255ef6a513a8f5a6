"""Tests of frames: what scapy builds, what it reads of others, and that no frame of a stranger breaks it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

pytest.importorskip("scapy", reason="scapy is not installed here")

from ansible_collections.netops.layer2.plugins.module_utils._scan import _ask, _frames, _plan
from hypothesis import given, settings
from hypothesis import strategies as st

OWN, OTHER, THIRD = "52:54:00:00:00:01", "52:54:00:0c:1d:f5", "52:54:00:00:00:03"


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    return _frames.Frames(str(tmp_path_factory.mktemp("scapy")))


def arp(op, sender_mac, sender, target, to=OWN, source=None):
    octets = [bytes.fromhex(text.replace(":", "")) for text in (to, source or sender_mac, sender_mac)]
    addresses = [bytes(int(part) for part in text.split(".")) for text in (sender, target)]
    head = octets[0] + octets[1] + b"\x08\x06\x00\x01\x08\x00\x06\x04" + op.to_bytes(2, "big")
    return head + octets[2] + addresses[0] + bytes(6) + addresses[1] + bytes(18)


def test_a_question_is_the_frame_of_the_rfc(frames):
    template = frames.arp_template(OWN, "192.0.2.1", None)
    expected = arp(1, OWN, "192.0.2.1", "192.0.2.9", "ff:ff:ff:ff:ff:ff")
    assert _frames.arp_question(template, "192.0.2.9") == expected
    probe = _frames.arp_question(frames.arp_template(OWN, "", None), "192.0.2.9")
    assert probe == arp(1, OWN, "0.0.0.0", "192.0.2.9", "ff:ff:ff:ff:ff:ff")


def test_a_tag_stands_where_switches_look_for_it(frames):
    frame = _frames.arp_question(frames.arp_template(OWN, "", 120), "10.120.0.5")
    assert frame[12:18].hex() == "810000780806" and frame[42:46] == bytes([10, 120, 0, 5]) and len(frame) == 60


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (arp(2, OTHER, "192.0.2.9", "192.0.2.1"), ("reply", "192.0.2.9", OTHER, OTHER, "192.0.2.1", OWN)),
        (arp(2, OTHER, "192.0.2.9", "192.0.2.1", source=THIRD), ("reply", "192.0.2.9", OTHER, THIRD, "192.0.2.1", OWN)),
        (arp(1, OTHER, "0.0.0.0", "192.0.2.9"), ("probe", "0.0.0.0", OTHER, OTHER, "192.0.2.9", OWN)),
        (arp(1, OTHER, "192.0.2.9", "192.0.2.9"), ("request", "192.0.2.9", OTHER, OTHER, "192.0.2.9", OWN)),
        (arp(3, OTHER, "192.0.2.9", "192.0.2.1"), None),
        (arp(2, "01:00:5e:00:00:01", "192.0.2.9", "192.0.2.1", source=OTHER), None),
        (arp(2, "00:00:00:00:00:00", "192.0.2.9", "192.0.2.1", source=OTHER), None),
        (arp(2, OTHER, "224.0.0.9", "192.0.2.1"), None),
        (b"", None), (b"\xff" * 13, None), (arp(2, OTHER, "192.0.2.9", "192.0.2.1")[:30], None),
    ],
)
def test_what_an_arp_frame_says(frames, frame, expected):
    assert frames.read(frame) == (None if expected is None else _frames.Heard(*expected))


def test_what_is_said_in_ipv6(frames):
    from scapy.layers.inet6 import ICMPv6EchoReply, ICMPv6ND_NA, ICMPv6NDOptDstLLAddr, IPv6
    from scapy.layers.l2 import Ether

    head = Ether(src=OTHER, dst=OWN) / IPv6(src="fe80::2", dst="fe80::1", hlim=255)
    said = ICMPv6ND_NA(tgt="2001:db8:0::2") / ICMPv6NDOptDstLLAddr(lladdr=THIRD)
    assert frames.read(bytes(head / said)) == _frames.Heard(
        "advertisement", "2001:db8::2", THIRD, OTHER, "fe80::1", OWN
    )
    assert frames.read(bytes(head / ICMPv6EchoReply())) == _frames.Heard("echo", "fe80::2", OTHER, OTHER, "", OWN)
    far = Ether(src=OTHER, dst=OWN) / IPv6(src="fe80::2", dst="fe80::1", hlim=64)
    assert frames.read(bytes(far / said)) is None
    own = frames.solicitation(OTHER, "fe80::2", "2001:db8::12:3456", None)
    assert frames.read(own) == _frames.Heard(
        "solicitation", "fe80::2", OTHER, OTHER, "2001:db8::12:3456", "33:33:ff:12:34:56"
    )
    dad = frames.solicitation(OTHER, "", "2001:db8::12:3456", None)
    assert frames.read(dad) == _frames.Heard("dad", "::", OTHER, OTHER, "2001:db8::12:3456", "33:33:ff:12:34:56")


HEADS = st.sampled_from(
    [
        b"\x08\x06\0\x01\x08\0\x06\x04\0\x02",
        b"\x86\xdd\x60\0\0\0\0\x20\x3a\xff",
        b"\x81\0\0\x07\x08\x06",
        b"\x88\xa8",
        b"",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.binary(min_size=12, max_size=12), HEADS, st.binary(max_size=200))
def test_no_frame_of_a_stranger_breaks_the_reader(frames, macs, head, rest):
    heard = frames.read(macs + head + rest)
    assert heard is None or (heard.mac.count(":") == 5 and " " not in heard.address)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_nor_does_a_damaged_one(frames, data):
    good = data.draw(
        st.sampled_from(
            [
                arp(2, OTHER, "192.0.2.9", "192.0.2.1"),
                frames.solicitation(OTHER, "fe80::2", "fe80::3", None),
                frames.echo(OTHER, "fe80::2", 7),
            ]
        )
    )
    octets = bytearray(good[: data.draw(st.integers(0, len(good)))])
    for _change in range(data.draw(st.integers(0, 6))):
        if octets:
            octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    frames.read(bytes(octets))


TARGET = _plan.Target(
    "eth0", OWN, None, "inet", "192.0.2.0/24", "192.0.2.1", 1, 2, frozenset(["192.0.2.1"]), frozenset([OWN, THIRD]), ()
)


@pytest.mark.parametrize(
    ("heard", "kind"),
    [
        (("reply", "192.0.2.9", OTHER, OTHER, "192.0.2.1", OWN), "arp"),
        (("reply", "192.0.2.9", OTHER, OTHER, "192.0.2.7", THIRD), ""),
        (("reply", "192.0.2.9", OTHER, OTHER, "192.0.2.9", "ff:ff:ff:ff:ff:ff"), "gratuitous"),
        (("request", "192.0.2.9", OTHER, OTHER, "192.0.2.9", "ff:ff:ff:ff:ff:ff"), "gratuitous"),
        (("request", "192.0.2.9", OTHER, OTHER, "192.0.2.4", "ff:ff:ff:ff:ff:ff"), "request"),
        (("probe", "0.0.0.0", OTHER, OTHER, "192.0.2.4", "ff:ff:ff:ff:ff:ff"), ""),
        (("reply", "192.0.2.1", OTHER, OTHER, "0.0.0.0", OWN), "probe-conflict"),
        (("request", "192.0.2.1", OTHER, OTHER, "192.0.2.4", "ff:ff:ff:ff:ff:ff"), "own-address"),
        (("reply", "192.0.2.1", THIRD, THIRD, "0.0.0.0", OWN), ""),
        (("advertisement", "fe80::2", OTHER, OTHER, "fe80::1", OWN), "na"),
        (("advertisement", "fe80::2", OTHER, OTHER, "ff02::1", "33:33:00:00:00:01"), "gratuitous"),
        (("echo", "fe80::2", OTHER, OTHER, "", OWN), "echo"),
        (("dad", "::", OTHER, OTHER, "fe80::2", "33:33:ff:00:00:02"), ""),
    ],
)
def test_the_kind_of_a_reply(heard, kind):
    assert _ask.kind_of(_frames.Heard(*heard), TARGET) == kind
