"""The revert itself: stands alone beside its manifest, run by the target's own Python, and puts back what the manifest
says.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# It runs alone on the target, where no AnsibleModule is: pylint: disable=ansible-bad-function

# _revert.py copies this file's text to the target before a change, because nothing of Ansible is left there when it
# runs.
# So: standard library of Python 3.6 only, no import of the collection, and nothing may keep it from trying the rest.

import base64
import errno
import fcntl
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import syslog
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence

MANIFEST = "manifest.json"
STATE = "state.json"
SCRIPT = "revert.py"
RESERVE = "reserve"
LOCK = ".lock"
# -I: nobody's environment or current folder; -S: no site-packages, whose damage must not stop a revert.
FLAGS = ("-I", "-S")
PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
# A timer may fire a moment before the deadline as this clock reads it.
EARLY = 0.5
LOCK_PATIENCE = 60.0
# What the question of a change that settles itself answers, as its exit status (75: EX_TEMPFAIL, sysexits.h).
KEEP, LATER = 0, 75
ASK_PAUSE = 1.0
BOOT_PATIENCE = 10.0
TRIES = 3
PAUSE = 2.0
# Where a new file beside the old one is refused, the old one can still be overwritten.
_IN_PLACE = (errno.ENOSPC, errno.EDQUOT, errno.EBUSY, errno.EACCES, errno.EPERM)

Record = Dict[str, Any]


def monotonic() -> float:
    """Seconds on CLOCK_MONOTONIC, which systemd's OnActiveSec= counts too: steps of the wall clock do not touch it."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def started(pid: int) -> str:
    """Start time of a process in clock ticks (proc(5)), or nothing if there is none: a reused id has another one."""
    try:
        with open("/proc/%d/stat" % pid) as stream:
            fields = stream.read().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def boot_identity() -> str:
    """Differs after every boot. A container keeps its machine's boot id, but its first process is a new one."""
    with open("/proc/sys/kernel/random/boot_id") as stream:
        return "%s %s" % (stream.read().strip(), started(1))


def read_json(path: str) -> Record:
    """One JSON object from a file; OSError or ValueError if there is none."""
    with open(path, "rb") as stream:
        data = json.loads(stream.read().decode("utf-8"))
    if not isinstance(data, dict):
        raise ValueError("%s holds no JSON object" % path)
    return data


def sync_folder(path: str) -> None:
    """Have the names in a folder survive a power loss."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_synced(path: str, data: bytes, mode: int = 0o600) -> None:
    """A new file, on the disk when this returns; nothing is left of it if that fails."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        os.unlink(path)
        raise


def write_atomic(path: str, data: bytes, mode: int = 0o600) -> None:
    """Replace a file in one step: after a crash there is the old or the new one, whole."""
    draft = path + ".draft"
    _unlink(draft)
    write_synced(draft, data, mode)
    os.rename(draft, path)
    sync_folder(os.path.dirname(path))


def write_json(path: str, data: Record) -> None:
    """Replace a file by a JSON object, in one step."""
    write_atomic(path, json.dumps(data, indent=1, sort_keys=True).encode("utf-8"))


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):
            raise


def remove(path: str) -> None:
    """Remove a file, if there is one, for good."""
    _unlink(path)
    folder = os.path.dirname(path)
    if os.path.isdir(folder):
        sync_folder(folder)


class Busy(Exception):
    """Another process holds the lock."""

    def __str__(self) -> str:
        return "another process has held it for too long"


@contextmanager
def locked(base: str, patience: float) -> Iterator[None]:
    """Hold the lock of all reverts of this host; Busy if another process keeps it longer than PATIENCE seconds."""
    handle = os.open(os.path.join(base, LOCK), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        deadline = monotonic() + patience
        while not _flock(handle):
            if monotonic() > deadline:
                raise Busy()
            time.sleep(0.1)
        yield
    finally:
        os.close(handle)


def _flock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def remaining(state: Record) -> float:
    """Seconds until the deadline; 0 where it passed, or where the host has booted since."""
    if state["boot"] != boot_identity():
        return 0.0
    return max(0.0, float(state["deadline"]) - monotonic())


# --- files ------------------------------------------------------------------------------------------------------------


def describe(path: str) -> Record:
    """What a path is now: absent, a link, or a file with content, mode, owner and extended attributes; OSError
    otherwise.
    """
    try:
        status = os.lstat(path)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):
            raise
        return {"path": path, "kind": "absent", "made": _missing_parents(path)}
    if stat.S_ISLNK(status.st_mode):
        return {"path": path, "kind": "link", "target": os.readlink(path), "uid": status.st_uid, "gid": status.st_gid}
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "is neither a file nor a symbolic link", path)
    with open(path, "rb") as stream:
        content = base64.b64encode(stream.read()).decode("ascii")
    return {"path": path, "kind": "file", "content": content, "mode": stat.S_IMODE(status.st_mode),
            "uid": status.st_uid, "gid": status.st_gid, "xattrs": _xattrs(path)}


