"""How often Python looks for garbage while a fleet is read: its records are many, and none of them is a part of a
cycle.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def short_garbage_collection() -> Iterator[None]:
    """Collect only what is newest: older collections would walk the records of the fleet again and again, and those
    have no cycles.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(thresholds[0], 1_000_000, 1_000_000)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
