"""The version of the collection, from the file that an installed collection or a checkout has."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
_LINE = re.compile(r"^version:\s*[\"']?([^\s\"']+)", re.MULTILINE)


def collection_version(root: Path = _ROOT) -> str:
    """Return the version that MANIFEST.json (installed) or galaxy.yml (checkout) under ROOT says, else ``unknown``."""
    try:
        return str(json.loads((root / "MANIFEST.json").read_text(encoding="utf-8"))["collection_info"]["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return _from_checkout(root)


def _from_checkout(root: Path) -> str:
    try:
        found = _LINE.search((root / "galaxy.yml").read_text(encoding="utf-8"))
    except OSError:
        return "unknown"
    return found.group(1) if found else "unknown"
