"""The configuration lines of one switch on the controller: the file that they are reviewed in, how they are shown, and
why nothing takes them.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import re
import typing as t
from collections.abc import Mapping

from ansible_collections.netops.layer2.plugins.plugin_utils import _documents
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._timers import TimerError
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened

# No separator of paths, and no dot in front, so that no name leads out of its directory or hides in it.
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@+-]*", re.ASCII)


def file_name(host: str) -> str:
    """The file of HOST in the directory of the lines; TimerError for an inventory name that names no file."""
    if not _FILE.fullmatch(host):
        raise TimerError(
            f"{shortened(host)}: an inventory name that begins with a dot, or has other characters than letters, digits"
            " and _ . : @ + -, names no file: rename the host in the inventory (ansible_host holds its address)"
        )
    return f"{host}.cfg"


def write(made: Mapping[str, t.Any], host: str, directory: str, dry: bool = False) -> _documents.Saved:
    """Write the text of MADE, as `timer_lines` returned it, to the file of HOST in DIRECTORY; nothing if DRY.
    TimerError or DocumentError.
    """
    return _documents.save_text(made["text"], os.path.join(directory, file_name(host)), dry)


def table(made: Mapping[str, t.Any], host: str, path: str) -> str:
    """The lines and what is worth knowing about them, for a terminal."""
    lines = [f"  {line}" for line in made["text"].splitlines()] + [f"  note: {note}" for note in made["notes"]]
    return "\n".join([f"{host} ({made['platform']}), {path}:", *lines])


def refusal(made: Mapping[str, t.Any], host: str) -> str:
    """Why nothing on this controller takes the lines of MADE to HOST, and the way out; empty where a module does."""
    if made["present"]:
        return ""
    if made["push"] is None:
        return (
            f"{host}: nothing was changed. No collection takes lines for {made['platform']}: type them in from the file"
        )
    collection = ".".join(made["push"].split(".")[:2])
    return (
        f"{host}: nothing was changed. {made['push']} is not installed: ansible-galaxy collection install {collection}"
    )
