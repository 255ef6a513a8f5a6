"""Build the collection's artifact into .build/dist and check it the way Galaxy does when it is uploaded.

Usage: .venv/test/bin/python tools/import_artifact.py [--build-only]
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

import place

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
PLACE = BUILD / "ansible_collections" / "netops" / "layer2"
BIN = Path(sys.executable).parent
# The importer turns on both of flake8's opposite opinions on where to break a line at an operator.
EITHER_WAY = re.compile(r": W50[34] ")


def tracked_copy(folder: Path) -> Path:
    """A copy of what git tracks of the placed files in FOLDER: an inventory or report that somebody keeps in the checkout stays out of the artifact."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in place.source_files(tracked_only=True):
        source, copy = PLACE / name, folder / name
        if source.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy, follow_symlinks=False)
    return folder


def build(folder: Path) -> Path:
    """Build the artifact of what is tracked into FOLDER."""
    shutil.rmtree(folder, ignore_errors=True)
    sources = tracked_copy(BUILD / "artifact" / "netops" / "layer2")
    command = [str(BIN / "ansible-galaxy"), "collection", "build", "--output-path", str(folder), str(sources)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return next(folder.glob("*.tar.gz"))


def check(artifact: Path) -> int:
    """Run galaxy-importer on the artifact; any ERROR or WARNING that it logs counts as a failure."""
    environment = dict(os.environ, GALAXY_IMPORTER_CONFIG=str(ROOT / "tools" / "galaxy-importer.cfg"))
    environment["PATH"] = os.pathsep.join([str(BIN), environment.get("PATH", os.defpath)])
    done = subprocess.run([sys.executable, "-m", "galaxy_importer.main", str(artifact)], cwd=artifact.parent, env=environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(done.stdout)
    complaints = [line for line in done.stdout.splitlines() if line.startswith(("ERROR", "WARNING")) and not EITHER_WAY.search(line)]
    print(f"galaxy-importer: exit {done.returncode}, {len(complaints)} complaint(s)")
    return 1 if done.returncode or complaints else 0


def main(arguments: list[str]) -> int:
    """Build, and check unless told otherwise."""
    artifact = build(BUILD / "dist")
    print(f"built {artifact.relative_to(ROOT)}", flush=True)
    return 0 if "--build-only" in arguments else check(artifact)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
