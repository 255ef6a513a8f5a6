"""What packet_capture does on a host: points resolved, filters compiled, captured at once, documents and pcap files
handed over.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import os
import re
from contextlib import suppress
from typing import BinaryIO, Callable, Dict, List, NamedTuple, Optional, Sequence

from ansible_collections.netops.layer2.plugins.module_utils import _private_files, _snapshot
from ansible_collections.netops.layer2.plugins.module_utils._capture import _pcap, _points
from ansible_collections.netops.layer2.plugins.module_utils._capture._bpf import Instruction, Program
from ansible_collections.netops.layer2.plugins.module_utils._capture._expression import ExpressionError, compiled
from ansible_collections.netops.layer2.plugins.module_utils._capture._interfaces import found, label
from ansible_collections.netops.layer2.plugins.module_utils._capture._points import Bounds, Capture, Point
from ansible_collections.netops.layer2.plugins.module_utils._capture._records import document
from ansible_collections.netops.layer2.plugins.module_utils._capture._ring import Ring
from ansible_collections.netops.layer2.plugins.module_utils._runner import Runner, shortened
from ansible_collections.netops.layer2.plugins.module_utils._table import Record

MOST_RETURNED = 8 << 20  # octets of documents in a task's result; more makes controllers slow
_MOST_INSTRUCTIONS = 4096

# name, filter: empty where the default applies
Wanted = NamedTuple("Wanted", [("interface", str), ("name", str), ("filter", str)])
# path: file of the network namespace, None for the host's own
Planned = NamedTuple(
    "Planned",
    [
        ("record", Record),
        ("name", str),
        ("filter", str),
        ("program", Program),
        ("path", Optional[str]),
        ("gaps", List[Record]),
    ],
)
# memory: octets of rings and of what waits to be packed; dest: folder for files, or None
Options = NamedTuple("Options", [
    ("points", Sequence[Wanted]), ("filter", str), ("bounds", Bounds), ("snap_length", int), ("promiscuous", bool),
    ("start_at", Optional[float]), ("dest", Optional[str]), ("pcap", bool), ("host", Optional[str]),
])


class CaptureRefused(ValueError):
    """What was asked for cannot be done; the message names the field and the way out."""


def planned(runner: Runner, options: Options) -> List[Planned]:
    """Every point with its interface and its compiled filter. Raises ChoiceError, CaptureRefused or ReadError; captures
    nothing.
    """
    snapshot = _snapshot.collect(runner, ["identity", "containers", "interfaces"], options.host)
    paths = {container["id"]: container["path"] for container in snapshot.get("containers", []) if "path" in container}
    plans: List[Planned] = []
    for wanted in options.points:
        record = found(snapshot.get("interfaces", []), wanted.interface, "points")
        if not record.get("up"):
            raise CaptureRefused("points: %s is down: ip link set %s up" % (label(record), record["name"]))
        path = paths.get(record.get("netns", ""))
        text = wanted.filter or options.filter
        gaps: List[Record] = []
        program = _program(runner, text, record, options.snap_length, path, gaps)
        plans.append(
            Planned(record, wanted.name or "%s:%s" % (snapshot["host"], label(record)), text, program, path, gaps)
        )
    _refuse_equal_names(plans)
    return plans


def _refuse_equal_names(plans: Sequence[Planned]) -> None:
    names: Dict[str, str] = {}
    for plan in plans:
        name = _private_files.component(plan.name)
        if name in names:
            raise CaptureRefused(
                "points: two are named alike (%s and %s): give each its own `name`" % (names[name], plan.name)
            )
        names[name] = plan.name


def _program(
    runner: Runner, text: str, record: Record, snap_length: int, path: Optional[str], gaps: List[Record]
) -> Program:
    """The filter, compiled here; what is beyond this collection's compiler is left to tcpdump, which sees into no VXLAN
    tunnel.
    """
    ethernet = record.get("link_type") in ("ether", "loopback")
    try:
        return compiled(text, snap_length, ethernet)
    except ExpressionError as error:
        if runner.find("tcpdump") is None:
            raise CaptureRefused(
                "filter: %s. Install tcpdump on the target for everything that pcap-filter(7) knows" % error
            ) from None
    enter = ["nsenter", "--net=" + path, "--"] if path else []
    # It opens the interface, since how a VLAN tag is asked for depends on it.
    done = runner.output(enter + ["tcpdump", "-ddd", "-i", record["name"], "-s", str(snap_length), "--", text])
    if done.rc != 0:
        raise CaptureRefused("filter: tcpdump refuses it: %s" % (shortened(done.stderr) or "it did not say why"))
    gaps.append(
        {
            "subset": "filter",
            "reason": (
                "tcpdump compiled the filter, so packets in VXLAN tunnels are kept only where the outer packet fits"
            ),
            "hint": "write addresses for names, and compare a field with a number",
        }
    )
    return by_tcpdump(done.stdout)


def by_tcpdump(text: str) -> Program:
    """The program that ``tcpdump -ddd`` printed: how many instructions, then one a line. CaptureRefused for anything
    else.
    """
    lines = text.split("\n")
    rows = [re.match(r"([0-9]{1,5}) ([0-9]{1,3}) ([0-9]{1,3}) ([0-9]{1,10})\Z", line) for line in lines[1:] if line]
    if not rows or len(rows) > _MOST_INSTRUCTIONS or lines[0].strip() != str(len(rows)) or not all(rows):
        raise CaptureRefused("filter: tcpdump answered with no program: %s" % shortened(text, 60))
    return [Instruction(*[int(number) for number in match.groups()]) for match in rows if match]


def capture(options: Options, plans: Sequence[Planned], asked_to_stop: Callable[[], bool]) -> List[Record]:
    """Capture at all points, and return for each its numbers with ``document`` or ``path``. Raises CaptureRefused or
    ReadError.
    """
    host = plans[0].name.partition(":")[0] if options.host is None else options.host
    files: Dict[str, BinaryIO] = {}
    points: List[Point] = []
    folder = None if options.dest is None else _folder(options.dest)
    try:
        for plan in plans:
            ring = Ring(plan.record["name"], options.bounds.memory // len(plans), plan.path, options.promiscuous)
            points.append(
                Point(plan.name, ring, plan.program, options.bounds, _pcap_file(options, plan, ring, files, folder))
            )
        taken = Capture(points, options.bounds, asked_to_stop)
        taken.run(options.start_at)
        for stream in files.values():
            stream.flush()
        return [
            _handed_over(options, plan, _document(options, plan, taken, point, host), folder)
            for plan, point in zip(plans, points)
        ]
    except OSError as error:
        for name in files:  # half written they are of no use, and a full disk needs the room
            os.unlink(name, dir_fd=folder)
        raise CaptureRefused("dest: %s: %s" % (error.filename or options.dest, error.strerror)) from error
    finally:
        for point in points:
            point.ring.close()
        for stream in files.values():
            with suppress(OSError):  # what a full disk left in its buffer
                stream.close()
        if folder is not None:
            os.close(folder)


def _document(options: Options, plan: Planned, taken: Capture, point: Point, host: str) -> Record:
    about = _points.about(taken, point, plan.gaps)
    about.update(
        host=host,
        interface=plan.record["name"],
        collector=_snapshot.COLLECTOR,
        filter=plan.filter,
        snap_length=options.snap_length,
    )
    if plan.record.get("netns"):
        about["netns"] = plan.record["netns"]
    return document(point.packer, **about)


def _handed_over(options: Options, plan: Planned, made: Record, folder: Optional[int]) -> Record:
    result = {
        name: made[name]
        for name in ("point", "interface", "packets", "bytes", "dropped", "ended", "duration", "clock", "gaps")
    }
    text = json.dumps(made, separators=(",", ":"))
    if options.dest is None or folder is None:
        result["document"] = text
        return result
    result["path"] = os.path.join(options.dest, _private_files.component(plan.name) + ".json")
    _private_files.write(folder, _private_files.component(plan.name) + ".json", text.encode("utf-8"))
    if options.pcap:
        result["pcap"] = os.path.join(options.dest, _private_files.component(plan.name) + ".pcap")
    return result


def _pcap_file(
    options: Options, plan: Planned, ring: Ring, files: Dict[str, BinaryIO], folder: Optional[int]
) -> Optional[BinaryIO]:
    if not options.pcap or folder is None:
        return None
    name = _private_files.component(plan.name) + ".pcap"
    stream = files[name] = _private_files.create(folder, name)
    _pcap.begin(stream, options.snap_length + 4, ring.ethernet)  # a tag that is put back makes a frame longer
    return stream


def _folder(path: str) -> int:
    try:
        return _private_files.open_folder(path)
    except _private_files.FolderError as error:
        raise CaptureRefused("dest: %s" % error) from error


def refuse_too_much(results: Sequence[Record]) -> None:
    """CaptureRefused where the documents are more than a task's result should carry."""
    octets = sum(len(result.get("document", "")) for result in results)
    if octets > MOST_RETURNED:
        raise CaptureRefused(
            "%d packets make %d MiB, more than a task should return: give `dest` and fetch the files, a narrower"
            " `filter`, or fewer `packets`" % (sum(result["packets"] for result in results), octets >> 20)
        )


def in_words(options: Options, plans: Sequence[Planned]) -> List[str]:
    """What would be captured, a line a point."""
    bounds = "at most %g s and %d packets" % (options.bounds.duration, options.bounds.packets)
    return ["%s: %s, %s, %s" % (plan.name, label(plan.record), plan.filter or "all frames", bounds) for plan in plans]
