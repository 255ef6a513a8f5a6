"""When a document was made, as those who make documents are told."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.module_utils._table import finite
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened


def collected(told: object) -> float | None:
    """TOLD as the time of a document (``collected_at``, seconds since 1970); None where it was not told.

    ValueError for what can be no such time.
    """
    when = finite(told)
    if told is not None and (when is None or when < 0):
        raise ValueError(f"collected_at must be Unix time, not {shortened(told, 40)}")
    return when
