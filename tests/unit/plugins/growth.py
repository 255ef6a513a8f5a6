"""How much more CPU a computation takes on a larger input: a ratio of one run, which the machine's speed leaves alone.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import time

ROUNDS = 3  # the least of these counts: whatever comes between makes a round longer, and none shorter


def least_cpu(work):
    """Seconds of CPU (`time.process_time`) that WORK, a function without arguments, takes at least."""
    taken = []
    for _round in range(ROUNDS):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return min(taken)


def assert_grows_with_its_input(prepared, small, large):
    """PREPARED(size) returns the work on an input of that size, a function without arguments; its building is no cost.

    Allowed is two and a half times the CPU that work in proportion to its input would take: caches and the collector
    of garbage take their share of a large input. LARGE is ten times SMALL or so: the square would be a hundred times.
    """
    first, second = least_cpu(prepared(small)), least_cpu(prepared(large))
    assert second < first * (large / small) * 2.5, (
        f"{large / small:.0f} times the input takes {second / first:.0f} times the CPU"
    )
