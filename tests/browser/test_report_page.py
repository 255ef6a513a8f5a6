"""The HTML report in a real browser: it opens offline, finds, sorts, shows hostile names as text and asks nobody for
anything.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

EVIL = "<script>alert(1)</script>"


def fleet(samples, count):
    """COUNT findings, a quarter of them conflicts, each with a MAC, a guest and a host of its own."""
    kinds = ("conflict", "latent", "suspected", "shared")
    return samples.document(
        [
            samples.finding(
                f"mac-{number}",
                kinds[number % 4],
                mac=f"52:54:00:00:00:{number:02x}",
                segment=f"10.0.{number}.0/24",
                owners=[
                    samples.owner(f"hv{number}", guest=f"guest{number}"),
                    samples.owner("twin", state="shut off", guest="copy"),
                ],
            )
            for number in range(count)
        ]
    )


def test_one_conflict_is_open_at_once_with_its_drawing(open_report, samples):
    page = open_report(samples.document()).page
    assert page.inner_text("h1") == "1 conflict: machines share a MAC on one segment right now."
    assert page.locator(".detail").is_visible()
    box = page.locator("svg.drawing").bounding_box()
    assert box["width"] > 200 and box["height"] > 80
    assert page.locator("svg .owner").count() == 2
    assert page.locator("svg .owner.up .name").all_text_contents() == ["web30", "web25"]
    assert page.locator("svg .bus").count() == 1
    # The style is there although the policy forbids all but its hash: the box has the colour of `up`.
    assert page.locator("svg .owner.up rect").first.evaluate("e => getComputedStyle(e).fill") == "rgb(23, 78, 166)"


def test_search_filters_the_findings(open_report, samples):
    opened = open_report(fleet(samples, 40))
    assert len(opened.shown()) == 40
    opened.page.keyboard.press("/")
    opened.page.keyboard.type("guest17")
    assert opened.shown() == ["52:54:00:00:00:11"]
    assert opened.page.inner_text("#count") == "1 of 40 shown"
    opened.page.fill("#search", "10.0.5.0 HV5")
    assert opened.shown() == ["52:54:00:00:00:05"]
    opened.page.fill("#search", "nowhere at all")
    assert opened.shown() == []
    opened.page.click("#reset")
    assert len(opened.shown()) == 40


@pytest.mark.parametrize(
    "word", ["5254.0000.0011", "5254-0000-0011", "52-54-00-00-00-11", "525400000011", "0000.0011", "52:54:00:00:00:11"]
)
def test_a_mac_is_found_as_a_switch_writes_it(open_report, samples, word):
    opened = open_report(fleet(samples, 40))
    opened.page.fill("#search", word.upper())
    assert opened.shown() == ["52:54:00:00:00:11"]


def test_of_several_ways_to_fix_it_the_playbook_is_copied(open_report, samples):
    """Pasted as a whole, the words between the commands would be taken for commands."""
    fix = "ansible-playbook netops.layer2.fix_dup_mac\nor by hand on hv1:\nvirsh define nic.xml"
    for shown, copied in ((fix, fix.splitlines()[0]), ("on web: ip link set eth0 up", "on web: ip link set eth0 up")):
        page = open_report(
            samples.document([samples.finding("mac-1", fix=shown)]), permissions=["clipboard-read", "clipboard-write"]
        ).page
        page.click("button.copy")
        page.wait_for_selector("button.copy:text('Copied')")
        assert page.evaluate("navigator.clipboard.readText()") == copied


def test_a_finding_without_owner_says_so(open_report, samples):
    page = open_report(samples.document([samples.finding("mac-1", "suspected", owners=[])])).page
    assert page.inner_text("#table .row td[data-label=Owners]") == "nobody who was asked"


def test_statuses_can_be_left_out(open_report, samples):
    opened = open_report(fleet(samples, 8))
    opened.page.uncheck("input[value=latent]")
    opened.page.uncheck("input[value=shared]")
    assert opened.shown() == [f"52:54:00:00:00:{number:02x}" for number in (0, 4, 2, 6)]


def test_sorting_goes_both_ways_and_takes_the_details_along(open_report, samples):
    opened = open_report(fleet(samples, 12))
    button = opened.page.locator("th[data-key=mac] button")
    button.click()
    everything = [f"52:54:00:00:00:{number:02x}" for number in range(12)]
    assert opened.shown() == everything
    assert opened.page.get_attribute("th[data-key=mac]", "aria-sort") == "ascending"
    button.click()
    assert opened.shown() == everything[::-1]
    first = opened.page.locator("#table tbody").first
    first.locator(".toggle").click()
    assert "hv11" in first.locator(".detail").inner_text()
    opened.page.locator("th[data-key=segment] button").click()
    assert opened.shown() == everything


def test_the_keyboard_is_enough(open_report, samples):
    page = open_report(fleet(samples, 5)).page
    toggle = page.locator(".toggle").nth(2)
    assert toggle.get_attribute("aria-expanded") == "false"
    toggle.focus()
    page.keyboard.press("Enter")
    assert toggle.get_attribute("aria-expanded") == "true"
    assert page.locator(".detail").nth(2).is_visible()
    page.keyboard.press("Space")
    assert not page.locator(".detail").nth(2).is_visible()
    outline = toggle.evaluate("e => getComputedStyle(e).outlineStyle")
    assert outline == "solid"


def test_all_details_open_and_close(open_report, samples):
    page = open_report(fleet(samples, 6)).page
    page.click("#expand")
    assert page.locator(".detail:visible").count() == 6
    page.click("#expand")
    assert page.locator(".detail:visible").count() == 0


def test_a_hostile_guest_is_text_and_runs_nothing(open_report, samples):
    opened = open_report(
        samples.document([samples.finding(owners=[samples.owner("hv1", guest=EVIL)], segment=EVIL, fix=EVIL)])
    )
    assert f"hv1/{EVIL}" in opened.page.inner_text(".row")
    assert EVIL in opened.page.inner_text("table.owners")
    assert opened.page.locator("script").count() == 2
    assert opened.dialogs == []


def test_every_hostile_text_everywhere_at_once(open_report, samples):
    texts = [text for text in samples.HOSTILE if text.strip()]
    found = [
        samples.finding(
            f"e{number}",
            mac=text,
            reason=text,
            segment=text,
            evidence=[text],
            fix=text,
            cause_text=text,
            confidence=text,
            owners=[samples.owner(text, guest=text, interface=text, addresses=[text], state=text, segment=text)],
        )
        for number, text in enumerate(texts)
    ]
    made = samples.document(found, missing=[{"host": text, "reason": text} for text in texts])
    opened = open_report(made, viewport={"width": 1280, "height": 900})
    opened.page.click("#expand")
    opened.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert opened.page.locator("script").count() == 2
    assert opened.page.locator("img, iframe, a, object, embed, link").count() == 0
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_the_policy_stops_a_script_that_would_get_in(open_report, samples):
    opened = open_report(samples.document())
    ran = opened.page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.gotIn = true";
        document.body.append(script);
        return window.gotIn === true;
    }""")
    assert ran is False
    assert len(opened.messages) == 1 and "Content Security Policy" in opened.messages.pop()


