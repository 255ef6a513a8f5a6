"""Switches of FakeNOS behind real SSH servers, run in its own environment: serve.py INVENTORY.json, until ended."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

from fakenos import FakeNOS

with FakeNOS(inventory=json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))):
    print("ready", flush=True)
    threading.Event().wait()
