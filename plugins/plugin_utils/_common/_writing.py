"""Files on the controller, written whole or not at all: neither a reader nor a power cut finds half of one."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress


def replace(path: str, text: str) -> None:
    """Put TEXT into the file PATH in one step, durably: both are on the disk when this returns. OSError where that
    fails.

    The file keeps the mode that it has; a new one gets that of this process, which nobody but its owner may write to.
    """
    folder = os.path.dirname(path)
    handle, temporary = tempfile.mkstemp(prefix=".layer2-", dir=folder)
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(path))
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _flush(folder)


def _flush(folder: str) -> None:
    """Bring the new name of a file to the disk; file systems that cannot (some of networks) keep it by themselves."""
    handle = os.open(folder or os.curdir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def _mode(path: str) -> int:
    """Return the mode that the file has, or that a new one gets; a link is replaced, whatever it leads to."""
    with suppress(FileNotFoundError):
        found = os.lstat(path)
        if stat.S_ISREG(found.st_mode):
            return found.st_mode & 0o7777
    return 0o666 & ~_umask()


def _umask() -> int:
    """Return the umask (which can only be read by setting it), and nothing for others to write: a plan is consent."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask | 0o022


def make_folder(path: str) -> None:
    """Make the folder PATH and those on the way, which nobody but their owner may write to. OSError where that fails.
    """
    before = os.umask(_umask())
    try:
        os.makedirs(path, exist_ok=True)
    finally:
        os.umask(before)
