"""What a lab's host keeps of the modules that its Python compiles: the same code, named by its source, or nothing."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

HOST = Path(__file__).resolve().parents[1] / "lab" / "host"
SOURCE = "VALUE = {value}\ndef told():\n    def inner():\n        raise ValueError(VALUE)\n    inner()\n"
RUN = f"import sys; sys.path.insert(0, {str(HOST)!r}); import keep_compiled; keep_compiled.FOLDER = sys.argv[1]" \
      "; sys.path.insert(0, sys.argv[2]); import thing; thing.told()"


def archive(folder: Path, name: str, value: int = 1) -> Path:
    """An archive with one module."""
    path = folder / name
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("thing.py", SOURCE.format(value=value))
    return path


def said(kept: Path, path: Path) -> str:
    """The error of the module in an archive."""
    argv = [sys.executable, "-c", RUN, str(kept), str(path)]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stderr


def test_what_was_kept_is_the_code_and_names_the_archive_that_it_runs_from(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    one, other = archive(tmp_path, "one.zip"), archive(tmp_path, "other.zip")
    first = said(kept, one)
    (file,) = kept.iterdir()
    inode, written = file.stat().st_ino, file.stat().st_mtime_ns
    assert said(kept, other) == first.replace("one.zip", "other.zip")
    assert first.count("one.zip/thing.py") == 2 and first.endswith("ValueError: 1\n"), first
    # Nothing was compiled and kept anew; when it was read last is another matter.
    assert [(path.stat().st_ino, path.stat().st_mtime_ns) for path in kept.iterdir()] == [(inode, written)]


def test_another_source_is_another_code(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    for value in (1, 2, 1):
        assert said(tmp_path / "kept", archive(tmp_path, "one.zip", value)).endswith(f"ValueError: {value}\n")
    assert len(list((tmp_path / "kept").iterdir())) == 2


@pytest.mark.parametrize("octets", [b"", b"\xff\xff", b"{"])
def test_what_was_not_kept_whole_is_compiled_anew(tmp_path: Path, octets: bytes) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    path = archive(tmp_path, "one.zip")
    first = said(kept, path)
    (file,) = kept.iterdir()
    whole = file.read_bytes()
    file.write_bytes(octets)
    assert (said(kept, path), file.read_bytes()) == (first, whole)


def test_without_a_folder_nothing_is_kept_and_all_works(tmp_path: Path) -> None:
    assert said(tmp_path / "none", archive(tmp_path, "one.zip")).endswith("ValueError: 1\n")
    assert not (tmp_path / "none").exists()
