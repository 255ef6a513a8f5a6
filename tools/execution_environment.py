"""Makes the execution environment: the artifact of this checkout, its context, and the image where podman is.

Usage: .venv/test/bin/python tools/execution_environment.py [--file FILE] [--tag TAG] [--base IMAGE] [--context-only]
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ARTIFACT = ROOT / ".build" / "ee" / "netops-layer2.tar.gz"
CONTEXT = ROOT / ".build" / "ee" / "context"
BIN = Path(sys.executable).parent
PLACE = ROOT / ".build" / "ansible_collections" / "netops" / "layer2"


def artifact() -> Path:
    """The artifact of this checkout, where the definitions expect it."""
    ARTIFACT.parent.mkdir(parents=True, exist_ok=True)
    for old in ARTIFACT.parent.glob("netops-layer2*.tar.gz"):
        old.unlink()
    command: list[str | Path] = [
        BIN / "ansible-galaxy",
        "collection",
        "build",
        "--force",
        "--output-path",
        ARTIFACT.parent,
        PLACE,
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (made,) = ARTIFACT.parent.glob("netops-layer2-*.tar.gz")
    return made.rename(ARTIFACT)


def create(definition: Path, context: Path) -> Path:
    """The folder CONTEXT with the Containerfile of DEFINITION and all that it copies."""
    shutil.rmtree(context, ignore_errors=True)
    words = ["--output-filename", "Containerfile"]
    command: list[str | Path] = [BIN / "ansible-builder", "create", "-f", definition, "-c", context, *words]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return context


def build(context: Path, tag: str, base: str) -> int:
    """Build the image with podman; the exit status, with words where it is not installed."""
    podman = shutil.which("podman")
    if podman is None:
        print(f"podman is not installed, so no image was made; its context is in {context}")
        return 1
    bases = ["--build-arg", f"EE_BASE_IMAGE={base}"] if base else []
    return subprocess.run([podman, "build", *bases, "-t", tag, context], check=False).returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what the command line asks for."""
    parser = argparse.ArgumentParser(description="Make the execution environment of this collection.")
    parser.add_argument("--file", type=Path, default=ROOT / "execution-environment.yml")
    parser.add_argument("--tag", default="localhost/netops-layer2-ee:latest")
    parser.add_argument(
        "--base", default="", help="a base image in place of the one in the file, such as one imported from mmdebstrap"
    )
    parser.add_argument("--context-only", action="store_true", help="make no image")
    options = parser.parse_args(arguments)
    artifact()
    context = create(options.file.resolve(), CONTEXT)
    print(f"context: {context}")
    return 0 if options.context_only else build(context, options.tag, options.base)


if __name__ == "__main__":
    sys.exit(main())
