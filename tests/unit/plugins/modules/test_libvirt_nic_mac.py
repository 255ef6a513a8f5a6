"""What module libvirt_nic_mac makes of its options; the rest of it is shown on real libvirt (tests/lab) and its test
driver.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._libvirt_nic import NicError
from ansible_collections.netops.layer2.plugins.modules import libvirt_nic_mac

PARAMS = {"domain": "web", "nic": None, "mac": None, "new_mac": "52:54:00:00:00:99", "live": False, "expects": None,
          "dhcp_reservation": True, "allow_taken": False}


@pytest.mark.parametrize(("option", "text", "words"), [
    ("mac", "52:54:00", "mac: not a MAC address: '52:54:00'"),
    ("new_mac", "52:54:00", "new_mac: not a MAC address: '52:54:00'"),
    ("new_mac", "01:00:5e:00:00:01", "new_mac: 01:00:5e:00:00:01 is a group address"),
])
def test_a_wrong_address_is_told_with_its_option(option: str, text: str, words: str) -> None:
    with pytest.raises(NicError) as caught:
        libvirt_nic_mac._question({**PARAMS, option: text})
    assert words in str(caught.value)


def test_a_bare_pci_address_is_understood() -> None:
    question = libvirt_nic_mac._question(
        {**PARAMS, "nic": {"address": "0000:01:00.0", "alias": None}, "mac": "5254.0000.0001"}
    )
    assert question.selector == {"address": "pci 0000:01:00.0", "mac": "52:54:00:00:00:01"}
