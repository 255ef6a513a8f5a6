"""Machines that answered a scan and that nobody claims, as a section of a report: their typed view, and that in neutral
terms.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import Fields, check_schema
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import counted, named
from ansible_collections.netops.layer2.plugins.plugin_utils._report._neutral import (
    CODE,
    SEPARATOR,
    Cell,
    Column,
    Grid,
    Section,
)

SCHEMA, VERSION = "netops.layer2/machines", 1
_COLUMNS = (
    Column("MAC", 17, look=CODE),
    Column("Vendor", 28),
    Column("Seen by", 24),
    Column("Addresses", 40, names=3),
    Column("Segment", files=True),
)


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine outside the inventory; texts are empty where nothing is known."""

    mac: str
    vendor: str
    virtual: str
    addresses: tuple[str, ...]
    more_addresses: int
    segment: str
    seen_by: tuple[str, ...]
    behind: str
    held_by: tuple[str, ...]

    @property
    def maker(self) -> str:
        """The protocol of a virtual MAC, else the vendor."""
        return self.virtual or self.vendor

    @property
    def remarks(self) -> tuple[str, ...]:
        """What has to be known besides, a sentence each."""
        found = (
            f"has {'an address' if len(self.addresses) == 1 else 'addresses'} of {named(self.held_by, 4)}"
            if self.held_by
            else "",
            f"behind {self.behind}" if self.behind else "",
        )
        return tuple(remark for remark in found if remark)


def parse_machines(fields: Fields) -> tuple[Machine, ...] | None:
    """The unknown machines of a report; None if nobody scanned, ReportError where it is something else."""
    if not fields.has("machines"):
        return None
    document = fields.nested("machines")
    check_schema(document.data, SCHEMA, VERSION, document.where)
    return tuple(_machine(item) for item in document.objects("unknown"))


def _machine(item: Fields) -> Machine:
    return Machine(
        mac=item.text("mac"),
        vendor=item.text("vendor"),
        virtual=item.text("virtual"),
        addresses=item.texts("addresses"),
        more_addresses=item.number("more_addresses"),
        segment=item.text("segment"),
        seen_by=item.texts("seen_by"),
        behind=item.text("behind"),
        held_by=item.texts("held_by"),
    )


def section(machines: Sequence[Machine] | None, subject: str) -> tuple[Section, ...]:
    """Return the section of MACHINES, none where nobody scanned; SUBJECT says whether the report is on MACs ("mac")."""
    if machines is None:
        return ()
    known = (
        "They answered a scan, and no host of the inventory claims their MAC."
        if machines
        else "Everybody who answered the scan is known."
    )
    return (
        Section(
            title="Unknown machines",
            key="machines",
            sentence=known,
            line=f"UNKNOWN  {counted(len(machines), 'machine')} answered a scan that no host of the inventory claims",
            grid=Grid("Unknown machines", "machine", _COLUMNS, [_row(machine) for machine in machines]),
            remarks=tuple(machine.remarks for machine in machines),
            records=tuple(_record(machine, subject) for machine in machines),
        ),
    )


def _row(machine: Machine) -> tuple[Cell, ...]:
    addresses = machine.addresses
    if addresses and machine.more_addresses:
        addresses = (*addresses[:-1], f"{addresses[-1]} and {machine.more_addresses} more")
    maker, segment = ((text,) if text else () for text in (machine.maker, machine.segment))
    return ((machine.mac,), maker, machine.seen_by, addresses, segment)


def _record(machine: Machine, subject: str) -> dict[str, str]:
    """One record of a machine that nobody claims; the vendor stands under ``kind``."""
    return {
        "mac" if subject == "mac" else "macs": machine.mac,
        "record": "unknown_machine",
        "segment": machine.segment,
        "addresses": SEPARATOR.join(machine.addresses),
        "kind": machine.maker,
        "evidence": SEPARATOR.join(machine.seen_by),
        "reason": SEPARATOR.join(machine.remarks),
    }
