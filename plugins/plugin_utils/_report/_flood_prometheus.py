"""A report on floods for the textfile collector of Prometheus' node exporter."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections import Counter

from ansible_collections.netops.layer2.plugins.plugin_utils._report._flood_model import Flood, FloodReport, Receiver
from ansible_collections.netops.layer2.plugins.plugin_utils._report._prometheus import SERIES_MOST, changed, family


def render(report: FloodReport) -> str:
    """Return the metrics in the text exposition format, version 0.0.4."""
    numbers = report.summary
    causes = Counter((flood.status, flood.cause) for flood in report.findings)
    return "".join([
        family("flood_findings", "Floods of unicast frames, by status and cause.",
               [({"status": status, "cause": cause}, number) for (status, cause), number in sorted(causes.items())]),
        family("flood_bits_per_second", "The most that one interface receives of a flood.",
               [(_labels(flood), round(flood.bits_per_second)) for flood in report.listed[:SERIES_MOST]]),
        family("flood_received_bits_per_second", "What an interface receives of all floods, and is for nobody there.",
               [({"host": host, "interface": name}, round(bits)) for (host, name), bits in _received(report).items()]),
        family("flood_hosts", "Hosts by what became of them: judged, sampled (listened), missing, not_asked.",
               [({"state": state}, number) for state, number in (
                   ("judged", numbers["hosts_judged"]), ("sampled", numbers["hosts_sampled"]), ("missing", numbers["hosts_missing"]),
                   ("not_asked", len(report.not_asked)))]),
        family("flood_interfaces_cannot_tell", "Interfaces where hearing nothing proves nothing.", [({}, numbers["interfaces_cannot_tell"])]),
        family("flood_findings_changed", "Findings against the earlier report, by change.", changed(report.comparison)),
        family("flood_gaps", "Readers that failed on some host.", [({}, numbers["gaps"])]),
        family("flood_report_timestamp_seconds", "When the report was made, Unix time.", [({}, int(report.created.timestamp()))]),
    ])  # fmt: skip


def _labels(flood: Flood) -> dict[str, str]:
    return {
        "id": flood.id, "status": flood.status, "cause": flood.cause, "source": flood.source.name, "source_ip": flood.source.ip,
        "destination": flood.destination.ip or flood.destination.mac, "segment": flood.destination.segment,
    }


def _received(report: FloodReport) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    receivers: list[Receiver] = [receiver for flood in report.listed for receiver in flood.receivers]
    for receiver in receivers:
        key = (receiver.host, receiver.interface)
        if key in found or len(found) < SERIES_MOST:
            found[key] = found.get(key, 0.0) + receiver.bits_per_second
    return found
