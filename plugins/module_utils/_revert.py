"""Commit-confirm on the target: arm a revert before a change, confirm it afterwards, or let it run."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# docs/commit_confirm.md tells the whole of it. In short: the manifest is durable before anything is armed, the host is
# armed
# before anything is changed, and what undoes the change (_revert_script.py) needs neither Ansible nor a connection.

import hashlib
import hmac
import os
import re
import secrets
import shutil
import sys
import time
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Dict, Iterator, List, NamedTuple, NoReturn, Optional, Sequence, Tuple

from ansible_collections.netops.layer2.plugins.module_utils import _revert_script as script
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner, shortened

SHORTEST_TIMEOUT = 5.0
LONGEST_TIMEOUT = 86400.0
LARGEST_FILE = 8 << 20
SHORTEST_TOKEN = 16
NAME = "netops-layer2-revert"
_SPARE = 64 << 10  # room that is kept free for writing the outcome on a full disk
_PATIENCE = 15.0
_REVERT_TIME = 600.0
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")

# Every manager that could read a file before it is restored. Ordering against units that a host lacks does nothing.
_BEFORE = ("network-pre.target systemd-networkd.service NetworkManager.service networking.service network.service "
           "ifupdown-pre.service wicked.service wickedd.service shutdown.target")
_UNIT = """# Written by netops.layer2 when the change was armed; gone when it is confirmed or undone.
[Unit]
Description=Undo the change {id} that nobody confirmed
DefaultDependencies=no
RequiresMountsFor={folder}
After=local-fs.target systemd-remount-fs.service
Wants=network-pre.target
Before={before}
Conflicts=shutdown.target
ConditionPathExists={folder}/{manifest}

[Service]
Type=oneshot
ExecStart={command} boot
TimeoutStartSec=300

[Install]
WantedBy=sysinit.target
"""
_UNGUARDED = "what should undo change %s at its deadline is gone: only the next boot or a call by hand undoes it"
_OVERDUE = (
    "the deadline of change %s has passed: its revert is running just now, or what should have started it is gone"
)
_CRON = """# Written by netops.layer2 when the change was armed; gone when it is confirmed or undone.
@reboot root {command} late-boot >/dev/null 2>&1
"""

# What waits for its confirmation, or could not be undone: nothing else may be changed beside it.
UNSETTLED = ("armed", "failed")

Places = NamedTuple("Places", [("base", str), ("units", str), ("cron", str), ("systemd", str), ("proc", str)])
PLACES = Places("/var/lib/netops-layer2/revert", "/etc/systemd/system", "/etc/cron.d", "/run/systemd/system", "/proc")

# argv without a shell. at_boot: also when the host comes up again (default: what it undoes is gone with the boot).
# may_fail: a failure is no reason to call the revert failed (deleting a rule that the change never came to make).
Command = NamedTuple("Command", [("argv", List[str]), ("at_boot", bool), ("may_fail", bool), ("timeout", float)])


class Change(NamedTuple):
    """What a caller arms. ``keep_if``: argv that is asked at the deadline and at boot, and settles what nobody
    confirmed.

    Its status 0 keeps the change, 75 says that it cannot be told yet (asked again, at boot for some seconds only), any
    other undoes it.
    """

    id: str
    timeout: float
    files: Sequence[str]
    commands: Sequence[Command]
    owner: str
    token: Optional[str]
    keep_if: Sequence[str] = ()


# state: none, armed, confirmed, reverted, failed. since, deadline: Unix time. remaining: seconds on the monotonic
# clock.
# guard: systemd, process, or "" once nothing waits. at_boot: systemd, cron or none. failures: what could not be
# restored.
Status = NamedTuple(
    "Status",
    [
        ("id", str),
        ("state", str),
        ("owner", str),
        ("since", float),
        ("deadline", float),
        ("remaining", float),
        ("guard", str),
        ("at_boot", str),
        ("failures", List[Dict[str, str]]),
        ("warnings", List[str]),
        ("changed", bool),
        ("token", Optional[str]),
    ],
)


# Of every change that a host knows of: id, state, since when, and when it was settled (Unix time, 0 where it is not).
History = List[Tuple[str, str, float, float]]


class RevertError(Exception):
    """Arming or settling was refused: ``reason`` says why, ``hint`` what the operator can do, ``status`` how things
    stand.
    """

    def __init__(self, reason: str, hint: str, status: Optional[Status] = None) -> None:
        super(RevertError, self).__init__("%s; %s" % (reason, hint))
        self.reason = reason
        self.hint = hint
        self.status = status


class Later(RevertError):
    """Refused, with nothing changed, for what another run or a revert does just now: to be tried again in a moment."""


class Outdated(Later):
    """Another change was made, kept or undone since the caller planned: to be planned again."""


def command(argv: Sequence[str], at_boot: bool = False, may_fail: bool = False, timeout: float = 30.0) -> Command:
    """One command of a revert, with the usual answers to everything but its words."""
    return Command(list(argv), at_boot, may_fail, timeout)


def new_token() -> str:
    """A token for one run. Made on the controller, it is still known there when the task's answer gets lost."""
    return secrets.token_hex(16)


