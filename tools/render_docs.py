"""Render the reference of plugins and roles with antsibull-docs into docs/reference, or check that it is up to date.

Usage: .venv/test/bin/python tools/render_docs.py [--check]
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
REFERENCE = ROOT / "docs" / "reference"
BIN = Path(sys.executable).parent


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
    stale = differences(fresh, REFERENCE) if REFERENCE.is_dir() else ["docs/reference"]
    if stale:
        print(f"out of date: {' '.join(stale)}\nrun `make docs` and commit docs/reference")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
