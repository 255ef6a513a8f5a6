"""The page on floods in a real browser: pictures that can be read, offline, on telephones, in both schemes, with
hostile names as text.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._report._compare import compare
from ansible_collections.netops.layer2.plugins.plugin_utils._report._formats import opened as typed

from .test_report_page import CONTRAST, EVIL

# Boxes of pieces of text that lie over each other, and those that lie beyond the picture.
COLLISIONS = """(svg) => {
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")].filter((one) => one.textContent.trim());
    const boxes = texts.map((one) => ({ text: one.textContent, box: one.getBoundingClientRect() }));
    const beyond = boxes.filter(
        ({ box }) => box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1);
    const over = [];
    boxes.forEach((one, index) => boxes.slice(index + 1).forEach((other) => {
        const [a, b] = [one.box, other.box];
        if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 4 && b.top < a.bottom - 4) {
            over.push([one.text, other.text]);
        }
    }));
    return { beyond: beyond.map(({ text }) => text), over };
}"""


def _several(samples, count=12):
    receivers = [
        samples.receiver(f"host{number}.example.com", 9e8 / (number + 1), interface="bond0.100")
        for number in range(count)
    ]
    return samples.wrapped(
        samples.flood_verdict(
            [samples.flood(receivers=receivers, bits_per_second=9e8), samples.flood("flood-2", "latent")]
        )
    )


def test_a_flood_is_told_and_drawn(open_report, samples):
    page = open_report(samples.wrapped(samples.flood_verdict())).page
    assert page.inner_text("h1") == "1 flood: 2 interfaces receive up to 8 Mbit/s of others' traffic."
    assert page.locator("svg.path text.name").all_text_contents() == [
        "client",
        "server",
        "gateway",
        "director",
        "flooded: 2 hosts",
    ]
    assert page.locator("svg.plot polyline").count() == 2
    assert (
        "through the gateway 192.0.2.1 and the director director (tunnel)"
        in page.locator("figcaption").first.inner_text()
    )
    # The style is there although the policy forbids all but its hash, the arrow's head has the colour of its line.
    colours = [page.locator(place).first.evaluate("e => getComputedStyle(e)[e.tagName === 'line' ? 'stroke' : 'fill']")
               for place in ("svg.path line.reply", "marker.reply path")]
    assert colours == ["rgb(179, 22, 27)"] * 2


def test_the_curve_is_where_the_rates_are(open_report, samples):
    """9 Mbit/s on an axis up to 10, half the time at a third of it."""
    steps = [[1, 1_125_000]] * 5 + [[1, 375_000]] * 5
    found = samples.flood(receivers=[samples.receiver(series=steps)])
    page = open_report(samples.wrapped(samples.flood_verdict([found]))).page
    ticks = page.locator("svg.plot text[text-anchor=end]").all_text_contents()
    assert (ticks[0], ticks[-1]) == ("0 bit/s", "10 Mbit/s")
    lines = [float(line.get_attribute("y1")) for line in page.locator("svg.plot .grid").all()]
    points = [
        tuple(map(float, point.split(","))) for point in page.get_attribute("svg.plot polyline", "points").split()
    ]
    shares = [(lines[0] - y) / (lines[0] - lines[-1]) for _x, y in points]
    assert shares[:5] == pytest.approx([0.9] * 5, abs=0.01) and shares[5:] == pytest.approx([0.3] * 5, abs=0.01)
    assert [x for x, _y in points] == sorted(x for x, _y in points)


@pytest.mark.parametrize("bits", [1.0, 999.0, 8_420_000.0, 812_000_000.0, 1e9, 3.7e10])
def test_nothing_in_the_pictures_lies_over_anything_else(open_report, samples, bits):
    receivers = [samples.receiver("a-host-with-a-long-name.example.com", bits), samples.receiver("near2", bits / 3)]
    made = samples.wrapped(samples.flood_verdict([samples.flood(receivers=receivers, bits_per_second=bits)]))
    page = open_report(made, viewport={"width": 1280, "height": 900}).page
    for picture in ("svg.path", "svg.plot"):
        assert page.locator(picture).first.evaluate(COLLISIONS) == {"beyond": [], "over": []}


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_width_and_can_be_read_in_both_schemes(open_report, samples, width, scheme):
    page = open_report(_several(samples), viewport={"width": width, "height": 800}, color_scheme=scheme).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CONTRAST) == []
    # Letters in the pictures stay of a size that can be read; a telephone moves the picture sideways.
    assert page.locator("svg.path").first.bounding_box()["width"] >= 560 or width >= 1280


def test_wide_screens_show_both_pictures_side_by_side(open_report, samples):
    page = open_report(_several(samples), viewport={"width": 1280, "height": 800}).page
    ways, rates = (page.locator(place).first.bounding_box() for place in ("svg.path", "svg.plot"))
    assert rates["x"] > ways["x"] + ways["width"] and abs(rates["y"] - ways["y"]) < 10


def test_pictures_are_told_to_those_who_cannot_see_them(open_report, samples):
    page = open_report(samples.wrapped(samples.flood_verdict())).page
    for picture in page.locator("figure > svg").all():
        title = page.locator(f"#{picture.get_attribute('aria-labelledby')}")
        assert picture.get_attribute("role") == "img" and len(title.text_content()) > 20
    assert "The request of client goes through the gateway" in page.locator("svg.path title").first.text_content()
    # Lines are told apart without colour, too.
    dashes = [line.get_attribute("stroke-dasharray") for line in page.locator("svg.plot polyline").all()]
    assert len(set(dashes)) == len(dashes)


def test_more_receivers_than_lines_are_counted_and_listed(open_report, samples):
    page = open_report(_several(samples)).page
    assert page.get_by_text("and 4 more receivers, listed below").is_visible()
    assert page.locator("#table > tbody").first.locator("table.owners tbody tr").count() == 12


def test_a_latent_finding_has_no_plot(open_report, samples):
    page = open_report(samples.wrapped(samples.flood_verdict([samples.flood(status="latent")]))).page
    assert page.locator("svg.plot").count() == 0 and page.locator("svg.path").count() == 1
    assert page.inner_text("h1").startswith("No flood heard by 2 hosts, 1 that wait to happen")


def test_every_command_of_a_fix_is_a_line(open_report, samples):
    fix = (
        "ansible-playbook netops.layer2.fix_return_path\nor by hand on server:\nip route add default via 192.0.2.1 dev"
        " eth0 table 1001"
    )
    page = open_report(samples.wrapped(samples.flood_verdict([samples.flood(fix=fix)]))).page
    assert page.locator(".fix pre").inner_text().strip().splitlines() == fix.splitlines()


def test_hostile_names_are_text_everywhere(open_report, samples):
    texts = [text for text in samples.HOSTILE if text.strip()]
    found = [
        samples.flood(
            f"f{number}",
            reason=text,
            evidence=[text],
            fix=text,
            source={"host": text, "ip": text, "mac": text},
            destination={"host": text, "ip": text, "segment": text},
            receivers=[samples.receiver(text, interface=text)],
            route={
                "reply": {"kind": text, "dev": text},
                "request": {"kind": text, "via": text, "director": {"host": text}},
            },
        )
        for number, text in enumerate(texts)
    ]
    made = samples.wrapped(samples.flood_verdict(found, missing=[{"host": EVIL, "reason": EVIL}]))
    opened = open_report(made, viewport={"width": 1280, "height": 900})
    assert opened.page.locator("script").count() == 2 and opened.dialogs == []
    assert opened.page.locator("img, iframe, a, object, embed, link").count() == 0
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert json.loads(opened.page.locator("#report").text_content()) == json.loads(json.dumps(made))


@pytest.mark.parametrize("width", [320, 1280])
def test_what_changed_since_an_earlier_report_is_told_and_fits(open_report, samples, width):
    name = "server-" + "x" * 60 + ".example.com"
    now = samples.wrapped(samples.flood_verdict([samples.flood("a"), samples.flood("b", source={"host": name})]))
    earlier = samples.wrapped(
        samples.flood_verdict(
            [
                samples.flood("b", bits_per_second=5e6),
                samples.flood("c", source={"host": name}),
                samples.flood("d", receivers=[samples.receiver(name)]),
            ]
        )
    )
    made = {**now, "comparison": compare(typed(now), typed(earlier), "/var/lib/" + name)}
    page = open_report(made, viewport={"width": width, "height": 800}).page
    assert [mark.strip() for mark in page.locator(".row .change").all_text_contents()] == [
        "new",
        "still there, 5 Mbit/s before",
    ]
    assert page.get_by_text("1 new, 1 still there, 1 gone, 1 not checked again.").is_visible()
    assert page.locator("details summary").all_text_contents()[:2] == ["Gone: 1", "Not checked again: 1"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width and page.evaluate(CONTRAST) == []


def test_nothing_heard_still_says_who_listened_and_who_could_not(open_report, samples):
    made = samples.flood_verdict(
        [],
        gaps=[{"host": "near1", "subset": "flood_sample", "reason": "cannot tell whether it is flooded"}],
        not_sampled=[{"host": "server", "reason": "no flood sample was gathered"}],
    )
    made["summary"]["interfaces_cannot_tell"] = 1
    page = open_report(samples.wrapped(made)).page
    headline = page.inner_text("h1")
    assert headline.startswith("No flood heard by 2 hosts; ") and headline.endswith("1 interface cannot tell, 1 gap.")
    assert page.get_by_text("cannot tell whether it is flooded").is_visible()
    assert page.get_by_text("no flood sample was gathered").is_visible()


def test_addresses_are_told_apart_by_their_macs(open_report, samples):
    page = open_report(samples.wrapped(samples.address_verdict())).page
    assert page.inner_text("h1") == "1 conflict: machines have one IP address on one segment right now."
    assert page.locator("svg .owner text").all_text_contents()[3::5] == [samples.TWINS, "52:54:00:00:00:02"]
    assert page.locator("table.owners td code").all_text_contents() == [samples.TWINS, "52:54:00:00:00:02"]
    assert page.locator("#table tbody .row th code").inner_text() == "192.168.100.9"