# --- what callers ask for ---------------------------------------------------------------------------------------------


def history(places: Places = PLACES) -> History:
    """How every change stands. Who reads it before a plan, and hands it on as SEEN, plans for a host that nobody has
    changed or put back meanwhile: in the midst of a revert the files are the old ones, and the kernel is not.
    """
    return [(state["id"], state["state"], state["since"], state.get("at", 0.0)) for state in _states(places)]


def arm(
    change: Change, runner: Optional[Runner] = None, places: Places = PLACES, seen: Optional[History] = None
) -> Status:
    """Arm the revert of a change that has not been made yet; the status holds the token that confirms it.

    The same id and token again: the deadline moves to TIMEOUT seconds from now, what is restored stays. RevertError,
    with nothing changed and nothing left behind, where another change waits for its confirmation or the host cannot be
    armed; Outdated where the history is not what was SEEN before the change was planned.
    """
    _check(change)
    runner = runner or Runner()
    _make_base(places)
    with _alone(places):
        _clear_unfinished(places)
        _refuse_others(change.id, places)
        state = _state(change.id, places)
        if state is not None and _knows(state, change.token):
            return _again(change, state, runner, places)
        if state is not None and state["state"] in UNSETTLED:
            _refuse(state, places)
        _refuse_outdated(seen, places)
        return _arm_anew(change, runner, places)


def check_arm(change: Change, places: Places = PLACES, seen: Optional[History] = None) -> None:
    """What arm() would refuse, found out without writing anything."""
    _check(change)
    for path in change.files:
        _described(path)
    _refuse_others(change.id, places)
    state = _state(change.id, places)
    if state is not None and state["state"] in UNSETTLED and not _knows(state, change.token):
        _refuse(state, places)
    _refuse_outdated(seen, places)


def waiting(
    owner: str, token: Optional[str], places: Places = PLACES, seen: Optional[History] = None
) -> Optional[Status]:
    """The change of OWNER's that this run, which knows TOKEN, left waiting for its confirmation; None where nothing
    waits.

    RevertError where another run's waits: what is in place now is about to be taken back. One that settles itself, and
    would be kept, is none of these. Outdated where the history is not what was SEEN before that was looked at.
    """
    mine = None
    for state in _states(places):
        if state["owner"] != owner or state["state"] not in UNSETTLED:
            continue
        if _knows(state, token):
            mine = _status(state, token=token)
        elif script.answer(_folder(state["id"], places), "deadline") != script.KEEP:
            _refuse(state, places)
    _refuse_outdated(seen, places)
    return mine


def refuse_unsettled(token: Optional[str], seen: History, places: Places = PLACES) -> None:
    """RevertError where a change waits of a run that does not know TOKEN; Outdated where one was settled since the
    history was SEEN.
    """
    for state in _states(places):
        if state["state"] in UNSETTLED and not _knows(state, token):
            _refuse(state, places)
    _refuse_outdated(seen, places)


