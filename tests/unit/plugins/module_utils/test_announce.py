"""Which frames of a guest prove an address of its own, and what is announced then, on real interfaces."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import socket

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _announce
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _switch

TEXT = "52:54:00:7e:11:02"
MAC, PEER = bytes.fromhex(TEXT.replace(":", "")), bytes.fromhex("0200000000aa")
MINE, OTHER = socket.inet_aton("192.168.100.25"), socket.inet_aton("192.168.100.51")
MINE6 = socket.inet_pton(socket.AF_INET6, "fe80::5054:ff:fe7e:1102")


def arp(operation, sender, address, source=MAC, target=OTHER):
    head = b"\xff" * 6 + source + b"\x08\x06" + b"\0\x01\x08\0\x06\x04" + operation.to_bytes(2, "big")
    return (head + sender + address + b"\0" * 6 + target).ljust(60, b"\0")


def ipv6(kind, source, mac=MAC):
    return (
        b"\x33\x33\xff\0\0\x01"
        + mac
        + b"\x86\xdd"
        + b"\x60\0\0\0\0\x20\x3a\xff"
        + source
        + b"\xff\x02"
        + b"\0" * 14
        + bytes([kind])
        + b"\0" * 31
    )


CASES = {
    "an ARP request names who asks": (arp(1, MAC, MINE), (socket.AF_INET, MINE)),
    "an ARP reply may be a proxy's": (arp(2, MAC, OTHER), None),
    "an ARP probe": (arp(1, MAC, b"\0" * 4), None),
    "somebody else's frame": (arp(1, PEER, OTHER, source=PEER), None),
    "a request that a bridge in the guest passes on": (arp(1, PEER, OTHER), None),
    "a packet that a guest routes": (
        b"\xff" * 6 + MAC + b"\x08\0" + b"\x45" + b"\0" * 11 + OTHER + MINE + b"\0" * 30,
        None,
    ),
    "a neighbour solicitation": (ipv6(135, MINE6), (socket.AF_INET6, MINE6)),
    "a solicitation that only probes": (ipv6(135, b"\0" * 16), None),
    "a neighbour advertisement": (ipv6(136, MINE6), None),
    "cut short": (arp(1, MAC, MINE)[:30], None),
    "nothing": (b"", None),
}


@pytest.mark.parametrize(("frame", "address"), CASES.values(), ids=CASES.keys())
def test_only_who_asks_names_itself(frame, address):
    assert _announce.source_address(frame, MAC) == address


def test_an_answer_counts_for_what_was_asked_only():
    asked = {(socket.AF_INET, MINE)}
    assert _announce.answered_address(arp(2, MAC, MINE), MAC, asked) == (socket.AF_INET, MINE)
    assert _announce.answered_address(arp(2, MAC, OTHER), MAC, asked) is None, "a guest that does proxy ARP"
    assert _announce.answered_address(arp(2, PEER, MINE, source=PEER), MAC, asked) is None, (
        "the twin, which has the address in truth"
    )
    assert _announce.answered_address(arp(1, MAC, MINE), MAC, asked) is None


def test_a_probe_comes_from_no_address():
    (probe,) = _announce.probes(PEER, {(socket.AF_INET, MINE), (socket.AF_INET6, MINE6)})
    assert (probe[6:12], probe[28:32], probe[38:42], len(probe)) == (PEER, b"\0" * 4, MINE, 60)


def test_what_is_announced_is_both_forms_of_arp_and_an_advertisement():
    frames = _announce.frames_of(MAC, {(socket.AF_INET, MINE), (socket.AF_INET6, MINE6)})
    assert frames == [*_switch.gratuitous_arp(MAC, MINE), _switch.unsolicited_advertisement(MAC, MINE6, False)]


@pytest.mark.parametrize(("guest", "tap"), [(TEXT, "fe:54:00:7e:11:02"), ("fe:54:00:7e:11:02", "fa:54:00:7e:11:02")])
def test_the_tap_is_found_by_its_mac(guest, tap):
    assert _announce.find_tap(guest, {"eth0": TEXT, "vnet3": tap}) == "vnet3"
    assert _announce.find_tap(guest, {"eth0": TEXT}) == ""


def test_a_port_that_is_named_is_taken_where_it_is_there(monkeypatch):
    macs = {"tap100i0": "7a:00:00:00:00:01", "vnet3": "fe" + TEXT[2:]}
    monkeypatch.setattr(_announce._switch, "all_macs", lambda: macs)
    assert _announce._side_of(TEXT, "tap100i0") == "tap100i0" and _announce._side_of(TEXT, "") == "vnet3"
    assert _announce._side_of(TEXT, "tap101i0") == ""  # and no other one in its place


def test_a_guest_that_is_not_here_is_said_and_nothing_fails():
    done = _announce.announce("02:aa:bb:cc:dd:ee", 0.1)
    assert done.frames == 0 and "no Linux bridge here" in done.problem
