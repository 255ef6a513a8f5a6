"""Observations: who told that a MAC is where, as every source yields it, one at a time or a whole table; immutable."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable, Iterator

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Guest
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError

CLAIMED = "claimed"  # its owner says so
SEEN = "seen"  # somebody heard it speak: a neighbour entry, an answer to a scan
LEARNED = "learned"  # a bridge or a switch learnt it on a port
PROGRAMMED = "programmed"  # entered by hand or by software: it tells what somebody meant, and proves nothing
RECORDED = "recorded"  # kept in a register (inventory, CMDB): never in use because of that
KINDS = (CLAIMED, SEEN, LEARNED, PROGRAMMED, RECORDED)

# States beside those of the kernel's neighbour entries.
ANSWERED = "ANSWERED"  # the witness asked for the address, and this MAC answered
WANTED = "WANTED"  # somebody asks whether the address is free: his MAC was seen, and he does not have the address yet


class Observation(t.NamedTuple):
    """WITNESS tells of one MAC at one place. An empty text: not told, or there is none."""

    witness: str  # what told it: the name of its source
    kind: str  # of KINDS
    host: str  # whose interface or port it is
    interface: str  # or the port of the bridge or switch
    mac: str = ""
    address: str = ""
    netns: str = ""  # the container's; the host's own is empty
    bridge: str = ""  # of a port
    vlan: str = ""  # the tag of the frames on the interface, or the VLAN that the bridge learnt it in
    state: str = ""
    flags: str = ""  # "router": neighbour discovery says that it is one
    first: float | None = None  # Unix time by the controller's clock; None where nobody knows
    last: float | None = None


class Table(t.NamedTuple):
    """A host's table of observations, one text a row: what all rows have in common, and how to read one.

    A fleet has rows by the million and few different ones, so whoever keeps them reads each distinct text once. READ
    returns None for a row that is broken, and no ``host``, since equal rows of two hosts are one observation until
    their host is told.
    """

    witness: str
    kind: str  # SEEN or LEARNED; a row may still turn out to be PROGRAMMED
    host: str
    field: str  # where it stands in the document, for messages
    columns: int
    rows: Iterable[str]
    read: Callable[[str], Observation | None]

    def observations(self) -> Iterator[Observation]:
        """Each good row as an observation of its own."""
        for row in self.rows:
            found = self.read(row)
            if found is not None:
                yield found._replace(host=self.host)


class Comparison(t.NamedTuple):
    """Whether ADDRESSES behind one MAC are one machine: True, False, or None where the evidence does not tell."""

    witness: str
    host: str
    mac: str
    addresses: tuple[str, ...]
    same: bool | None
    evidence: tuple[str, ...]


class Gap(t.NamedTuple):
    """What a source could not observe: the rows of the report's list of gaps."""

    row: dict[str, str]


class Told(t.NamedTuple):
    """A machine that a manager has, or that a register records: what its NICs claim, told by neither its host nor
    itself.
    """

    witness: str
    host: str  # what the document calls its manager
    guest: Guest


class Lease(t.NamedTuple):
    """A DHCP server gave ADDRESS to MAC. MACHINE: what the client's identifier says of the system that asked, empty
    where it says nothing.
    """

    witness: str
    host: str  # the DHCP server
    mac: str
    address: str
    machine: str
    is_held: bool  # it had not run out when the leases were read


Statement = (
    Observation | Table | Comparison | Gap | Told | Lease | SnapshotError
)  # the last: what is wrong in its document
