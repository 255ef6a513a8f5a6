"""Times in documents: written and read in one form, in UTC, to the second."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timezone

from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError


def stamp(moment: datetime) -> str:
    """Return MOMENT as ``2026-11-21T03:12:45Z``."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def unstamp(text: str, where: str) -> datetime:
    """Return the time that TEXT says; raise ReportError if it says none."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise ReportError(f"{where}: expected a time such as 2026-11-21T03:12:45Z, found {text[:60]!r}") from None
