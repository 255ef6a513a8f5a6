"""Machines that answered a scan and that nobody claims, as a section of a report: their typed view, and their lines on a terminal."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.plugin_utils._report._fields import Fields
from ansible_collections.netops.layer2.plugins.plugin_utils._report._kinds import check_schema
from ansible_collections.netops.layer2.plugins.plugin_utils._report._text import counted, cut, named, padded

SCHEMA, VERSION = "netops.layer2/machines", 1
LINES_MOST = 40
_COLUMNS = (("MAC", 17), ("VENDOR", 28), ("SEEN BY", 24), ("ADDRESSES", 40))


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
            f"has {'an address' if len(self.addresses) == 1 else 'addresses'} of {named(self.held_by, 4)}" if self.held_by else "",
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
        mac=item.text("mac"), vendor=item.text("vendor"), virtual=item.text("virtual"), addresses=item.texts("addresses"),
        more_addresses=item.number("more_addresses"), segment=item.text("segment"), seen_by=item.texts("seen_by"),
        behind=item.text("behind"), held_by=item.texts("held_by"),
    )


def machine_lines(machines: Sequence[Machine] | None) -> Iterator[str]:
    """Yield the section for a terminal, nothing where nobody scanned."""
    if not machines:
        return
    yield f"UNKNOWN  {counted(len(machines), 'machine')} answered a scan that no host of the inventory claims"
    yield "   " + "  ".join(padded(title, width) for title, width in _COLUMNS).rstrip()
    for machine in machines[:LINES_MOST]:
        more = f" and {machine.more_addresses} more" if machine.more_addresses else ""
        cells = (machine.mac, machine.maker or "-", named(machine.seen_by, 1), named(machine.addresses, 3) + more)
        yield "   " + "  ".join(padded(cut(text, width), width) for text, (_title, width) in zip(cells, _COLUMNS, strict=True)).rstrip()
        yield from (f"      {cut(remark, 90)}" for remark in machine.remarks)
    if len(machines) > LINES_MOST:
        yield f"   and {len(machines) - LINES_MOST} more in the report files"
    yield ""
