"""A fleet with its scans: the model built from snapshots that scans were laid over, with the gaps of both."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterable

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Model, build
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Reader
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Document, Fleet
from ansible_collections.netops.layer2.plugins.plugin_utils._scan._scans import Scans


def with_scans(
    fleet: Fleet, scans: Scans, keep_arp: bool = False, also: Iterable[Callable[[Reader, Document], None]] = ()
) -> Model:
    """The model of FLEET, what SCANS heard among its sightings; KEEP_ARP and ALSO as of ``build``."""
    model = build(fleet, keep_arp, also, scans.overlay if scans.replies else None)
    model.quarantined.extend(scans.quarantined)
    model.gaps.extend(scans.gaps)
    model.gaps.extend(scans.without_snapshot(model.identities))
    return model