def _missing_parents(path: str) -> List[str]:
    """The folders above a path that do not exist, the deepest first."""
    missing = []
    folder = os.path.dirname(path)
    while folder not in ("", "/") and not os.path.lexists(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    return missing


def _xattrs(path: str) -> Dict[str, str]:
    """Extended attributes (SELinux label, ACL), as far as they can be read."""
    found = {}
    try:
        for name in os.listxattr(path, follow_symlinks=False):
            found[name] = base64.b64encode(os.getxattr(path, name, follow_symlinks=False)).decode("ascii")
    except OSError:
        pass  # a file system without them
    return found


def restore(entry: Record) -> None:
    """Make a path what its entry says; what is so already is not touched. OSError if that cannot be done."""
    path = entry["path"]
    if _is_restored(entry):
        return
    if entry["kind"] == "absent":
        _remove_made(path, entry["made"])
        return
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        os.makedirs(folder, 0o755)
    if entry["kind"] == "link":
        _restore_link(entry)
    else:
        _restore_file(entry)


def _is_restored(entry: Record) -> bool:
    try:
        current = describe(entry["path"])
    except OSError:
        return False
    if entry["kind"] == "absent":
        return current["kind"] == "absent" and not any(os.path.lexists(folder) for folder in entry["made"])
    return current == entry


def _remove_made(path: str, made: Sequence[str]) -> None:
    """Remove a file that the change made, and the folders that it made for it unless they hold something else by now.
    """
    _unlink(path)
    for folder in made:
        try:
            os.rmdir(folder)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST):
                raise
    top = os.path.dirname(made[-1] if made else path)
    if os.path.isdir(top):
        sync_folder(top)


def _draft_of(path: str) -> str:
    # Hidden and without the ending that network managers look for: none reads a half-written one.
    return os.path.join(os.path.dirname(path), ".%s.layer2-revert" % os.path.basename(path))


def _restore_link(entry: Record) -> None:
    draft = _draft_of(entry["path"])
    _unlink(draft)
    os.symlink(entry["target"], draft)
    os.lchown(draft, entry["uid"], entry["gid"])
    os.rename(draft, entry["path"])
    sync_folder(os.path.dirname(entry["path"]))


def _restore_file(entry: Record) -> None:
    content = base64.b64decode(entry["content"])
    draft = _draft_of(entry["path"])
    try:
        _unlink(draft)
        write_synced(draft, content)
        _restore_attributes(draft, entry)
        os.rename(draft, entry["path"])
        sync_folder(os.path.dirname(entry["path"]))
    except OSError as error:
        _unlink(draft)
        if error.errno not in _IN_PLACE:
            raise
        _overwrite(entry, content)


