"""The figures as a page, and which of the figures to reach were reached; the screen and docs/bench.md show the same."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from .part import Part

_HEAD = """# What `make bench` measured

Written by `make bench`; every figure comes from one run on one machine, so compare figures of this page only with
each other. Each verdict is checked: the run fails if the twins planted in the synthetic fleet are not found, or
anything else is.

"""


def machine() -> str:
    """One line on what it was measured with."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    try:
        duckdb = f", DuckDB {version('duckdb')}"
    except PackageNotFoundError:
        duckdb = ""
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB of memory, Linux {platform.release().partition('-')[0]}, Python"
        f" {platform.python_version()}, ansible-core {version('ansible-core')}{duckdb}; load at the end"
        f" {os.getloadavg()[2]:.1f}."
    )


def page(parts: Sequence[Part], left_out: Sequence[str]) -> str:
    """The whole page."""
    reached = [f"- {'reached' if good else '**not reached**'}: {what}" for part in parts for good, what in part.reached]
    texts = [_HEAD, f"Measured with {machine()}\n\n"]
    texts += ["## To reach\n\n" + "\n".join(reached) + "\n\n"] if reached else []
    texts += [part.text for part in parts]
    texts += [f"Left out: {what}.\n" for what in left_out]
    return "".join(texts).rstrip("\n") + "\n"
