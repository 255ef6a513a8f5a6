"""Remarks about many hosts put together where they say the same."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.plugin_utils._report._neutral import Remark

_ADDRESS = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)")


@dataclass(frozen=True, slots=True)
class Group:
    """Hosts with the same trouble."""

    hosts: tuple[str, ...]
    what: str
    reason: str
    hint: str


def grouped(remarks: Sequence[Remark]) -> list[Group]:
    """Return one group for each different trouble, in order; the host's own name and addresses make no difference."""
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for remark in remarks:
        key = (remark.what, _common(remark.reason, remark.host), remark.hint)
        found.setdefault(key, {}).setdefault(remark.host, remark.reason)
    return [
        Group(tuple(hosts), what, common if len(set(hosts.values())) > 1 else next(iter(hosts.values())), hint)
        for (what, common, hint), hosts in found.items()
    ]


def _common(reason: str, host: str) -> str:
    """Return REASON with HOST and IPv4 addresses as placeholders, so that it is the same for all hosts that it befell.
    """
    if host and host in reason:
        reason = re.sub(rf"(?<![\w-]){re.escape(host)}(?![\w-])", "HOST", reason)
    return _ADDRESS.sub("ADDRESS", reason)
