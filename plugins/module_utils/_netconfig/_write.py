"""Write several files as one: all of them or none, nobody ever reads half a file, and the old ones come back without
needing room.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import errno
import os
import stat
import tempfile
from contextlib import suppress
from typing import List, NamedTuple, Optional, Sequence

from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, FileChange
from ansible_collections.netops.layer2.plugins.module_utils._retention import make_private
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner

_MARK = ".layer2-"

# old: a second name of the file as it was, None where there was none. new: where the new content waits, None for a
# removal.
_Step = NamedTuple("_Step", [("path", str), ("old", Optional[str]), ("new", Optional[str])])


class Transaction:
    """Files on their way: prepare() needs all the room, commit() only renames, undo() only renames back.

    Hidden second names lie beside the files until close() or undo(); no network manager reads a name that begins with a
    dot.
    """

    def __init__(self, changes: Sequence[FileChange]) -> None:
        self.changes = list(changes)
        self.steps: List[_Step] = []
        self.done: List[_Step] = []

    def prepare(self, backups: Optional[str] = None) -> List[str]:
        """Write everything that is new beside what is there; with BACKUPS also copies of the old below that folder,
        which it returns.

        ConfigError, with nothing left behind but copies, where that cannot be done.
        """
        try:
            for change in self.changes:
                self.steps.append(_prepared(change))
            return back_up(self.changes, backups) if backups else []
        except OSError as error:
            self.close()
            raise ConfigError(
                "%s cannot be written: %s; nothing was changed" % (error.filename or "a file", error.strerror or error)
            ) from None
        except ConfigError:
            self.close()
            raise

    def commit(self) -> None:
        """Put the new files in place; where one fails, those before it are put back and ConfigError says so."""
        try:
            for step in self.steps:
                self.done.append(step)
                _put(step)
        except OSError as error:
            self.undo()
            raise ConfigError(
                "%s cannot be replaced: %s; everything is as it was"
                % (error.filename or "a file", error.strerror or error)
            ) from None

    def undo(self) -> None:
        """Put back every file that commit() replaced."""
        while self.done:
            step = self.done.pop()
            if step.old is not None:
                os.rename(step.old, step.path)
            elif os.path.lexists(step.path):
                os.unlink(step.path)
            _sync_folder(step.path)
        self.close()

    def close(self) -> None:
        """Drop the second names: from here on nothing can be undone."""
        for step in self.steps:
            for name in (step.old, step.new):
                if name is not None and os.path.lexists(name):
                    os.unlink(name)
        self.steps, self.done = [], []


def _prepared(change: FileChange) -> _Step:
    path = os.path.realpath(change.path)
    _refuse_changed(change, path)
    os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
    old = new = None
    try:
        if change.before is not None:
            old = _second_name(path)
        if change.after is not None:
            new = _draft(change, path)
    except OSError:
        for name in (old, new):
            if name is not None:
                os.unlink(name)
        raise
    return _Step(path, old, new)


def _refuse_changed(change: FileChange, path: str) -> None:
    try:
        with open(path, "rb") as stream:
            there: Optional[bytes] = stream.read()
    except FileNotFoundError:
        there = None
    before = None if change.before is None else change.before.encode("utf-8", "surrogateescape")
    if there != before:
        raise ConfigError("%s was changed by somebody else meanwhile: run again; nothing was changed" % change.path)


def _second_name(path: str) -> str:
    """A hard link beside PATH (its owner, mode and labels are the file's own), a copy where the file system has none.
    """
    name = _free_name(path)
    try:
        os.link(path, name)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV):
            raise
        with open(path, "rb") as stream:
            _write(name, stream.read(), os.stat(path))
    return name


def _free_name(path: str) -> str:
    handle, name = tempfile.mkstemp(
        prefix="." + os.path.basename(path) + _MARK, suffix=".tmp", dir=os.path.dirname(path)
    )
    os.close(handle)
    os.unlink(name)
    return name


def _draft(change: FileChange, path: str) -> str:
    name = _free_name(path)
    like = os.stat(path) if change.before is not None else None
    try:
        _write(name, (change.after or "").encode("utf-8", "surrogateescape"), like, change.mode)
        if like is not None:
            _copy_attributes(path, name)
    except OSError:
        if os.path.lexists(name):
            os.unlink(name)
        raise
    return name


def _write(name: str, content: bytes, like: Optional[os.stat_result], mode: int = 0o600) -> None:
    with os.fdopen(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        if like is not None:
            os.fchown(stream.fileno(), like.st_uid, like.st_gid)
        os.fchmod(stream.fileno(), stat.S_IMODE(like.st_mode) if like is not None else mode)
        os.fsync(stream.fileno())


def _copy_attributes(path: str, name: str) -> None:
    """Labels of SELinux and access lists, where the file system has them."""
    try:
        for attribute in os.listxattr(path):
            os.setxattr(name, attribute, os.getxattr(path, attribute))
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.ENODATA, errno.EPERM):
            raise


def _put(step: _Step) -> None:
    if step.new is not None:
        os.rename(step.new, step.path)
    else:
        os.unlink(step.path)
    _sync_folder(step.path)


def _sync_folder(path: str) -> None:
    handle = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def label_new(runner: Runner, changes: Sequence[FileChange]) -> None:
    """Give new files the SELinux label of their place, where there is SELinux."""
    new = [change.path for change in changes if change.before is None]
    if new and runner.exists("/sys/fs/selinux/enforce"):
        with suppress(ReadError):
            runner.output(["restorecon"] + new)


def back_up(changes: Sequence[FileChange], folder: str) -> List[str]:
    """Keep the old content of every changed file below FOLDER (under its whole path); returns the copies.

    Not beside the files: ``source interfaces.d/*`` and others would read a backup as configuration.
    """
    copies: List[str] = []
    for change in changes:
        if change.before is None:
            continue
        copy = folder + os.path.realpath(change.path)
        try:
            make_private(folder)
            os.makedirs(os.path.dirname(copy), 0o700, exist_ok=True)
            _write(copy, change.before.encode("utf-8", "surrogateescape"), None)
        except OSError as error:
            raise ConfigError(
                "no backup of %s: %s; nothing was changed" % (change.path, error.strerror or error)
            ) from None
        copies.append(copy)
    return copies
