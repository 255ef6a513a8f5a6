"""Hypothesis without stopwatch, fewer examples and no slow tests for `make quick`, and packages for Python 3.6."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import importlib
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

QUICK = bool(os.environ.get("LAYER2_QUICK"))
# What a busy machine does slowly is no failure; speed is the bench's matter.
settings.register_profile(
    "layer2", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=15 if QUICK else 100
)
settings.load_profile("layer2")


def pytest_configure(config):
    """Name the marks of this folder."""
    config.addinivalue_line("markers", "slow: takes seconds; left out by make quick")


def pytest_collection_modifyitems(items):
    """Leave the slow tests out of `make quick`, and say so."""
    for item in items if QUICK else []:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="slow: left out by make quick"))


if sys.version_info < (3, 7):
    # The last pytest for it puts empty modules in the place of packages that are not imported yet, and then finds
    # nothing in them.
    for folder in sorted({path.parent for path in Path(__file__).parent.glob("plugins/module*/**/*.py")}):
        importlib.import_module(".".join(("tests", "unit", *folder.relative_to(Path(__file__).parent).parts)))
