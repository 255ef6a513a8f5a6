"""One part of the bench's page: its text, which of the figures to reach were reached, and tables that read well on a
screen, too.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .measure import Run

COLUMNS = ["wall s", "CPU s", "wall ratio", "CPU ratio", "peak MiB"]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the page, and (whether it was reached, what) for each figure to reach that it measured."""

    text: str
    reached: Sequence[tuple[bool, str]]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with aligned columns."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [
        "| "
        + " | ".join(
            cell.ljust(width) if not at else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        + " |"
        for row in [head, *rows]
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 1) + (":" if at else "-") for at, width in enumerate(widths)) + "|")
    return "\n".join(lines) + "\n"


def figures(name: str, run: Run, base: Run) -> list[str]:
    """A row of COLUMNS: what a way cost, and as ratios to another."""
    return [
        name,
        f"{run.wall:.2f}",
        f"{run.cpu:.2f}",
        f"{run.wall / base.wall:.2f}",
        f"{run.cpu / base.cpu:.2f}",
        f"{run.peak:.0f}",
    ]
