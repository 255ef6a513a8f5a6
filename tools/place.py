"""Place a copy of the collection where Ansible and ansible-test look for it: .build/ansible_collections/netops/layer2.

Usage: python3 tools/place.py

A copy and not a link: ansible-test refuses to work outside such a path, and follows links back out of it. The
playbooks' own link to the collection (playbooks/collections) stays behind: in the copy, tools that follow it would walk
in circles. Only what git tracks or would track is copied, and only what changed since the last time.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import fcntl
import os
import shutil
import subprocess
import sys
from typing import List, Set

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PLACE = os.path.join(ROOT, ".build", "ansible_collections", "netops", "layer2")
NOT_SOURCE = {
    ".git",
    ".venv",
    ".build",
    "__pycache__",
    "reports",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
}


def source_files(tracked_only: bool = False) -> List[str]:
    """Paths of the files that make up the collection, relative to its root; without those that git would track but does
    not yet, if so asked.
    """
    kinds = ["-c"] if tracked_only else ["-co", "--exclude-standard"]
    git = ["git", "-c", "safe.directory=*", "-C", ROOT, "ls-files", *kinds, "-z"]
    if os.path.exists(os.path.join(ROOT, ".git")) and shutil.which("git"):
        listed = subprocess.run(git, stdout=subprocess.PIPE, check=True).stdout.decode().split("\0")
        return sorted(name for name in set(listed) if name and os.path.lexists(os.path.join(ROOT, name)))
    names = []
    for folder, folders, files in os.walk(ROOT):  # an unpacked archive has no git to ask
        folders[:] = [name for name in folders if name not in NOT_SOURCE]
        names += [os.path.relpath(os.path.join(folder, name), ROOT) for name in files]
    return sorted(names)


def same(source: str, copy: str) -> bool:
    """Whether the copy is still what was copied (size, time and mode)."""
    if os.path.islink(source) or not os.path.lexists(copy):
        return False
    ours, theirs = os.lstat(source), os.lstat(copy)
    return (ours.st_size, ours.st_mtime_ns, ours.st_mode) == (theirs.st_size, theirs.st_mtime_ns, theirs.st_mode)


def copy_one(name: str) -> None:
    """Copy one file with its mode and time; links to files stay links."""
    source, copy = os.path.join(ROOT, name), os.path.join(PLACE, name)
    if same(source, copy):
        return
    os.makedirs(os.path.dirname(copy), exist_ok=True)
    if os.path.lexists(copy):
        os.remove(copy)
    shutil.copy2(source, copy, follow_symlinks=False)


def remove_others(keep: Set[str]) -> None:
    """Remove what the collection no longer has; ansible-test's own output stays."""
    for folder, folders, files in os.walk(PLACE, topdown=False):
        inside = os.path.relpath(folder, PLACE)
        if inside == os.path.join("tests", "output") or inside.startswith(os.path.join("tests", "output", "")):
            continue
        for name in files + [link for link in folders if os.path.islink(os.path.join(folder, link))]:
            if os.path.normpath(os.path.join(inside, name)) not in keep:
                os.remove(os.path.join(folder, name))
        if not os.listdir(folder):
            os.rmdir(folder)


def main() -> int:
    """Refresh the copy."""
    os.makedirs(PLACE, exist_ok=True)
    with open(os.path.join(ROOT, ".build", "place.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        names = [
            name for name in source_files() if not os.path.isdir(os.path.join(ROOT, name))
        ]  # a folder here is a link to one
        for name in names:
            try:
                copy_one(name)
            except FileNotFoundError:
                continue  # somebody removed it while we looked
        remove_others(set(names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
