"""Targets: pcap files and capture documents, up to the trace that is made of them and drawn."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ansible_collections.netops.layer2.plugins.module_utils._capture import _records
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._report._formats import FORMATS
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import Capture, TraceError
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._formats import render
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._pcap import read
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._run import correlate

from . import pages, samples
from .target import JSON, Target, promise


def read_pcap(octets: bytes) -> None:
    """A file is a capture whose columns belong together, or an error that names it; what comes before a cut can be had.
    """
    number = os.memfd_create("fuzz")
    try:
        os.write(number, octets)
        path = f"/proc/self/fd/{number}"
        for truncated in (True, False):
            _check(read(path, "h", "p", (), truncated))
    finally:
        os.close(number)


def _check(capture: Capture) -> None:
    lengths = {len(column) for column in capture.columns.values()}
    promise(len(lengths) == 1, "all columns are equally long")
    if len(capture):
        promise(
            max(capture.columns["flow"]) < len(capture.flows) and max(capture.columns["link"]) < len(capture.links),
            "rows are there",
        )
        promise(capture.window[0] <= capture.window[1], "a window does not end before it begins")


def read_captures(octets: bytes) -> None:
    """Documents become a trace that can be drawn, or an error."""
    data = samples.loaded(octets)
    made = plain(correlate([_with_columns(item) for item in data] if isinstance(data, list) else data))
    json.dumps(made, allow_nan=False)
    for name in FORMATS:
        pages.check_drawn(name, render(made, name))


def _with_columns(item: Any) -> Any:
    """A document whose columns, lists of numbers in inputs so that they can be changed, are packed as in real ones."""
    if (
        isinstance(item, dict)
        and isinstance(item.get("records"), dict)
        and isinstance(item["records"].get("columns"), dict)
    ):
        columns = item["records"]["columns"]
        for name, code in _records.TYPES:
            with suppress(TypeError, ValueError, OverflowError):
                columns[name] = (
                    _records.packed(array(code, columns[name]))
                    if isinstance(columns.get(name), list)
                    else columns.get(name)
                )
    return item


def _documents() -> Iterator[bytes]:
    """Three points of one conversation, captured in reality and cut."""
    for names in (("lossy-client", "lossy-switch", "lossy-guest"), ("vxlan-client", "vxlan-switch"), ("cooked-any",)):
        documents = [_document(read(str(samples.PCAPS / f"{name}.pcap"), name, f"{name}:eth0"), 24) for name in names]
        yield json.dumps(documents).encode()


def _document(capture: Capture, most: int) -> dict[str, Any]:
    columns = {name: list(column)[:most] for name, column in capture.columns.items()}
    columns["time"] = [after - before for before, after in zip([0, *columns["time"]], columns["time"], strict=False)]
    return {
        "schema": _records.SCHEMA,
        "version": _records.VERSION,
        "host": capture.host,
        "point": capture.point,
        "interface": capture.interface,
        "packets": len(columns["time"]),
        "dropped": 0,
        "ended": "time",
        "filter": "",
        "gaps": [],
        "clock": {"resolution": "ns", "stepped": 0.0},
        "collected_at": capture.window[0] / 1e9,
        "duration": 60.0,
        "flows": {"columns": list(_records.FLOW_COLUMNS), "rows": [_row(flow) for flow in capture.flows]},
        "links": {"columns": list(_records.LINK_COLUMNS), "rows": [_row(link) for link in capture.links]},
        "records": {"encoding": _records.ENCODING, "columns": columns},
    }


def _row(record: Any) -> str:
    return " ".join(getattr(record, name) for name in type(record).__slots__)


TARGETS = [
    Target(
        "pcap-file",
        "pcap and pcapng files, whole and cut",
        read_pcap,
        lambda: samples.files("plugin_utils/_trace/golden", "*.pcap*", 9000),
        (TraceError,),
    ),
    Target(
        "captures",
        "capture documents, correlated, the trace drawn in every format",
        read_captures,
        _documents,
        (TraceError, ReportError),
        JSON,
        ("tcp", "udp", "icmp", "arp", "vxlan:42", "100.7", "4", "6", "40000"),
    ),
]
