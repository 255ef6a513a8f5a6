"""A trace for tests of how traces are drawn: recorded captures of a hop that loses packets, and changes of it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._trace._run import correlate

GOLDEN = Path(__file__).resolve().parent / "golden"


def lossy(**more: Any) -> dict[str, Any]:
    """The trace of a hop that loses 8 of 42 packets; MORE takes the place of keys of the document."""
    return {**copy.deepcopy(_recorded()), **more}


@cache
def _recorded() -> dict[str, Any]:
    files = [str(GOLDEN / f"lossy-{name}.pcap") for name in ("client", "guest")]
    return correlate(files, source="192.0.2.21", destination="192.0.2.30")


def verdict(status: str, sentence: str = "So it is.") -> dict[str, Any]:
    """A verdict for such a trace."""
    return {"status": status, "sentence": sentence, "evidence": []}
