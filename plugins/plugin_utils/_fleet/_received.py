"""When the controller received a host's document, and in which run: a host's own clock may say anything."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

_LONGEST = 200  # characters of a mark


class Received(NamedTuple):
    """A document that came at AT (Unix time of the controller) during RUN, which is one call of ansible-playbook."""

    at: float
    run: str


def received_fact(fact: str) -> str:
    """The name of the fact that says when FACT was received."""
    return f"{fact}_received"


def mark(at: float, run: str) -> str:
    """A received document's mark as one text, ``1764306116.213 RUN``, which a fact cache can keep."""
    return f"{at:.3f} {re.sub(r'[^0-9A-Za-z_.-]', '_', run)[:80]}"


def read_mark(value: object) -> Received | None:
    """The mark in VALUE; None where it is none: an older version of the collection wrote none, and a host may have
    written any.
    """
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    seconds, _blank, run = value.partition(" ")
    try:
        at = float(seconds)
    except ValueError:
        return None
    return Received(at, run) if math.isfinite(at) and at > 0 and run else None


def received(variables: Mapping[str, Any], fact: str) -> Received | None:
    """When FACT, among the facts of a host or else its VARIABLES, was received."""
    facts = variables.get("ansible_facts")
    home: Mapping[str, Any] = facts if isinstance(facts, Mapping) and facts.get(fact) is not None else variables
    return read_mark(home.get(received_fact(fact)))
