"""How many bits flow in a second, in the unit that people use for it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

_UNITS = ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"))


def bit_rate(bits: float) -> str:
    """BITS a second with three digits, such as ``97.6 Mbit/s``."""
    for limit, unit in _UNITS:
        if bits >= limit:
            return "%.3g %s" % (bits / limit, unit)
    return "%.0f bit/s" % bits
