"""Folders and files for their owner alone: opened without following links, refused where somebody else could have put
them there.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import re
from contextlib import suppress
from typing import BinaryIO, Optional

_LONGEST = 200  # characters of a component; file systems take 255 octets


class FolderError(ValueError):
    """A folder is not its user's alone, or cannot be made; the message names it and the way out."""


def component(name: str) -> str:
    """NAME, whoever chose it, as one component of a path: no separator, no leading dot, nothing that shells take apart.

    Of a long name the end is kept, which tells the interfaces of one host apart.
    """
    return re.sub(r"[^A-Za-z0-9_.:@+-]", "_", name)[-_LONGEST:].lstrip(".") or "_"


def open_folder(path: str) -> int:
    """A descriptor of the folder PATH, made for its owner alone; FolderError where it is a link or not this user's own.

    Whoever made a folder beforehand could put links in it, or read what is written there. All files are opened through
    the descriptor (openat(2)), so that nobody can put another folder in its place.
    """
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
    except OSError as error:
        raise _no_folder(path, error) from error
    return _opened(path, path, None)


def open_below(folder: int, name: str, path: str) -> int:
    """The same for the folder NAME (a component) in an open one; PATH is what messages call it. An older one of the
    user's is closed to others.
    """
    try:
        with suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=folder)
    except OSError as error:
        raise _no_folder(path, error) from error
    made = _opened(name, path, folder)
    os.fchmod(made, 0o700)
    return made


def _opened(name: str, path: str, folder: Optional[int]) -> int:
    try:
        found = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    except OSError as error:
        raise _no_folder(path, error) from error
    others = open_to_others(os.fstat(found))
    if others:
        os.close(found)
        raise FolderError(
            "%s %s, so that others could put links there: name a folder that is not there yet" % (path, others)
        )
    return found


def open_to_others(about: os.stat_result) -> str:
    """How a folder of which stat(2) says ABOUT is not this user's alone to write to: owner and mode; empty if it is."""
    if about.st_uid == os.geteuid() and not about.st_mode & 0o022:
        return ""
    return "belongs to user %d with mode %04o" % (about.st_uid, about.st_mode & 0o7777)


def _no_folder(path: str, error: OSError) -> FolderError:
    return FolderError("%s: %s: name a folder that may be made, and that is no link" % (path, error.strerror))


def create(folder: int, name: str) -> BinaryIO:
    """A new file NAME in place of the old one, for its owner alone; a link in its place is removed, not followed."""
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(name, flags, 0o600, dir_fd=folder), "wb")


def write(folder: int, name: str, octets: bytes) -> None:
    """A whole file or none."""
    stream = create(folder, name)
    try:
        with stream:
            stream.write(octets)
    except OSError:
        os.unlink(name, dir_fd=folder)
        raise
