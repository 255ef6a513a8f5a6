"""Documents and texts in files on the controller: written whole or not at all, locked where several runs share one."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import fcntl
import json
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._common._writing import make_folder, replace

_AWAY = "take it away, or choose another directory"
_PATIENCE = 30.0  # seconds that a run waits for another one to let go of a file; it holds it for milliseconds


class DocumentError(ValueError):
    """A file cannot be read or written: names it, what is wrong, and the way out."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What writing did, or would do."""

    path: str
    changed: bool
    before: str
    after: str

    @property
    def diff(self) -> dict[str, str]:
        """As Ansible shows it."""
        return {"before_header": self.path, "after_header": self.path, "before": self.before, "after": self.after}


def absolute(path: str) -> str:
    """PATH from the working directory of the run, with ~ resolved."""
    return os.path.abspath(os.path.expanduser(path))


def read_text(path: str) -> str | None:
    """The content of the file, None if there is none; DocumentError if it cannot be read."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise DocumentError(f"{path}: it is not text; give another file") from None
    except ValueError as error:  # a NUL, or a character that no file system knows
        raise DocumentError(f"{path!r:.60} can be no path ({error}); give a file that may be read here") from None
    except OSError as error:
        raise DocumentError(f"{path}: {error.strerror}; give a file that may be read here") from None


def save(document: Mapping[str, Any], path: str, dry: bool = False) -> Saved:
    """Write DOCUMENT to PATH, as `save_text` does."""
    return save_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", path, dry)


def save_text(text: str, path: str, dry: bool = False) -> Saved:
    """Write TEXT to PATH, nothing if DRY or if it stands there already; DocumentError where that fails.

    What is there has to be a file of text: through a link somebody else would choose what is read and shown.
    """
    full = absolute(path)
    return _put(full, _text_of_file(full) or "", text, dry)


def _put(path: str, before: str, after: str, dry: bool) -> Saved:
    if before != after and not dry:
        try:
            make_folder(os.path.dirname(path))
            replace(path, after)
        except OSError as error:
            raise DocumentError(
                f"cannot write {path}: {error.strerror}; name a place that may be written on the controller"
            ) from None
    return Saved(path, before != after, before, after)


def _text_of_file(path: str) -> str | None:
    """The content of a regular file, None if nothing is there; DocumentError for a link, a pipe, and what is no text.
    """
    try:
        # A pipe that nobody writes to would hold the run.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except ValueError as error:  # a NUL, or a character that no file system knows
        raise DocumentError(
            f"{path!r:.60} can be no path ({error}); give a place that may be written on the controller"
        ) from None
    except OSError as error:
        raise DocumentError(f"{path}: {_is_link(path) or error.strerror}; {_AWAY}") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise DocumentError(f"{path}: it is no file; {_AWAY}")
    try:
        with open(handle, encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError:
        raise DocumentError(f"{path}: it is not text; {_AWAY}") from None


def _is_link(path: str) -> str:
    return "it is a link, which may lead anywhere" if os.path.islink(path) else ""


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Hold the lock of the file PATH (a file beside it), for runs on one controller; DocumentError if another keeps it.
    """
    name = f"{path}.lock"
    try:
        make_folder(os.path.dirname(path))
        handle = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DocumentError(
            f"cannot lock {name}: {error.strerror}; name a place that may be written on the controller"
        ) from None
    try:
        _wait_for(handle, name)
        yield
    finally:
        os.close(handle)


def _wait_for(handle: int, name: str) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError:
            if time.monotonic() > until:
                raise DocumentError(
                    f"{name}: another run has held it for {_PATIENCE:.0f} s; look what it waits for"
                ) from None
            time.sleep(0.05)
