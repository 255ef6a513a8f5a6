"""The page: parsed as a browser would, nothing from the network ever becomes a tag, an attribute or a script."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._report._compare import compare
from ansible_collections.netops.layer2.plugins.plugin_utils._report._drawing import (
    BOX_HEIGHT,
    BOX_WIDTH,
    OWNERS_MOST,
    draw,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._report._formats import render
from ansible_collections.netops.layer2.plugins.plugin_utils._report._html import FINDINGS_MOST
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import parse
from hypothesis import given, settings

from .sample_reports import HOSTILE, document, finding, hostile_documents, owner

TAGS = set(
    "html head meta title style body header p h1 h2 h4 time span main ul li b section details summary code form label"
    " input fieldset legend button output table thead tbody tr th td figure svg line rect g text div pre br script"
    .split()
)
ATTRIBUTES = set(
    "lang charset http-equiv content name class datetime aria-label aria-labelledby aria-live aria-keyshortcuts id"
    " hidden type placeholder autocomplete spellcheck value checked scope data-key data-name data-status data-open"
    " data-label data-sort colspan tabindex role viewbox width height x y x1 y1 x2 y2 rx open".split()
)
VOID = {"meta", "input", "br", "line", "rect"}


class Page(HTMLParser):
    """What a browser finds on the page."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.open, self.texts, self.scripts, self.styles = [], set(), [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.update(name for name, _value in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        {"script": self.scripts, "style": self.styles}.get(self.open[-1] if self.open else "", self.texts).append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data!r}")


def page(made):
    return Page(render(made, "html"))


def policy_of(text):
    return re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text).group(1).replace("&#39;", "'")


@settings(max_examples=60, deadline=None)
@given(hostile_documents())
def test_nothing_from_the_network_becomes_markup(hostile):
    text = render(hostile, "html")
    text.encode("utf-8")
    found = Page(text)
    assert set(found.tags) <= TAGS
    assert found.attributes <= ATTRIBUTES
    assert found.tags.count("script") == 2
    assert not found.open
    assert json.loads(found.scripts[0]) == json.loads(json.dumps(hostile))


@pytest.mark.parametrize(
    "text", [text for text in HOSTILE if 0 < len(text) < 100 and text.isprintable() and text.strip()]
)
def test_hostile_names_are_shown_as_text(text):
    found = page(document([finding(owners=[owner("hv1", guest=text)])]))
    assert any(text in shown for shown in found.texts)


def test_the_policy_allows_this_style_and_script_and_nothing_else():
    text = render(document(), "html")
    found = Page(text)
    style, script = "".join(found.styles), found.scripts[-1]
    assert policy_of(text) == (
        f"default-src 'none'; style-src 'sha256-{digest(style)}'; script-src 'sha256-{digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert "style" not in found.attributes
    assert not {"src", "href", "srcset", "action", "formaction"} & found.attributes
    assert not re.search(r"url\(|@import|https?://", style + script)


def digest(text):
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


@pytest.mark.parametrize(
    ("made", "headline"),
    [
        (document([]), "No conflict among the 3 hosts judged."),
        (document([], judged=["hv1"]), "No conflict among the one host judged."),
        (document([finding()]), "1 conflict: machines share a MAC on one segment right now."),
        (
            document([], missing=[{"host": "hv9", "reason": "x"}]),
            "Not clean: 1 host missing. No conflict is proven among the 3 hosts judged.",
        ),
        (
            document([], gaps=[{"host": "hv1", "subset": "guests", "reason": "x"}]),
            "Not clean: 1 gap. No conflict is proven among the 3 hosts judged.",
        ),
        (document([], judged=[], missing=[{"host": "hv9", "reason": "x"}]), "No verdict: no host could be judged."),
    ],
)
def test_the_headline_never_calls_clean_what_was_not_seen(made, headline):
    assert headline in page(made).texts


def test_what_was_not_judged_is_on_the_page():
    text = " ".join(page(document(
        [], missing=[{"host": "hv9", "reason": "unreachable"}],
        gaps=[{"host": "hv2", "subset": "guests", "reason": "denied", "hint": "be root"}],
        quarantined=[{"host": "hv1", "field": "mac[0]", "problem": "broken"}],
        about={"not_asked": ["db1"], "notes": {"hv3": "read without root"}, "limit": "hv*"},
    )).texts)
    for said in (
        "hv9",
        "unreachable",
        "guests",
        "denied",
        "be root",
        "mac[0]",
        "broken",
        "db1",
        "read without root",
        "limit: hv*",
    ):
        assert said in text


def test_the_comparison_is_on_the_page():
    now, earlier = document([finding("a")]), document([finding("b", mac="52:54:00:00:00:0b"), finding("a", "latent")])
    text = " ".join(page({**now, "comparison": compare(parse(now), parse(earlier), "old.json")}).texts)
    for said in ("0 new, 1 still there, 1 gone", "52:54:00:00:00:0b", "was latent", "old.json"):
        assert said in text


def test_more_findings_than_a_browser_likes_are_counted():
    made = document([finding(f"mac-{number}", owners=[]) for number in range(FINDINGS_MOST + 7)])
    assert any("7 more findings are in the JSON and CSV files" in text for text in page(made).texts)


def drawn(owners, **changes):
    return draw(parse(document([finding(owners=owners, **changes)])).findings[0])


def test_everybody_hangs_on_the_bus_of_his_segment():
    picture = drawn(
        [owner("a", segment="one"), owner("b", segment="two", state="shut off"), owner("c", segment="one")],
        status="latent",
    )
    assert [(bus.label, [box.lines[0] for box in bus.boxes]) for bus in picture.buses] == [
        ("one", ["a", "c"]),
        ("two", ["b"]),
    ]
    assert [box.look for bus in picture.buses for box in bus.boxes] == ["up", "up", "off"]


@pytest.mark.parametrize("number", [1, 2, 3, 5, OWNERS_MOST, OWNERS_MOST + 1, 200])
def test_boxes_stay_inside_and_apart_however_many_there_are(number):
    picture = drawn([owner(f"h{index}", segment=f"s{index % 3}") for index in range(number)])
    boxes = [box for bus in picture.buses for box in bus.boxes]
    assert len(boxes) == min(number, OWNERS_MOST)
    assert ("more" in picture.more) == (number > OWNERS_MOST)
    corners = sorted((box.y, box.x) for box in boxes)
    for y, x in corners:
        assert 0 <= x <= picture.width - BOX_WIDTH
        assert 0 <= y <= picture.height - BOX_HEIGHT
        assert not any(abs(x - other_x) < BOX_WIDTH and abs(y - other_y) < BOX_HEIGHT
                       for other_y, other_x in corners if (other_y, other_x) != (y, x))
    rails = [(rail.x1, rail.x2, rail.y1, rail.y2) for bus in picture.buses for rail in bus.rails]
    for bus in picture.buses:
        for tap in bus.taps:
            assert any(x1 <= tap.x1 <= x2 and y1 == y2 == tap.y1 for x1, x2, y1, y2 in rails)


@pytest.mark.parametrize(
    ("state", "look"),
    [
        ("up", "up"),
        ("running", "up"),
        ("shut off", "off"),
        ("down", "off"),
        ("paused", "paused"),
        ("unknown", "unknown"),
        ("odd", "unknown"),
    ],
)
def test_a_state_has_a_look_and_a_word(state, look):
    box = drawn([owner("a", state=state)]).buses[0].boxes[0]
    assert box.look == look
    assert box.state.endswith(state)
