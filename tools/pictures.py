"""Make the README's pictures out of a demo's own run: its report in light and dark, and its output as an animation.

Usage: .venv/test/bin/python tools/pictures.py
Runs `make demo` (as root; it boots guests) and shows what it prints meanwhile. The report is the one that it leaves in
reports/demo.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "reports" / "demo" / "found" / "layer2-report.html"
PICTURES = ROOT / "docs" / "pictures"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT = 1180, 760            # pixels of the report's picture
ROWS, COLUMNS, LINE, CHAR = 26, 118, 17, 8.1  # of the terminal; pixels of a line and of a character
LONGEST_PAUSE = 1.5                  # seconds of the animation; the demo boots guests meanwhile
STAY = 6.0                           # seconds at the end


def photograph(report: Path, folder: Path) -> None:
    """Open REPORT in a real browser, and save its first screen in both colour schemes."""
    from playwright import sync_api  # only here: the checks of this file need no browser

    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise SystemExit("no Chromium on this machine (Debian: apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme)
            page.goto(report.as_uri())
            page.screenshot(path=str(folder / f"report-{scheme}.png"))
        browser.close()


def recorded(command: list[str]) -> list[tuple[float, str]]:
    """(second of the run, line) of all that COMMAND prints, shown meanwhile; SystemExit if it fails."""
    begin, lines = time.monotonic(), []
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        for line in running.stdout or ():
            print(line, end="", flush=True)
            lines.append(
                (time.monotonic() - begin, line.rstrip().replace(str(ROOT), ROOT.name))
            )  # nobody needs to know where
    if running.returncode:
        raise SystemExit(
            f"{' '.join(command)} ended with status {running.returncode}: no pictures of a run that failed"
        )
    return lines


def shortened(lines: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """LINES in the time of the animation: long pauses are cut short, long lines go on below, as in a terminal."""
    clock = before = 0.0
    found = []
    for at, line in lines:
        clock += min(at - before, LONGEST_PAUSE)
        before = at
        found += [(clock, line[start : start + COLUMNS]) for start in range(0, len(line), COLUMNS) or (0,)]
    return found


def animation(lines: list[tuple[float, str]]) -> str:
    """An SVG in which LINES appear as in a terminal that scrolls; without animations the last screen stands."""
    total = lines[-1][0] + STAY
    height = ROWS * LINE + 24
    texts = "\n".join(
        f'<text x="12" y="{24 + number * LINE}" style="animation:show {total:.2f}s {at:.2f}s step-end both'
        f' infinite">{escape(line) or " "}</text>'
        for number, (at, line) in enumerate(lines)
    )
    steps = "".join(
        f"{100 * at / total:.3f}%{{transform:translateY({-max(0, number + 1 - ROWS) * LINE}px)}}"
        for number, (at, _line) in enumerate(lines)
    )
    last = -max(0, len(lines) - ROWS) * LINE
    size = f'width="{COLUMNS * CHAR + 24:.0f}" height="{height}"'
    return f"""<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="make demo, as it ran">
<style>
svg{{background:#14171c}}
text{{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#d6dae0;white-space:pre}}
g{{animation:roll {total:.2f}s step-end infinite;transform:translateY({last}px)}}
@keyframes show{{from{{visibility:visible}}to{{visibility:visible}}}}
@keyframes roll{{{steps}100%{{transform:translateY({last}px)}}}}
@media (prefers-reduced-motion:reduce){{g,text{{animation:none!important}}}}
</style>
<rect width="100%" height="100%" fill="#14171c"/>
<g>
{texts}
</g>
</svg>
"""


def main() -> int:
    """Make all pictures."""
    lines = recorded(["make", "--no-print-directory", "demo"])
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / "demo.svg").write_text(animation(shortened(lines)), encoding="utf-8")
    photograph(REPORT, PICTURES)
    print(f"pictures are in {PICTURES.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
