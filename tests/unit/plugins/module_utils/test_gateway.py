"""Questions for a gateway and their answers, octet by octet; what is no answer is none."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import socket

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _gateway
from hypothesis import given
from hypothesis import strategies as st

MAC = bytes.fromhex("5254000c1df5")
OTHER = bytes.fromhex("525400000001")
TARGET = socket.inet_aton("192.0.2.1")
TARGET6 = socket.inet_pton(socket.AF_INET6, "2001:db8::1")
# The reply to a question for 192.0.2.1, and the advertisement of 2001:db8::1 (solicited, override).
REPLY = bytes.fromhex("0001080006040002" + "525400000001" + "c0000201" + "5254000c1df5" + "c0000214")
ADVERTISEMENT = bytes.fromhex("8800a1b260000000") + TARGET6 + bytes.fromhex("0201525400000001")


def test_a_request_is_as_rfc_826_has_it():
    asked = _gateway.arp_request(MAC, socket.inet_aton("192.0.2.20"), TARGET)
    assert asked.hex() == "0001080006040001" + "5254000c1df5" + "c0000214" + "000000000000" + "c0000201"


def test_replies():
    assert _gateway.arp_answer(REPLY, TARGET) == "52:54:00:00:00:01"
    assert _gateway.arp_answer(REPLY, socket.inet_aton("192.0.2.2")) is None
    assert _gateway.arp_answer(_gateway.arp_request(OTHER, TARGET, TARGET), TARGET) is None


def test_a_solicitation_names_its_sender():
    assert _gateway.solicitation(MAC, TARGET6).hex() == "8700000000000000" + TARGET6.hex() + "01015254000c1df5"


def test_advertisements():
    assert _gateway.advertised(ADVERTISEMENT, TARGET6) == "52:54:00:00:00:01"
    assert _gateway.advertised(ADVERTISEMENT[:24], TARGET6) == ""
    assert _gateway.advertised(ADVERTISEMENT, TARGET6[::-1]) is None
    nonce = ADVERTISEMENT[:24] + bytes.fromhex("0e01000000000000") + ADVERTISEMENT[24:]
    assert _gateway.advertised(nonce, TARGET6) == "52:54:00:00:00:01"


@given(st.binary(max_size=80))
def test_whatever_comes_is_read_without_an_error(packet):
    assert _gateway.arp_answer(packet, TARGET) is None or packet[14:18] == TARGET
    assert _gateway.advertised(ADVERTISEMENT[:24] + packet, TARGET6) is not None


@pytest.mark.parametrize(("own", "sender"), [
    (["10.0.0.9/8", "192.0.2.20/24"], "192.0.2.20"), (["10.0.0.9/8"], "10.0.0.9"),
    (["2001:db8::20/64"], "0.0.0.0"), ([], "0.0.0.0"),
])  # fmt: skip
def test_who_asks(own, sender):
    assert _gateway.sender("192.0.2.1", own) == sender
