"""The step report_fleet on a verdict that is there already: by itself, in a report, and as a file, with its notes."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.netops.layer2.plugins.plugin_utils._actions import _handed_on

from ..plugin_utils._report.sample_reports import document, flood_verdict, verdict
from .steps import take


def written(tmp_path: Path, given: Any, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The result of the step on what is GIVEN, and the report that it wrote."""
    result = take(
        "report_fleet",
        {"verdict": given, "directory": str(tmp_path), "formats": ["json"], "fail_on": ["conflict"], **more},
    )
    return result, json.loads((tmp_path / "layer2-report.json").read_text())


def test_a_verdict_is_reported_wherever_it_comes_from(tmp_path: Path) -> None:
    report = document(about={"notes": {"hv1": "read without root", "hv2": "of the report"}})
    for given, notes in ((verdict(), {}), (report, {"hv1": "read without root", "hv2": "of the report"})):
        for way in (given, _handed_on.keep(given, "x")):
            result, made = written(tmp_path, way)
            assert made["verdict"] == verdict() and len(result["failures"]) == 1 and result["counts"]["conflict"] == 1
            assert {note["host"]: note["text"] for note in made["notes"]} == notes
    assert {"host": "hv2", "text": "of the task"} in written(tmp_path, report, notes={"hv2": "of the task"})[1]["notes"]


def test_what_is_none_is_refused(tmp_path: Path) -> None:
    for given in ("/nowhere/x.json", ["x"], {"schema": "x"}):
        with pytest.raises(AnsibleActionFail, match="report_fleet: verdict"):
            written(tmp_path, given)


def test_no_document_stands_in_a_result(tmp_path: Path) -> None:
    result, _made = written(tmp_path, document())
    figures = {
        "counts",
        "macs",
        "missing_hosts",
        "cached_hosts",
        "oldest_snapshot",
        "newest_snapshot",
        "line",
        "changes",
        "paths",
    }
    assert (
        set(result) == {"changed", "failures", "addresses", "floods", "reports", *figures} and result["reports"] == {}
    )


@pytest.mark.parametrize(
    "variables, part",
    [
        ({"awx_job_slice_number": 2, "awx_job_slice_count": 3}, "slice 2 of 3"),
        ({"tower_job_slice_number": "1", "tower_job_slice_count": "2"}, "slice 1 of 2"),
        ({"awx_job_slice_number": 1, "awx_job_slice_count": 1}, ""),
        ({"awx_job_slice_number": "{{ x }}", "awx_job_slice_count": 9}, ""),
        ({}, ""),
    ],
)
def test_a_slice_is_a_part_and_never_reads_as_clean(tmp_path: Path, variables: dict[str, Any], part: str) -> None:
    for name, given in (("layer2-report", verdict([])), ("layer2-flooding", flood_verdict([]))):
        asked = {
            "verdict": given,
            "directory": str(tmp_path),
            "fail_on": ["latent"],
            "formats": ["json", "table", "junit", "html", "csv"],
        }
        result = take("report_fleet", asked, **variables)
        made = json.loads((tmp_path / f"{name}.json").read_text())
        assert made.get("part", "") == part
        assert (f"PARTIAL ({part})" in result["line"]) is bool(part) and len(result["failures"]) == bool(part)
        assert all(f"a partial verdict ({part})" in failure for failure in result["failures"])
        for ending in ("txt", "junit.xml", "html", "csv"):
            text = " ".join((tmp_path / f"{name}.{ending}").read_text().split())
            assert ("this run saw a part of the inventory" in text) is bool(part), ending
        assert take("report_fleet", {**asked, "fail_on": []}, **variables)["failures"] == []


HOSTS = {
    "hv1": {
        "layer2_snapshot": json.dumps(
            {
                "schema": "netops.layer2/snapshot",
                "version": 1,
                "host": "hv1",
                "observed": ["interfaces"],
                "gaps": [],
                "interfaces": [],
            }
        )
    }
}


def judged(tmp_path: Path, **more: Any) -> dict[str, Any]:
    """The step on one host, which has nothing to report."""
    return take("report_fleet", {"directory": str(tmp_path), "formats": ["json"], **more}, HOSTS)


def test_several_things_are_judged_in_one_run(tmp_path: Path) -> None:
    # A survey gives several choices as the lines of one text.
    asked = {"what": "mac\nip\nflood\n", "fail_on": ["conflict", "flooding"], "stats_size": 100_000}
    result = judged(tmp_path, **asked)
    assert {path.name for path in tmp_path.iterdir()} == {
        f"layer2-{name}.json" for name in ("report", "addresses", "flooding")
    }
    # Nobody listened: that is no quiet network.
    assert [line.startswith("NO VERDICT on floods") for line in result["failures"]] == [True]
    assert judged(tmp_path, **{**asked, "what": "mac\nip"})["failures"] == []
    assert result["counts"]["hosts_judged"] == 1
    assert result["addresses"]["counts"]["hosts_judged"] == result["floods"]["counts"]["hosts_judged"] == 1
    assert {each: json.loads(text)["schema"] for each, text in result["reports"].items()} == dict.fromkeys(
        ("mac", "ip", "flood"), "netops.layer2/report")


def test_what_is_the_only_one_is_the_main_one(tmp_path: Path) -> None:
    result = judged(tmp_path, what=["flood"], fail_on=["conflict", "flooding"])
    assert "hosts_sampled" in result["counts"] and result["reports"] == {}
    with pytest.raises(AnsibleActionFail, match="value of what must be one or more of"):
        judged(tmp_path, what=["macs"])


def test_a_report_that_is_too_large_for_the_stats_is_not_in_them(tmp_path: Path) -> None:
    assert judged(tmp_path, stats_size=10)["reports"]["mac"].endswith("more than 10: see the report files")
