"""Hold functions to the complexity that is allowed, boolean operators counted; those known to exceed it only shrink.

Usage: .venv/test/bin/python tools/complexity.py [--write]
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from radon.complexity import cc_visit

ROOT = Path(__file__).resolve().parent.parent
KNOWN = ROOT / "tools" / "complexity.json"  # function -> its complexity, of each that exceeds what is allowed
FOLDERS = ("plugins", "tools")
MOST = 12  # as radon counts: each branch, and each `and` and `or`


def exceeding(root: Path = ROOT) -> dict[str, int]:
    """``file::function`` -> its complexity, of all that are above what is allowed."""
    files = sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.py"))
    texts = {path.relative_to(root): path.read_text(encoding="utf-8") for path in files}
    return {
        f"{path}::{name}": number for path, text in texts.items() for name, number in functions(text) if number > MOST
    }


def functions(text: str) -> Iterator[tuple[str, int]]:
    """Yield (name, complexity) of the functions and methods in a TEXT of Python; those inside others count there."""
    for block in cc_visit(text):
        if hasattr(block, "methods"):
            continue  # a class: its methods are blocks of their own
        yield block.fullname, block.complexity


def problems(found: Mapping[str, int], known: Mapping[str, int]) -> Iterator[str]:
    """What is wrong: a function that is new above the bound or grew, and one that stands in the list without need."""
    for name, number in found.items():
        if number > known.get(name, MOST):
            yield f"{name}: complexity {number}, {known.get(name, MOST)} at most: give a part of it a name of its own"
    for name, number in known.items():
        if found.get(name, 0) < number:
            yield f"{name}: less complex than {KNOWN.name} says: tools/complexity.py --write"


def main() -> int:
    """Check, or note what there is; names may go from the list, none may come by itself."""
    found = exceeding()
    if sys.argv[1:] == ["--write"]:
        KNOWN.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        return 0
    wrong = list(problems(found, json.loads(KNOWN.read_text(encoding="utf-8"))))
    print("\n".join(wrong))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
