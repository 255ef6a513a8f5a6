"""The leases in a DHCP server's document: who asked it for an address with which MAC, and by which client identifier.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._table import finite
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._observation import Lease, Statement
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Reader

WITNESS = "leases"
_COLUMNS = 5  # address mac client state expires
_PXE = 17  # octets: type 0, then a UUID (RFC 4578, 2.1)
_MAC = 7  # octets: a hardware type, then a MAC (RFC 2132, 9.14)


def tell(reader: Reader) -> Iterator[Statement]:
    """The leases of one document; what is wrong in it goes to the reader's quarantine."""
    now = finite(reader.document.get("collected_at"))
    strange = []
    for address, mac, client, state, expires in reader.rows("dhcp_leases", _COLUMNS):
        until = None if expires == "-" else finite(_number(expires))
        try:
            known = canonical(mac) == mac and (expires == "-" or until is not None)
        except MacError:
            known = False
        if known:
            held = state == "active" and (until is None or now is None or until > now)
            yield Lease(WITNESS, reader.host, mac, address, machine_of(client, mac), held)
        else:
            strange.append(f"{address} {mac}")
    if strange:
        reader.reject("dhcp_leases.rows", f"{len(strange)} are no leases, the first: {strange[0][:60]}")


def _number(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 13 else None


def machine_of(client: str, mac: str) -> str:
    """What CLIENT, an identifier as hex, says of the installed system that sent it; empty where it is made of the MAC
    or of firmware.

    Firmware (PXE) and installers ask before the system does, with identifiers of their own. Of RFC 4361's, which begin
    with ff and the number of an interface, only the rest names the machine.
    """
    octets = client.split(":") if client not in ("", "-") else []
    if not octets or (client.endswith(mac) and len(octets) <= _MAC) or (octets[0] == "00" and len(octets) == _PXE):
        return ""
    return ":".join(octets[5:]) if octets[0] == "ff" and len(octets) > 5 else client
