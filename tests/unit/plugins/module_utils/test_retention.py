"""Copies of old files and definitions on a real file system: private, bounded, and none goes while something may need
it.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import stat

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _libvirt_change, _retention, _revert
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _carry_out, _write
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import FileChange

UUID, OTHER = "5d3f6c1e-8f6e-4a70-9a39-5b2f3d0a7c11", "5d3f6c1e-8f6e-4a70-9a39-5b2f3d0a7c12"


def mode(path):
    return stat.S_IMODE(os.stat(str(path)).st_mode)


@pytest.fixture
def notes(tmp_path):
    """The folder of a host that changed guests before, open to others as an older release left it."""
    folder = tmp_path / "netops-layer2" / "libvirt_nic_mac"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    return _libvirt_change.Notes(str(folder))


def test_copies_of_definitions_are_bounded_and_private(notes, tmp_path):
    with notes.locked(UUID, 1):
        first = [notes.keep(UUID, "live", str(number)) for number in range(_retention.KEPT + 5)]
        other = [notes.keep(OTHER, "live", "x"), notes.keep(UUID, "persistent", "x")]
        notes.drop_old(UUID, first[:1])
    left = sorted(os.path.join(notes.folder, name) for name in os.listdir(notes.folder) if name.endswith(".xml"))
    assert left == sorted([first[0], *first[-_retention.KEPT:], *other])
    assert (mode(notes.folder), {mode(path) for path in left}) == (0o700, {0o600})
    with open(first[-1], encoding="ascii") as stream:  # copies of one second do not replace each other
        assert stream.read() == str(_retention.KEPT + 4)


def test_nothing_goes_while_a_nic_is_out_of_its_guest(notes):
    with notes.locked(UUID, 1):
        copies = [notes.keep(UUID, "live", str(number)) for number in range(_retention.KEPT + 2)]
        notes.remember(UUID, "<interface/>")
        notes.drop_old(UUID, [])
        assert all(map(os.path.exists, copies)) and notes.lost() == {UUID: "<interface/>"}
        notes.forget(UUID)
        notes.drop_old(UUID, [])
        assert [os.path.exists(path) for path in copies] == [False] * 2 + [True] * _retention.KEPT


def test_a_folder_that_an_operator_chose_keeps_its_mode(tmp_path):
    (tmp_path / "chosen").mkdir()
    (tmp_path / "chosen").chmod(0o755)
    _retention.make_private(str(tmp_path / "chosen"))
    assert mode(tmp_path / "chosen") == 0o755


@pytest.fixture
def host(tmp_path):
    """A host with more backups of one file than are kept, one of another, and things of other people among them."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "a").write_text("a")
    base = tmp_path / "backups"
    for number in range(_retention.KEPT + 3):
        _write.back_up(
            [FileChange(str(tmp_path / "etc" / "a"), "%d" % number, "b", 0o644)],
            str(base / ("20260101T0000%02dZ-eth0-1" % number)),
        )
    _write.back_up([FileChange(str(tmp_path / "etc" / "b"), "b", "c", 0o644)], str(base / "20250101T000000Z-eth0-1"))
    (base / "mine").mkdir()
    (base / "mine" / "notes").write_text("keep")
    (tmp_path / "elsewhere" / "etc").mkdir(parents=True)
    (tmp_path / "elsewhere" / "etc" / "a").write_text("keep")
    (base / "20240101T000000Z-eth0-1").symlink_to(tmp_path / "elsewhere")
    return tmp_path


def test_backups_are_bounded_by_file_and_nothing_else_is_touched(host):
    base = host / "backups"
    first = sorted(base.glob("2026*"))
    gone = _retention.drop_old_backups(str(base), [str(path) for path in first[0].rglob("a")])
    assert len(gone) == 2 and sorted(base.glob("2026*")) == [first[0], *first[3:]]
    assert (base / "mine" / "notes").exists() and list((base / "20250101T000000Z-eth0-1").rglob("b"))
    assert (host / "elsewhere" / "etc" / "a").read_text() == "keep"
    assert {mode(path) for path in base.glob("2026*")} == {0o700} and {
        mode(path) for path in base.glob("2026*/**/a")
    } == {0o600}
    assert _retention.drop_old_backups(str(host / "none")) == []


@pytest.mark.parametrize("state", ["armed", "failed"])
def test_no_backup_goes_while_a_change_waits(host, monkeypatch, state):
    base = host / "backups"
    before = sorted(base.rglob("*"))
    monkeypatch.setattr(
        _revert, "query_all", lambda _places: [_revert._nothing("x"), _revert._nothing("y")._replace(state=state)]
    )
    _carry_out.drop_old_backups(base=str(base))
    assert sorted(base.rglob("*")) == before
    monkeypatch.setattr(_revert, "query_all", lambda _places: [_revert._nothing("y")._replace(state="confirmed")])
    _carry_out.drop_old_backups(base=str(base))
    assert len(list(base.glob("2026*"))) == _retention.KEPT
