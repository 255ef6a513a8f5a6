"""interfaces(5): the files that are read as one, the main one and what it sources."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import posixpath
import re
from typing import List

from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _stanza_users
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import Drafts

MAIN = "/etc/network/interfaces"
SOURCES = ("source", "source-directory", "source-dir")


def sourced(drafts: Drafts, path: str, depth: int = 0) -> List[str]:
    """PATH and every file it sources, in reading order. Wildcards as in interfaces(5); a directory's files by its
    naming rule.
    """
    text = drafts.read(path)
    if text is None or depth > 8:
        return []
    found = [path]
    for each in (each for each in _stanza_users.statements(text) if each.words[0] in SOURCES):
        for word in each.words[1:]:
            pattern = posixpath.join(posixpath.dirname(path), word)
            for file in drafts.glob(pattern) if each.words[0] == "source" else _directory(drafts, pattern):
                found += [more for more in sourced(drafts, file, depth + 1) if more not in found]
    return found


def _directory(drafts: Drafts, pattern: str) -> List[str]:
    return [
        path
        for path in drafts.glob(pattern.rstrip("/") + "/*")
        if re.match(r"[A-Za-z0-9_-]+\Z", posixpath.basename(path))
    ]
