"""The revert script on real files and processes: what it restores, when it is due, what it survives."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import os
import stat

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _revert_script as script


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(script, "PAUSE", 0.01)


def snapshot_of(path):
    """Kind, content or target, and mode of a path."""
    if os.path.islink(path):
        return "link", os.readlink(path)
    if not os.path.exists(path):
        return ("absent",)
    with open(path, "rb") as stream:
        return "file", stream.read(), stat.S_IMODE(os.stat(path).st_mode)


def write(path, data, mode=0o644):
    os.makedirs(os.path.dirname(str(path)), exist_ok=True)
    with open(str(path), "wb") as stream:
        stream.write(data)
    os.chmod(str(path), mode)


def break_nothing(path):
    pass


def break_delete(path):
    os.unlink(path)


def break_overwrite(path):
    if os.path.lexists(path):
        os.unlink(path)
    write(path, b"changed\0\xff", 0o777)


def break_link(path):
    if os.path.lexists(path):
        os.unlink(path)
    else:
        os.makedirs(os.path.dirname(path))
    os.symlink("/nowhere", path)


def break_mode(path):
    os.chmod(path, 0o777)


def break_folder(path):
    os.unlink(path)
    os.rmdir(os.path.dirname(path))


@pytest.mark.parametrize("damage", [break_nothing, break_delete, break_overwrite, break_link, break_mode, break_folder])
def test_a_file_comes_back_as_it_was(tmp_path, damage):
    path = str(tmp_path / "folder" / "file")
    write(path, b"old \x00\xff\n", 0o640)
    before, entry = snapshot_of(path), json.loads(json.dumps(script.describe(path)))
    damage(path)
    script.restore(entry)
    script.restore(entry)
    assert snapshot_of(path) == before
    assert os.listdir(os.path.dirname(path)) == ["file"]


@pytest.mark.parametrize("damage", [break_nothing, break_overwrite, break_link])
def test_what_was_not_there_is_gone_again_with_the_folders_made_for_it(tmp_path, damage):
    path = str(tmp_path / "made" / "deeper" / "file")
    entry = script.describe(path)
    damage(path)
    script.restore(entry)
    script.restore(entry)
    assert os.listdir(str(tmp_path)) == []


def test_a_made_folder_that_holds_something_else_by_now_stays(tmp_path):
    path = str(tmp_path / "made" / "file")
    entry = script.describe(path)
    write(path, b"x")
    write(tmp_path / "made" / "other", b"somebody else's")
    script.restore(entry)
    assert os.listdir(str(tmp_path / "made")) == ["other"]


@pytest.mark.parametrize("damage", [break_delete, break_overwrite, break_link])
def test_a_link_comes_back_as_a_link(tmp_path, damage):
    path = str(tmp_path / "link")
    os.symlink("target that does not exist", path)
    entry = script.describe(path)
    damage(path)
    script.restore(entry)
    assert snapshot_of(path) == ("link", "target that does not exist")


def test_what_is_so_already_is_not_touched(tmp_path):
    path = str(tmp_path / "file")
    write(path, b"same")
    entry, inode = script.describe(path), os.stat(path).st_ino
    script.restore(entry)
    assert os.stat(path).st_ino == inode


def test_a_folder_cannot_be_described(tmp_path):
    with pytest.raises(OSError, match="neither a file nor"):
        script.describe(str(tmp_path))


def test_a_failure_is_listed_and_the_rest_still_restored(tmp_path):
    first, second = str(tmp_path / "first" / "file"), str(tmp_path / "second")
    write(first, b"1")
    write(second, b"2")
    manifest = {"files": [script.describe(first), script.describe(second)],
                "commands": [command(["false"]), command(["touch", str(tmp_path / "ran")])]}
    os.unlink(first)
    os.rmdir(os.path.dirname(first))
    write(os.path.dirname(first), b"a file where a folder has to be")
    write(second, b"changed")
    failures = script.undo(manifest, booting=False)
    assert [failure["what"] for failure in failures] == ["file " + first, "command false"]
    assert all(failure["problem"] for failure in failures)
    assert snapshot_of(second)[1] == b"2" and os.path.exists(str(tmp_path / "ran"))


def command(argv, at_boot=False, may_fail=False, timeout=5):
    return {"argv": argv, "at_boot": at_boot, "may_fail": may_fail, "timeout": timeout}


@pytest.mark.parametrize(("item", "problem"), [
    (command(["true"]), None),
    (command(["false"]), "return code 1: it said nothing"),
    (command(["false"], may_fail=True), None),
    (command(["no-such-program-here"]), "no-such-program-here is not installed"),
    (command(["sleep", "5"], timeout=0.1), "took longer than 0.1 s"),
    (command(["sh", "-c", "echo why; exit 3"]), "return code 3: why"),
])
def test_what_a_command_says_of_itself(item, problem):
    assert script.run_command(item) == problem


def test_a_command_gets_further_tries(tmp_path):
    counter = str(tmp_path / "counter")
    assert script.run_command(command(["sh", "-c", f"echo >> {counter}; test $(wc -l < {counter}) = 3"])) is None


def test_at_boot_only_what_is_meant_for_it_runs(tmp_path):
    manifest = {
        "files": [],
        "commands": [
            command(["touch", str(tmp_path / "running")]),
            command(["touch", str(tmp_path / "boot")], at_boot=True),
        ],
    }
    assert script.undo(manifest, booting=True) == []
    assert os.listdir(str(tmp_path)) == ["boot"]


HERE, ELSEWHERE = script.boot_identity(), "another boot 17"
ALIVE = {"method": "process", "pid": os.getpid(), "started": script.started(os.getpid())}
DEAD = {"method": "process", "pid": os.getpid(), "started": "1"}  # the id was given to another process since
NOW = script.monotonic()


@pytest.mark.parametrize(("state", "boot", "left", "guard", "due"), [
    # which of: now, deadline, boot, late-boot
    ("armed", HERE, 60, ALIVE, ["now"]),
    ("armed", HERE, -1, ALIVE, ["now", "deadline"]),
    ("armed", HERE, 60, DEAD, ["now", "boot", "late-boot"]),
    ("armed", ELSEWHERE, 60, ALIVE, ["now", "deadline", "boot", "late-boot"]),
    ("failed", HERE, -1, DEAD, ["now"]),
    ("failed", ELSEWHERE, -1, DEAD, ["now", "boot", "late-boot"]),
    ("confirmed", ELSEWHERE, -1, DEAD, []),
    ("reverted", ELSEWHERE, -1, DEAD, []),
    ("arming", ELSEWHERE, -1, DEAD, []),
])
def test_when_a_start_is_due(state, boot, left, guard, due):
    record = {"state": state, "boot": boot, "deadline": script.monotonic() + left, "guard": guard}
    assert [mode for mode in ("now", "deadline", "boot", "late-boot") if script.is_due(record, mode)] == due


def test_setting_the_wall_clock_moves_no_deadline(monkeypatch):
    record = {"boot": HERE, "deadline": script.monotonic() + 60}
    for year in (0.0, 4102444800.0):
        monkeypatch.setattr(script.time, "time", lambda now=year: now)
        assert 59 < script.remaining(record) <= 60


def test_only_one_at_a_time_and_a_hung_one_does_not_hold_up_a_revert(tmp_path, monkeypatch):
    folder = tmp_path / "change"
    folder.mkdir()
    write(tmp_path / "file", b"old")
    script.write_json(
        str(folder / script.MANIFEST), {"files": [script.describe(str(tmp_path / "file"))], "commands": []}
    )
    state = {"id": "change", "state": "armed", "boot": HERE, "deadline": 0, "guard": {}, "hooks": []}
    script.write_json(str(folder / script.STATE), state)
    write(tmp_path / "file", b"new")
    with script.locked(str(tmp_path), 0):
        with pytest.raises(script.Busy), script.locked(str(tmp_path), 0.2):
            pass
        monkeypatch.setattr(script, "LOCK_PATIENCE", 0.2)
        assert script.start(str(folder), "deadline") == 0
    assert (tmp_path / "file").read_bytes() == b"old"
    assert script.read_json(str(folder / script.STATE))["state"] == "reverted"


def test_a_damaged_manifest_is_a_failure_that_is_told(tmp_path):
    folder = tmp_path / "change"
    folder.mkdir()
    write(folder / script.MANIFEST, b"{")
    state = {"id": "change", "state": "armed", "boot": HERE, "deadline": 0, "guard": {}, "hooks": []}
    script.write_json(str(folder / script.STATE), state)
    assert script.start(str(folder), "deadline") == 1
    after = script.read_json(str(folder / script.STATE))
    assert after["state"] == "failed" and script.MANIFEST in after["failures"][0]["what"]


def test_an_unknown_mode_does_nothing(tmp_path, capsys):
    assert script.main([str(tmp_path / script.SCRIPT), "please"]) == 2
    assert "usage" in capsys.readouterr().out
