"""ARP sysctls: the effective value is the maximum of all and the interface; what a snapshot leaves out is default's."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arp_settings import ArpSettings


@pytest.mark.parametrize(("values", "effective"), [
    ({"all": "0", "default": "0"}, 0),
    ({"all": "1", "default": "0"}, 1),
    ({"all": "1", "default": "0", "eth0/100": "2"}, 2),
    ({"all": "2", "default": "0", "eth0/100": "1"}, 2),
    ({"all": "0", "default": "1"}, 1),
    ({"all": "0", "default": "1", "eth0/100": "0"}, 0),
    ({"all": "0", "default": "0", "eth1": "8"}, 0),
    ({"default": "3"}, 3),
    ({"all": "many"}, None),
    ({}, None),
])
def test_the_effective_value(values, effective):
    settings = ArpSettings()
    settings.add("h", {f"net.ipv4.conf.{name}.arp_ignore": value for name, value in values.items()})
    assert settings.effective("h", "eth0.100", "arp_ignore") == effective


def test_each_host_and_each_setting_stands_alone():
    settings = ArpSettings()
    for host, value in (("a", "1"), ("b", "1"), ("c", 2)):
        settings.add(host, {"net.ipv4.conf.all.arp_ignore": value, "net.ipv4.conf.all.rp_filter": "7"})
    assert [settings.effective(host, "eth0", "arp_ignore") for host in "abcd"] == [1, 1, 2, None]
    assert (
        settings.effective("a", "eth0", "arp_announce") is None and settings.effective("a", "eth0", "rp_filter") is None
    )
