"""Hypothesis without stopwatch: what a busy machine does slowly is no failure; speed is the bench's matter. And packages for Python 3.6."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import importlib
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

settings.register_profile("layer2", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("layer2")

if sys.version_info < (3, 7):
    # The last pytest for it puts empty modules in the place of packages that are not imported yet, and then finds nothing in them.
    for folder in sorted({path.parent for path in Path(__file__).parent.glob("plugins/module*/**/*.py")}):
        importlib.import_module(".".join(("tests", "unit", *folder.relative_to(Path(__file__).parent).parts)))
