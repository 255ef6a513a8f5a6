"""Where the lab keeps things, and the names it gives them: nothing outside these is ever touched."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from pathlib import Path

PREFIX = "l2lab"
PACKAGE = Path(__file__).parent
PLAYBOOKS = PACKAGE.parents[1] / "playbooks"
COLLECTIONS = PLAYBOOKS / "collections"  # where Ansible finds this checkout as a collection
# Labs that are kept elsewhere do not see each other, nor clear each other away.
RUN = Path(os.environ.get("LAYER2_LAB_RUN") or "/run/netops-layer2-lab")


def cache() -> Path:
    """Folder of the images, outside the checkout; LAYER2_LAB_CACHE moves it."""
    chosen = os.environ.get("LAYER2_LAB_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(chosen) if chosen else Path(base) / "netops-layer2-lab"


def folder(lab: str) -> Path:
    """Folder of one running lab: its state, its keys and what its hosts write."""
    return RUN / lab


def namespace(lab: str, member: str) -> str:
    """Name of the network namespace of a switch, host or controller."""
    return f"{PREFIX}-{lab}-{member}"


def group(lab: str) -> str:
    """Control group of everything that one lab starts."""
    return f"{PREFIX}/{lab}"
