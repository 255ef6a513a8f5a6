"""correlate_captures on a million packets at three points, beside the plain way, and on files beside tshark. Each
result is checked.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import random
import sys
import tempfile
from array import array
from pathlib import Path
from typing import Any

from . import files_followed, material
from .measure import BenchError, Run, median, run
from .part import COLUMNS, Part, Say, figures, table

PACKETS, FLOWS, POINTS = 1_000_000, 50, 3
SECONDS, MEGABYTES = 15.0, 1000.0
CLOCKS = (0, 3_000_000_000, -10_000_000)    # ns by which each point's clock is wrong
FIXED, VARYING, LOST = 50_000, 100_000, 0.01
BEGIN = 1_700_000_000_000_000_000
CLIENT, GUEST = "192.0.2.21", "192.0.2.30"
_TEXT = """## Packets followed

{packets:,} packets of {flows} TCP connections, each seen at {points} points by {points} clocks of their own; one of a
hundred is lost at the last hop. Each way reads the same capture documents from files, and has to find exactly the
packets that were lost.

- *correlate_captures*: everything that the filter says, in a process of its own without Ansible
- *dictionary*: the plain way: a tuple of what identifies a packet, a dictionary from it to what each point saw; no
  clocks, no delays, no super-segments, no MACs, no directions

"""


def obstacle() -> str:
    """Why it cannot be measured here: nothing is needed."""
    return ""


def part(repeat: int, say: Say) -> Part:
    """Measure, and put it into words."""
    with tempfile.TemporaryDirectory(prefix="layer2-bench-trace-") as name:
        folder = Path(name)
        say(f"packets: writing captures of {PACKETS:,} packets at {POINTS} points")
        lost = int(_step("write", folder).output)
        runs: dict[str, list[Run]] = {"correlate_captures": [], "dictionary": []}
        for number in range(1, repeat + 1):
            for way, made in runs.items():
                say(f"packets: {way}, round {number} of {repeat}")
                made.append(_step(way, folder))
                if int(made[-1].output) != lost:
                    raise BenchError(f"{way} found {made[-1].output.strip()} lost packets where {lost} were")
    middle = {way: median(made) for way, made in runs.items()}
    ours = middle["correlate_captures"]
    rows = [figures(way, one, ours) for way, one in middle.items()]
    text = _TEXT.format(packets=PACKETS, flows=FLOWS, points=POINTS)
    text += table([f"{PACKETS:,} packets, {POINTS} points", *COLUMNS], rows) + "\n"
    files = files_followed.part(repeat, say)
    what = f"{PACKETS:,} packets at {POINTS} points correlated"
    return Part(text + files.text, [
        (ours.wall <= SECONDS, f"{what} within {SECONDS:.0f} s: {ours.wall:.1f} s"),
        (ours.megabytes <= MEGABYTES, f"{what} within {MEGABYTES:.0f} MB: {ours.megabytes:.0f} MB"),
        *files.reached,
    ])


def _step(name: str, folder: Path) -> Run:
    return run([sys.executable, "-m", "tests.bench.correlating", name, folder], folder, material.environment(folder))


def write(folder: Path, packets: int = PACKETS) -> int:
    """Write one document a point; how many packets were lost."""
    points, lost = _seen(packets)
    for number, seen in enumerate(points):
        seen.sort()
        (folder / f"{number}.json").write_text(json.dumps(_document(number, seen)))
    return lost


def _seen(packets: int) -> tuple[list[list[tuple[int, ...]]], int]:
    """What each point saw: time and what identifies a packet."""
    chance = random.Random(1)
    points: list[list[tuple[int, ...]]] = [[] for _point in range(POINTS)]
    sequences = [0] * (2 * FLOWS)
    moment, lost = BEGIN, 0
    for _number in range(packets):
        moment += chance.randrange(1, 20000)
        flow = chance.randrange(2 * FLOWS)
        back = flow % 2
        length = chance.randrange(100) if back else 1448
        packet = (
            flow,
            chance.getrandbits(16),
            sequences[flow],
            sequences[flow ^ 1],
            24,
            length,
            chance.getrandbits(32),
        )
        sequences[flow] = (sequences[flow] + length) % (1 << 32)
        gone = chance.random() < LOST
        lost += gone
        seen = moment
        for place in range(POINTS - gone):
            point = POINTS - 1 - place if back else place
            points[point].append((seen + CLOCKS[point], *packet))
            seen += FIXED + int(chance.expovariate(1 / VARYING))
    return points, lost


def _document(number: int, seen: list[tuple[int, ...]]) -> dict[str, Any]:
    """The capture document of a point."""
    from ansible_collections.netops.layer2.plugins.module_utils._capture import _records

    columns: dict[str, Any] = {name: array(code) for name, code in _records.TYPES}
    times = [row[0] for row in seen]
    columns["time"].extend(after - before for before, after in zip([0, *times], times, strict=False))
    for at, name in enumerate(("flow", "id", "sequence", "acknowledgement", "flags", "payload", "check"), 1):
        columns[name].extend(row[at] for row in seen)
    columns["link"].extend(row[1] % 2 for row in seen)
    columns["length"].extend(row[6] + 66 for row in seen)
    columns["marks"].extend(bytes(len(seen)))
    flows = [
        f"4 {GUEST} {CLIENT} tcp 22 {1000 + flow // 2}" if flow % 2 else f"4 {CLIENT} {GUEST} tcp {1000 + flow // 2} 22"
        for flow in range(2 * FLOWS)
    ]
    macs = ("02:00:00:00:00:21", f"02:00:00:00:{number:02x}:30")
    links = [f"{one} {other} - - - - - -" for one, other in (macs, macs[::-1])]
    begin = (BEGIN + CLOCKS[number]) / 1e9 - 1
    return {
        "schema": _records.SCHEMA,
        "version": _records.VERSION,
        "host": f"host{number}",
        "point": f"host{number}:eth0",
        "interface": "eth0",
        "collected_at": begin,
        "duration": times[-1] / 1e9 - begin + 1,
        "dropped": 0,
        "packets": len(seen),
        "flows": {"columns": list(_records.FLOW_COLUMNS), "rows": flows},
        "links": {"columns": list(_records.LINK_COLUMNS), "rows": links},
        "records": {
            "encoding": _records.ENCODING,
            "columns": {name: _records.packed(columns[name]) for name, _code in _records.TYPES},
        },
    }


def ours(folder: Path) -> int:
    """The filter's work; how many packets it says were lost."""
    from ansible_collections.netops.layer2.plugins.plugin_utils._trace._run import correlate

    trace = correlate([str(folder / f"{number}.json") for number in range(POINTS)])
    return int(trace["summary"]["lost"])


def plain(folder: Path) -> int:
    """A dictionary of tuples; how many packets one of the ends did not see."""
    from ansible_collections.netops.layer2.plugins.module_utils._capture import _records

    found: dict[tuple[Any, ...], list[tuple[int, int]]] = {}
    names = ("id", "sequence", "acknowledgement", "flags", "payload", "check")
    for number in range(POINTS):
        records = _records.unpacked(json.loads((folder / f"{number}.json").read_text()))
        columns = records.columns
        for time, flow, *rest in zip(columns["time"], columns["flow"], *(columns[name] for name in names), strict=True):
            found.setdefault((records.flows[flow], *rest), []).append((number, time))
    return sum(1 for seen in found.values() if len(seen) < POINTS)


if __name__ == "__main__":
    print({"write": write, "correlate_captures": ours, "dictionary": plain}[sys.argv[1]](Path(sys.argv[2])))