def test_the_data_of_the_page_can_be_saved(open_report, samples):
    made = samples.document([samples.finding(owners=[samples.owner("hv1", guest="</script><!--")])])
    page = open_report(made).page
    with page.expect_download() as download:
        page.click("#save")
    assert json.loads(download.value.path().read_text()) == made


def test_without_scripts_everything_is_shown(open_report, samples):
    page = open_report(fleet(samples, 6), java_script_enabled=False).page
    assert page.locator(".detail:visible").count() == 6
    assert not page.locator("#controls").is_visible()


def test_nothing_found_still_says_what_was_seen(open_report, samples):
    page = open_report(samples.document([], missing=[{"host": "hv9", "reason": "unreachable: timed out"}])).page
    assert page.inner_text("h1") == "Not clean: 1 host missing. No conflict is proven among the 3 hosts judged."
    assert page.get_by_text("unreachable: timed out").is_visible()


def test_ten_thousand_hosts_are_folded_away(open_report, samples):
    page = open_report(samples.document([], judged=[f"host{number}" for number in range(10000)])).page
    assert page.evaluate("document.documentElement.scrollHeight") < 2000
    page.click("summary:has-text('Hosts judged: 10000')")
    assert page.get_by_text("host9999").is_visible()


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_width_and_can_be_read_in_both_schemes(open_report, samples, width, scheme):
    page = open_report(fleet(samples, 6), viewport={"width": width, "height": 800}, color_scheme=scheme).page
    page.click("#expand")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    poor = page.evaluate(CONTRAST)
    assert poor == []


