"""What a trace asks of its hosts: the points with bounds, a common begin, how long to wait for them, and where their
files go. Pure.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.module_utils._capture import _bounds
from ansible_collections.netops.layer2.plugins.module_utils._private_files import component
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import TraceError

Document = dict[str, t.Any]
_LONGEST_MARGIN = 86_400
_SLOWEST = 1_000_000    # octets/s that files come at, at least
_PER_PACKET = 20        # octets that a pcap file needs beside the frame: its header, and a VLAN tag that is put back
_LONGEST_NAME = 100     # characters of a host's name in the name of its folder
_REMOTE = re.compile(r"/[A-Za-z0-9_./-]*\Z")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants: the bounds of each capture, seconds until all begin, a filter of their own, files or none.
    """

    duration: float
    packets: int
    bytes: int
    snap_length: int
    start_after: float
    margin: float = 120     # s that a host gets beside capturing: to connect, to start Python, to hand over
    filter: str = ""
    pcap: bool = False
    remote: str = "/var/tmp/netops-layer2-trace"  # nosec B108  # a random name follows

    @property
    def bounds(self) -> dict[str, float]:
        """As packet_capture takes them."""
        return {
            "duration": self.duration,
            "packets": self.packets,
            "bytes": self.bytes,
            "snap_length": self.snap_length,
        }


def requested(
    plan: Mapping[str, t.Any], asked: Asked, hosts: Sequence[str], now: float, token: str, place: str
) -> Document:
    """The PLAN of ``plan`` with all that its tasks need; TraceError for what cannot be asked of any host.

    HOSTS: those of the play. NOW: Unix time of the controller. TOKEN: a name that nobody can know beforehand. PLACE: a
    folder on the controller that is this run's alone, which files are brought to.
    """
    _check(asked)
    folder = f"{asked.remote}-{token}" if asked.pcap else ""
    folders = {host: _host_folder(host, hosts) for host in plan["captures"]}
    return {
        **plan,
        **asked.bounds,
        "filter": asked.filter or plan["filter"],
        "begin": now + asked.start_after,
        "timeout": int(asked.start_after + asked.duration + asked.margin),
        "fetch_timeout": int(asked.margin + most_octets(asked.packets, asked.snap_length) / _SLOWEST),
        "most": most_octets(asked.packets, asked.snap_length),
        "folder": folder,
        "folders": folders,
        "files": {host: _files(points, folder, f"{place}/{folders[host]}") for host, points in plan["captures"].items()}
        if folder
        else {},
    }


def most_octets(packets: int, snap_length: int) -> int:
    """How large a file of a capture can be: the pcap file, or the document, which holds less of a packet but names of
    flows and links.
    """
    return 4 * (1 << 20) + packets * max(snap_length + _PER_PACKET, 512)


def _check(asked: Asked) -> None:
    for problem in _bounds.problems(asked.bounds):
        raise TraceError(problem)
    if not 0 <= asked.start_after <= _bounds.LONGEST_WAIT:
        raise TraceError(f"start_after: {asked.start_after} is not between 0 and {_bounds.LONGEST_WAIT}")
    if not 1 <= asked.margin <= _LONGEST_MARGIN:
        raise TraceError(f"margin: {asked.margin} is not between 1 and {_LONGEST_MARGIN}")
    if asked.pcap and not _REMOTE.match(asked.remote):
        raise TraceError(
            f"remote: {shortened(asked.remote)!r} is no absolute path of letters, digits and _ . / - on the hosts"
        )


def _host_folder(host: str, hosts: Sequence[str]) -> str:
    """The name of the folder with a host's files: its place in the play tells hosts apart whose names look alike."""
    number = hosts.index(host) if host in hosts else len(hosts)
    return f"{number}-{re.sub('[^A-Za-z0-9_-]', '_', host)[:_LONGEST_NAME]}"


def _files(points: Sequence[Mapping[str, str]], folder: str, place: str) -> list[Document]:
    """The files of a host, from where to where: neither is the host's choice."""
    return [
        {"point": point["name"], "kind": kind, "src": f"{folder}/{name}.{kind}", "dest": f"{place}/{name}.{kind}"}
        for point in points for name in [component(point["name"])] for kind in ("json", "pcap")
    ]


def in_words(made: Mapping[str, t.Any], check_mode: bool) -> str:
    """What is captured where, a line a point."""
    begin = "Would capture" if check_mode else "Capturing"
    lines = [f'{begin} {made["duration"]:g} s of "{made["filter"] or "everything"}" at']
    lines += [f"  {row['point']}{', ' + str(row['label']) if row.get('label') else ''}" for row in made["points"]]
    lines += [f"not asked: {gap['host']}: {gap['reason']}" for gap in made["gaps"]]
    return "\n".join(lines)
