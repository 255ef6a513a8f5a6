"""What the hosts of a trace returned: each capture opened under the controller's own names, and why one is of no use,
which ends it for no other.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import stat
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ansible_collections.netops.layer2.plugins.module_utils._private_files import component
from ansible_collections.netops.layer2.plugins.plugin_utils._common._problems import trouble_of
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened, type_name
from ansible_collections.netops.layer2.plugins.plugin_utils._trace import _pcap
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import Capture, TraceError, opened
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._open import parsed
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._request import most_octets

_MOST_GAPS = 20         # of one capture
_LONGEST_WORD = 40      # characters of what ended a capture
_LONGEST_REASON = 400
_LONGEST_ROW = 1024     # characters of a flow or link; what four tunnels in each other need is less
_AGAIN = "look at the host's Python and at who can change it, then trace again"


@dataclass(frozen=True, slots=True)
class Results:
    """What the tasks registered for one host: the result of packet_capture, and that of bringing its files (empty if
    none were to be brought).
    """

    captured: Mapping[str, t.Any]
    fetched: Mapping[str, t.Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """One file for the folder of the trace: its names there, and what is in it, or the path where that lies."""

    folder: str
    name: str
    content: bytes | None = None
    path: str = ""


@dataclass(slots=True)
class Returned:
    """The captures that can be compared, why others cannot (point to reason), the files that are worth keeping, and
    gaps beside them.
    """

    captures: list[Capture] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)
    gaps: list[dict[str, str]] = field(default_factory=list)


def returned(request: Mapping[str, t.Any], results: Mapping[str, Results]) -> Returned:
    """Look through RESULTS, host to what its tasks registered, for all points of a REQUEST (of ``requested``)."""
    made = Returned()
    for host, points in request["captures"].items():
        result = results.get(host, Results({}))
        reason = _not_captured(result.captured)
        for place, point in enumerate(points):
            if reason:
                made.reasons[point["name"]] = reason
                continue
            try:
                _take(made, request, host, place, point, result)
            except TraceError as error:
                made.reasons[point["name"]] = shortened(str(error), _LONGEST_REASON)
    return made


def _not_captured(captured: Mapping[str, t.Any]) -> str:
    """Why a host captured nothing, empty if it did."""
    if not captured or captured.get("skipped"):
        return "its host is not in this play, or was not asked"
    return shortened(trouble_of(captured), _LONGEST_REASON)


def _take(
    made: Returned, request: Mapping[str, t.Any], host: str, place: int, point: Mapping[str, str], result: Results
) -> None:
    """Open the capture of one POINT, the one at this PLACE among its host's; TraceError where there is none that can be
    one.
    """
    files = {row["kind"]: row["dest"] for row in request["files"].get(host, []) if row["point"] == point["name"]}
    most = most_octets(request["packets"], request["snap_length"])
    octets = _brought(files["json"], result.fetched, most) if files else _told(result.captured, place, most)
    made.captures.append(_opened(octets, host, point, request["packets"]))
    folder, name = request["folders"][host], component(point["name"])
    made.kept.append(Kept(folder, f"{name}.json", octets))
    if not files:
        return
    try:
        _check_size(files["pcap"], result.fetched, most)
        _pcap.check(files["pcap"])
        made.kept.append(Kept(folder, f"{name}.pcap", path=files["pcap"]))
    except TraceError as error:
        reason = shortened(str(error).replace(files["pcap"], "its pcap file"), _LONGEST_REASON)
        made.gaps.append(
            {
                "point": point["name"],
                "subset": "files",
                "reason": f"no pcap file that can be read: {reason}",
                "hint": "its records were compared all the same; trace again for the file",
            }
        )


def _told(captured: Mapping[str, t.Any], place: int, most: int) -> bytes:
    """The document in the answer of a host."""
    entries = captured.get("captures")
    entry = entries[place] if isinstance(entries, (list, tuple)) and place < len(entries) else None
    text = entry.get("document") if isinstance(entry, Mapping) else None
    if not isinstance(text, str):
        raise TraceError(f"its answer holds no document ({type_name(text)}); {_AGAIN}")
    if len(text) > most:
        raise TraceError(
            f"its document has {len(text)} characters, and what was asked for needs no more than {most}; {_AGAIN}"
        )
    return text.encode("utf-8", "surrogatepass")


def _brought(path: str, fetched: Mapping[str, t.Any], most: int) -> bytes:
    """The content of a file that was brought from a host."""
    _check_size(path, fetched, most)
    try:
        with open(path, "rb") as file:
            return file.read(most)
    except OSError as error:
        raise TraceError(f"its file cannot be read here: {error.strerror}") from error


def _check_size(path: str, fetched: Mapping[str, t.Any], most: int) -> None:
    """TraceError where the file PATH is none, or larger than what was asked for can be."""
    try:
        about = os.stat(path, follow_symlinks=False)
    except OSError:
        raise TraceError(f"its file was not brought: {_not_brought(fetched, path)}") from None
    if not stat.S_ISREG(about.st_mode) or about.st_size > most:
        raise TraceError(
            f"its file has {about.st_size} octets, and what was asked for needs no more than {most}; {_AGAIN}"
        )


def _not_brought(fetched: Mapping[str, t.Any], path: str) -> str:
    """What the task said of the file that it was to bring to PATH."""
    items = fetched.get("results")
    for item in items if isinstance(items, (list, tuple)) else []:
        wanted = item.get("item") if isinstance(item, Mapping) else None
        if isinstance(wanted, Mapping) and wanted.get("dest") == path:
            return trouble_of(item) or "the task did not say why"
    return trouble_of(fetched) or "its host was not asked for it"


def _opened(octets: bytes, host: str, point: Mapping[str, str], packets: int) -> Capture:
    """The capture of a document, which must be that of this HOST and POINT; the names in it are then the controller's
    own.
    """
    place = "its document"
    data = parsed(octets, place)
    named = (data.get("host"), data.get("point"))
    if named != (host, point["name"]):
        raise TraceError(
            f"its document says that it is of the point {shortened(named[1])} of {shortened(named[0])}; {_AGAIN}"
        )
    count = data.get("packets")
    if isinstance(count, int) and count > packets:
        raise TraceError(f"its document holds {shortened(count, 40)} packets, and {packets} were asked for; {_AGAIN}")
    for name in ("flows", "links"):
        _check_rows(data, name, count)
    made = opened(data, place)
    gaps = [
        {key: shortened(value, _LONGEST_REASON) for key, value in gap.items() if key in _GAP}
        for gap in made.gaps[:_MOST_GAPS]
    ]
    return replace(
        made,
        host=host,
        point=point["name"],
        interface=point["interface"],
        ended=shortened(made.ended, _LONGEST_WORD),
        gaps=gaps,
    )


_GAP = ("subset", "reason", "hint", "item")


def _check_rows(data: Mapping[str, t.Any], name: str, count: object) -> None:
    """TraceError where a table has more rows than there are packets, or longer ones than a packet can need; its shape
    is looked at later.
    """
    table = data.get(name)
    rows = table.get("rows") if isinstance(table, Mapping) else None
    rows = rows if isinstance(rows, Sequence) else []
    if isinstance(count, int) and len(rows) > count:
        raise TraceError(f"its document has {len(rows)} {name} for {count} packets; {_AGAIN}")
    if any(isinstance(row, str) and len(row) > _LONGEST_ROW for row in rows):
        raise TraceError(f"its document has {name} of more than {_LONGEST_ROW} characters; {_AGAIN}")
