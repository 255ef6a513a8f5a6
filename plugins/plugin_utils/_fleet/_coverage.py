"""What a judgement of the fleet covers: who was read, who is missing and why, what is old, and what could not be read.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Model

Row = dict[str, t.Any]
# In seconds: snapshots of one judgement are read within hours, and no clock that anybody cares for is a day off.
_OLD = 86_400


def _old(model: Model) -> Iterator[dict[str, str]]:
    """A gap for each host that was read long before the newest: what has changed since is not observed."""
    newest = max(model.collected.values(), default=0.0)
    for host, when in model.collected.items():
        if newest - when > _OLD:
            days = (newest - when) / _OLD
            yield {
                "host": host,
                "subset": "snapshot",
                "reason": f"read {days:.1f} days before the newest, by the hosts' own clocks",
                "hint": "Gather it again; if it was read just now, set its clock",
            }


def coverage_of(model: Model, unreachable: Mapping[str, str]) -> Row:
    """Who was judged, who is missing and why, what could not be read."""
    missing = {gone.host: gone.reason for gone in model.missing}
    missing.update({host: reason for host, reason in unreachable.items() if host not in model.identities})
    return {
        "judged": sorted(model.identities),
        "missing": [{"host": host, "reason": reason} for host, reason in sorted(missing.items())],
        "gaps": sorted([*model.gaps, *_old(model)], key=lambda gap: (gap["host"], gap.get("subset", ""))),
        "quarantined": [error.as_dict() for error in model.quarantined],
    }
