"""The filters of a trace: arguments checked, errors of the core translated."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.filter import correlate_captures, render_trace

GOLDEN = Path(__file__).resolve().parents[1] / "plugin_utils" / "_trace" / "golden"
FILES = [str(GOLDEN / f"lossy-{name}.pcap") for name in ("client", "guest")]

correlate = correlate_captures.FilterModule().filters()["correlate_captures"]
render = render_trace.FilterModule().filters()["render_trace"]


def test_captures_in_a_drawn_trace_out() -> None:
    trace = correlate(FILES, source="192.0.2.21", destination=["192.0.2.30"])
    assert trace["verdict"]["status"] == "loss"
    assert trace["verdict"]["sentence"] in render(trace)
    assert render(trace, "html").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda: correlate(FILES, sauce="x"), "correlate_captures: sauce is no option of this filter"),
        (lambda: correlate(["/nowhere"]), "correlate_captures: /nowhere: No such file or directory"),
        (lambda: render({}), "render_trace: no trace; give what correlate_captures returned"),
        (
            lambda: render({"schema": "netops.layer2/trace", "points": []}),
            "render_trace: the trace has no verdict, summary, clocks",
        ),
        (lambda: render(correlate(FILES), "pdf"), "render_trace: format: 'pdf' is unknown, use one of table, json"),
    ],
)
def test_errors_are_the_users(call, problem: str) -> None:
    with pytest.raises(AnsibleFilterError) as error:
        call()
    assert problem in str(error.value)
