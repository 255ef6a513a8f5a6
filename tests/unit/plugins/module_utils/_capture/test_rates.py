"""Bits a second as people read them."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._capture._rates import bit_rate


@pytest.mark.parametrize(
    ("rate", "text"),
    [(0, "0 bit/s"), (999, "999 bit/s"), (97580000, "97.6 Mbit/s"), (1e9, "1 Gbit/s"), (1500, "1.5 kbit/s")],
)
def test_rates_read_well(rate, text):
    assert bit_rate(rate) == text
