"""Cases from the field that were recorded elsewhere: each is judged as its story says is right, by the judge that comes
with them.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(os.environ.get("LAYER2_FIELD_DATA") or os.devnull) / "cases"
NAMES = sorted(str(path.relative_to(CASES).with_suffix("")) for path in CASES.glob("f*/*.json"))

pytestmark = pytest.mark.skipif(not NAMES, reason="LAYER2_FIELD_DATA names no folder with cases")


@pytest.mark.parametrize("name", NAMES or ["none"])
def test_a_case_is_judged_right(name):
    folder, _slash, case = name.rpartition("/")
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path))
    done = subprocess.run(
        [sys.executable, str(CASES / "judge_cases.py"), str(CASES / folder), case],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
