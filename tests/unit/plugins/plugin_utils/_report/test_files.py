"""The files: whole or not at all, nothing in check mode, changed only by another verdict."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import json
import os

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _files, _formats

from .sample_reports import document

ALL = list(_formats.FORMATS)


def test_every_format_is_written_and_nothing_else(tmp_path):
    outcome = _files.write(document(), str(tmp_path / "new" / "deep"), ALL, False)
    assert outcome.changed
    assert {name: os.path.basename(path) for name, path in outcome.paths.items()} == {
        name: _formats.file_name(name) for name in ALL
    }
    assert sorted(os.listdir(tmp_path / "new" / "deep")) == sorted(_formats.file_name(name) for name in ALL)
    assert json.loads((tmp_path / "new" / "deep" / "layer2-report.json").read_text()) == document()


def test_check_mode_writes_nothing_and_says_what_it_would(tmp_path):
    outcome = _files.write(document(), str(tmp_path / "new"), ALL, True)
    assert outcome.changed
    assert not (tmp_path / "new").exists()


def test_the_same_verdict_again_is_no_change_but_renews_the_time(tmp_path):
    _files.write(document(), str(tmp_path), ALL, False)
    again = _files.write({**document(), "created": "2027-01-01T00:00:00Z"}, str(tmp_path), ALL, False)
    assert not again.changed
    assert "2027-01-01T00:00:00Z" in (tmp_path / "layer2-report.json").read_text()
    assert _files.write(document([]), str(tmp_path), ALL, False).changed


def test_a_lost_file_and_a_broken_one_count_as_change(tmp_path):
    _files.write(document(), str(tmp_path), ALL, False)
    (tmp_path / "layer2-report.csv").unlink()
    assert _files.write(document(), str(tmp_path), ALL, False).changed
    (tmp_path / "layer2-report.json").write_text("{")
    assert _files.write(document(), str(tmp_path), ALL, False).changed


def test_before_and_after_are_the_tables(tmp_path):
    _files.write(document(), str(tmp_path), ALL, False)
    outcome = _files.write(document([]), str(tmp_path), ALL, False)
    assert outcome.before == _formats.render(document(), "table")
    assert outcome.after == _formats.render(document([]), "table")


def test_the_umask_is_respected_and_links_are_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "layer2-report.json").symlink_to(victim)
    before = os.umask(0o027)
    try:
        _files.write(document(), str(tmp_path), ["json"], False)
    finally:
        os.umask(before)
    assert victim.read_text() == "precious"
    assert (tmp_path / "layer2-report.json").stat().st_mode & 0o777 == 0o640


def test_a_directory_that_cannot_be_made_gives_the_hint(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match=r"cannot write .*file.*; set report_directory"):
        _files.write(document(), str(tmp_path / "file" / "sub"), ALL, False)


def test_reading_what_is_not_there(tmp_path):
    with pytest.raises(ReportError, match=rf"cannot compare with .*/none\.json: {os.strerror(errno.ENOENT)}"):
        _files.read(str(tmp_path / "none.json"))
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(ReportError, match="it is not text"):
        _files.read(str(tmp_path / "binary"))
