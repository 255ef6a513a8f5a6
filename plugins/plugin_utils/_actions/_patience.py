"""How long an action waits for one answer: a host that never gives it must not hold everybody."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn


class GivenUp(BaseException):
    """The answer did not come in time. No Exception: connection plugins catch these, and try once more."""


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """GivenUp in the block once SECONDS have passed; a task's own `timeout`, which is an alarm too, goes on, and first
    where it is shorter.
    """
    whole, began = math.ceil(seconds), time.monotonic()
    left = signal.alarm(0)
    if 0 < left <= whole:
        signal.alarm(left)
        yield
        return
    before = signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(whole)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        if left:
            signal.alarm(max(1, left - int(time.monotonic() - began)))


def _give_up(_signal: int, _frame: Any) -> NoReturn:
    raise GivenUp
