"""Tests of the measure of growth itself: what grows with its input passes, what grows with its square does not.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from .growth import assert_grows_with_its_input


def test_what_grows_with_its_input_passes():
    assert_grows_with_its_input(lambda size: lambda: [number % 7 for number in range(size)], 50_000, 500_000)


def test_what_grows_with_its_square_does_not():
    with pytest.raises(AssertionError, match=r"^10 times the input takes \d+ times the CPU"):
        assert_grows_with_its_input(
            lambda size: lambda: [number in many for many in [list(range(size))] for number in range(size)], 500, 5_000
        )
