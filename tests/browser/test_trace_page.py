"""The page of a trace in a real browser: it opens offline, draws every packet and hop, shows hostile names as text, and
fits a telephone.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
from pathlib import Path

import pytest

EVIL = "<img src=x onerror=alert(1)>"
GOLDEN = Path(__file__).resolve().parents[1] / "unit/plugins/plugin_utils/_trace/golden"


@pytest.fixture(scope="module")
def trace():
    """What real captures say of a switch that drops frames."""
    from ansible_collections.netops.layer2.plugins.plugin_utils._trace._run import correlate

    return correlate([str(GOLDEN / f"lossy-{name}.pcap") for name in ("client", "switch", "guest")])


@pytest.fixture
def open_trace(browser, tmp_path):
    """A function that opens the page of a trace as a file, offline, and checks at the end that it did nothing else."""
    from ansible_collections.netops.layer2.plugins.plugin_utils._trace._html import render

    opened = []

    def start(document, **options):
        path = tmp_path / f"trace{len(opened)}.html"
        path.write_text(render(document), encoding="utf-8")
        context = browser.new_context(offline=True, **options)
        page, seen = context.new_page(), []
        page.on("console", lambda message: seen.append(message.text))
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.on("dialog", lambda dialog: (seen.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: None if request.url == path.as_uri() else seen.append(request.url))
        opened.append((context, seen))
        page.goto(path.as_uri())
        return page

    yield start
    for context, seen in opened:
        assert seen == []
        context.close()


def test_the_verdict_the_ladder_and_the_charts_are_there(open_trace, trace):
    page = open_trace(trace)
    assert page.inner_text("h1") == trace["verdict"]["sentence"]
    assert page.locator("svg.ladder .step").count() == len(trace["ladder"])
    lost = sum(row["lost_after"] is not None for row in trace["ladder"])
    assert page.locator("svg.ladder .cross").count() == lost > 0
    assert page.locator("svg.chart").count() == 4
    assert page.locator("svg.chart .bar").count() >= 5
    assert "8 (19 %)" in page.inner_text("table.hops >> nth=0")
    # The style is there although the policy forbids all but its hash: a lost packet's cross has the colour of trouble.
    assert page.locator("svg .cross").first.evaluate("e => getComputedStyle(e).stroke") == "rgb(179, 22, 27)"
    box = page.locator("svg.ladder").bounding_box()
    assert box["width"] > 500 and box["height"] > 500


def test_five_points_and_their_packets_fit_on_a_desk(open_trace, trace):
    """As many as incident 1 has: what a packet is stands at the end of its line, and was cut off there."""
    wide = copy.deepcopy(trace)
    wide["points"] += [{**trace["points"][0], "point": f"beside{number}", "beside": True} for number in (1, 2)]
    page = open_trace(wide, viewport={"width": 1280, "height": 900})
    assert page.locator("svg.ladder .post").count() == 5
    assert (
        page.evaluate("(box => box.scrollWidth - box.clientWidth)(document.querySelector('svg.ladder').parentElement)")
        <= 0
    )
    edge = page.locator("svg.ladder").bounding_box()
    assert all(
        box["x"] + box["width"] <= edge["x"] + edge["width"]
        for box in (text.bounding_box() for text in page.locator("svg.ladder text").all())
    )


def test_all_charts_have_one_axis_of_time(open_trace, trace):
    page = open_trace(trace)
    ends = {tuple(chart.locator("text.soft").all_text_contents()[2:]) for chart in page.locator("svg.chart").all()}
    assert len(ends) == 1 and all(text.endswith(" s") for text in next(iter(ends)))


def test_hostile_names_are_text(open_trace, trace):
    hostile = copy.deepcopy(trace)
    for point in hostile["points"]:
        point["label"] = EVIL
    hostile["verdict"] |= {"sentence": EVIL, "evidence": [EVIL]}
    hostile["gaps"] = [{"host": EVIL, "subset": EVIL, "reason": EVIL, "hint": EVIL}]
    for row in hostile["ladder"]:
        row["what"] = EVIL
    page = open_trace(hostile)
    assert page.inner_text("h1") == EVIL
    assert page.locator("img").count() == 0 and page.locator("script").count() == 1


def test_without_packets_it_says_what_was_seen(open_trace, trace):
    from ansible_collections.netops.layer2.plugins.plugin_utils._trace._run import correlate

    page = open_trace(
        correlate(
            [str(GOLDEN / f"lossy-{name}.pcap") for name in ("client", "guest")],
            source="198.51.100.1",
            destination="198.51.100.2",
        )
    )
    assert "goes between the two ends" in page.inner_text("h1")
    assert page.locator("svg").count() == 0
    assert page.locator("h2").all_text_contents() == ["What was not seen", "As text"], (
        "no heading without anything below it"
    )


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_scrolls_only_its_drawings(open_trace, trace, width, scheme):
    page = open_trace(trace, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
