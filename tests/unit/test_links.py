"""Links of README and docs: which are ours, which lead nowhere, and how a site has them."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
FORGE = "https://github.com/netops/layer2/"
if not TOOLS.is_dir():
    pytest.skip("the artifact holds no tools/", allow_module_level=True)


@pytest.fixture
def links(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(TOOLS))
    monkeypatch.delitem(sys.modules, "links", raising=False)
    return importlib.import_module("links")


@pytest.fixture
def site(links: ModuleType) -> ModuleType:
    sys.modules.pop("docs_site", None)
    return importlib.import_module("docs_site")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "docs" / "pictures").mkdir(parents=True)
    (tmp_path / "docs" / "a.md").write_text(
        '# A page\n## What `x` is, and why\n```\n# no heading\n```\n## Twice\n## Twice\n<a id="v0-1-0"></a>\n'
    )
    return tmp_path


@pytest.mark.parametrize(
    ("text", "is_broken"),
    [
        ("[a](docs/a.md)", False),
        ("[a](docs/b.md)", True),
        ("[a](docs/)", False),
        ("![a](docs/pictures/none.png)", True),
        ("[a](docs/a.md#a-page)", False),
        ("[a](docs/a.md#what-x-is-and-why)", False),
        ("[a](docs/a.md#twice-1)", False),
        ("[a](docs/a.md#twice-2)", True),
        ("[a](docs/a.md#no-heading)", True),
        ("[a](docs/a.md#v0-1-0)", False),
        ("[a](#here)\n# Here", False),
        ("[a](#there)\n# Here", True),
        (f"[a]({FORGE}blob/main/docs/a.md#a-page)", False),
        (f"[a]({FORGE}tree/main/docs/b.md)", True),
        (f"[a]({FORGE}issues)", False),
        ('<source srcset="https://raw.githubusercontent.com/netops/layer2/main/docs/pictures/none.png">', True),
        ('[a](docs/b.md "a title")', True),
        ("[a](https://example.org/docs/b.md)", False),
        ("[a](mailto:b@example.org)", False),
        ("`[a](docs/b.md)`", False),
        ("```\n[a](docs/b.md)\n```", False),
        ("text\n\n    [a](docs/b.md)\n", False),
        ("- text\n    [a](docs/b.md)\n", True),
    ],
)
def test_only_links_of_ours_that_lead_nowhere_are_named(
    links: ModuleType, project: Path, text: str, is_broken: bool
) -> None:
    page = project / "README.md"
    page.write_text(text + "\n")
    found = list(links.broken(page, project))
    assert bool(found) is is_broken and all(line.startswith("README.md:") for line in found), found


@pytest.mark.parametrize(
    ("name", "target", "on_site"),
    [
        ("README.md", f"{FORGE}tree/main/docs/rules.md#a", "docs/rules.md#a"),
        ("docs/rules.md", "../README.md", "../index.md"),
        ("docs/rules.md", "reports.md", "reports.md"),
        ("README.md", f"{FORGE}blob/main/docs/pictures/demo.svg", "docs/pictures/demo.svg"),
        ("docs/rules.md", "../galaxy.yml", f"{FORGE}blob/main/galaxy.yml"),
        ("docs/rules.md", "#here", "#here"),
        ("README.md", "https://pre-commit.com", None),
    ],
)
def test_a_site_stays_on_the_site(site: ModuleType, name: str, target: str, on_site: str | None) -> None:
    pages = frozenset({"README.md", "docs/rules.md", "docs/reports.md"})
    assert site.linked(f"see [a]({target}).", name, pages) == f"see [a]({on_site or target})."


def test_every_page_stands_in_the_contents_once(site: ModuleType) -> None:
    pages = frozenset(
        {
            "README.md",
            "SECURITY.md",
            "docs/rules.md",
            "docs/new.md",
            "docs/reference/index.rst",
            "docs/reference/x_module.rst",
        }
    )
    lines = site.contents(pages).splitlines()
    assert sorted(line for line in lines if line and line[0] not in "`:") == [
        "SECURITY",
        "docs/new",
        "docs/reference/index",
        "docs/rules",
    ]
