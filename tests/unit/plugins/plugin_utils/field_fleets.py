"""Recordings of real fleets that nobody here built, and their snapshots."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._text_snapshot import snapshot_from_text

FLEETS = sorted((Path(os.environ.get("LAYER2_FIELD_DATA") or os.devnull) / "fixtures" / "real-fleets").glob("*.json"))
READABLE = ("linux", "cumulus")  # switches of other makers have no reader yet: they are left out, and counted as such

needs_fleets = pytest.mark.skipif(not FLEETS, reason="LAYER2_FIELD_DATA names no folder with fixtures/real-fleets")


@cache
def recorded(path: Path) -> dict[str, dict[str, str]]:
    """Host -> its texts, of a fleet."""
    hosts: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return hosts


def load(path: Path, platforms: Iterable[str] = READABLE) -> dict[str, dict[str, str]]:
    """Host -> its texts, of those of these PLATFORMS. The texts are shared: give a host that changes others."""
    return {host: texts for host, texts in recorded(path).items() if texts["os"] in platforms}


# A case changes the texts of one host or few: the others are read once, which saves half of the time.
@lru_cache(maxsize=512)
def _snapshot(host: str, texts: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    return snapshot_from_text({"host": host, **dict(texts)})


def snapshots(fleet: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    """Their snapshots, which the cases share."""
    return [_snapshot(host, tuple(texts.items())) for host, texts in fleet.items()]
