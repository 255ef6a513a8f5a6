"""Files on the controller: whole or not at all, on the disk when it is said so, with a mode that lets nobody else
write.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import stat

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils import _documents
from ansible_collections.netops.layer2.plugins.plugin_utils._common import _writing
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _files

from .._report.sample_reports import document


@pytest.fixture
def flushed(monkeypatch):
    """What was brought to the disk, in order: the kind of each file."""
    kinds = []
    real = os.fsync

    def fsync(handle):
        kinds.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    return kinds


@pytest.mark.parametrize("write", [
    lambda folder: _writing.replace(str(folder / "plan.json"), "{}\n"),
    lambda folder: _documents.save({}, str(folder / "plan.json")),
    lambda folder: _files.write(document(), str(folder), ["json"], dry=False),
], ids=["text", "document", "report"])
def test_file_and_then_folder_are_on_the_disk(write, tmp_path, flushed):
    write(tmp_path)
    assert flushed == ["file", "folder"] and len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_flushed_costs_nothing(tmp_path, monkeypatch):
    def fsync(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "fsync", fsync)
    _writing.replace(str(tmp_path / "x"), "text")
    assert (tmp_path / "x").read_text() == "text"


def test_what_fails_in_the_middle_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "x"
    path.write_text("old")

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        _writing.replace(str(path), "new")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("x", "old")]


def test_a_mode_stays_and_a_new_file_is_its_owners(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("x")
    old.chmod(0o640)
    before = os.umask(0)
    try:
        for path in (old, new):
            _writing.replace(str(path), "y")
    finally:
        os.umask(before)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (old, new)] == [0o640, 0o644]
