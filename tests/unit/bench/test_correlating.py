"""The bench of tracing: what it writes is what it says it lost, and both ways find just that."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip(
    "tests.bench", reason="ansible-test runs without the checkout's root on its path; `make test` runs this file, too"
)

from tests.bench import correlating


def test_both_ways_find_exactly_what_was_lost(tmp_path: Path) -> None:
    lost = correlating.write(tmp_path, 3000)
    assert 10 < lost < 60
    assert correlating.ours(tmp_path) == correlating.plain(tmp_path) == lost
    assert correlating.obstacle() == ""
