"""The vendor of a MAC by its OUI, from the tables of netaddr, which is used on the controller only."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from functools import lru_cache

from ansible_collections.netops.layer2.plugins.module_utils._mac import Mac

# Locally administered prefixes, which no registry lists, and that makers of virtual machines use all the same.
_VIRTUAL = {"52:54:00": "QEMU/KVM", "02:42:": "Docker", "0a:58:": "Kubernetes (OVN, CNI)", "fa:16:3e": "OpenStack"}


@lru_cache(maxsize=4096)
def vendor(mac: str) -> str | None:
    """Who made the NIC, None if nobody registered the prefix, or netaddr is not installed."""
    known = next((name for prefix, name in _VIRTUAL.items() if mac.startswith(prefix)), None)
    if known or Mac(mac).is_local:
        return known
    try:
        from netaddr import EUI, NotRegisteredError
    except ImportError:
        return None
    try:
        return str(EUI(mac).oui.registration()["org"])
    except (NotRegisteredError, IndexError):
        return None
