"""The digest of a plan: tells a file that was altered after it was saved from the plan that was reviewed."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What it promises: a slip is noticed, such as a line that was edited, lost in a merge, or cut by an editor. It is no
# signature. Whoever may
# write the file can write a digest that fits, or leave it out; keep plans where only those may write who may also apply
# them.

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened

FIELD = "digest"
WITHOUT = "This plan has no digest, so nobody can tell whether it is as it was saved: review it."
_PREFIX = "sha256:"


def digest(plan: Mapping[str, Any]) -> str:
    """SHA-256 over all of PLAN but its digest, as JSON with sorted keys and no spaces; layout and order of keys do not
    count.
    """
    content = {name: value for name, value in plan.items() if name != FIELD}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return _PREFIX + hashlib.sha256(text.encode("ascii")).hexdigest()


def sealed(plan: Mapping[str, Any]) -> dict[str, Any]:
    """PLAN with the digest that fits."""
    return {**plan, FIELD: digest(plan)}


def digest_problem(plan: Mapping[str, Any]) -> str:
    """Why PLAN is not what was saved, with the way out; empty where its digest fits or it has none."""
    if FIELD not in plan or plan[FIELD] == digest(plan):
        return ""
    return (
        f"{FIELD}: {shortened(plan[FIELD], 20)} does not fit its content: it was altered after it was saved. Put the"
        f" saved file back or plan again; if you meant to alter it, review all of it and remove its {FIELD}"
    )


def digest_note(plan: Mapping[str, Any]) -> str:
    """What a person is told of a plan without a digest; empty where it has one."""
    return "" if FIELD in plan else WITHOUT
