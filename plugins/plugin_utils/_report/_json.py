"""The JSON report: the report document itself, for programs and for the comparison of the next run."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from ansible_collections.netops.layer2.plugins.plugin_utils._report._neutral import Sheet


def render(sheet: Sheet) -> str:
    """Return the document, keys in a stable order, ASCII only, ending in a newline."""
    return json.dumps(sheet.covered.document, indent=2, sort_keys=True, ensure_ascii=True) + "\n"
