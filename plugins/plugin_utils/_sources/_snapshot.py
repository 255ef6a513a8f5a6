"""The observations in a snapshot: its neighbour table and its bridges' forwarding tables."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._observation import (
    LEARNED,
    PROGRAMMED,
    SEEN,
    Observation,
    Statement,
    Table,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import FDB_COLUMNS, NEIGHBOR_COLUMNS, Reader

WITNESS = "snapshot"
# Entered by hand or by software, not learnt (NUD_PERMANENT, NUD_NOARP): they tell what somebody meant, not what is
# there. What a
# control plane (EVPN) learnt on another switch of the segment (extern_learn, ip-neighbour(8)) was seen, if not by this
# host.
_PROGRAMMED_STATES = frozenset(("PERMANENT", "NOARP"))

_NO_LEARNING = frozenset(("sticky", "self", "router", "remote"))


def tell(reader: Reader) -> Iterator[Statement]:
    """The tables of one host; what is wrong in them goes to the reader's quarantine."""
    yield Table(
        WITNESS, SEEN, reader.host, "neighbors.rows", NEIGHBOR_COLUMNS, reader.row_texts("neighbors"), neighbour
    )
    yield Table(WITNESS, LEARNED, reader.host, "fdb.rows", FDB_COLUMNS, reader.row_texts("fdb"), learned)


def neighbour(row: str) -> Observation | None:
    """A row of the neighbour table."""
    parts = row.split(" ")
    if len(parts) != NEIGHBOR_COLUMNS:
        return None
    netns, interface, address, mac, state, flags = parts
    kind = PROGRAMMED if state in _PROGRAMMED_STATES and "extern_learn" not in flags else SEEN
    # By position and without calls: a fleet has some hundred thousand distinct rows.
    return Observation(
        WITNESS,
        kind,
        "",
        interface,
        mac,
        address,
        "" if netns == "-" else netns,
        "",
        "",
        state,
        "" if flags == "-" else flags,
    )


def learned(row: str) -> Observation | None:
    """A row of the forwarding tables; one without a bridge is of a NIC's own filter, which software fills."""
    parts = row.split(" ")
    if len(parts) != FDB_COLUMNS:
        return None
    netns, port, mac, vlan, bridge, _remote, flags = parts
    entered = (
        bridge == "-"
        or "permanent" in flags
        or ("static" in flags and "extern_learn" not in flags)
        or _is_no_learning(flags)
    )
    return Observation(
        WITNESS, PROGRAMMED if entered else LEARNED, "", port, mac, "", _told(netns), bridge, _told(vlan), "", flags
    )


def _is_no_learning(flags: str) -> bool:
    """Whether FLAGS of a switch say that the entry is its own or a gateway's, pinned, or what the far end of a tunnel
    has learnt.
    """
    return flags not in ("-", "master") and not _NO_LEARNING.isdisjoint(flags.split(","))


def _told(cell: str) -> str:
    return "" if cell == "-" else cell
