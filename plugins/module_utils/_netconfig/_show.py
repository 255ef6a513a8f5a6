"""Changed files as Ansible's diff shows them, without the secrets in them; and a folder for what they were before."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import re
import time
from typing import Dict, List, Optional, Sequence

from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import FileChange

BACKUPS = "/var/lib/netops-layer2/backups"
_SECRET = re.compile(
    r"(?im)^(\s*[\"']?[\w.-]*(?:psk|password|secret|wep-key|private-key|\bkey\b|\bpin\b)[\w.-]*[\"']?\s*[:=])[^\n]*"
)


def diff(changes: Sequence[FileChange]) -> List[Dict[str, str]]:
    """One part a file."""
    return [part(change.path, text(change.before), text(change.after)) for change in changes]


def part(name: str, before: str, after: str) -> Dict[str, str]:
    """One part of a diff about NAME."""
    return {"before_header": name, "after_header": name, "before": before, "after": after}


def text(content: Optional[str]) -> str:
    """The content of a file, readable, values of passwords and keys left out."""
    readable = (content or "").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _SECRET.sub(r"\1 (not shown)", readable)


def backup_folder(name: str) -> str:
    """A folder of its own for the copies that one change of NAME makes."""
    return os.path.join(BACKUPS, "%s-%s-%d" % (time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()), name, os.getpid()))
