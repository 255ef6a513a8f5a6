"""The page on threats names no promise without a test: every FILE::TEST on it is there."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROMISES = [
    line
    for line in (ROOT / "docs" / "threat_model.md")
    .read_text(encoding="utf-8")
    .split("## What is promised")[1]
    .split("## What is not")[0]
    .splitlines()
    if line.startswith("| ") and not line.startswith("| against")
]


def test_there_are_promises():
    assert len(PROMISES) > 10


@pytest.mark.parametrize("promise", PROMISES, ids=[line.split("|")[2].strip()[:60] for line in PROMISES])
def test_each_promise_is_held_by_tests_that_are_there(promise):
    named = re.findall(r"([\w/]+\.py)::(\w+)", promise.split("|")[3])
    assert named, promise
    for file, test in named:
        assert f"def {test}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), f"{file}::{test}"
