"""Arming, confirming and reverting in folders of their own, with the real background process as guard."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import os
import subprocess
import threading
import time

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _revert
from ansible_collections.netops.layer2.plugins.module_utils import _revert_script as script
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner

TOKEN = "0123456789abcdef-token"


@pytest.fixture
def places(tmp_path):
    """A host without systemd and cron, below a folder; whatever still waits there at the end is stopped."""
    for name in ("units", "cron", "proc"):
        (tmp_path / name).mkdir()
    made = _revert.Places(*[str(tmp_path / name) for name in ("base", "units", "cron", "no-systemd", "proc")])
    yield made
    for state in _revert._states(made):
        script.stop_guard(state["guard"])


@pytest.fixture
def path(tmp_path):
    (tmp_path / "file").write_text("old")
    return str(tmp_path / "file")


def change(path, identifier="one", timeout=60, token=None, commands=()):
    return _revert.Change(identifier, timeout, [path], commands, "me from here", token)


def put(path, text):
    with open(path, "w") as stream:
        stream.write(text)


def get(path):
    with open(path) as stream:
        return stream.read()


def test_confirmed_keeps_the_change_and_leaves_only_its_story(places, path):
    armed = _revert.arm(change(path), places=places)
    assert (armed.state, armed.guard, armed.at_boot, armed.changed) == ("armed", "process", "none", True)
    assert 55 < armed.remaining <= 60 and len(armed.token) == 32
    assert any("nothing undoes" in warning for warning in armed.warnings)
    put(path, "new")
    pid = script.read_json(os.path.join(places.base, "one", "state.json"))["guard"]["pid"]
    assert _revert.confirm("one", armed.token, places=places).changed
    assert not _revert.confirm("one", armed.token, places=places).changed
    assert get(path) == "new"
    assert os.listdir(os.path.join(places.base, "one")) == ["state.json"]
    assert wait_for(lambda: not script.started(pid))


def wait_for(met, seconds=60):
    deadline = time.monotonic() + seconds
    while not met() and time.monotonic() < deadline:
        time.sleep(0.05)
    return met()


def test_nobody_confirms(places, path, monkeypatch):
    monkeypatch.setattr(_revert, "SHORTEST_TIMEOUT", 0.5)
    armed = _revert.arm(change(path, timeout=1), places=places)
    put(path, "new")
    assert wait_for(lambda: _revert.query("one", places).state == "reverted")
    assert get(path) == "old"
    with pytest.raises(_revert.RevertError, match=r"was undone .* nobody had confirmed") as caught:
        _revert.confirm("one", armed.token, places=places)
    assert caught.value.status.state == "reverted"
    with pytest.raises(_revert.RevertError, match="reverted already"):
        _revert.arm(change(path, token=armed.token), places=places)
    assert _revert.arm(change(path), places=places).state == "armed"


@pytest.mark.parametrize(
    ("answers", "outcome", "content"),
    [("0", "confirmed", "new"), ("1", "reverted", "old"), ("75 75 0", "confirmed", "new"), ("75 1", "reverted", "old")],
)
def test_a_change_that_settles_itself_is_asked_at_its_deadline(
    places, path, tmp_path, monkeypatch, answers, outcome, content
):
    monkeypatch.setattr(_revert, "SHORTEST_TIMEOUT", 0.5)
    (tmp_path / "answers").write_text(answers.replace(" ", "\n") + "\n")
    pop = f"read code < {tmp_path}/answers; sed -i 1d {tmp_path}/answers; exit $code"
    armed = _revert.arm(change(path, timeout=1)._replace(keep_if=["/bin/sh", "-c", pop]), places=places)
    put(path, "new")
    assert wait_for(lambda: _revert.query("one", places).state == outcome)
    assert get(path) == content and (tmp_path / "answers").read_text() == ""
    # The guard tidies up after it has said what it did.
    assert wait_for(lambda: os.listdir(os.path.join(places.base, "one")) == ["state.json"])
    if outcome == "confirmed":
        assert not _revert.confirm("one", armed.token, places=places).changed


def test_while_it_cannot_be_told_it_can_be_confirmed_or_undone_by_hand(places, path, monkeypatch):
    monkeypatch.setattr(_revert, "SHORTEST_TIMEOUT", 0.5)
    armed = _revert.arm(change(path, timeout=1)._replace(keep_if=["/bin/sh", "-c", "exit 75"]), places=places)
    put(path, "new")
    time.sleep(1.5)
    assert _revert.query("one", places).state == "armed"
    assert _revert.revert("one", armed.token, places=places).state == "reverted"
    assert get(path) == "old"


def test_a_boot_waits_for_an_answer_only_so_long(places, path, monkeypatch):
    monkeypatch.setattr(script, "BOOT_PATIENCE", 0.0)
    monkeypatch.setattr(script, "boot_identity", lambda: "another boot")
    _revert.arm(change(path)._replace(keep_if=["/bin/sh", "-c", "exit 75"]), places=places)
    put(path, "new")
    monkeypatch.setattr(script, "boot_identity", lambda: "the next boot")
    assert script.start(os.path.join(places.base, "one"), "boot") == 0
    assert (_revert.query("one", places).state, get(path)) == ("reverted", "old")


def test_what_another_run_left_waiting_is_not_taken_for_done(places, path):
    assert _revert.waiting("me from here", TOKEN, places) is None
    armed = _revert.arm(change(path, token=TOKEN), places=places)
    mine = _revert.waiting("me from here", TOKEN, places)
    assert mine is not None and (mine.id, mine.token, mine.deadline) == ("one", TOKEN, armed.deadline)
    assert _revert.waiting("somebody else", None, places) is None
    for token in (None, "of another run entirely"):
        with pytest.raises(
            _revert.RevertError,
            match=r"change one of me from here waits for its confirmation .* wait [56][0-9] s until it undoes itself",
        ):
            _revert.waiting("me from here", token, places)
    _revert.confirm("one", TOKEN, places=places)
    assert _revert.waiting("me from here", None, places) is None


def _made_and_kept(places, path, name):
    _revert.confirm(name, _revert.arm(change(path, name), places=places).token, places=places)


def _made_and_undone(places, path, name):
    _revert.revert(name, _revert.arm(change(path, name), places=places).token, places=places)


@pytest.mark.parametrize("name", ["one", "two"])
@pytest.mark.parametrize("meanwhile", [_made_and_kept, _made_and_undone])
@pytest.mark.parametrize("before", [None, _made_and_kept, _made_and_undone])
def test_what_was_planned_before_another_change_was_settled_is_refused(places, path, before, meanwhile, name):
    if before:
        before(places, path, name)
    seen = _revert.history(places)
    meanwhile(places, path, name)
    there = tree(places.base)
    for refused in (
        lambda: _revert.arm(change(path), places=places, seen=seen),
        lambda: _revert.check_arm(change(path), places, seen),
        lambda: _revert.waiting("me from here", TOKEN, places, seen),
    ):
        with pytest.raises(_revert.Outdated, match="since this one was planned; nothing was changed; run again"):
            refused()
        assert tree(places.base) == there
    seen = _revert.history(places)
    assert _revert.waiting("me from here", TOKEN, places, seen) is None
    _revert.check_arm(change(path), places, seen)
    assert _revert.arm(change(path), places=places, seen=seen).state == "armed"


def test_a_change_that_is_undone_while_another_waits_to_be_armed_makes_that_one_outdated(places, path, tmp_path):
    """It was planned in the midst: the file is the old one already, and the command behind it has still to come."""
    slow = _revert.command(["/bin/sh", "-c", "until [ -e %s/go ]; do sleep 0.1; done" % tmp_path])
    first = _revert.arm(change(path, commands=[slow]), places=places)
    put(path, "new")
    undoing = threading.Thread(target=_revert.revert, args=("one", first.token), kwargs={"places": places})
    undoing.start()
    assert wait_for(lambda: get(path) == "old")
    seen = _revert.history(places)
    threading.Timer(1, put, (str(tmp_path / "go"), "")).start()
    with pytest.raises(_revert.Outdated):
        _revert.arm(change(path), places=places, seen=seen)
    undoing.join()
    assert _revert.arm(change(path), places=places, seen=_revert.history(places)).state == "armed"


@pytest.mark.parametrize(
    ("meanwhile", "token", "refusal"),
    [
        (lambda places, path: None, None, None),
        (lambda places, path: _revert.arm(change(path, token=TOKEN), places=places), None, "waits for its confirm"),
        (lambda places, path: _made_and_undone(places, path, "two"), TOKEN, "was made, kept or undone here since"),
    ],
)
def test_an_error_in_the_midst_of_another_change_is_about_neither_state(places, path, meanwhile, token, refusal):
    seen = _revert.history(places)
    meanwhile(places, path)
    if refusal is None:
        _revert.refuse_unsettled(token, seen, places)
    else:
        with pytest.raises(_revert.RevertError, match=refusal):
            _revert.refuse_unsettled(token, seen, places)


def test_an_error_beside_a_change_of_this_very_run_is_its_own(places, path):
    _revert.arm(change(path, token=TOKEN), places=places)
    _revert.refuse_unsettled(TOKEN, _revert.history(places), places)


def test_a_revert_that_takes_long_is_waited_for_and_then_said_to_be_at_work(places, path, monkeypatch):
    _revert.arm(change(path), places=places)
    monkeypatch.setattr(_revert, "_PATIENCE", 0.3)
    with script.locked(places.base, 1), pytest.raises(_revert.Later, match="or a revert, has been at work here"):
        _revert.arm(change(path, "two"), places=places)


def test_the_run_whose_change_waits_is_not_outdated_by_it(places, path):
    _revert.arm(change(path, token=TOKEN), places=places, seen=_revert.history(places))
    seen = _revert.history(places)
    assert _revert.waiting("me from here", TOKEN, places, seen).state == "armed"
    assert _revert.arm(change(path, token=TOKEN), places=places, seen=seen).token == TOKEN


@pytest.mark.parametrize(("status", "is_kept"), [(0, True), (1, False), (75, False)])
def test_what_settles_itself_may_wait_if_it_will_be_kept(places, path, status, is_kept):
    _revert.arm(change(path)._replace(keep_if=["/bin/sh", "-c", "exit %d" % status]), places=places)
    if is_kept:
        assert _revert.waiting("me from here", None, places) is None
    else:
        with pytest.raises(_revert.RevertError, match="waits for its confirmation"):
            _revert.waiting("me from here", None, places)


def test_the_same_run_again_moves_the_deadline_and_keeps_what_was_there_first(places, path, monkeypatch):
    monkeypatch.setattr(_revert, "SHORTEST_TIMEOUT", 0.5)
    _revert.arm(change(path, timeout=2, token=TOKEN), places=places)
    put(path, "new")
    again = _revert.arm(change(path, timeout=4, token=TOKEN), places=places)
    assert again.token == TOKEN and 3 < again.remaining <= 4
    time.sleep(2.3)
    assert (get(path), _revert.query("one", places).state) == ("new", "armed")
    assert wait_for(lambda: _revert.query("one", places).state == "reverted")
    assert get(path) == "old"


def test_a_file_that_was_not_named_first_cannot_join_later(places, path, tmp_path):
    _revert.arm(change(path, token=TOKEN), places=places)
    more = change(path, token=TOKEN)._replace(files=[path, str(tmp_path / "other")])
    with pytest.raises(_revert.RevertError, match=r"armed without .*other"):
        _revert.arm(more, places=places)


@pytest.mark.parametrize(("identifier", "token"), [("two", None), ("two", TOKEN), ("one", None), ("one", TOKEN)])
def test_who_comes_second_is_told_who_was_first(places, path, identifier, token):
    _revert.arm(change(path), places=places)
    before = tree(places.base)
    request = change(path, identifier, token=token)
    for refused in (lambda: _revert.arm(request, places=places), lambda: _revert.check_arm(request, places)):
        with pytest.raises(
            _revert.RevertError,
            match=r"change one of me from here waits for its confirmation since 20.* UTC; confirm .*revert.py now",
        ):
            refused()
    assert tree(places.base) == before


def tree(folder):
    return sorted(os.path.join(parent, name) for parent, _folders, names in os.walk(folder) for name in names)


@pytest.mark.parametrize("settle", [_revert.confirm, _revert.revert])
@pytest.mark.parametrize("token", [None, "", TOKEN])
def test_a_wrong_token_settles_nothing(places, path, settle, token):
    _revert.arm(change(path), places=places)
    put(path, "new")
    with pytest.raises(_revert.RevertError, match="not the one of the run that armed change one"):
        settle("one", token, places=places)
    assert (_revert.query("one", places).state, get(path)) == ("armed", "new")
    assert settle("one", token, force=True, places=places).changed


def test_reverted_by_hand(places, path):
    armed = _revert.arm(change(path), places=places)
    put(path, "new")
    assert _revert.revert("one", armed.token, places=places).state == "reverted"
    assert not _revert.revert("one", armed.token, places=places).changed
    assert get(path) == "old"
    assert os.listdir(os.path.join(places.base, "one")) == ["state.json"]


def test_a_confirmed_change_has_no_way_back(places, path):
    armed = _revert.arm(change(path), places=places)
    _revert.confirm("one", armed.token, places=places)
    with pytest.raises(_revert.RevertError, match="its revert is gone"):
        _revert.revert("one", armed.token, places=places)


def test_what_failed_is_told_stays_and_can_be_tried_again(places, path, tmp_path):
    needed = tmp_path / "needed"
    armed = _revert.arm(change(path, commands=[_revert.command(["test", "-e", str(needed)])]), places=places)
    put(path, "new")
    failed = _revert.revert("one", armed.token, places=places)
    assert failed.state == "failed" and str(needed) in failed.failures[0]["what"]
    assert get(path) == "old"
    with pytest.raises(_revert.RevertError, match="could not be undone completely: command test -e"):
        _revert.arm(change(path, "two"), places=places)
    with pytest.raises(_revert.RevertError, match="has begun and failed"):
        _revert.confirm("one", armed.token, places=places)
    needed.write_text("")
    assert _revert.revert("one", armed.token, places=places).state == "reverted"


def test_a_failed_revert_can_be_given_up(places, path):
    armed = _revert.arm(change(path, commands=[_revert.command(["false"])]), places=places)
    _revert.revert("one", armed.token, places=places)
    assert _revert.confirm("one", None, force=True, places=places).state == "confirmed"
    assert _revert.arm(change(path, "two"), places=places).state == "armed"


class NoGuard(Runner):
    """A host on which nothing can be started."""

    def output(self, argv):
        raise ReadError("no more processes")


class KilledHere(BaseException):
    """Stands for SIGKILL: nothing that tidies up may run."""


def killed(*arguments):
    raise KilledHere


def test_an_arming_that_fails_leaves_nothing(places, path):
    with pytest.raises(_revert.RevertError, match="cannot be armed: no more processes; nothing was changed"):
        _revert.arm(change(path), NoGuard(), places)
    assert tree(places.base) == [os.path.join(places.base, ".lock")]
    assert _revert.query_all(places) == []


def test_what_a_killed_arming_left_is_cleared_by_the_next(places, path, monkeypatch):
    real = _revert._take_back
    monkeypatch.setattr(_revert, "_take_back", lambda *arguments: None)
    monkeypatch.setattr(_revert, "_start_guard", killed)
    systemd = places._replace(systemd=places.units)
    with pytest.raises(KilledHere):
        _revert.arm(change(path), places=systemd)
    monkeypatch.undo()
    assert len(tree(places.units)) == 2 and _revert._take_back is real
    assert _revert.query("one", places).state == "none"
    assert _revert.arm(change(path, "two"), places=places).state == "armed"
    assert tree(places.units) == [] and not os.path.exists(os.path.join(places.base, "one"))


def test_the_boot_unit_comes_before_every_network_manager(places, path):
    state = {"id": "one", "state": "arming", "warnings": []}
    os.makedirs(os.path.join(places.base, "one"))
    _revert._hook_boot(state, places._replace(systemd=places.units))
    text = get(os.path.join(places.units, "netops-layer2-revert-one.service"))
    before = next(line for line in text.splitlines() if line.startswith("Before=")).split("=")[1].split()
    assert {"network-pre.target", "systemd-networkd.service", "NetworkManager.service", "networking.service"} <= set(
        before
    )
    assert "revert.py\" boot\n" in text and "{" not in text
    assert os.path.samefile(state["hooks"][0], state["hooks"][1]) and state["at_boot"] == "systemd"


@pytest.mark.parametrize(
    ("name", "program", "expected"),
    [
        ("cron", "/usr/sbin/cron", "cron"),
        ("crond", "/usr/sbin/crond", "cron"),
        ("crond", "/bin/busybox", "none"),
        ("sshd", "/usr/sbin/sshd", "none"),
    ],
)
def test_without_systemd_cron_stands_in_if_it_runs(places, path, name, program, expected):
    process = os.path.join(places.proc, "77")
    os.makedirs(process)
    put(os.path.join(process, "comm"), name + "\n")
    os.symlink(program, os.path.join(process, "exe"))
    armed = _revert.arm(change(path), places=places)
    assert armed.at_boot == expected and armed.warnings
    files = os.listdir(places.cron)
    assert files == (["netops-layer2-revert-one"] if expected == "cron" else [])
    if files:
        assert '@reboot root "' in get(os.path.join(places.cron, files[0]))
    _revert.confirm("one", armed.token, places=places)
    assert os.listdir(places.cron) == []


def test_a_guard_that_died_is_told(places, path):
    _revert.arm(change(path), places=places)
    script.stop_guard(script.read_json(os.path.join(places.base, "one", "state.json"))["guard"])
    assert wait_for(lambda: any("is gone" in warning for warning in _revert.query("one", places).warnings))


def test_a_guard_that_ends_by_itself_just_then_is_no_failure(places, path, monkeypatch):
    armed = _revert.arm(change(path), places=places)
    state = script.read_json(os.path.join(places.base, "one", "state.json"))
    script.stop_guard(state["guard"])
    with subprocess.Popen(["true"]) as ended:
        pass
    guard = {"method": "process", "pid": ended.pid, "started": "as it was seen a moment before"}
    script.write_json(os.path.join(places.base, "one", "state.json"), dict(state, guard=guard))
    monkeypatch.setattr(script, "started", lambda pid: guard["started"])
    assert _revert.confirm("one", armed.token, places=places).state == "confirmed"


def test_a_link_brings_the_file_behind_it_along(places, path, tmp_path):
    link = str(tmp_path / "link")
    os.symlink(path, link)
    armed = _revert.arm(change(link), places=places)
    put(link, "written through the link")
    _revert.revert("one", armed.token, places=places)
    assert (get(path), os.readlink(link)) == ("old", path)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"id": "../etc"}, "id: .* is no name"),
        ({"id": "a\n"}, "id: .* is no name"),
        ({"id": ""}, "id: "),
        ({"timeout": 1}, "timeout: 1 s; give 5"),
        ({"timeout": 1e9}, "timeout"),
        ({"files": [], "commands": []}, "neither files nor commands"),
        ({"files": ["etc/motd"]}, "no plain absolute path"),
        ({"files": ["/etc/../motd"]}, "no plain absolute path"),
        ({"files": ["/etc"]}, "/etc: is neither a file"),
        ({"token": "short"}, "token: shorter than 16"),
        ({"commands": [_revert.command([])]}, "a command without words"),
    ],
)
def test_requests_that_make_no_sense(places, path, wrong, message):
    with pytest.raises(_revert.RevertError, match=message):
        _revert.arm(change(path)._replace(**wrong), places=places)
    with pytest.raises(_revert.RevertError, match=message):
        _revert.check_arm(change(path)._replace(**wrong), places)


def test_a_file_that_is_no_configuration_is_refused(places, tmp_path, monkeypatch):
    monkeypatch.setattr(_revert, "LARGEST_FILE", 10)
    put(str(tmp_path / "big"), "x" * 11)
    with pytest.raises(_revert.RevertError, match="is larger than"):
        _revert.arm(change(str(tmp_path / "big")), places=places)


@pytest.mark.parametrize("settle", [_revert.confirm, _revert.revert])
@pytest.mark.parametrize("identifier", ["unknown", "../one", ""])
def test_an_unknown_change_cannot_be_settled(places, settle, identifier):
    with pytest.raises(_revert.RevertError, match="knows of no change"):
        settle(identifier, TOKEN, places=places)


def test_the_token_itself_does_not_lie_on_the_host(places, path):
    armed = _revert.arm(change(path), places=places)
    assert all(armed.token not in get(name) for name in tree(places.base))
    modes = {oct(os.stat(name).st_mode & 0o077) for name in [places.base, *tree(places.base)]}
    assert modes == {"0o0"}


def test_the_script_that_is_put_down_is_the_tested_one(places, path):
    _revert.arm(change(path), places=places)
    assert get(os.path.join(places.base, "one", "revert.py")) == get(script.__file__)
    assert json.loads(get(os.path.join(places.base, "one", "manifest.json")))["files"][0]["path"] == path
