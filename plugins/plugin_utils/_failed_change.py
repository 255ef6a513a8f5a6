"""A change that failed: whether the host may have changed something, and what became of that."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Mapping

# How a change stood when it was to be undone, and what that means.
_MEANING: t.Final = {
    "reverted": "(the {who} has taken it back)",
    "confirmed": "(the {who} had confirmed it already, so it stays: run again to prove it)",
    "failed": "(the {who} could not take all of it back, look at it)",
}


def may_have_changed(change: Mapping[str, t.Any], dry: bool = False) -> bool:
    """Whether a host may have changed something, by the result CHANGE of the module that was to change it. DRY: in
    check mode.

    The answer may get lost with the old connection. A task that was given up or broken off never said that nothing is
    changed.
    """
    return not dry and bool(change.get("unreachable") or change.get("revert") is not None or _is_unknown(change))


def ending(
    change: Mapping[str, t.Any], undone: Mapping[str, t.Any], seconds: int, dry: bool = False, who: str = "host"
) -> str:
    """What became of CHANGE, by the result UNDONE of taking it back; empty if nothing was changed.

    WHO takes it back by itself within SECONDS; 0: nothing was armed that would.
    """
    if not may_have_changed(change, dry):
        return ""
    if not seconds:
        return "(whether anything was changed is not known: run again)" if _is_unknown(change) else ""
    # Of a change that is unknown, an older one of the same name may have told.
    told = _MEANING.get(str(undone.get("state")), "") if undone.get("changed") or not _is_unknown(change) else ""
    return told.format(who=who) or f"(what the {who} has changed it takes back by itself, within {seconds} s)"


def _is_unknown(change: Mapping[str, t.Any]) -> bool:
    return bool(change.get("failed")) and not change.get("unchanged")
