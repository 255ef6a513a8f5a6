"""How many copies of old files and definitions a host keeps: the newest of each, and older ones go only when nothing
waits to be undone.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import re
from contextlib import suppress
from typing import Dict, Iterator, List, Sequence, Tuple

KEPT = 10  # copies of one file, or of one side of a guest's definition
_OURS = "netops-layer2"
_FOLDER = re.compile(r"[0-9]{8}T[0-9]{6}Z-.+-[0-9]+\Z")  # what _show.backup_folder names


def make_private(folder: str) -> None:
    """FOLDER, made where it is missing, for its owner alone: copies hold what their originals hide, passwords of
    consoles too.

    An older one is closed to others where it is the collection's own; what an operator chose keeps its mode.
    """
    os.makedirs(folder, 0o700, exist_ok=True)
    if os.path.basename(os.path.dirname(os.path.abspath(folder))) == _OURS and os.stat(folder).st_mode & 0o077:
        os.chmod(folder, 0o700)


def drop_old_definitions(folder: str, uuid: str, mine: Sequence[str] = ()) -> List[str]:
    """Remove all but the newest KEPT copies of each side of domain UUID in FOLDER, none of MINE; the paths that went.
    """
    name = re.compile(re.escape(uuid) + r"-([0-9]{8}T[0-9]{6}(?:-[0-9]{4})?)-(live|persistent)\.xml\Z")
    found: Dict[str, List[Tuple[str, str]]] = {}
    for entry in _entries(folder):
        match = name.match(entry)
        if match:
            found.setdefault(match.group(2), []).append((match.group(1), os.path.join(folder, entry)))
    return _removed(found, mine)


def drop_old_backups(base: str, mine: Sequence[str] = ()) -> List[str]:
    """Remove all but the newest KEPT copies of each file below BASE, none of MINE; the paths that went."""
    found: Dict[str, List[Tuple[str, str]]] = {}
    for change in _entries(base):
        root = os.path.join(base, change)
        if _FOLDER.match(change) and not os.path.islink(root):
            for path in _files(root):
                found.setdefault(os.path.relpath(path, root), []).append((change, path))
    gone = _removed(found, mine)
    for path in gone:
        _drop_empty(os.path.dirname(path), base)
    return gone


def _entries(folder: str) -> List[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _files(root: str) -> Iterator[str]:
    for folder, _folders, names in os.walk(root):  # links are not followed
        for name in names:
            yield os.path.join(folder, name)


def _removed(found: Dict[str, List[Tuple[str, str]]], mine: Sequence[str]) -> List[str]:
    """Remove the oldest of each group of (time, path); a copy that cannot be removed stays, the change is made all the
    same.
    """
    gone: List[str] = []
    for copies in found.values():
        for _time, path in sorted(copies)[:-KEPT]:
            if path not in mine:
                with suppress(OSError):
                    os.unlink(path)
                    gone.append(path)
    return gone


def _drop_empty(folder: str, base: str) -> None:
    with suppress(OSError):  # something else is in it
        while folder != base:
            os.rmdir(folder)
            folder = os.path.dirname(folder)