def _overwrite(entry: Record, content: bytes) -> None:
    """The way out on a full disk, or for a file that is itself a mount point: write into the file that is there."""
    handle = os.open(entry["path"], os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.truncate()
        stream.flush()
        os.fsync(stream.fileno())
    _restore_attributes(entry["path"], entry)


def _restore_attributes(path: str, entry: Record) -> None:
    """Owner, mode and extended attributes; in this order, because a new owner clears set-id bits."""
    os.chown(path, entry["uid"], entry["gid"])
    os.chmod(path, entry["mode"])
    present = _xattrs(path)
    for name, value in entry["xattrs"].items():
        if present.get(name) != value:
            os.setxattr(path, name, base64.b64decode(value))


# --- commands ---------------------------------------------------------------------------------------------------------


def run(argv: Sequence[str], timeout: float) -> Optional[str]:
    """Run a command without a shell; None if it worked, else what went wrong."""
    environment = {"PATH": PATH, "LC_ALL": "C", "HOME": "/root"}
    program = shutil.which(argv[0], path=PATH)
    if program is None:
        return "%s is not installed" % argv[0]
    try:
        done = subprocess.run(
            [program] + list(argv[1:]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            timeout=timeout,
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "took longer than %g s" % timeout
    except OSError as error:
        return str(error)
    if done.returncode == 0:
        return None
    said = " ".join(done.stdout.decode("utf-8", "replace").split())[-300:]
    return "return code %d: %s" % (done.returncode, said or "it said nothing")


def ask(argv: Sequence[str]) -> int:
    """The exit status of a question; one that cannot be asked answers like one that says no."""
    try:
        return subprocess.call(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": PATH, "LC_ALL": "C"},
            timeout=20,
            cwd="/",
        )
    except (OSError, subprocess.TimeoutExpired):
        return 1


def run_command(command: Record) -> Optional[str]:
    """Run one command of the manifest, several times if it must; None if it worked or may fail."""
    problem = None
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE)  # a network manager may just be starting over
        problem = run(command["argv"], command["timeout"])
        if problem is None or command["may_fail"]:
            return None
    return problem


def undo(manifest: Record, booting: bool) -> List[Record]:
    """Restore every file, then run the commands; what fails is listed, and the rest still done."""
    failures = []
    for entry in manifest["files"]:
        problem = _attempt(entry, restore)
        if problem:
            failures.append({"what": "file %s" % entry["path"], "problem": problem})
    for command in manifest["commands"]:
        if booting and not command["at_boot"]:
            continue  # what it would undo is gone with the boot
        problem = _attempt(command, run_command)
        if problem:
            failures.append({"what": "command %s" % " ".join(command["argv"]), "problem": problem})
    return failures


def _attempt(item: Record, act: Callable[[Record], Optional[str]]) -> Optional[str]:
    try:
        return act(item)
    except Exception as error:  # pylint: disable=broad-except
        return "%s: %s" % (type(error).__name__, error)  # whatever it is, the rest must still be tried


# --- one run ----------------------------------------------------------------------------------------------------------


def guard_alive(guard: Record) -> bool:
    """Whether the timer or process that will start the revert is still there."""
    if guard.get("method") == "systemd":
        return run(["systemctl", "is-active", "--quiet", guard["unit"] + ".timer"], 20) is None
    return guard.get("method") == "process" and started(guard["pid"]) == guard["started"]


def stop_guard(guard: Record) -> None:
    """Stop the timer or process; one that still comes finds the state settled and does nothing."""
    if guard.get("method") == "systemd":
        run(["systemctl", "stop", guard["unit"] + ".timer"], 20)
    elif guard.get("method") == "process" and guard["pid"] != os.getpid() and started(guard["pid"]) == guard["started"]:
        with suppress(ProcessLookupError):  # it may just have ended by itself
            os.kill(guard["pid"], signal.SIGTERM)


def is_due(state: Record, mode: str) -> bool:
    """Whether a start in this mode has to undo the change now."""
    if state["state"] == "failed":
        return mode in ("now", "boot", "late-boot") and (mode == "now" or state["boot"] != boot_identity())
    if state["state"] != "armed":
        return False
    if mode in ("boot", "late-boot") and state["boot"] == boot_identity():
        # systemd starts inactive units of a target again whenever something pulls the target in: that is no boot.
        return not guard_alive(state["guard"])
    return mode != "deadline" or remaining(state) <= EARLY


def settle(folder: str, state: Record, outcome: str) -> None:
    """Write the outcome, durable before anything that could still undo the change is taken away; then tidy up."""
    _unlink(os.path.join(folder, RESERVE))  # the room that a full disk may need just now
    state.update(state=outcome, at=time.time(), at_monotonic=monotonic())
    write_json(os.path.join(folder, STATE), state)
    if outcome == "failed":
        return  # the files stay, for another try by hand or at the next boot
    for path in state["hooks"]:
        remove(path)
    # Backups can hold secrets: they go when nobody needs them any more.
    for name in (MANIFEST, SCRIPT):
        remove(os.path.join(folder, name))


def revert(folder: str, state: Record, mode: str) -> List[Record]:
    """Undo the change and record how it went."""
    with suppress(OSError):  # on a file system that became read-only, the commands can still help
        _unlink(os.path.join(folder, RESERVE))
    try:
        manifest = read_json(os.path.join(folder, MANIFEST))
        failures = undo(manifest, mode == "boot")
    except (OSError, ValueError, KeyError) as error:
        failures = [{"what": "manifest %s" % os.path.join(folder, MANIFEST), "problem": str(error)}]
    state.update(failures=failures, by=mode, boot=boot_identity())
    settle(folder, state, "failed" if failures else "reverted")
    if mode == "now":
        stop_guard(state["guard"])
    return failures


def answer(folder: str, mode: str) -> int:
    """KEEP, LATER, or anything else for undoing it. Who calls this by hand has decided already."""
    try:
        question = read_json(os.path.join(folder, MANIFEST)).get("keep_if") if mode != "now" else None
    except (OSError, ValueError):
        question = None
    return ask(question) if question else 1


def keep(folder: str, state: Record) -> None:
    """Settle a change as confirmed, because what it was made for came to pass."""
    state.update(by="itself")
    settle(folder, state, "confirmed")
    stop_guard(state["guard"])
    log("change %s: kept, what it was made for came to pass" % state["id"])


def once(folder: str, mode: str, waits: bool = False) -> int:
    """One start of the script: 0 if nothing was due, or all was restored or kept; LATER, if it WAITS for what decides;
    else 1.
    """
    state = read_json(os.path.join(folder, STATE))
    if not is_due(state, mode):
        return 0
    told = answer(folder, mode)
    if told == KEEP:
        keep(folder, state)
        return 0
    if told == LATER and waits:
        return LATER
    failures = revert(folder, state, mode)
    log("change %s: %s (%s)" % (state["id"], state["state"], mode))
    for failure in failures:
        log("change %s: %s: %s" % (state["id"], failure["what"], failure["problem"]))
    return 1 if failures else 0


def log(text: str) -> None:
    """Tell the system's log, and whoever started this by hand."""
    with suppress(OSError):  # the connection of who started it may be gone by now
        print("layer2-revert: " + text, flush=True)
    with suppress(OSError):
        syslog.openlog("layer2-revert")
        syslog.syslog(syslog.LOG_WARNING, text)


def start(folder: str, mode: str) -> int:
    """The same, alone, and again for as long as nothing can be told. A boot cannot wait for long."""
    began = monotonic()
    while True:
        outcome = _alone(folder, mode, waits=mode == "deadline" or monotonic() - began < BOOT_PATIENCE)
        if outcome != LATER:
            return outcome
        time.sleep(ASK_PAUSE)  # without the lock: it may be confirmed, or undone by hand, meanwhile


def _alone(folder: str, mode: str, waits: bool) -> int:
    """Who holds the lock for very long hangs, and must not keep the host cut off."""
    base = os.path.dirname(folder)
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(base, LOCK_PATIENCE))
        except (Busy, OSError) as error:
            log("going on without the lock %s: %s" % (os.path.join(base, LOCK), error))
        return once(folder, mode, waits)


# --- hosts without systemd --------------------------------------------------------------------------------------------


def wait(folder: str) -> int:
    """Sleep until the deadline, wherever it moves meanwhile; ends early when the change is confirmed or undone."""
    state = read_json(os.path.join(folder, STATE))
    while state["state"] in ("arming", "armed"):
        left = remaining(state)
        if left <= 0:
            return start(folder, "deadline")
        time.sleep(min(left, 1.0))
        try:
            state = read_json(os.path.join(folder, STATE))
        except FileNotFoundError:
            return 0  # arming failed, nothing was changed
        except (OSError, ValueError):
            continue  # what was read last still holds
    return 0


def detach(folder: str) -> int:
    """Leave a process behind that waits; prints its id. It has no terminal, session or parent that could end it."""
    reader, writer = os.pipe()
    if os.fork():
        os.close(writer)
        with os.fdopen(reader, "rb") as stream:
            answer = stream.read().decode("ascii")
        print(answer, flush=True)
        return 0 if answer else 1
    os.setsid()
    if os.fork():
        os._exit(0)
    _become_daemon(keep=writer)
    os.write(writer, str(os.getpid()).encode("ascii"))
    os.close(writer)
    os._exit(_guarded_wait(folder))


def _become_daemon(keep: int) -> None:
    os.chdir("/")
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    null = os.open(os.devnull, os.O_RDWR)
    for handle in range(3):
        os.dup2(null, handle)
    # A pipe of SSH kept open would keep the session waiting for this process.
    for handle in range(3, 256):
        if handle != keep:
            with suppress(OSError):
                os.close(handle)
    try:
        with open("/proc/self/oom_score_adj", "w") as stream:
            stream.write("-1000")
    except OSError:
        pass  # not root: nothing to lose but a little safety


def _guarded_wait(folder: str) -> int:
    try:
        return wait(folder)
    except Exception as error:  # pylint: disable=broad-except
        log("%s: %s: %s" % (folder, type(error).__name__, error))
        return 1


def main(argv: Sequence[str]) -> int:
    """now, deadline, boot, late-boot: undo the change if that is due; detach: wait for the deadline in the background.
    """
    folder = os.path.dirname(os.path.abspath(argv[0]))
    modes = ("now", "deadline", "boot", "late-boot", "detach")
    if len(argv) != 2 or argv[1] not in modes:
        print("usage: %s %s" % (argv[0], "|".join(modes)))
        return 2
    return detach(folder) if argv[1] == "detach" else start(folder, argv[1])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv))
