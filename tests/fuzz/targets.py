"""All targets by name; a new one is a row in the file of its family."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from . import captures, configs, filters, fleets, frames, hosts
from .target import Target

TARGETS: dict[str, Target] = {
    target.name: target for family in (frames, captures, filters, hosts, configs, fleets) for target in family.TARGETS
}
