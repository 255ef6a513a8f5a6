"""A change that is carried out whole or not at all: what waits for a confirmation, what becomes of it where the work
fails, and what is said.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _revert
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _carry_out
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError

ASKED = {"backup": True, "revert_timeout": 60.0, "revert_id": None, "revert_token": "sixteen-letters-"}
SEEN = [("mine", "confirmed", 1.0, 2.0)]
UNDOING = _revert.Change("policy-route-eth0.100:1", 0, ["/etc/a"], [], "a test", None)


@pytest.fixture
def changes(monkeypatch):
    """What was armed, tried out and confirmed, in place of a host that would really undo it: (verb, change or its id).
    """
    done = []
    for verb in ("check_arm", "arm"):
        monkeypatch.setattr(
            _revert,
            verb,
            lambda change, seen, verb=verb: (
                done.append((verb, change)) or _revert._nothing(change.id)._replace(token=change.token)
            ),
        )
    monkeypatch.setattr(_revert, "confirm", lambda name, token: done.append(("confirm", name)))
    monkeypatch.setattr(_revert, "waiting", lambda owner, token, seen: done.append(("waiting", owner)))
    return done


def reversible(work=lambda backups: {"warnings": []}, check_mode=False, **asked):
    """Work, as a module has it done."""
    return _carry_out.reversible({**ASKED, **asked}, check_mode, "eth0", UNDOING, work, SEEN)


def test_work_is_done_in_a_process_of_its_own_and_what_waits_is_handed_over(changes):
    outcome = reversible(lambda backups: {"pid": os.getpid(), "session": os.getsid(0), "folder": backups})
    assert outcome["pid"] == outcome["session"] != os.getpid()
    assert outcome["folder"].startswith("/var/lib/netops-layer2/backups/") and "-eth0-" in outcome["folder"]
    assert (outcome["revert"]["id"], outcome["revert"]["token"]) == ("policy-route-eth0-100-1", ASKED["revert_token"])
    ((verb, change),) = changes
    assert (verb, change.timeout, change.files, change.owner) == ("arm", 60.0, ["/etc/a"], "a test")


def test_a_name_of_the_tasks_own_is_taken_as_it_is(changes):
    assert reversible(revert_id="Monday's")["revert"]["id"] == "Monday's"


def test_without_a_timeout_nothing_waits_and_without_backup_nothing_is_kept(changes):
    assert reversible(lambda backups: {"folder": backups}, revert_timeout=0.0, backup=False) == {"folder": None}
    assert changes == [("waiting", "a test")]


def test_where_all_is_in_place_it_is_asked_whether_it_stays(changes, monkeypatch):
    assert _carry_out.in_place(ASKED, UNDOING, SEEN) == {} and changes == [("waiting", "a test")]
    mine = _revert._nothing("change")._replace(token="mine", deadline=5.0)
    monkeypatch.setattr(_revert, "waiting", lambda owner, token, seen: mine)
    assert _carry_out.in_place(ASKED, UNDOING, SEEN) == {"revert": {"id": "change", "token": "mine", "deadline": 5.0}}


@pytest.mark.parametrize("error", [ConfigError("no file fits the NIC"), ReadError("ip did not answer")])
@pytest.mark.parametrize("other", [None, _revert.RevertError("another change waits", "wait")])
def test_a_plan_that_fails_beside_another_change_says_what_it_has_to_wait_for(monkeypatch, error, other):
    asked = []

    def refuse_unsettled(*given):
        asked.append(given)
        if other:
            raise other

    monkeypatch.setattr(_revert, "refuse_unsettled", refuse_unsettled)
    with pytest.raises((ConfigError, ReadError, _revert.RevertError)) as caught:
        _carry_out.planned(ASKED, SEEN, refuse(error))
    assert caught.value is (other or error) and asked == [(ASKED["revert_token"], SEEN)]


def test_a_plan_that_is_made_asks_nobody(monkeypatch):
    monkeypatch.setattr(_revert, "refuse_unsettled", lambda *given: pytest.fail("asked"))
    assert _carry_out.planned(ASKED, SEEN, lambda: "a plan") == "a plan"


@pytest.mark.parametrize("outdated", [0, 1, 2])
def test_what_was_planned_in_the_midst_of_another_change_is_planned_anew(outdated):
    tries = []

    def attempt():
        tries.append(1)
        if len(tries) <= outdated:
            raise _revert.Outdated("another change was made", "run again")
        return {"changed": True}

    assert _carry_out.replanned(attempt) == {"changed": True} and len(tries) == outdated + 1


def test_where_others_never_stop_changing_it_is_said_and_may_be_tried_again():
    tries = []

    def attempt():
        tries.append(1)
        raise _revert.Outdated("another change was made", "run again")

    with pytest.raises(_revert.Outdated) as caught:
        _carry_out.replanned(attempt)
    assert len(tries) == _carry_out.TRIES
    assert _carry_out.refusal(caught.value) == {
        "msg": "another change was made; run again",
        "unchanged": True,
        "waits": 1,
    }


def test_check_mode_only_asks_whether_a_revert_could_be_armed(changes):
    assert reversible(lambda backups: pytest.fail("done in check mode"), check_mode=True) == {}
    assert [verb for verb, _change in changes] == ["check_arm"]


@pytest.mark.parametrize(
    ("state", "remaining", "waits"),
    [("armed", 41.7, 42), ("armed", 0.0, 1), ("failed", 0.0, None), ("reverted", 9.0, None)],
)
def test_a_refusal_says_how_long_another_runs_change_is_in_the_way(state, remaining, waits):
    error = _revert.RevertError("why", "way out", _revert._nothing("change")._replace(state=state, remaining=remaining))
    assert _carry_out.refusal(error) == {
        "msg": "why; way out",
        "unchanged": True,
        **({"waits": waits} if waits else {}),
    }


def test_a_refusal_says_whether_all_is_as_it_was(changes):
    assert _carry_out.refusal(ConfigError("no")) == {"msg": "no", "unchanged": True}
    assert _carry_out.refusal(_carry_out.undone("no", [(lambda: None, False)])) == {
        "msg": "no; everything is as it was",
        "unchanged": True,
    }
    assert _carry_out.refusal(_carry_out.undone("no", [(refuse(ReadError("x")), False)]))["unchanged"] is False
    # Words decide nothing: those of a command may be anything.
    assert _carry_out.refusal(ConfigError("and not all could be undone: "))["unchanged"] is True
    assert _carry_out.refusal(_carry_out.HalfDone("everything is as it was"))["unchanged"] is False


def failing(steps):
    """Work that fails and is undone by STEPS."""
    def work(backups):
        raise _carry_out.undone("no", steps)
    return work


def refuse(error):
    """A step that fails."""
    def step():
        raise error
    return step


def test_what_failed_and_was_put_back_waits_no_longer(changes):
    with pytest.raises(ConfigError, match=r"^no; everything is as it was$"):
        reversible(failing([(refuse(ReadError("x")), True), (lambda: None, False)]))
    assert [verb for verb, _change in changes] == ["arm", "confirm"]


def test_what_could_not_be_put_back_still_waits_and_every_step_was_tried(changes, tmp_path):
    steps = [
        (refuse(ReadError("ip is gone")), False),
        (refuse(OSError(5, "broken disk")), False),
        ((tmp_path / "last").mkdir, False),
    ]
    with pytest.raises(ConfigError, match=r"^no; and not all could be undone: ip is gone; .*broken disk") as failed:
        reversible(failing(steps))
    assert failed.value.unchanged is False, "told by the process that tried"
    assert [verb for verb, _change in changes] == ["arm"] and (tmp_path / "last").exists()


def broken(backups):
    """Work with a mistake in it."""
    raise ZeroDivisionError("no")


@pytest.mark.parametrize(
    ("work", "says"),
    [(broken, "ZeroDivisionError"), (lambda backups: os.kill(os.getpid(), 9), "was killed: look how far it came")],
)
def test_a_worker_that_breaks_or_is_killed_is_told_and_its_change_still_waits(changes, work, says):
    with pytest.raises(_carry_out.HalfDone, match=says):
        reversible(work)
    assert [verb for verb, _change in changes] == ["arm"]
