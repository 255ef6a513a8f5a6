"""Several files as one, on a real file system: all or none, owner and mode kept, nothing left lying about."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import pathlib
import stat

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _write
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, FileChange


@pytest.fixture
def folder(tmp_path):
    """A folder with two files and a link to one of them."""
    (tmp_path / "a").write_text("a\n")
    (tmp_path / "a").chmod(0o640)
    (tmp_path / "b").write_bytes(b"b \xff\n")
    (tmp_path / "b").chmod(0o644)
    (tmp_path / "link").symlink_to("b")
    return tmp_path


def state(folder):
    """Everything below a folder: name -> (mode, content or target)."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[path.name] = ("link", os.readlink(path))
        elif path.is_file():
            found[path.name] = (stat.S_IMODE(path.stat().st_mode), path.read_bytes())
    return found


def changes(folder):
    """One file changed, one through a link, one new, and its folder with it."""
    return [
        FileChange(str(folder / "a"), "a\n", "A\n", 0o600),
        FileChange(str(folder / "link"), "b \udcff\n", "B \udcff\n", 0o644),
        FileChange(str(folder / "new" / "c"), None, "c\n", 0o600),
    ]


def test_everything_is_written_with_its_old_mode(folder):
    files = _write.Transaction(changes(folder))
    files.prepare()
    assert (folder / "a").read_text() == "a\n"
    files.commit()
    files.close()
    assert state(folder) == {
        "a": (0o640, b"A\n"),
        "b": (0o644, b"B \xff\n"),
        "c": (0o600, b"c\n"),
        "link": ("link", "b"),
    }


def test_everything_comes_back(folder):
    before = state(folder)
    inode = (folder / "a").stat().st_ino
    files = _write.Transaction(changes(folder))
    files.prepare()
    files.commit()
    files.undo()
    assert state(folder) == before
    assert (folder / "a").stat().st_ino == inode


def test_a_removed_file_comes_back(folder):
    before = state(folder)
    files = _write.Transaction([FileChange(str(folder / "a"), "a\n", None, 0o644)])
    files.prepare()
    files.commit()
    assert not (folder / "a").exists()
    files.undo()
    assert state(folder) == before


def test_a_file_that_somebody_else_changed_is_refused(folder):
    (folder / "link").write_text("mine\n")
    before = state(folder)
    with pytest.raises(ConfigError, match="changed by somebody else"):
        _write.Transaction(changes(folder)).prepare()
    assert state(folder) == before


@pytest.mark.parametrize("fails", [0, 1, 2])
def test_where_one_cannot_be_put_in_place_all_come_back(folder, monkeypatch, fails):
    before = state(folder)
    put, calls = _write._put, []

    def broken(step):
        calls.append(step)
        if len(calls) == fails + 1:
            raise OSError(5, "Input/output error", step.path)
        put(step)

    monkeypatch.setattr(_write, "_put", broken)
    files = _write.Transaction(changes(folder))
    files.prepare()
    with pytest.raises(ConfigError, match="Input/output error; everything is as it was"):
        files.commit()
    assert state(folder) == before


def test_where_the_new_content_finds_no_room_nothing_changes(folder, monkeypatch):
    before = state(folder)
    write, calls = _write._write, []

    def full(name, content, like, mode=0o600):
        calls.append(name)
        if len(calls) == 2:
            raise OSError(28, "No space left on device", name)
        write(name, content, like, mode)

    monkeypatch.setattr(_write, "_write", full)
    with pytest.raises(ConfigError, match="No space left on device; nothing was changed"):
        _write.Transaction(changes(folder)).prepare()
    assert state(folder) == before


def test_a_file_system_without_hard_links_gets_a_copy(folder, monkeypatch):
    before = state(folder)

    def refused(source, target):
        raise OSError(1, "Operation not permitted", target)

    monkeypatch.setattr(os, "link", refused)
    files = _write.Transaction(changes(folder))
    files.prepare()
    files.commit()
    files.undo()
    assert state(folder) == before


def test_backups_lie_in_a_folder_of_their_own(folder, tmp_path_factory):
    place = str(tmp_path_factory.mktemp("backups") / "one")
    before = state(folder)
    copies = _write.back_up(changes(folder), place)
    assert copies == [place + str(folder / "a"), place + str(folder / "b")]
    assert [pathlib.Path(copy).read_bytes() for copy in copies] == [b"a\n", b"b \xff\n"]
    assert stat.S_IMODE(os.stat(copies[0]).st_mode) == 0o600 and stat.S_IMODE(os.stat(place).st_mode) == 0o700
    assert state(folder) == before
