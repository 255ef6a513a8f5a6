"""Reports on floods in every format, drawn from a verdict recorded in the lab; and hostile or broken ones."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _files, _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._report._flood_drawing import path, plot
from ansible_collections.netops.layer2.plugins.plugin_utils._report._flood_model import parse_floods

from .sample_reports import flood_verdict, wrapped

VERDICT = json.loads((Path(__file__).parent / "golden" / "flood_verdict.json").read_text())
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e=1+1"


def report(**changes: Any) -> dict[str, Any]:
    """The recorded verdict as a report; CHANGES of its only finding."""
    verdict = copy.deepcopy(VERDICT)
    verdict["findings"][0].update(changes)
    made = wrapped(verdict, target="all")
    _formats.check(made)
    return made


def test_the_table_says_who_floods_whom_how_much_and_what_ends_it() -> None:
    text = _formats.render(report(), "table")
    assert text.startswith("FLOODING  asymmetric_return  8.68 Mbit/s (726 frames/s) at 5 interfaces  [high]\n")
    assert re.search(r"^    near4 +eth0 +8\.37 Mbit/s +700$", text, re.MULTILINE)
    assert "  to         02:80:37:89:3e:9f 10.20.0.30 segment 10.20.0.0/24" in text
    assert text.endswith(
        "1 flood, 8.68 Mbit/s at most, 5 receivers, 0 latent. 7 of 7 hosts judged, 7 listened; nothing missing.\n"
    )


def test_csv_has_a_row_for_each_receiver() -> None:
    rows = list(csv.DictReader(io.StringIO(_formats.render(report(), "csv"))))
    assert [row["host"] for row in rows] == ["core", "director", "sw2", "near2", "near4"]
    assert {(row["source_host"], row["source_ip"], row["destination_ip"]) for row in rows} == {
        ("server", "10.30.0.80", "10.20.0.30")
    }


def test_prometheus_has_the_rates() -> None:
    text = _formats.render(report(), "prometheus")
    assert 'netops_layer2_flood_findings{status="flooding",cause="asymmetric_return"} 1\n' in text
    assert 'netops_layer2_flood_received_bits_per_second{host="near2",interface="eth0"} 8369600\n' in text
    assert "netops_layer2_report_timestamp" not in text, "two files of one collector must not share a metric"


def test_the_page_draws_rates_over_time_and_the_ways_and_loads_nothing() -> None:
    page = _formats.render(report(), "html")
    assert page.count("<polyline") == 5 and page.count('class="name"') == 4
    assert not re.search(r"(?:src|href)=|@import|url\((?!#)", page)
    flood = parse_floods(report()).findings[0]
    picture = plot(flood)
    assert picture is not None and len(picture.curves[0].points.split()) == 5
    points = [tuple(map(float, pair.split(","))) for curve in picture.curves for pair in curve.points.split()]
    assert all(0 <= x <= picture.width and 0 <= y <= picture.height for x, y in points)
    assert [arrow.look for arrow in path(flood).arrows] == ["request", "request", "reply", "flood"]


def test_json_is_the_document_and_nothing_runs_away() -> None:
    assert json.loads(_formats.render(report(), "json")) == report()


@pytest.mark.parametrize("name", ["table", "csv", "prometheus", "html"])
def test_names_from_the_network_are_shown_and_nothing_else(name: str) -> None:
    hostile = report(
        reason=HOSTILE,
        evidence=[HOSTILE],
        source={"host": HOSTILE, "ip": HOSTILE},
        receivers=[
            {
                "host": HOSTILE,
                "interface": HOSTILE,
                "bits_per_second": 1.0,
                "packets_per_second": 1.0,
                "interval": 1.0,
                "series": [[1, 1], [1, 2]],
            }
        ],
    )
    text = _formats.render(hostile, name)
    assert "\x1b" not in text and "\u202e" not in text
    if name == "html":
        assert "<script>alert" not in text


@pytest.mark.parametrize(
    "flood",
    [
        {"status": "latent", "receivers": [], "bits_per_second": None, "route": {}, "ageing": {}},
        {"exception": {"reason": "known", "expires": "2999-01-01"}},
        {"receivers": [{"host": "a", "interface": "b", "series": [[1, 2]], "interval": 0}]},
        {
            "route": {
                "request": {"kind": "director", "via": "192.0.2.1", "director": {"host": "lb1"}},
                "reply": {"kind": "on-link", "dev": "eth0"},
            }
        },
    ],
)
def test_what_is_only_partly_known_is_drawn_all_the_same(flood: dict[str, Any]) -> None:
    for name in _formats.FORMATS:
        assert _formats.render(report(**flood), name)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"status": "burning"}, "status"),
        ({"bits_per_second": "much"}, "bits_per_second"),
        ({"receivers": [{"series": [1]}]}, "series"),
        ({"evidence": "none"}, "evidence"),
    ],
)
def test_a_broken_verdict_is_named_by_its_place(change: dict[str, Any], says: str) -> None:
    with pytest.raises(Exception, match=rf"findings\[0\].*{says}"):
        report(**change)


def test_the_summary_decides_whether_the_play_fails() -> None:
    summary = _formats.summary(report(), fail_on=["flooding"])
    assert summary["failures"] == ["flooding asymmetric_return (8.68 Mbit/s): server -> 10.20.0.30"]
    assert summary["counts"]["bits_per_second"] == 8676214
    assert _formats.summary(report(status="latent"), fail_on=["flooding"])["failures"] == []
    with pytest.raises(Exception, match="unknown status"):
        _formats.summary(report(), fail_on=["conflict"])


@pytest.mark.parametrize("deaf", ["cannot_tell", "mirror", None])
def test_a_network_that_nobody_could_listen_to_has_no_verdict_and_fails(deaf: str | None) -> None:
    verdict = flood_verdict([], listened=[{"host": "near1", "interface": "eth0", "verdict": deaf}] if deaf else [])
    made = wrapped(verdict, target="all")
    summary = _formats.summary(made, fail_on=["flooding"])
    assert summary["line"].startswith("NO VERDICT on floods: nobody could listen") and "0 floods" not in summary["line"]
    assert len(summary["failures"]) == 1 and "Listen as root" in summary["failures"][0]
    assert _formats.summary(made, fail_on=[])["failures"] == []
    assert "No flood heard" not in _formats.render(made, "html")
    heard = wrapped(flood_verdict([]), target="all")
    assert _formats.summary(heard, fail_on=["flooding"])["failures"] == []


def test_files_lie_beside_those_of_duplicates_and_only_another_verdict_is_a_change(tmp_path: Path) -> None:
    first = _files.write(report(), str(tmp_path), list(_formats.FORMATS), dry=False)
    assert first.changed and sorted(path.name for path in tmp_path.iterdir()) == [
        f"layer2-flooding{ending}" for ending in sorted(form.ending for form in _formats.FORMATS.values())]
    assert not _files.write(report(bits_per_second=5.0), str(tmp_path), ["json"], dry=False).changed, (
        "rates are never twice the same"
    )
    assert _files.write(report(id="flood-other"), str(tmp_path), ["json"], dry=False).changed
    with pytest.raises(ReportError):
        _formats.render(report(), "odt")
