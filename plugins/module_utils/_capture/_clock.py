"""The clock that frames are stamped with: whether it is synchronised, and by how much it stepped while somebody
captured.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import ctypes
import struct
import time
from typing import Any, Dict, Optional

_STATUS_AT = struct.calcsize(
    "@Illll"
)  # of struct timex: modes, offset, freq, maxerror, esterror, then status (adjtimex(2))
_UNSYNCHRONISED = 0x40  # STA_UNSYNC


class Clock:
    """CLOCK_REALTIME against CLOCK_MONOTONIC, from the moment it is made. NTP slews both alike, so what is left between
    them are steps.
    """

    def __init__(self) -> None:
        self.began = time.time()
        self._before = _apart()

    def document(self) -> Dict[str, Any]:
        """``clock`` of the capture document (docs/captures.md)."""
        made: Dict[str, Any] = {
            "source": "realtime",
            "resolution": "ns",
            "stepped": round((_apart() - self._before) / 1e9, 6) + 0.0,
        }  # no -0.0
        synchronised = is_synchronised()
        if synchronised is not None:
            made["synchronised"] = synchronised
        return made


def _apart() -> int:
    """How far CLOCK_REALTIME is ahead of CLOCK_MONOTONIC, ns: the best of a few readings, since something can come
    between the two.
    """
    readings = []
    for _number in range(5):
        before, real, after = _ns(time.CLOCK_MONOTONIC), _ns(time.CLOCK_REALTIME), _ns(time.CLOCK_MONOTONIC)
        readings.append((after - before, real - (before + after) // 2))
    return min(readings)[1]


def _ns(clock: int) -> int:
    # Python 3.6 has no clock_gettime_ns; a float of seconds since boot or 1970 is exact to less than a microsecond.
    return int(time.clock_gettime(clock) * 1e9)


def is_synchronised() -> Optional[bool]:
    """Whether something keeps the kernel's clock in step (adjtimex(2)); None where it cannot be asked."""
    answer = ctypes.create_string_buffer(512)
    try:
        if ctypes.CDLL(None).adjtimex(answer) < 0:
            return None
    except (OSError, AttributeError):
        return None
    return not struct.unpack_from("i", answer.raw, _STATUS_AT)[0] & _UNSYNCHRONISED
