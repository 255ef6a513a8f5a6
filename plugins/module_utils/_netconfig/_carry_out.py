"""Carry out a planned change whole or not at all, whoever hangs up meanwhile, and with a revert that waits for a
confirmation, if asked for.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from contextlib import suppress
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple, TypeVar

from ansible_collections.netops.layer2.plugins.module_utils import _retention, _revert
from ansible_collections.netops.layer2.plugins.module_utils._detached import BrokenOff, detached
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _show
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError

Outcome = Dict[str, Any]
# One step of putting things back, and whether it may fail.
Step = Tuple[Callable[[], Any], bool]
Planned = TypeVar("Planned")
TRIES = 3  # to plan for a host that nobody else changes, or puts back, meanwhile
# The part of an argument spec that ``reversible`` reads; documented once, in plugins/doc_fragments/reversible.py.
OPTIONS: Dict[str, Dict[str, Any]] = {
    "backup": {"type": "bool", "default": True},
    "revert_timeout": {"type": "float", "default": 0},
    "revert_id": {"type": "str"},
    "revert_token": {"type": "str", "no_log": True},
}


class HalfDone(ConfigError):
    """A change was begun, and not all of it is put back, or nobody knows how far it came."""

    unchanged = False


def replanned(attempt: Callable[[], Outcome]) -> Outcome:
    """Have ATTEMPT read the history, plan and carry out; anew where its plan was Outdated before anything was changed.
    """
    for _try in range(TRIES - 1):
        with suppress(_revert.Outdated):
            return attempt()
    return attempt()


def planned(params: Dict[str, Any], seen: _revert.History, plan: Callable[[], Planned]) -> Planned:
    """What PLAN returns. RevertError in place of its error where another run's change waits, or was settled since the
    history was SEEN: what it could not make sense of may be half of each.
    """
    try:
        return plan()
    except (ConfigError, ReadError):
        _revert.refuse_unsettled(params["revert_token"], seen)
        raise


def reversible(
    params: Dict[str, Any],
    check_mode: bool,
    interface: str,
    undoing: _revert.Change,
    work: Callable[[Optional[str]], Outcome],
    seen: _revert.History,
) -> Outcome:
    """Do WORK on INTERFACE as OPTIONS in PARAMS have it; returns what it returned, with ``revert`` (id, token,
    deadline) where one waits now.

    WORK gets the folder for backups, or None. UNDOING says how the host undoes it by itself, without timeout and token,
    and under which name if the task gives none. SEEN is the history from before it was planned. In check mode nothing
    is done, but whether the revert could be armed. ConfigError or RevertError.
    """
    name = params["revert_id"] or re.sub("[^A-Za-z0-9_-]", "-", undoing.id)
    waiting = _armed(
        undoing._replace(id=name, timeout=params["revert_timeout"], token=params["revert_token"]), check_mode, seen
    )
    if check_mode:
        return {}
    backups = _show.backup_folder(interface) if params["backup"] else None
    outcome = _guarded(lambda: work(backups), waiting)
    if waiting:
        return dict(outcome, revert=waiting)
    drop_old_backups(outcome.get("backup_files") or ())
    return outcome


def drop_old_backups(
    mine: Sequence[str] = (), base: str = _show.BACKUPS, places: _revert.Places = _revert.PLACES
) -> None:
    """Remove older copies of changed files, but none of MINE, and none at all while a change waits for its confirmation
    or could not be undone.
    """
    if all(status.state not in _revert.UNSETTLED for status in _revert.query_all(places)):
        _retention.drop_old_backups(base, mine)


def in_place(params: Dict[str, Any], undoing: _revert.Change, seen: _revert.History) -> Outcome:
    """What ``reversible`` has to say where nothing has to change: ``revert`` where this run's own change waits still.

    RevertError where another run's waits: the host will take back what was found in place; or has, since the history
    was SEEN.
    """
    status = _revert.waiting(undoing.owner, params["revert_token"], seen=seen)
    return {"revert": _shown(status)} if status else {}


def refusal(error: Exception) -> Outcome:
    """What a module fails with: ``msg``, whether all is ``unchanged`` (or as it was again), and ``waits`` (seconds)
    where another run's change is in the way, which waits for its confirmation or is being settled.
    """
    outcome: Outcome = {
        "msg": str(error),
        "unchanged": getattr(error, "unchanged", True),
    }  # others come before anything is changed
    if isinstance(error, _revert.Later):
        outcome["waits"] = 1
    elif isinstance(error, _revert.RevertError) and error.status is not None and error.status.state == "armed":
        outcome["waits"] = max(1, round(error.status.remaining))  # what has just passed is dealt with in a moment
    return outcome


def _armed(change: _revert.Change, check_mode: bool, seen: _revert.History) -> Outcome:
    """Arm CHANGE, or find out whether it could be; what confirms it, empty where nobody asked for a revert (a timeout
    of 0).
    """
    if not change.timeout:
        _revert.waiting(change.owner, change.token, seen=seen)
        return {}
    if check_mode:
        _revert.check_arm(change, seen=seen)
        return {}
    return _shown(_revert.arm(change, seen=seen))


def _shown(status: _revert.Status) -> Outcome:
    return {"id": status.id, "token": status.token, "deadline": status.deadline}


def _guarded(work: Callable[[], Outcome], waiting: Outcome) -> Outcome:
    """Run WORK ``_apart``; where it fails and all is as it was, WAITING (what ``_armed`` returned) need not wait any
    more.
    """
    try:
        return _apart(work)
    except ConfigError as error:
        if waiting and error.unchanged:
            _revert.confirm(waiting["id"], waiting["token"])
        raise


def undone(why: str, steps: Iterable[Step]) -> ConfigError:
    """Put everything back, step by step, whatever fails on the way; the error to raise, with WHY and how that went."""
    problems: List[str] = []
    for step, may_fail in steps:
        try:
            step()
        except (ConfigError, ReadError, OSError) as error:
            if not may_fail:
                problems.append(str(error))
    if problems:
        return HalfDone("%s; and not all could be undone: %s" % (why, "; ".join(problems)))
    return ConfigError(why + "; everything is as it was")


def _apart(work: Callable[[], Outcome]) -> Outcome:
    """Run WORK ``detached``; its ConfigError is raised here again, and HalfDone where it broke off."""
    try:
        outcome = detached(lambda: _told(work))
    except BrokenOff as error:
        raise HalfDone(str(error)) from None
    if "problem" in outcome:
        raise (ConfigError if outcome["unchanged"] else HalfDone)(outcome["problem"])
    return outcome


def _told(work: Callable[[], Outcome]) -> Outcome:
    try:
        return work()
    except ConfigError as error:
        return {"problem": str(error), "unchanged": error.unchanged}
