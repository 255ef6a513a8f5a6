"""A real headless Chromium for the pages of the report, and whatever they did that they must not do."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def _load_samples() -> Any:
    """The sample reports of the unit tests (their folder is no package that could be imported from here)."""
    path = ROOT / "tests/unit/plugins/plugin_utils/_report/sample_reports.py"
    specification = importlib.util.spec_from_file_location("sample_reports_for_the_browser", path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def samples() -> Any:
    return _load_samples()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    driver = pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    with driver.sync_playwright() as playwright:
        # launch() makes a fresh profile of its own for every run and removes it.
        started = playwright.chromium.launch(executable_path=program, headless=True, args=list(FLAGS))
        yield started
        started.close()


@dataclass
class Opened:
    """A page, and what happened on it."""

    page: Any
    messages: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def shown(self) -> list[str]:
        """The MACs of the findings that are visible, in their order."""
        return [cell.inner_text() for cell in self.page.locator("#table tbody .row th code").all() if cell.is_visible()]


@pytest.fixture
def open_report(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """A function that opens a report document as a file, offline, and checks at the end that nothing bad happened."""
    from ansible_collections.netops.layer2.plugins.plugin_utils._report._formats import render

    opened: list[Opened] = []

    def start(document: dict[str, Any], **options: Any) -> Opened:
        path = tmp_path / f"report{len(opened)}.html"
        path.write_text(render(document, "html"), encoding="utf-8")
        context = browser.new_context(offline=True, accept_downloads=True, **options)
        made = Opened(context.new_page())
        made.page.on("console", lambda message: made.messages.append(message.text))
        made.page.on("pageerror", lambda error: made.messages.append(str(error)))
        made.page.on("dialog", lambda dialog: (made.dialogs.append(dialog.message), dialog.dismiss()))
        made.page.on("request", lambda request: made.requests.append(request.url))
        opened.append(made)
        made.page.goto(path.as_uri())
        return made

    yield start
    for made in opened:
        outside = [url for url in made.requests if not url.startswith(("file:", "blob:"))]
        assert (made.messages, made.dialogs, outside) == ([], [], [])
        assert sum(url.startswith("file:") for url in made.requests) == 1, made.requests
        made.page.context.close()
