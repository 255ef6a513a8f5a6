"""Incident 1 traced from start to end: lab up, the client stalls, one command says where its packets go and who the
twin is, lab down.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from . import lab, symptom
from .demo import TARGET, TWINS, run_playbook
from .topology import Topology
from .trace import PLAYBOOK, Traced

CLIENT, TWIN = "192.168.100.21", "hv2/vm25"
REPORTS = Path("reports") / "demo-trace"


def demo_trace(topology: Topology, name: str) -> int:
    """Show it; 0 if the client stalled, and the trace named the twin."""
    say = lab.progress()
    options = (
        f"-etrace_source={CLIENT}",
        f"-etrace_destination={TARGET}",
        "-etrace_duration=15",
        f"-etrace_directory={REPORTS.resolve()}",
    )
    with lab.running(topology, name, say):
        say(
            f"a client exchanges lines with {TARGET}, and meanwhile: ansible-playbook {PLAYBOOK.name}"
            f" {' '.join(options[:3])}".replace("-e", "-e ")
        )
        with symptom.going_on(name, "client", TARGET) as exchanges:
            status = run_playbook(name, PLAYBOOK, *options)
        felt = symptom.Felt(TARGET, tuple(exchanges))
        say(f"what the client felt: {felt}")
    document = Traced(status, "", REPORTS).document if status == 0 else {"claimed": [], "verdict": {"status": "none"}}
    named = [(claim["mac"], claim["machines"][1]) for claim in document["claimed"]]
    well = [felt.stalled > 0, document["verdict"]["status"] == "astray", named == [(TWINS, TWIN)]]
    say(f"the page: {REPORTS / 'trace.html'}")
    say("the twin is named" if all(well) else "unexpected: see above")
    return 0 if all(well) else 1