def confirm(identifier: str, token: Optional[str], force: bool = False, places: Places = PLACES) -> Status:
    """Keep the change: nothing undoes it any more. RevertError for a wrong token, or where it was undone already.

    With FORCE, whatever the token; a revert that failed is then given up, and its files are left as they are.
    """
    with _settling(identifier, places) as state:
        if state["state"] == "confirmed":
            return _status(state)
        if state["state"] == "reverted":
            raise RevertError(
                "change %s was undone %s, because nobody had confirmed it by then" % (identifier, _when(state["at"])),
                "find out why, and make it anew with a new token",
                _status(state),
            )
        if not force:
            _demand(state, token, places)
        if state["state"] == "failed" and not force:
            raise RevertError(
                "the revert of change %s has begun and failed" % identifier, _repair(state, places), _status(state)
            )
        script.settle(_folder(identifier, places), state, "confirmed")
        script.stop_guard(state["guard"])
        return _status(state, changed=True)


def revert(
    identifier: str, token: Optional[str], force: bool = False, runner: Optional[Runner] = None, places: Places = PLACES
) -> Status:
    """Undo the change now. The status says reverted, or failed with what could not be restored."""
    with _settling(identifier, places) as state:
        if state["state"] == "reverted":
            return _status(state)
        if state["state"] == "confirmed":
            raise RevertError("change %s was confirmed %s, its revert is gone" % (identifier, _when(state["at"])),
                              "change the host to what you want", _status(state))
        if not force:
            _demand(state, token, places)
    runner = runner or Runner(_REVERT_TIME)
    try:
        runner.output(_script_argv(identifier, places) + ["now"])
    except ReadError as error:
        raise RevertError("the revert of change %s could not run: %s" % (identifier, error.reason),
                          error.hint or _by_hand(identifier, places)) from error
    after = _state(identifier, places) or state
    return _status(after, changed=True)


def query(identifier: str, places: Places = PLACES) -> Status:
    """How a change stands; state none where this host knows of no such change."""
    state = _state(identifier, places)
    return _status(state) if state is not None else _nothing(identifier)


def query_all(places: Places = PLACES) -> List[Status]:
    """Every change that this host knows of, by id."""
    return [_status(state) for state in _states(places)]


# --- refusals ---------------------------------------------------------------------------------------------------------


def _check(change: Change) -> None:
    """RevertError for a request that makes no sense."""
    if not _ID.match(change.id):
        raise RevertError("id: %r is no name for a change" % shortened(change.id, 80),
                          "use up to 64 letters, digits, hyphens and underscores")
    if not SHORTEST_TIMEOUT <= change.timeout <= LONGEST_TIMEOUT:
        raise RevertError(
            "timeout: %g s" % change.timeout, "give %g to %g seconds" % (SHORTEST_TIMEOUT, LONGEST_TIMEOUT)
        )
    if not change.files and not change.commands:
        raise RevertError("neither files nor commands to restore", "say what undoes the change")
    if change.token is not None and len(change.token) < SHORTEST_TOKEN:
        raise RevertError(
            "token: shorter than %d characters" % SHORTEST_TOKEN, "leave it out, and use the one that is returned"
        )
    _check_paths(change)
    for item in change.commands:
        if not item.argv or not all(item.argv[:1]):
            raise RevertError("restore_commands: a command without words", "give the program first, then its arguments")


def _check_paths(change: Change) -> None:
    """RevertError for a file to restore whose path is another one, or none, to whoever restores it."""
    for path in change.files:
        if not os.path.isabs(path) or os.path.normpath(path) != path:
            raise RevertError(
                "restore_files: %r is no plain absolute path" % shortened(path, 80),
                "write it without '..' from the root on",
            )


def _refuse_others(identifier: str, places: Places) -> None:
    for state in _states(places):
        if state["id"] != identifier and state["state"] in UNSETTLED:
            _refuse(state, places)


