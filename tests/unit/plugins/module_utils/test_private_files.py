"""Folders and files for their owner alone: names made safe, links not followed, what somebody made beforehand refused.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _private_files
from ansible_collections.netops.layer2.plugins.module_utils._private_files import FolderError

from ..may import needs_to_give_files_away


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("hv1:vnet0", "hv1:vnet0"),
        ("a/b", "a_b"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "_"),
        ("", "_"),
        ("tap of \u00e4\n", "tap_of___"),
    ],
)
def test_a_name_is_one_component_of_a_path(name, file):
    assert _private_files.component(name) == file


def test_files_are_new_and_their_owners(tmp_path):
    victim, path = tmp_path / "victim", tmp_path / "new" / "x.json"
    victim.write_text("precious")
    path.parent.mkdir(mode=0o700)
    path.symlink_to(victim)
    folder = _private_files.open_folder(str(path.parent))
    with _private_files.create(folder, "x.json") as stream:
        stream.write(b"captured")
    os.close(folder)
    assert victim.read_text() == "precious" and not path.is_symlink()
    assert path.read_text() == "captured" and path.stat().st_mode & 0o777 == 0o600


def test_a_folder_is_made_for_its_owner_alone(tmp_path):
    before = os.umask(0)
    try:
        os.close(_private_files.open_folder(str(tmp_path / "made" / "deep")))
    finally:
        os.umask(before)
    assert (tmp_path / "made" / "deep").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_somebody_made_beforehand_is_refused(tmp_path):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "file").write_text("")
    for name, says in (
        ("open", "belongs to user .* with mode 0777"),
        ("link", "no link"),
        ("file", "name a folder that may be made"),
    ):
        with pytest.raises(FolderError, match=says):
            _private_files.open_folder(str(tmp_path / name))


@needs_to_give_files_away
def test_a_folder_of_another_user_is_refused(tmp_path):
    (tmp_path / "theirs").mkdir(mode=0o700)
    os.chown(tmp_path / "theirs", 65534, 65534)
    with pytest.raises(FolderError, match="belongs to user 65534"):
        _private_files.open_folder(str(tmp_path / "theirs"))


def test_a_long_name_keeps_its_end():
    names = [_private_files.component("h" * 300 + ":" + interface) for interface in ("eth0", "eth1")]
    assert len(set(names)) == 2 and max(map(len, names)) == 200


def test_a_folder_below_is_closed_to_others_and_a_link_is_none(tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "older").mkdir(mode=0o755)
    folder = _private_files.open_folder(str(tmp_path))
    try:
        for name in ("new", "older"):
            os.close(_private_files.open_below(folder, name, name))
            assert (tmp_path / name).stat().st_mode & 0o777 == 0o700
        with pytest.raises(FolderError, match=r"captures/link: .*no link"):
            _private_files.open_below(folder, "link", "captures/link")
    finally:
        os.close(folder)
