"""Hold functions to the complexity that is allowed, boolean operators counted.

Usage: .venv/test/bin/python tools/complexity.py
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from radon.complexity import cc_visit

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("plugins", "extensions", "tools")
MOST = 12  # as radon counts: each branch, and each `and` and `or`


def exceeding(root: Path = ROOT) -> Iterator[str]:
    """Yield a line for each function below ROOT that is above what is allowed."""
    for path in sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.py")):
        for name, number in functions(path.read_text(encoding="utf-8")):
            if number > MOST:
                yield f"{path.relative_to(root)}::{name}: complexity {number}, {MOST} at most: name a part of it"


def functions(text: str) -> Iterator[tuple[str, int]]:
    """Yield (name, complexity) of the functions and methods in a TEXT of Python; those inside others count there."""
    for block in cc_visit(text):
        if hasattr(block, "methods"):
            continue  # a class: its methods are blocks of their own
        yield block.fullname, block.complexity


def main() -> int:
    """Check."""
    wrong = list(exceeding())
    print("\n".join(wrong))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
