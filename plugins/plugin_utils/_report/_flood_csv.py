"""A report on floods as CSV: one row per flood and receiver, and one for whatever was not judged."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from ansible_collections.netops.layer2.plugins.plugin_utils._report._csv import SEPARATOR, cell
from ansible_collections.netops.layer2.plugins.plugin_utils._report._flood_model import Flood, FloodReport, Receiver
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import stamp

COLUMNS = (
    "record", "status", "cause", "host", "interface", "bits_per_second", "packets_per_second", "source_host", "source_interface", "source_mac",
    "source_ip", "service", "destination_host", "destination_ip", "destination_mac", "segment", "request", "reply", "timers", "reason",
    "confidence", "besides", "evidence", "fix", "exception", "expires", "change", "id", "created",
)  # fmt: skip


def render(report: FloodReport) -> str:
    """Return the rows under their header, every cell quoted, lines ending in CR LF (RFC 4180)."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writeheader()
    created = stamp(report.created)
    for row in _rows(report):
        writer.writerow({key: cell(value) for key, value in {**row, "created": created}.items()})
    return text.getvalue()


def _rows(report: FloodReport) -> Iterator[dict[str, str]]:
    for flood in report.findings:
        for receiver in flood.receivers or (None,):
            yield {**_finding(flood), **(_receiver(receiver) if receiver else {})}
    for record, remarks in (
        ("missing", report.missing), ("gap", report.gaps), ("quarantined", report.quarantined), ("note", report.notes),
    ):
        for remark in remarks:
            yield {"record": record, "host": remark.host, "cause": remark.what, "reason": remark.reason, "fix": remark.way_out}
    for host in report.not_asked:
        yield {"record": "not_asked", "host": host}


def _finding(flood: Flood) -> dict[str, str]:
    source, destination = flood.source, flood.destination
    return {
        "record": "finding", "status": flood.status, "cause": flood.cause, "source_host": source.host, "source_interface": source.interface,
        "source_mac": source.mac, "source_ip": source.ip, "service": source.service, "destination_host": destination.host,
        "destination_ip": destination.ip, "destination_mac": destination.mac, "segment": destination.segment, "request": flood.request,
        "reply": flood.reply, "timers": flood.ageing, "reason": flood.reason, "confidence": flood.confidence,
        "besides": SEPARATOR.join(flood.also), "evidence": SEPARATOR.join(flood.evidence), "fix": flood.fix,
        "exception": flood.exception_reason, "expires": flood.exception_expires, "change": flood.change, "id": flood.id,
    }


def _receiver(receiver: Receiver) -> dict[str, str]:
    return {
        "host": receiver.host, "interface": receiver.interface, "bits_per_second": f"{receiver.bits_per_second:.1f}",
        "packets_per_second": f"{receiver.packets_per_second:.1f}",
    }
