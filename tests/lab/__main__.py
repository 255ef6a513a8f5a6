"""Command line of the lab: python3 -m tests.lab up|down|status|run|ssh|demo."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import sys

from .cli import main

sys.exit(main(sys.argv[1:]))
