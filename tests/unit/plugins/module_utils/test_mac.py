"""The MAC value: every notation in, one form out, nothing broken accepted."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import contextlib
import ipaddress
import pickle

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._mac import Mac, MacError, canonical, virtual_router
from hypothesis import given
from hypothesis import strategies as st

TWIN = "52:54:00:0c:1d:f5"


@pytest.mark.parametrize(
    "text",
    [
        TWIN,
        "52:54:00:0C:1D:F5",
        "52:54:0:c:1d:f5",
        "52-54-00-0C-1D-F5",
        "5254.000c.1df5",
        "5254-000c-1df5",
        "5254000C1DF5",
    ],
)
def test_every_common_notation_means_the_same(text):
    assert canonical(text) == TWIN
    assert Mac.parse(text) == Mac(TWIN) and hash(Mac(text)) == hash(Mac(TWIN))


@pytest.mark.parametrize("text", [
    "", TWIN + "\n", " " + TWIN, TWIN + ":00", TWIN[:-1] + "g", "52-54:00:0c:1d:f5", "5254.000c-1df5", "5254-00-0c1df5",
    "52:54:00:0c:1d", "\u0665" + TWIN[1:], TWIN.replace(":", "::"), 525400011234, None, b"525400011234", "0" * 200_000,
])
def test_nothing_broken_is_repaired(text):
    with pytest.raises(MacError) as caught:
        canonical(text)
    assert len(str(caught.value)) < 200


@given(st.integers(0, (1 << 48) - 1))
def test_numbers_and_texts_are_one(number):
    mac = Mac.from_int(number)
    assert int(mac) == number and Mac(str(mac)) == mac and pickle.loads(pickle.dumps(mac)) == mac


@given(st.text())
def test_any_text_is_a_mac_or_a_mac_error(text):
    with contextlib.suppress(MacError):
        assert canonical(canonical(text)) == canonical(text)


@pytest.mark.parametrize("number", [-1, 1 << 48])
def test_numbers_beyond_48_bits_are_refused(number):
    with pytest.raises(MacError):
        Mac.from_int(number)


@pytest.mark.parametrize(("text", "multicast", "local", "router"), [
    (TWIN, False, True, None),
    ("00:25:90:00:00:01", False, False, None),
    ("01:00:5e:00:00:12", True, False, None),
    ("33:33:00:00:00:01", True, True, None),
    ("00:00:5e:00:01:07", False, False, "VRRP or CARP"),
    ("00:00:5e:00:02:07", False, False, "VRRP for IPv6"),
    ("00:00:0c:07:ac:0a", False, False, "HSRP"),
    ("00:00:0c:9f:f1:23", False, False, "HSRP version 2"),
    ("00:05:73:a0:01:23", False, False, "HSRP for IPv6"),
    ("00:07:b4:00:01:02", False, False, "GLBP"),
    ("00:00:5e:00:03:07", False, False, None),
])
def test_classes(text, multicast, local, router):
    mac = Mac(text)
    assert (mac.is_multicast, mac.is_local, mac.virtual_router, virtual_router(text)) == (
        multicast,
        local,
        router,
        router,
    )


@given(st.integers(0, (1 << 48) - 1))
def test_eui64_agrees_with_rfc_4291(number):
    octets = bytearray(number.to_bytes(6, "big"))
    octets[0] ^= 2
    expected = ipaddress.IPv6Address(
        bytes.fromhex("fe80000000000000") + bytes(octets[:3]) + b"\xff\xfe" + bytes(octets[3:])
    )
    assert Mac.from_int(number).eui64_link_local() == str(expected)


def test_a_mac_does_not_change():
    with pytest.raises(AttributeError):
        Mac(TWIN)._text = "x"


def test_taps_share_all_but_the_first_octet():
    tap = Mac("fe" + TWIN[2:])
    assert tap.may_be_tap and not Mac(TWIN).may_be_tap and tap.tail() == Mac(TWIN).tail()
