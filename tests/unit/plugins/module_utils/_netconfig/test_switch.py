"""The frames that tell neighbours of a new MAC, octet by octet; and the kernel's own view of them, where a namespace
can be had.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import ipaddress
import json
import os
import subprocess
import sys

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _switch

MAC = bytes.fromhex("5254007e1102")
V4 = ipaddress.ip_address("192.0.2.30").packed
V6 = ipaddress.ip_address("2001:db8::30").packed


def test_gratuitous_arp_comes_in_both_forms():
    request, reply = _switch.gratuitous_arp(MAC, V4)
    for frame, operation, target in ((request, 1, b"\0" * 6), (reply, 2, MAC)):
        assert len(frame) == 60
        assert frame[:14] == b"\xff" * 6 + MAC + b"\x08\x06"
        assert frame[14:22] == bytes.fromhex("00010800060400") + bytes([operation])
        assert frame[22:42] == MAC + V4 + target + V4


@pytest.mark.parametrize(("router", "flags"), [(False, 0x20), (True, 0xA0)])
def test_an_unsolicited_advertisement_is_valid(router, flags):
    frame = _switch.unsolicited_advertisement(MAC, V6, router)
    assert frame[:14] == bytes.fromhex("333300000001") + MAC + bytes.fromhex("86dd")
    header, message = frame[14:54], frame[54:]
    assert header[:8] == bytes.fromhex("60000000") + len(message).to_bytes(2, "big") + bytes([58, 255])
    assert header[8:24] == V6 and header[24:40] == ipaddress.ip_address("ff02::1").packed
    assert (message[0], message[1], message[4]) == (136, 0, flags)
    assert message[8:24] == V6 and message[24:] == b"\x02\x01" + MAC
    pseudo = header[8:40] + len(message).to_bytes(4, "big") + b"\0\0\0\x3a"
    assert _switch.checksum(pseudo + message) == 0  # RFC 1071: the sum over a message with its checksum is zero


@pytest.mark.parametrize(
    ("data", "expected"), [(b"", 0xFFFF), (b"\x00\x01\xf2\x03\xf4\xf5\xf6\xf7", 0x220D), (b"\xff", 0x00FF)]
)
def test_the_checksum_of_known_texts(data, expected):
    assert _switch.checksum(data) == expected


NAMESPACE = f"layer2-switch-{os.getpid()}"
SOURCE = _switch.__file__


def ip(*words):
    """Run ip; its output."""
    return subprocess.run(
        ["ip", *words], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True
    ).stdout


@pytest.fixture
def pair():
    """Two namespaces with a cable between them: the host's `near`, its peer's `far`."""
    try:
        ip("netns", "add", NAMESPACE)
        ip("netns", "add", NAMESPACE + "-peer")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network namespace can be made here: {error}")
    try:
        ip(
            "-n",
            NAMESPACE,
            "link",
            "add",
            "near",
            "address",
            "02:00:00:00:00:0a",
            "type",
            "veth",
            "peer",
            "name",
            "far",
            "netns",
            NAMESPACE + "-peer",
        )
        for name, link, number in ((NAMESPACE, "near", 1), (NAMESPACE + "-peer", "far", 2)):
            ip("-n", name, "address", "add", f"192.0.2.{number}/24", "dev", link)
            ip("-n", name, "address", "add", f"192.0.2.{number + 10}/24", "dev", link)
            ip("-n", name, "address", "add", f"2001:db8::{number}/64", "dev", link, "nodad")
            ip("-n", name, "link", "set", link, "up")
        yield NAMESPACE
    finally:
        ip("netns", "del", NAMESPACE)
        ip("netns", "del", NAMESPACE + "-peer")


def test_as_a_program_it_sets_the_mac_and_the_peer_believes_it(pair):
    for address in ("192.0.2.1", "192.0.2.11", "2001:db8::1"):
        ip(
            "-n",
            pair + "-peer",
            "neigh",
            "replace",
            address,
            "lladdr",
            "02:00:00:00:00:0a",
            "dev",
            "far",
            "nud",
            "stale",
        )
    with open(SOURCE, encoding="utf-8") as stream:
        text = stream.read()
    ip("netns", "exec", pair, sys.executable, "-I", "-S", "-c", text, "near", "52:54:00:7e:11:02")
    assert json.loads(ip("-n", pair, "-j", "link", "show", "near"))[0]["address"] == "52:54:00:7e:11:02"
    known = {
        row["dst"]: row["lladdr"] for row in json.loads(ip("-n", pair + "-peer", "-j", "neigh")) if "lladdr" in row
    }
    assert {address: known[address] for address in ("192.0.2.1", "192.0.2.11", "2001:db8::1")} == dict.fromkeys(
        ("192.0.2.1", "192.0.2.11", "2001:db8::1"), "52:54:00:7e:11:02")


def test_an_interface_that_is_down_is_set_and_says_nothing(pair):
    ip("-n", pair, "link", "set", "near", "down")
    with open(SOURCE, encoding="utf-8") as stream:
        text = stream.read()
    ip("netns", "exec", pair, sys.executable, "-I", "-S", "-c", text, "near", "52:54:00:7e:11:02")
    assert json.loads(ip("-n", pair, "-j", "link", "show", "near"))[0]["address"] == "52:54:00:7e:11:02"