# WCAG 2.2, 1.4.3: at least 4.5 to 1 between text and what is behind it.
CONTRAST = """() => {
    const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = (colour) => {
        const linear = (v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
        const [r, g, b] = parts(colour).map((v) => linear(v / 255));
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const behind = (element) => {
        for (let e = element; e; e = e.parentElement) {
            const colour = getComputedStyle(e).backgroundColor;
            if ((parts(colour)[3] ?? 1) > 0) { return colour; }
        }
        return "rgb(255, 255, 255)";
    };
    const found = [];
    const words = "h1, h2, h4, p, td, th, li:not(.zero), code, .status, .hint, button, summary, pre, label";
    for (const element of document.querySelectorAll(words)) {
        if (!element.textContent.trim() || !element.checkVisibility()) { continue; }
        const [one, two] = [light(getComputedStyle(element).color), light(behind(element))].sort((a, b) => b - a);
        const ratio = (one + .05) / (two + .05);
        if (ratio < 4.5) {
            found.push(element.className + " " + element.textContent.trim().slice(0, 30) + " " + ratio.toFixed(2));
        }
    }
    return found;
}"""


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [794, 1280])  # a sheet of A4 is as narrow as a telephone in this respect
def test_on_paper_everything_is_open(open_report, samples, scripts, width):
    many = [{"host": f"hv{number}", "reason": f"reason {number}"} for number in range(12)]
    made = samples.document(
        [samples.finding(f"mac-{number}", "latent") for number in range(4)], missing=many, about={"not_asked": ["db1"]}
    )
    page = open_report(made, viewport={"width": width, "height": 1000}, java_script_enabled=scripts).page
    places = (".detail .reason", "table.owners", "details .names", "details table td")
    page.emulate_media(media="print")
    for place in places:
        boxes = [one.bounding_box() for one in page.locator(place).all()]
        assert boxes and all(box and box["height"] > 5 for box in boxes), place
    assert page.locator("button").count() == 0 or not page.locator("button").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_was_folded_opens_for_a_printer_and_is_folded_again(open_report, samples):
    page = open_report(samples.document()).page
    states = "[...document.querySelectorAll('details')].map((one) => one.open)"
    before = page.evaluate(states)
    page.evaluate("addEventListener('beforeprint', () => { window.printed = " + states + "; })")
    assert page.pdf().startswith(b"%PDF") and page.evaluate("window.printed") == [True] * len(before)
    assert not all(before) and page.evaluate(states) == before


def test_what_is_told_of_many_hosts_in_few_rows_says_so(open_report, samples):
    gaps = [{"host": f"hv{number}", "subset": "guests", "reason": "virsh is not there"} for number in range(8)]
    page = open_report(samples.document([], gaps=gaps)).page
    assert page.locator(".trouble summary").inner_text() == "Not read: 8, for 1 reason"
