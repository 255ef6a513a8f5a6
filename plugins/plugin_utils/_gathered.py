"""What the tasks of this run left of each host: who gave no snapshot, who was read without root, who listened and who could not."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hostvars import registered
from ansible_collections.netops.layer2.plugins.plugin_utils._report._problems import heard, problem, refusal


@dataclass(frozen=True, slots=True)
class Problems:
    """Reasons by host name: why a host gave no snapshot, and what is to be said of one that did."""

    missing: dict[str, str]
    notes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Samples:
    """The flood samples of this run, each one JSON text, and why a host took none."""

    samples: list[str]
    notes: dict[str, str]


def snapshot_problems(hostvars: Mapping[str, Any], hosts: Iterable[str]) -> Problems:
    """Read the results of the role `snapshot` for HOSTS."""
    problems = Problems({}, {})
    for host, variables in registered(hostvars, hosts):
        if reason := problem(variables):
            problems.missing[host] = reason
        elif note := refusal(variables):
            problems.notes[host] = note
    return problems


def flood_samples(hostvars: Mapping[str, Any], hosts: Iterable[str], missing: Container[str] = ()) -> Samples:
    """Read the results of `flood_sample` for HOSTS; nothing is noted of who is MISSING already."""
    found = {host: heard(variables) for host, variables in registered(hostvars, hosts)}
    return Samples([sample for sample, _why in found.values() if sample is not None],
                   {host: why for host, (_sample, why) in found.items() if why and host not in missing})
