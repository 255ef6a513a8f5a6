"""Render the reference of plugins and roles with antsibull-docs into docs/reference, or check that it is up to date.

Usage: .venv/test/bin/python tools/render_docs.py [--check]

A plugin may take options over from ansible-core's documentation, which differ from release to release. Its page says of
which release they are, and is checked by that one only.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import filecmp
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
REFERENCE = ROOT / "docs" / "reference"
BIN = Path(sys.executable).parent
# Fragments of the collection have its name before them.
OF_CORE = re.compile(r"^extends_documentation_fragment:(?:\n(?: +- \S+\n)*? +-)? +[a-z_]+\n", re.MULTILINE)
RELEASE = re.compile(r"\n\.\. Options taken over from ansible-core are those of ([0-9.]+)\.\n\Z")


def render(folder: Path) -> None:
    """Write one page a plugin and role, in the plain reStructuredText that forges show by themselves."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    folder.chmod(0o755)  # antsibull-docs takes no folder that others may write to, such as umask 002 makes
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(BUILD), ANSIBLE_NOCOLOR="1")
    environment["PATH"] = os.pathsep.join([str(BIN), environment.get("PATH", os.defpath)])
    command = [
        str(BIN / "antsibull-docs"),
        "collection",
        "--use-current",
        "--output-format",
        "simplified-rst",
        "--squash-hierarchy",
        "--fail-on-error",
        "--dest-dir",
        str(folder),
        "netops.layer2",
    ]
    subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL)
    for page in pages_of_core(BUILD / "ansible_collections" / "netops" / "layer2" / "plugins"):
        with (folder / page).open("a", encoding="utf-8") as file:
            file.write(f"\n.. Options taken over from ansible-core are those of {release()}.\n")


def release() -> str:
    """Which ansible-core renders."""
    return ".".join(version("ansible-core").split(".")[:2])


def pages_of_core(plugins: Path) -> list[str]:
    """Names of the pages of plugins that take options over from ansible-core."""
    files = sorted(plugins.glob("*/*.py"))
    return [f"{file.stem}_{file.parent.name}.rst" for file in files if OF_CORE.search(file.read_text("utf-8"))]


def of_other_release(page: Path) -> bool:
    """Whether a kept page has options of an ansible-core that is not the one that renders now."""
    said = RELEASE.search(page.read_text("utf-8")) if page.exists() else None
    return said is not None and said[1] != release()


def differences(fresh: Path, kept: Path) -> list[str]:
    """Names of pages that are missing, out of date or left over."""
    comparison = filecmp.dircmp(fresh, kept)
    _same, changed, _errors = filecmp.cmpfiles(fresh, kept, comparison.common_files, shallow=False)
    return sorted(comparison.left_only + comparison.right_only + changed)


def main(arguments: list[str]) -> int:
    """Render in place, or beside it and compare."""
    if "--check" not in arguments:
        render(REFERENCE)
        print(f"rendered {sum(1 for _page in REFERENCE.iterdir())} pages into {REFERENCE.relative_to(ROOT)}")
        return 0
    fresh = BUILD / "reference"
    render(fresh)
    differing = differences(fresh, REFERENCE) if REFERENCE.is_dir() else ["docs/reference"]
    stale = [name for name in differing if not of_other_release(REFERENCE / name)]
    for name in sorted({*differing} - {*stale}):
        print(f"left out: {name} has options of another ansible-core than {release()}")
    if stale:
        print(f"out of date: {' '.join(stale)}\nrun `make docs` and commit docs/reference")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
