"""What a rule finds of a flood: its cause, how sure it is, and whose cure ends it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._case import Case

POLICY_ROUTE, TIMERS, NEW_MAC = "policy_route", "ageing_timers", "fix_dup_mac"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule found: CAUSE, the name of the RULE, one sentence, how sure, and the role whose cure ends it (None:
    none does).
    """

    cause: str
    rule: str
    reason: str
    confidence: str
    role: str | None = None


Finder = Callable[[Case], "Ruling | None"]
