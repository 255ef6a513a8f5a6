"""Read in slices, judged once, as AWX runs it: fact cache files in and out, on the oldest and newest ansible-core."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

from tests.playbooks.conftest import NOWHERE, telling
from tests.playbooks.test_detect_dup_mac import TWINS, snapshot

from .controller import Controller

NEWEST = Path(sys.executable).parent
OLDEST = next(
    (Path(each) for each in os.environ.get("LAYER2_ANSIBLE_CORES", "").split(os.pathsep) if "2.16" in each), None
)
NO_2_16 = "no environment with ansible-core 2.16 is named in LAYER2_ANSIBLE_CORES (make test makes one)"


@pytest.fixture
def fleet(tmp_path):
    """Twins in two slices, a third host, and one that nobody reaches."""
    told = [
        json.loads(snapshot(host, f"192.168.100.{number}"))
        for host, number in (("twin25", 25), ("twin30", 30), ("web1", 31))
    ]
    told[2]["interfaces"][0].update(mac="52:54:00:00:00:31", permanent_mac="52:54:00:00:00:31")
    return {**{each["host"]: telling(tmp_path, each) for each in told}, "lost": NOWHERE}


@pytest.fixture(params=["2.16", "newest"])
def controller(request, tmp_path, fleet):
    """A controller whose fact cache works with its ansible-core."""
    if request.param == "2.16" and OLDEST is None:
        pytest.skip(NO_2_16)
    return (
        Controller(tmp_path, fleet, OLDEST, "")
        if request.param == "2.16"
        else Controller(tmp_path, fleet, NEWEST, "s1_")
    )


def part(number, count=2):
    return {"awx_job_slice_number": number, "awx_job_slice_count": count}


def gather(controller, number, *hosts, **extra):
    return controller.run("gather_layer2.yml", hosts, **part(number), layer2_become="false", **extra)


def test_slices_meet_in_one_verdict(controller, tmp_path):
    first = gather(controller, 1, "twin25", "web1")
    second = gather(controller, 2, limit="twin30,lost")  # a limit leaves the facts of others as they are
    assert first.status == second.status == "successful", first.output + second.output
    assert "2 of 2 hosts read (slice 1 of 2)" in first.output
    assert "1 of 2 hosts read (slice 2 of 2)" in second.output and "missing  lost: unreachable" in second.output
    told = {**first.artifacts, **second.artifacts}  # as AWX hands them on: later keys win, so none may be the same
    assert sorted(told) == ["layer2_gathered_1", "layer2_gathered_2"]
    judged = controller.run("judge_layer2.yml", judge_what="mac\nip", **told)
    assert judged.status == "failed", judged.output
    assert f"CONFLICT  {TWINS}" in judged.output and "Duplicate IP addresses:" in judged.output
    assert "3 of 4 hosts judged" in judged.output and "1 host MISSING" in judged.output
    assert "PARTIAL" not in judged.output and "STALE" not in judged.output and "older snapshot" not in judged.output
    assert judged.artifacts["layer2_verdict"]["conflict"] == 1 and judged.artifacts["layer2_macs"]["conflict"] == [
        TWINS
    ]
    assert any(TWINS in line for line in judged.artifacts["layer2_findings"])
    kept = judged.artifacts["layer2_reports"]["mac"]
    assert (json.loads(kept) if isinstance(kept, str) else kept)["verdict"]["findings"][0]["mac"] == TWINS
    # By itself, without what the reading jobs told, it says how old all of it is.
    alone = controller.run("judge_layer2.yml")
    assert "3 judged by older snapshots" in alone.output, alone.output
    assert re.search(r"the oldest [^:]* old, the newest [^:]*: ", " ".join(alone.output.split())), alone.output


def test_a_slice_of_the_playbook_for_small_fleets_is_partial(controller):
    job = controller.run("detect_dup_mac.yml", ["web1"], **part(1, 3), layer2_become="false")
    assert job.status == "failed" and "PARTIAL (slice 1 of 3)" in job.output, job.output


def test_a_slice_of_which_nothing_is_known_is_said(controller):
    told = gather(controller, 1, "web1").artifacts
    job = controller.run("judge_layer2.yml", **told)
    assert job.status == "failed" and "of 2 slices nothing is known of 2" in job.output, job.output


def test_facts_that_stay_behind_are_said(tmp_path, fleet):
    """A controller that names the files HOST, and an ansible-core that names them s1_HOST: nothing arrives."""
    controller = Controller(tmp_path, fleet, NEWEST, "")
    job = gather(controller, 1, "web1")
    assert job.status == "successful" and controller.facts == {}, job.output
    judged = controller.run("judge_layer2.yml", **job.artifacts)
    assert judged.status == "failed" and "the reading job" not in judged.output
    assert "says that it read 1 host, and the fact cache holds 0 of these snapshots" in judged.output
    assert "names the files of the cache s1_HOST where AWX" in " ".join(judged.output.split()), judged.output
    controller.facts["web1"] = json.dumps({"layer2_snapshot": "{}", "layer2_snapshot_received": "1.0 of-last-week"})
    again = gather(controller, 1, "web1")
    assert again.status == "failed" and "web1: the facts in the cache are older" in again.output, again.output