def _refuse(state: script.Record, places: Places) -> NoReturn:
    """Two changes at once would undo each other's files: one has to wait."""
    status = _status(state)
    whose = "change %s of %s" % (status.id, status.owner)
    if state["state"] == "failed":
        raise RevertError(
            "%s could not be undone completely: %s" % (whose, _told(status)), _repair(state, places), status
        )
    raise RevertError("%s waits for its confirmation since %s" % (whose, _when(status.since)),
                      "confirm it with its token, or %s" % _ends(status, places), status)


def _refuse_outdated(seen: Optional[History], places: Places) -> None:
    if seen is not None and history(places) != seen:
        raise Outdated(
            "another change was made, kept or undone here since this one was planned; nothing was changed", "run again"
        )


def _ends(status: Status, places: Places) -> str:
    """How a waiting change ends without its token."""
    by_hand = "undo it now: %s" % _by_hand(status.id, places)
    return "wait %.0f s until it undoes itself, or %s" % (status.remaining, by_hand) if status.remaining else by_hand


def _demand(state: script.Record, token: Optional[str], places: Places) -> None:
    if not _knows(state, token):
        status = _status(state)
        raise RevertError(
            "the token is not the one of the run that armed change %s (%s, %s)"
            % (status.id, status.owner, _when(status.since)),
            "only that run may settle it; %s" % _ends(status, places),
            status,
        )


def _knows(state: script.Record, token: Optional[str]) -> bool:
    return token is not None and hmac.compare_digest(state["token"], _digest(token))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


def _by_hand(identifier: str, places: Places) -> str:
    return "`%s now`" % " ".join(_script_argv(identifier, places))


def _repair(state: script.Record, places: Places) -> str:
    return "repair what it names, then run %s; to leave the host as it is, confirm with force" % _by_hand(
        state["id"], places
    )


def _told(status: Status) -> str:
    return shortened("; ".join("%s: %s" % (item["what"], item["problem"]) for item in status.failures), 600)


def _when(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(moment))


# --- what lies on the disk --------------------------------------------------------------------------------------------


def _folder(identifier: str, places: Places) -> str:
    return os.path.join(places.base, identifier)


def _script_argv(identifier: str, places: Places) -> List[str]:
    return [sys.executable] + list(script.FLAGS) + [os.path.join(_folder(identifier, places), script.SCRIPT)]


def _make_base(places: Places) -> None:
    try:
        os.makedirs(places.base, 0o700, exist_ok=True)
        os.chmod(places.base, 0o700)
    except OSError as error:
        raise _not_armed(error) from error


def _not_armed(error: Exception) -> RevertError:
    text = error.reason if isinstance(error, ReadError) else str(error)
    return RevertError(
        "the revert cannot be armed: %s" % text, "nothing was changed; make room or give the rights, and run again"
    )


@contextmanager
def _alone(places: Places) -> Iterator[None]:
    try:
        with script.locked(places.base, _PATIENCE):
            yield
    except script.Busy:
        raise Later(
            "another run, or a revert, has been at work here for %.0f s" % _PATIENCE, "wait for it, then run again"
        ) from None


@contextmanager
def _settling(identifier: str, places: Places) -> Iterator[script.Record]:
    """The state of a known change, held still; RevertError where there is none."""
    unknown = RevertError("this host knows of no change %s" % identifier, "state=query without id lists what it knows")
    if not _ID.match(identifier) or not os.path.isdir(places.base):
        raise unknown
    with _alone(places):
        state = _state(identifier, places)
        if state is None:
            raise unknown
        yield state


