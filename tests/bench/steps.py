"""Steps that run in a process of their own, so that each has its own memory: python -m tests.bench.steps
write|filter|groupby|command FOLDER.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import typing as t
from collections.abc import Callable
from pathlib import Path

_GROUP_BY = """
    SELECT mac, count(DISTINCT host), count(DISTINCT address) FROM seen
    GROUP BY mac HAVING count(DISTINCT CASE WHEN source = 'nic' THEN host END) > 1
"""


def timed(work: Callable[[], t.Any]) -> dict[str, t.Any]:
    """What WORK returned, and its seconds of clock and CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "result": result}


def judge(folder: Path) -> dict[str, t.Any]:
    """The filter's work without Ansible, from the files of the fact cache."""
    from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

    return timed(lambda: mac_collisions(str(folder / "cache")))


def group_by(folder: Path) -> dict[str, t.Any]:
    """DuckDB's answer to the bare question which MACs are on NICs of several hosts; the loading of the rows is not
    counted.
    """
    import duckdb

    database = duckdb.connect()
    columns = {"host": "VARCHAR", "source": "VARCHAR", "interface": "VARCHAR", "address": "VARCHAR", "mac": "VARCHAR"}
    database.execute(
        f"CREATE TABLE seen AS SELECT * FROM read_csv('{folder / 'rows.csv'}', header = false, columns = {columns})"
    )
    database.execute("SET threads = 1")
    counted = database.execute("SELECT count(*) FROM seen").fetchone()
    answer = timed(lambda: database.execute(_GROUP_BY).fetchall())
    return {
        **answer,
        "result": {"macs": sorted(row[0] for row in answer["result"]), "rows": counted[0] if counted else 0},
    }


def command(words: list[str], folder: Path) -> dict[str, t.Any]:
    """What a command cost, the daemons that it left behind included."""
    from .measure import adopt_orphans, run

    adopt_orphans()
    made = run(words, folder, dict(os.environ), adopting=True)
    return {"wall": made.wall, "cpu": made.cpu, "peak": made.peak, "output": made.output}


def main() -> int:
    """Run one step and print its result as JSON."""
    parser = argparse.ArgumentParser(description="One step of the bench.")
    parser.add_argument("step", choices=["write", "filter", "groupby", "command"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hosts", type=int, default=0)
    parser.add_argument("--segment", type=int, default=200)
    parser.add_argument("--naive", action="store_true")
    parser.add_argument("--bare", action="store_true", help="nothing but the fact cache")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    if options.step == "write":
        from .fleet import Fleet
        from .material import write

        write(Fleet(options.hosts, options.segment), options.folder, options.naive, options.bare)
    elif options.step == "command":
        json.dump(command(options.words, options.folder), sys.stdout)
    else:
        json.dump((judge if options.step == "filter" else group_by)(options.folder), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
