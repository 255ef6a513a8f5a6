"""Build the documentation as a site in .build/site/html: README, docs/ with the reference of plugins and roles, and the
READMEs of the roles.

Usage: .venv/docs/bin/python tools/docs_site.py
Any warning of Sphinx fails, a link within the site that leads nowhere among them. Nothing is fetched.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import links
import place

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / ".build" / "site"
SOURCE, EXTRA, HTML = SITE / "source", SITE / "extra", SITE / "html"
FORGE = "https://github.com/netops/layer2/blob/main/"
RAW = "https://raw.githubusercontent.com/netops/layer2/main/"
# Pages of the project's own workshop, which readers of a site do not need.
LEFT_OUT = re.compile(r"^(\.github|tests)/")
PARTS = (
    ("Guides", r"docs/guide_.*|docs/upgrade\.md|docs/glossary\.md|docs/contents\.md"),
    ("Reading and judging", r"docs/(snapshot|scan|captures|flooding|findings|rules|reports)\.md|docs/.*switch.*\.md"),
    ("Changing hosts", r"docs/(commit_confirm|pins|policy_route|network_managers)\.md"),
    ("Roles", r"roles/.*"),
    ("Trust", r"docs/(threat_model|privileges)\.md|SECURITY\.md"),
    ("Reference", r"docs/reference/index\.rst"),
    ("The project", r".*\.md"),
)
SETTINGS = """# Settings of the site, written by tools/docs_site.py.
project = "netops.layer2"
author = copyright = "netops.layer2 contributors"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
root_doc = "index"
myst_heading_anchors = 6
html_theme = "furo"
html_title = "netops.layer2"
html_extra_path = ["../extra"]
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = html_show_sourcelink = html_show_sphinx = False
# Code samples are of many kinds, and plain where no lexer fits.
highlight_language = "none"
suppress_warnings = ["misc.highlighting_failure", "myst.header"]
"""
# Output of terminals is wider than prose.
STYLE = ".content { width: 60em }\n"


def documents() -> list[str]:
    """Names of the pages that become a part of the site."""
    return [
        name
        for name in place.source_files()
        if not LEFT_OUT.match(name) and (name.endswith(".md") or name.startswith("docs/reference/"))
    ]


def on_site(name: str) -> str:
    """Where the page NAME stands on the site."""
    return "index.md" if name == "README.md" else name


def linked(text: str, name: str, pages: frozenset[str]) -> str:
    """The TEXT of page NAME with its links to pages of the site made relative, and those to other files of the project
    led to the forge.
    """

    def repaired(found: re.Match[str]) -> str:
        target = found[2] or found[4]
        local = links.within(target, ROOT / name)
        if local is None or target.startswith("#"):
            return found[0]
        path, anchor = local
        file = os.path.relpath(path, ROOT)
        if file.startswith("docs/pictures/"):
            return (found[1] or found[3]) + os.path.relpath(file, os.path.dirname(name) or ".")
        if file not in pages:
            return (found[1] or found[3]) + FORGE + file
        relative = os.path.relpath(on_site(file), os.path.dirname(on_site(name)) or ".")
        return (found[1] or found[3]) + relative + (f"#{anchor}" if anchor else "")

    return links.LINK.sub(repaired, text)


def contents(pages: frozenset[str]) -> str:
    """The table of contents, in parts; each page stands in the first part that fits."""
    rest = {on_site(name).rpartition(".")[0]: name for name in sorted(pages) if on_site(name) != "index.md"}
    lines = []
    for title, pattern in PARTS:
        chosen = [
            page
            for page, name in rest.items()
            if re.fullmatch(pattern, name) and ("reference/" not in name or title == "Reference")
        ]
        lines += ["", "```{toctree}", ":hidden:", f":caption: {title}", "", *chosen, "```"]
        rest = {page: name for page, name in rest.items() if page not in chosen}
    return "\n".join(lines) + "\n"


def write_sources() -> None:
    """Lay out what Sphinx reads."""
    shutil.rmtree(SITE, ignore_errors=True)
    pages = frozenset(documents())
    for name in sorted(pages):
        text = (ROOT / name).read_text(encoding="utf-8")
        if name.endswith(".md"):
            text = linked(text, name, pages)
        elif not name.endswith("/index.rst"):
            text = f":orphan:\n\n{text}"
        if name == "README.md":
            text += contents(pages)
        page = SOURCE / on_site(name)
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
    for folder in (SOURCE, EXTRA):  # for Markdown, and for the HTML in it, which Sphinx passes on as it is
        shutil.copytree(ROOT / "docs" / "pictures", folder / "docs" / "pictures")
    (SOURCE / "_static").mkdir()
    (SOURCE / "_static" / "site.css").write_text(STYLE, encoding="utf-8")
    (SOURCE / "conf.py").write_text(SETTINGS, encoding="utf-8")


def main() -> int:
    """Build the site; Sphinx' exit status is ours."""
    write_sources()
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-q",
        "-b",
        "html",
        "-d",
        str(SITE / "doctrees"),
        str(SOURCE),
        str(HTML),
    ]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)
    if done.returncode == 0:
        print(f"the site: {HTML / 'index.html'}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
