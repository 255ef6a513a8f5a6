"""The guests in a manager's document, the machines in a register's, and a DHCP server's leases (docs/snapshot.md, "What
a manager says").
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.netops.layer2.plugins.plugin_utils._common._lenient import object_in, objects_in
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._observation import Gap, Statement, Told
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import RECORDS, Reader
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SNAPSHOT
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened
from ansible_collections.netops.layer2.plugins.plugin_utils._sources import _leases

WITNESS = "manager"
MANAGER = SNAPSHOT._replace(
    fact="layer2_manager", noun="manager's document", maker="vmware_guests or snapshot_from_records"
)
_SOURCES = (WITNESS, RECORDS)


def tell(reader: Reader) -> Iterator[Statement]:
    """What one document tells; what is wrong in it goes to the reader's quarantine."""
    source = reader.document.get("source")
    if source == _leases.WITNESS:
        yield from _leases.tell(reader)
        yield from _silent(reader, "dhcp_leases", object_in(reader.document.get("dhcp_leases")).get("rows"), "lease")
        yield from _gaps(reader, "dhcp_leases")
        return
    if source not in _SOURCES:
        reader.reject("source", f"is {shortened(source, 40)}, not {', '.join(_SOURCES)} or {_leases.WITNESS}",
                      "It was left out: a host's own snapshot, or a switch's, is a fact of that host (layer2_snapshot)")
        return
    yield from _silent(reader, "guests", reader.document.get("guests"), "guest")
    for guest in reader.guests():
        if guest.id is None:
            reader.reject(
                "guests",
                f"{shortened(guest.name, 60)} has no id",
                "It was left out: a UUID may be that of several guests",
            )
        else:
            yield Told(WITNESS, reader.host, guest)
    yield from _gaps(reader, "guests")


def _silent(reader: Reader, subset: str, content: object, noun: str) -> Iterator[Gap]:
    """A gap where CONTENT, of which NOUN is one, is none, or is empty and nothing says why: who may see nothing is
    told nothing, by many managers without an error.
    """
    if not isinstance(content, list):
        reason = f"not observed: the document holds no list of {noun}s"
    elif not content and next(objects_in(reader.document.get("gaps")), None) is None:
        reason = f"it tells of no {noun} at all: whoever read it may not be allowed to see any"
    else:
        return
    hint = "Read it again, as a user who may see all"
    yield Gap({"host": reader.host, "subset": subset, "reason": reason, "hint": hint})


def _gaps(reader: Reader, subset: str) -> Iterator[Gap]:
    for gap in objects_in(reader.document.get("gaps")):
        kept = {name: shortened(gap[name], 300) for name in ("subset", "reason", "hint", "item") if gap.get(name)}
        yield Gap({"host": reader.host, "subset": subset, "reason": "unknown", **kept})
