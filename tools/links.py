"""Links of README, docs and the other Markdown files: those to files and headings of this project must lead somewhere.
Nothing is fetched.

Usage: .venv/test/bin/python tools/links.py
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import place

ROOT = Path(__file__).resolve().parent.parent
# Galaxy shows the README without the files beside it, so it names this project's files by their addresses.
FORGE = re.compile(
    r"https://(?:github\.com/netops/layer2/(?:blob|tree)|raw\.githubusercontent\.com/netops/layer2)/main/"
)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# [text](target), [text](target "title"), ![picture](target); src, srcset and href of HTML.
LINK = re.compile(r"(\]\(<?)([^\s()<>]+)(?=>?(?:\s+\"[^\"]*\")?\))|((?:src|srcset|href)=\")([^\"]+)(?=\")")
FENCE = re.compile(r"^\s*(```|~~~)")
NAMED = re.compile(r"<a (?:id|name)=\"([^\"]+)\"")
HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
SPAN = re.compile(r"(`+)(?:.*?)\1")


def prose(text: str) -> Iterator[tuple[int, str]]:
    """(number, line) of Markdown TEXT outside of code: fenced or indented blocks, and `spans`, which are blanked."""
    fenced, before = False, ""
    for number, line in enumerate(text.splitlines(), 1):
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced and not (line.startswith("    ") and (not before or before.startswith("    "))):
            yield number, SPAN.sub(lambda found: " " * len(found[0]), line)
        before = line if line.strip() else ""


def targets(text: str) -> Iterator[tuple[int, str]]:
    """(line, target) of each link of Markdown TEXT."""
    for number, line in prose(text):
        for found in LINK.finditer(line):
            yield number, found[2] or found[4]


def anchors(text: str) -> set[str]:
    """The anchors of the headings of Markdown TEXT, as forges make them, and those that are written out."""
    seen: Counter[str] = Counter()
    found = set(NAMED.findall(text))
    fenced = False
    for line in text.splitlines():
        fenced ^= bool(FENCE.match(line))
        heading = None if fenced else HEADING.match(line)
        if heading:
            slug = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[2]).lower()).replace(
                " ", "-"
            )
            found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
            seen[slug] += 1
    return found


def within(target: str, page: Path, root: Path = ROOT) -> tuple[Path, str] | None:
    """(file or folder, anchor) that TARGET on PAGE names in the project ROOT; None for all elsewhere."""
    local = FORGE.match(target)
    rest = target[local.end():] if local else target
    if not local and ELSEWHERE.match(target):
        return None
    path, _mark, anchor = rest.partition("#")
    base = root if local or path.startswith("/") else page.parent
    return (Path(os.path.normpath(base / path.lstrip("/"))) if path else page), anchor


def broken(page: Path, root: Path = ROOT) -> Iterator[str]:
    """A line for each link on PAGE that leads nowhere."""
    for number, target in targets(page.read_text(encoding="utf-8")):
        found = within(target, page, root)
        if found is None:
            continue
        path, anchor = found
        where = f"{page.relative_to(root)}:{number}: {target}"
        if not path.exists():
            yield f"{where}: there is no {os.path.relpath(path, root)}"
        elif anchor and path.suffix == ".md" and anchor not in anchors(path.read_text(encoding="utf-8")):
            yield f"{where}: {path.relative_to(root)} has no heading of that name"


def pages(root: Path = ROOT) -> Iterable[Path]:
    """All Markdown files of the project."""
    return (root / name for name in place.source_files() if name.endswith(".md"))


def main() -> int:
    """Name every broken link."""
    looked = list(pages())
    found = [line for page in looked for line in broken(page)]
    print("\n".join([*found, f"{len(looked)} pages, {len(found)} broken links"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
