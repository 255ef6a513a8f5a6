"""Text on the screen as it is, line by line, control characters shown as escapes."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.utils.display import Display
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import visible


def show(text: str) -> None:
    """Print TEXT after an empty line; nothing in it reaches the terminal as an escape sequence."""
    Display().display("\n".join(["", *(visible(line) for line in text.split("\n"))]).rstrip())
