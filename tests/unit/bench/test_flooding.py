"""What the bench of flood_sample reads from each tool, and when a figure counts as reached."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os

import pytest

pytest.importorskip(
    "tests.bench", reason="ansible-test runs without the checkout's root on its path; `make test` runs this file, too"
)
pytest.importorskip("ansible.cli", reason="the bench runs ansible-playbook")
from tests.bench import flooding
from tests.bench.flooding import Flooded, Heard
from tests.bench.measure import BenchError


def heard(seen=1000, *, octets=1500, busy=1.0, rate=81_000.0, dropped=0):
    return Heard(1000, 1000 * 1500, seen, seen * octets, dropped, busy, busy + 0.5, rate)


def verdicts(line, fast, other=None):
    flooded = Flooded(
        1,
        200_000.0,
        {"flood_sample": [line], "tcpdump": [other or heard()]},
        {"flood_sample": [fast], "tcpdump": [other or heard()]},
    )
    return [good for good, _what in flooding.targets(flooded)]


@pytest.mark.parametrize(("line", "fast", "wanted"), [
    (heard(), heard(), [True, True, True, True]),
    (heard(999), heard(), [False, True, True, True]),
    (heard(dropped=1), heard(), [False, True, True, True]),
    (heard(rate=60_000.0), heard(), [False, True, True, True]),
    (heard(), heard(980), [True, False, True, True]),
    (heard(), heard(1020), [True, False, True, True]),
    (heard(), heard(octets=1400), [True, False, True, True]),
    (heard(busy=1.6), heard(busy=1.4), [True, True, False, True]),
])
def test_what_counts_as_reached(line, fast, wanted):
    assert verdicts(line, fast) == wanted


def test_what_the_tools_say():
    entry = {"frames": 7, "bytes": 700, "dropped": 1}
    said = json.dumps({"ansible_facts": {"layer2_flood_sample": json.dumps({"interfaces": [entry]})}})
    assert flooding.TOOLS["flood_sample"].read(said, "") == (7, 700, 1)
    words = (
        "tcpdump: listening on eth0\n404673 packets captured\n405006 packets received by filter\n12 packets dropped by"
        " kernel\n"
    )
    assert flooding.TOOLS["tcpdump"].read("", words) == (404673, -1, 12)
    assert flooding.TOOLS["scapy"].read("5 500\n", "") == (5, 500, 0)


@pytest.mark.parametrize("name", flooding.TOOLS)
def test_a_tool_that_failed_fails_the_bench(name):
    with pytest.raises(BenchError, match="no such device"):
        flooding.TOOLS[name].read("", "no such device")


def test_a_process_own_cpu_time_is_read():
    before = flooding._cpu_of(os.getpid())
    sum(range(2_000_000))
    assert 0 < flooding._cpu_of(os.getpid()) - before < 30
