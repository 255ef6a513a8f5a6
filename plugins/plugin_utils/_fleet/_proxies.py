"""MACs that clouds and NAT networks show in place of every machine: known to every rule, so that no twin and no proof
is made of them.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

# The network itself answers every ARP question and every neighbour solicitation with these (the providers' own
# documentation).
_PROXIES = {
    "12:34:56:78:9a:bc": "Azure's network",
    "ee:ff:ff:ff:ff:ff": "Alibaba Cloud's network",
    "ee:ee:ee:ee:ee:ee": "Calico",
    "9a:55:9a:55:9a:55": "passt",
    "fe:00:00:00:01:01": "DigitalOcean's network",
    "d2:74:7f:6e:37:e3": "Hetzner Cloud's network",
}
_PREFIXES = {
    "42:01:": "Google Cloud's network",  # 42:01 and the four octets of the gateway's address
    "52:54:00:12:35:": "NAT of VirtualBox",
    "52:55:": "NAT of QEMU (slirp)",  # 52:55 and the four octets of the gateway's address
    "52:56:00:00:00:": "NAT of QEMU",
}

PROXY_MACS = (*_PROXIES, *_PREFIXES)  # whole ones and prefixes


def proxy_network(mac: str) -> str | None:
    """Whose network shows the canonical MAC in place of any machine, None if none is known to."""
    return _PROXIES.get(mac) or _PREFIXES.get(mac[:6]) or _PREFIXES.get(mac[:15])
