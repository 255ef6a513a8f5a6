"""Where in the fleet a MAC that is to be given is known already: in somebody's use, or only from its own NIC's past."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ansible_collections.netops.layer2.plugins.module_utils._mac import is_made_of
from ansible_collections.netops.layer2.plugins.plugin_utils._common._lenient import objects_in, rows_in
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._known import macs_in
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Document

Wish = tuple[str, str]  # a MAC, and the host whose NIC it belongs to; "" where it is nobody's yet


def known_on(wishes: Collection[Wish], documents: Mapping[str, Document]) -> dict[Wish, list[str]]:
    """Wish -> hosts whose snapshots name its MAC, wherever. Of a MAC that belongs to a host's NIC, that host's own
    snapshot does not count, nor do neighbours that have it at an address of that host: they remember the NIC from
    before.
    """
    found: dict[Wish, list[str]] = {}
    macs = {mac for mac, _host in wishes}
    for name, document in sorted(documents.items()) if macs else ():
        named = macs & macs_in(document)
        for wish in wishes:
            if wish[0] in named and not _is_from_its_past(wish, name, document, documents):
                found.setdefault(wish, []).append(name)
    return found


def _is_from_its_past(wish: Wish, name: str, document: Document, documents: Mapping[str, Document]) -> bool:
    mac, owner = wish
    if not owner or name == owner:
        return bool(owner)
    addresses = set(_addresses(documents.get(owner, {})))
    rows = [row for row in rows_in(document.get("neighbors")) if not _pairs(row, mac, addresses)]
    return mac not in macs_in({**document, "neighbors": rows})


def _addresses(document: Document) -> Iterable[str]:
    for interface in objects_in(document.get("interfaces")):
        for entry in objects_in(interface.get("addresses")):
            yield str(entry.get("address"))


def _pairs(row: str, mac: str, addresses: set[str]) -> bool:
    """Whether ROW of a neighbour table has MAC at one of ADDRESSES, or at one that is made of it."""
    parts = row.split(" ")
    if len(parts) != 6 or parts[3] != mac:
        return False
    return parts[2] in addresses or is_made_of(parts[2], mac)
