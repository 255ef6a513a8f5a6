"""What a capture may be asked for: the least and the most of each of its bounds."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Any, Iterator, Mapping

# Option -> (least, most)
LIMITS = {
    "duration": (0.1, 3600),
    "packets": (1, 20000000),
    "bytes": (1, 10**13),
    "snap_length": (64, 262144),
    "memory": (4, 4096),
}
LONGEST_WAIT = 300  # seconds until a capture begins


def problems(asked: Mapping[str, Any]) -> Iterator[str]:
    """What of ASKED is beyond its limits, one text a bound; numbers that are none count as such."""
    for name, (least, most) in LIMITS.items():
        if name in asked and not least <= asked[name] <= most:
            yield "%s: %s is not between %s and %s" % (name, asked[name], least, most)