def _state(identifier: str, places: Places) -> Optional[script.Record]:
    """What is written of a change; None where there is nothing, or only the rest of an arming that never came to its
    end.
    """
    path = os.path.join(_folder(identifier, places), script.STATE)
    try:
        state = script.read_json(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise RevertError(
            "%s cannot be read: %s" % (path, error), "look at it as root; remove its folder if no change waits"
        ) from error
    return None if state["state"] == "arming" else state


def _states(places: Places) -> List[script.Record]:
    try:
        names = sorted(os.listdir(places.base))
    except FileNotFoundError:
        return []
    found = [_state(name, places) for name in names if _ID.match(name)]
    return [state for state in found if state is not None]


def _clear_unfinished(places: Places) -> None:
    """Remove what a killed arming left behind. It had not come to the change, and whoever arms holds the lock: it is
    dead.
    """
    for name in sorted(os.listdir(places.base)):
        folder = os.path.join(places.base, name)
        path = os.path.join(folder, script.STATE)
        if name.endswith(".draft"):
            shutil.rmtree(folder, ignore_errors=True)
        elif os.path.exists(path) and _state(name, places) is None:
            _take_back(script.read_json(path), places)


def _nothing(identifier: str) -> Status:
    return Status(identifier, "none", "", 0.0, 0.0, 0.0, "", "none", [], [], False, None)


def _status(state: script.Record, changed: bool = False, token: Optional[str] = None) -> Status:
    waiting = state["state"] == "armed"
    left = script.remaining(state) if waiting else 0.0
    warnings = list(state["warnings"]) if waiting else []
    if waiting and not script.guard_alive(state["guard"]):
        warnings.append(_UNGUARDED % state["id"] if left else _OVERDUE % state["id"])
    return Status(
        id=state["id"], state=state["state"], owner=state["owner"], since=state["since"],
        deadline=round(time.time() + left, 1) if waiting else state["deadline_wall"], remaining=round(left, 1),
        guard=state["guard"].get("method", "") if waiting else "", at_boot=state["at_boot"] if waiting else "none",
        failures=list(state["failures"]), warnings=warnings, changed=changed, token=token)


# --- arming -----------------------------------------------------------------------------------------------------------


def _again(change: Change, state: script.Record, runner: Runner, places: Places) -> Status:
    """The same run once more: a longer deadline while it is armed, else how it ended."""
    status = _status(state)
    if state["state"] == "armed":
        return _extend(change, state, runner, places)
    if state["state"] == "failed":
        _refuse(state, places)
    raise RevertError("change %s with this token was %s already, %s" % (change.id, status.state, _when(state["at"])),
                      "a new change needs a new token", status)


def _extend(change: Change, state: script.Record, runner: Runner, places: Places) -> Status:
    """Move the deadline. What is restored stays: by now the files may hold the change."""
    manifest = script.read_json(os.path.join(_folder(change.id, places), script.MANIFEST))
    known = {entry["path"] for entry in manifest["files"]}
    further = sorted(set(change.files) - known)
    if further:
        raise RevertError(
            "change %s is armed without %s" % (change.id, ", ".join(further)),
            "name every file when it is armed first, or confirm it and arm another change",
            _status(state),
        )
    old = dict(state["guard"])
    _set_deadline(state, change.timeout)
    try:
        # First the deadline, then the guards: an old timer that fires now finds that it is too early.
        _write_state(state, places)
        if old.get("method") != "process" or not script.guard_alive(old):
            _start_guard(state, change.timeout, runner, places)
            _write_state(state, places)
            script.stop_guard(old)
    except (OSError, ReadError) as error:
        raise RevertError("the deadline of change %s cannot be moved: %s" % (change.id, error),
                          "it undoes itself; run again then") from error
    return _status(state, changed=True, token=change.token)


def _set_deadline(state: script.Record, timeout: float) -> None:
    state.update(
        deadline=script.monotonic() + timeout, deadline_wall=time.time() + timeout, boot=script.boot_identity()
    )


def _arm_anew(change: Change, runner: Runner, places: Places) -> Status:
    manifest = {"files": _entries(change.files), "commands": [dict(item._asdict()) for item in change.commands],
                "keep_if": list(change.keep_if)}
    token = change.token or new_token()
    state: script.Record = {
        "id": change.id, "state": "arming", "owner": change.owner, "since": time.time(), "token": _digest(token),
        "guard": {}, "hooks": [], "at_boot": "none", "failures": [], "warnings": []}
    try:
        _set_deadline(state, change.timeout)
        _lay_down(state, manifest, places)
        _hook_boot(state, places)
        _start_guard(state, change.timeout, runner, places)
        state["state"] = "armed"
        _write_state(state, places)
    except (OSError, ReadError) as error:
        _take_back(state, places)
        raise _not_armed(error) from error
    except BaseException:
        _take_back(state, places)
        raise
    return _status(state, changed=True, token=token)


def _entries(paths: Sequence[str]) -> List[Dict[str, Any]]:
    """What every path is now; for a symbolic link also the file that a change through it would hit."""
    found: Dict[str, Dict[str, Any]] = {}
    for path in paths:
        entry = found[path] = _described(path)
        if entry["kind"] == "link":
            behind = os.path.realpath(path)
            if not os.path.exists(behind) or os.path.isfile(behind):
                found.setdefault(behind, _described(behind))
    return list(found.values())


def _described(path: str) -> Dict[str, Any]:
    try:
        if os.path.isfile(path) and os.path.getsize(path) > LARGEST_FILE:
            raise RevertError(
                "restore_files: %s is larger than %d MiB" % (path, LARGEST_FILE >> 20),
                "this is for configuration files",
            )
        return script.describe(path)
    except OSError as error:
        raise RevertError(
            "restore_files: %s: %s" % (path, error.strerror or error), "give files that root can read"
        ) from error


def _lay_down(state: script.Record, manifest: Dict[str, Any], places: Places) -> None:
    """Everything the revert needs, under a name that nothing reads yet, then by its name in one step."""
    folder = _folder(state["id"], places)
    draft = os.path.join(places.base, ".%s.draft" % state["id"])
    shutil.rmtree(draft, ignore_errors=True)
    os.mkdir(draft, 0o700)
    script.write_json(os.path.join(draft, script.MANIFEST), manifest)
    script.write_synced(os.path.join(draft, script.SCRIPT), source_of(script).encode("utf-8"), 0o700)
    script.write_json(os.path.join(draft, script.STATE), state)
    contents = sum(len(entry.get("content", "")) for entry in manifest["files"])
    _reserve(os.path.join(draft, script.RESERVE), contents + _SPARE)
    script.sync_folder(draft)
    shutil.rmtree(folder, ignore_errors=True)  # an earlier change of this id, settled
    os.rename(draft, folder)
    script.sync_folder(places.base)


def source_of(module: ModuleType) -> str:
    """The text of a module of ours, from wherever Python loaded it: a folder, or the archive that Ansible sends.
    OSError where it is not there.
    """
    loader: Any = module.__spec__.loader if module.__spec__ else None
    source = loader.get_source(module.__name__) if loader else None
    if not source:
        raise OSError("the text of %s is not there" % module.__name__)
    # Ansible's own loader of collections, on a controller, answers in bytes.
    return source.decode("utf-8") if isinstance(source, bytes) else str(source)


def _reserve(path: str, size: int) -> None:
    """Real blocks, not a hole: they are given back when the revert needs room."""
    script.write_synced(path, b"\0" * size)


def _write_state(state: script.Record, places: Places) -> None:
    script.write_json(os.path.join(_folder(state["id"], places), script.STATE), state)


def _take_back(state: script.Record, places: Places) -> None:
    """Nothing stays behind of an arming that failed."""
    script.stop_guard(state["guard"])
    for path in state["hooks"]:
        script.remove(path)
    for path in (_folder(state["id"], places), os.path.join(places.base, ".%s.draft" % state["id"])):
        shutil.rmtree(path, ignore_errors=True)


# --- what starts the revert -------------------------------------------------------------------------------------------


def _hook_boot(state: script.Record, places: Places) -> None:
    """Have the next boot undo the change: before the network with systemd, after it with cron; say so where neither is
    there.
    """
    if os.path.isdir(places.systemd):
        _hook_systemd(state, places)
    elif os.path.isdir(places.cron) and _cron_runs(places):
        _hook_cron(state, places)
    else:
        state["warnings"].append(
            "there is neither systemd nor a running cron: after a power loss nothing undoes the change at boot"
        )
        _write_state(state, places)


def _hook_systemd(state: script.Record, places: Places) -> None:
    folder = _folder(state["id"], places)
    unit = "%s-%s.service" % (NAME, state["id"])
    path = os.path.join(places.units, unit)
    wants = os.path.join(places.units, "sysinit.target.wants")
    text = _UNIT.format(
        id=state["id"],
        folder=folder,
        before=_BEFORE,
        manifest=script.MANIFEST,
        command=_quoted(state["id"], places, "%%"),
    )
    # Known before it exists: an arming that is killed here leaves nothing that the next one does not find.
    state.update(at_boot="systemd", hooks=[os.path.join(wants, unit), path])
    _write_state(state, places)
    script.write_atomic(path, text.encode("utf-8"), 0o644)
    if not os.path.isdir(wants):
        os.mkdir(wants, 0o755)
    if not os.path.lexists(os.path.join(wants, unit)):
        os.symlink(path, os.path.join(wants, unit))
    script.sync_folder(wants)


def _hook_cron(state: script.Record, places: Places) -> None:
    path = os.path.join(places.cron, "%s-%s" % (NAME, state["id"]))
    state.update(at_boot="cron", hooks=[path])
    state["warnings"].append(
        "this host has no systemd: after a power loss cron undoes the change, which is after the network came up"
    )
    _write_state(state, places)
    text = _CRON.format(command=_quoted(state["id"], places, "\\%"))
    script.write_atomic(path, text.encode("utf-8"), 0o644)


def _quoted(identifier: str, places: Places, percent: str) -> str:
    return " ".join('"%s"' % word.replace("%", percent) for word in _script_argv(identifier, places))


def _cron_runs(places: Places) -> bool:
    """Whether a cron that knows @reboot runs; the one of busybox, which does not, goes by its own name."""
    return any(_name_of(entry, places) in ("cron", "crond") and "busybox" not in _program_of(entry, places)
               for entry in os.listdir(places.proc) if entry.isdigit())


def _name_of(entry: str, places: Places) -> str:
    try:
        with open(os.path.join(places.proc, entry, "comm")) as stream:
            return stream.read().strip()
    except OSError:
        return ""


def _program_of(entry: str, places: Places) -> str:
    try:
        return os.readlink(os.path.join(places.proc, entry, "exe"))
    except OSError:
        return ""


def _start_guard(state: script.Record, timeout: float, runner: Runner, places: Places) -> None:
    """A systemd timer where systemd runs, else (or where it does not answer) a process of its own."""
    if os.path.isdir(places.systemd):
        try:
            state["guard"] = _start_timer(state, timeout, runner, places)
            return
        except ReadError as error:
            state["warnings"].append("systemd gave no timer (%s): a background process waits instead" % error.reason)
    state["guard"] = _start_process(state, runner, places)


def _start_timer(state: script.Record, timeout: float, runner: Runner, places: Places) -> Dict[str, Any]:
    # A name of its own for each: one of an earlier arming may still be there, failed.
    unit = "%s-%s-%s" % (NAME, state["id"], secrets.token_hex(4))
    runner.run(
        [
            "systemd-run",
            "--unit=" + unit,
            "--on-active=%dms" % (timeout * 1000),
            "--timer-property=AccuracySec=1s",
            "--description=Undo the change %s unless it is confirmed" % state["id"],
            *_script_argv(state["id"], places),
            "deadline",
        ]
    )
    runner.run(["systemctl", "is-active", unit + ".timer"])
    return {"method": "systemd", "unit": unit}


def _start_process(state: script.Record, runner: Runner, places: Places) -> Dict[str, Any]:
    pid = int(runner.run(_script_argv(state["id"], places) + ["detach"]).strip() or "0")
    start = script.started(pid) if pid else ""
    if not start:
        raise ReadError("the background process ended at once", "see the system's log")
    return {"method": "process", "pid": pid, "started": start}
