"""What holds for everything drawn: words of strangers neither become markup of a page nor steer a terminal."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import unicodedata
from html.parser import HTMLParser
from xml.etree import ElementTree

from .target import promise

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# All that the templates and drawings write; "fuzz", and what begins with "on", are what inputs try to slip in.
_TAGS = frozenset(
    "html head meta title style script body header footer main section article nav h1 h2 h3 h4 p a b i em strong code"
    " pre span div br hr ul ol li dl dt dd table thead tbody tfoot tr th td caption colgroup col details summary button"
    " input label select option form figure figcaption time small kbd sub sup abbr svg g line path rect circle ellipse"
    " text tspan title desc polyline polygon defs use marker symbol clippath lineargradient stop template noscript"
    " output mark fieldset legend".split()
)


class _Page(HTMLParser):
    """Takes a page apart as a browser does."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        promise(tag in _TAGS, f"a page has no element {tag[:20]}")
        self.scripts += tag == "script"
        for name, value in attrs:
            promise(
                not name.startswith("on") and "fuzz" not in name, f"an element of a page has no attribute {name[:20]}"
            )
            promise(
                name not in ("href", "src", "action") or (value or "").startswith("#"),
                f"a page leads nowhere by {name}",
            )


def check_page(text: str) -> None:
    """TEXT is a page in which nothing but the templates' elements stands."""
    text.encode("utf-8")
    page = _Page()
    page.feed(text)
    page.close()
    promise(page.scripts <= 2, "a page has no script of a stranger")


def check_text(text: str) -> None:
    """TEXT can be printed on a terminal, and written to a file."""
    text.encode("utf-8")
    strange = {char for char in set(text) - {"\n"} if unicodedata.category(char) in _HIDDEN}
    promise(not strange, f"no character of {sorted(map(ascii, strange))[:3]} reaches a terminal")


def check_drawn(name: str, text: str) -> None:
    """TEXT is a report or a trace in the format NAME, in which strangers' words are no more than words."""
    text.encode("utf-8")
    if name == "html":
        check_page(text)
    elif name == "table":
        check_text(text)
    elif name == "junit":
        ElementTree.fromstring(text)
