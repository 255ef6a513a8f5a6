"""What a snapshot neither holds nor names among its gaps: tables that verdicts are made of, which nobody may take for
empty ones.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._common._lenient import objects_in, texts_in
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Reader
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import type_name

# What the verdicts on MACs and addresses are made of. Other subsets (rules, pins, ...) change no verdict where they are
# missing.
TABLES = ("identity", "containers", "interfaces", "neighbors", "bridges", "fdb", "guests")
_AGAIN = "gather the host again with layer2_facts, with all subsets"


def unobserved(document: dict[str, Any], reader: Reader) -> Iterator[dict[str, str]]:
    """A gap for each table of DOCUMENT that is not there, or cannot be, without a gap of its own that says why."""
    observed = document.get("observed")
    if observed is not None and not isinstance(observed, list):
        reader.reject(
            "observed",
            f"{type_name(observed)} instead of a list",
            "It was left out: what is in the document counts as observed",
        )
    # One that concerns a namespace or an item says nothing of the rest of its table.
    told = [
        gap.get("subset") for gap in objects_in(document.get("gaps")) if not gap.get("netns") and not gap.get("item")
    ]
    claimed = set(texts_in(observed))
    for table in TABLES:
        why = _why_not(table, document.get(table), table in claimed)
        if why and table not in told:
            yield {"host": reader.host, "subset": table, "reason": f"not observed: {why}", "hint": _AGAIN}


def _why_not(table: str, content: object, is_claimed: bool) -> str:
    """Why CONTENT tells nothing; empty where it does. What is of another kind where a list or rows are expected is
    quarantined elsewhere.
    """
    if content is None:
        return (
            "the snapshot calls it read, and does not hold it"
            if is_claimed
            else "the snapshot does not hold it, and does not say why"
        )
    if table == "identity" and not isinstance(content, dict):
        return f"{type_name(content)} instead of an object"
    if table == "interfaces" and content == []:
        return "no interface at all, and every host has one"
    return ""
