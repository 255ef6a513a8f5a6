"""Collections that tests need, out of the package `ansible`: Galaxy is no package registry."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest

PACKAGE = "ansible==14.5.0"


def collections(environment: Path, *names: str, package: str = PACKAGE, into: str = "collections") -> Path:
    """A folder (INTO, of each PACKAGE another one) in an ENVIRONMENT below .venv with the collections NAMES
    (`cisco/ios`); skips, with the reason, where that was not made or the package cannot be had.
    """
    python, folder = environment / "bin" / "python", environment / into
    if not python.exists():
        pytest.skip(f"there is no .venv/{environment.name}: python3 tools/environments.py {environment.name}")
    if not (folder / "done").exists():
        # Only files are taken out of it, so that it may be one for a newer Python than this.
        of_any_python = ["--only-binary=:all:", "--python-version=3.14"]
        wanted = ["-q", "--disable-pip-version-check", "--no-deps", *of_any_python, "-d", str(folder), package]
        command = [python, "-m", "pip", "download", *wanted]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"{package} cannot be downloaded: {done.stderr.strip().splitlines()[-1:]}")
        (wheel,) = folder.glob("ansible-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            inside = tuple(f"ansible_collections/{name}/" for name in names)
            archive.extractall(folder, [name for name in archive.namelist() if name.startswith(inside)])
        wheel.unlink()
        (folder / "done").touch()
    return folder
