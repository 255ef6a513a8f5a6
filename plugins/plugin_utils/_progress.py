"""How far a task is on its way through the hosts, in one line."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Progress:
    """A task called NAME that TOTAL hosts are to answer; SHOWN is when its line was shown last, in seconds of a
    monotonic clock.
    """

    name: str
    total: int
    shown: float
    answered: int = 0
    unreachable: int = 0
    failed: int = 0

    def count(self, is_unreachable: bool = False, is_failed: bool = False) -> None:
        """One more host has answered, or never will."""
        self.answered += 1
        self.unreachable += is_unreachable
        self.failed += is_failed

    def is_due(self, now: float, every: float) -> bool:
        """Whether the line is to be shown NOW, at most once EVERY seconds; a single host has none."""
        return self.total > 1 and now - self.shown >= every

    def line(self) -> str:
        """The line, such as ``Read the hosts: 412 of 1,000 hosts, 3 unreachable``."""
        trouble = [
            f"{number:,} {word}"
            for number, word in ((self.unreachable, "unreachable"), (self.failed, "failed"))
            if number
        ]
        return ", ".join([f"{self.name}: {self.answered:,} of {self.total:,} hosts", *trouble])
